"""The path and its detours: where they begin and end, what one may not need."""

import nbformat
import paths
import pytest

NEW = nbformat.v4


def page(*cells):
    """A notebook. A cell is text or (text, tags); "#" and a space begin prose."""
    made = []
    for cell in cells:
        text, tags = cell if isinstance(cell, tuple) else (cell, [])
        prose = text.lstrip("#").startswith(" ")
        new = NEW.new_markdown_cell if prose else NEW.new_code_cell
        made.append(new(text, metadata={"tags": tags} if tags else {}))
    return NEW.new_notebook(cells=made)


DETOUR = ["detour"]


def sources(nb):
    return [cell.source for cell in paths.path_cells(nb)]


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["# A", "x", "## B", "y"], ["# A", "x", "## B", "y"]),
        (["# A", ("## B", DETOUR), "x", "## C", "y"], ["# A", "## C", "y"]),
        (["# A", ("## B", DETOUR), "### D", "x", "## C"], ["# A", "## C"]),
        (["# A", "## B", ("### D", DETOUR), "x", "### E"], ["# A", "## B", "### E"]),
        (["# A", ("### D", DETOUR), "x", "## C", "y"], ["# A", "## C", "y"]),
        (["# A", ("## B", DETOUR), "x"], ["# A"]),
        (["# A", ("## B", DETOUR), ("## C", DETOUR), "## D"], ["# A", "## D"]),
        (["# A", ("## B", DETOUR), ("### C", DETOUR), "### E", "## D"],
         ["# A", "## D"]),
        (["# A", ("x", DETOUR), "y"], ["# A", "x", "y"]),  # a gate refuses such a tag
    ],
)
def test_a_detour_goes_down_to_the_next_heading_of_its_level(cells, kept):
    assert sources(page(*cells)) == kept


def test_a_detour_knows_its_title_and_cells():
    nb = page("# A", ("## The  other way ", DETOUR), "x", "## C")
    assert paths.detours(nb) == [paths.Detour("The  other way", 2, 1, 3)]
    assert paths.off_path(nb) == {1, 2}


# --- what the path needs of a detour -------------------------------------------------

HEAD = ["# A", "import math\nfirst = 1", ("## Around", DETOUR)]
TAIL = ["## On"]
NEEDED = [
    ("x = 2", "print(x)", "x"),
    ("def f(): return 1", "f()", "f"),
    ("class C: pass", "def g():\n    return C()", "C"),
    ("import json", "json.dumps(1)", "json"),
    ("from os import path as p", "p.join()", "p"),
    ("for i in range(3): pass", "i", "i"),
    ("with open('a') as file: pass", "file.read()", "file"),
    ("x, (y, z) = 1, (2, 3)", "[z for _ in range(2)]", "z"),
    ("if first: x = 1", "x", "x"),
    ("x = 1", "x += 1", "x"),
    ("x = 1", "x = x + 1", "x"),
    ("(x := 5)", "x", "x"),
    ("first = 2", "first", "first"),  # changes what the path has defined
    ("first += 1", "print(first)", "first"),
    ("def f():\n    global x\n    x = 1", "x", "x"),
    ("math.tau = 6", "math.tau", "math"),
    ("first['a'] = 1", "first", "first"),
    ("x = 1", "%time f(1)\nx", "x"),
]


@pytest.mark.parametrize(("detour", "use", "name"), NEEDED)
def test_what_the_path_needs_of_a_detour_is_found(detour, use, name):
    found = paths.needs(page(*HEAD, detour, *TAIL, use))
    assert found == [paths.Need(name, 6, 4, "Around")]


@pytest.mark.parametrize(
    ("detour", "use"),
    [
        ("x = first", "first"),  # a detour may use what the path has
        ("x = 2", "x = 3\nprint(x)"),  # defined anew on the path
        ("x = 2", "for x in range(3):\n    print(x)"),
        ("x = 2", "def f(x):\n    return x"),
        ("x = 2", "[x for x in range(3)]"),
        ("x = 2", "lambda x: x"),
        ("def f():\n    x = 1", "y = 1"),
        ("import math", "import math\nmath.tau"),
        ("x = 2", "print('x', {'x': 1}, f.x)"),
        ("x = 2", "def g():\n    x = 1\n    return x"),
        ("print(first)", "print(print)"),
        ("x = = 2", "x"),  # not Python: another gate tells
    ],
)
def test_what_needs_no_detour_passes(detour, use):
    assert paths.needs(page(*HEAD, detour, *TAIL, use)) == []


def test_one_detour_may_use_another():
    cells = ["x = 2", ("## Further", DETOUR), "print(x)", "## On", "first"]
    assert paths.needs(page(*HEAD, *cells)) == []


# --- the mark ------------------------------------------------------------------------


def mark(minutes: str) -> str:
    return f'<p class="detour-mark">A detour of about {minutes}.</p>'


def test_each_detour_is_marked_with_its_own_minutes():
    long = " ".join(["word"] * 310)
    nb = page("# A", (f"## B\n\n{long}", DETOUR), ("## C", DETOUR), "x", "## D")
    assert paths.with_marks(nb)
    assert nb.cells[1].source == f"## B\n\n{mark('3 minutes')}\n\n{long}"
    assert nb.cells[2].source == f"## C\n\n{mark('1 minute')}"
    assert nb.cells[4].source == "## D"
    assert not paths.with_marks(nb)


def test_an_old_mark_is_renewed_and_one_outside_of_a_detour_goes():
    nb = page("# A", (f"## B\n\n{mark('9 minutes')}\n\nWords.", DETOUR), "## C")
    assert paths.with_marks(nb)
    assert nb.cells[1].source == f"## B\n\n{mark('1 minute')}\n\nWords."
    del nb.cells[1].metadata["tags"]
    assert paths.with_marks(nb)
    assert nb.cells[1].source == "## B\n\nWords."
