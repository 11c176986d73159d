"""Exercises 09.2 and 09.5: two kinds of mistakes, and a threshold between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


def verdicts() -> list[tuple]:
    """What was said and what was true, (N,) each, 1 for spam."""
    import torch

    said = torch.tensor([1, 1, 0, 0, 1, 0, 1, 1])
    true = torch.tensor([1, 0, 0, 1, 1, 0, 0, 1])
    rare = torch.tensor([0, 0, 0, 1, 0, 0, 0, 0, 1, 1])
    none = torch.zeros(10, dtype=torch.long)
    return [(said, true), (none, rare), (1 - none, rare)]


def shares(said: Tensor, true: Tensor) -> tuple[float, float]:
    """Precision and recall; 0 where there is nothing to divide by."""
    both = ((said == 1) & (true == 1)).sum().item()
    return both / max(1, said.sum().item()), both / max(1, true.sum().item())


@exercise(
    "09.2",
    "Precision and recall",
    inputs=verdicts,
    mistakes={
        "the two exchanged": (
            lambda said, true: shares(said, true)[::-1],
            "Precision divides by what was called spam, recall by what is spam.",
        ),
        "accuracy": (
            lambda said, true: ((said == true).double().mean().item(),) * 2,
            "Honest messages that were kept do not count here.",
        ),
        "the honest class": (
            lambda said, true: shares(1 - said, 1 - true),
            "The class that we look for is spam, 1.",
        ),
        "divided by all": (
            lambda said, true: (
                ((said == 1) & (true == 1)).double().mean().item(),
                ((said == 1) & (true == 1)).double().mean().item(),
            ),
            "Divide by the number called spam, and by the number of spam.",
        ),
        "one where nothing was called spam": (
            lambda said, true: shares(said, true) if said.any() else (1.0, 0.0),
            "Where there is nothing to divide by, return 0.",
        ),
    },
)
def precision_recall(said: Tensor, true: Tensor) -> tuple[float, float]:
    """Precision and recall of the verdicts `said`, (N,), against `true`, (N,)."""
    return shares(said, true)


def surenesses() -> list[tuple]:
    """Probabilities of spam (N,), the truth (N,) and the precision that is wanted."""
    import torch

    trials = [
        ([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], [1, 0, 1, 1, 0, 1, 0], 0.74),
        ([0.2, 0.7, 0.71, 0.9, 0.4, 0.41], [0, 1, 0, 1, 1, 1], 0.78),
        ([0.9, 0.5], [0, 0], 0.5),
        ([0.3, 0.8, 0.6], [1, 0, 1], 0.6),
    ]
    return [(torch.tensor(p), torch.tensor(true), wanted) for p, true, wanted in trials]


def measured(said: Tensor, true: Tensor, what: str) -> float:
    """Precision, recall or accuracy of verdicts."""
    if what == "accuracy":
        return (said.int() == true).double().mean().item()
    return shares(said.int(), true)[what == "recall"]


def passing(
    p: Tensor, true: Tensor, wanted: float, what: str = "precision", above: bool = False
) -> list[float]:
    """The thresholds among p with which a measure is at least `wanted`, rising."""
    found = []
    for t in sorted(p.tolist()):
        if measured(p > t if above else p >= t, true, what) >= wanted:
            found.append(t)
    return found or [float("inf")]


def from_the_top(p: Tensor, true: Tensor, wanted: float) -> float:
    """The last threshold before the first that fails, as a mistake."""
    best = float("inf")
    for t in sorted(p.tolist(), reverse=True):
        if measured(p >= t, true, "precision") < wanted:
            break
        best = t
    return best


@exercise(
    "09.5",
    "A threshold",
    inputs=surenesses,
    mistakes={
        "the highest": (
            lambda p, true, wanted: passing(p, true, wanted)[-1],
            "The lowest threshold that will do catches the most spam.",
        ),
        "stopping at the first that fails": (
            from_the_top,
            "Precision may rise again further down: try all thresholds.",
        ),
        "recall": (
            lambda p, true, wanted: passing(p, true, wanted, "recall")[0],
            "Precision divides by what was called spam, not by what is spam.",
        ),
        "accuracy": (
            lambda p, true, wanted: passing(p, true, wanted, "accuracy")[0],
            "Count only among the messages that were called spam.",
        ),
        "above, not from": (
            lambda p, true, wanted: passing(p, true, wanted, above=True)[0],
            "A message whose p equals the threshold is called spam: use >=.",
        ),
        "the precision reached": (
            lambda p, true, wanted: shares(
                (p >= passing(p, true, wanted)[0]).int(), true
            )[0],
            "Return the threshold, not the precision that it reaches.",
        ),
        "always one half": (
            lambda p, true, wanted: 0.5,
            "The threshold depends on the precision that is wanted.",
        ),
        "one where none will do": (
            lambda p, true, wanted: min(1.0, passing(p, true, wanted)[0]),
            'Where no threshold reaches it, return float("inf").',
        ),
    },
)
def threshold(p: Tensor, true: Tensor, wanted: float) -> float:
    """The lowest p from which on messages are spam with at least `wanted` precision."""
    return passing(p, true, wanted)[0]
