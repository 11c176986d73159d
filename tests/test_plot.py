"""Figures: the same bytes each time, readable sizes, honest chips of tokens."""

import os
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from shared import plot

ROOT = Path(__file__).resolve().parents[1]
LEVELS = {"uniform": 6.4, "unigram": 4.9, "bigram": 2.3, "floor": 0.9}

DRAW = """
import sys
from shared import plot
levels = {"uniform": 6.4, "unigram": 4.9, "bigram": 2.3, "floor": 0.9}
figure, (one, two) = plot.figure(6, 6, rows=2)
plot.ladder(levels, title="Where we stand \\u2192", ax=one)
plot.curve({"seen": [3, 2, 1], "unseen": [3, 2.5, 2]}, levels=levels, ax=two)
plot.save(figure, sys.argv[1] + "/a.svg")
figure, ax = plot.figure()
plot.heat([[0.1, 0.9], [0.5, 0.5]], ["a", "b"], ["c", "d"], ax=ax)
plot.save(figure, sys.argv[1] + "/b.svg")
"""


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def svg(figure, folder: Path) -> str:
    return plot.save(figure, folder / "x.svg").read_text("utf-8")


@pytest.mark.slow
def test_two_processes_draw_the_same_bytes(tmp_path):
    for number in "12":
        (tmp_path / number).mkdir()
        env = os.environ | {"PYTHONHASHSEED": number, "MPLBACKEND": "agg"}
        command = [sys.executable, "-c", DRAW, str(tmp_path / number)]
        subprocess.run(command, cwd=ROOT, env=env, check=True)
    for name in ("a.svg", "b.svg"):
        first, second = ((tmp_path / n / name).read_bytes() for n in "12")
        assert first == second
        assert b"<dc:date>" not in first


def test_importing_plot_does_not_load_matplotlib():
    code = "import sys, shared.plot; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_figure_is_a_whole_sheet_of_paper(tmp_path):
    figure, ax = plot.figure(6, 3)
    plot.ladder(LEVELS, ax=ax)
    text = svg(figure, tmp_path)
    root = ET.fromstring(text)
    assert root.attrib["width"] == "432pt" and root.attrib["height"] == "216pt"
    assert plot.COLORS["paper"] in text.lower()


def test_type_is_readable_on_a_phone():
    """6 inches are 576 CSS pixels; shown 350 wide, no label may be under 7.5 pixels."""
    figure, ax = plot.figure()
    plot.ladder(LEVELS, title="Where we stand", ax=ax)
    labels = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels(), ax.title]
    smallest = min(label.get_fontsize() for label in labels)
    assert smallest * 96 / 72 * 350 / 576 > 7.5


def test_texts_on_axes_that_are_switched_off_need_no_warning():
    """Once chapter 00 showed a red one: the layout came before the axes' limits."""
    figure, ax = plot.figure(6, 3.6)
    for height in range(6):
        ax.barh(height, 6, 0.72)
        ax.text(2.55, height, "look back, fetch what is needed", va="center")
    ax.set_axis_off()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()
    assert ax.get_window_extent().width > 0.9 * figure.bbox.width


def test_ladder_keeps_order_and_stripes_the_floor_or_where_we_are():
    for here, striped in (("", "floor"), ("bigram", "bigram")):
        _, ax = plot.figure()
        plot.ladder(LEVELS, here=here, ax=ax)
        names = [label.get_text() for label in ax.get_yticklabels()]
        assert names == list(LEVELS)
        hatched = [names[i] for i, bar in enumerate(ax.patches) if bar.get_hatch()]
        assert hatched == [striped]
        assert [bar.get_width() for bar in ax.patches] == list(LEVELS.values())


def test_heat_writes_the_numbers_where_they_belong():
    _, ax = plot.figure()
    plot.heat([[0.25, 0.75], [1.0, 0.0]], ["a", "b"], ["c", "d"], ax=ax)
    written = {(t.get_position()): t.get_text() for t in ax.texts}
    assert written[(1.5, 0.5)] == "0.75" and written[(0.5, 1.5)] == "1.00"


def test_heat_of_equal_values_and_of_a_tensor():
    import torch

    plot.heat(torch.zeros(2, 3), ["a", "b"], ["c", "d", "e"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plot.bars({}), "nothing to draw"),
        (lambda: plot.heat([[1, 2]], ["a"], ["b"]), r"shape \(1, 2\), expected"),
        (lambda: plot.tokens(["a", "b"], [1.0]), "2 pieces, 1 values"),
        (lambda: plot.save(None, "x.gif"), "name it .svg or .png"),
    ],
)
def test_bad_input_gets_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_save_leaves_no_draft_behind(tmp_path):
    figure, _ = plot.figure()
    plot.save(figure, tmp_path / "x.png")
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


def test_tokens_hide_nothing_and_escape_html():
    shown = plot.tokens(["a", " b", "\n", "\t", b"\xe2\x80", "<i>"])
    assert repr(shown) == "a|·b|↵|⇥|\\xe2\\x80|<i>"
    assert "&lt;i&gt;" in shown._repr_html_() and "<i>" not in shown._repr_html_()


def test_tokens_with_values_show_the_numbers_and_a_legend():
    shown = plot.tokens(["a", "b", "c"], [0.5, 2.0, float("inf")], unit="nats")
    page = shown._repr_html_()
    assert repr(shown) == "a 0.50 | b 2.00 | c inf"
    assert all(number in page for number in ("0.50", "2.00", "inf", "nats"))
    assert "darkest 2.00" in page
    strongest = f"rgb({','.join(map(str, plot.SURPRISE[1]))})"
    assert page.count(strongest) == 2  # the largest finite value, and infinity


def test_chips_carry_their_own_colours():
    """So that they read the same in Colab, in Jupyter and on a dark page."""
    page = plot.tokens(["a", "b"])._repr_html_()
    assert page.count("background:#") == 2 and page.startswith("<div")
    assert "color:#1f2a37" in page[: page.index("<span")]


# Catches: names of lines that end at one height, printed over each other.
def test_the_names_of_lines_do_not_overlap():
    figure, ax = plot.figure()
    ends = {"a": 0.99, "b": 0.99, "c": 1.0, "d": 0.5}
    lines = {name: ([1, 100], [0.0, y]) for name, y in ends.items()}
    plot.curve(lines, logx=True, ax=ax)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    pairs = [(i, j) for i in range(4) for j in range(i)]
    assert not any(boxes[i].overlaps(boxes[j]) for i, j in pairs)
    seen = [label.get_text() for label in ax.get_xticklabels()]
    assert {"1", "2", "5", "10", "50", "100"} <= set(seen)
