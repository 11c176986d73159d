"""Every gate twice: over the book's own pages, and over a page with a planted fault."""

import copy
import dataclasses

import gate_code
import gate_exercises
import gate_imports
import gate_links
import gate_names
import gate_numbers
import gate_path
import gate_prose
import gates
import nbformat
import notebooks
import pytest
from page import Page, all_pages

from shared.check import asking as check
from shared.check import exercise, registry

NEW = nbformat.v4
PAGES = [pytest.param(path, id=notebooks.label(path)) for path in all_pages()]
NOTEBOOKS = [path for path in all_pages() if path.suffix == ".ipynb"]
ALT = "Bars that fall from 5.2 nats to 1.3 nats"
SVG = '<svg aria-label="bars"><rect/></svg>'
CHAPTER = """\
# A chapter of the tests

## What is the question?

It has **two** nats, which is 1,024 and 0.69, and a [link](#the-stamp).

<details>
<summary>Deeper</summary>

More words, and $x_1 = 0.69$.

</details>

## What was left out

Nothing. See [the other page](other.md#a-b-c).

## Exercises

Exercise 90.1, 90.2 and 90.3, each of 5 minutes: [here](exercises/90_try.ipynb).

## The stamp
"""
TOC = """\
parts:
  - caption: Part I
    chapters:
      - {file: book/90_try, title: 90 A try}
      - {file: book/91_next, title: 91 The next}
"""
SOLUTION = """\
## 90.1 One

Easy, 5 minutes.

<details>
<summary>Hint 1</summary>

A

</details>
<details>
<summary>Second hint</summary>

B

</details>
<details>
<summary>Hint 3</summary>

C

</details>
"""


# --- the book itself -----------------------------------------------------------------


def test_there_are_pages_to_look_at():
    assert notebooks.chapters(), "the book has no chapters"
    assert len(PAGES) > len(NOTEBOOKS) > 0


@pytest.mark.parametrize("path", PAGES)
def test_the_page_passes_every_gate(path):
    found = gates.check_page(path)
    assert not found, "\n".join(map(str, found))


def test_ruff_finds_nothing_in_the_notebooks():
    found = gate_code.ruff(NOTEBOOKS)
    assert not found, "\n".join(map(str, found))


def test_the_editions_belong_together():
    found = gate_exercises.editions()
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("id", list(registry()))
def test_the_exercise_does_its_job(id):
    found = gate_exercises.prove(registry()[id])
    assert not found, "\n".join(map(str, found))


def test_the_list_of_words_is_sorted():
    lines = (notebooks.ROOT / "tests" / "words.txt").read_text("utf-8").split("\n")
    assert lines.pop() == "", "words.txt ends with a line end"
    assert lines == sorted(set(lines)), "sort words.txt, one word a line, each once"
    assert all(line == line.lower().strip() for line in lines), "lower case"


# --- planted faults ------------------------------------------------------------------


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """Three exercises of a chapter 90, beside the book's own."""
    registry()
    monkeypatch.setattr(check, "_exercises", dict(check._exercises))
    for number in (1, 2, 3):
        mistakes = {"one too many": (number + 1, "Subtract one.")}
        exercise(f"90.{number}", "A number", mistakes=mistakes)(answers[number])


answers = {n: (lambda n=n: n) for n in (1, 2, 3)}
for n, answer in answers.items():
    answer.__qualname__ = f"answer {n}"


def code(source, output="", count=1, **metadata):
    cell = NEW.new_code_cell(source, execution_count=count, metadata=metadata)
    if output:
        cell.outputs = [NEW.new_output("stream", text=output)]
    return cell


def shown(mime, data):
    return NEW.new_output("display_data", data={mime: data})


