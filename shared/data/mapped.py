"""Rows for training straight from a token file, which may be larger than the memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from shared.data.rows import Rows
from shared.data.token_files import open_ids
from shared.data.token_windows import check_length


def mapped_rows(path: str | Path, length: int) -> Rows:
    """Inputs and targets, (N, length) each, that stay on the disk until they are read.

    The windows of `windows(ids, length)`, as views of the file: a step reads the few
    that it is made of. Tokens at the end that fill no window are left out. Raises
    ValueError if not one window fits, and for ids that fit no signed number.
    """
    ids = open_ids(path)
    check_length(ids, length)
    kind = ids.dtype.str.replace("u", "i")  # torch computes with signed numbers
    if ids.max() > np.iinfo(kind).max:
        raise ValueError(f"{path} holds the id {ids.max()}, too large for {kind}")
    # "c": what is written to the array, by mistake, changes no file.
    signed = np.memmap(ids.filename, kind, "c", ids.offset, ids.shape)
    cut = torch.from_numpy(signed).unfold(0, length + 1, length)  # (N, length + 1)
    return cut[:, :-1], cut[:, 1:]
