"""Exercises of chapter 04. Torch is imported where it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises import ch04_nudging  # noqa: F401 (04.4)
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
        "turned on its side": (
            lambda counts: counts.T / counts.sum(1),
            "The shares are right, but rows have become columns: turn back with .T.",
        ),
        "one added to every count": (
            lambda counts: (counts + 1) / (counts + 1).sum(1, keepdim=True),
            "These are the bare shares, without smoothing: add nothing.",
        ),
        "the sums alone": (
            lambda counts: counts.sum(1),
            "The sums are the divisors: divide each row by its own.",
        ),
        "rounded shares": (
            lambda counts: (counts / counts.sum(1, keepdim=True)).round(decimals=1),
            "Return the shares as they are, not rounded.",
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


def every_target(logits: Tensor, targets: Tensor) -> Tensor:
    """1 subtracted in whole columns, as a mistake."""
    bets = logits.softmax(1)
    bets[:, targets] -= 1
    return bets / len(targets)


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
        "1 subtracted in every row at every target": (
            every_target,
            "p[:, y] means these columns of all rows: use p[torch.arange(B), y].",
        ),
        "multiplied by the number of rows": (
            lambda z, y: (z.softmax(1) - happened(z, y)) * len(y),
            "Each row has only one B-th of a say in the mean: divide.",
        ),
        "the ids themselves subtracted": (
            lambda z, y: (z.softmax(1) - y[:, None]) / len(y),
            "Subtract 1 at the target's place, not the number of the target.",
        ),
        "the loss itself": (
            lambda z, y: -z.log_softmax(1)[range(len(y)), y].mean(),
            "Asked for is the gradient, a table (B, V), not the loss.",
        ),
        "a sigmoid in the place of the softmax": (
            lambda z, y: (z.sigmoid() - happened(z, y)) / len(y),
            "The bets of a row add up to one: softmax, not sigmoid.",
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


def where_it_stops(prices: list[float], patience: int) -> int:
    """Returning the place of giving up, and else the best, as a mistake."""
    best, end = stop(prices, patience)
    return end if end - best == patience else best


def low_of_the_start(prices: list[float], patience: int) -> int:
    """Comparing with the first price for ever, as a mistake."""
    best = bad = 0
    for i, price in enumerate(prices[1:], start=1):
        best, bad = (i, 0) if price < prices[0] else (best, bad + 1)
        if bad == patience:
            break
    return best


def rises_in_a_row(prices: list[float], patience: int) -> int:
    """Counting rises in a row, and going back by as many, as a mistake."""
    bad = 0
    for i in range(1, len(prices)):
        bad = bad + 1 if prices[i] > prices[i - 1] else 0
        if bad == patience:
            return i - patience
    return len(prices) - 1


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
        "the place where it gives up, else the best": (
            where_it_stops,
            "Where you give up, return the best one's index, too.",
        ),
        "a lowest price that is never renewed": (
            low_of_the_start,
            "After a new best compare with it: renew the lowest price as well.",
        ),
        "rises in a row": (
            rises_in_a_row,
            "Compare with the best so far, and remember its index.",
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
