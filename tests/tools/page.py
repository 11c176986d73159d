"""A page of the book as the gates see it: a notebook, or a Markdown file as one cell.

Markdown is parsed once, as CommonMark with tables and formulas, so that a gate never
takes code for prose or a formula for a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import notebooks
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode

# Lines of MyST in prose pages: where a directive begins or ends, and its options.
DIRECTIVES = re.compile(r"^\s*(?::{3,}.*|:[\w-]+:.*)$|^\([\w-]+\)=$", re.M)
# What stands in a glossary is Markdown like the rest of the page.
GLOSSARY = re.compile(r"^```\{glossary\}\n(.*?)^```$", re.S | re.M)
PARSER = MarkdownIt("commonmark").enable("table")
PARSER.use(dollarmath_plugin).use(amsmath_plugin)


@dataclass(frozen=True)
class Problem:
    """What is wrong where, and what to do about it."""

    page: str
    cell: int | None  # from 1, Markdown cells counted too
    what: str
    do: str

    def __str__(self) -> str:
        where = self.page if self.cell is None else f"{self.page}, cell {self.cell}"
        return f"{where}: {self.what}. {self.do}."


@dataclass
class Tag:
    """An HTML start tag with its attributes, and the text inside of a <title>."""

    name: str
    attributes: dict[str, str]


@dataclass
class Markdown:
    """One Markdown text, parsed."""

    source: str

    @cached_property
    def blocks(self) -> list[Token]:
        return PARSER.parse(self.source)

    @cached_property
    def inline(self) -> list[Token]:
        """Every inline token (text, links, images, code, formulas, HTML), in order."""
        found = []
        for block in self.blocks:
            found += block.children or []
            if block.type in ("html_block", "math_block", "amsmath"):
                found.append(block)
            if block.children is not None:
                found.append(Token("softbreak", "br", 0))
        return found

    @cached_property
    def prose(self) -> str:
        """The words that a reader reads: no code, formulas, addresses or HTML tags."""
        parts = []
        for token in self.inline:
            if token.type in ("text", "image"):
                parts.append(token.content)
            elif token.type == "html_block":
                parts.append(re.sub(r"<[^>]*>", " ", token.content) + "\n")
            elif token.type in ("softbreak", "hardbreak"):
                parts.append("\n")
            elif token.type.startswith(("code", "math")):
                parts.append(" … ")
        return "".join(parts)

    @cached_property
    def formulas(self) -> list[str]:
        return [t.content for t in self.inline if "math" in t.type]

    @cached_property
    def tags(self) -> list[Tag]:
        """HTML start tags that stand in the Markdown itself."""
        kinds = ("html_block", "html_inline")
        return html_tags("\n".join(t.content for t in self.inline if t.type in kinds))

    @cached_property
    def links(self) -> list[str]:
        """Addresses of links, Markdown's and HTML's."""
        found = [str(t.attrs["href"]) for t in self.inline if t.type == "link_open"]
        tags = (tag.attributes.get("href") for tag in self.tags if tag.name == "a")
        return found + [href for href in tags if href]

    @cached_property
    def images(self) -> list[tuple[str, str]]:
        """Pairs (address, alternative text) of images, Markdown's and HTML's."""
        found = [
            (str(t.attrs["src"]), t.content) for t in self.inline if t.type == "image"
        ]
        for tag in self.tags:
            if tag.name == "img":
                get = tag.attributes.get
                found.append((get("src") or "", get("alt") or ""))
        return found

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """Pairs (level, text)."""
        found = []
        for block, inside in zip(self.blocks, self.blocks[1:], strict=False):
            if block.type == "heading_open":
                text = "".join(t.content for t in inside.children or [])
                found.append((int(block.tag[1]), text.strip()))
        return found

    @cached_property
    def fences(self) -> list[Token]:
        return [block for block in self.blocks if block.type == "fence"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Tag] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found.append(Tag(tag, {name: value or "" for name, value in attrs}))


def html_tags(text: str) -> list[Tag]:
    """All start tags of a piece of HTML or SVG, names in lower case."""
    parser = _Tags()
    parser.feed(text)
    parser.close()
    return parser.found


@dataclass
class Page:
    """A page: where it is, its notebook, and its Markdown cells parsed."""

    path: Path
    nb: NotebookNode
    root: Path = notebooks.ROOT
    size: int = 0
    parsed: dict[int, Markdown] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, root: Path = notebooks.ROOT) -> Page:
        """Read a notebook or a Markdown file; NotebookError says what is wrong."""
        if path.suffix == ".md":
            text = GLOSSARY.sub(r"\1", path.read_text("utf-8"))
            text = DIRECTIVES.sub("", text)
            cell = nbformat.v4.new_markdown_cell(text, id="page")
            nb = nbformat.v4.new_notebook(cells=[cell])
        else:
            nb = notebooks.read(path)
        return cls(path.resolve(), nb, root.resolve(), path.stat().st_size)

    @property
    def name(self) -> str:
        return notebooks.label(self.path, self.root)

    @property
    def is_notebook(self) -> bool:
        return self.path.suffix == ".ipynb"

    @property
    def folder(self) -> str:
        """ "" for a chapter, "exercises" or "solutions" for theirs."""
        name = self.path.parent.name
        return name if name in notebooks.FOLDERS else ""

    @property
    def chapter(self) -> str:
        """The chapter's number, "" for a page that belongs to none."""
        return notebooks.number(self.path)

    @property
    def room(self) -> str:
        """What the page's exercise ids begin with: "04", or "A"; "" for none."""
        return self.chapter or notebooks.letter(self.path)

    @property
    def cells(self) -> Iterator[tuple[int, NotebookNode]]:
        return enumerate(self.nb.cells, start=1)

    @property
    def code(self) -> list[tuple[int, NotebookNode]]:
        return [(i, cell) for i, cell in self.cells if cell.cell_type == "code"]

    @property
    def markdown(self) -> list[tuple[int, Markdown]]:
        """Markdown cells with their positions."""
        for i, cell in self.cells:
            if cell.cell_type == "markdown" and i not in self.parsed:
                self.parsed[i] = Markdown(cell.source)
        return sorted(self.parsed.items())

    def problem(self, cell: int | None, what: str, do: str) -> Problem:
        return Problem(self.name, cell, what.rstrip("."), do.rstrip("."))


def texts(output: NotebookNode) -> Iterator[tuple[str, str]]:
    """Pairs (kind, text) of an output: printed text, and each form of shown data."""
    if output.output_type == "stream":
        yield "stream", output.text
    for mime, data in output.get("data", {}).items():
        yield mime, data if isinstance(data, str) else ""


def all_pages(root: Path = notebooks.ROOT) -> list[Path]:
    """Every notebook and every prose page of the book, and the README."""
    found = [p for p in notebooks.pages(root) if not p.name.startswith(".")]
    found += sorted((root / "book").glob("*.md"))
    return found + [p for p in [root / "README.md"] if p.is_file()]
