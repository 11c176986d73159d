"""Exercises of chapter 08 on parts and their start: 08.2 to 08.4. torch waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises import (  # noqa: F401 (08.1, 08.5 to 08.9)
    ch08_attention,
    ch08_results,
    ch08_steps,
)

if TYPE_CHECKING:
    from torch import Tensor


def vectors() -> list[tuple]:
    """Vectors (B, T, C), weights (C,), and eps; one trial is tiny, so eps counts."""
    import torch

    draw = torch.Generator().manual_seed(82)
    x = 3 * torch.randn(2, 3, 5, generator=draw) + 1
    weight = torch.randn(5, generator=draw) + 2
    return [(x, weight, 1e-5), (x / 300, weight.flip(0), 1e-3)]


def rms(x: Tensor, eps: float, dims: tuple[int, ...] = (-1,)) -> Tensor:
    """The root of the mean square, over these directions."""
    return (x.pow(2).mean(dims, keepdim=True) + eps).sqrt()


@exercise(
    "08.2",
    "A norm without the mean",
    inputs=vectors,
    close=1e-5,
    short_cuts=dict.fromkeys(
        ("rms_norm", "RMSNorm"), "torch's or ours did the work; try the formula."
    ),
    mistakes={
        "the mean subtracted": (
            lambda x, w, eps: (
                (
                    (x - x.mean(-1, keepdim=True))
                    / rms(x - x.mean(-1, keepdim=True), eps)
                )
                * w
            ),
            "That is the layer norm: RMS leaves the mean where it is.",
        ),
        "divided by the standard deviation": (
            lambda x, w, eps: (
                x / (x.var(-1, keepdim=True, correction=0) + eps).sqrt() * w
            ),
            "The mean square is of x itself, with no mean subtracted.",
        ),
        "the weight forgotten": (
            lambda x, w, eps: x / rms(x, eps),
            "Each channel is multiplied by its weight at the end.",
        ),
        "the weight added": (
            lambda x, w, eps: x / rms(x, eps) + w,
            "Multiply by the weight.",
        ),
        "one plus the weight": (
            lambda x, w, eps: x / rms(x, eps) * (1 + w),
            "That is Gemma's way; here the weight itself multiplies.",
        ),
        "no root": (
            lambda x, w, eps: x / (x.pow(2).mean(-1, keepdim=True) + eps) * w,
            "Divide by the root of the mean square.",
        ),
        "the sum of the squares": (
            lambda x, w, eps: x / (x.pow(2).sum(-1, keepdim=True) + eps).sqrt() * w,
            "The mean of the squares, not their sum: a vector of ones stays as it is.",
        ),
        "divided by the length": (
            lambda x, w, eps: x / x.norm(dim=-1, keepdim=True) * w,
            "The length is the root of the sum; here it is the mean of the squares.",
        ),
        "torch's standard deviation plus eps": (
            lambda x, w, eps: x / (x.std(-1, keepdim=True) + eps) * w,
            "The mean square is of x itself, with no mean subtracted.",
        ),
        "the mean of the sizes": (
            lambda x, w, eps: x / (x.abs().mean(-1, keepdim=True) + eps) * w,
            "Square first, then the mean, then the root.",
        ),
        "eps outside the root": (
            lambda x, w, eps: x / (rms(x, 0.0) + eps) * w,
            "Add eps to the mean square and take the root of the sum.",
        ),
        "eps left out": (
            lambda x, w, eps: x / rms(x, 0.0) * w,
            "Add eps to the mean square: a vector of zeros must not divide by zero.",
        ),
        "over the tokens of a row": (
            lambda x, w, eps: x / rms(x, eps, (1,)) * w,
            "Each token by itself: the channels are the last direction, -1.",
        ),
        "one size for all tokens": (
            lambda x, w, eps: x / rms(x, eps, (0, 1, 2)) * w,
            "Each token has its own mean square: mean(-1, keepdim=True).",
        ),
    },
)
def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Each token's channels to a mean square of 1, times weight: (B, T, C)."""
    return x / rms(x, eps) * weight


def points() -> list[tuple]:
    """Numbers below and above zero."""
    import torch

    return [
        (torch.tensor([-2.0, -0.5, 0.25, 1.5, 3.0]),),
        (torch.tensor([[4.0, -1.0], [0.1, -0.1]]),),
    ]


