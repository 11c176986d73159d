"""Exercises of chapter 12. Torch is imported where it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises import ch12_always, ch12_loss  # noqa: F401 (12.5, 12.6)

if TYPE_CHECKING:
    from torch import Tensor


def answers_and_pay() -> list[tuple]:
    """Probabilities (N,) and rewards (N,)."""
    import torch

    first = torch.tensor([0.5, 0.2, 0.3]), torch.tensor([0.0, 1.0, 3.0])
    second = torch.tensor([0.1, 0.4, 0.2, 0.3]), torch.tensor([2.0, -1.0, 0.5, 7.0])
    return [first, second]


@exercise(
    "12.1",
    "The slopes of the expected reward",
    inputs=answers_and_pay,
    short_cuts=dict.fromkeys(
        ("backward", "grad", "autograd"), "autograd did the work; try the formula."
    ),
    mistakes={
        "the mean is not subtracted": (
            lambda p, r: p * r,
            "Every logit also loses: take off probability times expected reward.",
        ),
        "not weighted by the probabilities": (
            lambda p, r: r - (p * r).sum(),
            "An answer pulls as often as it is drawn: multiply by its probability.",
        ),
        "the plain mean of the rewards": (
            lambda p, r: p * (r - r.mean()),
            "The expected reward weighs each reward with its probability.",
        ),
        "the answer's own logit alone": (
            lambda p, r: p * r * (1 - p),
            "The other answers move this logit too, each by minus its probability.",
        ),
        "the sign turned round": (
            lambda p, r: p * ((p * r).sum() - r),
            "What is paid above the mean must rise.",
        ),
        "the slopes by the probabilities": (
            lambda p, r: r,
            "The slopes by the logits are asked for, through the softmax.",
        ),
    },
)
def slopes(probs: Tensor, rewards: Tensor) -> Tensor:
    """Slopes of the expected reward by the logits, (N,)."""
    return probs * (rewards - (probs * rewards).sum())


def long_lists() -> list[tuple]:
    """Rewards in one long list (P * G,), and the size of the groups."""
    import torch

    first = torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    second = torch.tensor([2.0, 0.0, 1.0, 5.0, 5.0, 5.0, -1.0, 0.5, 0.0])
    return [(first, 4), (second, 3)]


def advantages(rewards: Tensor, group: int, unbiased: bool = True) -> Tensor:
    """Each reward's distance from its group's mean, in deviations of its group."""
    table = rewards.view(-1, group)  # (P, G)
    away = table - table.mean(1, keepdim=True)
    spread = table.std(1, keepdim=True, unbiased=unbiased)
    return (away / (spread + 1e-4)).flatten()


def from_mean(rewards: Tensor, group: int) -> Tensor:
    """The distance from the group's mean, not divided; a mistake."""
    table = rewards.view(-1, group)
    return (table - table.mean(1, keepdim=True)).flatten()


def across(rewards: Tensor, group: int) -> Tensor:
    """Groups made of answers that lie far apart in the list; a mistake."""
    table = rewards.view(group, -1)
    away = table - table.mean(0, keepdim=True)
    return (away / (table.std(0, keepdim=True) + 1e-4)).flatten()


@exercise(
    "12.2",
    "Better than the group",
    inputs=long_lists,
    close=1e-4,
    mistakes={
        "the whole batch as one group": (
            lambda r, group: (r - r.mean()) / (r.std() + 1e-4),
            "Mean and deviation are those of the group: an easy prompt is no merit.",
        ),
        "the deviation of the whole batch": (
            lambda r, group: from_mean(r, group) / (r.std() + 1e-4),
            "The mean is the group's; the deviation must be the group's, too.",
        ),
        "not divided by the deviation": (
            from_mean,
            "Divide by the group's standard deviation (plus 0.0001).",
        ),
        "divided by the variance": (
            lambda r, group: (
                from_mean(r, group)
                / (r.view(-1, group).var(1, keepdim=True) + 1e-4)
                .expand(-1, group)
                .flatten()
            ),
            "The standard deviation is the root of the variance.",
        ),
        "the deviation with G in the place of G - 1": (
            lambda r, group: advantages(r, group, unbiased=False),
            "torch's own std divides by G - 1; leave its settings as they are.",
        ),
        "groups across the list": (
            across,
            "The answers to one prompt stand side by side: view(-1, group), along 1.",
        ),
    },
)
def better(rewards: Tensor, group: int) -> Tensor:
    """Advantages (P * G,) of rewards in one list, groups side by side."""
    return advantages(rewards, group)


