"""Exercises of chapter 08 on results: 08.8 reads a table, 08.9 adds up a bill."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from shared.check.asking import exercise

# --- 08.8: reading a table ------------------------------------------------------------

Table = dict[str, list[float]]
FIRST = {
    "ours": [0.170, 0.155, 0.164],
    "without the direct line": [0.290, 0.340, 0.310],
    "without rotary": [0.300, 0.270, 0.285],
    "without squared ReLU": [0.180, 0.140, 0.150],
    "without Muon": [0.480, 0.520, 0.520],
    "without a head apart": [0.165, 0.210, 0.240],
    "without zeros": [0.175, 0.158, 0.168],
    "without RMS norm": [0.162, 0.160, 0.166],
    "with biases": [0.168, 0.169, 0.1635],
    "with a fourth layer": [0.150, 0.140, 0.152],
}
SECOND = {
    "batches of 32": [0.41, 0.40, 0.45],
    "ours": [0.30, 0.36, 0.33],
    "learned places": [0.55, 0.37, 0.38],
    "one layer fewer": [0.35, 0.42, 0.38],
}


def mean(numbers: Sequence[float]) -> float:
    """The mean."""
    return sum(numbers) / len(numbers)


def harmful(
    table: Table,
    certain: Callable[[list[float], list[float]], bool] = lambda a, b: min(a) > max(b),
    harm: Callable[[list[float], list[float]], float] = lambda a, b: mean(a) - mean(b),
    order: Callable[[tuple[str, float]], float] = lambda pair: -pair[1],
) -> list[tuple[str, float]]:
    """Rows that are certainly worse than ours, with the harm; the rest are mistakes."""
    ours = table["ours"]
    found = [
        (name, harm(gaps, ours))
        for name, gaps in table.items()
        if name != "ours" and certain(gaps, ours)
    ]
    return sorted(found, key=order)


@exercise(
    "08.8",
    "What counts",
    inputs=[FIRST, SECOND],
    close=1e-4,
    mistakes={
        "every mean above ours": (
            lambda table: harmful(table, lambda a, b: mean(a) > mean(b)),
            "Seeds differ: count a row only if its best run is worse than our worst.",
        ),
        "every row": (
            lambda table: harmful(table, lambda a, b: True),
            "Leave out rows that overlap with ours: there the seed may have decided.",
        ),
        "rows that differ, better or worse": (
            lambda table: harmful(
                table, lambda a, b: min(a) > max(b) or max(a) < min(b)
            ),
            "Only what makes the gap larger does harm.",
        ),
        "the first seed alone": (
            lambda table: harmful(table, lambda a, b: a[0] > b[0]),
            "Look at all seeds: the best of the row against the worst of ours.",
        ),
        "seed by seed": (
            lambda table: harmful(
                table, lambda a, b: all(x > y for x, y in zip(a, b, strict=True))
            ),
            "Any run of the row must be worse than any of ours: min above max.",
        ),
        "the worst run of each": (
            lambda table: harmful(table, lambda a, b: max(a) > max(b)),
            "The row's best run, min, must lie above our worst.",
        ),
        "the best run of each": (
            lambda table: harmful(table, lambda a, b: min(a) > min(b)),
            "Our worst run, max, must lie below the row's best.",
        ),
        "the mean above our worst": (
            lambda table: harmful(table, lambda a, b: mean(a) > max(b)),
            "The row's best run, min, must lie above our worst.",
        ),
        "our mean below its best": (
            lambda table: harmful(table, lambda a, b: min(a) > mean(b)),
            "Our worst run, max, must lie below the row's best.",
        ),
        "the harm from run to run": (
            lambda table: harmful(table, harm=lambda a, b: min(a) - max(b)),
            "The harm is the difference of the means.",
        ),
        "by name": (
            lambda table: sorted(harmful(table)),
            "Sort by the harm, the second of each pair: key=lambda pair: pair[1].",
        ),
        "the smallest harm first": (
            lambda table: harmful(table, order=lambda pair: pair[1]),
            "The largest harm comes first: reverse=True.",
        ),
        "in the table's order": (
            lambda table: harmful(table, order=lambda pair: 0),
            "Sort by the harm, the largest first.",
        ),
        "gaps in the place of harm": (
            lambda table: harmful(table, harm=lambda a, b: mean(a)),
            "The harm is the row's mean gap minus ours.",
        ),
        "the sign turned round": (
            lambda table: harmful(
                table, harm=lambda a, b: mean(b) - mean(a), order=lambda pair: pair[1]
            ),
            "The harm is how much larger the gap becomes: the row's mean minus ours.",
        ),
        "times in the place of differences": (
            lambda table: harmful(table, harm=lambda a, b: mean(a) / mean(b)),
            "The harm is a difference, in nats per token.",
        ),
        "the middle run in the place of the mean": (
            lambda table: harmful(table, harm=lambda a, b: sorted(a)[1] - sorted(b)[1]),
            "Take the mean over the seeds.",
        ),
    },
)
def what_counts(table: Table) -> list[tuple[str, float]]:
    """Rows whose every run is worse than all of ours, and the harm, largest first."""
    return harmful(table)


# --- 08.9: the bill -------------------------------------------------------------------

Bill = tuple[list[float], list[float], list[str]]
BILLS: list[Bill] = [
    (
        [0.02, 1.50, 0.30, 2.10, 0.04, 0.61, 0.90],
        [0.01, 1.20, 0.35, 1.40, 0.01, 0.60, 0.65],
        ["phrases", "names", "phrases", "names", "things", "phrases", "things"],
    ),
    (
        [3.0, 0.2, 0.5, 1.0, 0.4],
        [2.5, 0.1, 0.1, 1.1, 0.1],
        ["numbers", "phrases", "phrases", "phrases", "names"],
    ),
]


def debts(
    paid: list[float],
    truth: list[float],
    kinds: list[str],
    owed: Callable[[float, float], float] = lambda p, t: p - t,
    per: str = "kind",
    share: str = "debt",
) -> dict[str, tuple[float, float]]:
    """Debt per token and share of the whole debt for each kind; the rest is wrong."""
    found = {}
    debt = [owed(p, t) for p, t in zip(paid, truth, strict=True)]
    for kind in dict.fromkeys(kinds):
        here = [i for i, one in enumerate(kinds) if one == kind]
        mine = math.fsum(debt[i] for i in here)
        parts = {
            "debt": mine / math.fsum(debt),
            "tokens": len(here) / len(kinds),
            "paid": sum(paid[i] for i in here) / sum(paid),
            "all paid": mine / sum(paid),
            "percent": 100 * mine / math.fsum(debt),
            "of means": mine / len(here),
        }
        number = {"kind": len(here), "all": len(kinds), "sum": 1}[per]
        found[kind] = (mine / number, parts[share])
    if share == "of means":
        whole = sum(pair[0] for pair in found.values())
        found = {kind: (pair[0], pair[0] / whole) for kind, pair in found.items()}
    return found


def billed(**slip: object) -> Callable[..., dict[str, tuple[float, float]]]:
    """A bill with one slip."""
    return lambda paid, truth, kinds: debts(paid, truth, kinds, **slip)


@exercise(
    "08.9",
    "Paid and owed",
    inputs=BILLS,
    close=1e-5,
    mistakes={
        "what is paid": (
            billed(owed=lambda p, t: p),
            "Owed is what is paid above the truth's price: paid - truth.",
        ),
        "the truth's price": (
            billed(owed=lambda p, t: t),
            "Owed is what is paid above the truth's price: paid - truth.",
        ),
        "the truth minus what is paid": (
            lambda paid, truth, kinds: {
                kind: (-each, share)
                for kind, (each, share) in debts(paid, truth, kinds).items()
            },
            "Owed is paid - truth: a debt is positive.",
        ),
        "differences without their sign": (
            billed(owed=lambda p, t: abs(p - t)),
            "A token that is guessed for less than the truth's price pays some back.",
        ),
        "nothing paid back": (
            billed(owed=lambda p, t: max(0.0, p - t)),
            "A token that is guessed for less than the truth's price pays some back.",
        ),
        "sums in the place of means": (
            billed(per="sum"),
            "Per token: divide by the number of this kind's tokens.",
        ),
        "divided by all tokens": (
            billed(per="all"),
            "Per token of this kind: divide by the number of its tokens.",
        ),
        "the share of the tokens": (
            billed(share="tokens"),
            "The second number is the kind's share of the whole debt.",
        ),
        "the share of what is paid": (
            billed(share="paid"),
            "The second number is the kind's share of the whole debt.",
        ),
        "the debt's share of what is paid": (
            billed(share="all paid"),
            "Divide by all that is owed, the sum of paid - truth.",
        ),
        "percent": (
            billed(share="percent"),
            "A share lies between 0 and 1.",
        ),
        "the share of the means": (
            billed(share="of means"),
            "A kind with many tokens owes more: divide its sum by the whole debt.",
        ),
        "the ratio to the truth": (
            billed(owed=lambda p, t: p / t),
            "Prices are in nats, which add up: subtract.",
        ),
    },
)
def owed(
    paid: list[float], truth: list[float], kinds: list[str]
) -> dict[str, tuple[float, float]]:
    """For each kind of word: nats owed per token, and its share of all that is owed."""
    return debts(paid, truth, kinds)
