"""A gate over what the prose names: files of the repository, and names of shared/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import blocks
from page import Markdown, Page, Problem
from uses import Trees, is_defined, origin

FILE = re.compile(r"(?<![\w./-])(?:shared|tests|book)/[\w./-]*[\w/]")
NAME = re.compile(r"(?<![\w.])shared((?:\.[A-Za-z_]\w*)+)")
PLACEHOLDER = re.compile(r"[A-Z]{2}")  # as in book/NN_name.ipynb


def named(page: Page) -> list[Problem]:
    """Files and names of shared/ that the prose writes as `code` are there."""
    found = []
    for i, text in page.markdown:
        for file in _matches(FILE, text):
            if not PLACEHOLDER.search(file) and not (page.root / file).exists():
                what = f"it names the file {file}, which is not there"
                found.append(page.problem(i, what, "Name the file as it is called now"))
        for name in _matches(NAME, text):
            if not _is_there(_trees(page.root), name.removeprefix("shared.")):
                what = f"it names {name}, which is not there"
                found.append(page.problem(i, what, "Name what shared/ offers today"))
    return found


def _matches(pattern: re.Pattern[str], text: Markdown) -> Iterator[str]:
    code = [token.content for token in text.inline if token.type == "code_inline"]
    yield from dict.fromkeys(m[0] for piece in code for m in pattern.finditer(piece))


@cache
def _trees(root: Path) -> Trees:
    return blocks.modules(root)


def _is_there(trees: Trees, name: str) -> bool:
    traced = origin(trees, name)
    return traced in trees or is_defined(trees, traced)


GATES = (named,)
