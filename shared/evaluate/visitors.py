"""Messages that a visitor would type, and whether an answer fits.

Each message has a class. Of small talk the fitting answers are the assistant's own
sentences for that class, word for word; of a tale, of a count and of a sum the right
name or number alone; of a wish for a tale, a text that the language of the book could
have written. No other string fits, however well it sounds.

A file of messages has a line for each: class | message | what must be answered. " // "
stands between the messages of one conversation, of which the last is judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.generate.answering import replies
from shared.model.gpt import GPT
from shared.tales.languages import language
from shared.tales.parts import capital, number
from shared.tales.reading import numbers_in
from shared.tales.visiting import ANSWERS
from shared.tales.wordings import UNKNOWN
from shared.tokenizer.bpe import BPETokenizer

#: Whose answers fit a class, where it is not the class's own alone.
ALSO = {
    "greet": ("greet", "evening"),
    "evening": ("greet", "evening"),
    "thanks": ("thanks", "glad"),
    "glad": ("glad", "thanks"),
    "rude": ("rude", "sorry"),
    "noise": ("noise", "outside"),
    "outside": ("outside", "noise"),
    "big": ("big", "outside"),
}


@dataclass(frozen=True)
class Visitor:
    """A visitor's messages in their order, the last one's class, and what is wanted."""

    kind: str
    said: tuple[str, ...]
    wanted: str = ""


def read_visitors(path: str | Path, part: str | None = None) -> list[Visitor]:
    """The messages of a file, of one of its parts or of all. Raises ValueError where a
    line is none, or a class needs an answer and has none.
    """
    found, now = [], ""
    for line in Path(path).read_text("utf-8").splitlines():
        if line.startswith("part "):
            now = line.removeprefix("part ")
        elif line.strip() and not line.startswith("# "):
            kind, *rest = line.split(" | ")
            if not 1 <= len(rest) <= 2 or (kind in NEEDY) != (len(rest) == 2):
                raise ValueError(f"expected class | message | answer, got {line!r}")
            if part in (None, now):
                found.append(Visitor(kind, tuple(rest[0].split(" // ")), *rest[1:]))
    return found


#: The classes of which a name or a number is wanted.
NEEDY = ("hands", "count", "sum", "turns")


def is_fitting(visitor: Visitor, answer: str) -> bool:
    """Whether an answer fits the last message; see the head of this file."""
    answer, kind = answer.strip(), visitor.kind
    if kind in NEEDY:
        return is_wanted(visitor.wanted, answer)
    if kind == "untold":
        return answer == UNKNOWN
    if kind == "bare":  # nothing was told: either of two things can be said
        return answer in (ANSWERS["bare"], UNKNOWN)
    if kind == "tell":
        return any(b.chance for b in language().follow(answer)) and is_whole(answer)
    return answer in [ANSWERS[name] for name in ALSO.get(kind, (kind,))]


def is_wanted(wanted: str, answer: str) -> bool:
    """Whether an answer says what is wanted, and nothing else.

    A number may be said alone, with what is counted, or at the end of its way.
    """
    if wanted == "untold":
        return answer == UNKNOWN
    if not wanted.isdigit():
        return answer == f"{wanted}."
    n = capital(number(int(wanted)))
    if re.fullmatch(rf"{n}( [a-z]+)?\.", answer):
        return numbers_in(answer) == [int(wanted)]
    way = r"[\w ]+ (and|take away) [\w ]+ (make|is) [\w ]+\."
    return bool(re.fullmatch(way, answer)) and numbers_in(answer)[-1] == int(wanted)


def is_whole(text: str) -> bool:
    """Whether the language could end here: the text is a whole document."""
    return any(word == "" for word in language().next_words(text))


def converse(
    model: GPT, tok: BPETokenizer, visitors: Sequence[Visitor], most: int = 250
) -> list[str]:
    """The answer to the last message of each visitor, who talks to the model itself:
    what it answered before stands in the conversation.
    """
    before: list[list[tuple[str, str]]] = [[] for _ in visitors]
    for turn in range(max((len(v.said) for v in visitors), default=0)):
        at = [i for i, v in enumerate(visitors) if turn < len(v.said)]
        asked, told = [visitors[i].said[turn] for i in at], [before[i] for i in at]
        for i, said, got in zip(
            at, asked, replies(model, tok, asked, most, before=told)
        ):
            before[i] = [*before[i], (said, got)]
    return [turns[-1][1] for turns in before]
