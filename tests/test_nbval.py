"""Every way in which a page can be untrue is caught when its notebook is tested."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import notebooks
import pytest

KILL = "import os; os.kill(os.getpid(), 9)"
SKIP = 'print("Skipped: the file is not here.")'
RAISES = ["raises-exception"]
ERROR = {"output_type": "error", "ename": "ZeroDivisionError", "traceback": []}
VALUE = {"output_type": "execute_result", "metadata": {}, "execution_count": 1}

# (what the cell does, its metadata or tags, what the page shows, what a failure says)
FAULTS = [
    ("print(1.25)", {}, "1.35\n", "'1.35'"),
    ("print([15, 17])", {}, "[15, 18]\n", "[15, 18]"),
    ("print('a key')", {}, "a fox\n", "a fox"),
    ("'a cat'", {}, {**VALUE, "data": {"text/plain": "'a dog'"}}, "a dog"),
    ("1 / 0", RAISES, {**ERROR, "evalue": "division by two"}, "by two"),
    ("print(2.25)", {"tolerance": {"rel": 0.5}}, "2.26\n", "needs a `reason`"),
    ("print('Read 5')", ["extra"], "Skipped: no file\n", "Read 5"),
    ("print('loud')", {}, None, "other kinds of output"),
    ("pass", {}, "quiet\n", "other kinds of output"),
]
GOOD = [
    ("print('a key', 3)", {}, "a key 3\n"),
    ("print(1.25)", {}, "1.26\n"),
    ("print(1.25)", {"tolerance": {"rel": 0.5, "reason": "5 samples"}}, "1.75\n"),
    (SKIP, ["extra"], "Read 20,479 characters\n"),
    ("1 / 0", RAISES, {**ERROR, "evalue": "division by zero"}),
    ("print('a', end='\\r'); print('b')", {}, "b\n"),
    ("import sys; print('time 3.1 s', file=sys.stderr)", {}, None),
]


def stored(tree, name: str, cells) -> Path:
    """Write a page as if it had been baked: (source, metadata, what it shows)."""
    path = tree.page(name, *[cell[:2] for cell in cells], first=False)
    nb = notebooks.read(path)
    for count, (cell, (_, _, shows)) in enumerate(zip(nb.cells, cells), start=1):
        cell.execution_count = count
        if isinstance(shows, str):
            shows = {"output_type": "stream", "name": "stdout", "text": shows}
        cell.outputs = [nbformat.from_dict(shows)] if shows else []
    path.write_text(notebooks.dumps(nb), "utf-8")
    return path


def run(folder, *arguments, timeout=300, **environment):
    """Run pytest as a user does, from `folder`; return (exit code, what it said)."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "--color=no", "-p", "no:cacheprovider"]
        + [str(argument) for argument in arguments],
        cwd=folder,
        env={**clean, "BLOCKS_DATA": "", **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_planted_faults_are_caught_and_true_pages_pass(tree):
    stored(tree, "untrue", [fault[:3] for fault in FAULTS])
    stored(tree, "true", GOOD)
    code, said = run(tree.book)
    assert code == 1
    _, *reports = re.split(
        r"_+ untrue\.ipynb::Cell \d+ _+", said.partition("= PASSES")[0]
    )
    assert len(reports) == len(FAULTS)
    for report, (source, *_, words) in zip(reports, FAULTS):
        assert words in report, source
    for position, (source, *_) in enumerate(GOOD):
        assert f"PASSED true.ipynb::Cell {position}" in said, source
    assert "FAILED true" not in said


@pytest.mark.slow
def test_pages_that_cannot_be_compared_fail_quickly_and_clearly(tree):
    rest = ("print(2)", {}, "2\n")
    unrun = stored(tree, "unrun", [("print(1)", {}, None), rest])
    stored(tree, "dead", [(KILL, {}, None), rest])
    stored(tree, "slow", [("import time; time.sleep(60)", {}, None), rest])
    nb = notebooks.read(unrun)
    nb.cells[0].execution_count = None
    unrun.write_text(notebooks.dumps(nb), "utf-8")
    (tree.book / "broken.ipynb").write_text('{"cells": [', "utf-8")
    copies = tree.root / "_build" / "html" / "_sources"
    copies.mkdir(parents=True)
    (copies / "copy.ipynb").write_text("not a notebook", "utf-8")
    # Here the data is, so this cell may not skip itself.
    stored(tree, "lazy", [(SKIP, ["extra"], "Read 20,479 characters\n")])
    code, said = run(
        tree.root,
        "--nbval-cell-timeout=4",
        "--continue-on-collection-errors",
        BLOCKS_DATA=str(tree.root),
    )
    assert code == 1
    for name in ("unrun", "dead", "slow", "lazy"):
        assert f"FAILED book/{name}.ipynb::Cell 0" in said, name
    for words in (
        "stored before this cell was run",
        "The kernel died while this cell ran",
        "Timeout of 4 seconds",
        "the JSON breaks in line 1",
        "Cell 0 was never run",
        "the kernel died in Cell 0",
        "Cell 0 ran out of time",
        "skipped itself although BLOCKS_DATA names a folder",
    ):
        assert words in said
    assert "4 failed, 3 skipped, 1 error" in said


@pytest.mark.parametrize(
    ("folder", "arguments"),
    [
        pytest.param("tests", ["-p", "no:xdist", "../book/page.ipynb"], id="one-page"),
        pytest.param(
            "tests", ["-n", "2", "../book"], id="parallel", marks=pytest.mark.slow
        ),
    ],
)
def test_however_pytest_is_called(tree, folder, arguments):
    threads = "import os; x = 5; print(os.environ['OMP_NUM_THREADS'])"
    more = [(f"print(x + {i})", {}, f"{x}\n") for i, x in enumerate((5, 6, 8, 8))]
    stored(tree, "page", [(threads, {}, "1\n"), *more])
    code, said = run(tree.root / folder, *arguments, OMP_NUM_THREADS="2")
    assert code == 1
    assert "1 failed, 4 passed" in said
