"""Rows of tokens, matrices and tensors, with their shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from shared.plot.boxes import one_each
from shared.plot.palette import COLORS, look, shade, text_on
from shared.plot.parts import Part, around
from shared.plot.shapes import SIZE, SMALL, SOFT, Bounds, Point, Rect, rect, width
from shared.plot.sheet import Sheet
from shared.plot.token_strips import visible

BEHIND = 0.22  # how far each layer of a tensor looks out behind the one before it


class Grids(Sheet):
    """The drawing functions for cells in rows and columns."""

    def row(
        self,
        pieces: Sequence[Any],
        at: Point,
        color: str | Sequence[str] = "token",
        cell: float | None = None,
        label: str = "",
        name: str = "",
        high: float = 0.8,
    ) -> Part:
        """Draw cells side by side, such as the tokens of a text; spaces show as dots.

        pieces: texts or numbers. at: the left upper corner. color: one meaning, or one
        for each. cell: the width of each; without it each is as wide as its text.
        label: words before the row, ending at its left edge. Returns the row; [i] is
        the i-th cell.
        """
        colors = one_each(color, len(pieces), "pieces")
        x, y = self._pair(at, "at")
        texts = [
            visible(piece if isinstance(piece, str) else str(piece)) for piece in pieces
        ]
        if label:
            self._lines(label.split("\n"), x - 0.25, y + high / 2, SIZE, 1.0)
        cells = []
        for text, meaning in zip(texts, colors, strict=True):
            wide = cell or max(0.6, math.ceil(10 * width(text) + 4) / 10)
            bounds = Bounds(x, y, x + wide, y + high)
            self._cell(bounds, text, meaning)
            cells.append(self._part(bounds, ""))
            x += wide
        whole = around(cells, name or label or "row")
        self._names[whole.name].append(whole)
        return whole

    def matrix(
        self,
        size: tuple[int, int],
        at: Point,
        cell: float | Point = 0.5,
        color: str | Sequence[Sequence[str]] = "plain",
        label: str = "",
        shape: str = "",
        texts: Any = None,
        shades: Any = None,
        depth: int = 1,
        name: str = "",
    ) -> Part:
        """Draw a table of cells, or with depth a tensor of several behind one another.

        size: (rows, columns). at: the left upper corner of the front. cell: the side of
        a cell, or (wide, high). color: one meaning, or one per cell as a list of rows.
        label: words above; shape: words below, such as "(T, C)". texts: what the cells
        say; shades: numbers, the darker the larger, as in `heat`; both (rows, columns).
        Returns the front; its parts are cell(r, c), row(r) and column(c).
        """
        rows, columns = self._size(size)
        if depth < 1:
            raise ValueError(f"depth is {depth}, expected 1 or more")
        x, y = self._pair(at, "at")
        pair = (cell, cell) if isinstance(cell, int | float) else cell
        wide, high = self._pair(pair, "cell", "a side, or (wide, high) in squares")
        colors = self._colors(color, rows, columns)
        words = same_shape(texts, rows, columns, "texts")
        fills = self._fills(shades, rows, columns)
        for layer in range(depth - 1, 0, -1):
            self._behind(x, y, columns * wide, rows * high, layer, colors[0][0])
        cells = []
        for r in range(rows):
            line = []
            for c in range(columns):
                left, top = x + c * wide, y + r * high
                bounds = Bounds(left, top, left + wide, top + high)
                text = "" if words is None else str(words[r][c])
                self._cell(bounds, text, colors[r][c], fills and fills[r][c], SMALL)
                line.append(self._part(bounds, ""))
            cells.append(tuple(line))
        whole = Bounds(x, y, x + columns * wide, y + rows * high)
        self._around(whole, label, shape, (depth - 1) * BEHIND)
        return self._part(whole, name or label, cells=tuple(cells))

    def _cell(
        self,
        bounds: Bounds,
        text: str,
        meaning: str,
        fill: str | None = None,
        size: float = SIZE,
    ) -> None:
        shape = rect(bounds, look(meaning), thick=1.0)
        if fill:
            shape = Rect(bounds, fill=fill, edge=COLORS["grey"], thick=0.8)
        self._filled(shape, text, size, 0.06, color=text_on(shape.fill))

    def _behind(
        self, x: float, y: float, wide: float, high: float, layer: int, meaning: str
    ) -> None:
        """One layer of a tensor behind its front, looking out at two sides."""
        left, top = x + layer * BEHIND, y - layer * BEHIND
        self._draw(rect(Bounds(left, top, left + wide, top + high), look(meaning)))

    def _around(self, whole: Bounds, label: str, shape: str, back: float) -> None:
        """Write what a matrix is called above it, and its shape below."""
        x = (whole.left + whole.right) / 2
        if label:
            lines = label.split("\n")
            y = whole.top - back - 0.36 - 0.235 * (len(lines) - 1)
            self._lines(lines, x + back / 2, y, SIZE, 0.5)
        if shape:
            y = whole.bottom + 0.36
            self._lines(shape.split("\n"), x, y, SMALL, 0.5, color=SOFT)

    @staticmethod
    def _size(size: Any) -> tuple[int, int]:
        try:
            rows, columns = map(int, size)
        except (TypeError, ValueError):
            rows = columns = 0
        if rows < 1 or columns < 1:
            raise ValueError(
                f"size is {size!r}, expected (rows, columns), 1 or more each"
            )
        return rows, columns

    @staticmethod
    def _colors(color: Any, rows: int, columns: int) -> list[list[str]]:
        if isinstance(color, str):
            look(color)
            return [[color] * columns for _ in range(rows)]
        return same_shape(color, rows, columns, "color")

    @staticmethod
    def _fills(shades: Any, rows: int, columns: int) -> list[list[str]] | None:
        numbers = same_shape(shades, rows, columns, "shades")
        if numbers is None:
            return None
        flat = [float(number) for line in numbers for number in line]
        if not all(map(math.isfinite, flat)):
            raise ValueError("shades holds a number that is not finite; give numbers")
        low, high = min(0.0, *flat), max(flat)
        span = (high - low) or 1.0
        return [[shade((float(n) - low) / span) for n in line] for line in numbers]


def same_shape(table: Any, rows: int, columns: int, what: str) -> list[list] | None:
    """A table as lists, or None; one of another shape than the matrix is refused."""
    if table is None:
        return None
    lists = table.tolist() if hasattr(table, "tolist") else table
    try:
        lists = [list(line) for line in lists]
    except TypeError:
        raise ValueError(f"{what} is {table!r}, expected a list of rows") from None
    widths = sorted({len(line) for line in lists})
    if len(lists) != rows or widths != [columns]:
        found = f"({len(lists)}, {' or '.join(map(str, widths))})"
        wanted = f"({rows}, {columns})"
        raise ValueError(
            f"{what} has shape {found}, the matrix {wanted}: give one each"
        )
    return lists
