"""Exercises of chapter 06 on parts of a block: 06.1, 06.2, 06.4. torch waits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises import (  # noqa: F401 (06.3, 06.5 to 06.9)
    ch06_model,
    ch06_parameters,
)

if TYPE_CHECKING:
    from torch import Tensor


def vectors() -> list[tuple]:
    """Vectors (B, T, C) of everyday size, and tiny ones at which eps counts."""
    import torch

    draw = torch.Generator().manual_seed(5)
    x = 3 * torch.randn(2, 3, 4, generator=draw) + 2
    return [(x, 1e-5), (x / 300, 1e-3)]


def mean_and_variance(x: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Mean and biased variance along one direction, which is kept with length 1."""
    return x.mean(dim, keepdim=True), x.var(dim, keepdim=True, unbiased=False)


def normed_along(x: Tensor, eps: float, dim: int) -> Tensor:
    """The norm along the direction `dim`."""
    mean, variance = mean_and_variance(x, dim)
    return (x - mean) / (variance + eps).sqrt()


def with_eps_outside(x: Tensor, eps: float) -> Tensor:
    """The norm with eps added to the root, as a mistake."""
    mean, variance = mean_and_variance(x, -1)
    return (x - mean) / (variance.sqrt() + eps)


def with_no_root(x: Tensor, eps: float) -> Tensor:
    """The norm without the root, as a mistake."""
    mean, variance = mean_and_variance(x, -1)
    return (x - mean) / (variance + eps)


def with_sample_variance(x: Tensor, eps: float) -> Tensor:
    """The norm with the variance divided by C - 1, as a mistake."""
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / (x.var(-1, keepdim=True) + eps).sqrt()


def with_the_mean_left(x: Tensor, eps: float) -> Tensor:
    """The norm without subtracting the mean, as a mistake."""
    return x / (mean_and_variance(x, -1)[1] + eps).sqrt()


@exercise(
    "06.1",
    "A norm by hand",
    inputs=vectors,
    close=1e-5,
    short_cuts=dict.fromkeys(
        ("layer_norm", "LayerNorm"), "torch's layer norm did the work; try the formula."
    ),
    mistakes={
        "the variance divided by C - 1": (
            with_sample_variance,
            "These are all channels there are: use x.var(..., unbiased=False).",
        ),
        "eps outside the root": (
            with_eps_outside,
            "Add eps to the variance and take the root of the sum.",
        ),
        "torch's standard deviation plus eps": (
            lambda x, eps: (
                (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps)
            ),
            "Divide by the root of variance + eps, and the variance divides by C.",
        ),
        "divided by the length": (
            lambda x, eps: (
                (d := x - x.mean(-1, keepdim=True)) / d.norm(dim=-1, keepdim=True)
            ),
            "Divide by the root of the mean square, not by that of the sum.",
        ),
        "no root": (
            with_no_root,
            "Divide by the root of the variance: the variance is in squared units.",
        ),
        "the mean left in": (
            with_the_mean_left,
            "Subtract each token's mean before you divide.",
        ),
        "over the tokens of a row": (
            lambda x, eps: normed_along(x, eps, 1),
            "Each token by itself: the channels are the last direction, -1.",
        ),
        "over the batch": (
            lambda x, eps: normed_along(x, eps, 0),
            "Each token by itself: the channels are the last direction, -1.",
        ),
        "one mean for all tokens of a row": (
            lambda x, eps: (
                (x - x.mean((1, 2), keepdim=True))
                / (x.var((1, 2), keepdim=True, unbiased=False) + eps).sqrt()
            ),
            "Each token has its own mean and variance: take them over -1 alone.",
        ),
        "one mean for everything": (
            lambda x, eps: (x - x.mean()) / (x.var(unbiased=False) + eps).sqrt(),
            "Each token has its own mean and variance: dim=-1, keepdim=True.",
        ),
        "the mean of the squares": (
            lambda x, eps: (
                (x - x.mean(-1, keepdim=True))
                / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt()
            ),
            "The variance is the mean square of x - mean, not of x.",
        ),
        "multiplied by the root": (
            lambda x, eps: (
                (x - mean_and_variance(x, -1)[0])
                * (mean_and_variance(x, -1)[1] + eps).sqrt()
            ),
            "Divide by the root: large vectors must become small.",
        ),
        "eps left out": (
            lambda x, eps: normed_along(x, 0.0, -1),
            "Add eps to the variance: without it, equal channels divide 0 by 0.",
        ),
    },
)
def normalise(x: Tensor, eps: float) -> Tensor:
    """Each token's channels to mean 0 and variance 1: (B, T, C) -> (B, T, C)."""
    return normed_along(x, eps, -1)


