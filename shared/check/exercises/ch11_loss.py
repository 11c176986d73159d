"""Exercises 11.5 and 11.6: slopes and the loss. Torch comes where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


def margins_to_slope() -> list[tuple]:
    """Margins (B,) and beta."""
    import torch

    return [
        (torch.tensor([0.5, -1.0, 2.0]), 0.1),
        (torch.tensor([0.0, 3.0, -0.3, 0.7]), 0.5),
    ]


def sloped(m: Tensor, beta: float, pull: Callable, parts: float = 0) -> Tensor:
    """Slopes (2, B) of a mean loss whose pull on a pair is `pull(m)`."""
    import torch

    down = -beta * pull(m) / (parts or len(m))
    return torch.stack([down, -down])


@exercise(
    "11.5",
    "Both slopes by hand",
    inputs=margins_to_slope,
    mistakes={
        "the sigmoid of the margin": (
            lambda m, beta: sloped(m, beta, lambda m: m.sigmoid()),
            "The slope of -ln sigma(m) is -sigma(-m): a small margin pulls more.",
        ),
        "beta forgotten": (
            lambda m, beta: sloped(m, 1.0, lambda m: (-m).sigmoid()),
            "A nat of the chosen answer moves the margin by beta: multiply by it.",
        ),
        "not divided by the number of pairs": (
            lambda m, beta: sloped(m, beta, lambda m: (-m).sigmoid(), 1),
            "The loss is the mean over B pairs: each pulls with 1 / B.",
        ),
        "the signs turned round": (
            lambda m, beta: -sloped(m, beta, lambda m: (-m).sigmoid()),
            "More of the chosen answer lowers the loss: its slope is negative.",
        ),
        "the same sign for both": (
            lambda m, beta: (
                -sloped(m, beta, lambda m: (-m).sigmoid())[1:].expand(2, -1)
            ),
            "The rejected answer lowers the margin: its slope has the other sign.",
        ),
        "the slope of the sigmoid": (
            lambda m, beta: sloped(m, beta, lambda m: m.sigmoid() * (-m).sigmoid()),
            "Of -ln sigma: sigma's own slope is divided by sigma once more.",
        ),
        "the loss in the place of its slope": (
            lambda m, beta: sloped(m, beta, lambda m: (1 + (-m).exp()).log()),
            "Not the loss but its slope by m: sigma(-m), with a minus.",
        ),
        "beta inside of the sigmoid": (
            lambda m, beta: sloped(m, beta, lambda m: (-beta * m).sigmoid()),
            "The margin has beta in it already.",
        ),
        "pairs in rows": (
            lambda m, beta: sloped(m, beta, lambda m: (-m).sigmoid()).T,
            "Shape (2, B): the chosen answers' slopes in row 0.",
        ),
    },
    short_cuts={"backward": "autograd did the work; the formula is one line.",
                "grad": "autograd did the work; the formula is one line."},
)  # fmt: skip
def slopes(margins: Tensor, beta: float) -> Tensor:
    """Slopes (2, B) of the mean loss by log p of the chosen and rejected answers."""
    return sloped(margins, beta, lambda m: (-m).sigmoid())


Side = tuple[Any, Any]


def two_sides() -> list[tuple]:
    """A seed, the vocabulary, inputs and targets (B, T) of both sides, and beta."""
    import torch

    draw = torch.Generator().manual_seed(2)
    trials = []
    for seed, (B, T, V, beta) in enumerate([(3, 6, 5, 0.5), (2, 7, 8, 2.0)]):
        sides = []
        for start, end in [(2, T), (3, T - 1)]:
            inputs, targets = torch.randint(V, (2, B, T), generator=draw)
            targets[:, :start], targets[:, end:] = -100, -100
            sides.append((inputs, targets))
        trials.append((seed, V, *sides, beta))
    return trials


def learned(
    dpo: Callable, seed: int, V: int, chosen: Side, rejected: Side, beta: float
) -> dict[str, Any]:
    """The loss and the gradients of model and reference, both tables of logits."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    model, reference = nn.Embedding(V, V), nn.Embedding(V, V)
    loss = dpo(model, reference, chosen, rejected, beta)
    loss.backward()
    touched = reference.weight.grad
    still = touched is None or not touched.any()
    return {
        "loss": loss.detach(),
        "gradient of the model": model.weight.grad,
        "the reference has no gradient": still,
    }


