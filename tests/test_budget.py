"""The minutes of a chapter: what is counted, what is recorded, what the reader sees."""

import json
import sys

import budget
import heads
import notebooks
import paths
import pytest
import readme

import shared
from shared.checkpoint import passport


def page(tree, name: str, words: int, **more):
    return tree.page(name, "# Page\n\n" + "word " * (words - 1), **more)


def test_the_recorded_minutes_are_those_of_the_pages():
    assert budget.problems() == []
    assert budget.untimed() == []


def test_a_chapter_has_the_minutes_of_its_path_and_of_the_whole(tree):
    around = ("# Around\n\n" + "word " * 149, ["detour"])
    tree.page("01_words", "# Page\n\n" + "word " * 299, "x = 1\ny = 2\nz = 3", around)
    row = budget.compute(tree.root)["01_words"]
    assert row["path"] == {"words": 300, "lines": 3, "reading": 2.1, "running": None}
    assert row["whole"] == {"words": 450, "lines": 3, "reading": 3.1, "running": None}


def test_a_change_of_the_prose_is_found_and_repaired(tree):
    page(tree, "01_words", 300)
    budget.renew(tree.root)
    assert budget.problems(tree.root) == []
    page(tree, "01_words", 301)
    assert "01_words: book/minutes.json says" in budget.problems(tree.root)[0]
    assert budget.renew(tree.root)
    assert not budget.renew(tree.root)
    assert budget.problems(tree.root) == []
    del tree.listed["01_words"]
    tree.list_chapters()
    assert "01_words" in budget.problems(tree.root)[0]


@pytest.mark.parametrize("part", ["Part I", "Part II", "Part II · A second afternoon"])
def test_the_path_of_an_afternoon_has_a_budget_of_reading(tree, part):
    page(tree, "01_words", 100 * 150, part=part)
    page(tree, "02_words", 80 * 150, part=part)
    page(tree, "12_later", 181 * 150, part="Part III")  # no afternoon
    around = ("# Around\n\n" + "word " * 9000, ["detour"])
    tree.page("03_detour", around, part=part)  # a detour may be as long as it needs
    budget.renew(tree.root)
    assert budget.problems(tree.root) == []
    page(tree, "02_words", 81 * 150, part=part)
    budget.renew(tree.root)
    (problem,) = budget.problems(tree.root)
    assert f"{part[:7].strip()}: the path takes 181 minutes to read" in problem


def test_the_path_of_an_afternoon_has_a_budget_of_running(tree):
    paths = [page(tree, name, 10) for name in ("01_words", "02_words")]
    budget.record(paths[0], {"path": 15 * 60, "whole": 40 * 60}, tree.root)
    budget.record(paths[1], {"path": 10 * 60, "whole": 40 * 60}, tree.root)
    assert budget.problems(tree.root) == []
    budget.record(paths[1], {"path": 10.1 * 60, "whole": 40 * 60}, tree.root)
    (problem,) = budget.problems(tree.root)
    assert "Part I: the cells of the path run for 25.5 minutes" in problem


def test_the_first_edition_is_reported_and_not_held_to_the_budget(tree, monkeypatch):
    page(tree, "01_words", 100 * 150)
    page(tree, "02_words", 90 * 150)
    budget.renew(tree.root)
    assert len(budget.problems(tree.root)) == 1
    told = budget.report(budget.compute(tree.root), tree.root)
    assert "Part I: the path takes 190.0 of 180 minutes to read" in told
    assert "first edition" not in told
    monkeypatch.setattr(paths, "FIRST_EDITION", frozenset({"02_words"}))
    assert budget.problems(tree.root) == []
    told = budget.report(budget.compute(tree.root), tree.root)
    assert "1 of its 2 chapters are still in the first edition" in told


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0.2, 0.5), (30, 0.5), (31, 1.0), (600, 10.0), (601, 10.5)]
)
def test_running_time_is_rounded_up_to_half_minutes(tree, seconds, minutes):
    path = page(tree, "01_words", 10)
    assert budget.untimed(tree.root)[0].endswith("`course.py bake --time "
                                                 "book/01_words.ipynb`")  # fmt: skip
    assert budget.record(path, {"path": seconds, "whole": 1200}, tree.root)
    row = budget.load(tree.root)["01_words"]
    assert (row["path"]["running"], row["whole"]["running"]) == (minutes, 20.0)
    assert budget.untimed(tree.root) == budget.problems(tree.root) == []


