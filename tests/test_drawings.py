"""Drawings: the gallery, readable by everyone; bad input gets one clear sentence."""

import contextlib
import io
import os
import re
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import canonical
import nbformat.v4 as NEW
import pytest

from shared import plot
from shared.plot.faults import crosses, faults
from shared.plot.palette import contrast, readable, shade, text_on
from shared.plot.shapes import SOFT, SQUARE, Bounds, Line, Rect, Words
from shared.plot.sheet import extent

ROOT = Path(__file__).resolve().parents[1]
GALLERY = sorted((ROOT / "tests" / "drawings").glob("*.py"))
ALT = "A box that stands alone on its paper."
PHONE = 390 - 2 * 20  # CSS pixels that a picture has on a phone
SVG = "{http://www.w3.org/2000/svg}"


def drawn(path):
    """The drawing that a file of the gallery makes, as a cell would."""
    with contextlib.redirect_stdout(io.StringIO()):
        return runpy.run_path(str(path))["d"]


@pytest.fixture(scope="module", params=GALLERY, ids=lambda path: path.stem)
def picture(request):
    return drawn(request.param)


@pytest.fixture
def d():
    return plot.Drawing(alt=ALT)


# --- the gallery ---------------------------------------------------------------------


def test_the_gallery_holds_the_five_that_prove_the_room():
    names = {path.stem for path in GALLERY}
    assert {"block", "heads", "loss_mask", "windows", "kv_cache"} <= names
    assert len(names) >= 13  # and one for each structure that readers asked for


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_drawing_is_a_cell_of_at_most_twenty_lines_without_a_function(path):
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    assert len(lines) <= 24 and not re.search(r"^\s*def ", "\n".join(lines), re.M)


def test_no_text_touches_another_a_line_or_the_edge_of_a_box(picture):
    assert faults(picture.shapes) == []


def test_every_text_stands_on_the_paper(picture, tmp_path):
    figure = picture.figure()
    figure.canvas.draw()
    paper = figure.bbox
    texts = figure.axes[0].texts
    assert len(texts) == sum(isinstance(shape, Words) for shape in picture.shapes)
    for text in texts:
        box = text.get_window_extent()
        assert paper.x0 <= box.x0 and box.x1 <= paper.x1, text.get_text()
        assert paper.y0 <= box.y0 and box.y1 <= paper.y1, text.get_text()


