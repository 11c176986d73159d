"""Exercises of chapter 06. Torch is imported where it is needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


def vectors() -> list[tuple]:
    """Vectors (B, T, C) of everyday size, and tiny ones at which eps counts."""
    import torch

    draw = torch.Generator().manual_seed(5)
    x = 3 * torch.randn(2, 3, 4, generator=draw, dtype=torch.float64) + 2
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
    mistakes={
        "the variance divided by C - 1": (
            with_sample_variance,
            "These are all channels there are: use x.var(..., unbiased=False).",
        ),
        "eps outside the root": (
            with_eps_outside,
            "Add eps to the variance and take the root of the sum.",
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
    },
)
def normalise(x: Tensor, eps: float) -> Tensor:
    """Each token's channels to mean 0 and variance 1: (B, T, C) -> (B, T, C)."""
    return normed_along(x, eps, -1)


@exercise(
    "06.2",
    "What a block weighs",
    inputs=[(128, True), (768, True), (768, False)],
    mistakes={
        "biases also where there are none": (
            lambda C, bias: 12 * C * C + 13 * C,
            "Without biases only the norms' two weights per channel are left.",
        ),
        "biases forgotten": (
            lambda C, bias: 12 * C * C + 2 * C,
            "Each matrix has a bias per number that it puts out, and each norm has C.",
        ),
        "norms forgotten": (
            lambda C, bias: 12 * C * C + 9 * C * bias,
            "A block has two norms, each with C weights and, if wanted, C biases.",
        ),
        "one norm": (
            lambda C, bias: 12 * C * C + C + 10 * C * bias,
            "A block has two norms, one before each of its parts.",
        ),
        "attention's last matrix forgotten": (
            lambda C, bias: 11 * C * C + 2 * C + 10 * C * bias,
            "Attention has four matrices of C x C: queries, keys, values and out.",
        ),
        "a feed-forward layer that does not widen": (
            lambda C, bias: 6 * C * C + 2 * C + 8 * C * bias,
            "The feed-forward layer goes from C to 4 C and back: twice 4 C x C.",
        ),
    },
)
def block_parameters(C: int, bias: bool) -> int:
    """Parameters of one block with C channels, with or without biases."""
    return 12 * C * C + 2 * C + (4 + 5 + 2) * C * bias


def rounds() -> list[tuple]:
    """Vectors (B, T, C), two parts, and two different norms."""
    import torch
    from torch.nn import functional

    draw = torch.Generator().manual_seed(6)
    x = torch.randn(2, 3, 4, generator=draw, dtype=torch.float64)
    A, M = torch.randn(2, 4, 4, generator=draw, dtype=torch.float64)

    def attention(h: Tensor) -> Tensor:
        return (h.cumsum(1) / torch.arange(1, 4)[:, None]) @ A

    def mlp(h: Tensor) -> Tensor:
        return functional.gelu(h @ M)

    def norm1(h: Tensor) -> Tensor:
        return functional.layer_norm(h, (4,))

    def norm2(h: Tensor) -> Tensor:
        return 2 * functional.layer_norm(h, (4,)) + 1

    return [(x, attention, mlp, norm1, norm2), (5 * x, attention, mlp, norm1, norm2)]


Part = Callable[["Tensor"], "Tensor"]


def normed_stream(x: Tensor, attention: Part, mlp: Part, a: Part, b: Part) -> Tensor:
    """The stream itself normed before each part, as a mistake."""
    x = a(x)
    x = b(x + attention(x))
    return x + mlp(x)


def first_x_again(x: Tensor, attention: Part, mlp: Part, a: Part, b: Part) -> Tensor:
    """The second sum made with the x that came in, as a mistake."""
    return x + mlp(b(x + attention(a(x))))


