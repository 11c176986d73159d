"""Exercises of chapter 13. Torch is imported where it is needed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import fmean, stdev
from typing import Any

from shared.check.asking import exercise

MARKS = [
    (
        [1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0],
        [1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0],
    ),
    ([0.0, 1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0, 0.0]),
]


def gains(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """How much better each item went the second time."""
    return [y - x for x, y in zip(a, b)]


@exercise(
    "13.1",
    "The error of a difference",
    inputs=MARKS,
    mistakes={
        "unpaired": (
            lambda a, b: (
                fmean(b) - fmean(a),
                math.sqrt(stdev(a) ** 2 / len(a) + stdev(b) ** 2 / len(b)),
            ),
            "Subtract item by item first; the luck of the items then falls out.",
        ),
        "the spread of single items": (
            lambda a, b: (fmean(gains(a, b)), stdev(gains(a, b))),
            "The mean of N differences is surer: divide by the square root of N.",
        ),
        "divided by N": (
            lambda a, b: (fmean(gains(a, b)), stdev(gains(a, b)) / len(a)),
            "The error falls with the square root of N, not with N.",
        ),
        "the variance": (
            lambda a, b: (fmean(gains(a, b)), stdev(gains(a, b)) ** 2 / len(a)),
            "Take the square root at the end.",
        ),
        "the first minus the second": (
            lambda a, b: (fmean(gains(b, a)), stdev(gains(a, b)) / math.sqrt(len(a))),
            "A gain of the second is positive: b minus a.",
        ),
        "the sum of the differences": (
            lambda a, b: (
                math.fsum(gains(a, b)),
                stdev(gains(a, b)) * math.sqrt(len(a)),
            ),
            "A score is a mean: divide by the number of items.",
        ),
    },
)
def paired_error(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """The mean of b minus a, item by item, and its standard error."""
    own = gains(a, b)
    return fmean(own), stdev(own) / math.sqrt(len(own))


# --- 13.2 ----------------------------------------------------------------------------

EXAMS = [
    {"sum": [0.0, 0.0, 0.0, 1.0] * 5, "riddle": [9.0, 9.0, 8.0, 9.0] * 5},
    {"people": [0.0, 4.0] * 6, "chain": [20.0, 24.0, 20.0, 22.0] * 3},
]


def redrawn(
    parts: dict[str, list[float]],
    pick: Callable[[random.Random, list[float]], list[float]] | None = None,
    mean: Callable[[list[float]], float] = fmean,
    tail: float = 0.025,
) -> tuple[float, float]:
    """The middle of 2,000 means of exams that are drawn anew, subject by subject."""
    rng, means = random.Random(1), []
    pick = pick or (lambda rng, own: rng.choices(own, k=len(own)))
    for _ in range(2000):
        means.append(mean([x for own in parts.values() for x in pick(rng, own)]))
    means.sort()
    return means[round(tail * 2000)], means[round((1 - tail) * 2000) - 1]


def all_in_one(parts: dict[str, list[float]]) -> tuple[float, float]:
    """Drawing from all subjects together, as a mistake."""
    return redrawn({"all": [x for own in parts.values() for x in own]})


def middle(parts: dict[str, list[float]]) -> tuple[float, float]:
    """The middle of single marks, as a mistake."""
    own = sorted(x for own in parts.values() for x in own)
    return own[round(0.025 * len(own))], own[round(0.975 * len(own)) - 1]


@exercise(
    "13.2",
    "Subject by subject",
    inputs=EXAMS,
    close=0.01,
    mistakes={
        "without replacement": (
            lambda parts: redrawn(parts, lambda rng, own: rng.sample(own, len(own))),
            "Drawn without replacement, every exam is the old one: use rng.choices.",
        ),
        "the sum instead of the mean": (
            lambda parts: redrawn(parts, mean=math.fsum),
            "A score is the mean of all marks, not their sum.",
        ),
        "all subjects in one pot": (
            all_in_one,
            "Draw within each subject, as many items as it has.",
        ),
        "smallest and largest": (
            lambda parts: redrawn(parts, tail=1 / 4000),
            "The extremes grow with the number of draws; leave out 2.5 in 100 per end.",
        ),
        "too few items": (
            lambda parts: redrawn(parts, lambda rng, own: rng.choices(own, k=2)),
            "A new exam has as many items of each subject as the old one.",
        ),
        "the middle of single marks": (
            middle,
            "Sort the means of the new exams, not the marks.",
        ),
    },
)
def subject_interval(parts: dict[str, list[float]]) -> tuple[float, float]:
    """The middle 95 in 100 of the mean of all marks, redrawn within each subject."""
    return redrawn(parts)


# --- 13.3 ----------------------------------------------------------------------------

OPTIONS = [
    [[0.5, 1.2, 0.1], [0.9], [2.0, 1.5], [3.0]],
    [[1.1], [0.4, 0.8, 0.9, 0.3], [1.0, 1.4], [2.5, 0.1]],
    [[2.0, 2.0, 2.0], [0.2, 3.0], [1.5, 1.3, 1.4, 1.6, 1.5], [1.55]],
    [[0.3, 0.5], [0.6, 0.1, 0.2], [4.0]],
]


def lowest(options: list[list[float]], cost: Callable[[list[float]], float]) -> int:
    """The place of the option with the lowest cost."""
    return min(range(len(options)), key=lambda i: cost(options[i]))


@exercise(
    "13.3",
    "The likeliest option",
    inputs=[(options,) for options in OPTIONS],
    mistakes={
        "the total": (
            lambda options: lowest(options, math.fsum),
            "Divide by the number of tokens, or short options win.",
        ),
        "the dearest": (
            lambda options: lowest(options, lambda nats: -fmean(nats)),
            "Nats are prices: the likeliest option is the cheapest.",
        ),
        "the first token alone": (
            lambda options: lowest(options, lambda nats: nats[0]),
            "All tokens of an option count.",
        ),
        "the shortest": (
            lambda options: lowest(options, len),
            "The length only divides; it does not decide.",
        ),
        "the cheapest token": (
            lambda options: lowest(options, min),
            "All tokens of an option count.",
        ),
        "counted from one": (
            lambda options: lowest(options, fmean) + 1,
            "Return the place, counted from 0.",
        ),
    },
)
def likeliest(options: list[list[float]]) -> int:
    """The place of the option that is cheapest per token."""
    return lowest(options, fmean)


# --- 13.4 ----------------------------------------------------------------------------

VERDICTS = [
    (list("aabbccabca"), list("aabbcbabaa")),
    (list("xxxxyyz"), list("xyxzyyz")),
    (["right"] * 6 + ["wrong"] * 2, ["right"] * 5 + ["wrong", "right", "wrong"]),
]


def shares(a: Sequence[Any], b: Sequence[Any]) -> tuple[float, list[tuple]]:
    """How often two judges agree, and each one's share of every verdict."""
    kinds, n = sorted({*a, *b}), len(a)
    agreed = sum(x == y for x, y in zip(a, b)) / n
    return agreed, [(list(a).count(k) / n, list(b).count(k) / n) for k in kinds]


