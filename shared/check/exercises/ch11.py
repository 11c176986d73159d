"""Exercises of chapter 11. Torch is imported where it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.check.asking import exercise

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
        "without the reference": (
            lambda c, r, c0, r0, beta: beta * (c - r),
            "What counts is the change: subtract the reference's log-probability.",
        ),
        "the reference added": (
            lambda c, r, c0, r0, beta: beta * ((c + c0) - (r + r0)),
            "ln of a quotient is a difference: now minus the reference.",
        ),
        "the mean over the pairs": (
            lambda c, r, c0, r0, beta: (beta * ((c - c0) - (r - r0))).mean(),
            "One margin for each pair: the mean comes later, over the losses.",
        ),
        "divided by beta": (
            lambda c, r, c0, r0, beta: ((c - c0) - (r - r0)) / beta,
            "Step 3 of the chapter has beta as a factor.",
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


def some_margins() -> list[tuple]:
    """Margins (B,) of two batches."""
    import torch

    return [(torch.tensor([0.4, -1.5, 2.0]),), (torch.tensor([-0.3, 0.1]),)]


@exercise(
    "11.2",
    "From margins to the loss",
    inputs=some_margins,
    mistakes={
        "the minus is missing": (
            lambda m: m.sigmoid().log().mean(),
            "A loss falls as the pairs are better told apart: mind the minus.",
        ),
        "the sum over the pairs": (
            lambda m: -m.sigmoid().log().sum(),
            "The mean over the pairs, so that the batch's size does not matter.",
        ),
        "the logarithm of the mean": (
            lambda m: -m.sigmoid().mean().log(),
            "Take each pair's logarithm first, the mean afterwards.",
        ),
        "the margin turned round": (
            lambda m: -(-m).sigmoid().log().mean(),
            "A large margin must be cheap: sigma of m, not of minus m.",
        ),
        "no logarithm": (
            lambda m: -m.sigmoid().mean(),
            "The loss is the negative logarithm of the probability.",
        ),
        "one loss for each pair": (
            lambda m: -m.sigmoid().log(),
            "One number for the batch: the mean is missing.",
        ),
    },
)
def loss_of(margins: Tensor) -> Tensor:
    """DPO's loss of a batch of margins (B,), one number."""
    return -margins.sigmoid().log().mean()


def logprobs_and_targets() -> list[tuple]:
    """Log-probabilities (B, T, V), and targets (B, T) with -100 where none counts."""
    import torch

    draw = torch.Generator().manual_seed(4)
    bets = torch.randn(2, 5, 3, generator=draw).log_softmax(-1)
    ids = torch.tensor([[-100, -100, 2, 0, -100], [-100, 1, 1, 2, 0]])
    return [(bets, ids), (bets[:, :3].flip(0), ids[:, 1:4])]


def picked(logprobs: Tensor, targets: Tensor) -> Tensor:
    """log p of each target, (B, T); that of id 0 where none counts."""
    return logprobs.gather(-1, targets.clamp(min=0)[..., None])[..., 0]


@exercise(
    "11.3",
    "Only the answer counts",
    inputs=logprobs_and_targets,
    mistakes={
        "all places count": (
            lambda bets, ids: picked(bets, ids).sum(1),
            "Where the target is -100, nothing counts.",
        ),
        "the mean over the answer": (
            lambda bets, ids: (
                (picked(bets, ids) * (ids != -100)).sum(1) / (ids != -100).sum(1)
            ),
            "The log-probability of the whole answer is a sum.",
        ),
        "probabilities": (
            lambda bets, ids: (picked(bets, ids) * (ids != -100)).sum(1).exp(),
            "Stay with logarithms: the sum itself is asked for.",
        ),
        "one number for the batch": (
            lambda bets, ids: (picked(bets, ids) * (ids != -100)).sum(),
            "One number for each row: sum along direction 1.",
        ),
        "summed over the rows": (
            lambda bets, ids: (picked(bets, ids) * (ids != -100)).sum(0),
            "Sum over the places, direction 1, not over the rows.",
        ),
        "the sign turned round": (
            lambda bets, ids: -(picked(bets, ids) * (ids != -100)).sum(1),
            "log p of a probability below one is negative; no minus here.",
        ),
    },
)
def answers_logprob(logprobs: Tensor, targets: Tensor) -> Tensor:
    """The log-probability of each row's answer, (B,)."""
    return (picked(logprobs, targets) * (targets != -100)).sum(1)
