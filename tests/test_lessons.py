"""Lessons: answers are right by another way of finding them, the exam keeps its own."""

import hashlib
import re

import pytest

from shared import tales
from shared.tales import TASKS, WORDINGS, Lesson, is_right, lessons, reading
from shared.tales import tasks as school

SIGNS = {"and": 1, "take away": -1}


def fields(lesson, k):
    """What stands in the places of a lesson's wording k, or None if it is another."""
    wanted = re.escape(WORDINGS[lesson.task][k])
    wanted = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", wanted)
    found = re.fullmatch(wanted, lesson.prompt, re.S)
    return found and found.groupdict()


def result(words):
    """What a sum in words makes, read anew."""
    parts = re.split(r" (and|take away) ", words)
    numbers = [reading.numbers()[word] for word in parts[::2]]
    return numbers[0] + sum(
        SIGNS[sign] * n for sign, n in zip(parts[1::2], numbers[1:], strict=True)
    )


# Catches: lessons that change with Python, and any change at all: the shipped
# assistant has learned from these, so write it anew only when it is trained anew.
def test_the_lessons_are_the_ones_that_the_assistant_learned():
    text = "\n".join(f"{x.task}|{x.prompt}|{x.answer}" for x in lessons(2001, 400))
    known = "215f47b5da688b66"
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == known
    assert lessons(7, 20) == lessons(7, 20) != lessons(8, 20)


@pytest.mark.parametrize("task", TASKS)
def test_a_lessons_own_answer_is_right_and_another_is_not(task):
    found = lessons(3, 60, task)
    assert all(lesson.task == task and lesson.answer for lesson in found)
    assert all(is_right(lesson, f" {lesson.answer}\n") for lesson in found)
    assert not any(
        is_right(lesson, lesson.answer + " So.") for lesson in found[:20]
    ) or (task in ("sum", "chain"))
    assert not any(is_right(lesson, "") for lesson in found)


@pytest.mark.parametrize("task", TASKS)
def test_each_task_has_its_wordings_and_the_last_is_not_taught(task):
    asked = [lessons(4, 30, task, wording=k) for k in range(len(WORDINGS[task]))]
    for k, some in enumerate(asked):
        assert all(fields(lesson, k) for lesson in some)
    assert lessons(4, 30, task, wording=-1) == asked[-1]
    taught = {lesson.prompt for lesson in lessons(4, 300, task)}
    new = lessons(4, 300, task, wording=-1)
    assert not taught & {lesson.prompt for lesson in new}


def test_all_tasks_come_as_often_as_they_should():
    found = [lesson.task for lesson in lessons(1, 4000)]
    assert sum(TASKS.values()) == 100
    for task, share in TASKS.items():
        assert abs(found.count(task) / 40 - share) < 3


@pytest.mark.parametrize("task", ["sum", "chain"])
def test_sums_come_out(task):
    for lesson in lessons(5, 200, task, wording=0):
        words = fields(lesson, 0)["sum"]
        assert reading.numbers_in(lesson.answer)[-1] == result(words)
        for step in re.findall(r"(\w[\w ]*?) (?:make|is) ([\w ]+)\.", lesson.answer):
            assert result(step[0].lower()) == reading.numbers()[step[1]]


# Catches: an exam whose sums are taught, in one task or the other.
def test_the_exam_keeps_its_chains_for_itself():
    taught = {fields(x, 0)["sum"] for x in lessons(6, 2000, "chain", wording=0)}
    asked = [fields(x, 0)["sum"] for x in lessons(7, 300, "chain", True, wording=0)]
    assert not taught & set(asked)
    assert 0.1 < len(set(asked)) / len(taught) < 0.35


def test_people_missing_and_renamed_agree_with_the_text():
    for lesson in lessons(8, 150, "people", wording=0):
        text = fields(lesson, 0)["text"]
        said = re.split(r", | and ", lesson.answer[:-1])
        places = [re.search(rf"\b{name}\b", text).start() for name in said]
        assert places == sorted(places)
        others = reading.people().keys() - set(said)
        assert not any(re.search(rf"\b{name}\b", text) for name in others)
    for lesson in lessons(9, 150, "missing", wording=0):
        asked = fields(lesson, 0)
        assert asked["thing"] not in asked["text"]
        assert lesson.answer == school.UNKNOWN
    for lesson in lessons(10, 150, "rename", wording=0):
        asked = fields(lesson, 0)
        assert not re.search(rf"\b{asked['old']}\b", lesson.answer)
        back = re.sub(rf"\b{asked['new']}\b", asked["old"], lesson.answer)
        assert back == asked["text"]


# Catches: an owner, a question or a trick that disagrees with the document's facts.
def test_answers_agree_with_the_documents_facts():
    for lesson in lessons(11, 80, "question", wording=0):
        asked = fields(lesson, 0)
        assert tales.next_words(f"{asked['text']}\nQuestion:", "question")
        assert asked["question"].endswith("?") and "\n" not in asked["question"]
    for lesson in lessons(12, 80, "owner", wording=0):
        asked = fields(lesson, 0)
        assert lesson.answer[:-1] in reading.names_in(asked["text"])
        assert asked["thing"] in asked["text"]
    answers = {lesson.answer for lesson in lessons(13, 80, "trick")}
    assert answers == {"Yes, it is a trick.", "No, it is honest."}


def test_a_tale_goes_on_as_a_whole_document():
    for lesson in lessons(14, 40, "continue", wording=0):
        whole = f"{fields(lesson, 0)['text']} {lesson.answer}"
        assert tales.bill(whole)  # refuses what is no document


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Twelve.", True),
        ("twelve", True),
        ("Seven and five make twelve.", True),
        ("Eleven.", False),
        ("Seven and five make eleven.", False),
        ("Eleven. Twelve.", True),
        ("Nine. Ten. Eleven. Twelve.", False),
        ("", False),
        ("I do not know.", False),
    ],
)
def test_of_a_sum_the_last_number_counts(answer, right):
    assert (
        is_right(Lesson("sum", "What is seven and five?", "Twelve."), answer) == right
    )


def test_texts_are_taken_apart():
    assert reading.sentences('"Hi." He ran. "No!" said Ada.')[-1] == '"No!" said Ada.'
    assert reading.listed([]) == "" and reading.listed(["Mara"]) == "Mara"
    assert reading.listed(["Mara", "Finn", "Pip"]) == "Mara, Finn and Pip"
    assert reading.numbers_in("Twenty three and seven, not sevenths") == [23, 7]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"task": "song"}, "unknown task 'song'; expected one of"),
        ({"n": -1}, "n is -1"),
        ({"task": "talk", "wording": 9}, "wordings 0 to 1, got 9"),
        ({"task": "talk", "wording": -2}, "got -2"),
    ],
)
def test_bad_input_is_named(options, told):
    with pytest.raises(ValueError, match=told):
        lessons(**{"seed": 1, "n": 1, **options})
