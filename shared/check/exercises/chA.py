"""Exercises of appendix A. Torch and safetensors are imported where they are needed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int, ...]
Tape = list[tuple[str, str, tuple[str, ...]]]

MEETINGS = [
    ((4, 3), (3,)),
    ((4, 1), (3,)),
    ((2, 1, 5), (3, 1)),
    ((7,), (6, 2, 7)),
    ((), (2, 3)),
    ((4, 3), (4,)),
    ((2, 3), (3, 2)),
]


def met(m: int, n: int) -> int:
    """The length in which two lengths meet. Raises ValueError when they do not."""
    if m != n and 1 not in (m, n):
        raise ValueError(f"{m} does not meet {n}")
    return n if m == 1 else m


def lined_up(a: Shape, b: Shape) -> list[tuple[int, int]]:
    """Pairs of lengths from the right, a missing one counted as 1."""
    most = max(len(a), len(b))
    full_a, full_b = ((1,) * (most - len(s)) + s for s in (a, b))
    return list(zip(full_a, full_b, strict=True))[::-1]


def from_the_left(a: Shape, b: Shape) -> Shape:
    """Lining up from the left, as a mistake."""
    most = max(len(a), len(b))
    full_a, full_b = (s + (1,) * (most - len(s)) for s in (a, b))
    return tuple(met(m, n) for m, n in zip(full_a, full_b, strict=True))


def without_stretching(a: Shape, b: Shape) -> Shape:
    """Allowing a missing direction and no direction of length 1, as a mistake."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    if shorter and longer[-len(shorter) :] != shorter:
        raise ValueError(f"{a} does not end in {b}")
    return longer


@exercise(
    "A.1",
    "Shapes that meet",
    inputs=MEETINGS,
    mistakes={
        "lined up from the left": (
            from_the_left,
            "The last directions stand under each other: count with a[-1], a[-2], ...",
        ),
        "the larger length, whatever the other": (
            lambda a, b: tuple(max(m, n) for m, n in lined_up(a, b)[::-1]),
            "3 and 4 do not meet: only a length of 1 is stretched; raise ValueError.",
        ),
        "no stretching of 1": (
            without_stretching,
            "Two lengths meet when they are equal or when one of them is 1.",
        ),
        "missing directions left out": (
            lambda a, b: tuple(met(m, n) for m, n in zip(a[::-1], b[::-1]))[::-1],
            "A direction that one shape lacks counts as 1; it stays in the result.",
        ),
        "back to front": (
            lambda a, b: tuple(met(m, n) for m, n in lined_up(a, b)),
            "You went from the right to the left: turn the result around at the end.",
        ),
    },
)
def meeting_shape(a: Shape, b: Shape) -> Shape:
    """The shape in which two shapes are broadcast; ValueError when they do not meet."""
    return tuple(met(m, n) for m, n in lined_up(a, b)[::-1])


def channels() -> list[tuple]:
    """Tables (B, T, C) and numbers of heads, once as many heads as places."""
    import torch

    return [
        (torch.arange(48.0).view(2, 4, 6), 3),
        (torch.arange(24.0).view(1, 3, 8), 2),
        (torch.arange(36.0).view(1, 3, 12), 3),
    ]


@exercise(
    "A.2",
    "Channels into heads",
    inputs=channels,
    mistakes={
        "dealt out anew": (
            lambda x, heads: x.reshape(x.shape[0], heads, x.shape[1], -1),
            "The shape is right, the contents are not: view first, then transpose.",
        ),
        "heads behind the places": (
            lambda x, heads: x.view(*x.shape[:2], heads, -1),
            "Exchange the directions of the places and of the heads: transpose(1, 2).",
        ),
        "neighbouring channels torn apart": (
            lambda x, heads: x.view(*x.shape[:2], -1, heads).permute(0, 3, 1, 2),
            "A head's channels are neighbours: view(B, T, heads, C // heads).",
        ),
        "places and channels exchanged": (
            lambda x, heads: x.view(*x.shape[:2], heads, -1).permute(0, 2, 3, 1),
            "Inside of a head the rows are places: the shape is (B, heads, T, D).",
        ),
    },
)
def into_heads(x: Tensor, heads: int) -> Tensor:
    """(B, T, C) as (B, heads, T, C // heads); head 0 has the first channels."""
    return x.view(*x.shape[:2], heads, -1).transpose(1, 2)