def test_recording_keeps_the_other_chapters(tree):
    page(tree, "01_words", 300)
    path = page(tree, "02_words", 300)
    budget.renew(tree.root)
    seconds = {"path": 100, "whole": 200}
    assert budget.record(path, seconds, tree.root)
    assert not budget.record(path, seconds, tree.root)
    table = budget.load(tree.root)
    assert table["01_words"]["path"]["running"] is None
    assert table["02_words"]["path"]["running"] == 2.0


def test_a_broken_table_says_what_to_do(tree):
    budget.table_path(tree.root).write_text("{", "utf-8")
    with pytest.raises(
        notebooks.NotebookError, match="delete it, run `course.py sync`"
    ):
        budget.compute(tree.root)


def test_the_readme_shows_the_table(tree):
    file = tree.root / "README.md"
    file.write_text(f"before\n{readme.START}\nold\n{readme.END}\nafter\n", "utf-8")
    path = page(tree, "01_words", 299)
    budget.save(budget.compute(tree.root), tree.root)
    assert "README.md" in budget.problems(tree.root)[0]
    assert budget.renew(tree.root)
    assert not budget.renew(tree.root)
    lines = file.read_text("utf-8").splitlines()
    assert [lines[0], lines[-1]] == ["before", "after"]
    assert lines[4] == "| | **Part I** | | | |"
    assert lines[5].startswith("| 01 | [Words](book/01_words.ipynb) | 2 min | 2 min |")
    budget.record(path, {"path": 100, "whole": 200}, tree.root)
    line = file.read_text("utf-8").splitlines()[5]
    assert "(book/01_words.ipynb) | 2 + 2 min | 2 + 4 min |" in line
    assert budget.problems(tree.root) == []
    file.write_text("no markers", "utf-8")
    with pytest.raises(notebooks.NotebookError, match="has no pair of lines"):
        budget.renew(tree.root)


# --- the head of a chapter -------------------------------------------------------


@pytest.fixture
def minutes(tree, monkeypatch):
    """Let `where_you_are` read the chapters and minutes of a small repository."""
    monkeypatch.setattr(shared, "ROOT", tree.root)
    for name in ("00_start", "01_words", "05_more"):
        tree.page(name)
    tree.page("12_later", part="Part II")
    row = {"reading": 11.2, "running": 0.5}
    short, long = {"reading": 0.9, "running": 2.5}, {"reading": 3.2, "running": 4.0}
    rows = {
        "01_words": {"path": row, "whole": row},
        "05_more": {"path": short, "whole": long},
        "00_start": {"path": short, "whole": {**long, "running": None}},
    }
    text = json.dumps({"chapters": rows})
    budget.table_path(tree.root).write_text(text, "utf-8")


def test_the_head_says_where_the_reader_is(minutes):
    text = repr(shared.where_you_are("01")).splitlines()
    assert text[0] == "00 [01] 05 · 12"
    assert text[1] == "Chapter 01: Words"
    assert text[2] == (
        "About 12 minutes of reading, and the cells run for less than a minute."
    )
    assert repr(shared.where_you_are("05")).splitlines()[2] == (
        "About 1 minute of reading (4 with all detours), and the cells run for "
        "about 3 minutes (about 4 with all detours)."
    )
    never_timed = repr(shared.where_you_are("00")).splitlines()[2]
    assert never_timed == "About 1 minute of reading (4 with all detours)."


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
