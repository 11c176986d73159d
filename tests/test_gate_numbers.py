"""The gate over numbers: each figure of the prose names its cell, and a planted fault
of each kind is found.
"""

import random

import gate_numbers
import gates
import nbformat
import notebooks
import pytest
from figures import Claim, Source, claims, constants, printed
from page import Markdown, Page

NEW = nbformat.v4
TABLE = "unigram   5.522\nbigram    2.787, 1.234e-3\nfloor     0.342 of 1,024\n"


def code(name, source, output=""):
    cell = NEW.new_code_cell(source, id=name)
    cell.outputs = [NEW.new_output("stream", text=output)] if output else []
    return cell


def prose(name, text, **metadata):
    return NEW.new_markdown_cell(text, id=name, metadata=metadata)


@pytest.fixture
def nb():
    """A page of six cells: the prose in the middle takes its figure from a table."""
    cells = [
        code("first", notebooks.FIRST_CELL),
        code("table", "width = 128\nprint(ladder(width, 0.02))  # 7.5", TABLE),
        prose("words", "It pays 2.79 nats.", numbers={"2.79": "table"}),
        code("below", "print(0.69)", "0.6931"),
        prose("more", "And so on."),
        code("late", "print(3.33)", "3.333"),
    ]
    return NEW.new_notebook(cells=cells)


@pytest.fixture
def read(tmp_path):
    """Write a notebook into a small book and read it as a page."""

    def reader(nb, name="90_try.ipynb", folder=""):
        path = tmp_path / "book" / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        notebooks.write(path, notebooks.dumps(nb))
        return Page.read(path, tmp_path)

    return reader


def says(nb, text, numbers):
    nb.cells[2].source = text
    nb.cells[2].metadata["numbers"] = nbformat.from_dict(numbers)


def found(page):
    return [str(problem) for problem in gate_numbers.numbers(page)]


# --- what is right -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It pays 2.79 nats.", {"2.79": "table"}),
        ("It pays 2.787, some 2.8.", {"2.787": "table", "2.8": "table: bigram"}),
        ("Of $1{,}024$ tokens.", {"1,024": "table"}),
        ("The floor is 34.2 % of it.", {"34.2": "table: floor"}),
        ("It is 34\N{NO-BREAK SPACE}per cent.", {"34": "table: floor"}),
        ("A width of 128 and 0.02.", {"128": "code: table", "0.02": "code: table"}),
        ("Next comes 0.69.", {"0.69": "below"}),  # right below is in reach
        ("Elsewhere 1.88.", {"1.88": "given: nanoGPT's README"}),
        (
            "In 1948, Python 3.11, exercise 90.2, CC BY 4.0, 95 in 100, version 1.2.3",
            {},
        ),
        ("[It](x.md) is arXiv:2305.07759, GPT-3.5, H100, `0.68`, three, and 12.", {}),
    ],
)
def test_figures_that_name_their_cell_and_what_is_no_figure(text, numbers, nb, read):
    says(nb, text, numbers)
    assert found(read(nb)) == []


def test_a_figure_may_come_from_another_chapter(nb, read):
    read(
        NEW.new_notebook(cells=[code("ch01-ladder", "x", "5-gram: 1.206")]),
        "01_a.ipynb",
    )
    says(nb, "Chapter 01 paid 1.206.", {"1.206": "ch01-ladder"})
    assert found(read(nb)) == []
    says(nb, "Chapter 01 paid 1.306.", {"1.306": "ch01-ladder"})
    assert "'ch01-ladder' does not print the number 1.306" in found(read(nb))[0]


# Catches: a students' edition whose stubs no longer hold the solved cell's constants.
def test_exercises_name_the_cells_of_their_solved_notebook(nb, read):
    says(nb, "A width of 128.", {"128": "code: table"})
    solved = read(nb, folder="solutions")
    assert found(solved) == []
    nb.cells[1].source, nb.cells[1].outputs = "width = None", []
    assert found(read(nb, folder="exercises")) == []
    assert "does not hold the number 128" in found(read(nb))[0]


