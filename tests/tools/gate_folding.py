"""What may be folded: imports, drawing and printing, and of those a quarter at most.

The rules are held by gate_path.py, for chapters of the second edition.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
from collections.abc import Iterator

import blocks
import notebooks
from blocks import PREFIX, VARIANT
from counting import PRINTERS, called, filled, printing
from nbformat import NotebookNode
from page import Page, Problem
from uses import uses

SHARE = 0.25  # of the code lines of a chapter, its first cell left out
FOLDS = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
DRAWERS = {"plt", "plot", "ax", "axes", "axis", "fig", "figure", "draw"}
# Calls by which a loss or a loop that learns is known; a call of train* is one, too.
LEARNING = {
    *("backward", "zero_grad", "step", "clip_grad_norm_"),
    *("cross_entropy", "nll_loss", "log_softmax", "logsigmoid"),
}


def is_folded(cell: NotebookNode) -> bool:
    """Say whether a reader must click to see a cell's code."""
    tags = {tag.replace("_", "-") for tag in notebooks.tags(cell)}
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden")
    return bool(tags & FOLDS or hidden or cell.metadata.get("cellView") == "form")


def trees(page: Page) -> Iterator[tuple[int, NotebookNode, ast.Module]]:
    """Yield (position, cell, syntax tree) of the code cells after the first."""
    for i, cell in page.code[1:]:
        try:
            yield i, cell, ast.parse(notebooks.plain_python(cell.source))
        except SyntaxError:
            continue  # gate_code.syntax tells


def folds_little(page: Page) -> list[Problem]:
    """At most a quarter of the code lines is folded, the first cell left out."""
    sizes = [(filled(cell.source), is_folded(cell)) for _, cell in page.code[1:]]
    lines, folded = sum(n for n, _ in sizes), sum(n for n, hidden in sizes if hidden)
    if folded <= SHARE * lines:
        return []
    what = f"{folded} of {lines} lines of code are folded, {folded / lines:.0%}"
    do = f"Show some: at most {SHARE:.0%} may be folded"
    return [page.problem(None, what, do)]


def folds_no_matter(page: Page) -> list[Problem]:
    """Folded are imports, drawing and printing; no block, loss, loop or recipe."""
    found = []
    for i, cell, tree in trees(page):
        if is_folded(cell):
            for what in dict.fromkeys(matter(cell, tree)):
                do = "Show the cell; fold only imports, drawing and printing"
                found.append(page.problem(i, f"the folded cell {what}", do))
    return found


def matter(cell: NotebookNode, tree: ast.Module) -> Iterator[str]:
    """Yield what of a folded cell readers have come for."""
    built = [t for t in notebooks.tags(cell) if t.startswith(PREFIX) or t == VARIANT]
    yield from (f"holds a block ({tag})" for tag in built)
    for node in tree.body if not built else ():
        if isinstance(node, ast.ClassDef):
            yield f"defines the class {node.name!r}"
        elif isinstance(node, ast.FunctionDef) and not shows(node):
            yield f"defines {node.name!r}, which neither draws nor prints"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = called(node)
            if name in LEARNING or name.startswith("train") and node.args:
                yield f"calls {name!r}, a loss or a loop"
            elif name == "Recipe" or name.endswith("Config"):
                yield f"writes down a recipe, {name!r}"


def shows(function: ast.FunctionDef) -> bool:
    """Say whether a function draws, or only prints: it then returns nothing."""
    nodes = list(ast.walk(function))
    drawn = any(isinstance(n, ast.Name) and n.id in DRAWERS for n in nodes)
    prints = any(isinstance(n, ast.Call) and called(n) in PRINTERS for n in nodes)
    gives = any(isinstance(n, ast.Return) and n.value is not None for n in nodes)
    return drawn or (prints and not gives)


def recipes_are_shown(page: Page) -> list[Problem]:
    """A recipe or a config that is imported is printed by a cell that is not folded."""
    shown: set[str] = set()
    for _, cell, tree in trees(page):
        if not is_folded(cell):
            shown |= printed(tree)
    found, told = [], set()
    for position, _, name in uses(modules(), page.nb):
        leaf = name.rpartition(".")[2]
        if leaf not in shown | told and is_recipe(name):
            told.add(leaf)
            what = f"{leaf} decides a run, and no visible cell prints it"
            i = page.code[position - 1][0]
            found.append(page.problem(i, what, f"Write print({leaf}) in a cell"))
    return found


def printed(tree: ast.Module) -> set[str]:
    """Return the names that a cell prints, or shows by ending with them."""
    calls: list[ast.AST] = list(printing(tree))
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        calls.append(tree.body[-1].value)
    inside = [node for call in calls for node in ast.walk(call)]
    names = {node.id for node in inside if isinstance(node, ast.Name)}
    return names | {node.attr for node in inside if isinstance(node, ast.Attribute)}


@functools.cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax trees of shared/, read once."""
    return blocks.modules(notebooks.ROOT)


@functools.cache
def is_recipe(name: str) -> bool:
    """Say whether "room.file.NAME" of shared/ is a recipe or a config, kept ready."""
    module, _, leaf = name.rpartition(".")
    if not module or not leaf.isupper():
        return False
    try:
        value = getattr(importlib.import_module(f"shared.{module}"), leaf, None)
    except ImportError:
        return False
    return dataclasses.is_dataclass(value)


RULES = (folds_little, folds_no_matter, recipes_are_shown)
