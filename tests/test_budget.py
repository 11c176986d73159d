"""The minutes of a chapter: what is counted, what is recorded, what the reader sees."""

import json
import sys

import budget
import heads
import notebooks
import pytest

import shared
from shared.checkpoint import passport

PROSE = """\
# Title of four words

Two words and [a link](https://example.org/not/counted), $x + y$ too.

![a picture's text](figures/x.svg)

<div class="admonition tip">In a <b>box</b></div>

<!-- a comment -->

```python
a = 1

b = 2
```

<details><summary>Deeper</summary>

Many words that are folded and so not on the main line.

```python
c = 3
```

</details>"""
# Title of four words; Two words and a link (formula) too; In a box
WORDS = 4 + 5 + 1 + 1 + 3


def page(tree, name: str, words: int, **more):
    return tree.page(name, "# Page\n\n" + "word " * (words - 1), **more)


def test_the_recorded_minutes_are_those_of_the_pages():
    assert budget.problems() == []


def test_words_and_lines_on_the_main_line(tree):
    cells = [PROSE, "x = 1\n\n# why\ny = 2", ("z = 3", ["hide-input"])]
    path = tree.page("01_words", *cells)
    assert budget.count(notebooks.read(path)) == (WORDS, 2 + 3)


def test_a_box_folded_over_several_cells_is_not_counted(tree):
    cells = ["# One two\n\n<details>", "# Three four", "# Five\n\n</details>\n\nsix"]
    path = tree.page("01_words", *cells)
    assert budget.count(notebooks.read(path))[0] == 3


def test_reading_takes_words_and_lines(tree):
    page(tree, "01_words", 300)
    row = budget.compute(tree.root)["01_words"]
    assert row["words"] == 300
    assert row["reading"] == 2.0


def test_a_change_of_the_prose_is_found_and_repaired(tree):
    page(tree, "01_words", 300)
    budget.save(budget.compute(tree.root), tree.root)
    assert budget.problems(tree.root) == []
    page(tree, "01_words", 301)
    assert "01_words: book/minutes.json says" in budget.problems(tree.root)[0]
    budget.save(budget.compute(tree.root), tree.root)
    assert budget.problems(tree.root) == []
    del tree.listed["01_words"]
    tree.list_chapters()
    assert "01_words" in budget.problems(tree.root)[0]


def test_the_core_path_has_a_budget(tree):
    page(tree, "01_words", 100 * 150)
    page(tree, "02_words", 78 * 150)
    page(tree, "12_later", 100 * 150, part="Part II")  # each part has its own
    budget.save(budget.compute(tree.root), tree.root)
    assert budget.problems(tree.root) == []
    page(tree, "02_words", 80 * 150)
    budget.save(budget.compute(tree.root), tree.root)
    assert "Part I takes 181 minutes" in budget.problems(tree.root)[0]


@pytest.mark.parametrize(
    ("seconds", "before", "expected"),
    [
        (12, None, 0.5),
        (31, None, 1.0),
        (31, 0.5, 0.5),  # a fifth above what is recorded: noise
        (40, 0.5, 1.0),
        (25, 1.0, 1.0),  # a third below: noise
        (15, 1.0, 0.5),
        (600, 2.0, 10.0),
        (1, 0.5, 0.5),
    ],
)
def test_noise_does_not_change_the_recorded_running_time(seconds, before, expected):
    assert budget.recorded(seconds, before) == expected
    assert budget.recorded(seconds, expected) == expected


def test_recording_keeps_the_other_chapters(tree):
    page(tree, "01_words", 300)
    path = page(tree, "02_words", 300)
    budget.save(budget.compute(tree.root), tree.root)
    assert budget.record(path, 100, tree.root)
    assert not budget.record(path, 101, tree.root)
    table = budget.load(tree.root)
    assert (table["01_words"]["running"], table["02_words"]["running"]) == (0.5, 2.0)


def test_a_broken_table_says_what_to_do(tree):
    budget.table_path(tree.root).write_text("{", "utf-8")
    with pytest.raises(
        notebooks.NotebookError, match="delete it, run `course.py sync`"
    ):
        budget.compute(tree.root)


