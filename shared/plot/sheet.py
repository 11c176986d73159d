"""The squared paper under every drawing: what stands on it, its name and place."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from shared.plot.parts import Part
from shared.plot.shapes import (
    ABOVE,
    BELOW,
    CAPITAL,
    LINE,
    SIZE,
    SQUARE,
    Bounds,
    Line,
    Point,
    Rect,
    Shape,
    Words,
    height,
    width,
)

EDGE = 1e-6  # what a rounding may add


class Sheet:
    """A panel of squared paper, `wide` squares from left to right, open downwards.

    shapes: what is drawn, in the order of drawing, shared by all panels of a drawing.
    origin: where this panel begins on the sheet. Parts are measured from there.
    """

    def __init__(self, wide: float, shapes: list[Shape], origin: Point) -> None:
        self.wide, self.shapes, self.origin = wide, shapes, origin
        self._names: dict[str, list[Part]] = defaultdict(list)

    # --- parts and their names ---------------------------------------------------

    def _part(self, bounds: Bounds, name: str, **more: Any) -> Part:
        """Remember a part by its name."""
        edges = bounds.left, bounds.top, bounds.right, bounds.bottom
        part = Part(*edges, name, origin=self.origin, **more)
        if name:
            self._names[name].append(part)
        return part

    def find(self, place: Part | str | Point) -> Part:
        """The part of this name or at this point; another panel's is moved here."""
        if isinstance(place, str):
            return self._named(place)
        if isinstance(place, Part):
            dx, dy = (a - b for a, b in zip(place.origin, self.origin, strict=True))
            left, right = place.left + dx, place.right + dx
            edges = left, place.top + dy, right, place.bottom + dy
            return Part(*edges, place.name, origin=self.origin, round=place.round)
        x, y = self._pair(place, "a place", "a name, a part or (x, y)")
        return Part(x, y, x, y, f"({x:g}, {y:g})", origin=self.origin)

    def _named(self, name: str) -> Part:
        found = self._names.get(name, [])
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"{len(found)} parts are called {name!r}: give each its own name=, or "
                "use what the function that drew it returned"
            )
        known = ", ".join(map(repr, self._names)) or "none yet"
        raise ValueError(f"no part is called {name!r}; the names here are {known}")

    @staticmethod
    def _pair(value: Any, what: str, wanted: str = "(x, y) in squares") -> Point:
        try:
            x, y = value
            return float(x), float(y)
        except (TypeError, ValueError):
            message = f"{what} is {value!r}, expected {wanted}"
            raise ValueError(message) from None

    def _bounds(self, at: Any, size: Any) -> Bounds:
        """The rectangle at a left upper corner; size: (wide, high)."""
        x, y = self._pair(at, "at")
        wide, high = self._pair(size, "size", "(wide, high) in squares")
        if not (wide > 0 and high > 0):
            raise ValueError(f"size is ({wide:g}, {high:g}); both must be above 0")
        return Bounds(x, y, x + wide, y + high)

    # --- drawing -----------------------------------------------------------------

    def _draw(self, shape: Shape, first: bool = False) -> None:
        """Put a shape, in this panel's squares, on the sheet; first: under all."""
        self._inside(shape)
        moved = moved_shape(shape, self.origin)
        self.shapes.insert(0 if first else len(self.shapes), moved)

    def _inside(self, shape: Shape) -> None:
        """Refuse what leaves the panel at its left, right or upper edge."""
        bounds = extent(shape)
        low, high = bounds.left < -EDGE, bounds.right > self.wide + EDGE
        if low or high or bounds.top < -EDGE:
            what = "a line or an arrow" if isinstance(shape, Line) else "a box"
            what = f"the text {shape.text!r}" if isinstance(shape, Words) else what
            across = f"from {bounds.left:.1f} to {bounds.right:.1f} across"
            raise ValueError(
                f"{what} leaves its sheet, which is {self.wide:.4g} squares wide: it "
                f"goes {across} and begins at height {bounds.top:.1f}; move it to the "
                f"{'left' if high else 'right' if low else 'bottom'} or make it smaller"
            )

    def _filled(
        self,
        shape: Rect,
        label: str,
        size: float = SIZE,
        pad: float = 0.12,
        **more: Any,
    ) -> None:
        """Draw a box with a label in its middle; one that does not fit is refused."""
        b, lines = shape.bounds, label.split("\n")
        if label:
            self._fits(label, lines, b.right - b.left - 2 * pad, b.bottom - b.top, size)
        self._draw(shape)
        if label:
            middle = (b.left + b.right) / 2, (b.top + b.bottom) / 2
            self._lines(lines, *middle, size, 0.5, **more)

    @staticmethod
    def _fits(
        label: str, lines: list[str], room_wide: float, room_high: float, size: float
    ) -> None:
        wide, high = max(width(line, size) for line in lines), height(len(lines), size)
        if wide > room_wide + EDGE or high > room_high + EDGE:
            more_wide, more_high = _up(wide - room_wide), _up(high - room_high)
            grow = [f"{more_wide} wider"] * (more_wide > 0)
            grow += [f"{more_high} higher"] * (more_high > 0)
            larger = " and ".join(grow)
            raise ValueError(
                f"the label {label!r} needs {wide:.2f} x {high:.2f} squares and has "
                f"room for {room_wide:.2f} x {room_high:.2f}: make its box {larger}, "
                "shorten the label or break it with \\n"
            )

    def _lines(
        self,
        lines: list[str],
        x: float,
        y: float,
        size: float,
        align: float,
        **more: Any,
    ) -> Bounds:
        """Write lines, y being the middle of all; align: 0 left, 0.5 middle, 1 right.

        Returns what they cover.
        """
        step = LINE * size / SQUARE
        base = y + CAPITAL * size / SQUARE / 2 - step * (len(lines) - 1) / 2
        for i, line in enumerate(lines):
            left = x - align * width(line, size, more.get("bold", False))
            self._draw(Words(line, left, base + i * step, size, **more))
        wide = max(width(line, size, more.get("bold", False)) for line in lines)
        left, last = x - align * wide, base + (len(lines) - 1) * step
        above, below = ABOVE * size / SQUARE, BELOW * size / SQUARE
        return Bounds(left, base - above, left + wide, last + below)


def _up(squares: float) -> float:
    """The next tenth that is large enough."""
    return math.ceil(10 * squares - EDGE) / 10


def moved_shape(shape: Shape, by: Point) -> Shape:
    """The same shape elsewhere."""
    dx, dy = by
    if isinstance(shape, Words):
        looks = shape.size, shape.color, shape.bold
        return Words(shape.text, shape.x + dx, shape.y + dy, *looks)
    if isinstance(shape, Line):
        points = tuple((x + dx, y + dy) for x, y in shape.points)
        return Line(points, shape.color, shape.head, shape.dashed, shape.thick)
    old = shape.bounds
    new = Bounds(old.left + dx, old.top + dy, old.right + dx, old.bottom + dy)
    return Rect(new, **{k: v for k, v in vars(shape).items() if k != "bounds"})


def extent(shape: Shape) -> Bounds:
    """What a shape covers."""
    if not isinstance(shape, Line):
        return shape.bounds
    xs, ys = zip(*shape.points, strict=True)
    return Bounds(min(xs), min(ys), max(xs), max(ys))