def beyond(agreed: float, chance: float) -> float:
    """Agreement beyond chance, as a share of what is left."""
    return (agreed - chance) / (1 - chance)


@exercise(
    "13.4",
    "Three verdicts",
    inputs=VERDICTS,
    mistakes={
        "plain agreement": (
            lambda a, b: shares(a, b)[0],
            "Two judges who do not look agree now and then: take that off.",
        ),
        "chance as if all verdicts were alike": (
            lambda a, b: beyond(shares(a, b)[0], 1 / len(shares(a, b)[1])),
            "A judge who says one verdict more often agrees more often by chance.",
        ),
        "not divided": (
            lambda a, b: shares(a, b)[0] - sum(p * q for p, q in shares(a, b)[1]),
            "Divide by what is left beyond chance, 1 minus it: full agreement is 1.",
        ),
        "one habit for both judges": (
            lambda a, b: beyond(
                shares(a, b)[0], sum(((p + q) / 2) ** 2 for p, q in shares(a, b)[1])
            ),
            "Each judge has shares of their own: multiply the one with the other.",
        ),
        "the first judge's habit twice": (
            lambda a, b: beyond(
                shares(a, b)[0], sum(p * p for p, _ in shares(a, b)[1])
            ),
            "Multiply the first judge's share with the second's.",
        ),
        "divided by chance": (
            lambda a, b: (
                (shares(a, b)[0] - sum(p * q for p, q in shares(a, b)[1]))
                / sum(p * q for p, q in shares(a, b)[1])
            ),
            "Divide by 1 minus chance.",
        ),
    },
)
def kappa_of(a: Sequence[Any], b: Sequence[Any]) -> float:
    """Cohen's kappa of two lists of verdicts, of any kinds."""
    agreed, habits = shares(a, b)
    return beyond(agreed, sum(p * q for p, q in habits))


# --- 13.5 ----------------------------------------------------------------------------

PRICES = [
    ([0.1, 2.0, 0.3, 5.0, 0.2, 1.0, 0.4, 3.0, 0.7, 0.6], 0.2),
    ([4.0, 0.5, 0.25, 1.5, 3.5], 0.5),
    ([1.0, 0.1, 2.5], 0.2),
]


def dearest(prices: Sequence[float], share: float, least: int = 1) -> list[float]:
    """The highest of some prices."""
    return sorted(prices, reverse=True)[: max(least, int(share * len(prices)))]


@exercise(
    "13.5",
    "Has it read this?",
    inputs=PRICES,
    mistakes={
        "the cheapest tokens": (
            lambda prices, share: fmean(
                sorted(prices)[: max(1, int(share * len(prices)))]
            ),
            "Cheap tokens are cheap in every text; the dearest tell.",
        ),
        "all tokens": (
            lambda prices, share: fmean(prices),
            "Leave out all but the dearest tokens.",
        ),
        "the sum": (
            lambda prices, share: math.fsum(dearest(prices, share)),
            "Take the mean, or long texts look unread.",
        ),
        "the first tokens": (
            lambda prices, share: fmean(prices[: max(1, int(share * len(prices)))]),
            "Sort the prices, the highest first.",
        ),
        "none of a short text": (
            lambda prices, share: (
                math.fsum(dearest(prices, share, 0))
                / max(1, len(dearest(prices, share, 0)))
            ),
            "Of a short text take at least one token.",
        ),
        "the dearest token alone": (
            lambda prices, share: max(prices),
            "One token is luck: take the mean of the dearest share.",
        ),
        "divided by all": (
            lambda prices, share: math.fsum(dearest(prices, share)) / len(prices),
            "Divide by the number of tokens that were taken.",
        ),
    },
)
def dearest_mean(prices: Sequence[float], share: float) -> float:
    """The mean price of the dearest share of the tokens, at least one of them."""
    return fmean(dearest(prices, share))
