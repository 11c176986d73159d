"""Exercises of chapter 07 on prices and batches: 07.1 and 07.2. torch waits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises import (  # noqa: F401 (07.3 to 07.12)
    ch07_beyond,
    ch07_run,
    ch07_steps,
    ch07_writing,
)

if TYPE_CHECKING:
    from torch import Tensor


def filled_rows() -> list[tuple]:
    """Logits (B, T, V) and targets (B, T), with rows of very different lengths."""
    import torch

    draw = torch.Generator().manual_seed(6)
    first = torch.randn(2, 4, 5, generator=draw)
    second = 3 * torch.randn(3, 3, 4, generator=draw)
    return [
        (first, torch.tensor([[2, 4, 0, 1], [3, -100, -100, -100]])),
        (second, torch.tensor([[0, 3, -100], [1, 2, 3], [3, -100, -100]])),
    ]


def place_prices(logits: Tensor, targets: Tensor, dim: int = -1) -> Tensor:
    """Nats at every place, (B, T); where the target is filling, those of token 0."""
    chosen = targets.clamp(min=0)[..., None]  # (B, T, 1)
    return -logits.log_softmax(dim).gather(-1, chosen)[..., 0]


def counting(logits: Tensor, targets: Tensor, dim: int = -1) -> Tensor:
    """The prices of the places that count, in one row."""
    from shared.data.rows import IGNORE

    return place_prices(logits, targets, dim)[targets != IGNORE]


def with_perplexity(loss: Tensor) -> tuple[float, float]:
    """A loss and the perplexity that goes with it."""
    return loss.item(), math.exp(loss)


def raw_scores(logits: Tensor, targets: Tensor) -> Tensor:
    """Minus the logits of the targets that count, as a mistake."""
    from shared.data.rows import IGNORE

    chosen = logits.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return -chosen[targets != IGNORE]


def mean_of_rows(logits: Tensor, targets: Tensor) -> tuple[float, float]:
    """Every row weighing the same, as a mistake."""
    rows = zip(logits, targets, strict=True)
    means = [counting(x[None], y[None]).mean() for x, y in rows]
    return with_perplexity(sum(means) / len(means))


@exercise(
    "07.1",
    "A price with filling",
    inputs=filled_rows,
    close=1e-5,
    short_cuts=dict.fromkeys(
        ("cross_entropy", "CrossEntropyLoss", "nll_loss", "NLLLoss"),
        "torch's own loss did the work; try it once with log_softmax.",
    ),
    mistakes={
        "filling that counts, as token 0": (
            lambda z, y: with_perplexity(place_prices(z, y).mean()),
            "Choose the places where targets != IGNORE, and price these alone.",
        ),
        "dividing by all places": (
            lambda z, y: with_perplexity(counting(z, y).sum() / y.numel()),
            "The mean is over the places that count: divide by their number.",
        ),
        "the mean of the rows' means": (
            mean_of_rows,
            "Every place weighs the same, whatever its row: one mean over all of them.",
        ),
        "a sum in the place of the mean": (
            lambda z, y: with_perplexity(counting(z, y).sum()),
            "The loss is the mean over the places that count.",
        ),
        "the logarithm of the mean": (
            lambda z, y: with_perplexity(-counting(z, y).neg().exp().mean().log()),
            "First the logarithm of each probability, then the mean.",
        ),
        "the sign left out": (
            lambda z, y: with_perplexity(-counting(z, y).mean()),
            "A price is minus the logarithm of the probability.",
        ),
        "no softmax": (
            lambda z, y: with_perplexity(raw_scores(z, y).mean()),
            "Logits are no log-probabilities yet: log_softmax(-1) first.",
        ),
        "two to the loss": (
            lambda z, y: (
                counting(z, y).mean().item(),
                2 ** counting(z, y).mean().item(),
            ),
            "The loss is in nats, so the perplexity is e to the loss.",
        ),
        "a logarithm to base 2": (
            lambda z, y: (
                counting(z, y).mean().item() / math.log(2),
                math.exp(counting(z, y).mean()),
            ),
            "The loss is in nats: take the natural logarithm.",
        ),
        "the mean of the exponentials": (
            lambda z, y: (
                counting(z, y).mean().item(),
                counting(z, y).exp().mean().item(),
            ),
            "First the mean of the prices, then the exponential of that one number.",
        ),
        "the exponential forgotten": (
            lambda z, y: (counting(z, y).mean().item(),) * 2,
            "The perplexity is e to the loss.",
        ),
        "the softmax over the places": (
            lambda z, y: with_perplexity(counting(z, y, 1).mean()),
            "The bets of one place make one: softmax over the last direction, V.",
        ),
    },
)
def filled_price(logits: Tensor, targets: Tensor) -> tuple[float, float]:
    """Loss in nats per counted target, and perplexity; logits (B, T, V)."""
    return with_perplexity(counting(logits, targets).mean())


def parts_of_batches() -> list[tuple]:
    """Gradients of the parts' mean losses, and how many targets each part counts."""
    import torch

    draw = torch.Generator().manual_seed(17)
    two = [torch.randn(2, 3, generator=draw) for _ in range(2)]
    return [
        (two, [30, 10]),
        ([torch.randn(4, generator=draw) for _ in range(3)], [5, 20, 8]),
        ([torch.ones(2), -torch.ones(2)], [1, 7]),
    ]


def weighted(
    gradients: list[Tensor], weights: list[float], divisor: float | None = None
) -> Tensor:
    """The gradients added up with weights, and divided."""
    total = sum(g * w for g, w in zip(gradients, weights, strict=True))
    return total / (sum(weights) if divisor is None else divisor)


@exercise(
    "07.2",
    "Fair parts",
    inputs=parts_of_batches,
    close=1e-5,
    mistakes={
        "the mean of the gradients": (
            lambda gradients, counts: sum(gradients) / len(gradients),
            "A part with few targets weighs less: times its count, over all counts.",
        ),
        "the gradients added up": (
            lambda gradients, counts: sum(gradients),
            "Each is the gradient of a mean: weigh it by its share of the targets.",
        ),
        "not divided": (
            lambda gradients, counts: weighted(gradients, counts, 1),
            "Divide by the number of all targets: the loss is a mean.",
        ),
        "divided by the number of parts": (
            lambda gradients, counts: weighted(gradients, counts, len(counts)),
            "Divide by the number of all targets, not of parts.",
        ),
        "each divided by its own count": (
            lambda gradients, counts: weighted(gradients, [1 / n for n in counts], 1),
            "They are means already: multiply by the part's count, divide by all.",
        ),
        "weights the wrong way round": (
            lambda gradients, counts: weighted(gradients, [1 / n for n in counts]),
            "The part with more targets weighs more.",
        ),
        "the last part alone": (
            lambda gradients, counts: gradients[-1],
            "Every part adds to the gradient.",
        ),
    },
)
def whole_gradient(gradients: list[Tensor], counts: list[int]) -> Tensor:
    """Gradient of the batch's mean loss, from those of its parts' mean losses."""
    return weighted(gradients, counts)
