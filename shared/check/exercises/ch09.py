"""Exercises of chapter 09. Torch is imported where it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises import ch09_kinds  # noqa: F401 (09.2, 09.5)

if TYPE_CHECKING:
    from torch import Tensor

END = 9  # the token that fills rows up in the trials


def padded() -> list[tuple]:
    """Rows (B, T) that begin with END and are filled up with it, and END."""
    import torch

    first = torch.tensor([[END, 3, 5, 2, END, END], [END, 4, END, END, END, END]])
    second = torch.tensor([[END, 7, END, 6, END], [END, 1, 2, 3, 4]])  # END inside
    return [(first, END), (second, END)]


def ends(ids: Tensor, end: int) -> Tensor:
    """The place of the last real token of each row, (B,)."""
    import torch

    places = torch.arange(ids.shape[1])
    return ((ids != end) * places).amax(1)


@exercise(
    "09.1",
    "Where a row ends",
    inputs=padded,
    mistakes={
        "the length instead of the place": (
            lambda ids, end: ends(ids, end) + 1,
            "Places count from 0: the last of n tokens stands at n - 1.",
        ),
        "the last column": (
            lambda ids, end: 0 * ends(ids, end) + ids.shape[1] - 1,
            "The last column is padding in all rows but the longest.",
        ),
        "one short": (
            lambda ids, end: (ids != end).sum(1) - 1,
            "A row begins with `end`, too: do not count it out twice.",
        ),
        "all real tokens counted": (
            lambda ids, end: (ids != end).sum(1),
            "A row may hold `end` inside; look for the last place, do not count.",
        ),
        "the first end found": (
            lambda ids, end: (ids == end).int().argmax(1),
            "Every row begins with `end`, so the first one says nothing.",
        ),
    },
)
def last_places(ids: Tensor, end: int) -> Tensor:
    """The place of the last real token of each row of ids (B, T), (B,)."""
    return ends(ids, end)


def resamples() -> list[tuple]:
    """Right or wrong, (N,), and which to draw, (R, N)."""
    import torch

    draw = torch.Generator().manual_seed(7)
    right = (torch.rand(40, generator=draw) < 0.8).float()
    few = torch.tensor([1.0, 0.0, 1.0, 1.0, 1.0])
    last = torch.tensor([1.0] * 30 + [0.0, 1.0] * 5)  # drawn from its end alone
    return [
        (right, torch.randint(40, (400, 40), generator=draw)),
        (few, torch.randint(5, (200, 5), generator=draw)),
        (last, torch.randint(30, 40, (300, 40), generator=draw)),
    ]


def own_draws(right: Tensor, draws: Tensor) -> tuple:
    """Quantiles of exams drawn anew, as a mistake."""
    import torch

    draw = torch.Generator().manual_seed(0)
    other = torch.randint(len(right), draws.shape, generator=draw)
    return between(right[other].mean(1))


def between(means: Tensor, low: float = 0.025, high: float = 0.975) -> tuple:
    """Two quantiles of some means."""
    return means.quantile(low).item(), means.quantile(high).item()


@exercise(
    "09.3",
    "Draw again",
    inputs=resamples,
    mistakes={
        "means over the draws": (
            lambda right, draws: between(right[draws].mean(0)),
            "Each row of `draws` is one new exam: take the mean of each row.",
        ),
        "nine in ten": (
            lambda right, draws: between(right[draws].mean(1), 0.05, 0.95),
            "Leave out 2.5 in 100 at either end.",
        ),
        "smallest and largest": (
            lambda right, draws: between(right[draws].mean(1), 0.0, 1.0),
            "The extremes grow with the number of draws; take quantiles.",
        ),
        "the spread of single answers": (
            lambda right, draws: (
                (right.mean() - 1.96 * right.std()).item(),
                (right.mean() + 1.96 * right.std()).item(),
            ),
            "It is the means of whole exams whose spread counts.",
        ),
        "high before low": (
            lambda right, draws: between(right[draws].mean(1))[::-1],
            "Return the lower end first.",
        ),
        "draws of its own": (
            own_draws,
            "`draws` says which answers each new exam consists of: use it.",
        ),
        "five in a hundred at either end": (
            lambda right, draws: between(right[draws].mean(1), 0.05, 0.975),
            "Leave out 2.5 in 100 at either end: 0.025 and 0.975.",
        ),
        "sums instead of means": (
            lambda right, draws: between(right[draws].sum(1)),
            "An exam's result is a share: take the mean of its answers.",
        ),
    },
    close=1e-5,
)
def bootstrap(right: Tensor, draws: Tensor) -> tuple[float, float]:
    """The ends of an interval that holds 95 in 100 of the redrawn means."""
    return between(right[draws].mean(1))


def bags() -> list[tuple]:
    """Counts (N, W), labels (N,) and counts (M, W) to judge."""
    import torch

    counts = torch.tensor(
        [[2, 0, 1, 0], [1, 0, 0, 0], [0, 1, 2, 0], [0, 2, 0, 1], [0, 1, 1, 0]]
    ).float()
    labels = torch.tensor([1, 1, 0, 0, 0])
    asked = torch.tensor([[1, 0, 0, 0], [0, 1, 0, 2], [3, 1, 1, 0], [0, 0, 0, 0]])
    return [(counts, labels, asked.float()), (counts, 1 - labels, asked.float())]


def odds(
    counts: Tensor,
    labels: Tensor,
    asked: Tensor,
    add: float = 1.0,
    below: float = 1.0,
    prior: bool = True,
    side: int | None = None,
) -> Tensor:
    """Log odds of spam, (M,); add, below: added to counts and, per word, to sums.

    side: the score of this class alone.
    """
    import torch

    logs = []
    for kind in (0, 1):
        own = counts[labels == kind].sum(0)
        p = (own + add) / (own.sum() + below * len(own))
        start = (labels == kind).float().mean().log() if prior else torch.tensor(0.0)
        logs.append(start + asked @ p.log())
    return logs[1] - logs[0] if side is None else logs[side]


@exercise(
    "09.4",
    "A bag that bets",
    inputs=bags,
    mistakes={
        "the prior forgotten": (
            lambda c, y, a: odds(c, y, a, prior=False),
            "Begin with the logarithm of each class's share of the labels.",
        ),
        "one added above, not below": (
            lambda c, y, a: odds(c, y, a, below=0.0),
            "Adding 1 to each of W counts adds W to their sum.",
        ),
        "the classes exchanged": (
            lambda c, y, a: -odds(c, y, a),
            "Spam minus honest: above 0 means spam.",
        ),
        "words present, not counted": (
            lambda c, y, a: odds(c, y, (a > 0).float()),
            "A word that stands there twice is paid twice.",
        ),
        "half a count added": (
            lambda c, y, a: odds(c, y, a, 0.5, 0.5),
            "Add 1 to every count.",
        ),
        "texts counted instead of words": (
            lambda c, y, a: odds((c > 0).float(), y, a),
            "Add up how often a word stands in all texts of a class.",
        ),
        "nothing added but a trifle": (
            lambda c, y, a: odds(c, y, a, 1e-6, 1e-6),
            "Add 1 to every count, so that no chance is nearly 0.",
        ),
        "spam's score alone": (
            lambda c, y, a: odds(c, y, a, side=1),
            "Return the difference: spam's score minus that of honest.",
        ),
    },
    close=1e-5,
)
def naive_bayes(counts: Tensor, labels: Tensor, asked: Tensor) -> Tensor:
    """ln p(spam) - ln p(honest) for each row of `asked`, (M,)."""
    return odds(counts, labels, asked)
