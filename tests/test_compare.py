"""The rules by which a page's new outputs equal the stored ones."""

import pytest
from compare import Tolerance, difference, same_text, skipped, unit

PLAIN = Tolerance()


def out(text: str) -> list[dict]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def display(**data: str) -> dict:
    data = {kind.replace("_", "/"): value for kind, value in data.items()}
    return {"output_type": "display_data", "data": data, "metadata": {}}


@pytest.mark.parametrize(
    ("stored", "new"),
    [
        ("loss 3.142", "loss 3.143"),  # one unit of the last digit
        ("loss 3.142", "loss 3.148"),  # within 0.2 %
        ("1.5e-05 and 2.0", "1.6e-05 and 2.0"),
        ("ratio 9.99 x", "ratio 10.00 x"),
        ("|  a |\n| 9.99 |", "|   a |\n| 10.00 |"),  # padding follows the number
        ("-0.50", "-0.51"),
        ("0.30000000000000004", "0.3"),
        ("at <x at 0x7f12ab34cd>", "at <x at 0x7f99ab34cd>"),
        ("inf 1.0 nan", "inf 1.0 nan"),
    ],
)
def test_near_numbers_are_equal(stored, new):
    assert same_text(stored, new, PLAIN)


@pytest.mark.parametrize(
    ("stored", "new"),
    [
        ("loss 3.14", "loss 3.16"),
        ("loss 0.513", "loss 0.613"),
        ("0.671", "0.674"),
        ("ids [15, 17]", "ids [15, 18]"),  # whole numbers are counts and ids
        ("1,000 tokens", "1,001 tokens"),
        ("version 2.13.0", "version 2.14.0"),
        ("v0.1", "v0.2"),
        ("a key", "a fox"),
        ("1.0 or 2.0", "1.0"),
        ("1.0", "nan"),
        ("a\nb", "a b"),
        ("a  b", "a b"),
        ("0.5", "-0.5"),
        ("1.0", "1"),
    ],
)
def test_other_differences_are_found(stored, new):
    assert not same_text(stored, new, PLAIN)
    assert not same_text(new, stored, PLAIN)


def test_unit_of_the_last_digit():
    texts = ("3.14", "2.", "1.25e-3", "4e2")
    assert [unit(text) for text in texts] == pytest.approx([0.01, 1, 1e-5, 100])


def test_a_cell_widens_its_tolerance_with_a_reason():
    wide = Tolerance.of({"tolerance": {"rel": 0.1, "reason": "20 samples"}})
    assert same_text("2.00", "2.19", wide) and not same_text("2.00", "2.21", wide)
    assert same_text("2.00", "2.5", Tolerance(abs=0.5))


@pytest.mark.parametrize(
    "own", [{"rel": 0.1}, {"rel": 0.1, "reason": " "}, {"rell": 1, "reason": "x"}, 0.1]
)
def test_a_malformed_tolerance_is_refused(own):
    with pytest.raises(ValueError, match="tolerance"):
        Tolerance.of({"tolerance": own})


def test_a_picture_must_be_there_but_may_look_otherwise():
    old = [display(image_png="aaa", text_plain="<Figure size 600x340 with 1 Axes>")]
    new = [display(image_png="bbb", text_plain="<Figure size 600x340 with 1 Axes>")]
    other = [display(text_plain="<Figure size 600x340 with 1 Axes>")]
    assert not difference(old, new, PLAIN)
    assert "other kinds" in difference(old, other, PLAIN)
    assert "other kinds" in difference(old, [], PLAIN)


def test_html_is_compared_by_what_it_shows():
    object_text = "<IPython.core.display.HTML object>"
    old = [display(text_html="<p id='a1'>5 keys, 1.25</p>", text_plain=object_text)]
    new = [display(text_html="<p id='b2'>5 keys, 1.26</p>", text_plain=object_text)]
    bad = [display(text_html="<p id='a1'>6 keys, 1.25</p>", text_plain=object_text)]
    assert not difference(old, new, PLAIN)
    assert "6 keys" in difference(old, bad, PLAIN)


def test_stderr_and_pieces_of_printing_do_not_count():
    noise = {"output_type": "stream", "name": "stderr", "text": "took 3.1 s"}
    assert not difference(out("a\nb\n"), [*out("a\n"), noise, *out("b\n")], PLAIN)


def test_an_error_is_compared():
    old = {"output_type": "error", "ename": "KeyError", "evalue": "'fox'"}
    new = {**old, "ename": "IndexError"}
    assert not difference([old], [old], PLAIN)
    assert "IndexError" in difference([old], [new], PLAIN)


def test_a_difference_names_the_line_and_both_sides():
    found = difference(out("same\nold word\n"), out("same\nnew word\n"), PLAIN)
    assert "line 2, stored in the notebook: 'old word'" in found
    assert "line 2, in this run:            'new word'" in found
    assert "same" not in found


def test_the_line_of_a_cell_that_skipped_itself():
    assert skipped(out("Skipped: the-verdict.txt is not here.\n"))
    assert not skipped(out("Skipped: a\nand more\n"))
    assert not skipped(out("Read 20,479 characters\n"))
    assert not skipped([*out("Skipped: a\n"), display(image_png="x")])
    assert not skipped([])
