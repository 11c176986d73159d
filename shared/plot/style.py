"""The one style of every picture: type, paper, lines; making and saving a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.plot.palette import COLORS, CYCLE
from shared.plot.slim import slim
from shared.whole_files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONTS = Path(__file__).parent / "fonts"


def apply_style() -> Any:
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
        from matplotlib.figure import Figure

        set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches=None)
        writer = get_ipython().display_formatter.formatters["image/svg+xml"]
        writer.for_type(Figure, _whole_svg)


def _whole_svg(fig: Figure) -> str:
    """A figure as a notebook stores it."""
    from IPython.core.pylabtools import print_figure

    text = print_figure(fig, "svg", metadata={"Date": None}, bbox_inches=None)
    return slim(text)


def figure(
    width: float = 6, height: float = 3.4, rows: int = 1, cols: int = 1
) -> tuple[Figure, Any]:
    """Make an empty figure in the book's style.

    width, height: inches. 6 wide fills the text column; type stays readable on a phone
    up to about 6.5. rows, cols: how many axes. Returns (figure, axes), axes being one
    Axes, or an array of them (rows, cols squeezed) when there are several. For over
    1,000 points pass rasterized=True to scatter: the file stays small.
    """
    pyplot = apply_style()
    layout = settled_layout()
    return pyplot.subplots(rows, cols, figsize=(width, height), layout=layout)


def settled_layout() -> Any:
    """matplotlib's constrained layout, run once the axes know their limits.

    Axes that are switched off learn their limits only when they are drawn. The layout
    comes before that: it would believe that they go from 0 to 1, find their texts far
    outside, and give up with a red warning.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    class Settled(ConstrainedLayoutEngine):
        def execute(self, fig: Figure) -> None:
            for ax in fig.axes:
                _ = ax.viewLim  # reading it works out the limits
            super().execute(fig)

    return Settled()


def save(fig: Figure, path: str | Path) -> Path:
    """Write a figure, whole or not at all: SVG, or by its suffix PNG at 200 dpi."""
    path, suffix = Path(path), Path(path).suffix.lstrip(".")
    if suffix not in ("svg", "png"):
        raise ValueError(f"cannot save as {path.name!r}: name it .svg or .png")
    undated = {"Date": None} if suffix == "svg" else {"Software": None}
    with whole_file(path) as draft:
        fig.savefig(draft, format=suffix, dpi=200, metadata=undated)
    return path