@pytest.fixture
def nb():
    """A notebook of a chapter that passes every gate."""
    figure = code("draw()", count=4, mystnb={"image": {"alt": ALT}})
    figure.outputs = [shown("image/svg+xml", SVG)]
    cells = [
        NEW.new_markdown_cell(CHAPTER),
        code(notebooks.FIRST_CELL),
        code('shared.where_you_are("90")', count=2),
        code(
            "from shared import tales\n\ndraw = print\ntales.PROMPTS", "0.6931 1024", 3
        ),
        figure,
    ]
    cells += [NEW.new_markdown_cell("Words.") for _ in range(15)]
    cells[3].id = "ch90-shown"
    cells[0].metadata["numbers"] = dict.fromkeys(["1,024", "0.69"], "ch90-shown")
    return NEW.new_notebook(cells=cells)


@pytest.fixture
def read(tmp_path):
    """Write a notebook into a small book and read it as a page."""
    book = tmp_path / "book"
    for folder in ("exercises", "solutions"):
        (book / folder).mkdir(parents=True)
    (book / "other.md").write_text("# Other\n\n## A b, *c*\n\n#### Deep\n", "utf-8")
    (book / "exercises" / "90_try.ipynb").write_text("{}", "utf-8")
    (book / "91_next.ipynb").write_text('{"cells": []}', "utf-8")
    (tmp_path / "_toc.yml").write_text(TOC, "utf-8")

    def reader(nb, folder=""):
        path = book / folder / "90_try.ipynb"
        notebooks.write(path, notebooks.dumps(nb))
        return Page.read(path, tmp_path)

    return reader


def test_a_sound_chapter_passes_every_gate(nb, read):
    page = read(nb)
    assert [str(p) for gate in gates.ALL for p in gate(page)] == []
    assert gate_code.ruff([page.path], page.root) == []


def text(source):
    """Put a text into the last Markdown cell."""
    return lambda nb: nb.cells[-1].update(source=source)


def cell(**changes):
    """Change the cell that draws the figure."""
    return lambda nb: nb.cells[4].update(copy.deepcopy(changes))


def output(mime, data):
    return cell(outputs=[shown(mime, data)])


def tagged(*tags, **metadata):
    metadata = {"mystnb": {"image": {"alt": ALT}}, "tags": list(tags), **metadata}
    return cell(metadata=nbformat.from_dict(metadata))


