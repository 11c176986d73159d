"""A right answer that takes a short cut is right, with a remark."""

import pytest

from shared.check import asking, check, exercise


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """An exercise that asks for a sum by a loop, registered for one test."""
    monkeypatch.setattr(asking, "_exercises", {})

    @exercise("98.3", "Sum", inputs=[[1, 2]], short_cuts={"sum": "sum did the work."})
    def total(numbers):
        found = 0
        for number in numbers:
            found += number
        return found

    return total


def test_a_short_cut_is_right_and_earns_a_remark(capsys):
    assert check("98.3", lambda numbers: sum(numbers)) is True
    assert capsys.readouterr().out.endswith("  A remark: sum did the work.\n")


def test_one_inside_of_a_function_is_seen_too(capsys):
    def nested(numbers):
        def inner():
            return sum(numbers)

        return inner()

    assert check("98.3", nested) is True
    assert "A remark" in capsys.readouterr().out


def test_the_way_that_was_meant_earns_none(room, capsys):
    assert check("98.3", room) is True
    assert "A remark" not in capsys.readouterr().out


def test_a_wrong_answer_hears_of_its_mistake_alone(capsys):
    assert check("98.3", lambda numbers: sum(numbers) + 1) is False
    assert "A remark" not in capsys.readouterr().out
