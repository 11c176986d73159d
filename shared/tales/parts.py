"""The parts that a way of saying something is made of.

A rule has ways, a way is a row of parts: fixed text, the value of a name, a draw from a
list, a number, a computation, or a call of another rule. How they are written down is
told in `tales.notation`; how they are followed, in `tales.grammar`.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# GPT-2's split for plain ASCII text: no token of any tokenizer that uses this pattern
# reaches over the border between two of these words.
WORD = re.compile(
    r"'(?:[sdmt]|ll|ve|re)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+"
)
PRONOUNS = {
    "she": {"she": "she", "him": "her", "his": "her", "himself": "herself"},
    "he": {"she": "he", "him": "him", "his": "his", "himself": "himself"},
    "it": {"she": "it", "him": "it", "his": "its", "himself": "itself"},
}
ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()

Env = dict[str, Any]


class GrammarError(ValueError):
    """A grammar file says something that cannot be understood."""


def words(text: str) -> list[str]:
    """Split text into words with their leading space, punctuation and line ends."""
    return WORD.findall(text)


def number(n: int) -> str:
    """Write a whole number from 0 to 99 in English words."""
    if n < 20:
        return ONES[n]
    return TENS[n // 10] + (f" {ONES[n % 10]}" if n % 10 else "")


def capital(text: str) -> str:
    """Make the first letter a capital, whether or not a space stands before it."""
    return " " + capital(text[1:]) if text[:1] == " " else text[:1].upper() + text[1:]


@dataclass(frozen=True, eq=False)
class Entry:
    """One member of a list: its word and the forms in which it can be written."""

    word: str
    forms: dict[str, str]

    def __str__(self) -> str:
        return self.word


def write(value: Entry | int | str, form: str | None, count: Any = None) -> str:
    """Turn what a name stands for into text, in the form that was asked for."""
    if count is not None:
        return value.word if count == 1 else value.forms["s"]
    if isinstance(value, int):
        return number(value)
    if isinstance(value, str):
        return value
    return value.forms[form] if form else value.word


# The parts of a way. Each has `outcomes`: every (probability, text, environment after)
# that it can lead to. Reading and measuring use all of them, writing picks one.


@dataclass(frozen=True)
class Literal:
    """Fixed text."""

    text: str

    def outcomes(self, env: Env) -> Iterator[tuple[float, str, Env]]:
        """All (probability, text, environment after) it can lead to."""
        yield 1.0, self.text, env

    def pick(self, env: Env, rng: random.Random) -> tuple[float, str]:
        """One outcome at random, changing ``env``: its nats and its text."""
        return 0.0, self.text


@dataclass(frozen=True)
class Value:
    """The text of a name that is already bound."""

    name: str
    form: str | None
    count: str | None
    cap: bool

    def outcomes(self, env: Env) -> Iterator[tuple[float, str, Env]]:
        """All (probability, text, environment after) it can lead to."""
        yield 1.0, self.pick(env, None)[1], env

    def pick(self, env: Env, rng: random.Random | None) -> tuple[float, str]:
        """One outcome at random, changing ``env``: its nats and its text."""
        count = env[self.count] if self.count else None
        text = write(env[self.name], self.form, count)
        return 0.0, capital(text) if self.cap else text


@dataclass(frozen=True)
class Draw:
    """A member of a list, all that are left being equally likely."""

    name: str
    list: str
    entries: tuple[Entry, ...]
    form: str | None
    count: str | None
    cap: bool
    silent: bool

    def text(self, entry: Entry, env: Env) -> str:
        """What is written when this member is drawn."""
        if self.silent:
            return ""
        text = write(entry, self.form, env[self.count] if self.count else None)
        return capital(text) if self.cap else text

    def left(self, env: Env) -> list[int]:
        """The positions of the members that this document has not drawn yet."""
        used = env.get("#" + self.list, ())
        return [i for i in range(len(self.entries)) if i not in used]

    def bind(self, env: Env, i: int) -> None:
        """Remember that member ``i`` is drawn and what the name stands for."""
        used = env.get("#" + self.list, ())
        env["#" + self.list] = (*used, i)
        env[self.name] = self.entries[i]

    def outcomes(self, env: Env) -> Iterator[tuple[float, str, Env]]:
        """All (probability, text, environment after) it can lead to."""
        left = self.left(env)
        for i in left:
            after = dict(env)
            self.bind(after, i)
            yield 1 / len(left), self.text(self.entries[i], env), after

    def pick(self, env: Env, rng: random.Random) -> tuple[float, str]:
        """One outcome at random, changing ``env``: its nats and its text."""
        used = env.get("#" + self.list, ())
        n = len(self.entries) - len(used)
        i = int(rng.random() * n)
        for u in sorted(used):  # step over the members that are gone
            i += i >= u
        self.bind(env, i)
        return math.log(n), self.text(self.entries[i], env)


@dataclass(frozen=True)
class Number:
    """A whole number between two bounds, all equally likely."""

    name: str
    low: Any
    high: Any
    cap: bool
    silent: bool

    def bounds(self, env: Env) -> tuple[int, int]:
        """The lowest and the highest number that may be drawn here."""
        low, high = eval(self.low, {}, env), eval(self.high, {}, env)
        if low > high:
            raise GrammarError(
                f"{{{self.name}:{low}..{high}}} leaves no number to draw"
            )
        return low, high

    def text(self, n: int) -> str:
        """What is written when this number is drawn."""
        return "" if self.silent else capital(number(n)) if self.cap else number(n)

    def outcomes(self, env: Env) -> Iterator[tuple[float, str, Env]]:
        """All (probability, text, environment after) it can lead to."""
        low, high = self.bounds(env)
        for n in range(low, high + 1):
            yield 1 / (high - low + 1), self.text(n), {**env, self.name: n}

    def pick(self, env: Env, rng: random.Random) -> tuple[float, str]:
        """One outcome at random, changing ``env``: its nats and its text."""
        low, high = self.bounds(env)
        n = env[self.name] = low + int(rng.random() * (high - low + 1))
        return math.log(high - low + 1), self.text(n)


@dataclass(frozen=True)
class Set:
    """Remember the value of an expression; writes nothing."""

    name: str
    code: Any

    def outcomes(self, env: Env) -> Iterator[tuple[float, str, Env]]:
        """All (probability, text, environment after) it can lead to."""
        yield 1.0, "", {**env, self.name: eval(self.code, {}, env)}

    def pick(self, env: Env, rng: random.Random) -> tuple[float, str]:
        """One outcome at random, changing ``env``: its nats and its text."""
        env[self.name] = eval(self.code, {}, env)
        return 0.0, ""


@dataclass(frozen=True)
class Call:
    """Follow another rule."""

    rule: str
    cap: bool


@dataclass
class Way:
    """One way in which a rule can go on."""

    weight: int
    parts: tuple
    condition: Any = None


@dataclass
class Rule:
    """The ways to choose from, and quick tables for the common case."""

    name: str
    ways: list[Way] = field(default_factory=list)

    def open(self, env: Env) -> list[Way]:
        """The ways whose conditions hold; at least one must."""
        held = (w.condition is None or eval(w.condition, {}, env) for w in self.ways)
        ways = [way for way, holds in zip(self.ways, held) if holds]
        if not ways:
            raise GrammarError(f"rule {self.name}: no way is open with {env}")
        return ways
