"""Gates over the path of a chapter and its detours, and over what is folded.

They bind chapters of the second edition. What they would find in a chapter that still
is in the first (paths.FIRST_EDITION) is reported by `gates.py`, and fails nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import gate_folding
import notebooks
import paths
from blocks import tagged
from gate_exercises import SECTIONS
from nbformat import NotebookNode
from page import Page, Problem

# The losses, loops and recipes that the course is about. A name may only leave this
# list when the thing itself leaves the book. (`learn_merges` was on it: the path
# now builds the trainer whole, in SmallBPE, and the fast one is a detour. So were
# `Muon`, whose step the path has in three lines, and `generate`, whose loop the path
# writes for one text; torch's frame and the loop for many texts are detours. And so
# were `train`, `train_step` and `Recipe`: the path of chapter 07 writes the loop whole,
# in `pretrain`, and prints the run's recipe; what the book adds to both is a detour.)
OPEN = {
    *("Attention", "FeedForward", "LayerNorm", "Block", "GPT"),
    *("summed_loss", "fit_linear", "class_logits", "FINE_TUNING", "chat_rows"),
    *("token_logprobs", "dpo_loss", "train_dpo", "group_advantages"),
    *("divergence", "grpo_loss", "train_grpo", "SmallBPE", "encode_word"),
}
Rule = Callable[[Page], list[Problem]]


# --- detours -------------------------------------------------------------------------


def detours_are_sections(page: Page) -> list[Problem]:
    """The tag `detour` stands on cells that begin a section, and each section is whole.

    A heading inside of a cell would end the section for a reader of the site, and not
    for the tools; a detour inside of a detour would be counted twice.
    """
    inside = {i: d for d in paths.detours(page.nb) for i in range(d.first, d.end)}
    found = []
    for i, cell in page.cells:
        home, tagged = inside.get(i - 1), paths.DETOUR in notebooks.tags(cell)
        starts = home is not None and home.first == i - 1
        if tagged and not paths.heading(cell):
            do = "Tag the cell that begins with the section's heading (`## ...`)"
            found.append(page.problem(i, "tagged `detour`, and begins no section", do))
        elif tagged and not starts:
            what = f"a detour inside of the detour {home.title!r}"
            found.append(page.problem(i, what, "Take the inner tag away"))
        elif home and cell.cell_type == "markdown":
            headings = dict(page.markdown)[i].headings
            own = 1 if paths.heading(cell) else 0
            if any(level <= home.level for level, _ in headings[own:]):
                what = f"a heading in the midst of the cell ends {home.title!r}"
                do = "Begin a new cell with this heading"
                found.append(page.problem(i, what, do))
    return found


def has_a_path(page: Page) -> list[Problem]:
    """What is left without the detours is a chapter: title, first cell, code, prose."""
    kept = paths.path_cells(page.nb)
    code = [cell for cell in kept if cell.cell_type == "code"]
    do = "Tag fewer sections `detour`: the path must be a chapter by itself"
    first = page.code[0][1] if page.code else None
    if not any(cell is first for cell in code):
        return [page.problem(None, "the path lacks the first code cell", do)]
    if not any(paths.heading(cell) == 1 for cell in kept):
        return [page.problem(None, "the path lacks the page's title", do)]
    lost = [
        name
        for name, there in (
            ("no code cell but the first", code[1:]),
            ("no section", [cell for cell in kept if _sections(cell)]),
        )
        if not there
    ]
    found = [page.problem(None, f"the path has {what}", do) for what in lost]
    for detour in paths.detours(page.nb):
        if detour.title in SECTIONS:
            what = f"{detour.title!r} is a detour, and belongs to every chapter"
            found.append(page.problem(detour.first + 1, what, "Take the tag away"))
    return found


def _sections(cell: NotebookNode) -> bool:
    lines = cell.source.split("\n") if cell.cell_type == "markdown" else []
    return any(line.startswith("## ") for line in lines)


def path_needs_no_detour(page: Page) -> list[Problem]:
    """No path cell uses a name whose last definition lies in a detour."""
    return [
        page.problem(
            need.cell,
            f"the path uses {need.name!r}, which the detour {need.detour!r} defines in "
            f"cell {need.built}",
            f"Define {need.name!r} on the path, or make this cell part of a detour",
        )
        for need in paths.needs(page.nb)
    ]


# --- what must stand in the open -----------------------------------------------------


def taught_in_the_open(root: Path = notebooks.ROOT) -> list[Problem]:
    """Each loss, loop and recipe of OPEN stands in a tagged cell, on the path.

    Without its tag it could be folded or imported, and no other gate would see it.
    """
    homes = {
        item.name.rpartition(".")[2]: item
        for item in tagged(list(notebooks.chapters(root).values()))
    }
    where = notebooks.label(root / "book", root)
    found = []
    for name in sorted(OPEN):
        if name not in homes:
            do = f"Tag the cell that builds it `shared:...{name}`"
            found.append(Problem(where, None, f"no chapter shows {name!r}", do))
        elif homes[name].path.stem not in paths.FIRST_EDITION:
            item = homes[name]
            nb = notebooks.read(item.path)
            code = [i for i, c in enumerate(nb.cells) if c.cell_type == "code"]
            if code[item.position - 1] in paths.off_path(nb):
                what = f"{name!r} is built in a detour"
                found.append(Problem(item.place, None, what, "Build it on the path"))
    return found


# --- which chapters ------------------------------------------------------------------

RULES: tuple[Rule, ...] = (
    detours_are_sections, has_a_path, path_needs_no_detour, *gate_folding.RULES,
)  # fmt: skip


def binding(rule: Rule) -> Rule:
    """Make a gate of a rule: it looks at chapters of the second edition only."""

    @functools.wraps(rule)
    def gate(page: Page) -> list[Problem]:
        first = page.path.stem in paths.FIRST_EDITION
        return rule(page) if is_chapter(page) and not first else []

    return gate


def is_chapter(page: Page) -> bool:
    """Say whether a page is a chapter, whose readers have a path."""
    return bool(page.chapter) and not page.folder


def reported(page: Page) -> list[Problem]:
    """What the gates will find in a chapter that still is in the first edition."""
    if not is_chapter(page) or page.path.stem not in paths.FIRST_EDITION:
        return []
    return [problem for rule in RULES for problem in rule(page)]


def list_problems(root: Path = notebooks.ROOT) -> list[Problem]:
    """Names on the list of the first edition that are no chapter's."""
    names = {path.stem for path in notebooks.chapters(root).values()}
    do = "Take it off FIRST_EDITION in tests/tools/paths.py"
    return [
        Problem("tests/tools/paths.py", None, f"there is no chapter {name!r}", do)
        for name in sorted(paths.FIRST_EDITION - names)
    ]


GATES: tuple[Rule, ...] = tuple(map(binding, RULES))
