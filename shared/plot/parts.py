"""What the drawing functions return: a place on the sheet that arrows can go to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.plot.shapes import Bounds, Point


@dataclass(frozen=True)
class Part:
    """A box, a row, a matrix or one cell of it; all measures are in squares.

    left, top, right, bottom: its edges. x, y: its middle. part[i] is the i-th cell of a
    row, box of a flow or block of a stack; a matrix has cell(r, c), row(r), column(c).
    """

    left: float
    top: float
    right: float
    bottom: float
    name: str = ""
    cells: tuple[tuple[Part, ...], ...] = field(default=(), repr=False)
    origin: Point = (0.0, 0.0)
    round: bool = False

    @property
    def x(self) -> float:
        """The middle, from left to right."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """The middle, from top to bottom."""
        return (self.top + self.bottom) / 2

    @property
    def bounds(self) -> Bounds:
        """The four edges."""
        return Bounds(self.left, self.top, self.right, self.bottom)

    def on(self, side: str, share: float = 0.5) -> Point:
        """A point on the "left", "right", "top" or "bottom" edge, from 0 to 1 along."""
        x = self.left + share * (self.right - self.left)
        y = self.top + share * (self.bottom - self.top)
        points = {
            "left": (self.left, y), "right": (self.right, y),
            "top": (x, self.top), "bottom": (x, self.bottom),
        }  # fmt: skip
        if side not in points:
            sides = ", ".join(points)
            raise ValueError(f"no side {side!r} of {self.name!r}; give one of {sides}")
        return points[side]

    def __getitem__(self, i: int) -> Part:
        flat = [cell for row in self.cells for cell in row]
        if not -len(flat) <= i < len(flat):
            raise IndexError(
                f"{self.name!r} has {len(flat)} cells, there is none at {i}"
            )
        return flat[i]

    def __len__(self) -> int:
        return sum(map(len, self.cells))

    def cell(self, row: int, column: int) -> Part:
        """One cell of a matrix, counted from 0."""
        self._cells("column", tuple(zip(*self.cells, strict=True)), column)
        return self._cells("row", self.cells, row)[column]

    def row(self, row: int) -> Part:
        """A whole row of a matrix."""
        return around(self._cells("row", self.cells, row), f"row {row} of {self.name}")

    def column(self, column: int) -> Part:
        """A whole column of a matrix."""
        columns = tuple(zip(*self.cells, strict=True))
        found = self._cells("column", columns, column)
        return around(found, f"column {column} of {self.name}")

    def _cells(self, kind: str, lines: tuple, i: int) -> tuple[Part, ...]:
        if not -len(lines) <= i < len(lines):
            raise IndexError(
                f"{self.name!r} has {len(lines)} {kind}s, none is number {i}"
            )
        return lines[i]


def around(parts: Iterable[Part], name: str = "") -> Part:
    """The smallest part that holds all of these, which stand on one panel."""
    found = list(parts)
    return Part(
        min(part.left for part in found),
        min(part.top for part in found),
        max(part.right for part in found),
        max(part.bottom for part in found),
        name,
        (tuple(found),),
        found[0].origin,
    )
