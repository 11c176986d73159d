"""Exercises of chapter 13, about judges, leaks and means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from shared.check.asking import exercise

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
    ([0.2, 4.5, 0.9, 3.0, 1.1, 0.3, 2.0, 0.4, 0.1], 0.2),  # 1.8 tokens: one
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
        "rounded to the nearest": (
            lambda prices, share: fmean(
                dearest(prices, 0, max(1, round(share * len(prices))))
            ),
            "int cuts the decimals off: a share of 1.8 tokens is one token.",
        ),
        "rounded up": (
            lambda prices, share: fmean(
                dearest(prices, 0, max(1, math.ceil(share * len(prices))))
            ),
            "int cuts the decimals off: a share of 2.5 tokens is two tokens.",
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


# --- 13.6 ----------------------------------------------------------------------------

SPLIT = [
    {"rename": [0.0, 1.0, 0.0, 0.0], "chain": [1.0, 1.0]},
    {"owner": [1.0, 0.0, 1.0], "sum": [], "riddle": [1.0] * 9},
    {"trick": [0.0, 1.0, 1.0, 1.0, 0.0], "people": [1.0, 1.0], "question": [1.0, 0.0]},
]


def pooled(parts: dict[str, list[float]]) -> float:
    """The mean of all marks of all subjects."""
    return fmean([mark for own in parts.values() for mark in own])


def means_of(parts: dict[str, list[float]]) -> list[float]:
    """The mean of each subject that has items."""
    return [fmean(own) for own in parts.values() if own]


@exercise(
    "13.6",
    "Two means of one exam",
    inputs=[(parts,) for parts in SPLIT],
    mistakes={
        "the two swapped": (
            lambda parts: (fmean(means_of(parts)), pooled(parts)),
            "The mean over all items comes first, that over subjects second.",
        ),
        "an empty subject counted as nought": (
            lambda parts: (pooled(parts), math.fsum(means_of(parts)) / len(parts)),
            "A subject without items says nothing: leave it out, do not fail it.",
        ),
        "the mean of means twice": (
            lambda parts: (fmean(means_of(parts)), fmean(means_of(parts))),
            "For the first number put all marks into one list.",
        ),
        "the mean over items twice": (
            lambda parts: (pooled(parts), pooled(parts)),
            "For the second number take each subject's mean, then their mean.",
        ),
        "the median of the subjects": (
            lambda parts: (pooled(parts), median(means_of(parts))),
            "Take the mean of the subjects' means, not the one in the middle.",
        ),
    },
)
def micro_macro(parts: dict[str, list[float]]) -> tuple[float, float]:
    """The mean over all items, and the mean of the subjects' means."""
    return pooled(parts), fmean(means_of(parts))
