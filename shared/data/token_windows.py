"""Windows and batches: pieces of a long row of token ids, and their targets.

Token ids are whole numbers in one row; a batch has shape (B, T): B windows of T tokens,
and as targets the same windows one token later.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from operator import index
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def check_length(ids: Sequence[int], length: int) -> None:
    """Raise ValueError unless one window of `length` and its targets fit into ids."""
    if index(length) < 1:
        raise ValueError(f"the window length is {length}; it must be at least 1")
    if len(ids) < length + 1:
        raise ValueError(
            f"there are {len(ids)} tokens, but a window of {length} and its targets, "
            f"one later, need {length + 1}; give more text or a smaller length"
        )


def windows(
    ids: Sequence[int], length: int, stride: int | None = None
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Cut ids into windows: inputs (N, length) and targets (N, length), one later.

    stride: from one window's start to the next one's; `length` (no overlap) when None.
    Tokens at the end that fill no whole window are left out.
    """
    import torch

    check_length(ids, length)
    stride = length if stride is None else index(stride)
    if stride < 1:
        raise ValueError(f"the stride is {stride}; it must be at least 1")
    row = torch.as_tensor(np.asarray(ids, dtype=np.int64))
    cut = row.unfold(0, length + 1, stride)  # (N, length + 1)
    return cut[:, :-1], cut[:, 1:]


def random_batch(
    ids: Sequence[int], batch_size: int, length: int, generator: "torch.Generator"
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Windows that start at random places: inputs and targets, (B, T) each.

    ids: an array, or a token file from open_ids; only the windows are read from it.
    """
    import torch

    check_length(ids, length)
    if batch_size < 1 or not isinstance(generator, torch.Generator):
        raise ValueError(
            f"batch_size is {batch_size} and generator is {generator!r}; expected at "
            "least 1, and a generator such as torch.Generator().manual_seed(0)"
        )
    starts = torch.randint(len(ids) - length, (batch_size,), generator=generator)
    cut = np.stack([ids[s : s + length + 1] for s in starts.tolist()])
    cut = torch.from_numpy(cut.astype(np.int64))  # (B, T + 1)
    return cut[:, :-1], cut[:, 1:]


def batches(
    ids: Sequence[int], batch_size: int, length: int, generator: "torch.Generator"
) -> Iterator[tuple["torch.Tensor", "torch.Tensor"]]:
    """Random batches without end; the generator alone decides which."""
    check_length(ids, length)  # at once, not when the first batch is asked for
    return (random_batch(ids, batch_size, length, generator) for _ in count())
