"""What a model of the tales can do: copy names, things and numbers, and stay with them.

The truth is at hand (`shared.tales`), so both measures ask it. An exam marks the places
where the truth leaves no choice, by kind of word, and counts how often a model ranks
the right token first. A story is straight as long as no name or thing (or number)
stands where the language could not have put it: the tales' own texts all are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from torch import Tensor

from shared import tales
from shared.data.rows import Rows, single_rows
from shared.model.devices import beside
from shared.model.gpt import GPT
from shared.model.modes import evaluating
from shared.tales.parts import number
from shared.tokenizer.bpe import BPETokenizer

SKILLS = ("phrases", "numbers", "things", "names")


@cache
def kinds() -> dict[str, str]:
    """The skill that a word of the world asks for; words that are not here: phrases."""
    lists = tales.language().grammar.lists
    found = {number(n): "numbers" for n in range(100) if " " not in number(n)}
    found |= {entry.word: "things" for entry in lists["thing"]}
    return found | {entry.word: "names" for entry in lists["person"]}


def kind_of(word: str) -> str:
    """The skill that a word asks for, however it is spaced or begun."""
    bare = word.strip()
    return kinds().get(bare) or kinds().get(bare.lower(), "phrases")


@dataclass(frozen=True)
class SkillTest:
    """Rows (N, T) to be read, and which skill each of their targets asks for, (N, T).

    skill: a place in SKILLS, or -1 where the truth leaves a choice or nothing counts.
    """

    rows: Rows
    skill: Tensor


def make_skill_test(texts: Sequence[str], tok: BPETokenizer) -> SkillTest:
    """The places of these texts at which the truth leaves no choice."""
    asked = []
    for text in texts:
        words = [(kind_of(word), len(tok.encode(word))) for word in tales.words(text)]
        skills = [SKILLS.index(kind) for kind, pieces in words for _ in range(pieces)]
        bill = tales.bill(text, tok)  # nats per token: what the truth itself pays
        asked.append([s if nats < 0.05 else -1 for s, nats in zip(skills, bill)])
    longest = max(map(len, asked))
    skill = torch.tensor([row + [-1] * (longest - len(row)) for row in asked])
    return SkillTest(single_rows(texts, tok, longest), skill)


def grade(model: GPT, test: SkillTest) -> dict[str, float]:
    """For each skill, the share of its places where the model ranks the truth first."""
    right = []
    with evaluating(model):
        for part in zip(*(side.split(50) for side in test.rows)):
            inputs, targets = beside(model, *part)  # (B, T) each
            right.append((model(inputs).argmax(-1) == targets).cpu())
    found = torch.cat(right).float()  # (N, T), 1 for right
    return {s: found[test.skill == i].mean().item() for i, s in enumerate(SKILLS)}


@lru_cache(maxsize=2000)  # reading takes milliseconds, and several questions need it
def first_slip(text: str) -> tuple[int, tuple[str, ...]] | None:
    """The first word that the language excludes, and the words that it could have been.

    Returns the word's place among tales.words(text) and the possible ones ("" is the
    end), or None when the whole text can be the beginning of a document.
    """
    language = tales.language()
    branches = language.starts()
    for place, word in enumerate(tales.words(text)):
        options = language.grammar.options(branches)
        if word not in options:
            return place, tuple(sorted(options))
        branches = options[word]
    return None


def misplaces(text: str, judged: Sequence[str] = ("names", "things")) -> bool:
    """Whether the text's first slip is on a judged word.

    That is a judged word where the language could not have put it, or another word
    where it could only have put a judged one.
    """
    slip = first_slip(text)
    if slip is None:
        return False
    place, possible = slip
    expected = {kind_of(word) for word in possible}
    return kind_of(tales.words(text)[place]) in judged or expected <= set(judged)


def is_straight(text: str, judged: Sequence[str] = ("names", "things")) -> bool:
    """Whether the text keeps to its names and things: to the skills that are `judged`.

    It must not misplace one. After a slip of another kind the language cannot read on;
    then what follows may only use names and things that the text has named before.
    This is strict: a newcomer who would be welcome counts as a stranger. Texts that
    are not straight but do not misplace a judged word either may be right or wrong.
    """
    slip = first_slip(text)
    if slip is None:
        return True
    if misplaces(text, judged):
        return False
    words, place = tales.words(text), slip[0]
    known = {word.strip() for word in words[:place]}
    later = (word.strip() for word in words[place:])
    return all(w in known for w in later if kind_of(w) in {*judged} - {"numbers"})
