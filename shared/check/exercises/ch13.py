"""Exercises of chapter 13, about intervals and choices."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import fmean, median, stdev

from shared.check.asking import exercise
from shared.check.exercises import ch13_judges  # noqa: F401 (13.4 to 13.6)

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

EXAMS = [  # subjects of unequal sizes: a mean of means is another number
    {"sum": [0.0, 0.0, 0.0, 1.0] * 5, "riddle": [9.0, 9.0, 8.0, 9.0] * 10},
    {"people": [0.0, 4.0] * 10, "chain": [20.0, 24.0, 20.0, 22.0], "sum": [8.0, 9.0]},
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


def mean_of_means(parts: dict[str, list[float]]) -> tuple[float, float]:
    """Every subject alike, however many items it has, as a mistake."""
    rng, means = random.Random(1), []
    for _ in range(2000):
        new = [rng.choices(own, k=len(own)) for own in parts.values()]
        means.append(fmean(map(fmean, new)))
    means.sort()
    return means[50], means[1949]


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
        "the mean of the subjects' means": (
            mean_of_means,
            "Put all drawn marks into one list: every item counts alike.",
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
    [[0.1, 0.1, 4.0], [0.9, 1.0, 0.8], [2.0, 1.9, 2.1]],
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
        "the median token": (
            lambda options: lowest(options, median),
            "One dear token makes an answer unlikely: take the mean, not the median.",
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
