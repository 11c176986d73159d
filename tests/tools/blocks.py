"""The blocks that the book builds: where each stands in shared/, in which cell, and
what must hold between the two.

A code cell of a chapter carries the tag `shared:module.Name`; its text and the
definition in shared/module.py are equal byte for byte, decorators included. `Name` is a
function, a class, a constant, or `Class.method`: such a cell holds the method's text
moved to the left margin (a chapter that builds a class bit by bit then attaches it:
`Class.method = method`). One tag and one definition per cell. A cell tagged `variant`
holds an earlier, simpler version and may use the name again.
"""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass
from pathlib import Path

import notebooks
from nbformat import NotebookNode

PREFIX = "shared:"
VARIANT = "variant"
INDENT = "    "
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Assignment = ast.Assign | ast.AnnAssign


class BlockError(Exception):
    """A tag that cannot be followed; the message says which, where and what to do."""


@dataclass(frozen=True)
class Block:
    """A definition in shared/: its file, first and last line (from 1) and text."""

    name: str
    path: Path
    first: int
    last: int
    text: str
    method: bool


@dataclass(frozen=True)
class Tagged:
    """A cell that carries a block's tag."""

    name: str
    path: Path
    position: int
    cell: NotebookNode

    @property
    def place(self) -> str:
        """Where the cell stands, for a message."""
        return f"{notebooks.label(self.path)}, code cell {self.position}"


# --- shared/ ---------------------------------------------------------------------


def module_path(root: Path, name: str) -> Path | None:
    """Return the file of module `name` ("tokenizer", "checks.ch01"), None if absent."""
    base = root.joinpath("shared", *name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def split_name(root: Path, name: str) -> tuple[Path, list[str]]:
    """Return (module file, names inside it) of a dotted block name."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        if path := module_path(root, ".".join(parts[:cut])):
            return path, parts[cut:]
    raise BlockError(f"no module shared/{parts[0]}.py")


def names_of(node: ast.stmt) -> list[str]:
    """Return the names that a top-level statement defines."""
    if isinstance(node, Definition):
        return [node.name]
    if isinstance(node, Assignment):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [target.id for target in targets if isinstance(target, ast.Name)]
    return []


def find(root: Path, name: str) -> Block:
    """Find a block in shared/ by its dotted name; BlockError if there is none."""
    path, inner = split_name(root, name)
    text = path.read_text("utf-8")
    body: list[ast.stmt] = ast.parse(text).body
    node: ast.stmt | None = None
    for depth, part in enumerate(inner):
        node = next((n for n in body if part in names_of(n)), None)
        if node is None or depth > 1:
            near = difflib.get_close_matches(
                part, [found for n in body for found in names_of(n)], n=1
            )
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise BlockError(
                f"nothing called {'.'.join(inner)!r} in "
                f"{notebooks.label(path, root)}{hint}"
            )
        body = node.body if isinstance(node, ast.ClassDef) else []
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    piece = "\n".join(text.split("\n")[first - 1 : node.end_lineno])
    method = len(inner) == 2
    piece = to_margin(piece) if method else piece
    return Block(name, path, first, node.end_lineno, piece, method)


def to_margin(piece: str) -> str:
    """Move a method's text to the left margin."""
    lines = piece.split("\n")
    if any(line.strip() and not line.startswith(INDENT) for line in lines):
        raise BlockError("the method holds a text that begins left of its margin")
    return "\n".join(line.removeprefix(INDENT) for line in lines)


def put(root: Path, name: str, source: str) -> bool:
    """Replace a block in shared/ by a cell's text; say whether the file changed."""
    block = find(root, name)
    if block.method:
        lines = source.split("\n")
        source = "\n".join(INDENT + line if line.strip() else line for line in lines)
    lines = block.path.read_text("utf-8").split("\n")
    lines[block.first - 1 : block.last] = source.split("\n")
    text = "\n".join(lines)
    ast.parse(text)
    return notebooks.write(block.path, text)


def modules(root: Path) -> dict[str, ast.Module]:
    """Return the syntax tree of every module in shared/ by dotted name."""
    found = {}
    for path in sorted((root / "shared").rglob("*.py")):
        parts = path.relative_to(root / "shared").with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


# --- cells -----------------------------------------------------------------------


def block_tags(cell: NotebookNode) -> list[str]:
    """Return the names of the blocks that a cell's tags claim."""
    found = [tag for tag in notebooks.tags(cell) if tag.startswith(PREFIX)]
    return [tag.removeprefix(PREFIX) for tag in found]


def tagged(paths: list[Path]) -> list[Tagged]:
    """Return every cell of these notebooks that claims a block."""
    found = []
    for path in paths:
        cells = notebooks.code_cells(notebooks.read(path))
        for position, cell in enumerate(cells, start=1):
            names = block_tags(cell)
            found += [Tagged(name, path, position, cell) for name in names]
    return found


def defined_in(cell: NotebookNode) -> list[str]:
    """Return the names that a cell defines at its top level."""
    try:
        tree = ast.parse(notebooks.plain_python(cell.source))
    except SyntaxError:
        return []
    return [name for node in tree.body for name in names_of(node)]


def check_cell(item: Tagged) -> None:
    """Raise BlockError unless a tagged cell holds exactly the definition it claims."""
    leaf = item.name.split(".")[-1]
    try:
        body = ast.parse(item.cell.source).body
    except SyntaxError as error:
        raise BlockError(f"its text is not Python ({error.msg})") from None
    if len(body) != 1 or leaf not in names_of(body[0]):
        names = [name for node in body for name in names_of(node)]
        raise BlockError(
            f"the cell must define {leaf!r} and nothing else, it has {len(body)} "
            f"statements and defines {names}"
        )


def compare(root: Path, item: Tagged) -> str:
    """Return a unified diff from shared/ to the cell, "" when both are equal."""
    block = find(root, item.name)
    if block.text == item.cell.source:
        return ""
    return "\n".join(
        difflib.unified_diff(
            block.text.split("\n"),
            item.cell.source.split("\n"),
            f"{notebooks.label(block.path, root)} ({item.name})",
            item.place,
            lineterm="",
        )
    )