@exercise(
    "06.3",
    "Two sums",
    inputs=rounds,
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


NAMES = [
    "tokens.weight",
    "positions.weight",
    "blocks.0.norm1.weight",
    "blocks.0.norm1.bias",
    "blocks.0.attention.qkv.weight",
    "blocks.0.attention.qkv.bias",
    "blocks.0.attention.out.weight",
    "blocks.0.attention.out.bias",
    "blocks.0.norm2.weight",
    "blocks.0.mlp.up.weight",
    "blocks.0.mlp.down.weight",
    "blocks.0.mlp.down.bias",
    "norm.weight",
    "head.weight",
]
ADDED = ("attention.out.weight", "mlp.down.weight")


def stds_by(
    names: list[str],
    small: float,
    added: tuple[str, ...] = ADDED,
    fixed: tuple[str, ...] = ("bias", "norm1.weight", "norm2.weight", "norm.weight"),
) -> list[float]:
    """0 for what ends in `fixed`, `small` for what ends in `added`, else 0.02."""
    return [
        0.0 if name.endswith(fixed) else small if name.endswith(added) else 0.02
        for name in names
    ]


@exercise(
    "06.4",
    "First weights by name",
    inputs=[(NAMES, 2), (NAMES, 12), (NAMES[4:9], 48)],
    mistakes={
        "0.02 everywhere": (
            lambda names, layers: stds_by(names, 0.02),
            "What a block adds to the stream is drawn smaller.",
        ),
        "one result per layer": (
            lambda names, layers: stds_by(names, 0.02 / math.sqrt(layers)),
            "Each layer adds two results, attention's and the feed-forward layer's.",
        ),
        "no root": (
            lambda names, layers: stds_by(names, 0.02 / (2 * layers)),
            "Variances add up, not sizes: divide by the root of 2 x layers.",
        ),
        "attention's result only": (
            lambda names, layers: stds_by(names, 0.02 / (2 * layers) ** 0.5, ADDED[:1]),
            "The feed-forward layer's result, mlp.down, is added too.",
        ),
        "every matrix of a block smaller": (
            lambda names, layers: stds_by(
                names, 0.02 / (2 * layers) ** 0.5, (*ADDED, "qkv.weight", "up.weight")
            ),
            "Only the matrices whose result is added: attention.out and mlp.down.",
        ),
        "biases drawn": (
            lambda names, layers: [
                0.02 if name.endswith("bias") else std
                for name, std in zip(names, first_stds(names, layers), strict=True)
            ],
            "Biases begin at zero: nothing is drawn, so their std is 0.",
        ),
        "norms drawn": (
            lambda names, layers: stds_by(
                names, 0.02 / (2 * layers) ** 0.5, ADDED, ("bias",)
            ),
            "The weights of norms all begin at 1: nothing is drawn, so their std is 0.",
        ),
    },
)
def first_stds(names: list[str], layers: int) -> list[float]:
    """Standard deviation of each parameter's first values, by its name."""
    return stds_by(names, 0.02 / math.sqrt(2 * layers))


def tied_models() -> list[tuple]:
    """A tied matrix E (V, C), a matrix M (C, C), ids with repeats, and targets."""
    import torch

    draw = torch.Generator().manual_seed(7)
    E = torch.randn(5, 3, generator=draw, dtype=torch.float64)
    M = torch.randn(3, 3, generator=draw, dtype=torch.float64)
    ids, targets = torch.tensor([0, 2, 2, 4]), torch.tensor([2, 4, 1, 0])
    return [(E, M, ids, targets), (2 * E, M, targets, torch.tensor([3, 3, 0, 2]))]


def sides(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
    """Bet minus what happened (N, V), and the gradients as head and as embedding."""
    import torch
    from torch.nn import functional

    h = E[ids] @ M
    d = (h @ E.T).softmax(1) - functional.one_hot(targets, len(E))
    d = d / len(ids)
    as_embedding = torch.zeros_like(E).index_add_(0, ids, d @ E @ M.T)
    return d, d.T @ h, as_embedding


def spread(E: Tensor, ids: Tensor, rows: Tensor) -> Tensor:
    """Each row added to the row of its token in a table of zeros like E."""
    import torch

    return torch.zeros_like(E).index_add_(0, ids, rows)


def overwritten(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    """A token that comes twice keeps only its last gradient, as a mistake."""
    import torch

    d, as_head, _ = sides(E, M, ids, targets)
    as_embedding = torch.zeros_like(E)
    for i, row in zip(ids.tolist(), d @ E @ M.T, strict=True):
        as_embedding[i] = row
    return as_head + as_embedding


def without_turning(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    """M instead of its transpose on the way back, as a mistake."""
    d, as_head, _ = sides(E, M, ids, targets)
    return as_head + spread(E, ids, d @ E @ M)


def without_the_matrix(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    """M left out on the way back, as a mistake."""
    d, as_head, _ = sides(E, M, ids, targets)
    return as_head + spread(E, ids, d @ E)


@exercise(
    "06.5",
    "A gradient from both sides",
    inputs=tied_models,
    mistakes={
        "the head's side only": (
            lambda E, M, ids, targets: sides(E, M, ids, targets)[1],
            "The matrix is read at the bottom too: add the embedding's side.",
        ),
        "the embedding's side only": (
            lambda E, M, ids, targets: sides(E, M, ids, targets)[2],
            "The matrix makes the logits too: add the head's side.",
        ),
        "a repeated token counted once": (
            overwritten,
            "Rows of the same token add up: use index_add_, or += in a loop.",
        ),
        "M not transposed": (
            without_turning,
            "A gradient goes back through h = e M by the transpose of M.",
        ),
        "M forgotten on the way back": (
            without_the_matrix,
            "Between the embedding and h stands M: go back through it, by M.T.",
        ),
        "the sum over the examples": (
            lambda E, M, ids, targets: len(ids) * sum(sides(E, M, ids, targets)[1:]),
            "The loss is the mean: divide bet minus what happened by their number.",
        ),
    },
)
def tied_gradient(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    """Gradient of the mean cross-entropy with respect to the tied matrix E (V, C)."""
    _, as_head, as_embedding = sides(E, M, ids, targets)
    return as_head + as_embedding
