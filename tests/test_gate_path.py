"""The gates over path, detours and folding: each passes a sound chapter, each finds its
planted fault, and neither happens to chapters that still are in the first edition."""

import gate_folding
import gate_path
import nbformat
import notebooks
import paths
import pytest
from page import Page

from shared import contents

NEW = nbformat.v4
NAME = "90_try"


def prose(text, *tags):
    return NEW.new_markdown_cell(text, metadata={"tags": list(tags)})


def code(text, *tags, **metadata):
    return NEW.new_code_cell(text, metadata={"tags": list(tags), **metadata})


def sound():
    """The cells of a chapter that passes: a path, a detour, a little that is folded."""
    return [
        prose("# A chapter"),
        code(notebooks.FIRST_CELL, "hide-input"),
        prose("## On the path"),
        code("\n".join(f"x{i} = {i}" for i in range(9))),
        code("import matplotlib.pyplot as plt\n\nplt.plot([x1])", "hide-input"),
        prose("## Around", "detour"),
        code("y = x1"),
        prose("### Deeper\n\nWords."),
        prose("## On the path again"),
        code("print(x2)"),
    ]


@pytest.fixture
def read(tmp_path):
    """Write cells as a chapter of a small book, and read it as a page."""

    def reader(cells, name=NAME, folder=""):
        path = tmp_path / "book" / folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nb = NEW.new_notebook(cells=cells)
        notebooks.write(path, notebooks.dumps(nb))
        return Page.read(path, tmp_path)

    return reader


def found(page):
    return [str(problem) for gate in gate_path.GATES for problem in gate(page)]


def test_a_sound_chapter_passes(read):
    assert found(read(sound())) == []


def retag(position, *tags):
    return lambda cells: cells[position].metadata.update(tags=list(tags))


def rewrite(position, text, *tags):
    def plant(cells):
        cells[position].source = text
        if tags:
            cells[position].metadata["tags"] = list(tags)

    return plant


def folded(text):
    """The cell that may be folded holds something else."""
    return rewrite(4, text)


def every_code_cell_in_the_detour(cells):
    moved = [cells.pop(position) for position in (9, 4, 3)]
    cells += [prose("## More", "detour"), *moved]


STEP = "loss = criterion(x1)\nloss.backward()"
FAULTS = [
    ("detours_are_sections", retag(6, "detour"), 7, "begins no section"),
    ("detours_are_sections", rewrite(5, "Words first.\n\n## B", "detour"), 6, "begins"),
    ("detours_are_sections", retag(7, "detour"), 8, "inside of the detour 'Around'"),
    ("detours_are_sections", rewrite(7, "Words.\n\n## B"), 8, "ends 'Around'"),
    ("detours_are_sections", rewrite(5, "## A\n\nWords.\n\n## B"), 6, "ends 'A'"),
    ("has_a_path", retag(0, "detour"), None, "lacks the first code cell"),
    ("has_a_path", lambda cells: cells.pop(0), None, "lacks the page's title"),
    ("has_a_path", every_code_cell_in_the_detour, None, "no code cell but the first"),
    ("has_a_path", lambda cells: (retag(2, "detour")(cells), retag(8, "detour")(cells)),
     None, "has no section"),
    ("has_a_path", rewrite(5, "## The stamp", "detour"), 6, "belongs to every chapter"),
    ("path_needs_no_detour", rewrite(9, "print(y)"), 10,
     "the path uses 'y', which the detour 'Around' defines in cell 7"),
    ("folds_little", rewrite(4, "plt\n" * 4 + "print()"), None,
     "5 of 16 lines of code are folded, 31%"),
    ("folds_little", retag(3, "hide_input"), None, "11 of 13 lines"),
    ("folds_little", lambda cells: cells[3].metadata.update(cellView="form"), None,
     "11 of 13 lines"),
    ("folds_no_matter", retag(3, "hide-input", "shared:data.windows"), 4,
     "holds a block (shared:data.windows)"),
    ("folds_no_matter", retag(3, "hide-cell", "variant"), 4, "holds a block (variant)"),
    ("folds_no_matter", folded("class Net:\n    pass"), 5, "defines the class 'Net'"),
    ("folds_no_matter", folded("def loss(x):\n    return x"), 5, "defines 'loss'"),
    ("folds_no_matter", folded("def f(x):\n    print(x)\n    return x"), 5, "'f'"),
    ("folds_no_matter", folded(STEP), 5, "calls 'backward', a loss or a loop"),
    ("folds_no_matter", folded("run = train.train(model, rows)"), 5, "calls 'train'"),
    ("folds_no_matter", folded("r = Recipe(steps=9)"), 5, "writes down a recipe"),
    ("folds_no_matter", folded("c = model.DecoderConfig()"), 5, "'DecoderConfig'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "plant", "where", "words"),
    FAULTS,
    ids=[f"{rule}-{i}" for i, (rule, *_) in enumerate(FAULTS)],
)
def test_a_planted_fault_is_found(rule, plant, where, words, read):
    cells = sound()
    plant(cells)
    gate = {gate.__name__: gate for gate in gate_path.GATES}[rule]
    problems = gate(read(cells))
    assert any(words in p.what and p.cell == where for p in problems), problems
    assert all(problem.do for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        "from shared import tales\nimport math",
        "def draw(x):\n    plt.plot(x)\n    return plt.gcf()",
        "def tell(x):\n    print(x)",
        "model.train()\nprint(x1)",
    ],
)
def test_imports_drawing_and_printing_may_be_folded(text, read):
    cells = sound()
    folded(text)(cells)
    assert found(read(cells)) == []


