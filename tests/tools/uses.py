"""Which names of shared/ a notebook uses, each traced to the file that defines it.

A name reaches a page by many roads: `from shared.model import GPT`, `model.GPT`, an
alias, a file that imports it from another, a room that offers it (shared/lazy.py). All
end at one definition, written "model.gpt.GPT" here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import blocks
import notebooks
from nbformat import NotebookNode

Trees = dict[str, ast.Module]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


# --- from a name to its definition ---------------------------------------------------


def origin(trees: Trees, name: str) -> str:
    """Follow a dotted name of shared/ to its definition, or to a module of shared/.

    Followed are imports, absolute, relative and starred, and what a room offers. What
    leads nowhere comes back as far as it could be followed.
    """
    return _follow(trees, name.split("."), frozenset())


def _follow(trees: Trees, parts: list[str], seen: frozenset[str]) -> str:
    module = ""
    for part in parts:
        name = f"{module}.{part}".lstrip(".")
        if name not in trees and name not in seen:
            source = _taken_from(trees, module, part, seen | {name})
            name = source or name
        if name not in trees:
            return name  # a definition: what stands in it is its own affair
        module = name
    return module


def _taken_from(trees: Trees, module: str, leaf: str, seen: frozenset[str]) -> str:
    """Where `module` has the name `leaf` from, followed to its end; "" for nowhere."""
    for node in statements(trees[module]) if module in trees else ():
        if leaf in blocks.names_of(node):
            return ""
        if file := offered(node).get(leaf):
            return _follow(trees, [*module.split("."), file, leaf], seen)
        if not isinstance(node, ast.ImportFrom):
            continue
        base = imported_from(trees, module, node)
        for alias in node.names if base is not None else ():
            if (alias.asname or alias.name) == leaf:
                return _follow(trees, [*base, alias.name], seen)
            if alias.name == "*" and leaf in public(trees, ".".join(base)):
                return _follow(trees, [*base, leaf], seen)
    return ""


def imported_from(trees: Trees, module: str, node: ast.ImportFrom) -> list[str] | None:
    """The module of shared/ that an import in `module` names; None for others'."""
    named = (node.module or "").split(".") if node.module else []
    if not node.level:
        return named[1:] if named[:1] == ["shared"] else None
    here = module.split(".") if module else []
    if not is_room(trees, module):
        here = here[:-1]
    return [*here[: len(here) - node.level + 1], *named]


def is_room(trees: Trees, module: str) -> bool:
    """Say whether a module is a folder with an `__init__`."""
    return not module or any(name.startswith(f"{module}.") for name in trees)


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when a module is loaded, those under `if` and `try`."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        for field in ("body", "orelse", "finalbody", "handlers"):
            inner = getattr(node, field, [])
            if isinstance(node, ast.If | ast.Try | ast.With | ast.ExceptHandler):
                waiting += inner


def offered(node: ast.stmt) -> dict[str, str]:
    """Name -> file of the table that a room's `__init__` hands to `offers`."""
    call = getattr(node, "value", None)
    if not isinstance(call, ast.Call) or len(call.args) < 2:
        return {}
    if getattr(call.func, "attr", getattr(call.func, "id", "")) != "offers":
        return {}
    table, found = call.args[1], {}
    if not isinstance(table, ast.Dict):
        return {}
    for file, names in zip(table.keys, table.values, strict=True):
        texts = [n.value for n in ast.walk(names) if isinstance(n, ast.Constant)]
        found.update(dict.fromkeys(texts, file.value))
    return found


def public(trees: Trees, module: str) -> set[str]:
    """The names that `from module import *` binds."""
    return {name for name in bound(trees, module) if not name.startswith("_")}


def is_defined(trees: Trees, name: str) -> bool:
    """Say whether a traced name stands in the file that it was traced to."""
    module, _, leaf = name.rpartition(".")
    return leaf in bound(trees, module)


def bound(trees: Trees, module: str) -> set[str]:
    """The names that a module binds when it is loaded, or offers as a room."""
    found: set[str] = set()
    for node in statements(trees[module]) if module in trees else ():
        found |= {*blocks.names_of(node), *offered(node)}
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(a.asname or a.name).split(".")[0] for a in node.names}
        elif isinstance(node, ast.Assign):  # also `a, b = 1, 2`
            inner = [name for target in node.targets for name in ast.walk(target)]
            found |= {name.id for name in inner if isinstance(name, ast.Name)}
    return found - {"*"}


# --- what a notebook uses ------------------------------------------------------------


class Uses(ast.NodeVisitor):
    """Collects which names of shared/ a notebook's cells use: (as written, traced)."""

    def __init__(self, trees: Trees) -> None:
        self.trees = trees
        self.modules: dict[str, str] = {}
        self.found: list[tuple[str, str]] = []

    def note(self, name: str) -> str:
        """Note a dotted name; return the module that it is, "" for a definition."""
        traced = origin(self.trees, name)
        if traced in self.trees:
            return traced
        self.found.append((name, traced))
        return ""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:  # noqa: N802
        """Note `from shared.module import Name` and `from shared import module`."""
        base, *rest = (node.module or "").split(".")
        if base != "shared" or node.level:
            return
        for alias in node.names:
            if alias.name == "*":
                for name in sorted(public(self.trees, ".".join(rest))):
                    self.note(".".join([*rest, name]))
                continue
            bound = alias.asname or alias.name
            self.modules.pop(bound, None)
            if module := self.note(".".join([*rest, alias.name])):
                self.modules[bound] = module

    def visit_Import(self, node: ast.Import) -> None:  # noqa: N802
        """Note `import shared.module as name` and `import shared`."""
        for alias in node.names:
            base, *rest = alias.name.split(".")
            if base == "shared":
                bound = ".".join(rest) if alias.asname else ""
                self.modules[alias.asname or base] = bound

    def visit_Attribute(self, node: ast.Attribute) -> None:  # noqa: N802
        """Note `module.Name` where `module` is one of shared/."""
        chain, inner = [node.attr], node.value
        while isinstance(inner, ast.Attribute):
            chain.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name) or inner.id not in self.modules:
            return self.generic_visit(node)
        name = ".".join([self.modules[inner.id], *reversed(chain)])
        self.note(name.removeprefix("."))
        return None

    def visit_Name(self, node: ast.Name) -> None:  # noqa: N802
        """A name that a cell assigns is no module any more."""
        if isinstance(node.ctx, ast.Store):
            self.modules.pop(node.id, None)

    def visit_Assign(self, node: ast.Assign) -> None:  # noqa: N802
        """The value is read before the names are bound: `model = model.GPT(...)`."""
        for part in [node.value, *node.targets]:
            self.visit(part)

    def generic_visit(self, node: ast.AST) -> None:
        """A function's own names hide modules inside it, and only there."""
        outside = dict(self.modules)
        if isinstance(node, FUNCTIONS):
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    self.modules.pop(argument.arg, None)
        super().generic_visit(node)
        if isinstance(node, FUNCTIONS):
            self.modules = outside


def uses(trees: Trees, nb: NotebookNode) -> Iterator[tuple[int, str, str]]:
    """Yield (position of the code cell, name as written, name traced), each once."""
    visitor = Uses(trees)
    for position, cell in enumerate(notebooks.code_cells(nb), start=1):
        visitor.found = []
        try:
            visitor.visit(ast.parse(notebooks.plain_python(cell.source)))
        except SyntaxError:
            continue
        for written, traced in dict.fromkeys(visitor.found):
            yield position, written, traced
