"""Exercise 12.6, GRPO's loss. Torch is imported where it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


def batches() -> list[tuple]:
    """new, old, ref (B, T), rewards (P, G), counts (B, T), clip and beta."""
    import torch

    draw = torch.Generator().manual_seed(12)
    new, old, ref = -torch.rand(3, 6, 4, generator=draw) * 2
    rewards = torch.tensor([[1.0, 0.0, 0.5], [0.0, 3.0, 3.5]])
    lengths = torch.tensor([4, 2, 3, 1, 4, 3])
    counts = (torch.arange(4) < lengths[:, None]).float()
    near = old + 0.1 * (new - old)
    pay = torch.tensor([[0.0, 2.0], [1.0, 1.0]])
    second = (near[:4], old[:4], ref[:4], pay, counts[:4], 0.05, 0.5)
    return [(new, old, ref, rewards, counts, 0.2, 0.3), second]


def loss_with(**change: Any) -> Any:
    """The loss with one part changed: the right one, or a mistake."""

    def loss(new, old, ref, rewards, counts, clip, beta):  # noqa: ANN001, ANN202
        table = rewards.view(1, -1) if change.get("batch") else rewards
        away = table - table.mean(1, keepdim=True)
        spread = table.std(1, keepdim=True, unbiased=not change.get("biased")) + 1e-4
        away = away if change.get("undivided") else away / spread
        A = (rewards if change.get("raw") else away).flatten()[:, None]
        ratio = (new - old).exp()
        held = ratio.clamp(1 - clip, 1 + clip)
        if change.get("clip") == "none":
            gain = ratio * A
        elif change.get("clip") == "held":
            gain = held * A
        elif change.get("clip") == "larger":
            gain = (ratio * A).maximum(held * A)
        else:
            gain = (ratio * A).minimum(held * A)
        d = new - ref if change.get("turned") else ref - new
        leash = -d if change.get("plain") else d.exp() - 1 - d
        beta = -beta if change.get("drawn in") else beta
        beta = 0.0 if change.get("free") else beta
        token = gain - beta * leash
        if change.get("filling"):
            return -token.mean(1).mean()
        token = token * counts
        if change.get("tokens"):
            return -token.sum() / counts.sum()
        if change.get("sum"):
            return -token.sum(1).mean()
        means = (token.sum(1) / counts.sum(1)).mean()
        return means if change.get("no minus") else -means

    return loss


@exercise(
    "12.6",
    "The loss, from an empty cell",
    inputs=batches,
    close=1e-5,
    mistakes={
        "the minus is missing": (
            loss_with(**{"no minus": True}),
            "Training makes a loss smaller, and the gain is to grow: minus.",
        ),
        "the rewards themselves": (
            loss_with(raw=True),
            "Each reward less its group's mean, divided by the group's deviation.",
        ),
        "one mean for the whole batch": (
            loss_with(batch=True),
            "Mean and deviation are those of each group, a row of the rewards.",
        ),
        "not divided by the deviation": (
            loss_with(undivided=True),
            "Divide by the group's standard deviation plus 0.0001.",
        ),
        "the deviation with G in the place of G - 1": (
            loss_with(biased=True),
            "torch's own std divides by G - 1; leave its settings as they are.",
        ),
        "no clip": (
            loss_with(clip="none"),
            "Hold the ratio, and take the smaller of the two gains.",
        ),
        "only the held gain": (
            loss_with(clip="held"),
            "The way back must stay open: the smaller of the plain and the held gain.",
        ),
        "the larger of the two gains": (
            loss_with(clip="larger"),
            "The smaller gain counts, not the larger one.",
        ),
        "d turned round": (
            loss_with(turned=True),
            "d is ln p of the reference minus ln p now.",
        ),
        "the plain estimate": (
            loss_with(plain=True),
            "The estimate is e to the d, less 1, less d, which is never negative.",
        ),
        "the leash pushes away": (
            loss_with(**{"drawn in": True}),
            "Leaving the reference costs: gain minus beta times the estimate.",
        ),
        "no leash": (
            loss_with(free=True),
            "Beta times the estimate of the divergence is missing.",
        ),
        "the filling counts": (
            loss_with(filling=True),
            "Only the places where counts is 1: multiply, and divide by their number.",
        ),
        "the mean over all tokens": (
            loss_with(tokens=True),
            "First the mean of each answer, then the mean over the answers.",
        ),
        "the sum over an answer's tokens": (
            loss_with(sum=True),
            "Divide each answer's sum by its number of tokens.",
        ),
    },
)
def whole_loss(
    new: Tensor,
    old: Tensor,
    ref: Tensor,
    rewards: Tensor,
    counts: Tensor,
    clip: float,
    beta: float,
) -> Tensor:
    """GRPO's loss of B = P * G answers, one number."""
    return loss_with()(new, old, ref, rewards, counts, clip, beta)
