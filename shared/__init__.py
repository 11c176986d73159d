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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.contents import Chapter

__all__ = ["RELEASE", "REPOSITORY", "setup", "where_you_are"]

# The one place where the public address stands; `course.py address` writes it.
REPOSITORY = "OWNER/block-by-block"
RELEASE = "v0.1.0"

ROOT = Path(__file__).resolve().parents[1]
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
    """Return the head of a chapter: map of the book, minutes, the passport so far.

    `chapter` is a number of `_toc.yml`, such as "01". In a notebook the result shows
    itself as HTML, elsewhere as text. An unknown chapter raises ValueError, a passport
    that is missing or broken raises PassportError.
    """
    return place(chapter, ROOT)


def place(chapter: str, root: Path) -> Place:
    """Return the head of a chapter of the book in a folder: see `where_you_are`."""
    from shared import contents

    here = contents.chapter(chapter, root)
    lines = [_minutes(here.name, root), _passport(chapter)]
    return Place(here, contents.parts(root), lines)


class Place:
    """Where the reader stands; shows itself as HTML in a notebook, else as text."""

    def __init__(
        self, here: Chapter, parts: dict[str, list[Chapter]], lines: list[str]
    ) -> None:
        self.here, self.parts = here, parts
        self.lines = [line for line in lines if line]

    def __repr__(self) -> str:
        rows = [
            " ".join(f"[{one.number}]" if one == self.here else one.number for one in p)
            for p in self.parts.values()
        ]
        title = f"Chapter {self.here.number}: {self.here.title}"
        return "\n".join([" · ".join(rows), title, *self.lines])

    def _repr_html_(self) -> str:
        maps = "".join(
            f'<ol aria-label="{html.escape(part)}" style="display:flex;'
            'flex-wrap:wrap;gap:.35em;list-style:none;margin:0 0 .5em;padding:0">'
            f"{''.join(_step(one, self.here) for one in found)}</ol>"
            for part, found in self.parts.items()
        )
        lines = "".join(
            f'<div style="margin-top:.3em">{html.escape(line)}</div>'
            for line in self.lines
        )
        return (
            '<div style="max-width:44em;line-height:1.4;color:inherit">'
            f"{maps}{lines}</div>"
        )


def _step(one: Chapter, here: Chapter) -> str:
    """Return one chapter of the map as a list item; colours follow the page's text."""
    style = (
        "border:1px solid currentColor;border-radius:.5em;padding:.1em .55em;margin:0;"
    )
    number, title, current = one.number, html.escape(one.title), ""
    if one == here:
        current = ' aria-current="step"'
        style += "border-width:2px;font-weight:700"
        text = f"{number} {title}"
    else:
        style += "opacity:.65" if number > here.number else "opacity:.9"
        text = number
    return f'<li{current} title="{number} {title}" style="{style}">{text}</li>'


def _minutes(name: str, root: Path) -> str:
    """Return the sentence on reading and running time from book/minutes.json.

    It tells the path's minutes, and those with all detours where they are more. A
    chapter that has no row there yet has no such sentence.
    """
    file = root / "book" / "minutes.json"
    table = json.loads(file.read_text("utf-8"))["chapters"] if file.is_file() else {}
    if not (own := table.get(name)):
        return ""
    path, whole = own["path"], own["whole"]
    reading, all_reading = math.ceil(path["reading"]), math.ceil(whole["reading"])
    text = f"About {_count(reading, 'minute')} of reading"
    if all_reading > reading:
        text += f" ({all_reading} with all detours)"
    if path["running"] is None or whole["running"] is None:
        return f"{text}."
    running, all_running = math.ceil(path["running"]), math.ceil(whole["running"])
    text += ", and the cells run for "
    text += "less than a minute" if running <= 1 else f"about {running} minutes"
    if all_running > running:
        text += f" (about {all_running} with all detours)"
    return f"{text}."


def _count(number: int, noun: str) -> str:
    """Return "1 minute" or "2 minutes"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _passport(chapter: str) -> str:
    """Return one line of what the model's passport says before a chapter begins."""
    from shared.checkpoint import passport

    return passport.summary(chapter)
