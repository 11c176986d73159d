"""Run the path of a chapter alone, without its detours, and compare what it shows.

The cells of the path run from the first to the last in a fresh kernel, in an empty
folder inside of the checkout (where the first cell finds the book's code), and each
must show what the page shows. A path that needs a detour raises an error or shows
something else: a name, a table that a detour filled, random numbers that it drew.

Where the suite keeps training runs (BLOCKS_RUNS), one that the page's own test has
finished is gone on with; that only works for the same model, data and recipe.
"""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import bake
import compare
import notebooks
import paths
from nbformat import NotebookNode

TIMEOUT = 300.0
IGNORED = {"nbval-ignore-output", "nbval-skip"}


def problems(path: Path, root: Path = notebooks.ROOT) -> list[str]:
    """Return what goes wrong when the path of a chapter runs alone.

    One sentence per cell that shows something else; one alone when a cell raises.
    """
    nb = notebooks.read(path)
    stored = copy.deepcopy(nb)
    nb.cells = [cell for cell in paths.path_cells(nb) if runs(cell)]
    kept = {cell.id for cell in nb.cells}
    folder = root / "_build"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="path-alone-", dir=folder) as empty:
        try:
            bake.run(nb, Path(empty) / path.name, TIMEOUT)
        except notebooks.NotebookError as error:
            name = notebooks.label(path, root)
            what = str(error).partition(": ")[2]
            return [f"{name}: without its detours, {what}; the path needs a detour"]
    pairs = zip([c for c in stored.cells if c.id in kept], nb.cells, strict=True)
    return [line for old, new in pairs for line in differences(path, root, old, new)]


def runs(cell: NotebookNode) -> bool:
    """Say whether a cell takes part: one that is never run does not."""
    return "nbval-skip" not in notebooks.tags(cell)


def differences(
    path: Path, root: Path, old: NotebookNode, new: NotebookNode
) -> list[str]:
    """Say where a cell shows something else than its page, by the rules of nbval."""
    if old.cell_type != "code" or IGNORED & set(notebooks.tags(old)):
        return []
    if "extra" in notebooks.tags(old) and compare.skipped(new.outputs):
        return []  # its data is not here
    tolerance = compare.Tolerance.of(old.metadata)
    told = compare.difference(old.outputs, new.outputs, tolerance)
    if not told:
        return []
    line = (old.source.strip().splitlines() or [""])[0][:60]
    return [
        f"{notebooks.label(path, root)}, cell {line!r}: without the detours before it, "
        f"it shows something else. {told}\nGive it what the detours gave it: a seed of "
        "its own, a value defined on the path"
    ]
