"""The list of chapters: what is read of _toc.yml, what is said of a broken one."""

import subprocess
import sys

import heads
import notebooks
import pytest
import website
from notebooks import ROOT
from steps import Failure

from shared import contents
from shared.contents import Chapter, ContentsError

WHOLE = """\
format: jb-book
root: book/index
parts:
  - caption: Part I
    chapters:
      - file: book/00_start
        title: "00 The start"
        sections:
          - file: book/exercises/00_start
      - file: book/05_more
        title: "05 More, and more"
  - caption: Appendices
    chapters:
      - file: book/appendix_a_setup
        title: "A Set-up"
      - file: book/appendix_c_solutions
        sections:
          - glob: book/solutions/*
"""


@pytest.fixture
def book(tmp_path):
    """A small repository whose list and files belong together."""
    (tmp_path / "_toc.yml").write_text(WHOLE, "utf-8")
    for name in (
        *("index.md", "00_start.ipynb", "05_more.ipynb", "exercises/00_start.ipynb"),
        *("solutions/00_start.ipynb", "appendix_a_setup.md", "appendix_c_solutions.md"),
        *("minutes.json", "_static/x.md", ".hidden.ipynb"),
    ):
        path = tmp_path / "book" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", "utf-8")
    return tmp_path


def change(book, old, new):
    assert old in WHOLE
    (book / "_toc.yml").write_text(WHOLE.replace(old, new), "utf-8")


def test_the_chapters_are_read_in_order(book):
    first, second = contents.chapters(book)
    assert first == Chapter("00", "00_start", "The start", "Part I")
    assert second.title == "More, and more" and second.file == "book/05_more.ipynb"
    assert contents.chapter("05", book) == second
    assert contents.parts(book) == {"Part I": [first, second]}
    assert contents.problems(book) == []


def test_the_books_own_list_is_whole():
    assert contents.problems() == []
    assert [one.number for one in contents.chapters()] == list(notebooks.chapters())


@pytest.mark.parametrize("number", ["01", "5", 5, ""])
def test_an_unknown_number_is_named(book, number):
    with pytest.raises(
        ValueError, match=f"no chapter {number!r} .* give one of 00, 05"
    ):
        contents.chapter(number, book)


def test_an_entry_without_a_file_is_named(book):
    (book / "book" / "05_more.ipynb").unlink()
    (found,) = contents.problems(book)
    assert found.startswith(
        "_toc.yml names book/05_more, and there is no such file: add"
    )
    with pytest.raises(notebooks.NotebookError, match="no such notebook: add it"):
        notebooks.chapters(book)
    change(book, "solutions/*", "answers/*")
    assert any("names book/answers/*" in found for found in contents.problems(book))


def test_a_file_without_an_entry_is_named(book):
    for name in ("06_new.ipynb", "exercises/05_more.ipynb", "about.md"):
        (book / "book" / name).write_text("{}", "utf-8")
    found = contents.problems(book)
    assert [line.split(" has no entry")[0] for line in found] == [
        *("book/06_new", "book/about", "book/exercises/05_more")
    ]
    assert "add `- file: book/06_new` where it belongs" in found[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"05 More', '"06 More', 'has the title "06 More, and more"; begin it with'),
        ('"05 More, and more"', '"05 "', 'begin it with the number: "05 ..."'),
        ('        title: "05 More, and more"\n', "", 'has the title ""; begin it'),
        ("05_more\n", "00_more\n", 'begin it with the number: "00 ..."'),
        ("  - caption: Part I\n    ", "  - ", "in a part without `caption:`"),
        ("- file: book/05_more\n        title", "- title", "`file: book/NN_name` is"),
        ("parts:", "chapters:", "has no list `parts:`"),
        (WHOLE, "", "has no list `parts:`"),
        ("parts:\n", "parts: [\n", "_toc.yml is no YAML in line 4: "),
    ],
)
def test_a_broken_list_is_described(book, old, new, words):
    change(book, old, new)
    with pytest.raises(ContentsError) as stop:
        contents.chapters(book)
    assert words in str(stop.value)


def test_numbers_must_rise(book):
    change(book, "05_more\n", "00_more\n")
    text = (book / "_toc.yml").read_text("utf-8").replace('"05 More', '"00 More')
    (book / "_toc.yml").write_text(text, "utf-8")
    with pytest.raises(
        ContentsError, match="comes after chapter 00; numbers must rise"
    ):
        contents.chapters(book)


def test_without_a_list_it_says_how_to_get_it_back(tmp_path):
    with pytest.raises(ContentsError, match="git checkout _toc.yml"):
        contents.chapters(tmp_path)
    with pytest.raises(notebooks.NotebookError, match="git checkout _toc.yml"):
        notebooks.chapters(tmp_path)


def test_the_module_prints_the_list():
    call = [sys.executable, "-m", "shared.contents"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    assert f"  00 {contents.chapters()[0].title} (book/00_" in done.stdout


class Here:
    """This environment, for a step that asks for one."""

    python = sys.executable

    def variables(self):
        return None


def test_the_site_is_not_begun_with_a_list_that_does_not_fit(tree):
    tree.page("01_words")
    (tree.book / "01_words.ipynb").unlink()
    with pytest.raises(Failure, match="does not fit the files.\n.*book/01_words"):
        website.build(tree.root, Here())
    assert not list((tree.root / "_build").glob("new-*"))


# --- what follows from the list ------------------------------------------------------


def ran(tree, name, number):
    """A chapter whose head was run when the list was shorter."""
    path = tree.page(name, f'shared.where_you_are("{number}")', "x = 1")
    nb = notebooks.read(path)
    head = notebooks.code_cells(nb)[1]
    head.execution_count = 2
    result = {"data": {"text/plain": "old"}, "metadata": {}, "execution_count": 2}
    head.outputs = [notebooks.nbformat.v4.new_output("execute_result", **result)]
    notebooks.write(path, notebooks.dumps(nb))
    return path


def test_a_new_chapter_renews_every_head_without_a_run(tree):
    path = ran(tree, "01_words", "01")
    tree.page("02_more", 'shared.where_you_are("02")')  # never run: left alone
    assert heads.outdated(tree.root) == [
        "book/01_words.ipynb: its head or passport is old"
    ]
    assert len(heads.outdated(tree.root, write=True)) == 1
    assert heads.outdated(tree.root) == []
    data = notebooks.code_cells(notebooks.read(path))[1].outputs[0].data
    assert data["text/plain"].startswith("[01] 02\nChapter 01: Words")
    assert 'title="02 More"' in data["text/html"]
    tree.page("03_most")
    assert heads.outdated(tree.root)


def test_a_head_of_an_unknown_chapter_is_named(tree):
    ran(tree, "01_words", "07")
    with pytest.raises(notebooks.NotebookError, match="01_words.* no chapter '07'"):
        heads.outdated(tree.root)
