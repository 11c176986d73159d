"""`working`: the next cell uses the learner's answer, or else the book's own."""

import pytest

from shared.check import asking, check, exercise, working

SAID = "(Until yours is right, the book's own answer to 98.1 works here.)\n"


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """A function and a value as exercises, registered for one test."""
    monkeypatch.setattr(asking, "_exercises", {})
    monkeypatch.setattr(asking, "_checked", {})

    @exercise("98.1", "Twice", inputs=[1, 2])
    def twice(x):
        return 2 * x

    @exercise("98.2", "Four")
    def four():
        return 4

    return twice


def test_a_right_answer_is_used(capsys):
    def mine(x):
        return x + x

    assert working("98.1", mine) is mine
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("wrong", [None, ..., lambda x: None, lambda x: x, 3])
def test_what_is_not_right_yet_gives_way_to_the_reference(wrong, room, capsys):
    assert working("98.1", wrong) is room
    assert capsys.readouterr().out == SAID


def test_a_value_gives_way_to_the_right_value():
    assert working("98.2", None) == working("98.2", 5) == working("98.2", 4) == 4


def test_an_answer_that_was_checked_is_not_tried_again(room):
    calls = []

    def mine(x):
        calls.append(x)
        return 2 * x

    assert check("98.1", mine) is True
    tried = len(calls)
    assert working("98.1", mine) is mine and len(calls) == tried

    def slow(x):
        calls.append(x)
        return 0

    assert check("98.1", slow) is False
    tried = len(calls)
    assert working("98.1", slow) is room and len(calls) == tried
    # Another answer than the one that was checked is tried.
    assert working("98.1", mine) is mine and len(calls) > tried


def test_an_unknown_exercise_raises():
    with pytest.raises(ValueError, match="no exercise '98.7'"):
        working("98.7", None)
