"""The verdicts of shared/check/: right, not yet, not tried, mistakes by name."""

import collections
import contextlib
import dataclasses
import io
import math
import random
import sys
import threading
import time

import pytest

from shared.check import asking as module
from shared.check import check, difference, exercise, judge, registry, short
from shared.check import exercises as checks


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """Each test registers exercises of its own; the book's stay as they are."""
    registry()
    monkeypatch.setattr(module, "_exercises", {})


@pytest.fixture
def surprise():
    @exercise(
        "90.1",
        "Surprise in nats",
        inputs=[(0.5,), (0.1,), 0.25],
        mistakes={
            "a logarithm to base 2": (lambda p: -math.log2(p), "Use math.log."),
            "the sign left out": (math.log, "Put a minus before it."),
        },
    )
    def surprise(p: float) -> float:
        return -math.log(p)

    return surprise


def said(id: str, answer: object) -> str:
    return "\n".join(judge(id, answer).lines)


def test_right_prints_one_line_and_returns_true(surprise, capsys):
    assert check("90.1", lambda p: math.log(1 / p)) is True
    printed = capsys.readouterr().out
    assert printed == "Right: 90.1 Surprise in nats, in all 3 trials.\n"


def test_nothing_is_not_tried(surprise):
    def empty(p):
        """Surprise."""
        ...

    def none(p):
        return None

    def later(p):
        p = p + 1
        return None

    for answer in (None, ..., (None, None), empty, none, later):
        assert judge("90.1", answer).passed is None
        assert said("90.1", answer).startswith("Not tried yet: 90.1")


def test_a_wrong_answer_is_explained(surprise):
    verdict = judge("90.1", lambda p: p)
    assert verdict.passed is False and verdict.mistakes == ()
    assert verdict.lines[1:] == (
        "  for       p = 0.5",
        "  expected  0.693147",
        "  got       0.5",
    )


def test_a_known_mistake_is_named_with_its_advice(surprise):
    verdict = judge("90.1", lambda number: -math.log(number, 2))
    assert verdict.mistakes == ("a logarithm to base 2",)
    assert verdict.lines[-2:] == (
        "  It behaves like: a logarithm to base 2.",
        "  Use math.log.",
    )


def test_a_mistake_on_some_trials_only_is_not_named(surprise):
    verdict = judge("90.1", lambda p: -math.log2(p) if p > 0.2 else 7.0)
    assert verdict.passed is False and verdict.mistakes == ()


def test_how_many_trials_were_right(surprise):
    text = said("90.1", lambda p: -math.log(p) if p > 0.2 else 0)
    assert "(right in 2 of 3 trials)" in text and "p = 0.1" in text


def test_an_error_is_one_line_with_its_line_number(surprise):
    def broken(p):
        total = 0
        return p / total

    line = broken.__code__.co_firstlineno + 2
    text = said("90.1", broken)
    wanted = (
        f"ZeroDivisionError: float division by zero (line {line}: return p / total)"
    )
    assert wanted in text and "Traceback" not in text


def test_an_error_deep_in_a_library_names_the_learners_line(surprise):
    def broken(p):
        return random.choice([])

    assert "return random.choice([])" in said("90.1", broken)


def test_endless_recursion(surprise):
    def again(p):
        return again(p)

    assert "RecursionError: it calls itself without end" in said("90.1", again)


def test_an_endless_loop_is_stopped_where_it_stands(surprise):
    quick = dataclasses.replace(module._exercises["90.1"], seconds=0.3)
    module._exercises["90.1"] = quick
    turns = []

    def loop(p):
        while True:
            try:
                turns.append(p)
            except:  # noqa: E722 (the worst that a learner may write)
                pass

    text = said("90.1", loop)
    assert "no answer within 0.3 seconds (line" in text
    before = len(turns)
    assert sum(1 for _ in range(100_000)) and len(turns) == before, "it still runs"


def test_a_call_that_cannot_be_stopped_is_left_behind(surprise, capsys):
    quick = dataclasses.replace(module._exercises["90.1"], seconds=0.2)
    module._exercises["90.1"] = quick
    before = set(threading.enumerate())
    assert check("90.1", lambda p: time.sleep(2)) is False
    assert "no answer within 0.2 seconds" in capsys.readouterr().out
    print("still heard")
    assert capsys.readouterr().out == "still heard\n"
    (left,) = set(threading.enumerate()) - before
    with contextlib.redirect_stdout(io.StringIO()) as later:
        left.join(30)
        assert not left.is_alive()
        assert sys.stdout is later, "at its end it put back an output of the past"


def test_system_exit_does_not_stop_the_page(surprise):
    assert "SystemExit" in said("90.1", lambda p: exit())


