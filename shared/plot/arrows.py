"""Arrows and lines from part to part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from shared.plot.palette import COLORS, look
from shared.plot.parts import Part
from shared.plot.shapes import SMALL, SOFT, Line, Point
from shared.plot.sheet import Sheet

SIDES = ("left", "right", "above", "below")
WAYS = ("", "down", "up", "left", "right")
BEND_POINTS = 24
Place = Part | str | Point


class Arrows(Sheet):
    """The drawing functions for what leads from one part to another."""

    def arrow(
        self,
        start: Place,
        end: Place,
        label: str = "",
        side: str = "",
        way: str = "",
        around: str = "",
        by: float = 0.8,
        via: Sequence[Point] = (),
        bend: float = 0.0,
        color: str = "",
        dashed: bool = False,
        head: bool = True,
    ) -> None:
        """Draw an arrow from part to part, the shortest way between their edges.

        start, end: a name, what a drawing function returned, or a point (x, y). label:
        words beside it, such as a shape; side: where they stand, "left", "right",
        "above" or "below". color: a meaning. head: False draws a line.

        Where the shortest way is not meant, give one of these. way: "down", "up",
        "left" or "right", from middle to middle. around: "left" or "right", past what
        lies between, `by` squares away. via: points to go through. bend: how far the
        middle swings out, to the right of its way, as a share of its length.
        """
        one, two = self.find(start), self.find(end)
        if sum(map(bool, (way, around, via, bend))) > 1:
            raise ValueError("give one of way=, around=, via= and bend=, not several")
        if around:
            points = past(one, two, around, by)
        elif via:
            points = through(one, two, [self._pair(point, "via") for point in via])
        else:
            points = between(one, two, way)
        if bend:
            points = bent(points[0], points[-1], bend)
        ink = look(color).edge if color else COLORS["ink"]
        self._draw(Line(tuple(points), ink, head, dashed))
        if label:
            self._beside(points, label, side)

    def line(
        self, start: Place, end: Place, color: str = "", dashed: bool = False
    ) -> None:
        """Draw a line without a head, such as a weight between two units."""
        self.arrow(start, end, color=color, dashed=dashed, head=False)

    def _beside(self, points: list[Point], label: str, side: str) -> None:
        """Write a label beside the longest stretch of a line, or a bend's middle."""
        stretch = max(pairwise(points), key=lambda pair: math.dist(*pair))
        if len(points) > BEND_POINTS:
            stretch = points[BEND_POINTS // 2], points[BEND_POINTS // 2 + 1]
        (x0, y0), (x1, y1) = stretch
        upright = abs(y1 - y0) > abs(x1 - x0)
        side = side or ("right" if upright else "above")
        if side not in SIDES:
            raise ValueError(f"side is {side!r}, expected one of {', '.join(SIDES)}")
        lines, x, y = label.split("\n"), (x0 + x1) / 2, (y0 + y1) / 2
        away = 0.3 + 0.22 * (len(lines) - 1)
        dx, dy, align = {
            "left": (-0.18, 0, 1.0), "right": (0.18, 0, 0.0),
            "above": (0, -away, 0.5), "below": (0, away, 0.5),
        }[side]  # fmt: skip
        self._lines(lines, x + dx, y + dy, SMALL, align, color=SOFT)


def between(one: Part, two: Part, way: str = "") -> list[Point]:
    """The two ends of the shortest way between the edges of two parts.

    Where the parts face each other the way is upright or level; else it is slanted,
    from the middle of an edge to another's. way: from which edge to which, instead of
    the shortest, and always between their middles: several such ways form a fan.
    """
    if way not in WAYS:
        known = ", ".join(filter(None, WAYS))
        raise ValueError(f"way is {way!r}, expected one of {known}")
    if (one.round or two.round) and not way:
        level = one.y == two.y or one.x == two.x
        if (one.round and two.round) or level:
            return [_rim(one, two), _rim(two, one)]
    across = max(two.left - one.right, one.left - two.right)
    down = max(two.top - one.bottom, one.top - two.bottom)
    if across <= 0 and down <= 0 and one.bounds.cuts(two.bounds):
        raise ValueError(
            f"{one.name!r} and {two.name!r} lie on each other: no arrow fits between"
        )
    if way in ("down", "up") or (not way and down >= across):
        x0, x1 = _places((one.left, one.right), (two.left, two.right), bool(way))
        below = way == "down" or (not way and two.y > one.y)
        return [
            (x0, one.bottom if below else one.top),
            (x1, two.top if below else two.bottom),
        ]
    y0, y1 = _places((one.top, one.bottom), (two.top, two.bottom), bool(way))
    after = way == "right" or (not way and two.x > one.x)
    return [
        (one.right if after else one.left, y0),
        (two.left if after else two.right, y1),
    ]


def _places(one: Point, two: Point, middles: bool) -> Point:
    """Where a way leaves and arrives along two edges: at one place if they face."""
    low, high = max(one[0], two[0]), min(one[1], two[1])
    smaller = min(one[1] - one[0], two[1] - two[0])
    if not middles and low <= high and high - low >= 0.6 * smaller:
        return (low + high) / 2, (low + high) / 2
    return sum(one) / 2, sum(two) / 2


def _rim(part: Part, towards: Part) -> Point:
    """The point on a part's edge on the way to another's middle."""
    dx, dy = towards.x - part.x, towards.y - part.y
    away = math.hypot(dx, dy) or 1.0
    half = (part.right - part.left) / 2, (part.bottom - part.top) / 2
    if part.round:
        return part.x + half[0] * dx / away, part.y + half[1] * dy / away
    share = min(h / abs(d) for h, d in zip(half, (dx, dy), strict=True) if d)
    return part.x + share * dx, part.y + share * dy


def past(one: Part, two: Part, around: str, by: float) -> list[Point]:
    """A way from one side of a part to that of another, past what lies between."""
    if around not in ("left", "right"):
        raise ValueError(f"around is {around!r}, expected 'left' or 'right'")
    (x0, y0), (x1, y1) = one.on(around), two.on(around)
    x = min(x0, x1) - by if around == "left" else max(x0, x1) + by
    return [(x0, y0), (x, y0), (x, y1), (x1, y1)]


def through(one: Part, two: Part, via: list[Point]) -> list[Point]:
    """A way over given points."""
    first, last = (Part(x, y, x, y) for x, y in (via[0], via[-1]))
    return [between(one, first)[0], *via, between(last, two)[1]]


def bent(start: Point, end: Point, bend: float) -> list[Point]:
    """A curved way; bend: how far its middle lies off, to the right, as a share."""
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2 - 2 * bend * (y1 - y0), (y0 + y1) / 2 + 2 * bend * (x1 - x0)
    points = []
    for i in range(BEND_POINTS + 1):
        t = i / BEND_POINTS
        weights = (1 - t) ** 2, 2 * t * (1 - t), t * t
        x = sum(w * v for w, v in zip(weights, (x0, middle[0], x1), strict=True))
        y = sum(w * v for w, v in zip(weights, (y0, middle[1], y1), strict=True))
        points.append((x, y))
    return points
