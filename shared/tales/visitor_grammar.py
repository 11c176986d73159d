"""The grammar of what visitors type, in the notation of the world's own."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from shared.tales.grammar import Grammar
from shared.tales.languages import WORLD
from shared.tales.parts import Entry
from shared.tales.typed import filled

FOLDER = Path(__file__).parent / "visitor"
FILES = ("lists.txt", "outside.txt", "small_talk.txt")


@cache
def grammar() -> Grammar:
    """The rules of small talk, with the lists of the village at hand."""
    return Grammar([WORLD / "lists.txt", *(FOLDER / name for name in FILES)])


def outside(name: str) -> list[Entry]:
    """The entries of a list of what lies outside the village, such as "visitor"."""
    return grammar().lists[name]


def message(rng: random.Random, rule: str) -> str:
    """A message of a class, with its made-up words, before it is typed."""
    return filled(rng, grammar().write(rule, rng)[0])
