"""Gates over code cells and what is stored below them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import notebooks
from page import Page, Problem

COLUMNS, LONGEST, LONG, LONG_ALLOWED = 88, 40, 20, 5
LARGEST = 300_000  # bytes
SKIPPED_SHARE = 0.05
SKIPS = ("nbval-ignore-output", "nbval-skip")
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
BAKE = "Run python3 course.py bake on it"


def syntax(page: Page) -> list[Problem]:
    """Every code cell is valid Python (lines of Jupyter's own aside)."""
    found = []
    for i, cell in page.code:
        try:
            ast.parse(notebooks.plain_python(cell.source))
        except SyntaxError as error:
            what = f"line {error.lineno} is not valid Python ({error.msg})"
            found.append(page.problem(i, what, "Correct the cell"))
    return found


def executed(page: Page) -> list[Problem]:
    """Cells were run once each from top to bottom: their counts are 1 to n."""
    for wanted, (i, cell) in enumerate(page.code, start=1):
        count = cell.execution_count
        if count != wanted:
            was = "was not run" if count is None else f"has count [{count}]"
            what = f"the code cell {was}, expected [{wanted}]"
            return [page.problem(i, what, BAKE)]
    return []


def no_errors(page: Page) -> list[Problem]:
    """No stored error, except in cells tagged raises-exception."""
    found = []
    for i, cell in page.code:
        errors = [out for out in cell.outputs if out.output_type == "error"]
        if errors and "raises-exception" not in notebooks.tags(cell):
            what = f"the output is an error, {errors[0].ename}: {errors[0].evalue}"
            found.append(
                page.problem(i, what, "Correct it, or tag the cell raises-exception")
            )
    return found


def columns(page: Page) -> list[Problem]:
    """No line of code is wider than 88 columns."""
    found = []
    for i, cell in page.code:
        for n, line in enumerate(cell.source.split("\n"), start=1):
            if len(line) > COLUMNS:
                what = f"line {n} has {len(line)} columns, more than {COLUMNS}"
                found.append(page.problem(i, what, "Break the line"))
    return found


def cell_length(page: Page) -> list[Problem]:
    """No cell above 40 lines, and at most five above 20 on the main line."""
    # The first cell is given, and a folded cell is for those who ask for it.
    sizes = {i: len(cell.source.split("\n")) for i, cell in page.code[1:]}
    folded = {i for i, cell in page.code if HIDDEN & set(notebooks.tags(cell))}
    found = [
        page.problem(i, f"the cell has {n} lines, more than {LONGEST}", "Split it")
        for i, n in sizes.items()
        if n > LONGEST
    ]
    long = [i for i, n in sizes.items() if n > LONG and i not in folded]
    if len(long) > LONG_ALLOWED:
        what = f"{len(long)} cells have more than {LONG} lines (cells {long})"
        do = f"Split some: {LONG_ALLOWED} such cells are the most"
        found.append(page.problem(None, what, do))
    return found


def size(page: Page) -> list[Problem]:
    """A notebook stays under 300 kB, so that pages load quickly and diffs are read."""
    if page.size <= LARGEST:
        return []
    what = f"the file has {page.size / 1000:,.0f} kB, more than {LARGEST // 1000} kB"
    biggest = max(page.code, key=lambda pair: len(json.dumps(pair[1].outputs)))[0]
    return [page.problem(biggest, what, "Shrink this output, the largest")]


def skipped(page: Page) -> list[Problem]:
    """Cells that are not compared give a reason: at most 5 % of the code cells."""
    found, count = [], 0
    for i, cell in page.code:
        marks = [tag for tag in notebooks.tags(cell) if tag in SKIPS]
        count += bool(marks)
        if marks and not str(cell.metadata.get("reason", "")).strip():
            what = f"tagged {marks[0]} without a reason"
            found.append(page.problem(i, what, 'Add metadata "reason": "..."'))
        if "NBVAL_" in cell.source:
            what = "a comment switches the comparison off"
            found.append(page.problem(i, what, "Use the tag, with a reason"))
    share = count / max(len(page.code), 1)
    if share > SKIPPED_SHARE:
        what = f"{count} of {len(page.code)} code cells are not compared, {share:.0%}"
        found.append(page.problem(None, what, "At most 5 % may be left out"))
    return found


def first_cell(page: Page) -> list[Problem]:
    """The first code cell is the same in every notebook, byte for byte."""
    if page.code and page.code[0][1].source == notebooks.FIRST_CELL:
        return []
    where = page.code[0][0] if page.code else None
    what = "the first code cell is not the book's first cell"
    return [page.problem(where, what, "Run python3 course.py sync")]


def no_installs(page: Page) -> list[Problem]:
    """No cell installs anything: it would replace what Colab has."""
    found = []
    for i, cell in page.code:
        if any(word in cell.source for word in ("pip install", "conda install")):
            do = "Remove it; what a page needs stands in requirements.txt"
            found.append(page.problem(i, "the cell installs packages", do))
    return found


def ruff(paths: Sequence[Path], root: Path = notebooks.ROOT) -> list[Problem]:
    """What ruff finds in notebooks, with tests/ruff.toml; undefined names above all.

    Line lengths and broken syntax are told by the gates above. Raises RuntimeError when
    ruff itself cannot run.
    """
    if not paths:
        return []
    config = notebooks.ROOT / "tests" / "ruff.toml"
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet"]
    command += ["--config", str(config), "--output-format", "json", "--no-fix"]
    done = subprocess.run(
        [*command, *map(str, paths)], capture_output=True, text=True, cwd=root
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"ruff could not run: {done.stderr.strip()}")
    found = []
    for item in json.loads(done.stdout or "[]"):
        if item["code"] in ("E501", "invalid-syntax", None):
            continue
        line = item["location"]["row"]
        what = f"line {line}: {item['message']} ({item['code']})"
        name = notebooks.label(Path(item["filename"]), root)
        found.append(Problem(name, item.get("cell"), what.rstrip("."), "Correct it"))
    return found


GATES = (
    syntax, executed, no_errors, columns, cell_length, size, skipped, first_cell,
    no_installs,
)  # fmt: skip