def limited(size: int) -> Callable:
    """Mean squared error of at most `size` rows; more raise MemoryError."""

    def cost(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
        if len(x) > size:
            raise MemoryError(f"{len(x)} rows do not fit, {size} do")
        return (x @ w - y).square().mean()

    return cost


def batches() -> list[tuple]:
    """A cost, weights, rows and answers, and how many rows fit; one part is smaller."""
    import torch

    generator = torch.Generator().manual_seed(5)
    found = []
    for rows, size in [(7, 3), (5, 4), (9, 2)]:
        x = torch.randn(rows, 3, generator=generator)
        y, w = torch.randn(rows, generator=generator), torch.ones(3)
        found.append((limited(size), w, x, y, size))
    return found


def by_parts(
    share: Callable[[int, int, int, int], float], whole_parts: bool = False
) -> Callable:
    """Gradients of parts times share(rows of the part, of all, size, parts), added."""

    def gradient(cost: Callable, w: Tensor, x: Tensor, y: Tensor, size: int) -> Tensor:
        w, rows = w.clone().requires_grad_(), len(x)
        end = rows // size * size if whole_parts else rows
        for start in range(0, end, size):
            part = slice(start, start + size)
            own = share(len(x[part]), rows, size, math.ceil(rows / size))
            (cost(w, x[part], y[part]) * own).backward()
        return w.grad

    return gradient


def last_part(cost: Callable, w: Tensor, x: Tensor, y: Tensor, size: int) -> Tensor:
    """Forgetting the gradient before each part, as a mistake."""
    w = w.clone().requires_grad_()
    for start in range(0, len(x), size):
        w.grad = None
        part = slice(start, start + size)
        (cost(w, x[part], y[part]) * len(x[part]) / len(x)).backward()
    return w.grad


def at_once(cost: Callable, w: Tensor, x: Tensor, y: Tensor, size: int) -> Tensor:
    """All rows in one call, as a mistake."""
    w = w.clone().requires_grad_()
    cost(w, x, y).backward()
    return w.grad


@exercise(
    "A.3",
    "A batch in parts",
    inputs=batches,
    close=1e-5,
    mistakes={
        "the sum of the parts' gradients": (
            by_parts(lambda own, rows, size, parts: 1.0),
            "Each part's mean counts as if it were the whole: weigh it with its share.",
        ),
        "all parts weigh the same": (
            by_parts(lambda own, rows, size, parts: 1 / parts),
            "The last part has fewer rows and a smaller say: its rows / all rows.",
        ),
        "the last part counted as a full one": (
            by_parts(lambda own, rows, size, parts: size / rows),
            "Weigh with the rows that the part has, len(x[part]), not with size.",
        ),
        "the rows left over": (
            by_parts(lambda own, rows, size, parts: own / rows, whole_parts=True),
            "Rows that do not fill a part are rows, too: let the last part be smaller.",
        ),
        "forgetting between the parts": (
            last_part,
            "Here gradients should pile up: empty .grad once, before the first part.",
        ),
        "everything at once": (
            at_once,
            "More than `size` rows do not fit: call cost on one part after the other.",
        ),
    },
)
def gradient_in_parts(
    cost: Callable, w: Tensor, x: Tensor, y: Tensor, size: int
) -> Tensor:
    """Gradient at w of the mean cost of all rows, `size` rows at a time."""
    return by_parts(lambda own, rows, size, parts: own / rows)(cost, w, x, y, size)


def files() -> list[tuple]:
    """Bytes of safetensors files, and a name in each."""
    import torch
    from safetensors.torch import save

    first = {
        "layer.weight": torch.arange(6.0).view(2, 3) / 4,
        "layer.bias": torch.tensor([0.5, -2.0]),
        "steps": torch.tensor([[3, 1], [4, 1]]),
    }
    second = {"a": torch.full((3,), 7), "b": torch.ones(1, 2, 2) * 1.5}
    told = save(second, {"note": "two small tensors"})
    return [
        *((save(first), name) for name in first),
        *((told, name) for name in second),
    ]


def head_of(data: bytes, order: str = "little") -> tuple[int, dict[str, Any]]:
    """The length of a file's head, and the head."""
    length = int.from_bytes(data[:8], order)
    return length, json.loads(data[8 : 8 + length])


def tensor_at(
    data: bytes, about: dict[str, Any], base: int, kinds: tuple[str, str]
) -> Tensor:
    """A flat tensor out of bytes, its offsets counted from `base`; kinds: F32, I64."""
    import torch

    begin, end = about["data_offsets"]
    kind = getattr(torch, kinds[about["dtype"] == "I64"])
    return torch.frombuffer(bytearray(data[base + begin : base + end]), dtype=kind)


def reader(
    base: Callable[[int], int] = lambda length: 8 + length,
    kinds: tuple[str, str] = ("float32", "int64"),
    flat: bool = False,
    first: bool = False,
    order: str = "little",
) -> Callable[[bytes, str], Tensor]:
    """A version of the reference, with one of its parts exchanged."""

    def read(data: bytes, name: str) -> Tensor:
        length, head = head_of(data, order)
        if first:
            name = next(key for key in head if not key.startswith("__"))
        found = tensor_at(data, head[name], base(length), kinds)
        return found if flat else found.view(head[name]["shape"])

    return read


@exercise(
    "A.4",
    "A file without its library",
    inputs=files,
    mistakes={
        "offsets from the beginning of the file": (
            reader(base=lambda length: 0),
            "data_offsets count from where the numbers begin: behind the JSON.",
        ),
        "the first eight bytes forgotten": (
            reader(base=lambda length: length),
            "The JSON ends at 8 + length, since the length itself takes eight bytes.",
        ),
        "the largest byte first": (
            reader(order="big"),
            'The length begins with its smallest byte: int.from_bytes(..., "little").',
        ),
        "all numbers taken for float32": (
            reader(kinds=("float32", "float32")),
            "I64 is int64, eight bytes a number: look at the dtype in the head.",
        ),
        "one long row": (
            reader(flat=True),
            "Give the numbers the shape of the head, with view or reshape.",
        ),
        "the first tensor, whatever the name": (
            reader(first=True),
            "Look the name up in the head.",
        ),
    },
)
def tensor_named(data: bytes, name: str) -> Tensor:
    """The tensor of that name in the bytes of a safetensors file (F32 or I64)."""
    return reader()(data, name)


def played(tape: Tape, leaves: dict[str, float]) -> tuple[Tape, dict[str, float]]:
    """A tape and the values of all its names, computed forward."""
    values = dict(leaves)
    for name, operation, inputs in tape:
        given = [values[i] for i in inputs]
        if operation == "add":
            values[name] = sum(given)
        elif operation == "mul":
            values[name] = math.prod(given)
        else:
            values[name] = math.tanh(*given)
    return tape, values


LINE: Tape = [("p", "mul", ("w", "x")), ("s", "add", ("p", "b"))]
TAPES = [
    played(LINE, {"w": 2.0, "x": 3.0, "b": 1.0}),
    played([*LINE, ("t", "tanh", ("s",))], {"w": 0.5, "x": 0.8, "b": 0.1}),
    played([("q", "mul", ("x", "x")), ("r", "mul", ("q", "x"))], {"x": 3.0}),
    played(
        [
            ("h", "tanh", ("x",)),
            ("k", "mul", ("h", "w")),
            ("s", "add", ("k", "h")),
            ("z", "mul", ("s", "k")),
        ],
        {"x": 0.3, "w": -1.5, "unused": 4.0},
    ),
]


def local(
    values: dict[str, float], name: str, operation: str, inputs: tuple[str, ...]
) -> Iterator[tuple[str, float]]:
    """Each input of one operation, and the derivative with respect to it."""
    if operation == "add":
        yield from ((i, 1.0) for i in inputs)
    elif operation == "mul":
        a, b = inputs
        yield from ((a, values[b]), (b, values[a]))
    else:
        yield inputs[0], 1 - values[name] ** 2


def own_factor(
    values: dict[str, float], name: str, operation: str, inputs: tuple[str, ...]
) -> Iterator[tuple[str, float]]:
    """A product's derivative taken for the factor itself, as a mistake."""
    if operation == "mul":
        yield from ((i, values[i]) for i in inputs)
    else:
        yield from local(values, name, operation, inputs)


def tanh_of_input(
    values: dict[str, float], name: str, operation: str, inputs: tuple[str, ...]
) -> Iterator[tuple[str, float]]:
    """The slope of tanh from its input instead of its value, as a mistake."""
    if operation == "tanh":
        yield inputs[0], 1 - values[inputs[0]] ** 2
    else:
        yield from local(values, name, operation, inputs)


def walker(
    rule: Callable = local,
    order: Callable = reversed,
    add: bool = True,
    chain: bool = True,
) -> Callable[[Tape, dict[str, float]], dict[str, float]]:
    """A version of the reference, with one of its parts exchanged."""

    def walk(tape: Tape, values: dict[str, float]) -> dict[str, float]:
        slopes = dict.fromkeys(values, 0.0)
        slopes[tape[-1][0]] = 1.0
        for name, operation, inputs in order(tape):
            came = slopes[name] if chain else 1.0
            for i, slope in rule(values, name, operation, inputs):
                slopes[i] = came * slope + add * slopes[i]
        return slopes

    return walk


def on_the_tape(tape: Tape, values: dict[str, float]) -> dict[str, float]:
    """The slopes of the names that stand on the tape alone, as a mistake."""
    there = {name for entry in tape for name in (entry[0], *entry[2])}
    return {n: slope for n, slope in walker()(tape, values).items() if n in there}


@exercise(
    "A.5",
    "A tape of your own",
    inputs=TAPES,
    mistakes={
        "replacing instead of adding": (
            walker(add=False),
            "A name that is used twice gets a share from each use: write +=.",
        ),
        "from the beginning to the end": (
            walker(order=list),
            "A slope must be complete before it is passed on: walk the tape backward.",
        ),
        "the chain broken": (
            walker(chain=False),
            "Multiply each operation's own derivative by the slope of its result.",
        ),
        "the factor itself": (
            walker(rule=own_factor),
            "The derivative of a * b with respect to a is b, the other factor.",
        ),
        "names without a part left out": (
            on_the_tape,
            "Every name in values gets an entry: 0.0 when the result never used it.",
        ),
        "the slope of tanh from its input": (
            walker(rule=tanh_of_input),
            "It is 1 minus the square of the result: values[name], not its input.",
        ),
    },
)
def slopes(tape: Tape, values: dict[str, float]) -> dict[str, float]:
    """The derivative of the tape's last name with respect to every name in values."""
    return walker()(tape, values)
