"""course.py site from nothing, in a small book: real venv, real pip, tiny wheels.

No network is used: what pip installs is written by the test, torch's name among it.
"""

import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import environment
import pytest
from coursecall import NOTEBOOK, ROOT, course
from environment import Environment

# --- installing: a small book with small packages --------------------------------

FAKE_JUPYTER_BOOK = """
import os, sys
from pathlib import Path

def main():
    if os.environ.get("FAKE_WARNING"):
        print("book/page.md:3: WARNING: image not readable: lost.png")
        sys.exit(1)
    out = Path(sys.argv[sys.argv.index("--path-output") + 1], "_build", "html")
    out.mkdir(parents=True)
    (out / "index.html").write_text(os.environ.get("FAKE_PAGE", "a page"))
"""
FAKES = {
    "torch": ("2.13.0", {"torch.py": ""}),
    "tiktoken": ("1", {"tiktoken.py": ""}),
    "numpy": ("1", {"numpy.py": ""}),
    "pandas": ("1", {"pandas.py": ""}),
    "matplotlib": ("1", {"matplotlib.py": ""}),
    "nbval": ("1", {"nbval.py": ""}),
    "jupyter-book": (
        "1",
        {
            "jupyter_book/__init__.py": "",
            "jupyter_book/cli/__init__.py": "",
            "jupyter_book/cli/main.py": FAKE_JUPYTER_BOOK,
        },
    ),
}


def write_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    """Write the smallest wheel that pip accepts."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    whole = {**files, f"{info}/METADATA": about, f"{info}/WHEEL": kind}
    record = "".join(f"{path},,\n" for path in [*whole, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        for path, text in {**whole, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


def small_book(root: Path) -> dict[str, str]:
    """Write a book with course.py, one notebook and wheels; return the variables."""
    wheels = root / "wheels"
    wheels.mkdir(parents=True)
    for name, (version, files) in FAKES.items():
        write_wheel(wheels, name, version, files)
    shutil.copy(ROOT / "course.py", root)
    tools = ROOT / "tests" / "tools"
    shutil.copytree(
        tools, root / "tests" / "tools", ignore=shutil.ignore_patterns("__pycache__")
    )
    (root / "tests" / "constraints.txt").write_text("tiktoken==1\n")
    lines = [f"{n}=={v}  # a reason\n" for n, (v, _) in FAKES.items()]
    (root / "requirements.txt").write_text("# What it needs\n" + "".join(lines))
    (root / "book").mkdir()
    (root / "book" / "01_page.ipynb").write_text(json.dumps(NOTEBOOK))
    # No YAML is installed here; this list of chapters fits whatever is there.
    (root / "shared").mkdir()
    (root / "shared" / "contents.py").write_text("")
    return {
        "BLOCKS_VENV": "",
        "BLOCKS_TORCH_INDEX": "off",
        "BLOCKS_SKIP_SPACE_CHECK": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": wheels.as_uri(),  # spaces would end a plain path
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small book after its first `course.py site`: folder, variables, the process."""
    root = tmp_path_factory.mktemp("with a space") / "book by book"
    variables = small_book(root)
    ended = course("site", root=root, **variables)
    return SimpleNamespace(root=root, variables=variables, first=ended)


def again(built, *arguments, **more):
    """Run course.py in the small book once more."""
    return course(*arguments, root=built.root, **(built.variables | more))


def test_the_first_run_installs_and_builds(built):
    told = built.first.stdout
    assert built.first.returncode == 0, told + built.first.stderr
    numbers = re.findall(r"^\[(\d)/(\d)\] (.+)$", told, re.M)
    assert [(int(k), int(n)) for k, n, _ in numbers] == [(k, 6) for k in range(1, 7)]
    assert told.index("PyTorch") < told.index("other packages")
    assert (built.root / "_build" / "html" / "index.html").as_uri() in told
    assert not (built.root / ".venv" / environment.MARKER).exists()


def test_the_second_run_installs_nothing(built):
    ended = again(built, "site", PIP_FIND_LINKS="nowhere")
    assert ended.returncode == 0
    assert ended.stdout.count("[1/1] Building the site") == 1
    assert "Installing" not in ended.stdout


def test_a_removed_package_comes_back(built):
    place = Environment(built.root).python.parents[1]
    module = next(place.rglob("tiktoken.py"))
    shutil.rmtree(next(place.rglob("tiktoken-1.dist-info")))
    module.unlink()
    ended = again(built, "site")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "it lacks tiktoken; putting that right" in ended.stdout
    assert "Making .venv" not in ended.stdout
    assert "PyTorch" not in ended.stdout
    assert module.exists()


def test_changed_requirements_are_installed_and_a_wrong_one_is_explained(built):
    file = built.root / "requirements.txt"
    before = file.read_text()
    file.write_text(before + "not-on-any-index==3\n")
    ended = again(built, "site")
    file.write_text(before)
    assert ended.returncode == 1
    assert "it lacks not-on-any-index" in ended.stdout
    assert "no build at all" in ended.stderr
    assert "What to do:" in ended.stderr
    assert again(built, "site").returncode == 0


def test_a_failed_build_shows_why_and_keeps_the_former_site(built):
    page = built.root / "_build" / "html" / "index.html"
    assert again(built, "site", FAKE_PAGE="the good one").returncode == 0
    ended = again(built, "site", FAKE_WARNING="1")
    assert ended.returncode == 1
    assert "image not readable: lost.png" in ended.stderr
    assert "failed in step 1/1 (Building the site)" in ended.stderr
    assert page.read_text() == "the good one"
    assert [p.name for p in page.parents[1].iterdir()] == ["html"]


def test_a_broken_notebook_stops_before_any_work(built):
    page = built.root / "book" / "01_page.ipynb"
    page.write_text("{")
    for command in ("site", "test"):
        ended = again(built, command)
        assert ended.returncode == 1
        assert "book/01_page.ipynb: line 1 is not JSON" in ended.stderr
        assert "[1/" not in ended.stdout
    page.write_text(json.dumps(NOTEBOOK))


def test_a_missing_tool_is_one_sentence(built):
    (built.root / "tests" / "tools" / "bench.py").unlink(missing_ok=True)
    ended = again(built, "bench")
    assert ended.returncode == 1
    assert "tests/tools/bench.py is not there" in ended.stderr


@pytest.mark.slow
def test_an_interrupted_installation_is_made_again_as_far_as_the_network_goes(built):
    (built.root / ".venv" / environment.MARKER).write_text("")
    nowhere = "http://127.0.0.1:9/simple"
    cut = {"PIP_NO_INDEX": "", "PIP_INDEX_URL": nowhere, "PIP_RETRIES": "1"}
    cut |= {"PIP_FIND_LINKS": "", "BLOCKS_TORCH_INDEX": nowhere}
    ended = again(built, "site", **cut)
    assert ended.returncode == 1
    assert ".venv: an earlier installation was interrupted" in ended.stdout
    assert "Making .venv" in ended.stdout
    assert f"{nowhere} cannot be used; taking pip's own index" in ended.stdout
    assert "failed in step 2/6 (Installing PyTorch)" in ended.stderr
    assert "pip could not reach its package index" in ended.stderr
    assert "Check the connection" in ended.stderr
    # What is there is sound: the next run goes on instead of making it again.
    assert Environment(built.root).state("site")[0] == "incomplete"
    ended = again(built, "site")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Making .venv" not in ended.stdout
    assert Environment(built.root).state("site") == ("ready", "")