ERROR = NEW.new_output("error", ename="KeyError", evalue="'x'", traceback=[])
LINES = "\n".join("x = 1" for _ in range(41))
REMOTE = "https://example.org/a.png"
FAULTS = [
    (gate_code.syntax, cell(source="x = = 1"), 5, "line 1 is not valid Python"),
    (gate_code.executed, cell(execution_count=None), 5, "was not run, expected [4]"),
    (gate_code.executed, cell(execution_count=7), 5, "has count [7], expected [4]"),
    (gate_code.no_errors, cell(outputs=[ERROR]), 5, "is an error, KeyError: 'x'"),
    (gate_code.columns, cell(source="x" * 89), 5, "line 1 has 89 columns"),
    (gate_code.cell_length, cell(source=LINES), 5, "has 41 lines, more than 40"),
    (
        gate_code.cell_length,
        lambda nb: nb.cells.extend(code(LINES[:131]) for _ in range(6)),
        None,
        "6 cells have more than 20 lines",
    ),
    (gate_code.size, cell(source=f"'{'x' * 300_000}'"), None, "more than 300 kB"),
    (gate_code.skipped, tagged("nbval-skip"), 5, "tagged nbval-skip without a reason"),
    (gate_code.skipped, cell(source="# NBVAL_SKIP"), 5, "switches the comparison off"),
    (
        gate_code.skipped,
        lambda nb: [
            c.metadata.update(tags=["nbval-skip"], reason="slow") for c in nb.cells[3:5]
        ],
        None,
        "2 of 4 code cells are not compared, 50%",
    ),
    (gate_code.first_cell, lambda nb: nb.cells.pop(1), 2, "is not the book's first"),
    (gate_code.no_installs, cell(source="%pip install torch"), 5, "installs packages"),
    (
        gate_links.remote_images,
        text(f"![{ALT}]({REMOTE})"),
        20,
        "loaded from elsewhere",
    ),
    (
        gate_links.remote_images,
        text(f"![{ALT}][pic]\n\n[pic]: //example.org/a.png"),
        20,
        "//example.org/a.png is loaded",
    ),
    (gate_links.remote_images, text(f'<img src="{REMOTE}">'), 20, REMOTE),
    (
        gate_links.remote_images,
        text(f'<p style="background: url({REMOTE})">x</p>'),
        20,
        REMOTE,
    ),
    (
        gate_links.remote_images,
        output("text/html", f'<img alt="{ALT}" src="{REMOTE}">'),
        5,
        "the output loads",
    ),
    (
        gate_links.remote_images,
        output("image/svg+xml", f'<svg><image href="{REMOTE}"/></svg>'),
        5,
        "the output loads",
    ),
    (
        gate_links.remote_images,
        output("text/html", f"<style>@import '{REMOTE}';</style>"),
        5,
        "the output loads",
    ),
    (gate_links.alt_text, text("![](a.svg)"), 20, "has no alternative text"),
    (
        gate_links.alt_text,
        text("![a loss](a.svg)"),
        20,
        "'a loss', under 20 characters",
    ),
    (
        gate_links.alt_text,
        text("![figures/the-ladder-of-losses.svg](a.svg)"),
        20,
        "has its file name for an alternative text",
    ),
    (gate_links.alt_text, text('<img src="a.svg">'), 20, "has no alternative text"),
    (gate_links.alt_text, cell(metadata={}), 5, "the figure has no alternative text"),
    (gate_links.alt_text, output("text/html", '<img src="x">'), 5, "an <img> in the"),
    (gate_links.alt_text, output("text/html", "<svg></svg>"), 5, "neither aria-label"),
    (gate_links.links, text("[x](missing.md)"), 20, "missing.md leads to no file"),
    (gate_links.links, text("[x](exercises)"), 20, "leads to a folder"),
    (gate_links.links, text("[x](/other.md)"), 20, "begins with /"),
    (gate_links.links, text("[x](../../../../../etc/passwd)"), 20, "leads"),
    (gate_links.links, text("[x](#nowhere)"), 20, "not in 90_try.ipynb"),
    (gate_links.links, text("[x](other.md#a-c)"), 20, "a heading that is not in other"),
    (
        gate_links.links,
        text("[x](other.md#deep)"),
        20,
        "a heading that is not in other",
    ),
    (gate_links.links, text('<a href="gone.md">x</a>'), 20, "gone.md leads to no file"),
    (gate_links.links, text(f"![{ALT}](gone.svg)"), 20, "gone.svg leads to no file"),
    (
        gate_names.named,
        text("`shared/gone.py` has it"),
        20,
        "names the file shared/gon",
    ),
    (
        gate_names.named,
        text("See `shared.gone.f(x)`."),
        20,
        "names shared.gone.f, which",
    ),
    (gate_links.mentions, text("See chapter 91."), 20, "chapter 91 is mentioned with"),
    (
        gate_links.mentions,
        text("*Chapters 89 to\n91* say"),
        20,
        "chapter 91 is mention",
    ),
    (
        gate_links.mentions,
        text("[chapters 90](#the-stamp) and 91"),
        20,
        "chapter 91 is mentioned without a link",
    ),
    (
        gate_links.mentions,
        text("[chapter 91](other.md#a-b-c)"),
        20,
        "the link on chapter 91 leads to other.md#a-b-c",
    ),
    (gate_links.mentions, text("[91](90_try.ipynb)"), 20, "on chapter 91 leads to 90_"),
    (gate_prose.markup, text(":::{note}\nHi.\n:::"), 20, "a MyST directive"),
    (gate_prose.markup, text("```{figure} a.svg\n```"), 20, "a MyST directive"),
    (gate_prose.markup, text("See {ref}`here`."), 20, "a MyST role"),
    (gate_prose.markup, text("(here)=\n# Hi"), 20, "a MyST target"),
    (gate_prose.markup, text("[x](#same){.big}"), 20, "MyST attributes"),
    (gate_prose.markup, text("See this.[^1]"), 20, "a footnote"),
    (gate_prose.markup, text("> [!NOTE]\n> Hi."), 20, "a GitHub alert"),
    (gate_prose.markup, text("<script>x</script>"), 20, "the HTML tag <script>"),
    (gate_prose.markup, text("<p onclick='x()'>Hi</p>"), 20, "a script in <p>"),
    (gate_prose.markup, text("<details>\n\nHi."), 20, "1 <details> and 0 </details>"),
    (
        gate_prose.markup,
        text("<details>\n<summary>A</summary>\n**Hi**\n\n</details>"),
        20,
        "Markdown right under HTML",
    ),
    (gate_prose.forbidden_words, text("It is simply *there*."), 20, "word 'simply'"),
    (gate_prose.forbidden_words, text("Of\ncourse it is."), 20, "the word 'Of course'"),
    (gate_prose.spelling, text("We recieve it."), 20, "'recieve' is in no list"),
    (gate_prose.spelling, text("<p>A probabilty.</p>"), 20, "'probabilty' is in no"),
    (gate_numbers.numbers, text("It is 0.68 nats."), 20, "0.68 names no cell"),
    (gate_exercises.markers, text("### BEGIN SOLUTION"), 20, "'### BEGIN SOLUTION'"),
    (gate_exercises.parts, lambda nb: nb.cells.pop(2), 3, "is not the head"),
    (gate_exercises.parts, lambda nb: nb.cells.pop(3), None, "prompts are not asked"),
    (
        gate_exercises.parts,
        lambda nb: nb.cells[0].update(source="# A"),
        None,
        "no heading holds the chapter's question",
    ),
    (
        gate_exercises.parts,
        lambda nb: nb.cells[0].update(source=CHAPTER.replace("## The st", "## A st")),
        None,
        "the section 'The stamp' is missing",
    ),
    (
        gate_exercises.exercises,
        lambda nb: nb.cells[0].update(source=CHAPTER.replace("90.2 and 90.3", "90.4")),
        None,
        "does not name 90.2",
    ),
    (
        gate_exercises.exercises,
        lambda nb: nb.cells[0].update(source=CHAPTER.replace("90.3", "90.7")),
        None,
        "exercise 90.7 is not registered",
    ),
    (
        gate_exercises.exercises,
        lambda nb: nb.cells[0].update(source=CHAPTER.replace("(exercises/", "(")),
        None,
        "has no link to the exercises",
    ),
]


