"""Gates: what every page must keep to. They change nothing, and say what to do.

    python tests/tools/gates.py [FILES]            all gates over these pages; all pages
    python tests/tools/gates.py exercises [NN]     prove the exercises of a chapter

A gate is a function that takes a `page.Page` and returns a list of `page.Problem`. The
gates lie in rooms: gate_code (cells and outputs), gate_prose (words, markup, numbers),
gate_links (pictures and links), gate_exercises (exercises, the parts of a chapter).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import gate_code
import gate_exercises
import gate_links
import gate_prose
import notebooks
from page import Page, Problem, all_pages

Gate = Callable[[Page], list[Problem]]
EVERYWHERE: tuple[Gate, ...] = (
    gate_prose.forbidden_words,
    gate_prose.spelling,
    gate_links.remote_images,
    gate_links.alt_text,
    gate_links.links,
)
ALL: tuple[Gate, ...] = (
    *gate_code.GATES,
    *gate_prose.GATES,
    *gate_links.GATES,
    *gate_exercises.GATES,
)


def gates_for(page: Page) -> tuple[Gate, ...]:
    """The gates that a page must pass: all for a notebook, fewer for a prose page."""
    return ALL if page.is_notebook else EVERYWHERE


def check_page(path: Path, root: Path = notebooks.ROOT) -> list[Problem]:
    """All problems of one page; of a file that cannot be read just that one."""
    try:
        page = Page.read(path, root)
    except notebooks.NotebookError as error:
        name, _, what = str(error).partition(": ")
        return [Problem(name, None, what, "Nothing else was looked at")]
    return [problem for gate in gates_for(page) for problem in gate(page)]


def check_pages(paths: Iterable[Path], root: Path = notebooks.ROOT) -> list[Problem]:
    """All problems of several pages, ruff's findings last."""
    paths = list(paths)
    found = [problem for path in paths for problem in check_page(path, root)]
    broken = {problem.page for problem in found if problem.do.startswith("Nothing")}
    books = [path for path in paths if path.suffix == ".ipynb"]
    sound = [path for path in books if notebooks.label(path, root) not in broken]
    return found + gate_code.ruff(sound, root)


def main(arguments: list[str]) -> int:
    """The command; returns 0 when nothing was found."""
    if arguments[:1] == ["exercises"]:
        chapter = arguments[1] if len(arguments) > 1 else ""
        tasks = gate_exercises.registry().values()
        tasks = [task for task in tasks if task.id.startswith(chapter)]
        found = [problem for task in tasks for problem in gate_exercises.prove(task)]
        print(f"{len(tasks)} exercises tried.")
    else:
        files = [Path(name).resolve() for name in arguments]
        found = check_pages(files or all_pages())
        found += [] if files else gate_exercises.editions()
    for problem in found:
        print(problem)
    print(f"{len(found)} problems." if found else "No problems.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
