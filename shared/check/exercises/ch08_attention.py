"""Exercises of chapter 08 on attention: 08.1 turns, 08.5 a direct line. torch waits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


def rows_to_turn() -> list[tuple]:
    """Queries or keys of one head, (T, D), and the base of the speeds."""
    import torch

    draw = torch.Generator().manual_seed(81)
    return [
        (torch.randn(4, 6, generator=draw), 100.0),
        (torch.randn(7, 4, generator=draw), 10_000.0),
    ]


def turned_by(
    x: Tensor,
    base: float,
    power: float = 2.0,
    start: int = 0,
    way: int = 1,
    unit: float = 1.0,
    mixed: str = "",
) -> Tensor:
    """Turn the pairs (i, i + D / 2) of each row; the rest makes mistakes."""
    import torch

    T, D = x.shape
    i = torch.arange(D // 2)
    places = torch.arange(start, start + T)[:, None]
    angle = way * unit * places * base ** (-power * i / D)  # (T, D / 2)
    a, b = x.chunk(2, -1)
    if mixed == "neighbours":
        a, b = x[:, ::2], x[:, 1::2]
    cos, sin = angle.cos(), angle.sin()
    first, second = a * cos - b * sin, b * cos + a * sin
    if mixed == "neighbours":
        return torch.stack([first, second], -1).flatten(1)
    if mixed == "plus":
        first = a * cos + b * sin
    if mixed == "cosines":
        first, second = a * cos, b * cos
    if mixed == "one after the other":
        second = b * cos + first * sin
    if mixed == "exchanged":
        first, second = second, first
    if mixed == "dealt":
        return torch.stack([first, second], -1).flatten(1)
    if mixed == "half":
        second = b
    return torch.cat([first, second], -1)


@exercise(
    "08.1",
    "Pairs that turn",
    inputs=rows_to_turn,
    close=1e-5,
    mistakes={
        "neighbours as pairs": (
            lambda x, base: turned_by(x, base, mixed="neighbours"),
            "Here a pair is channel i and channel i + D / 2, as in the chapter.",
        ),
        "turned the other way": (
            lambda x, base: turned_by(x, base, way=-1),
            "a becomes a cos - b sin, and b becomes b cos + a sin.",
        ),
        "the exponent i / D": (
            lambda x, base: turned_by(x, base, power=1.0),
            "Pair i has the speed base ** (-2 i / D).",
        ),
        "the exponent 4 i / D": (
            lambda x, base: turned_by(x, base, power=4.0),
            "The two is counted twice: with i = 0, 2, 4, ... the exponent is i / D.",
        ),
        "neighbours, and the exponent i / D": (
            lambda x, base: turned_by(x, base, power=1.0, mixed="neighbours"),
            "A pair is channel i and i + D / 2, and its speed base ** (-2 i / D).",
        ),
        "speeds that grow": (
            lambda x, base: turned_by(x, base, power=-2.0),
            "Later pairs turn more slowly: divide by base ** (2 i / D).",
        ),
        "one speed for all pairs": (
            lambda x, base: turned_by(x, base, power=0.0),
            "Pair i has its own speed, base ** (-2 i / D).",
        ),
        "places counted from 1": (
            lambda x, base: turned_by(x, base, start=1),
            "The first token has place 0 and is not turned.",
        ),
        "degrees": (
            lambda x, base: turned_by(x, base, unit=math.pi / 180),
            "The angle is in radians already: cos and sin take it as it is.",
        ),
        "a plus in both lines": (
            lambda x, base: turned_by(x, base, mixed="plus"),
            "One of the two has a minus: a cos - b sin.",
        ),
        "cosines alone": (
            lambda x, base: turned_by(x, base, mixed="cosines"),
            "A turn mixes both numbers: the sine brings in the other one.",
        ),
        "the second with the new first": (
            lambda x, base: turned_by(x, base, mixed="one after the other"),
            "Both lines use the old a and b: keep them until both are done.",
        ),
        "halves exchanged": (
            lambda x, base: turned_by(x, base, mixed="exchanged"),
            "a cos - b sin stays in the first half, b cos + a sin in the second.",
        ),
        "put together like cards": (
            lambda x, base: turned_by(x, base, mixed="dealt"),
            "Lay the two halves one behind the other: torch.cat([...], -1).",
        ),
        "only the first half turned": (
            lambda x, base: turned_by(x, base, mixed="half"),
            "Both numbers of a pair change: the second becomes b cos + a sin.",
        ),
    },
)
def turned(x: Tensor, base: float) -> Tensor:
    """Turn token t's pair (i, i + D / 2) by t / base^(2i / D): (T, D) -> (T, D)."""
    return turned_by(x, base)


