"""How long a chapter takes: words and code lines counted, running time measured.

    python tests/tools/budget.py             print the table of minutes
    python tests/tools/budget.py --check     exit 1 if book/minutes.json is out of date
    python tests/tools/budget.py --write     bring words and lines up to date

A reader reads 150 words or 30 lines of code a minute (DESIGN: time budget). Folded
boxes (`<details>`) and hidden cells are not on the main line and do not count, nor does
the first cell, which is the same everywhere. Running minutes are recorded by `bake`.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from pathlib import Path

import notebooks
from nbformat import NotebookNode
from notebooks import NotebookError

from shared import contents

WORDS_A_MINUTE = 150
LINES_A_MINUTE = 30
CORE_MINUTES = 180
STEP = 0.5  # running time is recorded in half minutes, so that noise changes nothing
README_START = "<!-- chapters: begin -->"
README_END = "<!-- chapters: end -->"
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}

FOLDED = re.compile(r"<details\b.*?</details\s*>", re.S | re.I)
COMMENT = re.compile(r"<!--.*?-->", re.S)
FENCE = re.compile(r"^(```+|~~~+)[^\n]*\n(.*?)^\1[ \t]*$", re.S | re.M)
PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.S)
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
WORD = re.compile(r"\w[\w'’.,%/-]*")


def count(nb: NotebookNode) -> tuple[int, int]:
    """Return (words, code lines) on the main line of a notebook."""
    words = lines = 0
    texts = [cell.source for cell in nb.cells if cell.cell_type == "markdown"]
    # A folded box may begin in one cell and end in a later one.
    text = FOLDED.sub(" ", COMMENT.sub(" ", "\n\n".join(texts)))
    for match in FENCE.finditer(text):
        lines += filled(match[2])
    text = PICTURE.sub(" ", FENCE.sub(" ", text))
    text = TAG.sub(" ", FORMULA.sub(" formula ", LINK.sub(r"\1", text)))
    words = len(WORD.findall(text))
    for cell in notebooks.code_cells(nb)[1:]:
        if not HIDDEN & set(notebooks.tags(cell)):
            lines += filled(cell.source)
    return words, lines


def filled(text: str) -> int:
    """Return how many lines hold something."""
    return sum(bool(line.strip()) for line in text.splitlines())


def entry(path: Path, running: float) -> dict:
    """Return a chapter's record in book/minutes.json, in words, lines and minutes."""
    words, lines = count(notebooks.read(path))
    reading = words / WORDS_A_MINUTE + lines / LINES_A_MINUTE
    return {
        "words": words,
        "lines": lines,
        "reading": round(reading, 1),
        "running": running,
    }


def table_path(root: Path) -> Path:
    """Return where the minutes are kept."""
    return root / "book" / "minutes.json"