def ratios() -> list[tuple]:
    """Ratios (B, T), advantages (B,), and clip."""
    import torch

    ratio = torch.tensor([[0.5, 0.9, 1.0, 1.1, 1.6], [0.5, 0.9, 1.0, 1.1, 1.6]])
    return [
        (ratio, torch.tensor([2.0, -1.0]), 0.2),
        (ratio[:, :4], torch.tensor([-0.5, 0.5]), 0.05),
    ]


@exercise(
    "12.3",
    "No further",
    inputs=ratios,
    mistakes={
        "the larger of the two": (
            lambda ratio, a, clip: (ratio * a[:, None]).maximum(
                ratio.clamp(1 - clip, 1 + clip) * a[:, None]
            ),
            "Take the smaller gain: the promise that is safe.",
        ),
        "only the clipped gain": (
            lambda ratio, a, clip: ratio.clamp(1 - clip, 1 + clip) * a[:, None],
            "The way back must stay open: the minimum of the plain and the held gain.",
        ),
        "no clip at all": (
            lambda ratio, a, clip: ratio * a[:, None],
            "Hold the ratio between 1 - clip and 1 + clip, and take the minimum.",
        ),
        "clipped on one side only": (
            lambda ratio, a, clip: (ratio * a[:, None]).minimum(
                ratio.clamp(max=1 + clip) * a[:, None]
            ),
            "A blamed token is held as well: at 1 - clip.",
        ),
        "the gain clipped, not the ratio": (
            lambda ratio, a, clip: (ratio * a[:, None]).clamp(1 - clip, 1 + clip),
            "Hold the ratio first, and multiply by the advantage afterwards.",
        ),
        "the smaller ratio": (
            lambda ratio, a, clip: (
                ratio.minimum(ratio.clamp(1 - clip, 1 + clip)) * a[:, None]
            ),
            "Compare the gains, not the ratios: a negative advantage turns the order.",
        ),
    },
)
def clipped_gain(ratio: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """GRPO's gain of each token, (B, T), before the divergence."""
    gain = ratio * advantages[:, None]
    return gain.minimum(ratio.clamp(1 - clip, 1 + clip) * advantages[:, None])


def two_models() -> list[tuple]:
    """Logits (B, T, V) of the model and of the reference, and what counts (B, T)."""
    import torch

    draw = torch.Generator().manual_seed(9)
    new, ref = torch.randn(2, 3, 4, 6, generator=draw).unbind(0)
    counts = torch.tensor([[0, 1, 1, 1], [0, 0, 1, 0], [1, 1, 0, 0]]).bool()
    return [(new, ref, counts), (2 * ref[:2], new[:2], counts[:2])]


def per_place(new: Tensor, ref: Tensor) -> Tensor:
    """KL(new, ref) at each place, (B, T), of logits (B, T, V)."""
    p, q = new.log_softmax(-1), ref.log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1)


@exercise(
    "12.4",
    "The exact price of leaving",
    inputs=two_models,
    close=1e-5,
    mistakes={
        "the two models exchanged": (
            lambda new, ref, counts: per_place(ref, new)[counts].mean(),
            "The model that draws stands first: its probabilities weigh the sum.",
        ),
        "the mean over all places": (
            lambda new, ref, counts: per_place(new, ref).mean(),
            "Only the places that count, those of the answers' tokens.",
        ),
        "the sum over the places": (
            lambda new, ref, counts: per_place(new, ref)[counts].sum(),
            "Nats per token: divide by the number of places that count.",
        ),
        "a mean of means": (
            lambda new, ref, counts: (
                (per_place(new, ref) * counts).sum(1) / counts.sum(1)
            ).mean(),
            "All places that count weigh the same here, whichever row they stand in.",
        ),
        "logits in the place of log-probabilities": (
            lambda new, ref, counts: (
                (new.softmax(-1) * (new - ref)).sum(-1)[counts].mean()
            ),
            "Logits are bets only after log_softmax over the last direction.",
        ),
        "not weighted by the model's bets": (
            lambda new, ref, counts: (
                (new.log_softmax(-1) - ref.log_softmax(-1)).mean(-1)[counts].mean()
            ),
            "The mean is over what the model draws: weigh each token by its bet.",
        ),
    },
)
def exact_divergence(new: Tensor, ref: Tensor, counts: Tensor) -> Tensor:
    """Mean of KL(model, reference) over the places that count, nats per token."""
    return per_place(new, ref)[counts].mean()
