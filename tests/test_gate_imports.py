"""The gates over imports: each passes a sound page and finds its planted fault."""

import gate_imports
import nbformat
import notebooks
import paths
import pytest
from page import Page

NEW = nbformat.v4
NAME = "90_try"
MANY = "from shared.model import " + ", ".join(f"N{i}" for i in range(26))
LONG = "\n".join(["from shared.model import GPT"] * 11)


@pytest.fixture
def found(tmp_path):
    """What the gates say of a chapter with this cell after its first one."""

    def finder(text):
        path = tmp_path / "book" / f"{NAME}.ipynb"
        path.parent.mkdir(exist_ok=True)
        cells = [NEW.new_code_cell(notebooks.FIRST_CELL), NEW.new_code_cell(text)]
        notebooks.write(path, notebooks.dumps(NEW.new_notebook(cells=cells)))
        page = Page.read(path, tmp_path)
        return [str(p) for gate in gate_imports.GATES for p in gate(page)]

    return finder


@pytest.mark.parametrize(
    "text",
    [
        "from shared import plot, tales\nfrom shared.model import GPT",
        "from shared.checkpoint import passport\nimport shared",
        "import shared.model as m",
        "from sharedness.model.gpt import GPT",
    ],
)
def test_imports_from_rooms_pass(found, text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("from shared.model.gpt import GPT", "from shared.model.gpt"),
        ("def f():\n    import shared.tales.parts", "from shared.tales.parts"),
    ],
)
def test_an_import_from_a_file_is_found(found, text, named):
    (problem,) = found(text)
    assert named in problem and "Import from shared." in problem


def test_too_many_names_and_too_many_lines_are_found(found, monkeypatch):
    (problem,) = found(MANY)
    assert "26 names of shared/ in 1 lines; 25 in 10 are the most" in problem
    (problem,) = found(LONG)
    assert "11 names of shared/ in 11 lines" in problem
    monkeypatch.setattr(paths, "FIRST_EDITION", frozenset({NAME}))
    assert found(MANY) == []  # only reported, until its second edition
