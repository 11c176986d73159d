"""Exercises of chapter 11. Torch is imported where it is needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises import ch11_answers, ch11_loss  # noqa: F401 (11.3 on)

if TYPE_CHECKING:
    from torch import Tensor


def four_logprobs() -> list[tuple]:
    """Log-probabilities (B,): chosen, rejected, both by the reference; and beta."""
    import torch

    chosen, rejected = (
        torch.tensor([-3.0, -8.0, -2.0]),
        torch.tensor([-5.0, -4.0, -9.0]),
    )
    before = torch.tensor([-4.5, -7.0, -2.5]), torch.tensor([-4.0, -6.5, -7.0])
    return [(chosen, rejected, *before, 0.1), (rejected, chosen, *before, 0.5)]


@exercise(
    "11.1",
    "A margin for each pair",
    inputs=four_logprobs,
    mistakes={
        "the sign turned round": (
            lambda c, r, c0, r0, beta: beta * ((r - r0) - (c - c0)),
            "What the chosen answer has gained comes first: chosen minus rejected.",
        ),
        "beta outside": (
            lambda c, r, c0, r0, beta: beta * (c - c0) - (r - r0),
            "Beta multiplies the whole difference, not its first part alone.",
        ),
        "beta forgotten": (
            lambda c, r, c0, r0, beta: (c - c0) - (r - r0),
            "Multiply the difference of the two gains by beta.",
        ),
        "without the reference": (
            lambda c, r, c0, r0, beta: beta * (c - r),
            "What counts is the change: subtract the reference's log-probability.",
        ),
        "the reference added": (
            lambda c, r, c0, r0, beta: beta * ((c + c0) - (r + r0)),
            "ln of a quotient is a difference: now minus the reference.",
        ),
        "the two gains added": (
            lambda c, r, c0, r0, beta: beta * ((c - c0) + (r - r0)),
            "The rejected answer's gain counts against the chosen one's: subtract it.",
        ),
        "quotients of the logarithms": (
            lambda c, r, c0, r0, beta: beta * (c / c0 - r / r0),
            "These are logarithms already: ln of a quotient is their difference.",
        ),
        "the mean over the pairs": (
            lambda c, r, c0, r0, beta: (beta * ((c - c0) - (r - r0))).mean(),
            "One margin for each pair: the mean comes later, over the losses.",
        ),
        "divided by beta": (
            lambda c, r, c0, r0, beta: ((c - c0) - (r - r0)) / beta,
            "Step 3 of the chapter has beta as a factor.",
        ),
        "the loss already": (
            lambda c, r, c0, r0, beta: (
                1 + (-beta * ((c - c0) - (r - r0))).exp()
            ).log(),
            "Stop before the sigmoid: the margin itself is asked for.",
        ),
    },
)
def margin(
    chosen: Tensor,
    rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """DPO's margin of each pair, (B,)."""
    return beta * ((chosen - ref_chosen) - (rejected - ref_rejected))


def nats(p: list[float], q: list[float], weigh: Callable, of: Callable) -> float:
    """A sum over the answers with p above 0, weighed and counted as a slip has it."""
    return sum(weigh(a, b) * of(a, b) for a, b in zip(p, q, strict=True) if a > 0)


def kl(p: list[float], q: list[float], log: Callable = math.log) -> float:
    """KL(p, q), with any logarithm."""
    return nats(p, q, lambda a, _: a, lambda a, b: log(a / b))


@exercise(
    "11.2",
    "How far from the reference?",
    inputs=[
        ([0.8, 0.2], [0.4, 0.6]),
        ([0.1, 0.6, 0.3], [0.3, 0.2, 0.5]),
        ([0.0, 0.25, 0.75], [0.2, 0.5, 0.3]),
    ],
    mistakes={
        "the two models exchanged": (
            lambda p, q: nats(p, q, lambda _, b: b, lambda a, b: math.log(b / a)),
            "The new model weighs, and stands above the line: p ln(p / q).",
        ),
        "weighed by the reference": (
            lambda p, q: nats(p, q, lambda _, b: b, lambda a, b: math.log(a / b)),
            "The mean is over what the new model says: weigh with p.",
        ),
        "the quotient turned over": (
            lambda p, q: -kl(p, q),
            "How many nats more likely the new model makes it: ln(p / q).",
        ),
        "not weighed": (
            lambda p, q: nats(p, q, lambda *_: 1, lambda a, b: math.log(a / b)),
            "An expectation: each answer counts as much as the new model says it.",
        ),
        "the plain mean over the answers": (
            lambda p, q: (
                nats(p, q, lambda *_: 1, lambda a, b: math.log(a / b)) / len(p)
            ),
            "Weigh each answer with p instead of dividing by their number.",
        ),
        "divided by the number of answers": (
            lambda p, q: kl(p, q) / len(p),
            "The weights p add up to one already: do not divide once more.",
        ),
        "in bits": (
            lambda p, q: kl(p, q, math.log2),
            "Nats are counted with math.log, the natural logarithm.",
        ),
        "in decimal digits": (
            lambda p, q: kl(p, q, math.log10),
            "Nats are counted with math.log, the natural logarithm.",
        ),
        "only the cross-entropy": (
            lambda p, q: nats(p, q, lambda a, _: a, lambda _, b: -math.log(b)),
            "Nats more than before: p's own logarithm belongs in it, too.",
        ),
        "only the entropy": (
            lambda p, q: nats(p, q, lambda a, _: a, lambda a, _: -math.log(a)),
            "It compares two models: q must come in.",
        ),
        "differences of the probabilities": (
            lambda p, q: nats(p, q, lambda a, _: a, lambda a, b: a - b),
            "The logarithm of the quotient, not the difference of p and q.",
        ),
        "no logarithm": (
            lambda p, q: nats(p, q, lambda a, _: a, lambda a, b: a / b),
            "Take the logarithm of each quotient before you weigh it.",
        ),
        "without signs": (
            lambda p, q: nats(p, q, lambda a, _: a, lambda a, b: abs(math.log(a / b))),
            "Answers that became rarer count with a minus: leave the signs.",
        ),
    },
)
def how_far(p: list[float], q: list[float]) -> float:
    """KL(p, q) in nats, of the new model's probabilities p and the reference's q."""
    return kl(p, q)
