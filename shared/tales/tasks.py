"""Lessons for an assistant: instructions from the small world, with right answers.

A lesson is a prompt and the answer that a helpful assistant would give. Its texts come
from `shared.tales`, whose documents carry their facts, so that every answer is known to
be right and a model's own answer can be marked by a program. The exam keeps for itself
what no lesson shows: one wording of each task, and a fifth of the sums with three
numbers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from shared.tales.parts import capital, number
from shared.tales.reading import (
    document,
    entries,
    listed,
    names_in,
    numbers_in,
    people,
    sentences,
)
from shared.tales.wordings import TALK, TASKS, UNKNOWN, WORDINGS


@dataclass(frozen=True)
class Lesson:
    """One instruction: its task, the prompt, and the answer that is right; before: the
    earlier turns of the conversation, as pairs (said, answered)."""

    task: str
    prompt: str
    answer: str
    before: tuple[tuple[str, str], ...] = ()


def lessons(
    seed: int,
    n: int,
    task: str | None = None,
    exam: bool = False,
    wording: int | None = None,
) -> list[Lesson]:
    """Write n lessons; the same seed gives the same ones everywhere.

    task: one of TASKS, or None for the mixture. exam: use the sums that are kept for
    the exam, instead of the others. wording: which of WORDINGS to use, -1 being the one
    that is never taught; None draws among the taught ones. Raises ValueError for an
    unknown task or wording, or a negative n.
    """
    if task is not None and task not in TASKS:
        raise ValueError(f"unknown task {task!r}; expected one of {list(TASKS)}")
    if n < 0:
        raise ValueError(f"n is {n}; expected a number of lessons, 0 or more")
    rng = random.Random(seed)
    chosen = rng.choices(list(TASKS), weights=list(TASKS.values()), k=n)
    return [write_lesson(rng, task or name, exam, wording) for name in chosen]


def write_lesson(
    rng: random.Random, task: str, exam: bool, wording: int | None
) -> Lesson:
    """Write one lesson of a task, in one of its wordings."""
    known = WORDINGS[task]
    if wording is not None and not -1 <= wording < len(known):
        raise ValueError(
            f"task {task!r} has wordings 0 to {len(known) - 1}, got {wording}"
        )
    chosen = rng.choice(known[:-1]) if wording is None else known[wording]
    fields, answer = MAKERS[task](rng, exam)
    return Lesson(task, chosen.format(**fields), answer)


def ask(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """A question about a very short tale."""
    text, *asked = document(rng, "question").text.split("\nQuestion: ")
    question, answer = rng.choice(asked).split("\nAnswer: ")
    return {"text": text, "question": question}, answer


def ask_owner(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """Who has the thing at the end of a tale?"""
    while True:
        found = document(rng, "tale")
        thing, holder = found.facts.get("thing"), found.facts.get("holder")
        if thing and holder in people() and str(holder) in found.text:
            return {"text": found.text, "thing": str(thing)}, f"{holder}."


def ask_missing(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """A question about a thing that is not in the tale."""
    text = document(rng, "question").text.split("\nQuestion: ")[0]
    absent = [t.word for t in entries("thing") if t.word not in text]
    return {"text": text, "thing": rng.choice(absent)}, UNKNOWN


def ask_people(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """All people of a text, in the order in which they come."""
    while True:
        text = document(rng, rng.choice(("question", "tale"))).text
        text = text.split("\nQuestion: ")[0]
        if names := names_in(text):
            return {"text": text}, f"{listed(names)}."


def ask_rename(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """The same sentence about somebody else, of whom the same pronoun is used."""
    while True:
        text = document(rng, "question").text.split("\nQuestion: ")[0]
        text = rng.choice(sentences(text))
        if names := names_in(text):
            break
    old = rng.choice(names)
    like = [n for n, p in people().items() if p == people()[old] and n not in text]
    new = rng.choice(like)
    fields = {"text": text, "old": old, "new": new}
    return fields, re.sub(rf"\b{old}\b", new, text)


def ask_sum(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """Two numbers; half of the answers are bare, half show the way."""
    return sum_of(rng, draw_steps(rng, 1))


def ask_chain(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """Three numbers, a fifth of them kept for the exam."""
    while True:
        steps = draw_steps(rng, 2)
        if held_out(steps) == exam:
            return sum_of(rng, steps)


def sum_of(rng: random.Random, steps: list[int]) -> tuple[dict[str, str], str]:
    """A sum and its answer, bare or with its way, each half of the time."""
    bare = f"{capital(number(sum(steps)))}."
    return {"sum": sum_words(steps)}, rng.choice((bare, worked(steps)))


def draw_steps(rng: random.Random, n: int) -> list[int]:
    """A number of 2 to 9 and n more to add or, where there is enough, to take away."""
    steps = [rng.randint(2, 9)]
    for _ in range(n):
        most = min(9, sum(steps) - 1)
        sign = -1 if most >= 2 and rng.random() < 0.4 else 1
        steps.append(sign * rng.randint(2, most if sign < 0 else 9))
    return steps


def held_out(steps: list[int]) -> bool:
    """Whether a sum is kept for the exam: one in five, decided by its numbers."""
    return sum((i + 1) * 7 * step for i, step in enumerate(steps)) % 5 == 0


def sum_words(steps: list[int]) -> str:
    """A sum in words: "seven and five take away two"."""
    said = [number(steps[0])]
    said += [f"{'and' if s > 0 else 'take away'} {number(abs(s))}" for s in steps[1:]]
    return " ".join(said)


def worked(steps: list[int]) -> str:
    """The way to the answer, step by step, in the words of the tales' own sums."""
    so_far, said = steps[0], []
    for step in steps[1:]:
        link, verb = ("and", "make") if step > 0 else ("take away", "is")
        result = number(so_far + step)
        said.append(
            f"{capital(number(so_far))} {link} {number(abs(step))} {verb} {result}."
        )
        so_far += step
    return " ".join(said)


