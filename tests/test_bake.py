"""Baking: the same bytes twice, and nothing half written when something fails."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bake
import notebooks
import pytest
from notebooks import NotebookError

NOISE = """\
import sys
import tempfile
from pathlib import Path

import numpy as np
from IPython.display import HTML, display

print(object(), sys.prefix, Path.home() / "notes", tempfile.mkdtemp())
print("progress 10 %", end="\\r")
print("warming up", file=sys.stderr)
display(HTML(f"<b>{object()}</b>"))
print("done", np.float32(0.5))"""
FAULT = 'raise KeyError(f"no {object()}")'


def command(tree, *arguments, **options):
    """Run the tree's own bake.py as a user does."""
    return subprocess.run(
        [sys.executable, tree.root / "tests/tools/bake.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def outputs(path) -> list[dict]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [out for cell in cells for out in cell.get("outputs", [])]


def test_baking_twice_changes_no_byte(tree):
    path = tree.page("noise", "# Some prose", NOISE, (FAULT, ["raises-exception"]))
    bake.bake(path)
    once = path.read_bytes()
    bake.bake(path)
    assert path.read_bytes() == once
    assert bake.unbaked(path) == ""
    text = json.dumps(outputs(path))
    private = (sys.prefix, str(Path.home()), "0x7", tempfile.gettempdir())
    for word in (*private, "warming up", "progress", "Traceback"):
        assert word not in text
    assert once.endswith(b"}\n") and b'"pygments_lexer": "ipython3"' in once


def test_cells_run_from_one_to_n_on_one_thread_of_this_environment(
    tree, tmp_path, monkeypatch
):
    """A user's own settings, and other kernels called python3, change nothing."""
    for folder, name, text in (
        ("ipython/profile_default/startup", "00.py", "raise SystemExit"),
        ("jupyter/kernels/python3", "kernel.json", '{"argv": ["/no/such/python"]}'),
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).write_text(text, "utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    source = 'import os, sys; print(os.environ["OMP_NUM_THREADS"], sys.executable)'
    path = tree.page("threads", source)
    bake.bake(path)
    nb = notebooks.read(path)
    said = "".join(outputs(path)[-1]["text"])
    assert said == f"1 {notebooks.clean(sys.executable)}\n"
    assert [c.execution_count for c in notebooks.code_cells(nb)] == [1, 2]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os\nos.kill(os.getpid(), 9)", r"kernel died in code cell 2 \('import"),
        ("x = (", r"code cell 2 \('x = \('\) raised SyntaxError"),
        ("print(1)\n1 / 0", r"code cell 2 .* raised ZeroDivisionError: division"),
        ("import time; time.sleep(60)", r"code cell 2 .*ran longer than its time"),
        ("  \n", r"code cells \[2\] are empty"),
    ],
    ids=["dead-kernel", "syntax", "error", "timeout", "empty"],
)
def test_a_cell_that_fails_leaves_the_file_as_it_was(tree, source, message):
    path = tree.page("faulty", "print('before')", source, "print(1)", first=False)
    before = path.read_bytes()
    with pytest.raises(NotebookError, match=message):
        bake.bake(path, timeout=1 if "sleep" in source else 300)
    assert path.read_bytes() == before
    assert [p.name for p in tree.book.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"cells": [', r"the JSON breaks in line 1"),
        ('{"worksheets": []}', r"it has no cells"),
        ("", r"the JSON breaks in line 1"),
        ('{"cells": [{"cell_type": "code"}]}', r"not a valid notebook"),
    ],
)
def test_a_file_that_is_no_notebook(tree, text, message):
    path = tree.book / "broken.ipynb"
    path.write_text(text, "utf-8")
    with pytest.raises(NotebookError, match=message):
        bake.bake(path)
    assert path.read_text("utf-8") == text


def test_an_absent_file_is_named(tree):
    done = command(tree, tree.book / "absent.ipynb")
    assert done.returncode == 1
    assert "absent.ipynb: there is no such notebook" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a child")
def test_an_interrupted_run_leaves_the_file_as_it_was(tree):
    mark = tree.root / "started"
    source = f"import time\nopen({str(mark)!r}, 'w').close()\ntime.sleep(60)"
    path = tree.page("slow", source, first=False)
    before = path.read_bytes()
    script = tree.root / "tests/tools/bake.py"
    running = subprocess.Popen(
        [sys.executable, script, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not mark.exists() and running.poll() is None:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=30)
    assert running.returncode == 130 and "Interrupted" in said
    assert path.read_bytes() == before


@pytest.mark.slow
def test_side_by_side_one_failure_does_not_stop_the_others(tree):
    good = [tree.page(name, f"print({name!r})", first=False) for name in ("a", "b")]
    bad = tree.page("bad", "1 / 0", first=False)
    done = command(tree, "-j", 2, good[0], bad, good[1])
    assert done.returncode == 1
    assert done.stderr.count("ZeroDivisionError") == 1
    assert [bake.unbaked(path) for path in good] == ["", ""]
    assert "never run" in bake.unbaked(bad)


def test_check_runs_nothing_and_finds_what_was_saved_by_hand(tree, capsys):
    path = tree.page("page", "print('hello')", first=False)
    assert bake.main(["--check", str(path)]) == 1
    assert "it was never run" in capsys.readouterr().err
    bake.bake(path)
    assert bake.main(["--check", str(path)]) == 0
    raw = json.loads(path.read_text("utf-8"))
    raw["cells"][0]["execution_count"] = 7
    path.write_text(json.dumps(raw), "utf-8")
    assert bake.main(["--check", str(path)]) == 1
    assert "not run once each from top to bottom: [7]" in capsys.readouterr().err
    raw["cells"][0]["execution_count"] = 1
    raw["cells"][0]["metadata"]["execution"] = {"started": "2026"}
    path.write_text(json.dumps(raw), "utf-8")
    assert bake.main(["--check", str(path)]) == 1
    assert "saved by hand" in capsys.readouterr().err


def test_cells_without_or_with_doubled_ids_get_lasting_ones(tree):
    path = tree.page("ids", "1", "2", "3", first=False)
    raw = json.loads(path.read_text("utf-8"))
    del raw["cells"][0]["id"]
    raw["cells"][2]["id"] = raw["cells"][1]["id"]
    path.write_text(json.dumps(raw), "utf-8")
    ids = [[cell.id for cell in notebooks.read(path).cells] for _ in range(2)]
    assert ids[0] == ids[1] == ["cell-001", "c2", "cell-003"]


def test_the_head_shows_the_minutes_that_were_just_counted(tree):
    head = 'shared.where_you_are("01")'
    path = tree.page("01_words", "# A page\n\n" + "word " * 200, head)
    bake.bake(path, root=tree.root)
    shown = "".join(outputs(path)[-1]["data"]["text/plain"])
    assert "About 2 minutes of reading." in shown  # its cells were not timed
    once = path.read_bytes()
    bake.bake(path, root=tree.root)
    assert path.read_bytes() == once


@pytest.mark.slow
def test_path_and_whole_are_timed_and_nothing_else_changes(tree, capsys, monkeypatch):
    head = 'shared.where_you_are("01")'
    two = 'import os\nassert os.environ["OMP_NUM_THREADS"] == "2"\nprint("ran")'
    around = ("# Around\n\nOnce more.", ["detour"])
    path = tree.page("01_words", "# A page\n\nWords.", head, around, two)
    monkeypatch.setattr(bake.budget, "STEP", 3.0)
    told = bake.time_two_cores(path, 60, tree.root)
    assert 0 < told["path"] <= told["whole"]
    row = bake.budget.load(tree.root)["01_words"]
    assert (row["path"]["running"], row["whole"]["running"]) == (3.0, 3.0)
    stored = [cell.outputs for cell in notebooks.code_cells(notebooks.read(path))]
    assert stored[-2] and not stored[-1]  # the head is told anew, no other output
    assert "the cells run for about 3 minutes" in str(stored[-2])
    wrong = tree.page("02_wrong", "1 / 0")
    assert bake.main(["--time", str(wrong)]) == 1
    assert "no chapter, and only chapters have minutes" in capsys.readouterr().err
    with pytest.raises(NotebookError, match="ZeroDivisionError"):
        bake.time_two_cores(wrong, 60, tree.root)


DATA = """\
import os

if os.environ.get("BLOCKS_DATA"):
    print("Read 20,479 characters")
else:
    print("Skipped: the file is not here.")"""


def test_cells_whose_data_is_absent_keep_what_they_showed(tree, monkeypatch):
    path = tree.page("extra", (DATA, ["extra"]), first=False)
    monkeypatch.delenv("BLOCKS_DATA", raising=False)
    with pytest.raises(NotebookError, match="code cell 1 needs real data"):
        bake.bake(path)
    monkeypatch.setenv("BLOCKS_DATA", str(tree.root))
    bake.bake(path)
    once = path.read_bytes()
    assert b"Read 20,479" in once
    monkeypatch.delenv("BLOCKS_DATA")
    bake.bake(path)
    assert path.read_bytes() == once