def test_what_a_cell_says():
    table = "<style>td {width: 9.5px}</style><table><tr><td>bigram</td><td>2.787</td>"
    table += "</tr><tr><td>floor</td><td>0.342</td></tr></table>"
    cell = code("x", "a = 1_000 * .5  # 7.5\nprint('9.25')")
    cell.outputs = [
        NEW.new_output("display_data", data={"text/html": table}),
        NEW.new_output("display_data", data={"image/svg+xml": "<svg>8.5</svg>"}),
    ]
    assert printed(cell) == [2.787, 0.342]
    assert printed(cell, "floor") == [0.342]
    assert sorted(constants(cell)) == [0.5, 1000.0]
    assert constants(code("x", "a = = 2.5")) == []
    row = code("x", "", "[1,2,3] GPT2 1,234,567 1_024 .5 -2.5 1e-3 (16, 512)")
    assert printed(row) == [1, 2, 3, 1234567, 1024, 0.5, 2.5, 0.001, 16, 512]


# --- planted faults ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "numbers", "words"),
    [
        ("It pays 2.78.", {"2.78": "table"}, "does not print the number 2.78: nearest"),
        ("It pays 2.80.", {"2.80": "table"}, "nearest is 2.787"),
        ("It pays 2.9 nats.", {"2.9": "table"}, "does not print the number 2.9"),
        ("It pays 2.79 nats.", {}, "the number 2.79 names no cell that it comes from"),
        ("Some 1,025.", {}, "the number 1,025 names no cell"),
        ("Some 1025.", {}, "the number 1025 names no cell"),
        ("The loss, $0.68$.", {}, "the number 0.68 names no cell"),
        ("It is 74 % of them.", {}, "the number 74 names no cell"),
        ("It pays 2.79.", {"2.79": ""}, "the number 2.79 names no cell"),
        ("It pays 2.79.", {"2.79": 7}, "the number 2.79 names no cell"),
        ("It pays 2.79.", {"2.79": "tabel"}, "no page has (did you mean 'table'?)"),
        ("It pays 2.79.", {"2.79": "words"}, "'words', which no page has"),
        ("It pays 3.33.", {"3.33": "late"}, "'late', which comes later"),
        ("It pays 2.79.", {"2.79": "table: floor"}, "2.79 in lines with 'floor'"),
        ("It pays 2.79.", {"2.79": "given:"}, "2.79 is given without a reason"),
        ("It pays 7.5.", {"7.5": "code: table"}, "does not hold the number 7.5"),
        ("It pays 0.0.", {"0.0": "code: table"}, "does not hold the number 0.0"),
        ("A share of 34.2.", {"34.2": "table"}, "does not print the number 34.2"),
        ("Words.", {"2.79": "table"}, "2.79 has a source but is no figure"),
        ("It pays 2.79.", "from the table", "expected a source for each figure"),
    ],
)
def test_a_planted_fault_is_found(text, numbers, words, nb, read):
    says(nb, text, numbers)
    problems = gate_numbers.numbers(read(nb))
    assert words in "\n".join(map(str, problems))
    assert {problem.cell for problem in problems} == {3}
    assert all(problem.do for problem in problems)


def test_a_number_that_changes_in_the_output_is_found(nb, read):
    assert found(read(nb)) == []
    nb.cells[1].outputs[0].text = TABLE.replace("2.787", "2.797")
    assert "does not print the number 2.79: nearest is 2.797" in found(read(nb))[0]


# Catches: a gate that compares with the whole page, as the first edition's did.
def test_a_number_that_moved_to_another_cell_is_found(nb, read):
    nb.cells[1].outputs[0].text = TABLE.replace("2.787", "2.9")
    nb.cells[3].outputs[0].text = "2.787"
    problem = found(read(nb))[0]
    assert "'table' does not print the number 2.79" in problem
    assert problem.endswith("below does.")


@pytest.mark.parametrize(
    ("number", "value", "agrees"),
    [
        ("0.7", 0.6931, True),
        ("0.69", 0.6931, True),
        ("0.693", 0.6931, True),
        ("0.70", 0.6931, False),
        ("0.6", 0.6931, False),
        ("10.82", 10.825, True),  # half-way may go
        ("10.83", 10.825, True),  # either way
        ("10.81", 10.825, False),
        ("10.84", 10.825, False),
        ("1,024", 1024.4, True),
        ("1,024", 1023.4, False),
        ("1,024", 1025, False),
        ("69", 0.6931, False),  # a share, where nobody says per cent
    ],
)
def test_rounding_both_ways(number, value, agrees):
    assert Claim(number).agrees(value) == agrees


