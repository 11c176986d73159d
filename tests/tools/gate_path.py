"""Gates over the path of a chapter, its detours, and what is folded.

They bind chapters of the second edition. What they would find in a chapter that still
is in the first (paths.FIRST_EDITION) is reported by `gates.py`, and fails nothing.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import blocks
import notebooks
import paths
from blocks import PREFIX, VARIANT, tagged
from counting import PRINTERS, called, filled, printing
from nbformat import NotebookNode
from page import Page, Problem
from uses import uses

FOLDED_SHARE = 0.25  # of the code lines of a chapter, its first cell left out
FOLDS = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
DRAWERS = {"plt", "plot", "ax", "axes", "axis", "fig", "figure", "draw"}
# Calls by which a loss or a loop that learns is known; a call of train* is one, too.
LEARNING = {
    *("backward", "zero_grad", "step", "clip_grad_norm_"),
    *("cross_entropy", "nll_loss", "log_softmax", "logsigmoid"),
}
# The losses, loops and recipes that the course is about. A name may only leave this
# list when the thing itself leaves the book.
OPEN = {
    *("Attention", "FeedForward", "LayerNorm", "Block", "GPT", "generate"),
    *("Recipe", "summed_loss", "train_step", "train", "Muon"),
    *("fit_linear", "class_logits", "FINE_TUNING", "chat_rows"),
    *("token_logprobs", "dpo_loss", "train_dpo", "group_advantages"),
    *("divergence", "grpo_loss", "train_grpo", "learn_merges", "encode_word"),
}
Rule = Callable[[Page], list[Problem]]


def is_folded(cell: NotebookNode) -> bool:
    """Say whether a reader must click to see a cell's code."""
    tags = {tag.replace("_", "-") for tag in notebooks.tags(cell)}
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden")
    return bool(tags & FOLDS or hidden or cell.metadata.get("cellView") == "form")


def trees(page: Page) -> Iterator[tuple[int, NotebookNode, ast.Module]]:
    """Yield (position, cell, syntax tree) of the code cells after the first."""
    for i, cell in page.code[1:]:
        try:
            yield i, cell, ast.parse(notebooks.plain_python(cell.source))
        except SyntaxError:
            continue  # gate_code.syntax tells


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
    return [page.problem(None, f"the path has {what}", do) for what in lost]


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


# --- folding -------------------------------------------------------------------------


def folds_little(page: Page) -> list[Problem]:
    """At most a quarter of the code lines is folded, the first cell left out."""
    sizes = [(filled(cell.source), is_folded(cell)) for _, cell in page.code[1:]]
    lines, folded = sum(n for n, _ in sizes), sum(n for n, hidden in sizes if hidden)
    if folded <= FOLDED_SHARE * lines:
        return []
    what = f"{folded} of {lines} lines of code are folded, {folded / lines:.0%}"
    do = f"Show some: at most {FOLDED_SHARE:.0%} may be folded"
    return [page.problem(None, what, do)]


def folds_no_matter(page: Page) -> list[Problem]:
    """Folded are imports, drawing and printing; no block, loss, loop or recipe."""
    found = []
    for i, cell, tree in trees(page):
        if is_folded(cell):
            for what in dict.fromkeys(matter(cell, tree)):
                do = "Show the cell; fold only imports, drawing and printing"
                found.append(page.problem(i, f"the folded cell {what}", do))
    return found


def matter(cell: NotebookNode, tree: ast.Module) -> Iterator[str]:
    """Yield what of a folded cell readers have come for."""
    built = [t for t in notebooks.tags(cell) if t.startswith(PREFIX) or t == VARIANT]
    yield from (f"holds a block ({tag})" for tag in built)
    for node in tree.body if not built else ():
        if isinstance(node, ast.ClassDef):
            yield f"defines the class {node.name!r}"
        elif isinstance(node, ast.FunctionDef) and not shows(node):
            yield f"defines {node.name!r}, which neither draws nor prints"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = called(node)
            if name in LEARNING or name.startswith("train") and node.args:
                yield f"calls {name!r}, a loss or a loop"
            elif name == "Recipe" or name.endswith("Config"):
                yield f"writes down a recipe, {name!r}"


def shows(function: ast.FunctionDef) -> bool:
    """Say whether a function draws, or only prints: it then returns nothing."""
    nodes = list(ast.walk(function))
    drawn = any(isinstance(n, ast.Name) and n.id in DRAWERS for n in nodes)
    prints = any(isinstance(n, ast.Call) and called(n) in PRINTERS for n in nodes)
    gives = any(isinstance(n, ast.Return) and n.value is not None for n in nodes)
    return drawn or (prints and not gives)


def recipes_are_shown(page: Page) -> list[Problem]:
    """A recipe or a config that is imported is printed by a cell that is not folded."""
    shown: set[str] = set()
    for _, cell, tree in trees(page):
        if not is_folded(cell):
            shown |= printed(tree)
    found, told = [], set()
    for position, _, name in uses(modules(), page.nb):
        leaf = name.rpartition(".")[2]
        if leaf not in shown | told and is_recipe(name):
            told.add(leaf)
            what = f"{leaf} decides a run, and no visible cell prints it"
            i = page.code[position - 1][0]
            found.append(page.problem(i, what, f"Write print({leaf}) in a cell"))
    return found


def printed(tree: ast.Module) -> set[str]:
    """Return the names that a cell prints, or shows by ending with them."""
    calls: list[ast.AST] = list(printing(tree))
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        calls.append(tree.body[-1].value)
    inside = [node for call in calls for node in ast.walk(call)]
    names = {node.id for node in inside if isinstance(node, ast.Name)}
    return names | {node.attr for node in inside if isinstance(node, ast.Attribute)}


@functools.cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax trees of shared/, read once."""
    return blocks.modules(notebooks.ROOT)


@functools.cache
def is_recipe(name: str) -> bool:
    """Say whether "room.file.NAME" of shared/ is a recipe or a config, kept ready."""
    module, _, leaf = name.rpartition(".")
    if not module or not leaf.isupper():
        return False
    try:
        value = getattr(importlib.import_module(f"shared.{module}"), leaf, None)
    except ImportError:
        return False
    return dataclasses.is_dataclass(value)


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
    detours_are_sections, has_a_path, path_needs_no_detour, folds_little,
    folds_no_matter, recipes_are_shown,
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
