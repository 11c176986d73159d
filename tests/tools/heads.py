"""Outputs that follow from the list of chapters: each page's head, and the passport's
page. A new chapter changes them everywhere; they are written here without a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import notebooks
from nbformat import NotebookNode
from notebooks import NotebookError

import shared
from shared.checkpoint.passport import show

HEAD, PASSPORT = "shared.where_you_are", "passport.show"


def outdated(root: Path = notebooks.ROOT, write: bool = False) -> list[str]:
    """Return the pages whose head or passport is old; renew the outputs on request.

    A cell that was never run is left to `bake`. Raises NotebookError for a head that
    names a chapter which is not in `_toc.yml`.
    """
    found = []
    for path in notebooks.pages(root):
        nb, old = notebooks.read(path), False
        for cell in notebooks.code_cells(nb):
            try:
                old = renew(cell, root) or old
            except ValueError as error:
                name = notebooks.label(path, root)
                raise NotebookError(
                    f"{name}: its head cannot be made: {error}"
                ) from None
        if old:
            found.append(f"{notebooks.label(path, root)}: its head or passport is old")
            if write:
                notebooks.write(path, notebooks.dumps(nb))
    return found


def renew(cell: NotebookNode, root: Path) -> bool:
    """Give a head's cell the output that it has now; say whether that changed it."""
    results = [out for out in cell.outputs if out.output_type == "execute_result"]
    changed = False
    for now in shown(cell, root) if results else ():
        data = {"text/html": now._repr_html_(), "text/plain": repr(now)}
        changed = dict(results[-1].data) != data
        results[-1].data = data
    return changed


def shown(cell: NotebookNode, root: Path) -> Iterator[Any]:
    """Yield what the cell's last line shows, if it is a head or the passport."""
    if HEAD not in cell.source and PASSPORT not in cell.source:
        return
    try:
        last = ast.parse(notebooks.plain_python(cell.source)).body[-1]
    except (SyntaxError, IndexError):
        return
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        given = [ast.literal_eval(argument) for argument in last.value.args]
        call = ast.unparse(last.value.func)
        if call == HEAD and given:
            yield shared.place(given[0], root)
        elif call == PASSPORT:
            yield show()