def test_printing_instead_of_returning(surprise, capsys):
    verdict = judge("90.1", lambda p: print(p))
    assert verdict.passed is False
    assert "hand it over with return" in verdict.lines[1]
    assert capsys.readouterr().out == "", "what an answer prints is not part of it"


def test_what_a_wrong_answer_printed_is_shown(surprise):
    def chatty(p):
        print("p is", p)
        return 1

    assert "printed   p is 0.5" in said("90.1", chatty)


def test_a_value_in_place_of_the_function(surprise):
    text = said("90.1", 0.69)
    assert 'Expected the function itself, as in check("90.1", name)' in text
    assert "got a number" in text


def test_the_wrong_number_of_arguments(surprise):
    assert "It takes (a, b); it should take (p)." in said("90.1", lambda a, b: a)


def test_an_unknown_id_lists_the_nearest(surprise):
    with pytest.raises(ValueError, match=r"there is no exercise '90.2'.*90\.1"):
        check("90.2", 1)
    with pytest.raises(ValueError, match="there is no exercise 90.1"):
        check(90.1, 1)


def test_trials_are_fresh_for_everyone():
    @exercise("90.2", "Count", inputs=[(["b", "a", "b"],)])
    def count(words: list[str]) -> dict[str, int]:
        return dict(collections.Counter(words))

    def emptying(words):
        counts = {}
        while words:
            word = words.pop()
            counts[word] = counts.get(word, 0) + 1
        return counts

    verdict = judge("90.2", emptying)
    assert verdict.passed is True
    assert "it changes its argument words" in verdict.lines[1]
    assert len(judge("90.2", count).lines) == 1


def test_an_exercise_that_asks_for_a_change_has_no_remark():
    @exercise("90.2", "Sort in place", inputs=[([2, 1],)], use=lambda f, x: (f(x), x))
    def sort(items: list[int]) -> None:
        items.sort()

    assert len(judge("90.2", lambda items: items.sort()).lines) == 1
    assert judge("90.2", lambda items: sorted(items)).passed is False


def test_a_value():
    @exercise(
        "90.3", "Nats", mistakes={"bits": (3.0, "Take math.log."), "e": (eight, "No.")}
    )
    def nats() -> float:
        return math.log(8)

    assert judge("90.3", 2.0794415).passed is True
    assert judge("90.3", 3).mistakes == ("bits",)
    assert judge("90.3", 8.0).mistakes == ("e",)
    assert judge("90.3", None).passed is None
    assert "(call it, and hand over what it returns)" in said("90.3", nats)


def eight() -> float:
    return 8.0


def test_a_value_judged_by_what_must_hold():
    @exercise("90.4", "Any even number", use=lambda answer: answer % 2 == 0)
    def even() -> int:
        return 2

    assert judge("90.4", 10).passed is True and judge("90.4", 9).passed is False


def test_a_class():
    @exercise(
        "90.5",
        "A stack",
        inputs=[(1, 2), (3, 4)],
        use=lambda Stack, a, b: _pushed(Stack, a, b),
    )
    class Stack:
        def __init__(self):
            self.items = []

        def push(self, item):
            self.items.append(item)
            return self

        def pop(self):
            return self.items.pop()

    class Stub:
        def __init__(self):
            self.items = []

        def push(self, item):
            self.items.append(item)
            return self

        def pop(self):
            return None

    class Queue(Stack):
        def pop(self):
            return self.items.pop(0)

    assert judge("90.5", Stack).passed is True
    assert said("90.5", Stub) == "Not tried yet: 90.5 A stack (pop() does nothing yet)."
    assert judge("90.5", Queue).passed is False
    assert "Expected the class itself" in said("90.5", Stack())


def _pushed(Stack, a, b):
    return Stack().push(a).push(b).pop()


def test_an_expected_error():
    @exercise("90.6", "Refuse", inputs=[(1,), (0,)])
    def refuse(x: int) -> int:
        if x == 0:
            raise ValueError("x is 0")
        return x

    def other(x):
        if x < 1:
            raise ValueError("too small")
        return x

    assert judge("90.6", other).passed is True
    assert "expected  ValueError" in said("90.6", lambda x: x)
    assert judge("90.6", lambda x: x if x else {}[x]).passed is False


