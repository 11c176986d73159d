"""How people type: without capitals and marks, with slips, with words of no list."""

from __future__ import annotations

import random
import re

VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxz"
#: Keys that lie beside each other, along which hands slide.
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")


def made_up(rng: random.Random) -> str:
    """A word that could be one: "blorf", "Takimo"."""
    said = ""
    for _ in range(rng.choice((1, 2, 2, 3))):
        said += rng.choice(CONSONANTS) + rng.choice(("", "", "l", "r"))
        said += rng.choice(VOWELS) + rng.choice(("", "", "n", "r", "s", "k", "t"))
    return said.capitalize() if rng.random() < 0.4 else said


def keys(rng: random.Random) -> str:
    """Keys hit at random: "sdkjfh", "asdfg", "zzzzzz", "k3k9"."""
    n, way = rng.randint(2, 9), rng.random()
    if way < 0.3:
        row = rng.choice(KEYBOARD)
        start = rng.randrange(len(row) - 2)
        return row[start : start + n]
    if way < 0.5:
        return rng.choice("abcdefghijklmnopqrstuvwxyz") * n
    if way < 0.6:
        return rng.choice(("ha", "bl", "la", "xo", "ab", "ng", "zu")) * rng.randint(
            2, 4
        )
    letters = CONSONANTS if way < 0.85 else CONSONANTS + "0123456789,.;#"
    return "".join(rng.choice(letters) for _ in range(n))


def digits(rng: random.Random) -> str:
    """A number as it stands in questions from outside: 7, 1984, 250."""
    return str(rng.choice((rng.randint(2, 30), rng.randint(31, 2100))))


def filled(rng: random.Random, text: str) -> str:
    """The text with its WORD, NOISE and NUMBER written out."""
    makers = {"WORD": made_up, "NOISE": keys, "NUMBER": digits}
    return re.sub("WORD|NOISE|NUMBER", lambda found: makers[found[0]](rng), text)


def slip(rng: random.Random, text: str) -> str:
    """One letter doubled, lost, wrong or exchanged with the next."""
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    a, b, after = text[:at], text[at], text[at + 1 :]
    c = rng.choice(CONSONANTS + VOWELS)
    wrong = (b + b + after, after, c + after, after[0] + b + after[1:])
    return a + rng.choice(wrong)


def as_typed(
    rng: random.Random, text: str, mark: str = ".", slips: float = 0.12
) -> str:
    """A message as somebody types it who is in a hurry, or not.

    mark: what belongs to its end; it is often left out or said twice. slips: how often
    a letter is wrong.
    """
    text = text.rstrip(" .?!") or text
    way = rng.random()
    if way < 0.5:
        text = text[:1].upper() + text[1:]
    elif way < 0.8:
        text = text.lower()
    elif way < 0.84:
        text = text.upper()
    if rng.random() < 0.3:
        text = text.replace("'", "")
    if rng.random() < slips:
        text = slip(rng, text)
    if text[-1:].isalnum():
        text += rng.choices((mark, "", mark * 2, "!", " " + mark), (50, 40, 4, 4, 2))[0]
    return text
