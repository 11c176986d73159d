"""A book of two pages, built with the book's own theme, for tests of the theme."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import notebooks
from canonical import METADATA

ROOT = notebooks.ROOT
TOC = """\
format: jb-book
root: book/index
parts:
  - caption: Part I
    chapters:
      - file: book/06_planted
        title: "06 Planted"
      - file: book/07_plain
        title: "07 Plain"
"""
INDEX = """\
# Two pages

Into [the midst of a detour](06_planted.ipynb#deep-inside).

```{chapter-map}
```
"""
# (source, tags); text that begins with "#" and a space is prose.
PLANTED = [
    ("# Planted", []),
    ("## On the path\n\nWords of the path that everybody reads.", []),
    ("path = 1\nprint(path)", []),
    (
        '## A way around\n\n<p class="detour-mark">A detour of about 1 minute.</p>\n\n'
        "Zanzibar stands only here.",
        ["detour"],
    ),
    ("aside = 2\nprint(aside)", []),
    ("### Deep inside\n\nStill the detour, with a pangolin.", []),
    ("## The path again\n\nIts words.", []),
    ("### A short one\n\nSmall.", ["detour"]),
    ("## The end\n\nOf the path.", []),
]
PLAIN = [("# Plain\n\nNothing to switch.", []), ("## More\n\nWords.", [])]
MINUTES = {
    "path": {"words": 1, "lines": 1, "reading": 12.4, "running": 1.0},
    "whole": {"words": 1, "lines": 1, "reading": 17.1, "running": 2.5},
}


def notebook(cells: list) -> str:
    """The file of a notebook as it is baked."""
    import nbformat

    made, count = [], 0
    for position, (source, tags) in enumerate(cells, start=1):
        if source.startswith("#"):
            cell = nbformat.v4.new_markdown_cell(source)
        else:
            count += 1
            cell = nbformat.v4.new_code_cell(source, execution_count=count)
        cell["id"] = f"c{position}"
        if tags:
            cell.metadata["tags"] = tags
        made.append(cell)
    book = nbformat.v4.new_notebook(cells=made, metadata=METADATA)
    return notebooks.dumps(book)


#: The files of shared/ that the site's extensions import.
NEEDED = (
    *("__init__.py", "contents.py", "lazy.py"),
    *("checkpoint/__init__.py", "checkpoint/makers.py"),
)


def build(root: Path) -> Path:
    """Write the book into a folder, build it, warnings are errors; return its site."""
    book = root / "book"
    for name in ("_static", "_theme"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "book" / name, book / name, ignore=leave)
    (root / "shared" / "checkpoint").mkdir(parents=True)
    for name in NEEDED:
        shutil.copy(ROOT / "shared" / name, root / "shared" / name)
    shutil.copy(ROOT / "_config.yml", root)
    (root / "_toc.yml").write_text(TOC, "utf-8")
    (book / "index.md").write_text(INDEX, "utf-8")
    (book / "06_planted.ipynb").write_text(notebook(PLANTED), "utf-8")
    (book / "07_plain.ipynb").write_text(notebook(PLAIN), "utf-8")
    table = {"chapters": {"06_planted": MINUTES}}
    (book / "minutes.json").write_text(json.dumps(table), "utf-8")
    script = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", script, "build", str(root), "-W", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root / "_build" / "html"
