"""The path of each chapter runs alone, from its first cell to its last, and shows what
the page shows; a planted chapter proves that one which needs its detour is caught."""

import nbformat
import notebooks
import path_alone
import paths
import pytest

CHAPTERS = [pytest.param(p, id=p.stem) for p in notebooks.chapters().values()]


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS)
def test_the_path_runs_alone(path):
    if path.stem in paths.FIRST_EDITION:
        pytest.skip("first edition: it has no detour, and nbval runs the whole")
    if not paths.detours(notebooks.read(path)):
        pytest.skip("no detours: nbval, which runs the whole, has run the path")
    assert path_alone.problems(path) == []


def test_no_chapter_of_the_first_edition_has_a_detour():
    for path in notebooks.chapters().values():
        if path.stem in paths.FIRST_EDITION:
            assert paths.detours(notebooks.read(path)) == [], path.stem


SHOWN = "print(sorted(__import__('os').listdir()))"
PATH = ["# On the path", ("import random", None), (SHOWN, "[]\n")]
AROUND = "# Around"
AFTER = "# On again"
NEEDS = {
    "a name": (
        [("table = {'a': 1}", None)],
        [("print(table)", "{'a': 1}\n")],
        "raised NameError: name 'table' is not defined; the path needs a detour",
    ),
    "what a detour has changed": (
        [("random.kept = [1]", None)],
        [("print(getattr(random, 'kept', []))", "[1]\n")],
        "in this run:            '[]'",
    ),
    "a file that a detour wrote": (
        [("open('note.txt', 'w').close()", None)],
        [(SHOWN, "['note.txt']\n")],
        "it shows something else",
    ),
    "random numbers that a detour drew": (
        [("random.seed(1)\nrandom.random()", None)],
        [("print(random.random() == 0.8474337369372327)", "True\n")],
        "a seed of its own",
    ),
    "nothing": (
        [("other = 5", None), ("1 / 0", None)],
        [("print('the same')", "the same\n"), ("print(1.25)", "1.26\n")],
        "",
    ),
}  # fmt: skip


def planted(tree, around, after):
    """Write a chapter as it is baked: (source, what it shows); text is prose."""
    cells = [*PATH, (AROUND, ["detour"]), *around, AFTER, *after]
    sources = [c if isinstance(c, str) or c[0] == AROUND else c[0] for c in cells]
    path = tree.page("90_planted", *sources)
    nb = notebooks.read(path)
    for position, (cell, given) in enumerate(zip(nb.cells[1:], cells, strict=True)):
        cell.execution_count = position if cell.cell_type == "code" else None
        if cell.cell_type == "code" and given[1]:
            out = {"output_type": "stream", "name": "stdout", "text": given[1]}
            cell.outputs = [nbformat.from_dict(out)]
    nb.cells[0].outputs = [
        nbformat.from_dict(
            {"output_type": "stream", "name": "stdout", "text": "Block by Block "}
        )
    ]
    nb.cells[0].metadata["tags"] = ["nbval-ignore-output"]
    path.write_text(notebooks.dumps(nb), "utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("what", NEEDS)
def test_a_path_that_needs_its_detour_is_caught(what, tree):
    around, after, words = NEEDS[what]
    found = path_alone.problems(planted(tree, around, after), tree.root)
    if words:
        assert len(found) == 1 and words in found[0], found
        assert found[0].startswith("book/90_planted.ipynb")
    else:
        assert found == []
