"""Boxes, circles, words, and boxes that follow or carry one another."""

from __future__ import annotations

from collections.abc import Sequence

from shared.plot.palette import COLORS, look
from shared.plot.parts import Part, around
from shared.plot.shapes import SIZE, SMALL, SOFT, Bounds, Line, Point, rect
from shared.plot.sheet import Sheet

AIR = 0.12  # squares between words and an arrow that comes to them
ALIGN = {"left": 0.0, "center": 0.5, "right": 1.0}


class Boxes(Sheet):
    """The drawing functions for boxes."""

    def box(
        self,
        label: str,
        at: Point,
        size: Point = (3, 1),
        color: str = "part",
        name: str = "",
    ) -> Part:
        """Draw a box with a label.

        at: its left upper corner. size: (wide, high). color: a meaning. name: what
        arrows call it, otherwise the label. A label that does not fit raises.
        """
        bounds = self._bounds(at, size)
        self._filled(rect(bounds, look(color), corner=0.14), label)
        return self._part(bounds, name or label)

    def circle(
        self,
        label: str,
        at: Point,
        size: float = 0.8,
        color: str = "plain",
        name: str = "",
    ) -> Part:
        """Draw a circle, such as a sum or a unit of a network; at: its middle."""
        x, y = self._pair(at, "at")
        bounds = self._bounds((x - size / 2, y - size / 2), (size, size))
        self._filled(rect(bounds, look(color), round=True), label, pad=0.08)
        return self._part(bounds, name or label, round=True)

    def text(
        self,
        words: str,
        at: Point,
        align: str = "center",
        small: bool = False,
        bold: bool = False,
    ) -> Part:
        """Write words; at: their middle, or with align="left" or "right" that end.

        small: softer and a little smaller, for shapes and remarks.
        """
        if align not in ALIGN:
            raise ValueError(f"align is {align!r}, expected one of {', '.join(ALIGN)}")
        x, y = self._pair(at, "at")
        size, color = (SMALL, SOFT) if small else (SIZE, COLORS["ink"])
        looks = {"color": color, "bold": bold}
        b = self._lines(words.split("\n"), x, y, size, ALIGN[align], **looks)
        return self._part(Bounds(b.left - AIR, b.top, b.right + AIR, b.bottom), words)

    def flow(
        self,
        labels: Sequence[str],
        at: Point,
        size: Point = (3, 1),
        gap: float = 0.6,
        color: str | Sequence[str] = "part",
        direction: str = "down",
    ) -> Part:
        """Draw boxes that follow one another, an arrow between each two.

        at: the left upper corner of the first. direction: "down", "up" or "right".
        color: one meaning, or one for each. Returns the whole; [i] is the i-th box.
        """
        colors = one_each(color, len(labels), "labels")
        x, y = self._pair(at, "at")
        wide, high = self._pair(size, "size", "(wide, high) in squares")
        steps = {
            "down": (0, high + gap),
            "up": (0, -high - gap),
            "right": (wide + gap, 0),
        }
        if direction not in steps:
            known = ", ".join(steps)
            raise ValueError(f"direction is {direction!r}, expected one of {known}")
        dx, dy = steps[direction]
        boxes = [
            self.box(label, (x + i * dx, y + i * dy), size, colors[i])
            for i, label in enumerate(labels)
        ]
        first, last = {"down": ("bottom", "top"), "up": ("top", "bottom")}.get(
            direction, ("right", "left")
        )
        for one, next_one in zip(boxes, boxes[1:], strict=False):
            self._draw(Line((one.on(first), next_one.on(last))))
        return around(boxes, "flow")

    def stack(
        self,
        labels: Sequence[str],
        at: Point,
        size: Point = (4, 0.9),
        color: str | Sequence[str] = "part",
    ) -> Part:
        """Draw blocks on top of one another, the first at the bottom, as models are.

        at: the left upper corner of the whole. color: one meaning, or one for each.
        Returns the whole; [i] is the i-th block, from the bottom.
        """
        colors = one_each(color, len(labels), "labels")
        x, y = self._pair(at, "at")
        wide, high = self._pair(size, "size", "(wide, high) in squares")
        blocks = []
        for i, label in enumerate(labels):
            top = y + (len(labels) - 1 - i) * high
            bounds = Bounds(x, top, x + wide, top + high)
            self._filled(rect(bounds, look(colors[i])), label)
            blocks.append(self._part(bounds, label))
        return around(blocks, "stack")


def one_each(color: str | Sequence[str], count: int, what: str) -> list[str]:
    """One meaning for each of `count` things; a list of another length is refused."""
    if count == 0:
        raise ValueError(f"nothing to draw: no {what}")
    if isinstance(color, str):
        return [color] * count
    if len(color) != count:
        raise ValueError(f"{count} {what}, {len(color)} colours: give one each, or one")
    return list(color)
