"""Keep what stands twice equal: blocks, first cells, heads, minutes, addresses.

    course.py sync                 write what follows from other files (first cells,
                                   heads, minutes, marks of detours, the README's
                                   table); show where a cell and shared/ differ
    course.py sync --check         write nothing; exit 1 if anything is out of step
    course.py sync --to-shared     take the notebooks' text of every block that differs
    course.py sync --to-notebook   take shared/'s text of every block that differs

With FILES, only these notebooks' blocks are taken over. Files are written whole.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import address
import blocks
import budget
import heads
import nbformat
import notebooks
import order
import paths
from nbformat import NotebookNode
from notebooks import ROOT, NotebookError

from shared import contents

FIRST_TAGS = ["hide-input"]
CALL = "shared.setup()"
KNOWN = (NotebookError, blocks.BlockError, contents.ContentsError, SyntaxError, OSError)


# --- first cells -----------------------------------------------------------------


def with_first_cell(nb: NotebookNode, text: str) -> bool:
    """Make `text` the notebook's first code cell; say whether that changed it."""
    cells = notebooks.code_cells(nb)
    if not cells or CALL not in cells[0].source:
        start = nb.cells.index(cells[0]) if cells else len(nb.cells)
        cell = nbformat.v4.new_code_cell(text, metadata={"tags": list(FIRST_TAGS)})
        cell["id"] = "first-cell"
        nb.cells.insert(start, cell)
        return True
    first = cells[0]
    if first.source == text and notebooks.tags(first) == FIRST_TAGS:
        return False
    first.source, first.metadata["tags"] = text, list(FIRST_TAGS)
    return True


def first_cells(root: Path, write: bool) -> list[str]:
    """Return the notebooks whose first cell is not the book's; repair it on request."""
    text, found = notebooks.first_cell(*address.current(root)), []
    for path in notebooks.pages(root):
        nb = notebooks.read(path)
        if with_first_cell(nb, text):
            found.append(f"{notebooks.label(path, root)}: its first cell is not ours")
            if write:
                notebooks.write(path, notebooks.dumps(nb))
    return found


# --- blocks ----------------------------------------------------------------------


def differing(root: Path, files: list[Path]) -> list[blocks.Tagged]:
    """Return the tagged cells that differ from shared/, of all chapters or of files."""
    paths = [path.resolve() for path in files] or list(
        notebooks.chapters(root).values()
    )
    items = blocks.tagged(paths)
    for item in items:
        try:
            blocks.check_cell(item)
            blocks.find(root, item.name)
        except blocks.BlockError as error:
            raise NotebookError(
                f"{item.place}: tag shared:{item.name}: {error}"
            ) from None
    return [item for item in items if blocks.compare(root, item)]


def to_shared(root: Path, items: list[blocks.Tagged]) -> None:
    """Write the cells' text into shared/."""
    for item in items:
        blocks.put(root, item.name, item.cell.source)
        print(f"shared:{item.name} now has the text of {item.place}")


def to_notebook(root: Path, items: list[blocks.Tagged]) -> None:
    """Write the text of shared/ into the cells."""
    for path in dict.fromkeys(item.path for item in items):
        nb = notebooks.read(path)
        cells = notebooks.code_cells(nb)
        for item in items:
            if item.path == path:
                cells[item.position - 1].source = blocks.find(root, item.name).text
                print(f"{item.place} now has the text of shared:{item.name}")
        notebooks.write(path, notebooks.dumps(nb))


# --- everything ------------------------------------------------------------------


def problems(root: Path = ROOT) -> list[str]:
    """Return everything that is out of step, one finding each."""
    found = first_cells(root, write=False)
    for gate in order.GATES:
        found += gate(root)
    found += address.problems(root) + budget.problems(root)
    shown = paths.marks(root) + heads.outdated(root)
    found += [f"{line}; run `course.py sync`" for line in shown]
    return found


def repair(root: Path = ROOT) -> None:
    """Write what follows from other files, and say what was written."""
    for line in first_cells(root, write=True):
        print(f"{line}; repaired, run `course.py bake`")
    for line in paths.marks(root, write=True):
        print(f"{line}; renewed")
    if budget.renew(root):
        print("book/minutes.json and README.md have the new chapters and minutes")
    for line in heads.outdated(root, write=True):
        print(f"{line}; renewed")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="course.py sync", description=__doc__.splitlines()[0]
    )
    parser.add_argument("files", nargs="*", type=Path, help="default: every chapter")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--check", action="store_true", help="write nothing")
    ways.add_argument("--to-shared", action="store_true", help="notebooks are right")
    ways.add_argument("--to-notebook", action="store_true", help="shared/ is right")
    options = parser.parse_args(arguments)
    try:
        if options.to_shared or options.to_notebook:
            take = to_shared if options.to_shared else to_notebook
            take(root, differing(root, options.files))
        if not options.check:
            repair(root)
        found = problems(root)
    except KNOWN as error:
        found = [str(error)]
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        print(
            f"{len(found)} findings. Where a block differs, --to-shared takes the "
            "notebook's text and --to-notebook takes that of shared/.",
            file=sys.stderr,
        )
    else:
        print("Everything that stands twice is equal.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