def test_the_readme_shows_the_table(tree):
    readme = tree.root / "README.md"
    readme.write_text(
        f"before\n{budget.README_START}\nold\n{budget.README_END}\nafter\n", "utf-8"
    )
    page(tree, "01_words", 299)
    budget.save(budget.compute(tree.root), tree.root)
    assert "README.md" in budget.problems(tree.root)[0]
    assert budget.write_readme(tree.root)
    assert not budget.write_readme(tree.root)
    lines = readme.read_text("utf-8").splitlines()
    assert [lines[0], lines[-1]] == ["before", "after"]
    assert lines[4] == "| | **Part I** | | | |"
    row = "| 01 | [Words](book/01_words.ipynb) | 2 min | 1 min |"
    assert lines[5].startswith(row)
    assert budget.problems(tree.root) == []
    readme.write_text("no markers", "utf-8")
    with pytest.raises(notebooks.NotebookError, match="has no pair of lines"):
        budget.write_readme(tree.root)


# --- the head of a chapter -------------------------------------------------------


@pytest.fixture
def minutes(tree, monkeypatch):
    """Let `where_you_are` read the chapters and minutes of a small repository."""
    monkeypatch.setattr(shared, "ROOT", tree.root)
    for name in ("00_start", "01_words", "05_more"):
        tree.page(name)
    tree.page("12_later", part="Part II")
    row = {"reading": 11.2, "running": 0.5}
    rows = {"01_words": row, "05_more": {"reading": 0.9, "running": 2.5}}
    text = json.dumps({"chapters": rows})
    budget.table_path(tree.root).write_text(text, "utf-8")


def test_the_head_says_where_the_reader_is(minutes):
    text = repr(shared.where_you_are("01")).splitlines()
    assert text[0] == "00 [01] 05 · 12"
    assert text[1] == "Chapter 01: Words"
    assert text[2] == (
        "About 12 minutes of reading, and the cells run for less than a minute."
    )
    assert "About 1 minute of reading" in repr(shared.where_you_are("05"))
    assert "the cells run for about 3 minutes" in repr(shared.where_you_are("05"))


def test_the_head_in_a_page_marks_one_chapter_and_loads_nothing(minutes):
    page = shared.where_you_are("01")._repr_html_()
    assert page.count('aria-current="step"') == 1
    assert page.count("<li") == 4
    assert page.index('aria-label="Part I"') < page.index('aria-label="Part II"')
    for remote in ("http", "src=", "url(", "<script", "<link"):
        assert remote not in page
    assert "About 12 minutes of reading" in page


def test_the_head_without_recorded_minutes_still_shows(minutes):
    assert "About" not in repr(shared.where_you_are("12"))
    assert "[12]" in repr(shared.where_you_are("12"))


@pytest.mark.parametrize("chapter", ["1", 1, "13", ""])
def test_an_unknown_chapter_is_named(minutes, chapter):
    with pytest.raises(ValueError, match="give one of 00, 01, 05, 12, in quotation"):
        shared.where_you_are(chapter)


def test_the_head_is_not_shown_without_a_passport(minutes, monkeypatch, tmp_path):
    monkeypatch.setattr(passport, "PATH", tmp_path / "passport.json")
    with pytest.raises(passport.PassportError, match="missing.*git checkout"):
        shared.where_you_are("01")
    (tmp_path / "passport.json").write_text("{", "utf-8")
    with pytest.raises(passport.PassportError, match="is not a passport"):
        shared.where_you_are("01")


def test_a_head_whose_import_fails_raises(minutes, monkeypatch):
    monkeypatch.setitem(sys.modules, passport.__name__, None)
    monkeypatch.delattr(sys.modules[passport.__package__], "passport")
    with pytest.raises(ImportError, match="passport"):
        shared.where_you_are("01")


def test_the_head_with_broken_minutes_raises(minutes, tree):
    budget.table_path(tree.root).write_text("{", "utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        shared.where_you_are("01")


def test_the_head_of_every_page_is_up_to_date():
    assert heads.outdated() == []
