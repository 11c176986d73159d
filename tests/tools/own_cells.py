"""Is what a page computes made of the page's own cells? Proved from the text alone.

For each cell that builds a block (tag `shared:...`) two things must hold:

- something later on the page uses the cell's object, directly or through other cells;
- nothing that the page takes from shared/ leads to shared's own copy of the block: then
  the page would run on that copy, and the cell would be for show. A line such as
  `POSITIONS["rotary"] = Rotary` puts the cell's object into a table of shared/, so that
  whatever looks there finds it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import blocks
import notebooks
import uses

Edges = dict[str, set[str]]


@dataclass(frozen=True)
class Finding:
    """A block that is for show: its page, its name, and how one sees it."""

    page: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.page}: {self.name} {self.why}"


# --- shared/ -----------------------------------------------------------------------


def without_hints(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below but type hints, which call nothing."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from without_hints(child)


def edges(root: Path) -> Edges:
    """Which definition of shared/ names which others: "model.gpt.Block" -> {...}."""
    trees, found = blocks.modules(root), {}
    for module, tree in trees.items():
        known = imported(trees, module)
        own = {name for node in tree.body for name in blocks.names_of(node)}
        known |= {name: f"{module}.{name}" for name in own}
        for node in tree.body:
            for name in blocks.names_of(node):
                used = {dotted(part) for part in without_hints(node)}
                found[f"{module}.{name}"] = {
                    uses.origin(trees, ".".join([known[first], *rest]))
                    for first, *rest in filter(None, used)
                    if first in known
                }
    return found


def imported(trees: uses.Trees, module: str) -> dict[str, str]:
    """Name -> what it means in shared/, of everything that a module imports from it."""
    found = {}
    for node in ast.walk(trees[module]):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = uses.imported_from(trees, module, node)
        for alias in node.names if base is not None else ():
            found[alias.asname or alias.name] = ".".join([*base, alias.name])
    return found


def dotted(node: ast.AST) -> tuple[str, ...]:
    """The names of `a.b.c` or `a`; nothing for another expression."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return (node.id, *names) if isinstance(node, ast.Name) else ()


def way(found: Edges, start: str, goal: str, cut: set[tuple[str, str]]) -> list[str]:
    """A way from one definition to another that avoids what is cut; [] for none."""
    before, waiting = {start: ""}, [start]
    while waiting:
        here = waiting.pop(0)
        if here == goal:
            steps = [here]
            while before[steps[0]]:
                steps.insert(0, before[steps[0]])
            return steps
        for there in sorted(found.get(here, ())):
            if there not in before and (here, there) not in cut:
                before[there] = here
                waiting.append(there)
    return []


# --- a page ------------------------------------------------------------------------


def page_names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names that a cell binds at its top level, and those that it reads."""
    loads, binds = set(), set()
    for node in without_hints(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loads.add(node.id)
    for node in tree.body:
        binds |= set(blocks.names_of(node))
        if not isinstance(node, blocks.Definition):
            stored = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            binds |= {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    return binds, loads


def filled(tree: ast.Module, names: set[str]) -> set[tuple[str, str]]:
    """(holder, name) of each line `TABLE[...] = Name` or `Class.method = ... Name ...`.

    What shared/ looks up in the table or calls by the class is then the cell's object.
    """
    found = set()
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Subscript | ast.Attribute):
            holder = dotted(target.value)
            inside = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            found |= {(holder[-1], name) for name in inside & names if holder}
    return found


def shows(cells: list[tuple[ast.Module, bool]], start: int, name: str) -> list[int]:
    """The later cells without a tag that depend on what cell `start` calls `name`.

    Tagged cells hand it on wherever they stand: a class may use a function that a later
    cell defines.
    """
    names = [page_names(tree) for tree, _ in cells]
    tagged = [pair for pair, (_, is_tagged) in zip(names, cells) if is_tagged]
    reached, found = {name}, []
    for position, (binds, loads) in enumerate(names):
        for _ in tagged:  # often enough for the longest chain
            reached |= {n for own, used in tagged if used & reached for n in own}
        if position <= start or cells[position][1]:
            continue
        if reached & loads:
            found.append(position)
            reached |= binds
        else:
            reached -= binds  # the name stands for something else from here on
    return found


def findings(root: Path, path: Path, found: Edges | None = None) -> list[Finding]:
    """Every block of a chapter that is for show."""
    nb, page = notebooks.read(path), path.stem
    found = edges(root) if found is None else found
    code = notebooks.code_cells(nb)
    parsed = [ast.parse(notebooks.plain_python(cell.source)) for cell in code]
    cells = [(tree, bool(blocks.block_tags(c))) for tree, c in zip(parsed, code)]
    built = {item.name: item.position - 1 for item in blocks.tagged([path])}
    leaves = {name.rpartition(".")[2]: name for name in built}
    trees = blocks.modules(root)
    tables = {pair for tree in parsed for pair in filled(tree, set(leaves))}
    cut = {
        (table, leaves[leaf])
        for table in found
        for name, leaf in tables
        if table.rpartition(".")[2] == name
    }
    taken = {traced for _, _, traced in uses.uses(trees, nb)} - built.keys()
    result = []
    for name, position in built.items():
        leaf = name.rpartition(".")[2]
        if not shows(cells, position, leaf):
            result.append(Finding(page, name, "is used by no later cell"))
        for start in sorted(taken):
            steps = way(found, start, name, cut)
            if steps:
                said = " -> ".join(steps)
                result.append(Finding(page, name, f"is shared's own copy in {said}"))
                break
    return result