@pytest.mark.parametrize(
    ("gate", "plant", "where", "words"),
    FAULTS,
    ids=[f"{gate.__name__}-{i}" for i, (gate, *_) in enumerate(FAULTS)],
)
def test_a_planted_fault_is_found(gate, plant, where, words, nb, read):
    plant(nb)
    found = gate(read(nb))
    assert words in "\n".join(map(str, found)), found
    assert {problem.page for problem in found} == {"book/90_try.ipynb"}
    assert all(problem.do for problem in found)
    if where is not None:
        assert where in {problem.cell for problem in found}


def test_every_gate_has_a_planted_fault():
    tried = {gate for gate, *_ in FAULTS} | {
        gate_exercises.verdicts,  # below: these two look at other folders
        gate_exercises.statements,
        *gate_path.GATES,  # test_gate_path.py plants theirs
        *gate_imports.GATES,  # and test_gate_imports.py
    }
    assert tried == set(gates.ALL)


@pytest.mark.parametrize(
    "source",
    [
        "[Chapter 91](91_next.ipynb)'s loss, and [chapters 90](#the-stamp) to "
        "[91](91_next.ipynb).",
        "Chapter 90 is this one, chapter 92 and chapters 15 to 18 are not written.",
        "# Back to chapter 91\n\n`chapter 91` and exercise 91.1 are no mentions.",
    ],
)
def test_mentions_that_are_links_or_none(source, nb, read):
    text(source)(nb)
    assert gate_links.mentions(read(nb)) == []


