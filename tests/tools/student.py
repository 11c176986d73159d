"""Make the students' edition of the solved notebooks.

    python tests/tools/student.py [--check] [--no-bake] [book/solutions/*.ipynb]

From book/solutions/NN_name.ipynb comes book/exercises/NN_name.ipynb, by nbgrader's own
preprocessors: what stands between `### BEGIN SOLUTION` and `### END SOLUTION` becomes a
stub that runs, and what stands between the HIDDEN TESTS markers goes. A cell tagged
`solution-only` goes, too; a cell whose metadata has a text under "student" gets that
text; a cell tagged `exercise-only` stands in this edition alone. The new notebook is
run and only then put in its place. A notebook that is up to date is left alone.

--check writes nothing and tells whether the committed exercises are what would be made.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import bake
import nbformat
import notebooks
from nbformat import NotebookNode

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
ONLY_SOLVED, ONLY_STUDENT = "solution-only", "exercise-only"
IN_FUNCTION = "# Your code here: replace the next line."
AT_TOP = "# Your code here: replace None."
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)


class StudentError(Exception):
    """No students' edition can be made of this notebook; says where and why."""


# --- from one notebook to the other --------------------------------------------------


def student_edition(solved: NotebookNode, name: str = "notebook") -> NotebookNode:
    """The students' edition of a solved notebook, not yet run.

    Cells keep their ids. Raises StudentError, with the cell's number, for markers that
    do not match, a solution that is no Python, or an import inside a solution.
    """
    nb = nbformat.from_dict(solved)
    kept = []
    for position, cell in enumerate(nb.cells, start=1):
        if ONLY_SOLVED in notebooks.tags(cell):
            continue
        kept.append((position, cell))
    texts = [outside(cell.source) for _, cell in kept if cell.cell_type == "code"]
    seen = 0
    for position, cell in kept:
        seen += cell.cell_type == "code"
        try:
            _clear(cell, texts[seen:])
        except StudentError as error:
            raise StudentError(f"{name}, cell {position}: {error}") from None
    nb.cells = [cell for _, cell in kept]
    return bake.tidy(nb)


def _clear(cell: NotebookNode, later: list[str]) -> None:
    """Turn one cell into the students' version, in place."""
    if "student" in cell.metadata:
        cell.source = cell.metadata.pop("student")
    if ONLY_STUDENT in notebooks.tags(cell):
        marks = {ONLY_STUDENT, "remove-cell"}  # the latter hides it in the solved page
        tags = [tag for tag in cell.metadata.pop("tags") if tag not in marks]
        if tags:
            cell.metadata["tags"] = tags
    _matched(cell.source, BEGIN, END)
    _matched(cell.source, *HIDDEN)
    from nbgrader.preprocessors import ClearHiddenTests  # takes seconds to load

    hide = ClearHiddenTests(enforce_metadata=False)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
        cell.source = "\n".join(_stubbed(cell.source, later))
    elif BEGIN in cell.source:
        cell.source = _cleared(cell.source, "Your answer here.", cell.cell_type)
    cell.source = hide.preprocess_cell(cell, {}, 0)[0].source.rstrip("\n")


def _stubbed(source: str, later: list[str]) -> Iterator[str]:
    """The pieces of a code cell, each up to the end of a solution, with their stubs."""
    lines, start = source.split("\n"), 0
    for first, last in regions(source):
        piece = "\n".join(lines[start:last])
        stub = stub_for(source, first, last, later)
        yield _cleared(piece, stub, "code")
        start = last
    yield from ["\n".join(lines[start:])] if start < len(lines) else []


def _cleared(text: str, stub: str, kind: str) -> str:
    """`text` after nbgrader's ClearSolutions with `stub` for the solution in it."""
    from nbgrader.preprocessors import ClearSolutions

    tool = ClearSolutions(
        code_stub={"python": stub}, text_stub=stub, enforce_metadata=False
    )
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return tool.preprocess_cell(new(text), {"language": "python"}, 0)[0].source


def _matched(source: str, begin: str, end: str) -> None:
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        for marker in (begin, end):
            words = marker.removeprefix("### ")
            if words in line and line.strip() != marker:
                raise StudentError(f"line {number} should be {marker!r} and no more")
        if line.strip() in (begin, end):
            if (line.strip() == begin) == inside:
                raise StudentError(f"line {number}: this marker lacks its partner")
            inside = not inside
    if inside:
        raise StudentError(f"{begin!r} without {end!r}")


# --- regions and stubs ---------------------------------------------------------------


def regions(source: str) -> list[tuple[int, int]]:
    """First and last line (from 1, markers included) of every solution in a cell."""
    marks = [
        number
        for number, line in enumerate(source.split("\n"), start=1)
        if line.strip() in (BEGIN, END)
    ]
    return list(zip(marks[::2], marks[1::2], strict=False))


def outside(source: str) -> str:
    """A cell's text without its solutions: what the stubs must keep alive."""
    lines = source.split("\n")
    for first, last in reversed(regions(source)):
        del lines[first - 1 : last]
    return "\n".join(lines)


