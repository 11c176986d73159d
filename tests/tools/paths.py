"""The path through a chapter, and its detours.

A section whose heading cell is tagged `detour` is a detour, down to the next heading of
its level or a higher one; all other cells are the path. A reader who takes no detour
needs nothing of them: a detour may not define, change or import what the path uses.
"""

from __future__ import annotations

import ast
import math
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import notebooks
from counting import MARK, count
from nbformat import NotebookNode

DETOUR = "detour"
# Chapters still in the first edition: what DESIGN 4 asks of a path is reported there,
# and enforced in every other chapter. Empty once Part II is rewritten.
FIRST_EDITION: frozenset[str] = frozenset()
HEADING = re.compile(r"(#+) +(.*)")
LINE_OF_MARK = re.compile(rf"\n*^{MARK.pattern}$", re.M)
COMPOUND = (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.FunctionDef,
            ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)  # fmt: skip


@dataclass(frozen=True)
class Detour:
    """A detour: its title, its heading's level, its cells as nb.cells[first:end]."""

    title: str
    level: int
    first: int
    end: int


def heading(cell: NotebookNode) -> int:
    """Return the level of the heading that a cell begins with, 0 for none."""
    if cell.cell_type != "markdown":
        return 0
    found = HEADING.match(cell.source)
    return len(found[1]) if found else 0


def detours(nb: NotebookNode) -> list[Detour]:
    """Return a notebook's detours in order; one inside another belongs to the outer."""
    found, position = [], 0
    while position < len(nb.cells):
        cell = nb.cells[position]
        level = heading(cell) if DETOUR in notebooks.tags(cell) else 0
        if not level:
            position += 1
            continue
        end = position + 1
        while end < len(nb.cells) and not 0 < heading(nb.cells[end]) <= level:
            end += 1
        title = HEADING.match(cell.source)[2].strip()
        found.append(Detour(title, level, position, end))
        position = end
    return found


def off_path(nb: NotebookNode) -> set[int]:
    """Return the positions, from 0, of the cells that lie in detours."""
    return {i for found in detours(nb) for i in range(found.first, found.end)}


def path_cells(nb: NotebookNode) -> list[NotebookNode]:
    """Return the cells of the path, in order."""
    hidden = off_path(nb)
    return [cell for i, cell in enumerate(nb.cells) if i not in hidden]


# --- which names a cell reads and binds ------------------------------------------


def reads_and_binds(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Return the global names that a top-level statement reads, and those it binds.

    A name that the statement binds before it reads it (the target of a `for`, an
    import) counts as bound only; `x += 1` and `x = x + 1` read x. Names inside of
    functions are global names where no scope of the function binds them.
    """
    table = symtable.symtable(ast.unparse(statement), "<cell>", "exec")
    reads, binds = set(), set()
    for symbol in table.get_symbols():
        if symbol.is_referenced():
            reads.add(symbol.get_name())
        if symbol.is_assigned() or symbol.is_imported():
            binds.add(symbol.get_name())
    for inner in below(table):
        for symbol in inner.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                reads.add(symbol.get_name())
            if symbol.is_declared_global() and symbol.is_assigned():
                binds.add(symbol.get_name())
    if isinstance(statement, COMPOUND):
        reads -= binds
    if isinstance(statement, ast.AugAssign):
        target = statement.target
        reads |= {target.id} if isinstance(target, ast.Name) else set()
    return reads, binds | patched(statement)


def below(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield every scope inside of a scope."""
    for inner in table.get_children():
        yield inner
        yield from below(inner)


def patched(statement: ast.stmt) -> set[str]:
    """Return what a statement changes in place: `C` in `C.run = f` or `C["x"] = f`."""
    found = set()
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    for target in targets:
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
            if isinstance(target, ast.Name):
                found.add(target.id)
    return found


@dataclass(frozen=True)
class Need:
    """A name that a path cell uses, and whose last definition lies in a detour."""

    name: str
    cell: int  # from 1, Markdown cells counted too
    built: int
    detour: str


def needs(nb: NotebookNode) -> list[Need]:
    """Return what the path needs of its detours, each name once per cell."""
    home = {i: one for one in detours(nb) for i in range(one.first, one.end)}
    last: dict[str, int] = {}  # name -> the cell that bound it last, from 0
    found = []
    for position, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        try:
            body = ast.parse(notebooks.plain_python(cell.source)).body
        except SyntaxError:
            continue  # gate_code.syntax tells
        seen: set[str] = set()
        for statement in body:
            reads, binds = reads_and_binds(statement)
            for name in sorted(reads - seen):
                built = last.get(name)
                if position not in home and built in home:
                    where = home[built].title
                    found.append(Need(name, position + 1, built + 1, where))
                    seen.add(name)
            last.update(dict.fromkeys(binds, position))
    return found


# --- the mark that a reader sees -------------------------------------------------


def mark(nb: NotebookNode, detour: Detour) -> str:
    """Return the line that marks a detour with its own minutes."""
    minutes = max(1, math.ceil(count(nb.cells[detour.first : detour.end]).minutes))
    unit = "minute" if minutes == 1 else "minutes"
    return f'<p class="detour-mark">A detour of about {minutes} {unit}.</p>'


def with_marks(nb: NotebookNode) -> bool:
    """Write the mark below the heading of each detour, and take away what is old.

    Says whether that changed the notebook.
    """
    wanted = {one.first: mark(nb, one) for one in detours(nb)}
    changed = False
    for position, cell in enumerate(nb.cells):
        if cell.cell_type != "markdown":
            continue
        text = LINE_OF_MARK.sub("", cell.source)
        if position in wanted:
            head, _, rest = text.partition("\n")
            body = rest.strip("\n")
            text = f"{head}\n\n{wanted[position]}" + (f"\n\n{body}" if body else "")
        elif text == cell.source:
            continue
        changed = changed or text != cell.source
        cell.source = text
    return changed


def marks(root: Path, write: bool = False) -> list[str]:
    """Return the chapters whose detours are marked wrongly; mark them on request."""
    found = []
    for path in notebooks.chapters(root).values():
        nb = notebooks.read(path)
        if with_marks(nb):
            name = notebooks.label(path, root)
            found.append(f"{name}: the mark of a detour is missing or old")
            if write:
                notebooks.write(path, notebooks.dumps(nb))
    return found