@pytest.mark.parametrize("source", ["`book/NN_name.ipynb`", "shared/x.py is no code"])
def test_names_that_are_no_claims(source, nb, read):
    text(source)(nb)
    assert gate_names.named(read(nb)) == []


def test_names_of_the_rooms_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("`shared.model.GPT`, `shared/model/gpt.py`, `shared.setup()`\n")
    assert gate_names.named(Page.read(page)) == []
    page.write_text("`shared.model.Gone` and `shared.model.gpt.Gone`\n")
    assert len(gate_names.named(Page.read(page))) == 2


def test_a_glossary_is_read_like_the_rest_of_a_page(read, nb):
    page = read(nb).path.with_name("terms.md")
    terms = "# Terms\n\n```{glossary}\nloss\n  See chapter 91 and [x](gone.md).\n```\n"
    page.write_text(terms, "utf-8")
    found = "\n".join(map(str, gates.check_page(page, page.parents[1])))
    assert "chapter 91 is mentioned without a link" in found
    assert "gone.md leads to no file" in found


def test_spelling_knows_names_from_the_code_and_both_sides_of_the_ocean(nb, read):
    text("The colour of `qkvw` and qkvw; tokenizers, BPEs, draw's centre.")(nb)
    assert gate_prose.spelling(read(nb)) == []


def test_cells_that_may_fail_or_be_left_out(nb, read):
    tagged("raises-exception", "nbval-skip", reason="the message differs")(nb)
    cell(outputs=[ERROR])(nb)
    nb.cells.extend(code("x = 1") for _ in range(16))
    page = read(nb)
    assert gate_code.no_errors(page) == [] and gate_code.skipped(page) == []


# Catches: a share of all cells, which prose makes small.
def test_the_cells_left_out_are_counted_among_the_code_cells(nb, read):
    tagged("nbval-skip", reason="slow")(nb)
    nb.cells.extend(code("x = 1") for _ in range(15))  # 1 of 19 cells, and 1 of 34
    found = "\n".join(map(str, gate_code.skipped(read(nb))))
    assert "1 of 19 code cells are not compared, 5%" in found
    nb.cells.append(code("x = 1"))
    assert gate_code.skipped(read(nb)) == []


def test_ruff_finds_undefined_names(nb, read):
    cell(source="def f():\n    return undefined")(nb)
    page = read(nb)
    found = gate_code.ruff([page.path], page.root)
    assert [p.cell for p in found] == [5], found
    assert "line 2: Undefined name `undefined` (F821)" in str(found[0])


def test_a_file_that_is_no_notebook_gives_one_message(nb, read):
    page = read(nb)
    page.path.write_text('{"cells": [', "utf-8")
    found = gates.check_pages([page.path], page.root)
    assert len(found) == 1 and "the JSON breaks in line 1" in str(found[0])


def test_a_syntax_error_gives_one_message(nb, read):
    cell(source="x = = 1")(nb)
    page = read(nb)
    found = gates.check_pages([page.path], page.root)
    assert [p.what for p in found] == ["line 1 is not valid Python (invalid syntax)"]


def test_prose_pages_are_looked_at_too(tmp_path):
    path = tmp_path / "index.md"
    path.write_text(":::{div} bbb-x\nSimply ![](a.png) [x](y.md) wrods\n:::", "utf-8")
    found = "\n".join(map(str, gates.check_page(path, tmp_path)))
    for words in ("'Simply'", "no alternative text", "y.md leads to", "'wrods'"):
        assert words in found
    assert "bbb" not in found


