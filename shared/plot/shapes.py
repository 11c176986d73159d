"""What a drawing is made of: rectangles, lines and words, measured in squares.

A drawing stands on squared paper: x runs to the right, y downwards, and a square is
half an inch wide. Words are measured with the very outlines that are drawn later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.plot.palette import COLORS, Look
from shared.plot.style import apply_style

SQUARE = 36.0  # points
SIZE, SMALL, TITLE = 13.5, 12.5, 16.0  # type, in points
LINE = 1.25  # from one line of a text to the next, in its size
ABOVE, BELOW, CAPITAL = (
    0.76,
    0.22,
    0.7,
)  # what type reaches above and below, in its size
SOFT = "#4f5965"  # words beside the matter: shapes, notes

Point = tuple[float, float]


@dataclass(frozen=True)
class Bounds:
    """A rectangle of the sheet, in squares, without a look."""

    left: float
    top: float
    right: float
    bottom: float

    def cuts(self, other: Bounds) -> bool:
        """Whether the two share more than an edge."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)

    def holds(self, other: Bounds) -> bool:
        """Whether the other lies inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


@dataclass(frozen=True)
class Rect:
    """A rectangle or, round, an ellipse; without a look only its edge is drawn."""

    bounds: Bounds
    fill: str = "none"
    edge: str = COLORS["ink"]
    thick: float = 1.4
    dashed: bool = False
    striped: bool = False
    corner: float = 0.0
    round: bool = False


@dataclass(frozen=True)
class Line:
    """A line through points, with or without an arrow's head at its end."""

    points: tuple[Point, ...]
    color: str = COLORS["ink"]
    head: bool = True
    dashed: bool = False
    thick: float = 1.7


@dataclass(frozen=True)
class Words:
    """One line of text; x is its left end, y its base line."""

    text: str
    x: float
    y: float
    size: float = SIZE
    color: str = COLORS["ink"]
    bold: bool = False

    @property
    def bounds(self) -> Bounds:
        """What the words cover."""
        above, below = ABOVE * self.size / SQUARE, BELOW * self.size / SQUARE
        wide = width(self.text, self.size, self.bold)
        return Bounds(self.x, self.y - above, self.x + wide, self.y + below)


Shape = Rect | Line | Words


def rect(bounds: Bounds, look: Look, **more: Any) -> Rect:
    """A rectangle in the look of a meaning."""
    looks = {"fill": look.fill, "edge": look.edge, "dashed": look.dashed}
    return Rect(bounds, **{**looks, "striped": look.striped, **more})


def is_math(text: str) -> bool:
    """Whether a text holds a formula between dollar signs, such as $x_t$."""
    return text.count("$") >= 2


@cache
def width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """How many squares a line of text is wide."""
    apply_style()
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight="bold" if bold else "normal")
    wide, _, _ = text_to_path.get_text_width_height_descent(text, font, is_math(text))
    return wide / SQUARE


def height(lines: int, size: float = SIZE) -> float:
    """How many squares a text of so many lines is high."""
    return ((lines - 1) * LINE + ABOVE + BELOW) * size / SQUARE
