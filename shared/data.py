"""Data on its way to the model: text files, token files, windows and batches.

Public files by name (`fetch`, `try_fetch`, `available`) come from `shared.sources` and
are offered here too. Token ids are whole numbers in one row; a batch has shape (B, T):
B windows of T tokens, and as targets the same windows one token later.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.sources import (
    REGISTRY,
    DataUnavailable,
    Source,
    available,
    fetch,
    gpt2_folder,
    try_fetch,
)

if TYPE_CHECKING:
    import torch

    from shared.tokenizer import BPETokenizer

__all__ = [
    "REGISTRY",
    "DataUnavailable",
    "Source",
    "available",
    "batches",
    "fetch",
    "gpt2_folder",
    "open_ids",
    "random_batch",
    "read_text",
    "rows",
    "save_ids",
    "try_fetch",
    "windows",
]


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file, exactly. Raises ValueError where it is not UTF-8."""
    data = Path(path).read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path} is not UTF-8 text: byte {error.start} (line {line}) is "
            f"0x{data[error.start]:02x}. Save it as UTF-8 in an editor, or, if it is "
            'an old Windows file, read it with Path(...).read_text(encoding="cp1252")'
        ) from None


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


def rows(
    documents: Iterable[str], tokenizer: "BPETokenizer", length: int
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Pack documents so that each row begins where a document begins.

    A row is the end-of-text token, a document, end-of-text, the next document and so
    on; what does not fit at its end is left out, and the next row begins with the next
    document. Inputs and targets, (N, length) each. The last row is left out if it is
    not full.
    """
    import torch

    end = tokenizer.special_tokens["<|endoftext|>"]
    packed, row = [], [end]
    for document in documents:
        row += [*tokenizer.encode_ordinary(document), end]
        if len(row) > length:
            packed.append(row[: length + 1])
            row = [end]
    if not packed:
        raise ValueError(
            f"the documents do not fill one row of {length + 1} tokens; give more "
            "documents or a smaller length"
        )
    cut = torch.tensor(packed)  # (N, length + 1)
    return cut[:, :-1], cut[:, 1:]


def save_ids(path: str | Path, ids: Iterable[int]) -> None:
    """Write token ids as a NumPy file of 2 bytes per id (4 if one is above 65,535)."""
    row = np.asarray(list(ids) if isinstance(ids, Iterator) else ids)
    if row.ndim != 1 or not len(row) or row.dtype.kind not in "iu":
        raise ValueError(
            f"expected one row of token ids, got shape {row.shape} of {row.dtype}"
        )
    if row.min() < 0 or row.max() > 0xFFFFFFFF:
        raise ValueError(f"token ids from {row.min()} to {row.max()} fit no token file")
    temporary = Path(f"{path}.{os.getpid()}.tmp")  # a crash leaves the old file whole
    try:
        with temporary.open("wb") as file:
            np.save(file, row.astype("<u2" if row.max() <= 0xFFFF else "<u4"))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def open_ids(path: str | Path) -> np.ndarray:
    """A token file as an array that stays on the disk: only what is used is read.

    Raises ValueError if the file is no token file, or is cut off.
    """
    try:
        ids = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(
            f"{path} is no whole token file ({error}); write it again with save_ids"
        ) from None
    if not isinstance(ids, np.ndarray) or ids.ndim != 1 or ids.dtype.kind != "u":
        raise ValueError(f"{path} holds no row of token ids; write it with save_ids")
    return ids
