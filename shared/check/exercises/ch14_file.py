"""Exercise 14.5, a file of numbers by hand. numpy is imported where it is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from shared.check.asking import exercise

if TYPE_CHECKING:
    from numpy import ndarray

KINDS = {"F32": "<f4", "F16": "<f2"}


def made_file(tensors: dict[str, tuple[str, list]], note: str = "") -> bytes:
    """A safetensors file of name -> (type, numbers)."""
    import numpy as np

    entries: dict[str, Any] = {"__metadata__": {"note": note}} if note else {}
    body = b""
    for name, (kind, numbers) in tensors.items():
        array = np.array(numbers, KINDS[kind])
        part = array.tobytes()
        offsets = [len(body), len(body) + len(part)]
        entries[name] = {"dtype": kind, "shape": list(array.shape)}
        entries[name]["data_offsets"] = offsets
        body += part
    head = json.dumps(entries).encode()
    return len(head).to_bytes(8, "little") + head + body


def files() -> list[tuple[bytes, str]]:
    """A file and the name of one of its tensors."""
    first = made_file(
        {
            "a": ("F16", [[1.5, -2.0, 0.25], [4.0, 8.0, -0.5]]),
            "b": ("F32", [[0.125, 3.0], [7.0, -1.0], [2.5, 6.0]]),
            "c": ("F16", [9.0, -3.5, 0.75]),
        }
    )
    more = {"w": ("F32", [[1.0, 2.0]]), "v": ("F16", [[5.0], [6.0]])}
    long = made_file(more, 300 * "x")
    return [(first, "b"), (first, "a"), (first, "c"), (long, "v"), (long, "w")]


def read_by(
    order: Literal["little", "big"] = "little",
    begin: Callable[[int], int] = lambda n: 8 + n,
    kinds: dict[str, str] = KINDS,
    shape: Callable[[list[int]], Any] = lambda shape: shape,
) -> Callable[[bytes, str], ndarray]:
    """A reader of files; the defaults are right, all else makes mistakes."""

    def read(raw: bytes, name: str) -> ndarray:
        import numpy as np

        n = int.from_bytes(raw[:8], order)
        entry = json.loads(raw[8 : 8 + n])[name]
        a, b = (begin(n) + offset for offset in entry["data_offsets"])
        numbers = np.frombuffer(raw[a:b], kinds[entry["dtype"]])
        return numbers.reshape(shape(entry["shape"]))

    return read


@exercise(
    "14.5",
    "A file by hand",
    inputs=files,
    mistakes={
        "offsets from the file's start": (
            read_by(begin=lambda n: 0),
            "Offsets are counted from the end of the header: add 8 + n.",
        ),
        "the eight bytes forgotten": (
            read_by(begin=lambda n: n),
            "Eight bytes stand before the header: numbers begin at 8 + n, not at n.",
        ),
        "the header forgotten": (
            read_by(begin=lambda n: 8),
            "After the eight bytes comes the header, n bytes: add n as well.",
        ),
        "the length read the wrong way round": (
            read_by(order="big"),
            'The smallest byte comes first: int.from_bytes(raw[:8], "little").',
        ),
        "four bytes for every number": (
            read_by(kinds={"F32": "<f4", "F16": "<f4"}, shape=lambda shape: -1),
            'Look at the entry\'s "dtype": F16 numbers have two bytes.',
        ),
        "the shape forgotten": (
            read_by(shape=lambda shape: -1),
            'The numbers come in one row: .reshape(entry["shape"]).',
        ),
        "the shape turned round": (
            read_by(shape=lambda shape: shape[::-1]),
            "The shape is given as it is: rows first.",
        ),
    },
)
def read_tensor(raw: bytes, name: str) -> ndarray:
    """The tensor of that name in the bytes of a safetensors file."""
    return read_by()(raw, name)
