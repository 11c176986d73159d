"""A drawing: squared paper, all that can be drawn on it, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shared.plot import paint
from shared.plot.arrows import Arrows
from shared.plot.boxes import Boxes
from shared.plot.faults import faults
from shared.plot.grids import Grids
from shared.plot.marks import Marks
from shared.plot.shapes import SIZE, SQUARE, TITLE, Point
from shared.plot.style import save
from shared.whole_files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALT = 20  # characters that an alternative text has at least; the gate asks for as many
WIDEST = 12.5  # squares: on a phone, type is just large enough then
HEADING = 0.95  # squares that a title takes


class Panel(Boxes, Grids, Arrows, Marks):
    """A piece of squared paper: what is drawn there is measured from its corner."""


class Drawing(Panel):
    """A schematic drawing on squared paper, 12 squares wide unless `width` says so.

    alt: what the drawing shows, in a sentence, for whoever cannot see it; 20 characters
    at least. title: words above it. x runs to the right, y downwards, a square is half
    an inch; the picture is cropped to what is drawn.

        drawing = plot.Drawing(alt="A token goes through a layer and becomes a vector.")
        drawing.row(["ada"], at=(0, 0), name="text")
        drawing.box("layer", at=(3, 0))
        drawing.arrow("text", "layer")
        drawing.show()

    tests/drawings holds one example for each structure that the course draws.
    """

    def __init__(self, alt: str, title: str = "", width: float = 12) -> None:
        self.alt, self.title = _alt(alt), title
        if not 0 < width <= WIDEST:
            raise ValueError(
                f"width is {width}, expected at most {WIDEST}: on a phone a wider "
                "sheet's type could not be read; let the drawing grow downwards"
            )
        super().__init__(width, [], (0.0, HEADING if title else 0.0))
        if title:
            self.origin = (0.0, 0.0)
            self._lines([title], 0, TITLE / SQUARE / 2, TITLE, 0.0, bold=True)
            self.origin = (0.0, HEADING)

    def panels(
        self,
        titles: Sequence[str],
        cols: int = 2,
        height: float = 4,
        at: Point = (0, 0),
        gap: float = 0.6,
    ) -> list[Panel]:
        """Divide the sheet into small multiples, each with its title, row by row.

        height: squares of each, its title not counted. Returns one panel per title;
        each has all drawing functions and measures from its own left upper corner.
        """
        if cols < 1:
            raise ValueError(f"cols is {cols}, expected 1 or more")
        x, y = self._pair(at, "at")
        wide = (self.wide - x - gap * (cols - 1)) / cols
        step = HEADING * any(titles) + height + gap
        found = []
        for i, title in enumerate(titles):
            left, top = x + i % cols * (wide + gap), y + i // cols * step
            if title:
                self._lines(
                    [title], left, top + SIZE / SQUARE / 2, SIZE, 0.0, bold=True
                )
                top += HEADING - 0.15
            origin = self.origin[0] + left, self.origin[1] + top
            found.append(Panel(wide, self.shapes, origin))
        return found

    def figure(self) -> Figure:
        """The drawing as a matplotlib figure; one that cannot be read is refused."""
        if not self.shapes:
            raise ValueError("nothing is drawn yet: add a box, a row or a matrix")
        if found := faults(self.shapes):
            raise ValueError("this drawing could not be read: " + "; ".join(found[:3]))
        return paint.paint(self.shapes)

    def svg(self) -> str:
        """The drawing as SVG, the same bytes each time, its words inside."""
        return paint.svg(self.figure(), self.title or self.alt, self.alt)

    def save(self, path: str | Path) -> Path:
        """Write the drawing, whole or not at all, as .svg or .png."""
        path = Path(path)
        if path.suffix != ".svg":
            return save(self.figure(), path)
        write_whole(path, self.svg())
        return path

    def show(self) -> None:
        """Show the drawing in a notebook; where there is none, print what it shows."""
        picture = self.svg()
        try:
            from IPython import get_ipython
            from IPython.display import display
        except ImportError:
            return print(repr(self))
        if get_ipython() is None:
            return print(repr(self))
        both = {"image/svg+xml": picture, "text/plain": repr(self)}
        return display(both, raw=True)

    def __repr__(self) -> str:
        return f"Drawing: {self.alt}"


def _alt(alt: str) -> str:
    """An alternative text in one line; one that says nothing is refused."""
    words = " ".join(str(alt).split())
    if len(words) < ALT:
        raise ValueError(
            f"alt is {alt!r}, under {ALT} characters: say in a sentence what the "
            "drawing shows, for whoever cannot see it"
        )
    return words
