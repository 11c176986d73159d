"""The README's map of the chapters, with the minutes of each."""

from __future__ import annotations

import math
from pathlib import Path

import address
import notebooks
from notebooks import NotebookError

from shared import contents

START = "<!-- chapters: begin -->"
END = "<!-- chapters: end -->"


def rows(root: Path, table: dict) -> str:
    """Return the map as Markdown, from the rows of book/minutes.json."""
    repository, release = address.current(root)
    colab = f"https://colab.research.google.com/github/{repository}/blob/{release}"
    if not table:
        return ""
    lines = ["| | Chapter | The path | The whole | Open |", "|---|---|---:|---:|---|"]
    for part, found in contents.parts(root).items():
        lines.append(f"| | **{part}** | | | |")
        for one in found:
            row = table[one.name]
            lines.append(
                f"| {one.number} | [{one.title}]({one.file}) | "
                f"{minutes(row['path'])} | {minutes(row['whole'])} | "
                f"[Colab]({colab}/{one.file}) |"
            )
    return "\n".join(lines) + "\n"


def minutes(row: dict) -> str:
    """Return "17 + 1 min": reading, and running where it was measured."""
    times = [row["reading"], row["running"]]
    return " + ".join(str(math.ceil(time)) for time in times if time) + " min"


def with_rows(text: str, new: str) -> str:
    """Return the README's text with new rows between its two markers."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise NotebookError(
            f"README.md has no pair of lines {START} and {END}, between "
            "which the map of the chapters stands"
        )
    return f"{before}{start}\n{new}{end}{after}"


def write(root: Path, table: dict) -> bool:
    """Bring the map up to date, where there is a README; say whether it changed."""
    path = root / "README.md"
    if not path.is_file():
        return False
    text = with_rows(path.read_text("utf-8"), rows(root, table))
    return notebooks.write(path, text)


def problems(root: Path, table: dict) -> list[str]:
    """Find a README whose map is out of date."""
    path = root / "README.md"
    if not path.is_file():
        return []
    text = path.read_text("utf-8")
    if text == with_rows(text, rows(root, table)):
        return []
    return ["README.md: the minutes are out of date; run `course.py sync`"]