def direct_lines() -> list[tuple]:
    """x and first (T, C), three matrices (C, C) of one head, and the share."""
    import torch

    draw = torch.Generator().manual_seed(85)
    trials = []
    for T, C, share in [(4, 3, 0.5), (5, 2, 1.7)]:
        x, first = torch.randn(2, T, C, generator=draw)
        q, k, v = torch.randn(3, C, C, generator=draw)
        trials.append((x, first, q, k, v, share))
    return trials


def fetched(
    asks: Tensor, offers: Tensor, holds: Tensor, q: Tensor, k: Tensor, v: Tensor,
    scale: bool = True, mask: bool = True,
) -> Tensor:  # fmt: skip
    """Causal attention of one head; who asks, who answers and what is held."""
    import torch

    scores = (asks @ q) @ (offers @ k).T
    scores = scores / len(q) ** 0.5 if scale else scores
    if mask:
        hidden = torch.ones_like(scores).triu(1).bool()
        scores = scores.masked_fill(hidden, -torch.inf)
    return scores.softmax(-1) @ (holds @ v)


@exercise(
    "08.5",
    "A direct line",
    inputs=direct_lines,
    close=1e-4,
    mistakes={
        "no direct line": (
            lambda x, first, q, k, v, s: fetched(x, x, x, q, k, v),
            "The values read x + share * first.",
        ),
        "everything reads the embedding": (
            lambda x, first, q, k, v, s: fetched(*3 * [x + s * first], q, k, v),
            "Queries and keys read x alone; the values alone read the embedding, too.",
        ),
        "keys, too": (
            lambda x, first, q, k, v, s: fetched(x, *2 * [x + s * first], q, k, v),
            "Keys read x alone: only what is handed over has the direct line.",
        ),
        "the embedding in the place of x": (
            lambda x, first, q, k, v, s: fetched(x, x, s * first, q, k, v),
            "The values read both: x + share * first.",
        ),
        "a mixture of the two": (
            lambda x, first, q, k, v, s: fetched(
                x, x, (1 - s) * x + s * first, q, k, v
            ),
            "x is not made smaller: x + share * first.",
        ),
        "the share on both": (
            lambda x, first, q, k, v, s: fetched(x, x, s * (x + first), q, k, v),
            "The share multiplies the embedding alone: x + share * first.",
        ),
        "without the share": (
            lambda x, first, q, k, v, s: fetched(x, x, x + first, q, k, v),
            "How much of it is learned: share * first.",
        ),
        "the embedding past the matrix": (
            lambda x, first, q, k, v, s: weights(x, q, k) @ (x @ v + s * first),
            "Both go through W_v: (x + share * first) @ W_v.",
        ),
        "each token's own embedding alone": (
            lambda x, first, q, k, v, s: fetched(x, x, x, q, k, v) + s * first @ v,
            "The line goes into the values, so that other tokens can fetch it.",
        ),
        "the embedding added at the end": (
            lambda x, first, q, k, v, s: fetched(x, x, x, q, k, v) + s * first,
            "The line goes into the values, before the weighted sum.",
        ),
        "no mask": (
            lambda x, first, q, k, v, s: fetched(
                x, x, x + s * first, q, k, v, mask=False
            ),
            "No token sees a later one: hide what is right of the diagonal.",
        ),
        "no scale": (
            lambda x, first, q, k, v, s: fetched(
                x, x, x + s * first, q, k, v, scale=False
            ),
            "Divide the scores by the root of the number of channels.",
        ),
        "the share on x": (
            lambda x, first, q, k, v, s: fetched(x, x, s * x + first, q, k, v),
            "The share multiplies the embedding: x + share * first.",
        ),
    },
)
def with_direct_line(
    x: Tensor, first: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, share: float
) -> Tensor:
    """One causal head whose values read x + share * first: (T, C) -> (T, C)."""
    return fetched(x, x, x + share * first, W_q, W_k, W_v)


def weights(x: Tensor, q: Tensor, k: Tensor) -> Tensor:
    """The table of weights (T, T) of one causal head."""
    import torch

    return fetched(x, x, torch.eye(len(x)), q, k, torch.eye(len(x)))
