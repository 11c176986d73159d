"""Block by Block: the small package that every notebook of the book imports.

This room holds only what each notebook needs at its top: the book's address, `setup()`
and `where_you_are()`. Importing it loads neither torch nor matplotlib, so that a page
that needs neither opens at once.
"""

from __future__ import annotations

import html
import json
import math
import os
import sys
from pathlib import Path

__all__ = ["PART_I", "RELEASE", "REPOSITORY", "setup", "where_you_are"]

# The one place where the public address stands; `course.py address` writes it.
REPOSITORY = "OWNER/block-by-block"
RELEASE = "v0.1.0"

ROOT = Path(__file__).resolve().parents[1]
PART_I = {
    "00": "Meet the machine",
    "01": "Guessing the next word",
    "02": "Text into numbers",
    "03": "A network that learns",
    "04": "Attention, slowly",
    "05": "The GPT",
    "06": "Pretraining to the floor",
    "07": "A classifier",
    "08": "From parrot to assistant",
    "09": "Preferences and rewards",
    "10": "Examine it honestly",
    "11": "Ship it",
}
# Identifiers inside an SVG are random unless a salt is given, and its date is the day
# it was drawn; both would change a stored figure on each run.
FIGURE_RC = {"svg.hashsalt": "block-by-block", "svg.fonttype": "path"}
FIGURE_KEYWORDS = {"bbox_inches": "tight", "metadata": {"Date": None}}


def setup() -> None:
    """Prepare a notebook: one book style for figures, one thread count; print one line.

    It may be called any number of times. matplotlib and torch are only touched when
    they are loaded already; otherwise their settings wait until they are.
    """
    _figures()
    _threads()
    print(f"Block by Block {RELEASE} is ready.")


def _figures() -> None:
    """Ask Jupyter for sharp figures whose bytes are the same on each run."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is None:
        return
    shell.config.InlineBackend.figure_formats = ["svg"]
    shell.config.InlineBackend.print_figure_kwargs = FIGURE_KEYWORDS
    shell.config.InlineBackend.rc = FIGURE_RC
    if "matplotlib" in sys.modules:
        import matplotlib
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        matplotlib.rcParams.update(FIGURE_RC)
        set_matplotlib_formats("svg", **FIGURE_KEYWORDS)


def _threads() -> None:
    """Let every numerical library follow OMP_NUM_THREADS where it is given."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if not (given.isdigit() and int(given) > 0):
        return
    for name in ("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ.setdefault(name, given)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(int(given))


def where_you_are(chapter: str) -> Place:
    """Return the head of a chapter: map of Part I, minutes, the passport so far.

    `chapter` is a key of `PART_I`, such as "01". In a notebook the result shows itself
    as HTML, elsewhere as text. An unknown chapter raises ValueError.
    """
    if chapter not in PART_I:
        raise ValueError(
            f"no chapter {chapter!r} in Part I; "
            f'give one of "00" to "{max(PART_I)}", in quotation marks'
        )
    return Place(chapter, _minutes(chapter), _passport(chapter))


class Place:
    """Where the reader stands; shows itself as HTML in a notebook, else as text."""

    def __init__(self, chapter: str, minutes: str, passport: str) -> None:
        self.chapter = chapter
        self.lines = [line for line in (minutes, passport) if line]

    def __repr__(self) -> str:
        steps = " ".join(f"[{n}]" if n == self.chapter else n for n in PART_I)
        title = f"Chapter {self.chapter}: {PART_I[self.chapter]}"
        return "\n".join([steps, title, *self.lines])

    def _repr_html_(self) -> str:
        steps = "".join(_step(n, title, self.chapter) for n, title in PART_I.items())
        lines = "".join(
            f'<div style="margin-top:.3em">{html.escape(line)}</div>'
            for line in self.lines
        )
        return (
            '<div style="max-width:44em;line-height:1.4;color:inherit">'
            '<ol aria-label="The chapters of Part I" style="display:flex;'
            'flex-wrap:wrap;gap:.35em;list-style:none;margin:0 0 .5em;padding:0">'
            f"{steps}</ol>{lines}</div>"
        )


def _step(number: str, title: str, here: str) -> str:
    """Return one chapter of the map as a list item; colours follow the page's text."""
    style = (
        "border:1px solid currentColor;border-radius:.5em;padding:.1em .55em;margin:0;"
    )
    title, current = html.escape(title), ""
    if number == here:
        current = ' aria-current="step"'
        style += "border-width:2px;font-weight:700"
        text = f"{number} {title}"
    else:
        style += "opacity:.65" if number > here else "opacity:.9"
        text = number
    return f'<li{current} title="{number} {title}" style="{style}">{text}</li>'


def _minutes(chapter: str) -> str:
    """Return the sentence on reading and running time from book/minutes.json."""
    try:
        table = json.loads((ROOT / "book" / "minutes.json").read_text("utf-8"))
        own = table["chapters"][chapter]
    except (OSError, ValueError, KeyError):
        return ""
    reading, running = math.ceil(own["reading"]), math.ceil(own["running"])
    return (
        f"About {_count(reading, 'minute')} of reading, and the cells run for "
        f"{'less than a minute' if running <= 1 else f'about {running} minutes'}."
    )


def _count(number: int, noun: str) -> str:
    """Return "1 minute" or "2 minutes"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _passport(chapter: str) -> str:
    """Return one line of what the model's passport says so far, if there is one."""
    try:
        from shared.checkpoint import passport
    except ImportError:
        return ""
    summary = getattr(passport, "summary", None)
    return summary(chapter) if summary else ""
