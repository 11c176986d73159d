"""What of a notebook is read, honestly counted: words and lines of code.

Every code line of a cell counts, folded or not; so do fenced code blocks in prose. Only
the first code cell, the same everywhere, does not. Comments, docstrings and printed
sentences are read as prose is, so their words count as well. Boxes that open on a click
(`<details>`) count like any other prose: a budget is never met by hiding what it
counts. The exception are the hints of exercises, which a reader opens only when stuck.
A formula counts as one word; pictures' texts and addresses of links are not read.
"""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import notebooks
from nbformat import NotebookNode

WORDS_A_MINUTE = 150
LINES_A_MINUTE = 30
PRINTERS = {"print", "display", "Markdown", "HTML", "Latex"}

COMMENT = re.compile(r"<!--.*?-->", re.S)
FENCE = re.compile(r"^(```+|~~~+)[^\n]*\n(.*?)^\1[ \t]*$", re.S | re.M)
PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.S)
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
WORD = re.compile(r"\w[\w'’.,%/-]*")
MARK = re.compile(r'<p class="detour-mark">A detour of about \d+ minutes?\.</p>')
# The section Exercises, down to the next heading of its level, and a hint inside.
EXERCISES = re.compile(r"^## Exercises[ \t]*$.*?(?=^## |\Z)", re.S | re.M)
HINT = re.compile(
    r"<details\b[^>]*>\s*<summary>[^<]*\bhint\b[^<]*</summary>.*?</details\s*>",
    re.S | re.I,
)


@dataclass(frozen=True)
class Count:
    """Words and lines of code of a text."""

    words: int
    lines: int

    @property
    def minutes(self) -> float:
        """How long reading takes, in minutes."""
        return self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE


def count(cells: Iterable[NotebookNode], first: NotebookNode | None = None) -> Count:
    """Count what is read in some cells of a notebook, without its `first` code cell."""
    cells = [cell for cell in cells if cell is not first]
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    # A box may begin in one cell and end in a later one.
    words, lines = in_prose("\n\n".join(prose))
    words += in_code(tuple(notebooks.plain_python(text) for text in code))
    return Count(words, lines + sum(map(filled, code)))


def filled(text: str) -> int:
    """Return how many lines hold something."""
    return sum(bool(line.strip()) for line in text.splitlines())


def in_prose(text: str) -> tuple[int, int]:
    """Return (words, lines of fenced code) of a Markdown text."""
    text = MARK.sub(" ", COMMENT.sub(" ", text))
    text = EXERCISES.sub(lambda section: HINT.sub(" ", section[0]), text)
    lines = sum(filled(match[2]) for match in FENCE.finditer(text))
    text = PICTURE.sub(" ", FENCE.sub(" ", text))
    text = TAG.sub(" ", FORMULA.sub(" formula ", LINK.sub(r"\1", text)))
    return len(WORD.findall(text)), lines


# --- prose inside of code --------------------------------------------------------


@functools.lru_cache(maxsize=256)  # path and whole of many pages have the same cells
def in_code(sources: tuple[str, ...]) -> int:
    """Return the words of comments, docstrings and printed texts of code cells."""
    trees = [tree for tree in map(parsed, sources) if tree is not None]
    texts = [text for source in sources for text in comments(source)]
    texts += [text for tree in trees for text in bare_strings(tree)]
    printed: set[str] = set()
    for tree in trees:
        for call in printing(tree):
            texts += literals(call)
            printed |= {n.id for n in ast.walk(call) if isinstance(n, ast.Name)}
    texts += [text for tree in trees for text in named(tree, printed)]
    return sum(len(WORD.findall(text)) for text in texts)


def parsed(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, None where it is not valid Python."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def comments(source: str) -> Iterator[str]:
    """Yield the comments of a piece of code."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.string
    except (tokenize.TokenError, SyntaxError):
        return


def bare_strings(tree: ast.Module) -> Iterator[str]:
    """Yield docstrings, and strings that a cell shows by ending with them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and is_text(node.value):
            yield from literals(node.value)


def is_text(node: ast.AST) -> bool:
    """Say whether an expression is a string, plain or formatted."""
    plain = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return plain or isinstance(node, ast.JoinedStr)


def printing(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls that print; one inside another comes with the outer one."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and called(node) in PRINTERS:
            yield node
        else:
            waiting += ast.iter_child_nodes(node)


def called(call: ast.Call) -> str:
    """Return the last name of what is called: "backward" in `loss.sum().backward()`."""
    function = call.func
    return getattr(function, "attr", None) or getattr(function, "id", "")


def literals(node: ast.AST) -> Iterator[str]:
    """Yield the strings inside of an expression, without formats such as `.3f`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for name, value in ast.iter_fields(node):
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.AST) and name != "format_spec":
                yield from literals(inner)


def named(tree: ast.Module, names: set[str]) -> Iterator[str]:
    """Yield the strings that are kept under one of the names, to be printed later."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and is_text(node.value):
            targets = {t.id for t in node.targets if isinstance(t, ast.Name)}
            if targets & names:
                yield from literals(node.value)
