"""Gates: what every page must keep to. They say what is wrong, and what to do.

    course.py gates [FILES]           all gates over these pages; without FILES over all
                                      of them, and over the list of chapters
    course.py gates exercises [NN]    prove the exercises, or those of one chapter
    course.py gates --propose FILES   write into these pages which cell each figure of
                                      the prose comes from, where that is sure

A gate is a function that takes a `page.Page` and returns a list of `page.Problem`. The
gates lie in rooms: gate_code (cells and outputs), gate_prose (words, markup),
gate_numbers (figures in the prose), gate_links (pictures and links), gate_path (the
path and its detours), gate_folding (what may be folded), gate_imports (what is taken
from shared/), gate_exercises (exercises, the parts of a chapter).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import gate_code
import gate_exercises
import gate_imports
import gate_links
import gate_names
import gate_numbers
import gate_path
import gate_prose
import notebooks
from page import Page, Problem, all_pages

from shared import contents
from shared.check import registry

Gate = Callable[[Page], list[Problem]]
EVERYWHERE: tuple[Gate, ...] = (
    gate_prose.forbidden_words,
    gate_prose.spelling,
    gate_links.remote_images,
    gate_links.alt_text,
    gate_links.links,
    gate_links.mentions,
    gate_names.named,
)
ALL: tuple[Gate, ...] = (
    *gate_code.GATES,
    *gate_path.GATES,
    *gate_imports.GATES,
    *gate_prose.GATES,
    *gate_numbers.GATES,
    *gate_links.GATES,
    *gate_names.GATES,
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


def check_book(root: Path = notebooks.ROOT) -> list[Problem]:
    """All problems of all pages, of the editions and of the list of chapters."""
    found = check_pages(all_pages(root), root) + gate_exercises.editions(root)
    try:
        lost = contents.problems(root)
    except contents.ContentsError as error:
        return [*found, Problem("_toc.yml", None, str(error), "It lists the chapters")]
    do = "_toc.yml lists every page of the book"
    found += [Problem("_toc.yml", None, what, do) for what in lost]
    found += gate_path.list_problems(root)
    return found + gate_path.taught_in_the_open(root)


def report(files: list[Path]) -> None:
    """Print what fails nothing yet: chapters of the first edition, by the new gates."""
    for path in files or notebooks.chapters().values():
        try:
            page = Page.read(path)
            found = gate_path.reported(page) + gate_imports.reported(page)
        except notebooks.NotebookError:
            continue  # told already
        for problem in found if files else []:
            print(f"(first edition, not enforced) {problem}")
        if found and not files:
            name = notebooks.label(path)
            print(f"{name}: {len(found)} findings, not enforced in the first edition")


def check_exercises(chapter: str) -> list[Problem]:
    """All problems of one chapter's exercises ("05", "A"), of all chapters' for ""."""
    known = gate_exercises.registered(chapter) if chapter else registry()
    tasks = list(known.values())
    if not tasks:
        what = f"chapter {chapter!r} has no exercises"
        return [Problem("shared", None, what, 'Give a number such as 05, or "A"')]
    print(f"{len(tasks)} exercises tried.")
    return [problem for task in tasks for problem in gate_exercises.prove(task)]


def main(arguments: list[str] | None = None) -> int:
    """The command; returns 0 when nothing was found, 1 otherwise, 2 for no page."""
    parser = argparse.ArgumentParser(
        prog="course.py gates",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", help="pages, or exercises [NN]; all")
    parser.add_argument("--propose", action="store_true", help="name figures' cells")
    options = parser.parse_args(arguments)
    given = options.files
    if options.propose and not given:
        parser.error("--propose writes into pages: name them")
    if given[:1] == ["exercises"] and not options.propose:
        found = check_exercises("".join(given[1:2]))
    else:
        for name in given:
            if not Path(name).is_file() or Path(name).suffix not in (".ipynb", ".md"):
                parser.error(f"{name!r} is no notebook and no Markdown page")
        if options.propose:
            return gate_numbers.main(["--propose", *given])
        files = [Path(name).resolve() for name in given]
        found = check_pages(files) if files else check_book()
        report(files)
    for problem in found:
        print(problem)
    print(f"{len(found)} problems." if found else "No problems.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
