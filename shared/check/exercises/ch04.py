"""Exercises of chapter 04. Torch is imported where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises.ch04_network import BY_AUTOGRAD  # 04.5 to 04.7, too

if TYPE_CHECKING:
    from torch import Tensor


def tables() -> list[tuple]:
    """Square and other tables of counts, without an empty row or column."""
    import torch

    square = torch.tensor([[6.0, 3.0, 1.0], [1.0, 1.0, 2.0], [0.0, 4.0, 1.0]])
    return [(square,), (torch.tensor([[1.0, 3.0], [2.0, 2.0], [5.0, 0.0]]),)]


@exercise(
    "04.1",
    "Shares of the rows",
    inputs=tables,
    mistakes={
        "dividing by a row of sums": (
            lambda counts: counts / counts.sum(1),
            "The shape (rows,) is stretched downwards: use keepdim=True.",
        ),
        "shares of the columns": (
            lambda counts: counts / counts.sum(0, keepdim=True),
            "sum(0) adds downwards, over the rows: a row's sum is sum(1).",
        ),
        "shares of the whole table": (
            lambda counts: counts / counts.sum(),
            "Each row must make one, not the whole table: sum over one direction.",
        ),
        "divided by the largest of the row": (
            lambda counts: counts / counts.max(1, keepdim=True).values,
            "Divide by the row's sum, so that the shares add up to one.",
        ),
        "divided by the mean of the row": (
            lambda counts: counts / counts.mean(1, keepdim=True),
            "Divide by the row's sum, not by its mean.",
        ),
        "softmax of the counts": (
            lambda counts: counts.softmax(1),
            "These are counts, not logits: divide, without an exponential.",
        ),
    },
)
def row_shares(counts: Tensor) -> Tensor:
    """Each row of counts (R, C) divided by its own sum."""
    return counts / counts.sum(1, keepdim=True)


def batches() -> list[tuple]:
    """Logits (B, V) and targets (B,)."""
    import torch

    generator = torch.Generator().manual_seed(3)
    first = torch.randn(4, 4, generator=generator)
    second = torch.randn(3, 5, generator=generator) * 3
    return [(first, torch.tensor([0, 2, 2, 1])), (second, torch.tensor([4, 0, 3]))]


def happened(logits: Tensor, targets: Tensor) -> Tensor:
    """One row per example, 1 at the word that came."""
    from torch.nn import functional

    return functional.one_hot(targets, logits.shape[1]).to(logits.dtype)


@exercise(
    "04.2",
    "Bet minus what happened",
    inputs=batches,
    short_cuts=dict.fromkeys(("backward", "grad", "autograd"), BY_AUTOGRAD),
    mistakes={
        "the sum over the batch": (
            lambda z, y: z.softmax(1) - happened(z, y),
            "The loss is the mean over the batch: divide by the number of rows.",
        ),
        "uphill and downhill exchanged": (
            lambda z, y: (happened(z, y) - z.softmax(1)) / len(y),
            "It is the bet minus what happened, not the other way round.",
        ),
        "the softmax over the batch": (
            lambda z, y: (z.softmax(0) - happened(z, y)) / len(y),
            "The bets of one example make one: softmax over direction 1.",
        ),
        "logits in the place of bets": (
            lambda z, y: (z - happened(z, y)) / len(y),
            "Turn the logits into bets first, with the softmax.",
        ),
        "only the bets": (
            lambda z, y: z.softmax(1) / len(y),
            "Subtract 1 at the word that came.",
        ),
        "only what happened is divided": (
            lambda z, y: z.softmax(1) - happened(z, y) / len(y),
            "Put brackets around the difference: all of it is divided by B.",
        ),
        "one mean row for the whole batch": (
            lambda z, y: (z.softmax(1) - happened(z, y)).mean(0),
            "Each row keeps its own gradient, (B, V): divide by B, and add nothing up.",
        ),
        "logarithms in the place of bets": (
            lambda z, y: (z.log_softmax(1) - happened(z, y)) / len(y),
            "The bets are the softmax itself, not its logarithm.",
        ),
        "dividing by the words": (
            lambda z, y: (z.softmax(1) - happened(z, y)) / z.shape[1],
            "The mean is over the B examples, the rows: divide by len(targets).",
        ),
        "dividing by all entries": (
            lambda z, y: (z.softmax(1) - happened(z, y)) / z.numel(),
            "The mean is over the B examples, not over all B times V logits.",
        ),
    },
)
def batch_gradient(logits: Tensor, targets: Tensor) -> Tensor:
    """Gradient of the mean cross-entropy with respect to the logits (B, V)."""
    return (logits.softmax(1) - happened(logits, targets)) / len(targets)


PRICES = [
    ([5.0, 4.0, 3.0, 3.2, 3.1, 3.3, 2.0], 3),
    ([5.0, 4.0, 4.5, 3.9, 4.2, 4.4, 4.6], 2),
    ([3.0, 2.0, 1.0], 2),
    ([2.0, 2.5, 2.4, 1.0, 3.0], 2),
    ([4.0, 3.0, 3.5, 3.6, 3.7, 3.8], 4),
    ([5.0, 6.0, 4.0, 4.5, 3.0, 3.5, 2.0], 2),
    ([3.0, 2.0, 2.0, 2.5, 1.0], 2),  # equal is no new best
    ([5.0, 4.0, 4.5], 3),  # it never gives up, and the best is not the last
    ([3.0, 2.0, 2.5, 2.6, 2.7, 1.0], 2),  # the lowest comes long after the end
    ([5.0, 4.0, 4.2, 3.5, 3.6, 3.7, 3.0], 3),
    ([4.0, 5.0, 3.0], 1),
]


def stop(
    prices: list[float], patience: int, equal: bool = False, late: int = 0
) -> tuple[int, int]:
    """The best measurement before stopping, and the one at which we stop.

    equal: whether an equal price is a new best; late: by how much too late we stop.
    """
    best = 0
    for i, price in enumerate(prices[1:], start=1):
        if price < prices[best] or (equal and price == prices[best]):
            best = i
        elif i - best >= patience + late:
            return best, i
    return best, len(prices) - 1


def impatient(prices: list[float], patience: int) -> int:
    """Stopping when the price has risen `patience` times in all, as a mistake."""
    best = rises = 0
    for i in range(1, len(prices)):
        best = i if prices[i] < prices[best] else best
        rises += prices[i] > prices[i - 1]
        if rises == patience:
            break
    return best


def last_if_never(prices: list[float], patience: int) -> int:
    """The last measurement where training never stops early, as a mistake."""
    best = 0
    for i, price in enumerate(prices):
        if price < prices[best]:
            best = i
        elif i - best == patience:
            return best
    return len(prices) - 1


def never_reset(prices: list[float], patience: int) -> int:
    """Counting every measurement without a new best, as a mistake."""
    best = bad = 0
    for i in range(1, len(prices)):
        if prices[i] < prices[best]:
            best = i
        else:
            bad += 1
            if bad == patience:
                break
    return best


def beside(prices: list[float], patience: int) -> int:
    """Comparing with the measurement before, as a mistake."""
    best = bad = 0
    for i in range(1, len(prices)):
        if prices[i] < prices[i - 1]:
            best, bad = i, 0
        else:
            bad += 1
            if bad == patience:
                break
    return best


def counted_back(prices: list[float], patience: int) -> int:
    """Counting back from the place of giving up, with the first price no best."""
    low, bad = prices[0], 0
    for i, price in enumerate(prices):
        low, bad = (price, 0) if price < low else (low, bad + 1)
        if bad == patience:
            return i - patience
    return len(prices) - 1


@exercise(
    "04.3",
    "Stop in time",
    inputs=PRICES,
    mistakes={
        "looking into the future": (
            lambda prices, patience: prices.index(min(prices)),
            "After `patience` measurements without a new best, the rest is never seen.",
        ),
        "the place where training stops": (
            lambda prices, patience: stop(prices, patience)[1],
            "Return the best measurement so far, not the one at which you gave up.",
        ),
        "the price instead of its place": (
            lambda prices, patience: prices[stop(prices, patience)[0]],
            "Return the index of the measurement, counted from 0.",
        ),
        "stopping at the first measurement without a new best": (
            lambda prices, patience: stop(prices, 1)[0],
            "One worse measurement may be noise: wait for `patience` of them.",
        ),
        "waiting for one measurement too many": (
            lambda prices, patience: stop(prices, patience, late=1)[0],
            "Give up at the `patience`-th measurement without a new best: >=, not >.",
        ),
        "waiting for one measurement too few": (
            lambda prices, patience: stop(prices, max(1, patience - 1))[0],
            "Count from the best: the first after it is number 1.",
        ),
        "an equal price taken for a new best": (
            lambda prices, patience: stop(prices, patience, equal=True)[0],
            "Only a lower price is a new best: compare with <, not with <=.",
        ),
        "the last measurement when it never gives up": (
            last_if_never,
            "After the loop, too, the best measurement is the answer.",
        ),
        "a count that never begins anew": (
            never_reset,
            "After each new best the count of measurements without one starts at 0.",
        ),
        "comparing with the measurement before": (
            beside,
            "A new best is lower than the best so far, not only than its neighbour.",
        ),
        "counting back from where it gave up": (
            counted_back,
            "Remember the best one's index; the first price is a new best, too.",
        ),
        "counting every rise": (
            impatient,
            "Count the measurements since the best one, from 0 after each new best.",
        ),
    },
)
def stop_in_time(prices: list[float], patience: int) -> int:
    """Index of the best measurement before `patience` ones without a new best."""
    return stop(prices, patience)[0]


def points() -> list[tuple]:
    """Functions of a tensor, and points of several shapes, in double precision."""
    import torch

    a = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    table = torch.tensor([[0.5, 1.0], [2.0, -1.0]], dtype=torch.float64)
    return [
        (lambda x: (x**3).sum(), a.clone()),
        (lambda x: x[0] * x[1] + x[2].exp(), a.clone()),
        (lambda x: (x @ x).sum(), table.clone()),
        (lambda x: (1e6 * x).sum(), table.clone()),
    ]


def nudge_each(
    f: Callable, x: Tensor, change: Callable[[Callable, Tensor, Tensor], Tensor]
) -> Tensor:
    """Apply `change` to f, x and a nudge of each entry in turn."""
    import torch

    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        nudge = torch.zeros_like(x)
        nudge.view(-1)[i] = 1e-4
        gradient.view(-1)[i] = change(f, x, nudge)
    return gradient


def drifting(f: Callable, x: Tensor) -> Tensor:
    """Entries that are nudged and never put back, as a mistake."""
    import torch

    x, gradient, h = x.clone(), torch.zeros_like(x), 1e-4
    for i in range(x.numel()):
        x.view(-1)[i] += h
        above = f(x)
        x.view(-1)[i] -= 2 * h
        gradient.view(-1)[i] = (above - f(x)) / (2 * h)
    return gradient


def piling(f: Callable, x: Tensor) -> Tensor:
    """Two copies for all entries, so that the nudges pile up, as a mistake."""
    import torch

    up, down, gradient = x.clone(), x.clone(), torch.zeros_like(x)
    for i in range(x.numel()):
        up.view(-1)[i] += 1e-4
        down.view(-1)[i] -= 1e-4
        gradient.view(-1)[i] = (f(up) - f(down)) / 2e-4
    return gradient


def one_name(f: Callable, x: Tensor) -> Tensor:
    """Two names for one tensor, so that up and down cancel, as a mistake."""
    import torch

    return torch.zeros_like(x)


def one_row(f: Callable, x: Tensor) -> Tensor:
    """The slopes as one long row, as a mistake."""
    return nudge_each(f, x, lambda f, x, d: (f(x + d) - f(x - d)) / 2e-4).view(-1)


@exercise(
    "04.4",
    "Nudging",
    inputs=points,
    short_cuts=dict.fromkeys(("backward", "grad", "autograd"), BY_AUTOGRAD),
    close=1e-5,
    mistakes={
        "nudging to one side only": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: (f(x + d) - f(x)) / 1e-4),
            "Nudge up and down by h: the error then falls with the square of h.",
        ),
        "nudging downwards only": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: (f(x) - f(x - d)) / 1e-4),
            "Nudge up and down by h: the error then falls with the square of h.",
        ),
        "two names for one tensor": (
            one_name,
            "`up = x` copies nothing: up and down are then one tensor. Use x.clone().",
        ),
        "slopes in one long row": (
            one_row,
            "Give the slopes the shape of x: begin with torch.zeros_like(x).",
        ),
        "halved and multiplied by h": (
            lambda f, x: 1e-8 * nudged_gradient(f, x),
            "Write brackets, / (2 * h): without them h multiplies.",
        ),
        "dividing by h": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: (f(x + d) - f(x - d)) / 1e-4),
            "From one side to the other it is 2 h.",
        ),
        "not dividing": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: f(x + d) - f(x - d)),
            "A slope is a difference divided by the distance, 2 h.",
        ),
        "down minus up": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: (f(x - d) - f(x + d)) / 2e-4),
            "The slope is the value above minus the value below.",
        ),
        "nudges that pile up": (
            piling,
            "Make both copies anew for each entry: the earlier nudges are still there.",
        ),
        "entries that are not put back": (
            drifting,
            "Nudge a copy, or put the entry back before you go on to the next.",
        ),
    },
)
def nudged_gradient(f: Callable, x: Tensor) -> Tensor:
    """Gradient of f at x by central differences, in the shape of x."""
    return nudge_each(f, x, lambda f, x, d: (f(x + d) - f(x - d)) / 2e-4)
