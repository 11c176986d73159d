"""Each shipped model has its chapter, whose number is read from `_toc.yml` alone."""

import re
import sys

import pytest
from coursecall import ROOT

from shared.checkpoint import makers, passport
from shared.checkpoint.makers import MAKERS, maker
from shared.contents import chapters

sys.path.insert(0, str(ROOT / "book" / "_theme"))
import blocks_talk  # noqa: E402 (the path comes first)


def book(root, *names):
    """A list of chapters."""
    (root / "book").mkdir(exist_ok=True)
    entries = "".join(
        f"      - file: book/{name}\n        title: '{name[:2]} A'\n" for name in names
    )
    text = f"format: jb-book\nparts:\n  - caption: A\n    chapters:\n{entries}"
    (root / "_toc.yml").write_text(text)
    for name in names:
        (root / "book" / f"{name}.ipynb").write_text("{}")
    return root


def test_every_model_of_this_book_has_a_chapter():
    numbers = {one.number for one in chapters()}
    assert {maker(name) for name in MAKERS} <= numbers
    assert passport.models().keys() <= MAKERS.keys()


# Catches: a number that is kept by hand, and a chapter that takes a model over.
def test_numbers_follow_the_list(tmp_path):
    old = book(tmp_path, "06_pretraining", "21_preferences")
    assert (maker("base", old), maker("grpo", old)) == ("06", "21")
    new = book(
        tmp_path, "07_pretraining", "08_to_the_floor", "11_preferences", "12_rewards"
    )
    found = [maker(name, new) for name in ("plain", "base", "dpo", "grpo")]
    assert found == ["07", "08", "11", "12"]


def test_a_wrong_entry_is_told(monkeypatch):
    monkeypatch.setitem(makers.MAKERS, "base", ("to_the_moon",))
    with pytest.raises(
        ValueError, match="called to_the_moon, which should make .*base"
    ):
        maker("base")


# Catches: a second list, in the page's script or in the attributes that it is given.
def test_the_page_is_told_and_keeps_no_list():
    told = blocks_talk.attributes()["data-chapters"]
    assert dict(one.split(":") for one in told.split()) == {
        name: maker(name) for name in blocks_talk.NAMES
    }
    script = (ROOT / "book" / "_static" / "model" / "page.js").read_text("utf-8")
    assert not re.findall(r"""["']\d\d["']""", script)
