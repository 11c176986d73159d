"""From shapes to a picture, drawn by matplotlib as the curves are, in the same type."""

from __future__ import annotations

import hashlib
import html
import io
import re
from typing import TYPE_CHECKING, Any

from shared.plot.palette import COLORS
from shared.plot.shapes import SQUARE, Bounds, Point, Rect, Shape, Words, is_math
from shared.plot.sheet import extent
from shared.plot.slim import slim
from shared.plot.style import apply_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.25  # squares of paper around everything
STRIPES = 0.26  # squares from one stripe to the next
HEAD = (0.26, 0.1)  # an arrow's head: how long, how wide to each side, in squares


def paint(shapes: list[Shape]) -> Figure:
    """A figure as large as what is drawn, each square half an inch."""
    apply_style()
    from matplotlib.figure import Figure

    bounds = [extent(shape) for shape in shapes]
    left, right = min(b.left for b in bounds), max(b.right for b in bounds)
    top, bottom = min(b.top for b in bounds), max(b.bottom for b in bounds)
    left, top, right, bottom = (
        left - MARGIN,
        top - MARGIN,
        right + MARGIN,
        bottom + MARGIN,
    )
    size = (right - left) * SQUARE / 72, (bottom - top) * SQUARE / 72
    fig = Figure(figsize=size, layout="none", facecolor=COLORS["paper"])
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set(xlim=(left, right), ylim=(bottom, top))
    for z, shape in enumerate(shapes):
        for artist in artists(shape):
            artist.set(zorder=z, clip_on=False)
            add(ax, artist)
    return fig


def artists(shape: Shape) -> list[Any]:
    """What matplotlib draws for a shape."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon
    from matplotlib.text import Text

    if isinstance(shape, Words):
        weight = "bold" if shape.bold else "normal"
        look = {"fontsize": shape.size, "color": shape.color, "fontweight": weight}
        math = is_math(shape.text)
        return [Text(shape.x, shape.y, shape.text, parse_math=math, **look)]
    if isinstance(shape, Rect):
        return _rect(shape)
    points, tip = list(shape.points), None
    if shape.head:
        points, tip = headed(points)
    style = (0, (4, 2)) if shape.dashed else "-"
    look = {"color": shape.color, "linewidth": shape.thick, "linestyle": style}
    caps = {"solid_joinstyle": "round", "solid_capstyle": "butt"}
    line = Line2D(*zip(*points, strict=True), **look, **caps)
    return [line, *([Polygon(tip, color=shape.color, linewidth=0)] if tip else [])]


def _rect(shape: Rect) -> list[Any]:
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Ellipse, FancyBboxPatch, Rectangle

    b = shape.bounds
    wide, high = b.right - b.left, b.bottom - b.top

    def patch(**look: Any) -> Any:
        if shape.round:
            return Ellipse(
                ((b.left + b.right) / 2, (b.top + b.bottom) / 2), wide, high, **look
            )
        if shape.corner:
            box = f"round,pad=0,rounding_size={shape.corner}"
            return FancyBboxPatch((b.left, b.top), wide, high, boxstyle=box, **look)
        return Rectangle((b.left, b.top), wide, high, **look)

    style = (0, (3, 1.6)) if shape.dashed else "-"
    edge = {"edgecolor": shape.edge, "linewidth": shape.thick, "linestyle": style}
    if not shape.striped:
        return [patch(facecolor=shape.fill, **edge)]
    stripes = {"colors": COLORS["stripe"], "linewidths": 1.6}
    striped = LineCollection(diagonals(b), **stripes)
    plain = patch(facecolor=shape.fill, linewidth=0)
    return [plain, striped, patch(facecolor="none", **edge)]


def diagonals(bounds: Bounds) -> list[list[Point]]:
    """Stripes that rise through a rectangle, ending at its edges."""
    wide, high = bounds.right - bounds.left, bounds.bottom - bounds.top
    found, along = [], STRIPES / 2
    while along < wide + high:
        start = min(along, wide), max(0.0, along - wide)
        end = max(0.0, along - high), min(along, high)
        both = [(bounds.left + x, bounds.top + y) for x, y in (start, end)]
        found.append(both)
        along += STRIPES
    return found


def headed(points: list[tuple]) -> tuple[list[tuple], list[tuple]]:
    """A line that ends where its head begins, and the three corners of the head."""
    (x0, y0), (x1, y1) = points[-2:]
    away = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1e-9)
    ux, uy = (x1 - x0) / away, (y1 - y0) / away
    long, half = min(HEAD[0], away), HEAD[1]
    bx, by = x1 - long * ux, y1 - long * uy
    corners = [
        (x1, y1),
        (bx - half * uy, by + half * ux),
        (bx + half * uy, by - half * ux),
    ]
    return [*points[:-1], (bx + 0.05 * ux, by + 0.05 * uy)], corners


def add(ax: Axes, artist: Any) -> None:
    """Put an artist on the axes, in their coordinates."""
    artist.set_transform(ax.transData)
    ax.add_artist(artist)


def svg(fig: Figure, title: str, alt: str) -> str:
    """The figure as SVG, with a name and a description for whoever cannot see it."""
    file = io.StringIO()
    fig.savefig(
        file,
        format="svg",
        metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
    )
    key = hashlib.sha256(f"{title} {alt}".encode()).hexdigest()[:10]
    named = f'<svg role="img" aria-labelledby="title-{key} alt-{key}" '
    words = (
        f'<title id="title-{key}">{html.escape(title)}</title>\n'
        f'<desc id="alt-{key}">{html.escape(alt)}</desc>\n'
    )
    text = file.getvalue().replace("<svg ", named, 1)
    text = re.sub(r"(<svg [^>]*>\n)", lambda match: match[1] + words, text, count=1)
    return slim(text)
