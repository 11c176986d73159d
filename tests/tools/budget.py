"""How long a chapter takes: what is read is counted, running time is measured.

    python tests/tools/budget.py             print the table of minutes
    python tests/tools/budget.py --check     exit 1 if book/minutes.json is out of date
    python tests/tools/budget.py --write     bring words and lines up to date

A reader reads 150 words or 30 lines of code a minute; counting.py says what counts.
Each chapter has its minutes twice: those of its path, and those of the whole page with
its detours (paths.py). Running minutes are those of `course.py bake --time`.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from pathlib import Path

import counting
import notebooks
import paths
import readme
from notebooks import NotebookError

from shared import contents

PARTS = re.compile(r"Part (I|II)\b")  # the parts that are one sitting each
READING, RUNNING = 180, 25  # minutes of a part's path
STEP = 0.5  # running time is recorded in half minutes
WAYS = ("path", "whole")


def measure(path: Path) -> dict[str, dict]:
    """Return words, lines and reading minutes of a chapter's path and of the whole."""
    nb = notebooks.read(path)
    first = next(iter(notebooks.code_cells(nb)), None)
    found = {}
    for way, cells in zip(WAYS, (paths.path_cells(nb), nb.cells), strict=True):
        read = counting.count(cells, first)
        found[way] = {"words": read.words, "lines": read.lines}
        found[way]["reading"] = round(read.minutes, 1)
    return found


def table_path(root: Path) -> Path:
    """Return where the minutes are kept."""
    return root / "book" / "minutes.json"


def load(root: Path = notebooks.ROOT) -> dict:
    """Return what book/minutes.json holds; an absent file counts as empty."""
    path = table_path(root)
    try:
        return dict(json.loads(path.read_text("utf-8"))["chapters"])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise NotebookError(
            "book/minutes.json cannot be read; delete it, run `course.py sync`, and "
            "`course.py bake --time` to measure the chapters' running time again"
        ) from None


def compute(root: Path = notebooks.ROOT) -> dict:
    """Return the table as it must be now; running minutes stay as recorded.

    A chapter that was never timed has the running minutes None.
    """
    old, table = load(root), {}
    for one in contents.chapters(root):
        row = measure(root / one.file)
        for way in WAYS:
            row[way]["running"] = old.get(one.name, {}).get(way, {}).get("running")
        table[one.name] = row
    return table


def dumps(table: dict) -> str:
    """Return the text of book/minutes.json."""
    rows = [
        f'  "{name}": {{\n'
        + ",\n".join(f'   "{way}": {json.dumps(row[way])}' for way in WAYS)
        + "\n  }"
        for name, row in sorted(table.items())
    ]
    body = "{\n" + ",\n".join(rows) + "\n }" if rows else "{}"
    return '{\n "chapters": ' + body + "\n}\n"


def save(table: dict, root: Path = notebooks.ROOT) -> bool:
    """Write book/minutes.json whole; say whether it changed."""
    return notebooks.write(table_path(root), dumps(table))


def renew(root: Path = notebooks.ROOT) -> bool:
    """Bring book/minutes.json and the README up to date; say whether one changed."""
    table = compute(root)
    changed = save(table, root)
    return readme.write(root, table) or changed


def record(path: Path, seconds: dict[str, float], root: Path = notebooks.ROOT) -> bool:
    """Record what was measured of a chapter, in seconds of its path and its whole.

    Rounded up to half minutes. Says whether book/minutes.json or the README changed.
    """
    table = compute(root)
    for way in WAYS:
        minutes = max(STEP, math.ceil(seconds[way] / 60 / STEP) * STEP)
        table[path.stem][way]["running"] = minutes
    changed = save(table, root)
    return readme.write(root, table) or changed


# --- the budget of an afternoon --------------------------------------------------


def afternoons(root: Path) -> dict[str, list[str]]:
    """Return the parts that have a budget, with the names of their chapters."""
    return {
        PARTS.match(part)[0]: [one.name for one in found]
        for part, found in contents.parts(root).items()
        if PARTS.match(part)
    }


def spent(table: dict, names: list[str]) -> tuple[float, float]:
    """Return the minutes of reading and of running on the path of some chapters."""
    rows = [table[name]["path"] for name in names if name in table]
    running = (row["running"] or 0 for row in rows)
    return sum(row["reading"] for row in rows), sum(running)


def over(part: str, table: dict, names: list[str]) -> list[str]:
    """Say where a part's path takes longer than an afternoon has."""
    reading, running = spent(table, names)
    found = []
    if reading > READING:
        found.append(
            f"{part}: the path takes {reading:.0f} minutes to read, the budget is "
            f"{READING}; make a whole section a detour (tag its heading `detour`) or "
            "move it into another chapter; squeeze and fold nothing"
        )
    if running > RUNNING:
        found.append(
            f"{part}: the cells of the path run for {running:.1f} minutes, the budget "
            f"is {RUNNING}; make a run shorter, or a detour"
        )
    return found


def problems(root: Path = notebooks.ROOT) -> list[str]:
    """Return what is wrong with the recorded minutes, one sentence each.

    The budget binds chapters of the second edition; `report` tells of the others.
    """
    now, stored, found = compute(root), load(root), []
    for name in sorted(now.keys() | stored.keys()):
        if now.get(name) != stored.get(name):
            found.append(
                f"{name}: book/minutes.json says {stored.get(name)}, the "
                f"notebook has {now.get(name)}; run `course.py sync`"
            )
    for part, names in afternoons(root).items():
        found += over(part, now, [n for n in names if n not in paths.FIRST_EDITION])
    return found + readme.problems(root, now)


def untimed(root: Path = notebooks.ROOT) -> list[str]:
    """Return the chapters whose cells were never timed; `sync` cannot repair that."""
    return [
        f"{name}: its cells were never timed; on a machine with nothing else to "
        f"do, run `course.py bake --time book/{name}.ipynb`"
        for name, row in compute(root).items()
        if None in (row[way]["running"] for way in WAYS)
    ]


def report(table: dict, root: Path = notebooks.ROOT) -> str:
    """Return the table as text, and how each part stands to its budget."""
    lines = [f"{'':32s}{'path':>18s}{'whole':>18s}"]
    lines.append(f"{'chapter':32s}" + "  reading  running" * 2)
    for name, row in sorted(table.items()):
        figures = [row[way][kind] for way in WAYS for kind in ("reading", "running")]
        shown = ["-" if figure is None else f"{figure:.1f}" for figure in figures]
        lines.append(f"{name:32s}" + "".join(f"{text:>9s}" for text in shown))
    for part, names in afternoons(root).items():
        reading, running = spent(table, names)
        lines.append(
            f"{part}: the path takes {reading:.1f} of {READING} minutes to read, its "
            f"cells run for {running:.1f} of {RUNNING}"
        )
        if old := sum(name in paths.FIRST_EDITION for name in names):
            lines.append(
                f"  {old} of its {len(names)} chapters are still in the first edition: "
                "for them this is reported, not enforced"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    try:
        if options.write:
            renew()
        print(report(compute()))
        found = problems() + untimed() if options.check else []
    except (NotebookError, contents.ContentsError) as error:
        found = [str(error)]
    for problem in found:
        print(problem, file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
