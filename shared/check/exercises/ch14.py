"""Exercises of chapter 14. Torch is imported where it is needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise
from shared.check.exercises import ch14_file  # noqa: F401 (14.5)

if TYPE_CHECKING:
    from torch import Tensor


@exercise(
    "14.1",
    "What a cache weighs",
    inputs=[(3, 4, 32, 175, 1, 4), (5, 7, 11, 13, 17, 2)],
    mistakes={
        "keys alone": (
            lambda *sizes: math.prod(sizes),
            "Values are kept as well: twice as many numbers.",
        ),
        "queries, too": (
            lambda *sizes: 3 * math.prod(sizes),
            "A query is used once, by its own token, and need not be kept.",
        ),
        "one layer alone": (
            lambda layers, *sizes: 2 * math.prod(sizes),
            "Every layer keeps keys and values of its own.",
        ),
        "one reader alone": (
            lambda layers, heads, channels, tokens, readers, number: (
                2 * layers * heads * channels * tokens * number
            ),
            "Every reader has a text of their own, and a cache of their own.",
        ),
        "one head alone": (
            lambda layers, heads, *sizes: 2 * layers * math.prod(sizes),
            "Each of the heads has its own keys and values.",
        ),
        "bits in place of bytes": (
            lambda *sizes: 16 * math.prod(sizes),
            "number is given in bytes already.",
        ),
        "every pair of tokens": (
            lambda layers, heads, channels, tokens, readers, number: (
                2 * layers * heads * channels * tokens**2 * readers * number
            ),
            "Tokens are kept, not their pairs: the scores are made anew each time.",
        ),
    },
)
def cache_bytes(
    layers: int, heads: int, channels: int, tokens: int, readers: int, number: int
) -> int:
    """Bytes of the caches of several readers."""
    return 2 * layers * heads * channels * tokens * readers * number


# --- 14.2 ----------------------------------------------------------------------------


def matrices() -> list[tuple]:
    """A matrix, the size of its groups, and bits; one group is all zeros."""
    import torch

    draw = torch.Generator().manual_seed(11)
    first = torch.randn(4, 8, generator=draw, dtype=torch.float64)
    second = torch.randn(3, 6, generator=draw, dtype=torch.float64)
    first *= torch.tensor([[1.0], [0.1], [5.0], [30.0]])
    second[:, 4] *= 9
    first[1, 4:] = 0
    return [(first, 4, 4), (second, 3, 3), (second.T.contiguous(), 3, 4)]


def rounded(
    groups: Tensor,
    bits: int,
    most: int | None = None,
    size: Callable[[Tensor], Tensor] | None = None,
    cut: Callable[[Tensor], Tensor] | None = None,
    back: bool = True,
    guard: bool = True,
) -> Tensor:
    """Groups (..., size) through whole numbers and back; the rest makes mistakes."""
    most = 2 ** (bits - 1) - 1 if most is None else most
    largest = (size or (lambda x: x.abs()))(groups).amax(-1, keepdim=True)
    scale = largest / most
    if guard:
        scale = scale.masked_fill(scale == 0, 1.0)
    whole = (cut or (lambda x: x.round()))(groups / scale)
    return whole * scale if back else whole


def by_groups(matrix: Tensor, size: int, bits: int, **habits: Any) -> Tensor:
    """A matrix (R, C) in groups of `size` neighbours of a row, rounded."""
    groups = matrix.unflatten(1, (-1, size))  # (R, C / size, size)
    return rounded(groups, bits, **habits).flatten(1)


@exercise(
    "14.2",
    "Four bits, in groups",
    inputs=matrices,
    mistakes={
        "one scale for a row": (
            lambda W, size, bits: rounded(W, bits),
            "Cut each row into groups first: W.unflatten(1, (-1, size)).",
        ),
        "groups down the columns": (
            lambda W, size, bits: by_groups(W.T, size, bits).T,
            "A group is made of neighbours in a row, so unflatten direction 1.",
        ),
        "one step too many": (
            lambda W, size, bits: by_groups(W, size, bits, most=2 ** (bits - 1)),
            "The largest becomes 2 ** (bits - 1) - 1: 7 for four bits, not 8.",
        ),
        "cut off, not rounded": (
            lambda W, size, bits: by_groups(W, size, bits, cut=lambda x: x.trunc()),
            "Take the nearest whole number: round().",
        ),
        "the largest number, not the largest size": (
            lambda W, size, bits: by_groups(W, size, bits, size=lambda x: x),
            "Numbers below zero count with their size: abs() before amax.",
        ),
        "whole numbers returned": (
            lambda W, size, bits: by_groups(W, size, bits, back=False),
            "Multiply the whole numbers by their group's scale in the end.",
        ),
        "zero divided by zero": (
            lambda W, size, bits: by_groups(W, size, bits, guard=False),
            "A group of zeros has the scale 0: put 1 in its place before dividing.",
        ),
    },
)
def round_groups(matrix: Tensor, size: int, bits: int) -> Tensor:
    """The matrix after so many bits and back, a scale for each group, (R, C)."""
    return by_groups(matrix, size, bits)


# --- 14.3 ----------------------------------------------------------------------------


def packed_bytes() -> list[tuple]:
    """Tensors of bytes (R, C / 2)."""
    import torch

    draw = torch.Generator().manual_seed(3)
    every = torch.arange(256).to(torch.uint8).view(16, 16)
    return [
        (torch.tensor([[0x2F, 0x81]], dtype=torch.uint8),),
        (torch.randint(0, 256, (3, 4), generator=draw).to(torch.uint8),),
        (every,),
    ]


def halves(packed: Tensor) -> tuple[Tensor, Tensor]:
    """The low and the high four bits of each byte, 0 to 15."""
    whole = packed.int()
    return whole % 16, whole // 16


def signed(half: Tensor) -> Tensor:
    """Four bits as a number from -8 to 7."""
    return half - 16 * (half > 7)


def beside(first: Tensor, second: Tensor) -> Tensor:
    """Two tensors (R, C / 2) as neighbours, (R, C)."""
    import torch

    return torch.stack([first, second], -1).flatten(1).to(torch.int8)


def half_by_half(packed: Tensor) -> Tensor:
    """All low halves before all high ones, as a mistake."""
    import torch

    return torch.cat([signed(half) for half in halves(packed)], 1).to(torch.int8)


@exercise(
    "14.3",
    "Two in one byte",
    inputs=packed_bytes,
    mistakes={
        "no number below zero": (
            lambda packed: beside(*halves(packed)),
            "Four bits above 7 stand for a number below zero: take 16 away.",
        ),
        "the high half first": (
            lambda packed: beside(*map(signed, halves(packed)[::-1])),
            "The low four bits hold the first of the two numbers.",
        ),
        "all low halves, then all high ones": (
            half_by_half,
            "Two numbers of one byte are neighbours: stack in a last direction, then "
            "flatten.",
        ),
        "8 taken away from all": (
            lambda packed: beside(*(half - 8 for half in halves(packed))),
            "Take 16 away, and only from what is above 7.",
        ),
        "the high half not moved down": (
            lambda packed: beside(signed(halves(packed)[0]), packed.int() // 16 * 16),
            "The high half counts sixteens: divide by 16, or shift by 4.",
        ),
        "a sign for the high half alone": (
            lambda packed: beside(halves(packed)[0], signed(halves(packed)[1])),
            "Each of the two halves has a sign of its own.",
        ),
    },
)
def unpack(packed: Tensor) -> Tensor:
    """Bytes (R, C / 2) to whole numbers from -8 to 7, (R, C)."""
    return beside(*map(signed, halves(packed)))


# --- 14.4 ----------------------------------------------------------------------------

Pair = tuple["Tensor", "Tensor"]


def readings() -> list[tuple]:
    """A window and the lengths of the parts that are read."""
    return [(4, (1,) * 9), (5, (3, 1, 1, 1, 1, 1)), (3, (2, 1, 2, 1))]


def parts_of(lengths: Sequence[int], seed: int) -> list[Tensor]:
    """Keys or values (B, H, T, D) of the parts of a text."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 2, T, 2, generator=draw) for T in lengths]