Part = Callable[["Tensor"], "Tensor"]


def work_trials() -> list[tuple]:
    """Tokens (B, T, C), matrices (C, 4C) and (4C, C), and their biases."""
    import torch

    draw = torch.Generator().manual_seed(11)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw)

    first = drawn(2, 3, 4), drawn(4, 16) / 2, drawn(16), drawn(16, 4) / 4, drawn(4)
    second = drawn(1, 5, 3), drawn(3, 12), drawn(12), drawn(12, 3) / 3, drawn(3)
    return [first, second]


def tanh_gelu(x: Tensor, root: bool = True, power: int = 3) -> Tensor:
    """GELU by GPT-2's formula; the rest makes mistakes."""
    inner = x + 0.044715 * x**power
    return 0.5 * x * (1 + ((2 / math.pi) ** 0.5 * inner if root else inner).tanh())


def worked(
    bend: Part = tanh_gelu, biases: tuple[bool, bool] = (True, True), late: str = ""
) -> Callable[..., Tensor]:
    """The feed-forward layer with another bend, without biases, or in another order."""

    def layer(x: Tensor, up: Tensor, b1: Tensor, down: Tensor, b2: Tensor) -> Tensor:
        h = x @ up
        if late == "bias":
            h = bend(h) + b1
        else:
            h = h + b1 * biases[0]
            h = h if late == "bend" else bend(h)
        h = h @ down + b2 * biases[1]
        h = bend(h) if late in ("bend", "twice") else h
        return x + h if late == "added" else h

    return layer


def exact_gelu(x: Tensor) -> Tensor:
    """x times the chance that a normal draw is below x."""
    return x * 0.5 * (1 + (x / 2**0.5).erf())


@exercise(
    "06.2",
    "Work, token by token",
    inputs=work_trials,
    close=1e-5,
    short_cuts={
        "gelu": "torch's gelu did the bending; try it once with the formula.",
        "GELU": "torch's GELU did the bending; try it once with the formula.",
    },
    mistakes={
        "no activation": (
            worked(lambda h: h),
            "Without GELU between them the two matrices are one: bend h first.",
        ),
        "ReLU": (
            worked(lambda h: h.relu()),
            "GPT-2 bends with GELU, which dips below zero before it rises.",
        ),
        "SiLU": (
            worked(lambda h: h * h.sigmoid()),
            "GPT-2 bends with GELU, by the formula with the tanh.",
        ),
        "GELU by the logistic function": (
            worked(lambda h: h * (1.702 * h).sigmoid()),
            "A rougher form of GELU; GPT-2 takes the one with the tanh.",
        ),
        "the root on x alone": (
            worked(
                lambda h: (
                    0.5 * h * (1 + ((2 / math.pi) ** 0.5 * h + 0.044715 * h**3).tanh())
                )
            ),
            "The root of 2 / pi multiplies the whole bracket, x + 0.044715 x^3.",
        ),
        "the tanh alone": (
            worked(lambda h: h.tanh()),
            "GELU is x / 2 times (1 + the tanh), with the x in front.",
        ),
        "GELU with the exact chance": (
            worked(exact_gelu),
            "GPT-2 takes the formula with the tanh: nearly the same, and not the same.",
        ),
        "the root of 2 / pi left out": (
            worked(lambda h: tanh_gelu(h, root=False)),
            "Multiply x + 0.044715 x^3 by the root of 2 / pi before the tanh.",
        ),
        "a square in the place of the cube": (
            worked(lambda h: tanh_gelu(h, power=2)),
            "It is 0.044715 times the cube, x * x * x.",
        ),
        "the half forgotten": (
            worked(lambda h: 2 * tanh_gelu(h)),
            "The formula begins with x / 2.",
        ),
        "without the biases": (
            worked(biases=(False, False)),
            "Each product has a bias that is added to it.",
        ),
        "without the first bias": (
            worked(biases=(False, True)),
            "up_bias is added to x @ up, before the bend.",
        ),
        "without the second bias": (
            worked(biases=(True, False)),
            "down_bias is added at the end.",
        ),
        "the first bias after the bend": (
            worked(late="bias"),
            "up_bias is added to x @ up, before the bend.",
        ),
        "the activation at the end": (
            worked(late="bend"),
            "Bend at the wide place, between the two products, where 4C numbers are.",
        ),
        "two activations": (
            worked(late="twice"),
            "Bend once, between the products: what is added to the stream is not bent.",
        ),
        "x added": (
            worked(late="added"),
            "Return what the layer made; the block adds it to x.",
        ),
    },
)
def feed_forward(
    x: Tensor, up: Tensor, up_bias: Tensor, down: Tensor, down_bias: Tensor
) -> Tensor:
    """The feed-forward layer with GPT-2's GELU: (B, T, C) -> (B, T, C)."""
    return tanh_gelu(x @ up + up_bias) @ down + down_bias