def test_the_outlines_of_a_text_lie_within_its_measure(picture):
    """Else the checks above would look in the wrong places."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    for words in picture.shapes:
        if isinstance(words, Words):
            font = FontProperties(weight="bold" if words.bold else "normal")
            ink = TextPath((0, 0), words.text, words.size, font).get_extents()
            bounds = words.bounds
            assert words.x + ink.x0 / SQUARE >= bounds.left - 0.01, words.text
            assert words.x + ink.x1 / SQUARE <= bounds.right + 0.01, words.text
            assert words.y - ink.y1 / SQUARE >= bounds.top - 0.02, words.text
            assert words.y - ink.y0 / SQUARE <= bounds.bottom + 0.02, words.text
            assert ink.width > 0.3 * (bounds.right - bounds.left) * SQUARE


def test_type_is_readable_on_a_phone(picture):
    """As in the curves: no label under 7.5 pixels, here no one under 9."""
    wide = picture.figure().get_size_inches()[0] * 96
    sizes = [shape.size for shape in picture.shapes if isinstance(shape, Words)]
    assert min(sizes) * 96 / 72 * min(1, PHONE / wide) > 9


def test_every_text_has_a_contrast_of_four_and_a_half(picture):
    shapes = picture.shapes
    for i, words in enumerate(shapes):
        if isinstance(words, Words):
            under = [
                s.fill for s in shapes[:i]
                if isinstance(s, Rect) and s.fill != "none"
                and s.bounds.holds(words.bounds)
            ]  # fmt: skip
            fill = under[-1] if under else plot.COLORS["paper"]
            assert contrast(words.color, fill) >= 4.5, (words.text, fill)


def test_whoever_cannot_see_it_is_told(picture):
    root = ET.fromstring(picture.svg())
    title, words = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert words.text == picture.alt and title.text
    named = root.attrib["aria-labelledby"].split()
    assert named == [title.attrib["id"], words.attrib["id"]]
    assert root.attrib["role"] == "img"


def test_the_paper_is_opaque_and_no_font_is_needed(picture):
    text = picture.svg()
    assert plot.COLORS["paper"] in text and "<text" not in text
    assert "dc:date" not in text and "http://www.w3.org/1999/xlink" in text


@pytest.mark.slow
def test_two_processes_draw_the_same_bytes(tmp_path):
    code = "import runpy, sys\nfor path in sys.argv[2:]:\n"
    code += "    name = path.replace('/', '_') + '.svg'\n"
    code += "    runpy.run_path(path)['d'].save(sys.argv[1] + '/' + name[-20:])\n"
    for number in "12":
        (tmp_path / number).mkdir()
        env = os.environ | {"PYTHONHASHSEED": number, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code, str(tmp_path / number)]
        subprocess.run([*command, *map(str, GALLERY)], env=env, check=True, timeout=120)
    one, two = (sorted((tmp_path / number).iterdir()) for number in "12")
    assert len(one) == len(GALLERY)
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


# --- one table of colours ------------------------------------------------------------


def test_every_meaning_can_be_told_from_paper_and_written_on():
    for name, look in plot.MEANINGS.items():
        assert contrast(plot.COLORS["ink"], look.fill) >= 4.5, name
        assert contrast(plot.COLORS["ink"], plot.COLORS["stripe"]) >= 4.5
        assert contrast(look.edge, plot.COLORS["paper"]) >= 3, name
        assert look.color in plot.COLORS, name
        assert contrast(text_on(look.fill), look.fill) >= 4.5, name


def test_words_are_read_on_every_shade_and_in_every_colour():
    for i in range(101):
        fill = shade(i / 100)
        assert contrast(text_on(fill), fill) >= 4.5, i
    paper = plot.COLORS["paper"]
    for name in plot.CYCLE:
        assert contrast(readable(plot.COLORS[name]), paper) >= 4.5, name
    assert contrast(SOFT, paper) >= 4.5
    assert contrast(plot.MEANINGS["target"].edge, paper) >= 4.4


def test_curves_and_ladder_use_the_same_meanings():
    _, ax = plot.figure()
    plot.curve({"head": [3, 2]}, levels={"floor": 1}, colors={"head": "trained"}, ax=ax)
    line, level = ax.lines[1], ax.lines[0]
    assert line.get_color() == plot.COLORS[plot.MEANINGS["trained"].color]
    assert level.get_color() == plot.COLORS[plot.MEANINGS["floor"].color]
    _, ax = plot.figure()
    plot.ladder({"bigram": 2.0, "floor": 1.0}, ax=ax)
    import matplotlib.colors as colors

    found = [colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    meant = [plot.MEANINGS[name].color for name in ("loss", "floor")]
    assert found == [plot.COLORS[name] for name in meant]


def test_a_meaning_looks_alike_wherever_it_is_drawn(d):
    d.box("k", at=(0, 0), size=(1, 1), color="key")
    d.row(["a"], at=(2, 0), color="key")
    d.matrix((1, 1), at=(4, 0), color="key")
    d.circle("c", at=(6, 0.5), color="key")
    d.stack(["s"], at=(7, 0), size=(1, 1), color="key")
    fills = {shape.fill for shape in d.shapes if isinstance(shape, Rect)}
    assert fills == {plot.MEANINGS["key"].fill}


# --- what stands where ---------------------------------------------------------------


def lines(d):
    return [shape.points for shape in d.shapes if isinstance(shape, Line)]


def test_arrows_take_the_shortest_way_between_edges(d):
    d.box("a", at=(0, 0), size=(2, 1))
    d.box("b", at=(0.2, 3), size=(2, 1))
    d.box("c", at=(5, 0), size=(2, 1))
    d.arrow("a", "b")
    d.arrow("b", "a")
    d.arrow("a", "c")
    d.arrow("b", "c", way="right")
    down, up, right, slanted = lines(d)
    assert down == ((1.1, 1), (1.1, 3)) and up == ((1.1, 3), (1.1, 1))
    assert right == ((2, 0.5), (5, 0.5)) and slanted == ((2.2, 3.5), (5, 0.5))


def test_arrows_go_around_and_through(d):
    d.box("a", at=(2, 0), size=(2, 1))
    d.box("b", at=(2, 4), size=(2, 1))
    d.arrow("a", "b", around="left", by=1)
    d.arrow("a", "b", via=[(6, 0.5), (6, 4.5)])
    past, through = lines(d)
    assert past == ((2, 0.5), (1, 0.5), (1, 4.5), (2, 4.5))
    assert through == ((4, 0.5), (6, 0.5), (6, 4.5), (4, 4.5))


def test_a_line_between_circles_ends_at_their_rims(d):
    one, two = d.circle("a", at=(1, 1), size=1), d.circle("b", at=(4, 5), size=1)
    d.line(one, two)
    ((start, end),) = lines(d)
    assert start == pytest.approx((1.3, 1.4)) and end == pytest.approx((3.7, 4.6))


def test_a_bent_arrow_swings_out_by_its_share(d):
    d.arrow((0, 2), (4, 2), bend=-0.25)
    (points,) = lines(d)
    assert min(y for _, y in points) == pytest.approx(1.0)


def test_cells_rows_and_columns_of_a_matrix(d):
    m = d.matrix((2, 3), at=(1, 1), cell=(2, 1))
    assert m.cell(1, 2).bounds == Bounds(5, 2, 7, 3) == m[5].bounds
    assert m.row(1).bounds == Bounds(1, 2, 7, 3)
    assert m.column(0).bounds == Bounds(1, 1, 3, 3)
    assert len(m) == 6 and (m.x, m.y) == (4, 2)


def test_a_stack_stands_with_its_first_block_at_the_bottom(d):
    stack = d.stack(["one", "two"], at=(0, 0), size=(2, 1))
    assert stack[0].top == 1 and stack[1].top == 0


def test_panels_measure_from_their_own_corner_and_arrows_join_them(d):
    left, right = d.panels(["one", "two"], cols=2, height=2)
    a = left.box("a", at=(0, 0), size=(1, 1))
    b = right.box("a", at=(0, 0), size=(1, 1))
    assert a.bounds == b.bounds
    d.arrow(a, b)
    (((x0, y0), (x1, y1)),) = lines(d)
    assert y0 == y1 and x1 - x0 == pytest.approx(right.wide + 0.6 - 1)


def test_a_token_hides_nothing_and_shades_are_those_of_heat(d):
    d.row([" a", "\n"], at=(0, 0))
    d.matrix((1, 2), at=(0, 2), shades=[[0, 1]])
    words = [shape.text for shape in d.shapes if isinstance(shape, Words)]
    fills = [shape.fill for shape in d.shapes if isinstance(shape, Rect)]
    assert words == ["·a", "↵"]
    assert fills[2:] == [plot.HEAT[0], plot.HEAT[-1]]


def test_a_tensor_accepts_what_torch_makes(d):
    import torch

    d.matrix(
        (2, 2), at=(0, 1), depth=3, shades=torch.eye(2), texts=torch.ones(2, 2).int()
    )
    assert len([s for s in d.shapes if isinstance(s, Rect)]) == 4 + 2


def test_padding_is_striped_and_dashed(d):
    d.row(["<pad>"], at=(0, 0), color="padding")
    (cell,) = (shape for shape in d.shapes if isinstance(shape, Rect))
    assert cell.striped and cell.dashed
    stripe = plot.COLORS["stripe"]
    assert stripe in d.svg()


# --- how it is shown -----------------------------------------------------------------


def test_a_drawing_needs_words_for_whoever_cannot_see_it():
    with pytest.raises(TypeError, match="alt"):
        plot.Drawing()
    for alt in ("", "  \n ", "a box", "x" * 19):
        with pytest.raises(ValueError, match="under 20 characters: say in a sentence"):
            plot.Drawing(alt=alt)


def test_show_gives_a_notebook_the_picture_and_a_terminal_the_words(d, capsys):
    d.box("alone", at=(0, 0))
    assert d.show() is None
    assert capsys.readouterr().out == f"Drawing: {ALT}\n"
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    try:
        shell.push({"d": d})
        with capture_output() as shown:
            shell.run_cell("d.show()").raise_error()
    finally:
        InteractiveShell.clear_instance()
    (output,) = shown.outputs
    assert output.data["text/plain"] == f"Drawing: {ALT}"
    assert output.data["image/svg+xml"] == d.svg()


def test_save_writes_whole_files_and_knows_its_suffixes(d, tmp_path):
    d.box("alone", at=(0, 0))
    assert d.save(tmp_path / "a.svg").read_text("utf-8") == d.svg()
    assert d.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="name it .svg or .png"):
        d.save(tmp_path / "a.gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg"]


def test_words_with_markup_stay_words(tmp_path):
    d = plot.Drawing(alt='A box says <b> & "c" to all who read it.', title="1 < 2")
    d.box("<b> & c", at=(0, 0))
    root = ET.fromstring(d.svg())
    assert root.find(f"{SVG}desc").text == d.alt
    assert root.find(f"{SVG}title").text == "1 < 2"


def test_baking_copies_the_words_to_where_the_site_looks_for_them(d):
    d.box("alone", at=(0, 0))
    nb = NEW.new_notebook(cells=[NEW.new_code_cell("d.show()", execution_count=1)])
    shown = {"image/svg+xml": d.svg(), "text/plain": repr(d)}
    nb.cells[0].outputs = [NEW.new_output("display_data", data=shown)]
    canonical.tidy(nb)
    assert nb.cells[0].metadata == {"mystnb": {"image": {"alt": ALT}}}
    before = nb.copy()
    assert canonical.tidy(nb) == before
    other = {"image/svg+xml": "<svg/>"}
    mixed = NEW.new_code_cell("both", execution_count=1)
    mixed.outputs = [
        NEW.new_output("display_data", data=data) for data in (shown, other)
    ]
    canonical.describe_drawings(mixed)
    assert mixed.metadata == {}


# --- what cannot be drawn ------------------------------------------------------------


BAD = [
    ("box('feed-forward', at=(0, 0), size=(2, 1))",
     r"the label 'feed-forward' needs \S+ x 0.37 squares and has room for 1.76 x 1.00: "
     r"make its box 0.\d wider, shorten the label or break it with \\n"),
    ("box('a\\nb\\nc', at=(0, 0))", "make its box 0.4 higher, shorten"),
    ("circle('residual', at=(1, 1))", "the label 'residual' needs"),
    ("row(['extraordinary'], at=(0, 0), cell=1)", "the label 'extraordinary' needs"),
    ("stack(['transformer'], at=(0, 0), size=(1, 1))", "'transformer' needs"),
    ("matrix((1, 1), at=(0, 0), texts=[[0.123456]])", "'0.123456' needs"),
    ("box('a', at=(0, 0), color='keys')",
     "no colour means 'keys'; the meanings are token, plain, part, query"),
    ("matrix((1, 1), at=(0, 0), color='keys')", "no colour means 'keys'"),
    ("arrow('a', 'far', color='keys')", "no colour means 'keys'"),
    ("arrow('a', 'bb')", "no part is called 'bb'; the names here are 'a', 'far'"),
    ("arrow('twin', 'a')", "2 parts are called 'twin': give each its own name="),
    ("arrow('a', 3)", r"a place is 3, expected a name, a part or \(x, y\)"),
    ("arrow('a', (0.5, 0.5))", "lie on each other: no arrow fits between"),
    ("arrow('a', 'far', way='over')", "way is 'over', expected one of down, up"),
    ("arrow('a', 'far', around='top')", "around is 'top', expected 'left' or"),
    ("arrow('a', 'far', way='down', bend=1)", "give one of way=, around="),
    ("arrow('a', 'far', 'x', side='top')", "side is 'top', expected one of left"),
    ("row([], at=(0, 0))", "nothing to draw: no pieces"),
    ("row(['a', 'b'], at=(0, 0), color=['key'])",
     "2 pieces, 1 colours: give one each, or one"),
    ("matrix((2, 2), at=(0, 0), texts=[[1, 2]])",
     r"texts has shape \(1, 2\), the matrix \(2, 2\): give one each"),
    ("matrix((2, 2), at=(0, 0), texts=[[1, 2], [3]])", r"shape \(2, 1 or 2\)"),
    ("matrix((1, 2), at=(0, 0), shades=[1, 2])", "expected a list of rows"),
    ("matrix((1, 1), at=(0, 0), shades=[[float('nan')]])", "is not finite"),
    ("matrix((2, 1), at=(0, 0), color=[['key']])", r"color has shape \(1, 1\)"),
    ("matrix((0, 3), at=(0, 0))", r"size is \(0, 3\), expected \(rows, columns\)"),
    ("matrix(3, at=(0, 0))", "size is 3, expected"),
    ("matrix((1, 1), at=(0, 0), depth=0)", "depth is 0, expected 1 or more"),
    ("box('a', at=5)", r"at is 5, expected \(x, y\) in squares"),
    ("box('a', at=(0, 0), size=(-1, 1))", "both must be above 0"),
    ("box('a', at=(11, 0))", "is 12 squares wide: it goes from 11.0 to 14.0 across"),
    ("text('aside', at=(0, 3))", "the text 'aside' leaves its sheet.*to the right"),
    ("text('high', at=(3, -1))", "move it to the bottom or make it smaller"),
    ("text('a', at=(3, 3), align='middle')", "align is 'middle', expected one of"),
    ("flow(['a'], at=(0, 0), direction='back')", "direction is 'back', expected"),
    ("brace('a', 'x', side='under')", "side is 'under', expected one of bottom"),
    ("brace(d.row(['a'], (0, 5), cell=0.5))", "0.5 squares are too short for a brace"),
    ("frame([])", "no parts given: give one part or a list of them"),
    ("highlight('nobody')", "no part is called 'nobody'"),
    ("find('a').on('middle')", "no side 'middle' of 'a'; give one of left"),
    ("panels(['a'], cols=0)", "cols is 0, expected 1 or more"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), BAD, ids=[call for call, _ in BAD])
def test_bad_input_gets_one_clear_sentence(d, call, message):
    d.box("a", at=(0, 0), size=(1, 1))
    d.box("far", at=(6, 6))
    for x in (3, 5):
        d.box("twin", at=(x, 3), size=(1.2, 1))
    with pytest.raises(ValueError, match=message) as error:
        eval(f"d.{call}", {"d": d})
    assert "\n" not in str(error.value)


def test_a_sheet_is_as_wide_as_a_phone_can_show():
    with pytest.raises(ValueError, match="width is 20, expected at most 12.5"):
        plot.Drawing(alt=ALT, width=20)


def test_nothing_drawn_is_nothing_to_show(d):
    with pytest.raises(ValueError, match="nothing is drawn yet: add a box"):
        d.svg()


def test_a_label_that_does_not_fit_leaves_no_empty_box(d):
    with pytest.raises(ValueError, match="needs"):
        d.box("far too long a label", at=(0, 0))
    assert d.shapes == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda m: m[6],
        lambda m: m.cell(2, 0),
        lambda m: m.cell(0, 3),
        lambda m: m.row(2),
        lambda m: m.column(-4),
    ],
)
def test_a_cell_that_is_not_there(d, ask):
    matrix = d.matrix((2, 3), at=(0, 0), name="table")
    with pytest.raises(IndexError, match="'table' has"):
        ask(matrix)


@pytest.mark.parametrize(
    ("draw", "fault"),
    [
        (
            lambda d: d.text("words", at=(1.5, 0.95)),
            "'words' is cut by the edge of a box",
        ),
        (lambda d: d.text("words", at=(3.5, 0.5)), "'words' is crossed by a line"),
        (lambda d: d.text("norma", at=(8, 0.5)), "'there' and the text 'norma' lie on"),
        (lambda d: d.text("after", at=(8.87, 0.4)), "'there' and the text 'after' lie"),
        (lambda d: d.circle("", at=(8, 0.4), size=0.7), "'there' is cut by the edge"),
        (lambda d: d.arrow((0.5, 2), (2.5, -0.0)), "runs over the box at"),
    ],
)
def test_a_drawing_that_could_not_be_read_is_not_shown(d, draw, fault):
    d.box("norm", at=(0, 0), size=(3, 1))
    d.arrow("norm", (5, 0.5))
    d.text("there", at=(8, 0.4))
    assert faults(d.shapes) == []
    draw(d)
    with pytest.raises(ValueError, match="this drawing could not be read: .*") as error:
        d.show()
    assert fault in str(error.value)


def test_the_rim_of_a_circle_is_round(d):
    """Words in its box's corner are free, words on the rim itself are not."""
    d.circle("", at=(2, 2), size=3)
    d.text("i", at=(3.35, 0.65))
    assert faults(d.shapes) == []
    d.text("θ", at=(3.06, 0.94))
    assert [fault[:14] for fault in faults(d.shapes)] == ["the text 'θ' i"]


