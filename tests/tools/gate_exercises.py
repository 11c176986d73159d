"""Gates over exercises, and over the parts that every chapter has."""

from __future__ import annotations

import re
from collections.abc import Iterator

import notebooks
from page import Page, Problem

from shared.check import Exercise, judge, registry

SECTIONS = ("What was left out", "Exercises", "The stamp")
LEAST, HINTS = 3, 3
CALL = re.compile(r"""\bcheck\(\s*["']([0-9A-Z]+\.[0-9]+[a-z]?)["']""")
VERDICT = re.compile(r"^(Right|Not yet|Not tried yet): (\S+) ", re.M)
MARKER = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")


# --- the registry --------------------------------------------------------------------


def registered(chapter: str) -> dict[str, Exercise]:
    """The exercises of one chapter, "05" or "A"; none for ""."""
    return {id: e for id, e in registry().items() if id.startswith(f"{chapter}.")}


def prove(task: Exercise) -> list[Problem]:
    """That an exercise does its job, by trying it.

    The reference is right; nothing is not tried; every mistake is wrong and
    called by its name, and by no other unless the two are declared alike.
    """
    room = f"shared/check/exercises/ch{task.id.split('.')[0]}.py"
    try:
        found = list(_prove(task))
    except Exception as error:  # a reference, an input or a mistake that cannot run
        found = [(f"{type(error).__name__}: {error}", "Correct the room")]
    return [Problem(room, None, f"{task.id}: {what}", do) for what, do in found]


def _prove(task: Exercise) -> Iterator[tuple[str, str]]:
    errors = [outcome.error for outcome in task.expected]
    if all(errors):  # then every answer that fails alike would be right
        yield f"the reference raises in every trial: {errors[0]!r}", "Correct it"
        return
    # The second run of the reference: one that draws at random differs from itself.
    verdict = judge(
        task.id, task.reference if task.wants_callable else task.reference()
    )
    if verdict.passed is not True:
        said = " ".join(verdict.lines)
        yield f"the reference does not pass: {said}", "Make it repeatable"
        return
    if judge(task.id, None).passed is not None:
        yield "None is not taken for not tried", "Look into shared/check/"
    if not task.mistakes:
        yield "no known mistake is registered", "Name at least one that learners make"
    names = {mistake.name for mistake in task.mistakes}
    for pair in task.alike:
        if not set(pair) <= names:
            yield f"alike={pair} names a mistake that is not there", "Correct alike"
    for mistake in task.mistakes:
        yield from _prove_mistake(task, mistake)


def _prove_mistake(task: Exercise, mistake: object) -> Iterator[tuple[str, str]]:
    wrong = mistake.wrong
    if not task.wants_callable and callable(wrong):
        wrong = wrong()
    verdict = judge(task.id, wrong)
    if verdict.passed is not False:
        said = "right" if verdict.passed else "not tried"
        what = f"the mistake {mistake.name!r} is judged {said}"
        yield what, "Choose inputs that tell it from the reference"
        return
    if mistake.name not in verdict.mistakes:
        said = " ".join(verdict.lines)
        yield f"the mistake {mistake.name!r} is not named: {said}", "Make it repeatable"
    for other in verdict.mistakes:
        pair = {mistake.name, other}
        if len(pair) == 2 and pair not in [set(both) for both in task.alike]:
            what = f"the mistakes {mistake.name!r} and {other!r} look the same"
            yield what, "Choose inputs that tell them apart, or declare them alike"
    if "\n" in mistake.advice or not mistake.advice.endswith((".", "?", "!")):
        what = f"the advice for {mistake.name!r} is not a sentence on one line"
        yield what, "Rewrite it"


# --- notebooks with exercises --------------------------------------------------------


def _verdicts(page: Page) -> Iterator[tuple[int, str, str]]:
    """Triples (cell, id, verdict) of every check in the stored outputs.

    The verdict is "Right", "Not yet", "Not tried yet", or "none" when none is stored.
    """
    for i, cell in page.code:
        printed = "".join(out.get("text", "") for out in cell.outputs)
        said = {id: word for word, id in VERDICT.findall(printed)}
        for id in dict.fromkeys(CALL.findall(cell.source)):
            yield i, id, said.get(id, "none")


def verdicts(page: Page) -> list[Problem]:
    """Every check in a student notebook says not tried, in a solved one right."""
    wanted = {"exercises": "Not tried yet", "solutions": "Right"}.get(page.folder)
    if wanted is None:
        return []
    found, there = [], set()
    for i, id, word in _verdicts(page):
        there.add(id)
        if id not in registry():
            found.append(page.problem(i, f"{id} is not registered", "Register it"))
        elif word != wanted:
            what = f"check {id} is stored as {word!r}, expected {wanted!r}"
            found.append(page.problem(i, what, "Correct the solution or its stub"))
    for id in registered(page.room):
        if id not in there:
            what = f"exercise {id} is registered but never checked here"
            found.append(page.problem(None, what, f'Add check("{id}", ...)'))
    return found


def markers(page: Page) -> list[Problem]:
    """Solution markers stand in solved notebooks alone."""
    if page.folder == "solutions" or not page.is_notebook:
        return []
    do = "Keep solutions in book/solutions and run python3 course.py student"
    return [
        page.problem(i, f"the marker {match[0]!r}", do)
        for i, cell in page.cells
        if (match := MARKER.search(cell.source))
    ]


