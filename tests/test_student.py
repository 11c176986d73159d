"""The students' edition: stubs that run, and a check that tells when it is stale."""

import json

import bake
import nbformat
import notebooks
import pytest
import student

NEW = nbformat.v4


def edition(*sources):
    """The texts of the students' cells made from code cells with these texts."""
    nb = NEW.new_notebook(cells=[NEW.new_code_cell(text) for text in sources])
    return [cell.source for cell in student.student_edition(nb).cells]


def solved(answer, before="", after="", indent=""):
    lines = ["### BEGIN SOLUTION", *answer.split("\n"), "### END SOLUTION"]
    body = "\n".join(indent + line for line in lines)
    return "\n".join(part for part in (before, body, after) if part)


def test_a_function_becomes_a_stub_that_returns_none():
    text = solved("return p * 2", 'def twice(p):\n    """Two p."""', "twice(1)", "    ")
    assert edition(text) == [
        'def twice(p):\n    """Two p."""\n'
        "    # Your code here: replace the next line.\n    return None\ntwice(1)"
    ]


def test_names_that_the_rest_of_a_function_needs_become_none():
    text = solved("a = p\nb = a + 1", "def f(p):", "    return b", "    ")
    assert edition(text) == [
        "def f(p):\n    # Your code here: replace None.\n    b = None\n    return b"
    ]


def test_a_value_that_is_needed_later_becomes_none():
    first = solved("steps = [i for i in range(3)]\nanswer = sum(steps)")
    made = edition(first, "print(answer)")
    assert made == ["# Your code here: replace None.\nanswer = None", "print(answer)"]


def test_a_definition_inside_the_solution_becomes_none():
    assert edition(
        solved("def f():\n    inner = 1\n    return inner"), "inner = f"
    ) == [
        "# Your code here: replace None.\nf = None",
        "inner = f",
    ]


def test_a_solution_that_nothing_needs_becomes_an_ellipsis():
    assert edition(solved("print(3)")) == ["..."]


def test_methods_and_several_solutions_in_a_cell():
    text = "class T:\n    def a(self):\n"
    text += solved("return 1", indent=" " * 8) + "\n\n    def b(self):\n"
    text += solved("return 2", indent=" " * 8)
    stub = "        # Your code here: replace the next line.\n        return None"
    assert edition(text) == [
        f"class T:\n    def a(self):\n{stub}\n\n    def b(self):\n{stub}"
    ]


def test_hidden_tests_go():
    hidden = "### BEGIN HIDDEN TESTS\nassert x == 3\n### END HIDDEN TESTS"
    assert edition(f"x = 3\n{hidden}") == ["x = 3"]


def test_tags_and_texts_for_students():
    cells = [
        NEW.new_markdown_cell("# Solutions", metadata={"student": "# Exercises"}),
        NEW.new_code_cell("x = 1", metadata={"tags": ["solution-only"]}),
        NEW.new_markdown_cell(
            "Good luck.", metadata={"tags": ["exercise-only", "remove-cell"]}
        ),
        NEW.new_markdown_cell("### BEGIN SOLUTION\nIt is 3.\n### END SOLUTION"),
    ]
    nb = NEW.new_notebook(cells=cells)
    made = student.student_edition(nb).cells
    assert [c.source for c in made] == [
        "# Exercises",
        "Good luck.",
        "Your answer here.",
    ]
    assert [dict(c.metadata) for c in made] == [{}, {}, {}]
    assert [c.id for c in made] == [cells[i].id for i in (0, 2, 3)]
    assert nb.cells[0].source == "# Solutions", "the solved notebook stays as it is"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("### BEGIN SOLUTION\nx = 1", "without '### END SOLUTION'"),
        ("x = 1\n### END SOLUTION", "line 2: this marker lacks its partner"),
        ("# BEGIN SOLUTION", "line 1 should be '### BEGIN SOLUTION' and no more"),
        (solved("x = = 1"), "no valid Python in line 2"),
        (solved("import math\nx = 1", after="print(math.pi, x)"), "imports 'math'"),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_cell(text, words):
    nb = NEW.new_notebook(cells=[NEW.new_markdown_cell("Hi."), NEW.new_code_cell(text)])
    with pytest.raises(student.StudentError, match="book, cell 2: ") as error:
        student.student_edition(nb, "book")
    assert words in str(error.value)


# --- files ---------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path):
    """A book with one solved notebook; its path."""
    path = tmp_path / "book" / "solutions" / "90_try.ipynb"
    path.parent.mkdir(parents=True)
    text = solved("answer = 3", after="print('the answer is', answer)")
    nb = NEW.new_notebook(cells=[NEW.new_code_cell(text, id="one")])
    nb.cells[0].outputs = [NEW.new_output("stream", text="the answer is 3\n")]
    notebooks.write(path, notebooks.dumps(bake.tidy(nb)))
    return path


def test_made_once_and_run(book):
    assert student.make(book) is True
    made = notebooks.read(student.target(book))
    assert made.cells[0].outputs[0].text == "the answer is None\n"
    assert made.cells[0].execution_count == 1
    before = student.target(book).stat().st_mtime_ns
    assert student.make(book) is False, "nothing changed, nothing to do"
    assert student.target(book).stat().st_mtime_ns == before
    assert [p.name for p in student.target(book).parent.iterdir()] == ["90_try.ipynb"]


def test_check_tells_what_is_missing_stale_or_broken(book):
    assert "is missing" in student.difference(book)[0]
    student.make(book, run=False)
    assert student.difference(book) == []
    there = student.target(book)
    there.write_text(there.read_text("utf-8").replace("None", "Nothing"), "utf-8")
    lines = student.difference(book)
    assert "is not what its solutions give" in lines[0]
    assert any(line.startswith("-") and "Nothing" in line for line in lines)
    there.write_text("{", "utf-8")
    assert "the JSON breaks in line 1" in student.difference(book)[0]
    assert student.make(book, run=False) is True and student.difference(book) == []


def test_an_edition_that_does_not_run_leaves_the_old_one(book):
    student.make(book, run=False)
    old = student.target(book).read_bytes()
    nb = notebooks.read(book)
    nb.cells[0].source += "\nprint(answer + 1)"
    notebooks.write(book, notebooks.dumps(nb))
    with pytest.raises(notebooks.NotebookError, match="TypeError"):
        student.make(book)
    assert student.target(book).read_bytes() == old
    assert [p.name for p in student.target(book).parent.iterdir()] == ["90_try.ipynb"]


def test_exercises_without_solutions_are_told(book):
    student.make(book, run=False)
    assert student.orphans(book.parents[2]) == []
    book.rename(book.with_name("91_other.ipynb"))
    found = student.orphans(book.parents[2])
    assert len(found) == 1 and "90_try.ipynb has no solved notebook" in found[0]


def test_the_command(book, capsys):
    assert student.main(["--check", str(book)]) == 1
    assert "is missing" in capsys.readouterr().err
    assert student.main(["--no-bake", str(book)]) == 0
    assert capsys.readouterr().out.endswith("90_try.ipynb: made\n")
    assert student.main(["--check", str(book)]) == 0
    book.write_text(json.dumps({"cells": 3}), "utf-8")
    assert student.main([str(book)]) == 1
    assert "not a notebook of format 4" in capsys.readouterr().err