def load(root: Path = notebooks.ROOT) -> dict:
    """Return what book/minutes.json holds; an absent file counts as empty."""
    path = table_path(root)
    try:
        return json.loads(path.read_text("utf-8"))["chapters"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise NotebookError(
            "book/minutes.json cannot be read; delete it, run `course.py sync`, and "
            "bake the chapters to measure their running time again"
        ) from None


def compute(root: Path = notebooks.ROOT) -> dict:
    """Return the table as it must be now; running minutes stay as recorded."""
    old = load(root)
    return {
        path.stem: entry(path, old.get(path.stem, {}).get("running", STEP))
        for path in notebooks.chapters(root).values()
    }


def dumps(table: dict) -> str:
    """Return the text of book/minutes.json."""
    rows = [f'  "{name}": {json.dumps(row)}' for name, row in sorted(table.items())]
    body = "{\n" + ",\n".join(rows) + "\n }" if rows else "{}"
    return '{\n "chapters": ' + body + "\n}\n"


def save(table: dict, root: Path = notebooks.ROOT) -> bool:
    """Write book/minutes.json whole; say whether it changed."""
    return notebooks.write(table_path(root), dumps(table))


def recorded(seconds: float, before: float | None) -> float:
    """Return the running minutes to record, given what stood there before.

    Rounded up to half minutes. A recorded figure stays while the new one is at most a
    fifth above it and not below a third: machines are busy at times, and a baked page
    prints this figure.
    """
    minutes = seconds / 60
    if before and before / 3 <= minutes <= before * 1.2:
        return before
    if before == STEP and minutes <= STEP:
        return before
    return max(STEP, math.ceil(minutes / STEP) * STEP)


def record(
    path: Path, seconds: float, root: Path = notebooks.ROOT, anew: bool = False
) -> bool:
    """Record a chapter's measured seconds; say whether book/minutes.json changed.

    anew: whatever was recorded before.
    """
    table = load(root)
    before = None if anew else table.get(path.stem, {}).get("running")
    table[path.stem] = entry(path, recorded(seconds, before))
    changed = save(table, root)
    write_readme(root)
    return changed


def by_part(table: dict, root: Path = notebooks.ROOT) -> dict[str, float]:
    """Return the minutes of each part, reading and running."""
    return {
        part: sum(
            table[one.name]["reading"] + table[one.name]["running"]
            for one in found
            if one.name in table
        )
        for part, found in contents.parts(root).items()
    }


def problems(root: Path = notebooks.ROOT) -> list[str]:
    """Return what is wrong with the recorded minutes, one sentence each."""
    now, stored, found = compute(root), load(root), []
    for name in sorted(now.keys() | stored.keys()):
        if now.get(name) != stored.get(name):
            found.append(
                f"{name}: book/minutes.json says {stored.get(name)}, the notebook has "
                f"{now.get(name)}; run `course.py sync`"
            )
    for part, total in by_part(now, root).items():
        if total > CORE_MINUTES:
            found.append(
                f"{part} takes {total:.0f} minutes, the budget is {CORE_MINUTES}; "
                "shorten the main line or fold what goes deeper into <details>"
            )
    return found + readme_problems(root)


# --- the README's table ----------------------------------------------------------


def readme_rows(root: Path) -> str:
    """Return the README's map of the chapters with their minutes, as Markdown."""
    import address

    repository, release = address.current(root)
    colab = f"https://colab.research.google.com/github/{repository}/blob/{release}"
    table = compute(root)
    if not table:
        return ""
    lines = ["| | Chapter | Reading | Running | Open |", "|---|---|---:|---:|---|"]
    for part, found in contents.parts(root).items():
        lines.append(f"| | **{part}** | | | |")
        for one in found:
            row = table[one.name]
            lines.append(
                f"| {one.number} | [{one.title}]({one.file}) | "
                f"{math.ceil(row['reading'])} min | {math.ceil(row['running'])} min | "
                f"[Colab]({colab}/{one.file}) |"
            )
    return "\n".join(lines) + "\n"


def with_rows(text: str, rows: str) -> str:
    """Return the README's text with new rows between its two markers."""
    before, start, rest = text.partition(README_START)
    _, end, after = rest.partition(README_END)
    if not end:
        raise NotebookError(
            f"README.md has no pair of lines {README_START} and {README_END}, between "
            "which the map of the chapters stands"
        )
    return f"{before}{start}\n{rows}{end}{after}"


def write_readme(root: Path = notebooks.ROOT) -> bool:
    """Bring the README's table up to date; say whether it changed."""
    path = root / "README.md"
    if not path.is_file():
        return False
    text = with_rows(path.read_text("utf-8"), readme_rows(root))
    return notebooks.write(path, text)


def readme_problems(root: Path) -> list[str]:
    """Find a README whose table is out of date."""
    path = root / "README.md"
    if not path.is_file():
        return []
    text = path.read_text("utf-8")
    if text == with_rows(text, readme_rows(root)):
        return []
    return ["README.md: the minutes are out of date; run `course.py sync`"]


def report(table: dict) -> str:
    """Return the table as text."""
    lines = [f"{'chapter':<30}  words  lines  reading  running"]
    for name, row in sorted(table.items()):
        lines.append(
            f"{name:<30}{row['words']:7d}{row['lines']:7d}"
            f"{row['reading']:9.1f}{row['running']:9.1f}"
        )
    for part, total in by_part(table).items():
        lines.append(f"{part}: {total:.1f} of {CORE_MINUTES} minutes")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    try:
        if options.write:
            save(compute())
        print(report(compute()))
        found = problems() if options.check else []
    except NotebookError as error:
        found = [str(error)]
    for problem in found:
        print(problem, file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