def read_on(make: type, window: int, lengths: Sequence[int]) -> list | None:
    """What a cache says of its length and returns, part by part."""
    cache = make(window)
    said = [cache.length]
    for k, v in zip(parts_of(lengths, 1), parts_of(lengths, 2), strict=True):
        returned = cache.extend(k, v)
        if returned is None:  # not written yet
            return None
        said += [*returned, cache.length]
    return [*said, holds_little(cache, window)]


def holds_little(cache: Any, window: int) -> bool:
    """Whether a cache has let the old tokens go: it holds two windows at the most.

    Looked for in its attributes and in lists among them, whatever they are called.
    """
    import torch

    found, numbers = list(vars(cache).values()), 0
    for one in found:
        if isinstance(one, list | tuple):
            found += one
        elif isinstance(one, torch.Tensor):
            numbers += one.numel()
    return numbers <= 2 * (2 * 2 * 2 * 2 * window)  # keys and values, (B, H, T, D)


def kept(x: Tensor, window: int) -> Tensor:
    """The last `window` tokens of keys or values (B, H, T, D)."""
    return x[:, :, -window:]


def window_class(
    keep_k: Callable[[Tensor, int], Tensor] = kept,
    keep_v: Callable[[Tensor, int], Tensor] | None = None,
    count: Callable[[Any], int] = lambda self: self.read,
    returned: Callable[[Pair, Pair, int], Pair] = lambda stored, whole, window: stored,
) -> type:
    """A window cache; the defaults are right, all else makes mistakes."""
    cuts = (keep_k, keep_v or keep_k)

    class WindowCache:
        def __init__(self, window: int) -> None:
            self.window, self.read, self.calls, self.stored = window, 0, 0, None

        @property
        def length(self) -> int:
            return count(self)

        def extend(self, k: Tensor, v: Tensor) -> Pair:
            import torch

            self.read, self.calls = self.read + k.shape[2], self.calls + 1
            old, new = self.stored, (k, v)
            if old is not None:
                new = tuple(torch.cat(pair, 2) for pair in zip(old, new))
            self.stored = tuple(cut(x, self.window) for cut, x in zip(cuts, new))
            return returned(self.stored, new, self.window)

    return WindowCache


