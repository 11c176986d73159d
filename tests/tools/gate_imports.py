"""Gates over what a page imports from shared/: few names, and from rooms.

A reader who meets a chapter's first lines should see at a glance what it builds upon
(DESIGN 2): at most ten lines and 25 names, each taken from its room, so that a file can
be parted without a change of any page.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import notebooks
import paths
from gate_folding import trees
from gate_path import Rule, binding, is_chapter
from page import Page, Problem

MOST_LINES, MOST_NAMES = 10, 25
ROOMS = {path.parent.name for path in notebooks.ROOT.glob("shared/*/__init__.py")}


def imports(page: Page) -> Iterator[tuple[int, ast.ImportFrom | ast.Import, list[str]]]:
    """Yield (cell, statement, names of shared/) of every import from the package."""
    for i, _, tree in trees(page):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                if (node.module or "").split(".")[0] == "shared":
                    yield i, node, [alias.name for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                if ours := [n for n in names if n.split(".")[0] == "shared"]:
                    yield i, node, ours


def from_rooms(page: Page) -> list[Problem]:
    """A page imports from rooms, not from the files in them."""
    found = []
    for i, node, names in imports(page):
        modules = names if isinstance(node, ast.Import) else [node.module]
        for module in modules:
            _, room, *file = [*module.split("."), ""]
            if file and file[0] and room in ROOMS:
                what = f"it imports from {module}, a file of the room {room!r}"
                do = f"Import from shared.{room}; its __init__ offers the name"
                found.append(Problem(page.name, i, what, do))
    return found


def few_imports(page: Page) -> list[Problem]:
    """A chapter takes at most ten lines and 25 names from shared/."""
    lines = names = 0
    for _, node, taken in imports(page):
        lines += node.end_lineno - node.lineno + 1
        names += len(taken)
    if lines <= MOST_LINES and names <= MOST_NAMES:
        return []
    what = (
        f"it imports {names} names of shared/ in {lines} lines; "
        f"{MOST_NAMES} in {MOST_LINES} are the most"
    )
    return [Problem(page.name, None, what, "Build more on the page, or import less")]


def reported(page: Page) -> list[Problem]:
    """What `few_imports` will find in a chapter that still is in the first edition."""
    first = page.path.stem in paths.FIRST_EDITION
    return few_imports(page) if is_chapter(page) and first else []


GATES: tuple[Rule, ...] = (from_rooms, binding(few_imports))
