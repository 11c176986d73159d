"""Files of text and of token ids: read exactly, written whole or not at all."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from shared.whole_files import whole_file


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


def save_ids(path: str | Path, ids: Iterable[int]) -> None:
    """Write token ids as a NumPy file of 2 bytes per id (4 if one is above 65,535)."""
    row = np.asarray(list(ids) if isinstance(ids, Iterator) else ids)
    if row.ndim != 1 or not len(row) or row.dtype.kind not in "iu":
        raise ValueError(
            f"expected one row of token ids, got shape {row.shape} of {row.dtype}"
        )
    if row.min() < 0 or row.max() > 0xFFFFFFFF:
        raise ValueError(f"token ids from {row.min()} to {row.max()} fit no token file")
    with whole_file(path) as draft, draft.open("wb") as file:
        np.save(file, row.astype("<u2" if row.max() <= 0xFFFF else "<u4"))


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
