"""What is said about parts that stand already: braces, frames, highlights."""

from __future__ import annotations

import math
from collections.abc import Iterable

from shared.plot.palette import MEANINGS
from shared.plot.parts import Part, around
from shared.plot.shapes import SIZE, SMALL, SQUARE, Bounds, Line, Point, Rect, height
from shared.plot.sheet import Sheet

DEEP = 0.3  # of a brace, from its ends to its tip
Parts = Part | str | Iterable[Part | str]
TURNS = {"bottom": (0, 1), "top": (0, -1), "right": (1, 0), "left": (-1, 0)}


class Marks(Sheet):
    """The drawing functions for what goes along or around parts."""

    def brace(self, parts: Parts, label: str = "", side: str = "bottom") -> Part:
        """Draw a brace along a side of one or more parts, with words at its tip.

        Returns the tip, from which an arrow can lead on.
        """
        whole = self._whole(parts)
        if side not in TURNS:
            raise ValueError(f"side is {side!r}, expected one of {', '.join(TURNS)}")
        dx, dy = TURNS[side]
        start, end = whole.on(side, 0.02), whole.on(side, 0.98)
        start, end = ((x + 0.1 * dx, y + 0.1 * dy) for x, y in (start, end))
        self._draw(Line(curl(start, end, (dx, dy)), thick=1.4, head=False))
        x, y = (start[0] + end[0]) / 2 + dx * DEEP, (start[1] + end[1]) / 2 + dy * DEEP
        if label:
            lines = label.split("\n")
            down = dy * (0.08 + height(len(lines)) / 2)
            self._lines(lines, x + 0.15 * dx, y + down, SIZE, 0.5 - dx / 2)
        return self.find((x + 0.08 * dx, y + 0.08 * dy))

    def frame(self, parts: Parts, label: str = "", pad: float = 0.35) -> Part:
        """Draw a dashed frame around parts, such as a block, its label above it.

        pad: squares between the parts and the frame. Returns the frame.
        """
        whole = self._whole(parts)
        left, right = whole.left - pad, whole.right + pad
        bounds = Bounds(left, whole.top - pad, right, whole.bottom + pad)
        look = {"edge": MEANINGS["plain"].edge, "dashed": True, "thick": 1.2}
        self._draw(Rect(bounds, corner=0.2, **look), first=True)
        if label:
            lines = label.split("\n")
            y = bounds.top - 0.06 - height(len(lines)) / 2
            self._lines(lines, bounds.left, y, SIZE, 0.0)
        return self._part(bounds, label)

    def highlight(self, parts: Parts, label: str = "") -> None:
        """Draw a thick orange edge around cells: here is what the text speaks of.

        label: words below it.
        """
        whole = self._whole(parts)
        edge = MEANINGS["target"].edge
        self._draw(Rect(whole.bounds, edge=edge, thick=3.2))
        if label:
            y = whole.bottom + 0.1 + SMALL / SQUARE / 2
            self._lines(label.split("\n"), whole.x, y, SMALL, 0.5, color=edge)

    def _whole(self, parts: Parts) -> Part:
        if isinstance(parts, Part | str):
            return self.find(parts)
        found = [self.find(part) for part in parts]
        if not found:
            raise ValueError("no parts given: give one part or a list of them")
        return around(found)


def curl(start: Point, end: Point, out: Point) -> tuple[Point, ...]:
    """A brace from start to end, its tip towards `out`."""
    long = math.dist(start, end)
    if long < 4 * DEEP / 2:
        raise ValueError(
            f"{long:.1f} squares are too short for a brace, which needs 0.6"
        )
    turn, half = DEEP / 2, long / 2
    steps = [i / 8 * math.pi / 2 for i in range(9)]
    rise = [(turn * (1 - math.cos(a)), turn * math.sin(a)) for a in steps]
    tip = [(half - turn + turn * math.sin(a), DEEP - turn * math.cos(a)) for a in steps]
    first = rise + tip
    whole = first + [(long - along, deep) for along, deep in reversed(first)]
    ux, uy = (end[0] - start[0]) / long, (end[1] - start[1]) / long
    return tuple(
        (start[0] + a * ux + d * out[0], start[1] + a * uy + d * out[1])
        for a, d in whole
    )
