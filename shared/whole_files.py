"""Files are written whole or not at all: the one way in which the package saves any.

The text goes to a second file beside the first, which then takes its place in one step.
So after a crash, a full disk or a kill the old file is there, or the new one, and never
a part of either. This file stands beside the rooms because most of them save something.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A name to write to, in a `with`; at its end the new file takes `path`'s place.

    Nothing is changed when the block raises, and no second file stays behind. Raises
    OSError when the disk is full or the folder cannot be written to.
    """
    draft = Path(f"{path}.{os.getpid()}.tmp")  # in the same folder: the same disk
    try:
        yield draft
        with draft.open("rb+") as file:  # on the disk before it gets the name
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_whole(path: str | Path, data: bytes | str) -> None:
    """Write a file in one step; text as UTF-8, its line ends as they are."""
    with whole_file(path) as draft:
        draft.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