# --- recipes that are imported -------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "problems"),
    [
        ("history = run(BASE)", 1),
        ("history = run(BASE)\nprint(BASE)", 0),
        ("BASE", 0),
        ("print(f'{BASE}')", 0),
        ("print(BASE.steps, SIZE)", 0),
    ],
)
def test_an_imported_recipe_is_printed(use, problems, read, monkeypatch):
    monkeypatch.setattr(gate_folding, "is_recipe", lambda name: name.endswith(".BASE"))
    cells = sound()
    cells[3].source = cells[3].source + "\nfrom shared.data import BASE, SIZE\n" + use
    told = found(read(cells))
    assert len(told) == problems
    assert all("BASE decides a run, and no visible cell prints it" in p for p in told)


def test_printing_it_where_nobody_looks_is_not_enough(read, monkeypatch):
    monkeypatch.setattr(gate_folding, "is_recipe", lambda name: name.endswith(".BASE"))
    cells = sound()
    cells[3].source += "\nfrom shared.data import BASE"
    folded("print(BASE)")(cells)
    assert len(found(read(cells))) == 1


# --- the first edition ---------------------------------------------------------------


def test_the_first_edition_is_reported_and_not_held(read, monkeypatch):
    cells = sound()
    folded("class Net:\n    pass")(cells)
    assert found(read(cells))
    assert gate_path.reported(read(cells)) == []
    monkeypatch.setattr(paths, "FIRST_EDITION", frozenset({NAME}))
    assert found(read(cells)) == []
    assert "defines the class 'Net'" in str(gate_path.reported(read(cells))[0])


@pytest.mark.parametrize(
    ("name", "folder"), [(NAME, "solutions"), ("appendix_a_b", "")]
)
def test_only_chapters_have_a_path(name, folder, read):
    cells = sound()
    folded("class Net:\n    pass")(cells)
    assert found(read(cells, name, folder)) == []


def test_the_list_of_the_first_edition_names_chapters_only(monkeypatch):
    assert gate_path.list_problems() == []
    monkeypatch.setattr(paths, "FIRST_EDITION", frozenset({"99_gone"}))
    (problem,) = gate_path.list_problems()
    assert "there is no chapter '99_gone'" in str(problem)
    assert "Take it off FIRST_EDITION in tests/tools/paths.py" in str(problem)


def test_a_chapter_off_the_list_is_held_to_everything():
    """The chapters' own pages; those on the list are let through, and only those."""
    held = [one for one in contents.chapters() if one.name not in paths.FIRST_EDITION]
    for one in held:
        assert found(Page.read(notebooks.ROOT / one.file)) == []
    free = len(contents.chapters()) - len(held)
    assert free == len(paths.FIRST_EDITION)


# --- what must stand in the open -----------------------------------------------------


def test_every_loss_loop_and_recipe_stands_in_a_tagged_cell():
    assert gate_path.taught_in_the_open() == []


def test_a_loss_without_its_tag_or_in_a_detour_is_found(tree, monkeypatch):
    monkeypatch.setattr(gate_path, "OPEN", {"loss"})
    cell = ("def loss(x):\n    return x", ["shared:train.loss"])
    around = ("# Around", ["detour"])
    tree.page("01_open", "# On", cell)
    assert gate_path.taught_in_the_open(tree.root) == []
    tree.page("01_open", "# On", cell[0])
    (problem,) = gate_path.taught_in_the_open(tree.root)
    assert "no chapter shows 'loss'" in str(problem)
    tree.page("01_open", "# On", around, cell)
    (problem,) = gate_path.taught_in_the_open(tree.root)
    assert "'loss' is built in a detour" in str(problem)
