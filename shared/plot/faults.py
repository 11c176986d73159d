"""What would be hard to read in a drawing: words on words, lines through words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from shared.plot.shapes import Bounds, Line, Point, Rect, Shape, Words

CORNER = 0.15  # of a circle's width: what its corners leave free
APART = 0.06  # squares that stay free at the sides of a text, for another one
TOUCH = 0.06  # squares that a line may graze a box
AIR = 0.03  # squares that words may come nearer than their full height and width


def faults(shapes: list[Shape]) -> list[str]:
    """One sentence for each text, and each box, that something else runs into.

    What lies under the box that a text stands in is hidden by it and harms nobody.
    """
    found = list(_through(shapes))
    for i, words in enumerate(shapes):
        if isinstance(words, Words):
            room = shrunk(words.bounds)
            home = _home(shapes, i, room)
            found += [
                f"the text {words.text!r} {fault}" for fault in _on(shapes, i, home)
            ]
    return list(dict.fromkeys(found))


def _through(shapes: list[Shape]) -> Iterator[str]:
    """Lines that run over a box without beginning or ending in it."""
    for i, line in enumerate(shapes):
        if not isinstance(line, Line):
            continue
        for box in shapes[:i]:
            if not isinstance(box, Rect) or box.fill == "none":
                continue
            room, ends = _inside(box), (line.points[0], line.points[-1])
            if any(room.holds(Bounds(*end, *end)) for end in ends):
                continue
            if any(crosses(room, a, b) for a, b in pairwise(line.points)):
                x, y = box.bounds.left, box.bounds.top
                yield (
                    f"a line or an arrow runs over the box at ({x:.1f}, {y:.1f}): lead "
                    "it past with via= or around=, or give its way="
                )


def _home(shapes: list[Shape], i: int, room: Bounds) -> int:
    """The last filled box drawn before the words that holds them; -1 for the paper."""
    for j in range(i - 1, -1, -1):
        shape = shapes[j]
        filled = isinstance(shape, Rect) and shape.fill != "none"
        if filled and _inside(shape).holds(room):
            return j
    return -1


def _on(shapes: list[Shape], i: int, home: int) -> Iterator[str]:
    words = shapes[i]
    room = shrunk(words.bounds)
    for j in range(home + 1, len(shapes)):
        other = shapes[j]
        if isinstance(other, Words):
            if i < j and shrunk(words.bounds, -APART, AIR).cuts(shrunk(other.bounds)):
                yield f"and the text {other.text!r} lie on each other: move one of them"
        elif isinstance(other, Line):
            if any(crosses(room, a, b) for a, b in pairwise(other.points)):
                yield "is crossed by a line or an arrow: move one of them"
        elif any(crosses(room, a, b) for a, b in _edges(other)):
            yield "is cut by the edge of a box: move one of them"


def shrunk(bounds: Bounds, across: float = AIR, down: float | None = None) -> Bounds:
    """The same, smaller on each side: without the air around letters, for instance."""
    down = across if down is None else down
    left, right = bounds.left + across, bounds.right - across
    return Bounds(left, bounds.top + down, right, bounds.bottom - down)


def _inside(box: Rect) -> Bounds:
    """The inner part of a box that no line may run over."""
    if box.round:
        return shrunk(box.bounds, CORNER * (box.bounds.right - box.bounds.left))
    return shrunk(box.bounds, TOUCH)


def _edges(box: Rect) -> list[tuple[Point, Point]]:
    b = box.bounds
    corners = [
        (b.left, b.top),
        (b.right, b.top),
        (b.right, b.bottom),
        (b.left, b.bottom),
    ]
    if box.round:
        x, y, half = (
            (b.left + b.right) / 2,
            (b.top + b.bottom) / 2,
            (b.right - b.left) / 2,
        )
        turns = [i * math.pi / 18 for i in range(36)]
        corners = [(x + half * math.cos(a), y + half * math.sin(a)) for a in turns]
    return list(pairwise([*corners, corners[0]]))


def crosses(room: Bounds, start: Point, end: Point) -> bool:
    """Whether a stretch of a line enters a rectangle (Liang and Barsky, 1984)."""
    (x0, y0), (x1, y1) = start, end
    enter, leave = 0.0, 1.0
    for step, low, high in (
        (x1 - x0, room.left - x0, room.right - x0),
        (y1 - y0, room.top - y0, room.bottom - y0),
    ):
        if step == 0:
            if low >= 0 or high <= 0:
                return False
            continue
        first, last = sorted((low / step, high / step))
        enter, leave = max(enter, first), min(leave, last)
    return enter < leave
