"""Blocks, first cells and addresses: drift is shown, repaired both ways, and planted
faults are caught. The gates run over the book itself in `test_the_book_is_in_step`.
"""

import blocks
import notebooks
import order
import pytest
import sync

TOKENS = '''\
"""Tokens."""

import functools

PATTERN = r"\\w+"


@functools.cache
def count(text: str) -> int:
    # Why this comment matters: a syntax tree does not hold it.
    return len(text)


class Splitter:
    """Splits."""

    @staticmethod
    def split(text: str) -> list[str]:
        """Split."""

        return text.split()
'''
COUNT = TOKENS[TOKENS.index("@functools") : TOKENS.index("\n\n\nclass")]
SPLIT = """\
@staticmethod
def split(text: str) -> list[str]:
    \"\"\"Split.\"\"\"

    return text.split()"""
CELL = (COUNT, ["shared:tokenizer.count"])


@pytest.fixture
def book(tree):
    """Return a repository of three chapters; the second builds `count`."""
    tree.module("tokenizer", TOKENS)
    tree.page("01_guess", "# Guess", "1 + 1")
    tree.page("02_text", "# Text", "import functools", CELL)
    tree.page("03_net", "# Net", "from shared.tokenizer import count")
    sync.repair(tree.root)
    return tree


def findings(tree) -> str:
    return "\n".join(sync.problems(tree.root))


def test_the_book_is_in_step():
    assert sync.problems() == []


def test_a_book_in_step_has_no_findings(book):
    assert findings(book) == ""


# --- finding a block -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tokenizer.count", COUNT),
        ("tokenizer.PATTERN", 'PATTERN = r"\\w+"'),
        ("tokenizer.Splitter.split", SPLIT),
    ],
)
def test_a_block_is_its_definition_with_decorators(book, name, text):
    assert blocks.find(book.root, name).text == text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tokenizer.coutn", "did you mean 'count'"),
        ("tokenizers.count", "no module shared/tokenizers.py"),
        ("tokenizer.Splitter.spilt", "did you mean 'split'"),
        ("tokenizer.count.inner", "nothing called 'count.inner'"),
        ("count", "no module shared/count.py"),
    ],
)
def test_a_block_that_does_not_exist_is_named(book, name, message):
    with pytest.raises(blocks.BlockError, match=message):
        blocks.find(book.root, name)
    book.page("02_text", (COUNT, [f"shared:{name}"]))
    assert message in findings(book)


# --- drift, and its repair -------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("len(text)", "len(text) + 1"),
        ("matters", "is kept"),  # a comment, which a syntax tree does not hold
        ("@functools.cache\n", ""),
        ("text: str", "text:  str"),
    ],
    ids=["code", "comment", "decorator", "space"],
)
def test_drift_is_shown_and_repaired_in_both_directions(book, old, new, capsys):
    path = book.page("02_text", "# Text", "1", (COUNT.replace(old, new), CELL[1]))
    module = book.root / "shared" / "tokenizer.py"
    assert sync.main(["--check"], book.root) == 1
    shown = capsys.readouterr().err
    assert "--- shared/tokenizer.py (tokenizer.count)" in shown
    assert any(line.startswith("-") for line in shown.splitlines())

    assert sync.main(["--to-shared"], book.root) == 0
    changed = TOKENS.replace(COUNT, COUNT.replace(old, new))
    assert module.read_text("utf-8") == changed

    module.write_text(TOKENS, "utf-8")
    assert sync.main(["--to-notebook"], book.root) == 0
    assert notebooks.code_cells(notebooks.read(path))[-1].source == COUNT
    assert module.read_text("utf-8") == TOKENS


def test_a_method_is_repaired_at_its_own_margin(book):
    text = SPLIT.replace("text.split()", "text.split(' ')")
    book.page("02_text", "# Text", CELL, (text, ["shared:tokenizer.Splitter.split"]))
    assert sync.main(["--to-shared"], book.root) == 0
    module = (book.root / "shared" / "tokenizer.py").read_text("utf-8")
    assert module == TOKENS.replace("text.split()", "text.split(' ')")


@pytest.mark.parametrize(
    "source", ["def other(): ...", f"{COUNT}\n\nprint(count('a'))", "def count(:"]
)
def test_a_cell_that_is_not_its_block_is_never_written_to_shared(book, source):
    book.page("02_text", "# Text", (source, CELL[1]))
    assert sync.main(["--to-shared"], book.root) == 1
    assert (book.root / "shared" / "tokenizer.py").read_text("utf-8") == TOKENS
    assert "tag shared:tokenizer.count" in findings(book)


# --- the gates, each with a planted fault ----------------------------------------


def test_a_block_in_two_cells(book):
    book.page("03_net", CELL)
    assert "shared:tokenizer.count stands in several cells" in findings(book)