@exercise(
    "14.4",
    "A cache that forgets",
    inputs=readings,
    use=read_on,
    mistakes={
        "length says what is kept": (
            window_class(
                count=lambda self: 0 if not self.stored else self.stored[0].shape[2]
            ),
            "Positions go on: count all tokens that were ever read.",
        ),
        "length counts the calls": (
            window_class(count=lambda self: self.calls),
            "A part may have several tokens: add k.shape[2].",
        ),
        "the newest forgotten": (
            window_class(lambda x, window: x[:, :, :window]),
            "The oldest go: keep x[:, :, -window:].",
        ),
        "one token too many": (
            window_class(lambda x, window: x[:, :, -window - 1 :]),
            "The new tokens count, too: window is what is left with them.",
        ),
        "cut along the heads": (
            window_class(lambda x, window: x[:, -window + 1 :]),
            "Tokens are direction 2 of (B, H, T, D).",
        ),
        "values that are not cut": (
            window_class(keep_v=lambda x, window: x),
            "Keys and values belong together: cut both.",
        ),
        "everything returned": (
            window_class(returned=lambda stored, whole, window: whole),
            "Return what is kept after the cut.",
        ),
        "everything kept, the last handed over": (
            window_class(
                lambda x, window: x,
                returned=lambda stored, whole, window: tuple(
                    kept(x, window) for x in whole
                ),
            ),
            "Store what is left after the cut, or memory grows with the text.",
        ),
        "all forgotten when it is full": (
            window_class(lambda x, window: x if x.shape[2] <= window else x[:, :, -1:]),
            "Only as many of the oldest go as are too many.",
        ),
    },
)
class WindowCache(window_class()):
    """Keys and values of the last `window` tokens, (B, H, T, D) each."""