def bend(
    value: Callable[[Tensor], Tensor], slope: Callable[[Tensor], Tensor]
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """A function and its slope, of which one or both may be wrong."""
    return lambda x: (value(x), slope(x))


def square(x: Tensor) -> Tensor:
    """The square of what is above zero."""
    return x.clamp(min=0) ** 2


@exercise(
    "08.3",
    "A sharper bend",
    inputs=points,
    short_cuts=dict.fromkeys(
        ("backward", "grad", "autograd"), "autograd found the slope; try it by hand."
    ),
    mistakes={
        "the slope of x squared": (
            bend(square, lambda x: 2 * x),
            "Below zero the function is flat: there its slope is 0.",
        ),
        "the square everywhere": (
            bend(lambda x: x**2, lambda x: 2 * x),
            "First ReLU, then the square: below zero it is 0.",
        ),
        "the slope of ReLU": (
            bend(square, lambda x: (x > 0).to(x.dtype)),
            "The chain rule: the square's slope, 2 relu(x), times ReLU's, 0 or 1.",
        ),
        "ReLU after the square": (
            bend(lambda x: x**2, lambda x: 2 * x.clamp(min=0)),
            "A square is never below zero: ReLU comes first.",
        ),
        "a slope that rises on both sides": (
            bend(square, lambda x: 2 * x.abs()),
            "Below zero the function is flat: there its slope is 0.",
        ),
        "a slope without the 2": (
            bend(square, lambda x: x.clamp(min=0)),
            "The slope of a square is twice what is squared.",
        ),
        "a slope of 2": (
            bend(square, lambda x: 2.0 * (x > 0)),
            "The slope of x squared is 2 x: it grows with x.",
        ),
        "the slope squared": (
            bend(square, lambda x: (2 * x.clamp(min=0)) ** 2),
            "The slope is 2 relu(x), without a square.",
        ),
        "ReLU itself": (
            bend(lambda x: x.clamp(min=0), lambda x: (x > 0).to(x.dtype)),
            "Square what ReLU returns.",
        ),
        "ReLU, and the right slope": (
            bend(lambda x: x.clamp(min=0), lambda x: 2 * x.clamp(min=0)),
            "Square what ReLU returns.",
        ),
        "the square with a sign": (
            bend(lambda x: x * x.abs(), lambda x: 2 * x.abs()),
            "Below zero the function is 0.",
        ),
        "the slope first": (
            lambda x: (2 * x.clamp(min=0), square(x)),
            "The values come first, then the slopes.",
        ),
    },
)
def bend_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    """Squared ReLU of x, and its slope at x, both in the shape of x."""
    return square(x), 2 * x.clamp(min=0)


NAMES = [
    "tokens.weight",
    "blocks.0.norm1.weight",
    "blocks.0.attention.direct",
    "blocks.0.attention.qkv.weight",
    "blocks.0.attention.out.weight",
    "blocks.0.norm2.weight",
    "blocks.0.mlp.up.weight",
    "blocks.0.mlp.down.weight",
    "norm.weight",
    "head.weight",
]
ENDS = ("attention.out.weight", "mlp.down.weight")


def moving(name: str, top: tuple[str, ...] = ("tokens", "norm.weight")) -> int:
    """The step at which a parameter first has a gradient."""
    if name.startswith("head"):
        return 1
    return 2 if name.startswith(top) or name.endswith(ENDS) else 3


def steps_by(rule: Callable[[str], int]) -> Callable[[list[str]], list[int]]:
    """A step for each name by a rule."""
    return lambda names: [rule(name) for name in names]


@exercise(
    "08.4",
    "Who moves first?",
    inputs=[
        (NAMES,),
        (["blocks.2.mlp.up.weight", "head.weight", "blocks.1.mlp.down.weight"],),
        (["blocks.1.attention.qkv.weight", "norm.weight", "tokens.weight"],),
    ],
    mistakes={
        "all at once": (
            steps_by(lambda name: 1),
            "Through a matrix of zeros no gradient comes: what is below it must wait.",
        ),
        "what begins at zero moves first": (
            steps_by(
                lambda name: (
                    1
                    if name.startswith("head")
                    or moving(name) == 2
                    and name.endswith(ENDS)
                    else 2
                )
            ),
            "out and down lie below the head, which is zero as well at first.",
        ),
        "two steps": (
            steps_by(lambda name: min(2, moving(name))),
            "In step 2 out and down are still zero, and what is before them waits.",
        ),
        "zeros that move last": (
            steps_by(
                lambda name: 3 if name.startswith("head") or name.endswith(ENDS) else 1
            ),
            "A matrix of zeros has a gradient; what lies below it has none.",
        ),
        "zeros that move one step late": (
            steps_by(
                lambda name: 2 if name.startswith("head") or name.endswith(ENDS) else 1
            ),
            "A matrix of zeros has a gradient; what lies below it has none.",
        ),
        "out and down that wait": (
            steps_by(
                lambda name: (
                    1
                    if name.startswith("head")
                    else 2
                    if "norm" in name or name.startswith("tokens")
                    else 3
                )
            ),
            "The stream reads out and down directly: they move before norm1 and norm2.",
        ),
        "embeddings that wait for the blocks": (
            steps_by(lambda name: moving(name, ("norm.weight",))),
            "The stream runs past the blocks, straight from the head to the tokens.",
        ),
        "a last norm that waits": (
            steps_by(lambda name: moving(name, ("tokens",))),
            "The last norm lies between the head and the stream: it moves in step 2.",
        ),
        "a last norm that moves with the head": (
            steps_by(lambda name: 1 if name == "norm.weight" else moving(name)),
            "The head is zero in step 1, and the norm lies below it.",
        ),
        "tokens that move at once": (
            steps_by(lambda name: 1 if name.startswith("tokens") else moving(name)),
            "Their gradient comes through the head, which is zero in step 1.",
        ),
        "everything but the blocks at once": (
            steps_by(lambda name: max(1, moving(name) - 1)),
            "In step 1 the head is zero, and no gradient passes it.",
        ),
        "norms that move early": (
            steps_by(lambda name: 2 if "norm" in name else moving(name)),
            "norm1 and norm2 lie below out and down, which are zero until step 3.",
        ),
        "steps counted from 0": (
            steps_by(lambda name: moving(name) - 1),
            "The first step is 1.",
        ),
        "tokens last of all": (
            steps_by(lambda name: 4 if name.startswith("tokens") else moving(name)),
            "The stream runs past the blocks, straight from the head to the tokens.",
        ),
    },
)
def first_moves(names: list[str]) -> list[int]:
    """For each name, the first step (1, 2 or 3) in which it has a gradient."""
    return [moving(name) for name in names]
