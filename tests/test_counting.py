"""What is read is counted honestly: nothing is gained by folding or by printing it."""

import counting
import nbformat
import notebooks
import pytest

NEW = nbformat.v4
PROSE = """\
# Title of four words

Two words and [a link](https://example.org/not/counted), $x + y$ too.

![a picture's text](figures/x.svg)

<div class="admonition tip">In a <b>box</b></div>

<!-- a comment -->

```python
a = 1

b = 2
```

<details><summary>Deeper</summary>

Many words that open on a click and are read all the same.

```python
c = 3
```

</details>"""
# Title of four words; Two words and a link (formula) too; In a box; Deeper; Many ...
WORDS = 4 + 5 + 1 + 1 + 3 + 1 + 13
HINT = "<details>\n<summary>Hint 1</summary>\n\nfour words of help\n\n</details>"


def count(*texts, tags=()):
    """Count cells: text that begins with "#" and a space is prose."""
    made = [
        NEW.new_markdown_cell(text)
        if text.startswith("# ") or text.startswith("## ")
        else NEW.new_code_cell(text, metadata={"tags": list(tags)})
        for text in texts
    ]
    found = counting.count(made)
    return found.words, found.lines


def test_words_and_lines_of_prose():
    assert count(PROSE) == (WORDS, 2 + 1)


@pytest.mark.parametrize("tags", [(), ("hide-input",), ("remove-cell",)])
def test_every_line_of_code_counts_folded_or_not(tags):
    assert count("x = 1\n\ny = 2\nz = 3", tags=tags) == (0, 3)


def test_the_first_cell_does_not_count():
    cells = [NEW.new_code_cell("x = 1\ny = 2"), NEW.new_code_cell("z = 3")]
    assert counting.count(cells, cells[0]).lines == 1
    assert counting.count(cells).lines == 3


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1  # two words", 2),
        ('def f():\n    """Three words here."""\n    return 1', 3),
        ('class C:\n    """One."""\n    def g(self):\n        """And two."""', 3),
        ('print("four words are printed")', 4),
        ('print(f"loss {x:8.3f} and {y}", "more")', 3),
        ('for x in y:\n    print("in a loop", sep=" ")', 3),
        ('text = "kept for later"\nprint(text)', 3),
        ('text = "kept and never printed"\nn = len(text)', 0),
        ('"a string that the cell shows"', 6),
        ('display(Markdown("two words"))', 2),
        ('shared.tell.print("one")', 1),
        ('x = "data, no sentence"', 0),
        ("x = = 1  # two words", 2),
    ],
)
def test_words_inside_of_code_are_read_too(source, words):
    assert count(source)[0] == words


def test_a_text_kept_in_one_cell_and_printed_in_another_counts():
    assert count('text = "kept for later"', "print(text)")[0] == 3


def test_hints_of_exercises_are_the_only_boxes_that_do_not_count():
    assert count(f"## Exercises\n\nOne\n\n{HINT}")[0] == 2
    box = HINT.replace("Hint 1", "Deeper")
    assert count(f"## Exercises\n\nOne\n\n{box}")[0] == 2 + 1 + 4
    assert count(f"## Something else\n\n{HINT}")[0] == 2 + 2 + 4
    after = f"## Exercises\n\n## The stamp\n\n{HINT}"
    assert count(after)[0] == 1 + 2 + 2 + 4


def test_a_box_that_opens_in_one_cell_and_closes_in_another_counts():
    cells = "# One\n\n<details>", "# Three four", "# Five\n\n</details>\n\nsix"
    assert count(*cells)[0] == 5


def test_the_mark_of_a_detour_does_not_count_and_prose_in_its_class_does():
    mark = '<p class="detour-mark">A detour of about 12 minutes.</p>'
    assert count(f"# One\n\n{mark}")[0] == 1
    other = '<p class="detour-mark">Four words of prose</p>'
    assert count(f"# One\n\n{other}")[0] == 5


def test_reading_takes_words_and_lines():
    assert counting.Count(words=300, lines=45).minutes == 3.5


def test_hiding_all_code_of_the_book_would_gain_nothing():
    for path in notebooks.chapters().values():
        nb = notebooks.read(path)
        before = counting.count(nb.cells)
        for cell in nb.cells:
            cell.metadata["tags"] = ["hide-cell"]
        assert counting.count(nb.cells) == before