def test_two_tags_on_one_cell(book):
    tags = ["shared:tokenizer.count", "shared:tokenizer.PATTERN"]
    book.page("02_text", (COUNT, tags))
    assert "one cell carries one shared: tag" in findings(book)


def test_a_tag_outside_the_chapters(book):
    book.page("solutions/02_text", CELL)
    assert "stands outside the chapters" in findings(book)


def test_a_second_definition_in_a_notebook(book):
    again = "def count(text):\n    return 0"
    book.page("03_net", again)
    assert "code cell 2 defines 'count' again" in findings(book)
    book.page("03_net", (again, ["variant"]))
    assert "again" not in findings(book)


def test_a_second_definition_in_a_module(book):
    book.module("model", "class count:\n    pass\n")
    assert "shared/model.py defines 'count' again" in findings(book)
    book.module("tokenizer", f"{TOKENS}\n\n{COUNT}\n")
    assert "shared/tokenizer.py defines 'count' more than once" in findings(book)


def test_a_constant_assigned_again(book):
    cell = ('PATTERN = r"\\w+"', ["shared:tokenizer.PATTERN"])
    book.page("02_text", "# Text", CELL, cell)
    book.page("03_net", "PATTERN = 3")
    assert "defines 'PATTERN' again" in findings(book)


@pytest.mark.parametrize(
    "source",
    [
        "from shared.tokenizer import count",
        "from shared.tokenizer import count as c",
        "from shared import tokenizer\ntokenizer.count('a')",
        "import shared.tokenizer as t\nt.count('a')",
        "import shared.tokenizer\nshared.tokenizer.count('a')",
        "import shared\nif True:\n    print(shared.tokenizer.count('a'))",
        "from shared.helpers import count",
    ],
)
def test_a_block_used_before_its_chapter(book, source):
    book.module("helpers", "from shared.tokenizer import count\n")
    book.page("01_guess", "# Guess", source)
    assert "which is built in chapter 02, code cell 3" in findings(book)
    book.page("01_guess", "# Guess", "1")
    book.page("03_net", "# Net", source)
    sync.repair(book.root)
    assert findings(book) == ""


def test_a_block_used_in_its_chapter_before_its_cell(book):
    use = "from shared.tokenizer import count"
    book.page("02_text", "# Text", use, CELL)
    assert "which is built in chapter 02, code cell 3" in findings(book)
    book.page("02_text", "# Text", "import functools", CELL, use)
    sync.repair(book.root)
    book.page("solutions/02_text", use)
    assert findings(book) == ""
    book.page("solutions/01_guess", use)
    assert "solutions/01_guess.ipynb, code cell 2 uses" in findings(book)


def test_a_block_that_no_chapter_builds(book, monkeypatch):
    book.page("03_net", "# Net", "from shared.tokenizer import Splitter")
    sync.repair(book.root)
    monkeypatch.setattr(order, "TAUGHT", {"tokenizer"})
    assert "which no chapter builds" in findings(book)
    monkeypatch.setitem(order.HELPERS, "tokenizer.Splitter", "a helper")
    assert findings(book) == ""


def test_chapter_00_may_show_what_is_built_later(book):
    book.page("00_meet", "# Meet", "from shared.tokenizer import count")
    sync.repair(book.root)
    assert findings(book) == ""


def test_helper_modules_are_free(book):
    book.module("plot", "def figure():\n    pass\n")
    book.page("01_guess", "# Guess", "from shared import plot\nplot.figure()")
    sync.repair(book.root)
    assert findings(book) == ""


# --- first cells -----------------------------------------------------------------


def test_a_changed_or_absent_first_cell_is_repaired(book):
    path = book.page("01_guess", "# Guess", "1", first=False)
    assert "01_guess.ipynb: its first cell is not ours" in findings(book)
    assert sync.main([], book.root) == 0
    cells = notebooks.code_cells(notebooks.read(path))
    assert [cells[0].source, cells[1].source] == [notebooks.FIRST_CELL, "1"]

    text = path.read_text("utf-8").replace("Colab", "the cloud")
    path.write_text(text, "utf-8")
    assert sync.main(["--check"], book.root) == 1
    assert path.read_text("utf-8") == text
    assert sync.main([], book.root) == 0
    assert len(notebooks.code_cells(notebooks.read(path))) == 2


def test_syncing_twice_changes_nothing(book):
    before = {p: p.read_bytes() for p in book.root.rglob("*") if p.is_file()}
    assert sync.main([], book.root) == 0
    assert {p: p.read_bytes() for p in book.root.rglob("*") if p.is_file()} == before


def test_a_broken_notebook_is_one_clear_error(book, capsys):
    (book.book / "03_net.ipynb").write_text("{", "utf-8")
    assert sync.main(["--check"], book.root) == 1
    shown = capsys.readouterr().err
    assert "the JSON breaks" in shown and "Traceback" not in shown