def rounds() -> list[tuple]:
    """Vectors (B, T, C), two parts, and two different norms."""
    import torch
    from torch.nn import functional

    draw = torch.Generator().manual_seed(6)
    x = torch.randn(2, 3, 4, generator=draw)
    A, M = torch.randn(2, 4, 4, generator=draw)

    def attention(h: Tensor) -> Tensor:
        return (h.cumsum(1) / torch.arange(1, 4)[:, None]) @ A

    def mlp(h: Tensor) -> Tensor:
        return functional.gelu(h @ M)

    def norm1(h: Tensor) -> Tensor:
        return functional.layer_norm(h, (4,))

    def norm2(h: Tensor) -> Tensor:
        return 2 * functional.layer_norm(h, (4,)) + 1

    return [(x, attention, mlp, norm1, norm2), (5 * x, attention, mlp, norm1, norm2)]


def normed_stream(x: Tensor, attention: Part, mlp: Part, a: Part, b: Part) -> Tensor:
    """The stream itself normed before each part, as a mistake."""
    x = a(x)
    x = b(x + attention(x))
    return x + mlp(x)


def first_x_again(x: Tensor, attention: Part, mlp: Part, a: Part, b: Part) -> Tensor:
    """The second sum made with the x that came in, as a mistake."""
    return x + mlp(b(x + attention(a(x))))


@exercise(
    "06.4",
    "Two sums",
    inputs=rounds,
    close=1e-5,
    mistakes={
        "the norm after the sum": (
            lambda x, f, g, a, b: b(a(x + f(x)) + g(a(x + f(x)))),
            "That is post-norm: norm the copy that a part reads, and add to x itself.",
        ),
        "a stream that is normed": (
            normed_stream,
            "Give the part norm1(x), but add its result to x, which stays as it is.",
        ),
        "the first sum forgotten": (
            lambda x, f, g, a, b: f(a(x)) + g(b(f(a(x)))),
            "What attention returns is added to x: nothing may replace the stream.",
        ),
        "the second sum forgotten": (
            lambda x, f, g, a, b: g(b(x + f(a(x)))),
            "What the feed-forward layer returns is added to the stream as well.",
        ),
        "both parts read the same x": (
            lambda x, f, g, a, b: x + f(a(x)) + g(b(x)),
            "The feed-forward layer reads the stream after attention has been added.",
        ),
        "the second sum with the old x": (
            first_x_again,
            "Keep the first sum under the name x: the second one is added to it.",
        ),
        "no sums": (
            lambda x, f, g, a, b: g(b(f(a(x)))),
            "What a part returns is added to the stream: x + part(norm(x)).",
        ),
        "x added at the end alone": (
            lambda x, f, g, a, b: x + g(b(f(a(x)))),
            "There are two sums: attention's result is added before mlp reads it.",
        ),
        "no norms": (
            lambda x, f, g, a, b: x + f(x) + g(x + f(x)),
            "Each part reads a normed copy: attention(norm1(x)), mlp(norm2(x)).",
        ),
        "the norms exchanged": (
            lambda x, f, g, a, b: x + f(b(x)) + g(a(x + f(b(x)))),
            "norm1 is attention's, norm2 the feed-forward layer's.",
        ),
        "the feed-forward layer first": (
            lambda x, f, g, a, b: x + g(b(x)) + f(a(x + g(b(x)))),
            "Attention comes first: the feed-forward layer works on what it fetched.",
        ),
        "a norm on what a part returns": (
            lambda x, f, g, a, b: x + a(f(x)) + b(g(x + a(f(x)))),
            "Norm what a part reads, not what it returns: attention(norm1(x)).",
        ),
        "one norm for both": (
            lambda x, f, g, a, b: x + f(a(x)) + g(a(x + f(a(x)))),
            "norm1 is attention's, norm2 the feed-forward layer's.",
        ),
    },
)
def one_round(
    x: Tensor, attention: Part, mlp: Part, norm1: Part, norm2: Part
) -> Tensor:
    """A block of GPT-2: (B, T, C) -> (B, T, C)."""
    x = x + attention(norm1(x))
    return x + mlp(norm2(x))
