"""Curves, bars, the book's ladder and heat maps.

The functions return None, so that a cell ends in the picture alone. To change a
picture, make the figure first and hand its axes over:

    fig, ax = plot.figure()
    plot.ladder(levels, ax=ax)
    ax.set_title("Where we stand")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.plot.palette import (
    COLORS,
    CYCLE,
    DASHES,
    HEAT,
    look,
    readable,
    shade,
    text_on,
)
from shared.plot.style import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

APART = 17  # points between the names of two lines

def bars(
    values: Mapping[str, float],
    label: str = "",
    title: str = "",
    highlight: str | Sequence[str] = (),
    fmt: str = "{:,.2f}",
    ax: Axes | None = None,
) -> None:
    """Draw one horizontal bar per name, first on top, its value written behind it.

    values: name -> number, zero or more. label: what the numbers are, with unit.
    highlight: name or names in striped orange. fmt: how a value is written.
    """
    if not values:
        raise ValueError("nothing to draw: values is empty, expected name -> number")
    if ax is None:
        _, ax = figure(height=1.15 + 0.42 * len(values) + 0.3 * bool(title))
    special = {highlight} if isinstance(highlight, str) else set(highlight)
    style = {"va": "center", "fontsize": 13.5, "fontweight": "bold"}
    for y, (name, value) in enumerate(values.items()):
        meaning, hatch = ("floor", "//") if name in special else ("loss", None)
        color = COLORS[look(meaning).color]
        ax.barh(y, value, height=0.72, color=color, hatch=hatch)
        ax.text(value, y, " " + fmt.format(value), **style)
    ax.set_yticks(range(len(values)), list(values))
    ax.set_ylim(len(values) - 0.4, -0.6)
    ax.set_xlim(0, 1.17 * (max(values.values()) or 1))
    ax.grid(False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.set(xlabel=label, title=title)


def ladder(
    levels: Mapping[str, float],
    unit: str = "nats per word",
    title: str = "",
    here: str = "",
    ax: Axes | None = None,
) -> None:
    """Draw the book's ladder: uniform, unigram, bigram, ... down to the floor.

    levels: name -> loss, drawn in the order given. unit: what one step means.
    here: the rung we stand on; it, or else the one named "floor", is striped.
    """
    floor = next((name for name in levels if "floor" in name.lower()), "")
    bars(levels, unit, title, here or floor, ax=ax)


def heat(
    matrix: Any,
    rows: Sequence[str],
    cols: Sequence[str],
    title: str = "",
    row_label: str = "",
    col_label: str = "",
    numbers: bool | None = None,
    fmt: str = "{:.2f}",
    ax: Axes | None = None,
) -> None:
    """Draw a table of numbers as a heat map, the darker the larger.

    matrix: (len(rows), len(cols)) numbers, a list, array or CPU tensor. rows, cols:
    labels. numbers: write values into the cells; by default when at most 64.
    """
    import numpy
    from matplotlib.colors import LinearSegmentedColormap

    data = numpy.asarray(matrix, dtype=float)
    if data.shape != (len(rows), len(cols)):
        wanted = f"({len(rows)}, {len(cols)}), one row and one column per label"
        raise ValueError(f"matrix has shape {data.shape}, expected {wanted}")
    if ax is None:
        _, ax = figure(6, min(8.0, 1.5 + 0.36 * len(rows)))
    colors = LinearSegmentedColormap.from_list("paper to ink", HEAT)
    low = min(0.0, data.min())
    high = data.max() if data.max() > low else low + 1.0
    mesh = ax.pcolormesh(data, cmap=colors, vmin=low, vmax=high)
    big = data.size > 1600  # a picture of pixels is smaller then
    mesh.set(edgecolor=COLORS["grid"], linewidth=0 if big else 0.8, rasterized=big)
    if numbers or (numbers is None and data.size <= 64):
        style = {"ha": "center", "va": "center", "fontsize": 12.5}
        for (r, c), value in numpy.ndenumerate(data):
            color = text_on(shade((value - low) / (high - low)))
            ax.text(c + 0.5, r + 0.5, fmt.format(value), color=color, **style)
    turn = 90 if max(map(len, cols), default=0) * len(cols) > 44 else 0
    ax.set_xticks(numpy.arange(len(cols)) + 0.5, cols, rotation=turn)
    ax.set_yticks(numpy.arange(len(rows)) + 0.5, rows)
    ax.invert_yaxis()
    ax.xaxis.set(ticks_position="top", label_position="top")
    ax.set(xlabel=col_label, ylabel=row_label, title=title)
    ax.grid(False)
    ax.spines[:].set_visible(False)


def curve(
    series: Mapping[str, Any],
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    levels: Mapping[str, float] | None = None,
    logx: bool = False,
    ax: Axes | None = None,
    colors: Mapping[str, str] | None = None,
) -> None:
    """Draw lines, each named at its right end and with its own dashes.

    series: name -> y values, or name -> (x values, y values).
    levels: name -> y of a horizontal rung behind the lines, such as the floor.
    colors: name -> meaning, for lines that stand for one, such as "trained".
    """
    if ax is None:
        _, ax = figure()
    if logx:
        ax.set_xscale("log")
    ends = []
    for name, y in (levels or {}).items():
        goal = "floor" in name.lower()
        color = COLORS[look("floor").color if goal else "grey"]
        style = {"color": readable(color), "fontsize": 12.5}
        style["textcoords"] = "offset points"
        ax.axhline(y, color=color, linewidth=1.3, linestyle=DASHES[2])
        ax.annotate(name, (0, y), (4, 3), ("axes fraction", "data"), **style)
    for i, (name, y) in enumerate(series.items()):
        x, y = y if isinstance(y, tuple) else (range(1, len(y) + 1), y)
        meant = look(colors[name]).color if name in (colors or {}) else ""
        color = COLORS[meant or CYCLE[i % len(CYCLE)]]
        ax.plot(x, y, color=color, linestyle=DASHES[i % len(DASHES)], label=name)
        ends.append((name, (x[-1], y[-1]), readable(color)))
    name_ends(ax, ends)
    if logx:
        plain_numbers(ax)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)


def name_ends(ax: Axes, ends: list[tuple[str, tuple[float, float], str]]) -> None:
    """Write each line's name behind its end (x, y); those too near are moved apart."""
    ax.autoscale_view()
    per_point = ax.figure.dpi / 72
    ends = sorted(ends, key=lambda end: -end[1][1])  # from the top down
    last = float("inf")
    for name, end, color in ends:
        height = ax.transData.transform(end)[1] / per_point  # in points
        place = min(height, last - APART)
        style = {"color": color, "fontweight": "bold", "va": "center"}
        shift = (7, place - height)
        ax.annotate(name, end, shift, textcoords="offset points", **style)
        last = place


def plain_numbers(ax: Axes) -> None:
    """Ticks of a logarithmic axis as people write them: 0.2, 0.5, 1, 2, 5."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    low, high = ax.get_xlim()
    steps = (1, 2, 5) if high < 200 * low else (1,)
    ax.xaxis.set_major_locator(LogLocator(subs=steps))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