def test_lazy_inputs_and_tensors():
    torch = pytest.importorskip("torch")

    @exercise("90.7", "Twice", inputs=lambda: [(torch.ones(2, 3),)])
    def twice(x):
        return 2 * x

    assert judge("90.7", lambda x: x + x).passed is True
    assert "expected shape (2, 3), got (3, 2)" in said("90.7", lambda x: 2 * x.T)
    assert "at [0, 0]: expected 2.0, got 3.0 (6 of 6 differ)" in said(
        "90.7", lambda x: 3 * x
    )
    assert "make a tensor of it" in said("90.7", lambda x: [[2.0] * 3] * 2)
    assert judge("90.7", lambda x: x.mul_(2)).lines[-1].endswith("work on a copy.")


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (1, 1.0, None),
        (0.1 + 0.2, 0.3, None),
        (math.inf, math.inf, None),
        (math.nan, math.nan, None),
        (math.inf, 1.0, "expected inf, got 1.0"),
        (1, True, "expected a whole number, got True or False"),
        (True, 1, "expected True or False, got a whole number"),
        (1.0, "1.0", "(a number, not its text)"),
        ([1, 2], (1, 2), None),
        ([1, 2], range(1, 3), "wrap it in list(...)"),
        ([1, 2], (x for x in (1, 2)), "got an iterator (wrap it in list(...))"),
        ([1, [2, 3]], [1, [2, 4]], "at [1][1]: expected 3, got 4"),
        ([1, 2], [1], "expected 2 items, got 1"),
        ([1, 2], [0], "at [0]: expected 1, got 0 (and 2 items were expected, not 1)"),
        ("", "", None),
        ("abc", "abd", "from character 2 on: expected 'c', got 'd'"),
        ("abc", "ab", "the text ends too early: 'c' is missing"),
        ("ab", "abc", "the text should end where yours goes on: 'c'"),
        (b"a", "a", "expected bytes, got text"),
        ({"a": 1}, collections.Counter("a"), None),
        ({"a": 1, "b": 2}, {"a": 1}, "the key 'b' is missing"),
        ({"a": 1}, {"a": 1, "b": 2}, "the key 'b' should not be there"),
        ({"a": [1]}, {"a": [2]}, "at ['a'][0]: expected 1, got 2"),
        ({1, 2}, {2, 1}, None),
        ({1, 2}, {1, 3}, "the element 2 is missing"),
        (None, 1, "expected None, got a whole number"),
        (1.00000001, 1.0, None),
        (123456.789, 123456.788, "expected 123456.789, got 123456.788"),
    ],
)
def test_differences(expected, got, words):
    found = difference(expected, got, close=1e-9 if words else 1e-6)
    assert found is None if words is None else words in found


def test_numpy_values():
    numpy = pytest.importorskip("numpy")
    assert difference(1.5, numpy.float64(1.5)) is None
    assert difference(numpy.arange(3), numpy.arange(3)) is None
    assert "expected dtype" in difference(numpy.arange(3), numpy.arange(3) * 1.0)
    assert "(use .tolist())" in difference([0, 1, 2], numpy.arange(3))


def test_answers_that_break_everything_are_still_judged(surprise):
    class Odd:
        def __repr__(self):
            raise RuntimeError("no")

        def __eq__(self, other):
            raise RuntimeError("no")

    loop = []
    loop.append(loop)
    assert judge("90.1", lambda p: Odd()).passed is False
    assert judge("90.1", lambda p: loop).passed is False
    assert judge("90.1", loop).passed is False
    assert short(Odd()) == "<Odd instance>"

    @exercise("90.8", "A list of itself")
    def itself() -> list:
        return loop

    assert judge("90.8", [loop]).passed is False


def test_exercises_stand_in_the_order_of_their_numbers():
    for id in ["90.10", "90.9", "A.2", "89.11"]:
        exercise(id, "Two")(lambda: 2)
    assert list(registry()) == ["89.11", "90.9", "90.10", "A.2"]


def test_registration_refuses_what_cannot_work(surprise):
    with pytest.raises(ValueError, match="expected a form like"):
        exercise("1.2", "Short id")
    with pytest.raises(ValueError, match="nothing would be tried"):
        exercise("90.9", "No inputs", inputs=[])
    with pytest.raises(ValueError, match="needs \\(wrong, advice\\)"):
        exercise("90.9", "No advice", mistakes={"a name": math.log})
    with pytest.raises(ValueError, match="90.1 is taken by 'Surprise in nats'"):
        exercise("90.1", "Other")(eight)


def test_a_room_is_loaded_when_its_exercise_is_checked(monkeypatch, tmp_path):
    lines = [
        "from shared.check import exercise",
        "@exercise('99.1', 'From a file')",
        "def five() -> int:",
        "    return 5",
    ]
    (tmp_path / "ch99.py").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(tmp_path)])
    try:
        assert check("99.1", 5) is True
        assert list(registry()) == ["99.1"]
    finally:
        sys.modules.pop("shared.checks.ch99", None)
