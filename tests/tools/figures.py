"""What the gate over numbers looks at: figures in prose, what a code cell says, and the
source that an author names for a figure.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import notebooks
from nbformat import NotebookNode
from page import Markdown, Page, texts

from shared.check import registry

KEY, GIVEN, CODE = "numbers", "given", "code"
CLAIM = re.compile(
    r"(?<![\w.])(?<![A-Za-z]-)-?"
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d{3,}|\d+(?=\s?(?:\\?%|per\s?cent)))"
    r"(?!\w|\.\d|,\d)"
)
PERCENT = re.compile(r"\s?(?:\\?%|per\s?cent|in (?:a hundred|100)\b)")
NAMED = re.compile(
    r"(?:ython|ersion|xercises?|hapters?|BY|ook|v|≥|>=|(?i:arxiv)[: ]?)\s*$"
)
YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
VALUE = re.compile(
    r"(?<![\w.])(?:\d{1,3}(?:[,_]\d{3})+(?![\d,])(?:\.\d+)?"
    r"|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+)"
)
ROW = re.compile(r"</tr\s*>|<br\s*/?>|</p\s*>|</div\s*>|</li\s*>", re.I)
UNREAD = re.compile(r"<(style|script)\b.*?</\1\s*>|<[^>]*>", re.I | re.S)


@dataclass(frozen=True)
class Claim:
    """A figure of the prose, without its sign, and whether it is a percentage."""

    number: str
    percent: bool = False

    def agrees(self, value: float, exact: bool = False) -> bool:
        """Say whether a cell's value rounds to this figure, or equals it."""
        places = len(self.number.partition(".")[2])
        off = 0.5 * 10**-places * 1.0001 if places else 0.5
        wanted, off = value_of(self.number), 1e-9 if exact else off
        scales = (1, 100) if self.percent else (1,)
        return any(abs(wanted - value * scale) <= off for scale in scales)


def value_of(text: str) -> float:
    """The number that a text such as "1,024" or "0.31" writes."""
    return float(text.replace(",", "").replace("_", ""))


def claims(text: Markdown) -> list[Claim]:
    """The figures of a text that need a source, in order, each once."""
    found: dict[str, bool] = {}
    for part in [text.prose, *text.formulas]:
        part = part.replace("{,}", ",")
        for match in CLAIM.finditer(part):
            number = match[0].lstrip("-")
            free = number == "100" or YEAR.fullmatch(number) or number in registry()
            if not free and not NAMED.search(part[: match.start()]):
                percent = bool(PERCENT.match(part[match.end() :]))
                found[number] = percent or found.get(number, False)
    return [Claim(number, percent) for number, percent in found.items()]


# --- what a cell says ----------------------------------------------------------------


def printed(cell: NotebookNode, words: str = "") -> list[float]:
    """The values in a cell's output, or only in its lines that hold `words`."""
    lines = [line for line in _lines(cell) if words in line]
    return [value_of(match[0]) for line in lines for match in VALUE.finditer(line)]


def _lines(cell: NotebookNode) -> Iterator[str]:
    for output in cell.get("outputs", []):
        for kind, text in texts(output):
            if kind == "text/html":
                text = UNREAD.sub(" ", ROW.sub("\n", text))
            if not kind.startswith("image/"):
                yield from text.split("\n")


def constants(cell: NotebookNode) -> list[float]:
    """The numbers that stand in a cell's code; not those in its texts and comments."""
    try:
        tree = ast.parse(notebooks.plain_python(cell.source))
    except SyntaxError:
        return []
    nodes = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [abs(float(v)) for v in nodes if type(v) in (int, float)]


# --- sources -------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """Where a figure comes from: kind is "output", "code" or "given"."""

    kind: str
    cell: str
    words: str = ""

    @classmethod
    def read(cls, text: str) -> Source:
        """Read what an author wrote; see the top of this file for the forms."""
        first, _, rest = (part.strip() for part in text.partition(":"))
        if first == GIVEN:
            return cls(GIVEN, "", rest)
        if first == CODE:
            return cls(CODE, rest)
        return cls("output", first, rest)

    def values(self, cell: NotebookNode) -> list[float]:
        """The numbers of `cell` that this source offers."""
        return constants(cell) if self.kind == CODE else printed(cell, self.words)

    def says(self, claim: Claim, values: list[float]) -> bool:
        """Say whether a figure is one of `values`; prose may round what is printed."""
        return any(claim.agrees(value, self.kind == CODE) for value in values)


def in_reach(page: Page, position: int) -> tuple[dict, dict]:
    """Code cells by id that the prose in cell `position` may name, and those too late.

    On its own page: those above, and those right below, up to the next prose. Exercises
    name the cells of the solved notebook that they are made from.
    """
    reach, late, passed = {}, {}, False
    solved = page.path.parent.parent / "solutions" / page.path.name
    solutions = _cells_of(solved) if page.folder == "exercises" else {}
    for i, cell in page.cells:
        passed = passed or (i > position and cell.cell_type != "code")
        if cell.cell_type == "code":
            (late if passed else reach)[cell.id] = solutions.get(cell.id, cell)
    return reach, late


def elsewhere(page: Page) -> dict[str, NotebookNode]:
    """Code cells by id of the chapters' and appendices' pages."""
    found = {}
    for path in sorted((page.root / "book").glob("*.ipynb")):
        if path != page.path:
            found.update(_cells_of(path))
    return found


def _cells_of(path: Path) -> dict[str, NotebookNode]:
    return _cells(path, path.stat().st_mtime_ns) if path.is_file() else {}


@cache
def _cells(path: Path, changed: int) -> dict[str, NotebookNode]:
    try:
        return {cell.id: cell for cell in notebooks.code_cells(notebooks.read(path))}
    except notebooks.NotebookError:
        return {}  # its own page says so
