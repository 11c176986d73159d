"""The first cell: in an empty folder as in Colab, in a checkout, and without a network;
and `shared.setup()`, which it ends with."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import notebooks
import pytest
from nbclient import NotebookClient
from notebooks import FIRST_CELL, ROOT

import shared

READY = f"Block by Block {shared.RELEASE} is ready.\n"
FOLDER = f"{shared.REPOSITORY.split('/')[1]}-{shared.RELEASE}"
NOWHERE = (ROOT / "there" / "is" / "no" / "such" / "repository").as_uri()
needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """Return the address of a repository with this checkout's files and its release."""
    home = tmp_path_factory.mktemp("origin") / "repository"
    skip = shutil.ignore_patterns("__pycache__", ".*", "_static")
    for folder in ("shared", "book"):
        shutil.copytree(ROOT / folder, home / folder, ignore=skip)
    shutil.copy(ROOT / "_toc.yml", home)
    name = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (
        ["init", "-q"],
        ["add", "."],
        [*name, "-c", "commit.gpgsign=false", "commit", "-q", "-m", "Release"],
        ["-c", "tag.gpgsign=false", "tag", shared.RELEASE],
    ):
        subprocess.run(["git", *command], cwd=home, check=True)
    return home.as_uri()


def run(folder: Path, source: str = FIRST_CELL, before=(), **environment: str):
    """Run a cell's text in a fresh Python with `folder` as its working directory."""
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [*before, sys.executable, "-c", source],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@needs_git
def test_in_an_empty_folder_twice_in_a_row_and_after_a_restart(
    tmp_path, address, monkeypatch
):
    monkeypatch.setenv("BLOCKS_ADDRESS", address)
    more = "import os\nprint(os.getcwd())\nprint(shared.__file__)\n"
    more += 'shared.where_you_are("01")'
    cells = [nbformat.v4.new_code_cell(text) for text in (FIRST_CELL, FIRST_CELL, more)]
    nb = nbformat.v4.new_notebook(cells=cells)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(nb, kernel_name="python3", resources=where).execute()
    assert [cell.outputs[0].text for cell in nb.cells[:2]] == [READY, READY]
    home = tmp_path.resolve() / FOLDER
    assert nb.cells[2].outputs[0].text.splitlines() == [
        str(home / "book"),
        str(home / "shared" / "__init__.py"),
    ]
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]
    # A fresh kernel in the same folder fetches nothing again.
    done = run(tmp_path, BLOCKS_ADDRESS=NOWHERE)
    assert (done.returncode, done.stdout, done.stderr) == (0, READY, "")


@needs_git
def test_a_download_that_was_cut_off_is_begun_again(tmp_path, address):
    part = tmp_path / f"{FOLDER}.part" / "shared"
    part.mkdir(parents=True)
    done = run(tmp_path, BLOCKS_ADDRESS=address)
    assert (done.returncode, done.stdout) == (0, READY)
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


@pytest.mark.parametrize("has_git", [True, False])
def test_without_a_network_it_says_what_to_do_and_leaves_nothing(tmp_path, has_git):
    search = {} if has_git else {"PATH": str(tmp_path / "nothing")}
    done = run(tmp_path, BLOCKS_ADDRESS=NOWHERE, **search)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        f"RuntimeError: The book could not be fetched from {NOWHERE}. Check the "
        "network and that git is installed, then run this cell again."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["book", "book/exercises", "."])
def test_in_a_checkout_it_needs_neither_network_nor_git(tree, folder):
    (tree.book / "exercises").mkdir()
    before = sorted(tree.root.rglob("*"))
    poison = str(tree.root / "nothing")
    show = "\nprint(home, Path.cwd(), sys.path.count(str(home)))"
    twice = f"{FIRST_CELL}\n{FIRST_CELL}{show}"
    done = run(
        tree.root / folder,
        twice,
        BLOCKS_ADDRESS=NOWHERE,
        PATH=poison,
        PYTHONDONTWRITEBYTECODE="1",
    )
    root = tree.root.resolve()
    shown = f"{READY}{READY}{root} {(root / folder).resolve()} 1\n"
    assert (done.stdout, done.stderr) == (shown, "")
    assert sorted(tree.root.rglob("*")) == before


def test_in_a_checkout_with_the_network_cut(tree):
    cut = ["unshare", "-rn"]
    try:
        able = subprocess.run([*cut, "true"], capture_output=True).returncode == 0
    except OSError:
        able = False
    if not able:
        pytest.skip("this system cannot cut the network for one process")
    done = run(tree.book, before=cut)
    assert (done.returncode, done.stdout) == (0, READY)


def test_it_installs_and_pins_nothing():
    assert "pip" not in FIRST_CELL and "==" not in FIRST_CELL
    assert all(len(line) <= 88 for line in FIRST_CELL.splitlines())
    assert len(FIRST_CELL.splitlines()) <= 40
    assert FIRST_CELL.endswith("import shared\n\nshared.setup()")


def test_the_releases_of_first_cell_and_package_are_one():
    assert notebooks.first_cell("ada/course", "v9") == FIRST_CELL.replace(
        shared.REPOSITORY, "ada/course"
    ).replace(FOLDER, "course-v9").replace(f'"{shared.RELEASE}"', '"v9"')


# --- shared.setup() --------------------------------------------------------------


def test_importing_shared_loads_nothing_heavy():
    heavy = ["torch", "numpy", "pandas", "matplotlib", "IPython"]
    source = f"import sys, shared; print([m for m in {heavy} if m in sys.modules])"
    assert run(ROOT, source).stdout == "[]\n"


DRAW = """\
import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(2, 1))
ax.plot([1, 2], label="line")
ax.legend()
plt.show()"""


@pytest.mark.slow
def test_figures_are_svg_with_the_same_bytes_whichever_came_first():
    setup = "import shared; shared.setup()"
    pictures = []
    for cells in ([setup, DRAW], [DRAW, setup, DRAW]):
        nb = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(c) for c in cells]
        )
        where = {"metadata": {"path": str(ROOT)}}
        NotebookClient(nb, kernel_name="python3", resources=where).execute()
        data = nb.cells[-1].outputs[-1].data
        assert "image/png" not in data
        pictures.append(data["image/svg+xml"])
    assert pictures[0] == pictures[1]
    assert "<dc:date>" not in pictures[0]


@pytest.mark.parametrize(
    ("given", "expected"), [("3", "3 3"), ("", "None -"), ("many", "None -")]
)
def test_the_thread_count_follows_omp_num_threads(given, expected):
    source = """
import os, sys, types
seen = []
sys.modules["torch"] = types.SimpleNamespace(set_num_threads=seen.append)
import shared
shared.setup()
print(os.environ.get("MKL_NUM_THREADS"), *(seen or "-"))"""
    clean = {"OMP_NUM_THREADS": given}
    done = run(
        ROOT, "import os; os.environ.pop('MKL_NUM_THREADS', None)" + source, **clean
    )
    assert done.stdout == f"{READY}{expected}\n"