def test_the_layers_of_a_tensor_look_out_behind_one_another(d):
    front = d.matrix((2, 2), at=(0, 1), cell=1, depth=3)
    corners = [(b.left, b.bottom) for b in map(extent, d.shapes[:2])]
    assert corners[0] == pytest.approx((0.44, 2.56))
    assert corners[1] == pytest.approx((0.22, 2.78))
    assert front.bounds == Bounds(0, 1, 2, 3)


def test_what_lies_under_a_box_harms_nobody(d):
    d.line((0, 0.5), (6, 0.5))
    d.box("norm", at=(1, 0), size=(3, 1))
    assert faults(d.shapes) == []


def test_a_stretch_of_a_line_enters_a_rectangle_or_not():
    room = Bounds(1, 1, 3, 2)
    inside, above, corner = ((0, 1.5), (4, 1.5)), ((0, 0), (4, 0.5)), ((0, 1), (1, 0))
    assert [crosses(room, *ends) for ends in (inside, above, corner)] == [
        True,
        False,
        False,
    ]
    assert crosses(room, (2, 0), (2, 5)) and not crosses(room, (3, 0), (3, 5))


def test_the_picture_is_cropped_to_what_is_drawn(d):
    d.box("alone", at=(4, 3), size=(2, 1))
    wide, high = d.figure().get_size_inches()
    assert (wide, high) == pytest.approx((2.5 / 2, 1.5 / 2))
    assert extent(d.shapes[0]) == Bounds(4, 3, 6, 4)


def test_a_brace_is_one_line_with_its_tip_in_the_middle(d):
    row = d.row(["a", "b", "c"], at=(0, 0), cell=1)
    tip = d.brace(row, "three")
    (points,) = lines(d)
    assert max(y for _, y in points) == pytest.approx(tip.y, abs=0.1)
    assert tip.x == 1.5 and all(a[0] <= b[0] + 1e-9 for a, b in pairwise(points))