def test_headings_of_the_same_name_have_anchors_of_their_own(nb, read):
    text("# Same\n\n# Same\n\n[x](#same) [y](#same-1)")(nb)
    assert gate_links.links(read(nb)) == []


# --- exercises -----------------------------------------------------------------------


def exercises_page(nb, read, folder, verdict):
    nb.cells[3].source = 'check("90.1", 1)\ncheck("90.2", 2)\ncheck("90.3", 3)'
    lines = [f"{verdict}: 90.{n} A number.\n" for n in (1, 2, 3)]
    nb.cells[3].outputs = [NEW.new_output("stream", text="".join(lines))]
    nb.cells[0].source = "".join(SOLUTION.replace("90.1", f"90.{n}") for n in (1, 2, 3))
    return read(nb, folder)


@pytest.mark.parametrize(
    ("folder", "good", "bad"),
    [
        ("exercises", "Not tried yet", "Right"),
        ("exercises", "Not tried yet", "Not yet"),
        ("solutions", "Right", "Not yet"),
        ("solutions", "Right", "Not tried yet"),
    ],
)
def test_stored_verdicts(folder, good, bad, nb, read):
    page = exercises_page(nb, read, folder, good)
    assert gate_exercises.verdicts(page) == []
    assert gate_exercises.statements(page) == []
    found = gate_exercises.verdicts(exercises_page(nb, read, folder, bad))
    assert f"check 90.1 is stored as {bad!r}, expected {good!r}" in str(found[0])


def test_checks_that_are_missing_or_unknown(nb, read):
    page = exercises_page(nb, read, "solutions", "Right")
    nb.cells[3].source = 'check("90.1", 1)\ncheck("90.9", 2)'
    found = "\n".join(map(str, gate_exercises.verdicts(read(nb, "solutions"))))
    assert "90.9 is not registered" in found
    assert "exercise 90.2 is registered but never checked here" in found
    assert page.folder == "solutions"


def test_statements_without_heading_hints_or_minutes(nb, read):
    exercises_page(nb, read, "solutions", "Right")
    nb.cells[0].source = SOLUTION.replace("Hint 3", "More").replace("minutes", "m")
    found = "\n".join(map(str, gate_exercises.statements(read(nb, "solutions"))))
    assert "exercise 90.1 has 2 hints in <details>, expected 3" in found
    assert "exercise 90.1 does not say how many minutes" in found
    assert "exercise 90.2 has no heading" in found


def test_too_few_exercises(nb, read):
    del check._exercises["90.3"]
    found = "\n".join(map(str, gate_exercises.exercises(read(nb))))
    assert "2 exercises are registered, expected 3 or more" in found


# Catches: an appendix with exercises that escapes the rules of the chapters'.
def test_an_appendix_is_held_to_the_same_rules(tmp_path):
    name = "appendix_a_pytorch.ipynb"
    solved = tmp_path / "book" / "solutions"
    solved.mkdir(parents=True)
    text = (notebooks.ROOT / "book" / "solutions" / name).read_text("utf-8")
    (solved / name).write_text(text.replace("Hint 3", "More", 1), "utf-8")
    page = Page.read(solved / name, tmp_path)
    found = "\n".join(map(str, gate_exercises.statements(page)))
    assert "exercise A.1 has 2 hints in <details>, expected 3" in found
    del check._exercises["A.1"], check._exercises["A.2"], check._exercises["A.3"]
    page = Page.read(notebooks.ROOT / "book" / name)
    found = "\n".join(map(str, gate_exercises.exercises(page)))
    assert "2 exercises are registered, expected 3 or more" in found
    assert "exercise A.1 is not registered" in found


def changed(**changes):
    task = dataclasses.replace(check._exercises["90.1"], **changes)
    check._exercises["90.1"] = task
    return "\n".join(map(str, gate_exercises.prove(task)))


