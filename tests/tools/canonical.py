"""The one form in which notebooks are stored: what a reader needs, and nothing that
changes from run to run or from machine to machine.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

import nbformat
import notebooks
from nbformat import NotebookNode

# `pygments_lexer` is needed by the site: without it a line that begins with ! or %
# cannot be coloured, and Sphinx warns.
METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
# A line that a carriage return takes back: progress, as it is shown on a terminal.
OVERWRITTEN = re.compile(r"^.*\r(?=[^\n]|\Z)", re.M)
# The words of a drawing (`plot.Drawing(alt=...)`) inside its picture.
DRAWN = re.compile(r'<desc id="alt-[0-9a-f]+">(.*?)</desc>', re.S)
KEPT = ("mystnb", "title", "authors")
FRONT_ENDS = (
    "ExecuteTime",
    "colab",
    "collapsed",
    "execution",
    "id",
    "jp-MarkdownHeadingCollapsed",
    "jukit_cell_id",
    "jupyter",
    "outputId",
    "scrolled",
    "trusted",
    "vscode",
)


def tidy(nb: NotebookNode) -> NotebookNode:
    """Keep what a reader needs and drop what changes from run to run; return `nb`."""
    kept = {name: nb.metadata[name] for name in KEPT if name in nb.metadata}
    nb.metadata = nbformat.from_dict({**METADATA, **kept})
    nb.nbformat, nb.nbformat_minor = 4, 5
    for cell in nb.cells:
        cell.source = cell.source.replace("\r\n", "\n").rstrip("\n")
        for name in FRONT_ENDS:
            cell.metadata.pop(name, None)
        if cell.metadata.get("tags") == []:
            del cell.metadata["tags"]
        cell.pop("attachments", None) if not cell.get("attachments") else None
        if cell.cell_type == "code":
            tidied = [tidy_output(out) for out in streams_joined(cell.outputs)]
            cell.outputs = [out for out in tidied if out.get("text") != ""]
            describe_drawings(cell)
    return nb


def describe_drawings(cell: NotebookNode) -> None:
    """Copy the words of a cell's drawings to where the site looks for them.

    The code is the one place where they are written. A cell that also shows a picture
    of another kind is left alone: its author says what both show.
    """
    pictures = [
        str(picture)
        for out in cell.outputs
        for kind, picture in out.get("data", {}).items()
        if kind.startswith("image/")
    ]
    words = [match[1] for match in map(DRAWN.search, pictures) if match]
    if words and len(words) == len(pictures):
        image = cell.metadata.setdefault("mystnb", NotebookNode())
        image = image.setdefault("image", NotebookNode())
        image["alt"] = html.unescape(" ".join(words))


def streams_joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join printed pieces that follow each other, and drop what went to stderr.

    stderr holds progress bars and warnings with paths and times of this machine.
    """
    joined: list[NotebookNode] = []
    for out in outputs:
        if out.output_type == "stream" and out.name == "stderr":
            continue
        last = joined[-1] if joined else None
        both = last is not None and last.output_type == out.output_type == "stream"
        if both:
            last.text += out.text
        else:
            joined.append(out)
    return joined


def tidy_output(out: NotebookNode) -> NotebookNode:
    """Clean one output of what belongs to this machine and this run."""
    out.pop("transient", None)
    if out.output_type == "stream":
        out.text = notebooks.clean(OVERWRITTEN.sub("", out.text))
    if out.output_type == "error":
        out.evalue = notebooks.clean(out.evalue)
        out.traceback = [f"{out.ename}: {out.evalue}"]
    if "metadata" in out:
        out.metadata.pop("needs_background", None)
    data = out.get("data", {})
    for mime in list(data):
        if "widget" in mime:
            del data[mime]
        elif mime.startswith("text/") and isinstance(data[mime], str):
            data[mime] = notebooks.clean(data[mime])
    return out


def unbaked(path: Path) -> str:
    """Return why a notebook is not in baked form, or "" when it is."""
    nb = notebooks.read(path)
    counts = [cell.execution_count for cell in notebooks.code_cells(nb)]
    if not any(counts):
        return "it was never run"
    if counts != list(range(1, len(counts) + 1)):
        return f"its cells were not run once each from top to bottom: {counts}"
    if path.read_text("utf-8") != notebooks.dumps(tidy(nb)):
        return "it was saved by hand after it was run"
    return ""
