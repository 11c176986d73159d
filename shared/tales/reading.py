"""What a text of the small world says: its people, its sentences, its numbers."""

from __future__ import annotations

import random
import re
from functools import cache

from shared.tales.languages import Document, language
from shared.tales.parts import Entry, number


def document(rng: random.Random, kind: str) -> Document:
    """A document of a kind, drawn with the random numbers of rng."""
    return language().document(rng, kind)


@cache
def entries(name: str) -> list[Entry]:
    """The entries of a list of the world, such as "thing"."""
    return language().grammar.lists[name]


@cache
def people() -> dict[str, str]:
    """Everybody in the world, and the pronoun of each."""
    return {p.word: p.forms["she"] for p in entries("person")}


def sentences(text: str) -> list[str]:
    """The sentences of a text; one that ends inside quotation marks goes on."""
    return re.split(r"(?<=[.!?]) (?=[A-Z\"])", text)


def names_in(text: str) -> list[str]:
    """The people of a text, in the order of their first appearance."""
    found = re.findall(r"\b[A-Z][a-z]+\b", text)
    return list(dict.fromkeys(name for name in found if name in people()))


def listed(names: list[str]) -> str:
    """Names as English lists them: "Mara, Finn and Pip"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


@cache
def numbers() -> dict[str, int]:
    """The number words of the world, the longest first."""
    return dict(sorted(((number(n), n) for n in range(100)), key=lambda x: -len(x[0])))


def numbers_in(text: str) -> list[int]:
    """The numbers that a text says in words, in their order."""
    found = re.findall(rf"\b(?:{'|'.join(numbers())})\b", text.lower())
    return [numbers()[word] for word in found]
