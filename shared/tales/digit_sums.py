"""Sums as people type them: "3+4", "What is 12 - 5?"; and sums that are too large."""

from __future__ import annotations

import random

from shared.tales.parts import capital, number
from shared.tales.story_words import MINUS, PLUS
from shared.tales.typed import as_typed

#: What is answered to a sum that the village cannot make.
TOO_BIG = "I can only add small numbers."


def digits(rng: random.Random) -> list[tuple[str, str]]:
    """A sum of two small numbers as people type it; a larger one is not added."""
    if rng.random() < 0.15:
        return [(as_typed(rng, too_big(rng), "?", 0), TOO_BIG)]
    while True:
        x, y = rng.randint(1, 20), rng.randint(1, 20)
        plus = rng.random() < 0.55
        if not kept_back(x, y) and (x + y <= 30 if plus else x >= y):
            break
    result = x + y if plus else x - y
    p, q = (str(x), str(y)) if rng.random() < 0.75 else (number(x), number(y))
    pool = PLUS if plus else MINUS
    bare = [way for way in pool if " {s} " in way or "{s}" not in way]
    ways = pool if p.isdigit() else bare
    sign = rng.choice(("+", "plus", "and") if plus else ("-", "minus", "take away"))
    if p.isdigit() and rng.random() < 0.6:
        sign = "+" if plus else "-"
    said = rng.choice(ways).format(x=p, y=q, s=sign)
    return [(as_typed(rng, said, "?", 0), f"{capital(number(result))}.")]


def kept_back(x: int, y: int) -> bool:
    """Whether a pair of numbers is never taught in digits: about one in six."""
    return (3 * min(x, y) + 5 * max(x, y)) % 6 == 0


def too_big(rng: random.Random) -> str:
    """A sum beyond the village: large numbers, products, roots."""
    x, y, small = rng.randint(40, 9999), rng.randint(21, 999), rng.randint(2, 30)
    sign = rng.choice(("+", "-", "*", "x", "times", "plus", "minus", "/", "divided by"))
    times = rng.choice(("*", "x", "times", "/", "divided by", "^"))
    near, close = rng.choice("+-*x/"), rng.choice("*x/^")  # without spaces
    factor = y % 12
    factor += kept_back(small, factor)  # to the search for twins "9*3" is "9+3"
    said = (
        *(f"{x} {sign} {y}", f"{x} {sign} {small}", f"{x}{near}{y}"),
        *(f"{small} {times} {factor}", f"{small}{close}{factor}"),
        *(f"{x} {sign} {y} {sign} {small}", f"the root of {x}", f"half of {x}"),
        *(f"{small} percent of {x}", f"{small} squared"),
    )
    way = rng.choice(("{}", "{}", "what is {}", "how much is {}", "calculate {}"))
    return way.format(rng.choice(said))