def stub_for(source: str, first: int, last: int, later: list[str]) -> str:
    """What to put in place of the solution in lines `first` to `last` of a cell.

    Inside a function `return None`, or None for each name that the rest of the function
    needs; elsewhere None for each name that the rest of the cell or `later` cells need.
    """
    try:
        tree = ast.parse(notebooks.plain_python(source))
    except SyntaxError as error:
        raise StudentError(f"no valid Python in line {error.lineno}") from None
    home = _home(tree, first)
    ends = home.end_lineno if isinstance(home, SCOPES) else None
    rest = outside("\n".join(source.split("\n")[last:ends]))
    if isinstance(home, ast.Module):
        rest = "\n".join([rest, *later])
    bound = _bound(tree, first, last)
    needed = [name for name in bound if re.search(rf"\b{name}\b", rest)]
    imported = [name for name in needed if bound[name] == "import"]
    if imported:
        raise StudentError(f"the solution imports {imported[0]!r}: move it above")
    if not needed:
        return f"{IN_FUNCTION}\nreturn None" if isinstance(home, SCOPES) else "..."
    return "\n".join([AT_TOP, *(f"{name} = None" for name in needed)])


def _home(tree: ast.Module, line: int) -> ast.AST:
    """The innermost function or class around a line, or the module."""
    home: ast.AST = tree
    for node in ast.walk(tree):  # outer nodes come before the inner ones
        if isinstance(node, (*SCOPES, ast.ClassDef)):
            if node.lineno < line <= (node.end_lineno or 0):
                home = node
    return home


def _bound(tree: ast.Module, first: int, last: int) -> dict[str, str]:
    """Names that the lines bind in their own scope, in order, and by what."""
    found: dict[str, str] = {}

    def visit(node: ast.AST) -> None:
        inside = first < getattr(node, "lineno", 0) < last
        if inside and isinstance(node, (*SCOPES, ast.ClassDef)):
            found.setdefault(node.name, "definition")
            return
        if inside and isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                found.setdefault((alias.asname or alias.name).split(".")[0], "import")
        if isinstance(node, ast.comprehension | ast.AugAssign):
            return  # names of their own; `x += 1` needs an x that is there already
        if inside and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, "assignment")
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


# --- files ---------------------------------------------------------------------------


def target(solved: Path) -> Path:
    """Where the students' edition of a solved notebook lies."""
    return solved.resolve().parent.parent / "exercises" / solved.name


def form(nb: NotebookNode) -> str:
    """A notebook as text without what running it adds: two equal forms need no run."""
    bare = nbformat.from_dict(nb)
    for cell in notebooks.code_cells(bare):
        cell.outputs, cell.execution_count = [], None
    return notebooks.dumps(bare)


def difference(solved: Path) -> list[str]:
    """How the committed exercises differ from what would be made; empty when equal."""
    name = notebooks.label(target(solved))
    if not target(solved).is_file():
        return [f"{name} is missing: run python3 course.py student"]
    wanted = form(student_edition(notebooks.read(solved), notebooks.label(solved)))
    try:
        there = form(notebooks.read(target(solved)))
    except notebooks.NotebookError as error:
        return [f"{error}; or run python3 course.py student"]
    if wanted == there:
        return []
    lines = difflib.unified_diff(
        there.splitlines(), wanted.splitlines(), "committed", "generated", "", "", 1, ""
    )
    text = f"{name} is not what its solutions give: run python3 course.py student"
    return [text, *(line for line in lines if line.strip())][:60]


def make(solved: Path, run: bool = True) -> bool:
    """Write the students' edition of a solved notebook; say whether it was needed.

    It is run under a second name in its folder and takes its place only when that went
    well. Raises StudentError or notebooks.NotebookError.
    """
    if not difference(solved):
        return False
    path = target(solved)
    nb = student_edition(notebooks.read(solved), notebooks.label(solved))
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f".{path.stem}.part.ipynb")
    try:
        notebooks.write(part, notebooks.dumps(nb))
        if run:
            bake.bake(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return True


def orphans(root: Path = notebooks.ROOT) -> list[str]:
    """Exercises without a solved notebook: nothing would ever generate them anew."""
    book = root / "book"
    solved = {path.name for path in (book / "solutions").glob("*.ipynb")}
    return [
        f"book/exercises/{path.name} has no solved notebook in book/solutions: "
        "add one or remove the exercises"
        for path in sorted((book / "exercises").glob("[!.]*.ipynb"))
        if path.name not in solved
    ]


def main(arguments: list[str] | None = None) -> int:
    """The command; returns 0 when all is well, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="course.py student", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("files", nargs="*", type=Path, help="solved notebooks; all")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--no-bake", action="store_true", help="do not run the result")
    given = parser.parse_args(arguments)
    solved = notebooks.ROOT / "book" / "solutions"
    files = given.files or sorted(solved.glob("[!.]*.ipynb"))
    problems = [] if given.files else orphans()
    for path in files:
        try:
            if given.check:
                problems += difference(path)
                continue
            made = make(path, run=not given.no_bake)
            word = "made" if made else "up to date"
            print(f"{notebooks.label(target(path))}: {word}")
        except (StudentError, notebooks.NotebookError) as error:
            problems.append(str(error))
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
