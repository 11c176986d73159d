"""Slim SVG: smaller, the same picture, still well made."""

import io
import re
import xml.etree.ElementTree as ElementTree

import pytest

from shared import plot
from shared.plot import paint
from shared.plot.slim import slim

NUMBER = re.compile(r"-?[0-9.]+")
TAKES = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}  # numbers of a path's commands


def raw(fig):
    """A figure as matplotlib writes it."""
    file = io.StringIO()
    fig.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


@pytest.fixture(scope="module")
def pictures():
    fig, ax = plot.figure()
    plot.curve({"loss": [3.14159, 2.71828, 1.41421], "né": [3, 2, 1]}, "step", ax=ax)
    d = plot.Drawing(alt="A word goes through a layer and becomes another.")
    row = d.row(["ada", " ran"], at=(0, 0))
    d.arrow(row, d.circle("$x_1$", at=(4, 3), color="padding"), "goes")
    return {"curve": raw(fig), "drawing": raw(paint.paint(d.shapes))}


@pytest.mark.parametrize("name", ["curve", "drawing"])
def test_it_is_smaller_and_still_a_picture(pictures, name):
    before, after = pictures[name], slim(pictures[name])
    assert len(after.splitlines()) < 0.4 * len(before.splitlines())
    assert len(after) < 0.85 * len(before)
    old, new = ElementTree.fromstring(before), ElementTree.fromstring(after)
    kinds = [[e.tag for e in tree.iter()] for tree in (old, new)]
    assert kinds[0] == kinds[1], "no element comes, goes or moves"
    assert slim(after) == after


def steps(path: str) -> list[tuple]:
    """A path's commands, all written out, in absolute numbers."""
    found, at, start = [], (0.0, 0.0), (0.0, 0.0)
    for letter, text in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers, size = list(map(float, NUMBER.findall(text))), TAKES[letter.upper()]
        if not size:
            assert not numbers
            found.append((letter.upper(),))
            at = start
            continue
        assert numbers and len(numbers) % size == 0
        parts = [numbers[i : i + size] for i in range(0, len(numbers), size)]
        assert letter not in "Mm" or len(parts) == 1, "numbers after M are lines"
        for part in parts:
            if letter.islower():
                part = [number + at[k % 2] for k, number in enumerate(part)]
            at = (part[-2], part[-1])
            start = at if letter in "Mm" else start
            found.append((letter.upper(), *part))
    return found


def outlines(svg: str) -> list[tuple[list[tuple], float]]:
    """All paths of a picture, and the scale that each is drawn in."""
    found = []
    for e in ElementTree.fromstring(svg).iter():
        if e.get("d"):
            scale = re.fullmatch(r"scale\((\S+)\)", e.get("transform", "scale(1)"))
            found.append((steps(e.get("d")), float(scale[1]) if scale else 1.0))
    return found


@pytest.mark.parametrize("name", ["curve", "drawing"])
def test_every_place_stays_where_it_was(pictures, name):
    """Within a hundredth; letters within an eighth of a hundredth of their font."""
    before, after = outlines(pictures[name]), outlines(slim(pictures[name]))
    assert {scale for _, scale in after} == {1.0, 0.25}
    for (old, by), (new, scale) in zip(before, after, strict=True):
        near = 0.0051 if scale == 1 else 0.1251
        for one, two in zip(old, new, strict=True):
            assert one[0] == two[0]
            places = [number * by for number in one[1:]]
            now = [number * scale for number in two[1:]]
            assert places == pytest.approx(now, rel=0, abs=near)


def letters(svg: str) -> list[tuple[float, float]]:
    """Where the letters of a picture stand within their words."""
    found = []
    for used in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}use"):
        shift = re.fullmatch(r"translate\((\S+) (\S+)\)", used.get("transform", ""))
        place = shift.groups() if shift else (used.get("x", 0), used.get("y", 0))
        found.append((float(place[0]), float(place[1])))
    return found


@pytest.mark.parametrize("name", ["curve", "drawing"])
def test_every_letter_stands_where_it_stood(pictures, name):
    before, after = letters(pictures[name]), letters(slim(pictures[name]))
    assert len(before) == len(after) > 10
    assert any(x > 0 for x, _ in after)
    for one, two in zip(before, after, strict=True):
        assert one == pytest.approx(two, rel=0, abs=0.0051)


@pytest.mark.parametrize("name", ["curve", "drawing"])
def test_every_letter_that_is_used_is_there(pictures, name):
    tree = ElementTree.fromstring(slim(pictures[name]))
    there = {e.get("id") for e in tree.iter() if e.get("id")}
    link = "{http://www.w3.org/1999/xlink}href"
    used = {e.get(link).lstrip("#") for e in tree.iter() if e.get(link)}
    assert used and used <= there
    assert len(there) == sum(e.get("id") is not None for e in tree.iter())


def test_clips_are_still_pointed_at(pictures):
    text = slim(pictures["curve"])
    assert text.count("url(#") and all(
        f'id="{part.partition(")")[0]}"' in text for part in text.split("url(#")[1:]
    )
