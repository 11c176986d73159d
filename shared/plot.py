"""Pictures in the book's one style.

Every figure is an SVG on an opaque sheet of paper: it reads the same on a light page, a
dark page and in Colab, and drawing it twice gives the same bytes. Colours (after Okabe
and Ito, 2008) stay apart for colour-blind readers; no picture tells its story by colour
alone; type is large enough for a phone.

The drawing functions return None, so that a cell ends in the picture alone. To change a
picture, make the figure first and hand its axes over:

    fig, ax = plot.figure()
    plot.ladder(levels, ax=ax)
    ax.set_title("Where we stand")
"""

from __future__ import annotations

import html
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS: dict[str, str] = {
    "ink": "#1f2a37", "paper": "#fffdf7", "grid": "#e7e1d3", "grey": "#737b86",
    "blue": "#0067a5", "orange": "#dd8500", "green": "#008a67", "red": "#c8452b",
    "purple": "#9a4f96", "sky": "#4aa3d8",
}  # fmt: skip
CYCLE = ("blue", "orange", "green", "purple", "red", "sky", "grey")
DASHES = ("-", (0, (5, 1.6)), (0, (1.4, 1.4)), (0, (6, 1.6, 1.4, 1.6)))
CHIPS = ("#cfe5f5", "#fbe3b8", "#cdeadd", "#f0d9ee", "#f9d6cc", "#e3e6ea")
HEAT = ("#fffdf7", "#cfe3f1", "#7fb7de", "#2f7fbd", "#0b4a7c", "#06294a")
SURPRISE = ((255, 250, 235), (246, 178, 107))
FONTS = Path(__file__).parents[1] / "book" / "figures" / "fonts"


def _style() -> Any:
    """Set the book's style once more (cheap, harmless) and return pyplot."""
    from matplotlib import font_manager, pyplot, rcParams
    from matplotlib.rcsetup import cycler

    known = {font.fname for font in font_manager.fontManager.ttflist}
    own = sorted(map(str, FONTS.glob("*.ttf")))  # none where shared/ stands alone
    for path in set(own) - known:
        font_manager.fontManager.addfont(path)
    ink, paper, grid = COLORS["ink"], COLORS["paper"], COLORS["grid"]
    rcParams.update({
        "font.family": ["Figtree"] * bool(own) + ["DejaVu Sans"],
        "font.size": 14, "text.color": ink, "figure.dpi": 100,
        "svg.hashsalt": "block-by-block", "svg.fonttype": "path",
        "figure.facecolor": paper, "savefig.facecolor": paper, "axes.facecolor": paper,
        "figure.constrained_layout.use": True, "axes.axisbelow": True,
        **{f"figure.constrained_layout.{side}_pad": 0.12 for side in "hw"},
        "axes.titlesize": 16, "axes.titleweight": "bold", "axes.titlepad": 12,
        "axes.titlelocation": "left", "axes.labelsize": 14, "axes.labelcolor": ink,
        "axes.edgecolor": COLORS["grey"], "axes.linewidth": 1.0, "axes.grid": True,
        "axes.spines.top": False, "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=[COLORS[name] for name in CYCLE]),
        "grid.color": grid, "grid.linewidth": 1.0, "lines.linewidth": 2.4,
        "xtick.labelsize": 13, "ytick.labelsize": 13, "xtick.color": ink,
        "ytick.color": ink, "xtick.major.size": 0, "ytick.major.size": 0,
        "legend.frameon": False, "legend.fontsize": 13, "patch.linewidth": 0,
        "hatch.linewidth": 1.4, "hatch.color": paper,
    })  # fmt: skip
    _notebook_writes_svg()
    return pyplot


def _notebook_writes_svg() -> None:
    """Inside Jupyter: figures as SVG, whole (not cropped), and without a date."""
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches=None)


def figure(
    width: float = 6, height: float = 3.4, rows: int = 1, cols: int = 1
) -> tuple[Figure, Any]:
    """Make an empty figure in the book's style.

    width, height: inches. 6 wide fills the text column; type stays readable on a phone
    up to about 6.5. rows, cols: how many axes. Returns (figure, axes), axes being one
    Axes, or an array of them (rows, cols squeezed) when there are several. For over
    1,000 points pass rasterized=True to scatter: the file stays small.
    """
    return _style().subplots(rows, cols, figsize=(width, height))