def ask_riddle(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """A riddle, to be guessed."""
    while True:
        found = document(rng, "riddle")
        if not found.facts["asked"] and " What am I?" in found.text:
            text = found.text.split(" What am I?")[0] + " What am I?"
            return {"text": text}, f"You are {found.facts['name']}."


def ask_continue(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """The beginning of a tale, to be gone on with."""
    text = document(rng, "tale").text
    said = sentences(text)
    cut = rng.randint(1, min(3, len(said) - 1))
    return {"text": " ".join(said[:cut])}, " ".join(said[cut:])


def ask_write(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """A letter, a tale or a riddle to order."""
    kind = rng.choice(("letter", "tale", "tale", "riddle"))
    found = document(rng, kind)
    while kind == "riddle" and found.facts["asked"]:
        found = document(rng, kind)
    facts = found.facts
    if kind == "letter":
        wish = f"Write a letter from {facts['hero']} to {facts['friend']}."
    elif kind == "riddle":
        wish = f"Ask me a riddle about {facts['name']}."
    else:
        wish = f"Tell me a tale about {facts['hero']}."
    return {"wish": wish}, found.text


def ask_trick(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """Is a message honest?"""
    found = document(rng, "message")
    no = "No, it is honest."
    return {"text": found.text}, "Yes, it is a trick." if found.facts["spam"] else no


def ask_talk(rng: random.Random, exam: bool) -> tuple[dict[str, str], str]:
    """A greeting, and what the assistant says of itself."""
    text, answer = rng.choice(list(TALK.items()))
    return {"text": text}, answer


MAKERS: dict[str, Callable[[random.Random, bool], tuple[dict[str, str], str]]] = {
    "question": ask,
    "owner": ask_owner,
    "missing": ask_missing,
    "people": ask_people,
    "rename": ask_rename,
    "sum": ask_sum,
    "chain": ask_chain,
    "riddle": ask_riddle,
    "continue": ask_continue,
    "write": ask_write,
    "trick": ask_trick,
    "talk": ask_talk,
}


def is_right(lesson: Lesson, answer: str) -> bool:
    """Whether an answer is right: exactly the lesson's, or the same result of a sum.

    Of a sum the last number counts, whether the way is shown or not, and the answer may
    not be longer than the way: to name many numbers is no answer.
    """
    if lesson.task not in ("sum", "chain"):
        return answer.strip() == lesson.answer
    said, wanted = numbers_in(answer), numbers_in(lesson.answer)
    steps = lesson.prompt.count(" and ") + lesson.prompt.count(" take away ")
    return bool(said) and said[-1] == wanted[-1] and len(said) <= 3 * steps
