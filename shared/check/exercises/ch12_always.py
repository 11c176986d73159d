"""Exercise 12.5, right every time."""

from __future__ import annotations

from math import comb

from shared.check.asking import exercise


def counted() -> list[tuple]:
    """Numbers of right answers, how many were drawn, and k."""
    return [([4, 1, 0, 3], 4, 2), ([5, 2, 7, 6, 0], 8, 3)]


def chances(counts: list[int], n: int, k: int) -> list[float]:
    """For each problem: the chance that k of n answers are all right."""
    return [comb(c, k) / comb(n, k) for c in counts]


@exercise(
    "12.5",
    "Right every time",
    inputs=counted,
    close=1e-5,
    mistakes={
        "at least one": (
            lambda cs, n, k: sum(1 - comb(n - c, k) / comb(n, k) for c in cs) / len(cs),
            "That is pass@k: one right answer. Here all k must be right.",
        ),
        "the same answer drawn twice": (
            lambda cs, n, k: sum((c / n) ** k for c in cs) / len(cs),
            "k different answers are chosen: count the choices, with math.comb.",
        ),
        "the mean over the problems first": (
            lambda cs, n, k: (sum(cs) / len(cs) / n) ** k,
            "Take each problem's chance first, their mean afterwards.",
        ),
        "the sum over the problems": (
            lambda cs, n, k: sum(chances(cs, n, k)),
            "The mean over the problems: divide by their number.",
        ),
        "the chance that one is wrong": (
            lambda cs, n, k: 1 - sum(chances(cs, n, k)) / len(cs),
            "No 1 minus here: all right is what is counted.",
        ),
        "k left out": (
            lambda cs, n, k: sum(cs) / len(cs) / n,
            "That is the share of right answers, whatever k is.",
        ),
        "enough right answers": (
            lambda cs, n, k: sum(c >= k for c in cs) / len(cs),
            "A chance for each problem, not only whether it is possible.",
        ),
        "one chance for each problem": (
            chances,
            "One number: the mean over the problems is missing.",
        ),
    },
)
def every_time(counts: list[int], n: int, k: int) -> float:
    """The mean chance that k of a problem's n answers are all right."""
    return sum(chances(counts, n, k)) / len(counts)