def statements(page: Page) -> list[Problem]:
    """A solved exercise has a heading, the minutes it takes, and three hints."""
    if page.folder != "solutions":
        return []
    found, text = (
        [],
        "\n\n".join(c.source for _, c in page.cells if c.cell_type != "code"),
    )
    parts = re.split(r"^##\s+(?:Exercise\s+)?", text, flags=re.M)
    by_id = {
        m[1]: part for part in parts if (m := re.match(r"(\w+\.\d+[a-z]?)\b", part))
    }
    for id in registered(page.room):
        if id not in by_id:
            what = f"exercise {id} has no heading"
            found.append(page.problem(None, what, f'Give it "## {id} Title"'))
            continue
        hints = len(re.findall(r"<summary>[^<]*hint", by_id[id], re.I))
        if hints < HINTS:
            what = f"exercise {id} has {hints} hints in <details>, expected {HINTS}"
            found.append(page.problem(None, what, "Add <summary>Hint 1</summary> ..."))
        if "minute" not in by_id[id]:
            what = f"exercise {id} does not say how many minutes it takes"
            found.append(page.problem(None, what, "Add level and minutes"))
    return found


# --- chapters ------------------------------------------------------------------------


def parts(page: Page) -> list[Problem]:
    """A chapter has its head, one question, its closing sections, and the prompts."""
    if page.folder or not page.chapter or not page.is_notebook:
        return []
    found = []
    second = page.code[1] if len(page.code) > 1 else (None, {"source": ""})
    head = re.compile(rf"where_you_are\(\s*[\"']{page.chapter}[\"']\s*\)")
    if not head.search(second[1]["source"]):
        do = f'Write shared.where_you_are("{page.chapter}")'
        found.append(
            page.problem(second[0], "the second code cell is not the head", do)
        )
    titles = [title for _, text in page.markdown for _, title in text.headings]
    if not any("question" in title.lower() or title.endswith("?") for title in titles):
        what = "no heading holds the chapter's question"
        found.append(page.problem(None, what, "Ask it in a heading that ends in ?"))
    for section in SECTIONS:
        if section not in titles:
            what = f"the section {section!r} is missing"
            found.append(page.problem(None, what, "Add a heading of that name"))
    if not any("PROMPTS" in cell.source for _, cell in page.code):
        what = "the five prompts are not asked"
        found.append(page.problem(None, what, "Use tales.PROMPTS in a cell"))
    return found


def _section(page: Page, title: str) -> str:
    """The Markdown below a heading, up to the next one of its level or above."""
    kept, level = [], 0
    for _, text in page.markdown:
        for line in text.source.split("\n"):
            if mark := re.match(r"(#+)\s+(.*?)\s*$", line):
                if mark[2] == title:
                    level = len(mark[1])
                elif level and len(mark[1]) <= level:
                    return "\n".join(kept)
            if level:
                kept.append(line)
    return "\n".join(kept)


def exercises(page: Page) -> list[Problem]:
    """A chapter names at least three exercises, all registered, and links to them.

    So does an appendix that is a notebook.
    """
    if page.folder or not page.room or not page.is_notebook:
        return []
    found, text = [], _section(page, "Exercises")
    named = set(re.findall(rf"\b{page.room}\.\d+[a-z]?\b", text))
    known = set(registered(page.room))
    if len(known) < LEAST:
        what = f"{len(known)} exercises are registered, expected {LEAST} or more"
        do = f"Register them in shared/check/exercises/ch{page.room}.py"
        found.append(page.problem(None, what, do))
    for id in sorted(known - named):
        what = f"the section Exercises does not name {id}"
        found.append(page.problem(None, what, "Add its statement, level and minutes"))
    for id in sorted(named - known):
        do = f"Register it in shared/check/exercises/ch{page.room}.py"
        found.append(page.problem(None, f"exercise {id} is not registered", do))
    if f"exercises/{page.path.name}" not in text:
        what = "the section Exercises has no link to the exercises"
        found.append(page.problem(None, what, f"Link exercises/{page.path.name}"))
    return found


def editions(root: object = notebooks.ROOT) -> list[Problem]:
    """Every chapter has its solutions, and its exercises are what they generate."""
    import student

    found = []
    for path in sorted((root / "book").glob("[!.]*.ipynb")):
        if not (notebooks.number(path) or notebooks.letter(path)):
            continue
        if not (path.parent / "solutions" / path.name).is_file():
            what, do = "the chapter has no solved notebook", "Add book/solutions"
            found.append(Problem(notebooks.label(path, root), None, what, do))
    for path in sorted((root / "book" / "solutions").glob("[!.]*.ipynb")):
        try:
            lines = student.difference(path)
        except (student.StudentError, notebooks.NotebookError) as error:
            lines = [str(error)]
        if lines:
            name, what = notebooks.label(path, root), "\n".join(lines)
            found.append(Problem(name, None, what, "Run python3 course.py student"))
    lost = student.orphans(root)
    return found + [Problem("book/exercises", None, what, "See above") for what in lost]


GATES = (verdicts, markers, statements, parts, exercises)