def save(fig: Figure, path: str | Path) -> Path:
    """Write a figure, whole or not at all: SVG, or by its suffix PNG at 200 dpi."""
    path, suffix = Path(path), Path(path).suffix.lstrip(".")
    if suffix not in ("svg", "png"):
        raise ValueError(f"cannot save as {path.name!r}: name it .svg or .png")
    draft = path.with_name(path.name + ".part")
    undated = {"Date": None} if suffix == "svg" else {"Software": None}
    fig.savefig(draft, format=suffix, dpi=200, metadata=undated)
    os.replace(draft, path)
    return path


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
        color, hatch = ("orange", "//") if name in special else ("blue", None)
        ax.barh(y, value, height=0.72, color=COLORS[color], hatch=hatch)
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
            color = COLORS["paper" if (value - low) / (high - low) > 0.5 else "ink"]
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
) -> None:
    """Draw lines, each named at its right end and with its own dashes.

    series: name -> y values, or name -> (x values, y values).
    levels: name -> y of a horizontal rung behind the lines, such as the floor.
    """
    if ax is None:
        _, ax = figure()
    if logx:
        ax.set_xscale("log")
    shift = {"textcoords": "offset points"}
    for name, y in (levels or {}).items():
        look = {"color": COLORS["grey"], "fontsize": 12.5, **shift}
        ax.axhline(y, color=COLORS["grey"], linewidth=1.3, linestyle=DASHES[2])
        ax.annotate(name, (0, y), (4, 3), ("axes fraction", "data"), **look)
    for i, (name, y) in enumerate(series.items()):
        x, y = y if isinstance(y, tuple) else (range(1, len(y) + 1), y)
        color = COLORS[CYCLE[i % len(CYCLE)]]
        ax.plot(x, y, color=color, linestyle=DASHES[i % len(DASHES)], label=name)
        look = {"color": color, "fontweight": "bold", "va": "center", **shift}
        ax.annotate(name, (x[-1], y[-1]), (7, 0), **look)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)


CHIP = (
    '<span style="display:inline-block;background:{back};padding:.1em .3em;'
    'margin:.1em;border-radius:5px">{text}{below}</span>'
)
ROW = (
    '<div class="bbb-tokens" style="color:#1f2a37;line-height:1.25;overflow-wrap:'
    'anywhere;font-family:ui-monospace,Menlo,Consolas,monospace">{}</div>'
)
LEGEND = '<div style="font-size:.85em;opacity:.85">Under each token: {}; {}</div>'


class Tokens:
    """A row of tokens: coloured chips in a notebook or page, plain text elsewhere."""

    def __init__(self, pieces: list[str], values: list | None, unit: str) -> None:
        self.pieces, self.values, self.unit = pieces, values, unit
        self.top = max((v for v in values or () if v < float("inf")), default=0.0)

    def __repr__(self) -> str:
        if self.values is None:
            return "|".join(self.pieces)
        pairs = zip(self.pieces, self.values, strict=True)
        return " | ".join(f"{piece} {value:.2f}" for piece, value in pairs)

    def _repr_html_(self) -> str:
        row = ROW.format("".join(map(self._chip, range(len(self.pieces)))))
        if self.values is None:
            return row
        scale = f"the darker, the more (palest 0, darkest {self.top:.2f})."
        return row + LEGEND.format(html.escape(self.unit), scale)

    def _chip(self, i: int) -> str:
        text = html.escape(self.pieces[i])
        if self.values is None:
            return CHIP.format(text=text, back=CHIPS[i % len(CHIPS)], below="")
        value = self.values[i]
        share = min(1.0, max(0.0, value / self.top)) if self.top else 0.0
        mix = (round(a + (b - a) * share) for a, b in zip(*SURPRISE, strict=True))
        below = f'<br><span style="font-size:.75em">{value:.2f}</span>'
        return CHIP.format(text=text, back="rgb({},{},{})".format(*mix), below=below)


def visible(piece: str | bytes) -> str:
    """Show a token so that nothing hides: a space as ·, a line end as ↵, a tab as ⇥.

    Bytes that are no whole UTF-8 character are shown in hexadecimal, as \\xe2.
    """
    if isinstance(piece, bytes):
        piece = piece.decode("utf-8", "backslashreplace")
    return piece.replace(" ", "·").replace("\n", "↵").replace("\t", "⇥")


def tokens(
    pieces: Sequence[str | bytes],
    values: Sequence[float] | None = None,
    unit: str = "surprise in nats",
) -> Tokens:
    """Show tokens side by side; with values, each one's number below it and as colour.

    pieces: strings or bytes. values: one number >= 0 per piece (inf allowed).
    Returns an object that Jupyter shows as HTML chips and print() as plain text.
    """
    if values is not None and len(values) != len(pieces):
        raise ValueError(f"{len(pieces)} pieces, {len(values)} values: give one each")
    numbers = None if values is None else [float(value) for value in values]
    return Tokens([visible(piece) for piece in pieces], numbers, unit)