def test_figures_that_stand_twice_are_one_claim():
    text = Markdown("The lowest 2.5 and the highest 2.5 in a hundred, -2.5 or $2.5$.")
    assert claims(text) == [Claim("2.5", percent=True)]


def test_sources_are_read():
    assert Source.read("ch06-loss") == Source("output", "ch06-loss")
    assert Source.read("ch06-loss: a: b ") == Source("output", "ch06-loss", "a: b")
    assert Source.read("code: ch06-loss") == Source("code", "ch06-loss")
    assert Source.read("given: a: b") == Source("given", "", "a: b")


# --- how much passes by chance -------------------------------------------------------


def test_other_figures_of_the_same_form():
    rng = random.Random(1)
    for number in ("0.69", "1,024", "12.5", "128"):
        for _ in range(50):
            other = gate_numbers.like(number, rng)
            assert other != number and len(other) == len(number)
            assert [c.isdigit() for c in other] == [c.isdigit() for c in number]
    assert {gate_numbers.like("0.69", rng)[0] for _ in range(50)} == {"0"}


# The first edition's gate let pass 30 to 57 of 100 random figures of a page like this.
def test_hardly_a_wrong_figure_passes_by_chance(nb, read):
    rng = random.Random(7)
    lines = [f"row {i} {rng.random():.2f} {rng.random():.2f}" for i in range(60)]
    nb.cells.insert(1, code("many", "print(table)", "\n".join(lines)))
    value = lines[7].split()[-1]
    nb.cells[3].source = f"It pays 2.79 of {value} nats."
    nb.cells[3].metadata["numbers"] = {"2.79": "table", value: "many: row 7 "}
    page = read(nb)
    assert found(page) == []
    shares = dict(gate_numbers.chance(page))
    assert len(shares) == 2 and max(shares.values()) <= 0.02, shares
    everywhere = {**nb.cells[3].metadata["numbers"], value: "many"}
    nb.cells[3].metadata["numbers"] = everywhere
    wide = dict(gate_numbers.chance(read(nb)))[f"{value} <- many"]
    assert wide > 0.5, "the measure must see that a whole table lets much pass"


# Catches: a book whose named cells print so much that the gate says nothing.
def test_in_the_book_few_wrong_figures_pass():
    pages = [Page.read(path) for path in notebooks.pages()]
    shares = [share for page in pages for _, share in gate_numbers.chance(page, 200)]
    assert len(shares) > 20
    assert sum(shares) / len(shares) <= 0.05


# --- the command ---------------------------------------------------------------------


def test_the_command_names_what_is_sure_and_lists_the_rest(nb, read, capsys):
    nb.cells[3].outputs[0].text = "0.6931 5.522"
    says(nb, "It pays 2.787, 5.52, 0.02 and 9.87.", {"1.11": "table", "9.87": ""})
    page = read(nb)
    assert gates.main(["--propose", str(page.path)]) == 1
    said = capsys.readouterr().out
    assert "2 named" in said
    assert "words: 5.52 <- table, below" in said
    assert "words: 9.87 <- no cell says it" in said
    assert "1.11 has left the text" in said
    named = notebooks.read(page.path).cells[2].metadata["numbers"]
    assert named == {"2.787": "table", "0.02": "code: table"}
    assert gate_numbers.main(["--chance", str(page.path)]) == 0
    assert "2 figures" in capsys.readouterr().out
    assert gate_numbers.main([]) == gate_numbers.main(["--propose"]) == 2
    with pytest.raises(SystemExit):
        gates.main(["--propose"])
    assert "--propose writes into pages: name them" in capsys.readouterr().err


# Catches: a prose page that is overwritten with a notebook.
def test_a_page_that_is_no_notebook_is_left_alone(tmp_path, capsys):
    path = tmp_path / "index.md"
    path.write_text("It pays 2.79 nats.\n", "utf-8")
    assert gates.main(["--propose", str(path)]) == 2
    assert "index.md is no notebook" in capsys.readouterr().out
    assert path.read_text("utf-8") == "It pays 2.79 nats.\n"


def test_proposals_leave_what_is_named(nb, read):
    page = read(nb)
    before = page.path.read_bytes()
    assert gate_numbers.main(["--propose", str(page.path)]) == 0
    assert page.path.read_bytes() == before