def whole(slip: str = "") -> Callable:
    """DPO's loss from two models and two sides, right or with one slip in it."""

    def dpo(
        model: Any, reference: Any, chosen: Side, rejected: Side, beta: float
    ) -> Tensor:
        import torch
        from torch.nn import functional as F

        def log_p(net: Any, side: Side) -> Tensor:
            inputs, targets = side
            table = net(inputs).log_softmax(1 if slip == "axis" else -1)
            table = net(inputs) if slip == "logits" else table
            found = table.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
            counts = targets != -100
            if slip != "unmasked":
                found = found * counts
            total = found.sum() if slip == "one answer" else found.sum(1)
            return total / counts.sum(1) if slip == "mean of tokens" else total

        with torch.set_grad_enabled(slip == "reference learns"):
            old = [log_p(reference, side) for side in (chosen, rejected)]
        if slip == "moving":
            old = [log_p(model, side).detach() for side in (chosen, rejected)]
        if slip == "no reference":
            old = [torch.zeros(())] * 2
        now = [log_p(model, side) for side in (chosen, rejected)]
        up, down = (a - b for a, b in zip(now, old, strict=True))
        if slip == "exchanged":
            up, down = down, up
        m = (up - down) * (1 if slip == "no beta" else beta)
        if slip == "beta once":
            m = beta * up - down
        if slip == "no logarithm":
            return -m.sigmoid().mean()
        if slip == "sign":
            return F.logsigmoid(m).mean()
        if slip == "the margin":
            return -m.mean()
        loss = -F.logsigmoid(m.mean() if slip == "mean inside" else m)
        return loss.sum() if slip == "sum" else loss.mean()

    return dpo


SLIPS = {
    "logits": (
        "logits in the place of log-probabilities",
        "log_softmax over the vocabulary comes before gather.",
    ),
    "axis": (
        "the softmax over the places",
        "The probabilities of one place add up to one: log_softmax(-1).",
    ),
    "unmasked": (
        "the prompt counted as token 0",
        "Where the target is -100 nothing counts: multiply by (targets != -100).",
    ),
    "mean of tokens": (
        "means over the tokens",
        "An answer's log-probability is the sum over its tokens.",
    ),
    "one answer": (
        "all answers as one",
        "Add up along direction 1 alone: one log-probability for each answer.",
    ),
    "moving": (
        "a reference that is the model itself",
        "The second model is the reference: ask it, not the first one.",
    ),
    "no reference": (
        "without the reference",
        "Subtract what the reference gives to the same answers.",
    ),
    "reference learns": (
        "a reference that learns, too",
        "Ask the reference under torch.no_grad(): it is frozen.",
    ),
    "exchanged": (
        "chosen and rejected exchanged",
        "The margin is the chosen answer's gain less the rejected one's.",
    ),
    "no beta": ("beta forgotten", "The margin is beta times the difference of gains."),
    "beta once": (
        "beta on one gain alone",
        "Beta multiplies the whole difference.",
    ),
    "no logarithm": (
        "the probability in the place of its logarithm",
        "The loss is -ln sigma(m): F.logsigmoid.",
    ),
    "sign": ("the minus forgotten", "The loss is minus the log-probability."),
    "the margin": (
        "the margin without its sigmoid",
        "-ln sigma(m) stops pulling where the order is right; -m never does.",
    ),
    "mean inside": (
        "the mean inside of the sigmoid",
        "First each pair's loss, then the mean over the pairs.",
    ),
    "sum": ("the sum over the pairs", "The loss is the mean over the pairs."),
}


@exercise(
    "11.6",
    "DPO, from an empty cell",
    inputs=two_sides,
    close=1e-5,
    use=learned,
    mistakes={name: (whole(slip), do) for slip, (name, do) in SLIPS.items()},
)
def dpo(
    model: Any, reference: Any, chosen: Side, rejected: Side, beta: float
) -> Tensor:
    """DPO's mean loss; each side is inputs and targets, (B, T)."""
    return whole()(model, reference, chosen, rejected, beta)