def wrong(name, value, advice="Subtract one."):
    return check.Mistake(name, value, advice)


def test_a_sound_exercise_is_proved():
    assert changed() == ""
    alike = {"mistakes": (wrong("a", 2), wrong("b", lambda: 2)), "alike": (("b", "a"),)}
    assert changed(**alike) == ""


def test_exercises_that_do_not_do_their_job():
    draws = iter(range(99))
    assert "does not pass" in changed(reference=lambda: next(draws))
    changed(reference=answers[1])
    assert "no known mistake" in changed(mistakes=())
    assert "'right' is judged right" in changed(mistakes=(wrong("right", 1),))
    assert "'none' is judged not tried" in changed(mistakes=(wrong("none", None),))
    both = (wrong("a", 2), wrong("b", 2))
    assert "'a' and 'b' look the same" in changed(mistakes=both)
    assert "names a mistake that is not there" in changed(alike=(("a", "c"),))
    assert "is not a sentence" in changed(mistakes=(wrong("a", 2, "Subtract"),))
    assert "ZeroDivisionError" in changed(reference=lambda: 1 / 0)
    changed(reference=answers[1])
    raising = {"inputs": [(1,)], "reference": lambda x: {}[x]}
    assert "the reference raises in every trial" in changed(**raising)


def test_editions_that_do_not_belong_together(nb, read):
    page = read(nb)
    found = "\n".join(map(str, gate_exercises.editions(page.root)))
    assert "the chapter has no solved notebook" in found
    assert "90_try.ipynb has no solved notebook in book/solutions" in found
    read(nb, "solutions")
    found = "\n".join(map(str, gate_exercises.editions(page.root)))
    assert "exercises/90_try.ipynb" in found and "has no cells" in found


# --- the command ---------------------------------------------------------------------


def test_the_command(nb, read, capsys):
    page = read(nb)
    assert gates.main(["exercises", "90"]) == 0
    assert "3 exercises tried." in capsys.readouterr().out
    text("Simply wrong.")(nb)
    page = read(nb)
    assert gates.main([str(page.path)]) == 1
    assert "the word 'Simply'" in capsys.readouterr().out


# --- the command ---------------------------------------------------------------------


def test_the_command_looks_at_the_pages_that_are_named(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("# A page\n\nIt is *there*.\n", "utf-8")
    assert gates.main([str(page)]) == 0
    assert capsys.readouterr().out == "No problems.\n"
    page.write_text("# A page\n\nIt is simply *there*.\n", "utf-8")
    assert gates.main([str(page)]) == 1
    out = capsys.readouterr().out
    assert "the word 'simply'. Leave it out" in out and out.endswith("1 problems.\n")


@pytest.mark.parametrize("name", ["book/nothing.md", "book", "_toc.yml", "exercise"])
def test_the_command_names_what_is_no_page(name, capsys):
    with pytest.raises(SystemExit) as stop:
        gates.main([name])
    assert stop.value.code == 2
    assert f"'{name}' is no notebook and no Markdown page" in capsys.readouterr().err


def test_the_command_tries_the_exercises_of_one_chapter(capsys):
    assert gates.main(["exercises", "90"]) == 0
    assert capsys.readouterr().out == "3 exercises tried.\nNo problems.\n"
    assert gates.main(["exercises", "99"]) == 1
    assert "chapter '99' has no exercises" in capsys.readouterr().out


def test_the_whole_book_includes_its_list_of_chapters(tree):
    tree.page("01_words")
    (tree.book / "about.md").write_text("# About\n", "utf-8")
    found = "\n".join(map(str, gates.check_book(tree.root)))
    assert "_toc.yml: book/about has no entry in _toc.yml" in found
    (tree.root / "_toc.yml").write_text("parts: [", "utf-8")
    found = "\n".join(map(str, gates.check_book(tree.root)))
    assert "_toc.yml: _toc.yml is no YAML in line" in found  # loaders count differently
