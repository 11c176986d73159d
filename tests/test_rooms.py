"""The rooms of shared/: one way, small files, every name where its room says."""

import ast
import importlib
import inspect
import subprocess
import sys

import pytest
from notebooks import ROOT

from shared.lazy import offers

SHARED = ROOT / "shared"
#: A room may import from itself and from those before it (DESIGN 2); exam and
#: visitors ask models, so these files of `evaluate` may use `generate`.
ORDER = (
    *("tales", "tokenizer", "data", "model", "checkpoint", "evaluate", "generate"),
    *("train", "finetune", "plot", "check", "runs"),
)
BACK = {("evaluate.exam", "generate"), ("evaluate.visitors", "generate")}
#: Lines of a file, about; exercises are lists of trials and mistakes, and grow.
MOST_LINES, MOST_EXERCISE_LINES, MOST_CELL = 251, 440, 44
NAMES = {
    "tales": ("documents", "bill"),
    "tokenizer": ("BPETokenizer",),
    "model": ("GPT", "Config", "Decoder", "DecoderConfig"),
    "generate": ("generate",),
    "train": ("train",),
    "checkpoint": ("load",),
    "evaluate": ("loss",),
    "check": ("check",),
}


def files():
    """Every file of the package by its dotted name without "shared."."""
    found = {}
    for path in sorted(SHARED.rglob("*.py")):
        parts = path.relative_to(SHARED).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


FILES = files()
ROOMS = [room for room in ORDER if (SHARED / room).is_dir()]


def imports(tree):
    """The dotted names below shared that a file imports, where it is run."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute, so that the gates can follow"
            base, _, rest = (node.module or "").partition(".")
            if base == "shared":
                yield from [rest] if rest else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("shared."):
                    yield alias.name.removeprefix("shared.")


def wrong_way(name, targets):
    """Which imports of a file go back to a room that comes after its own."""
    room = name.split(".")[0]
    if room not in ORDER:
        return []
    back = []
    for target in targets:
        other = target.split(".")[0]
        if other in ORDER and ORDER.index(other) > ORDER.index(room):
            if (name, other) not in BACK:
                back.append(target)
    return back


def outside(tree):
    """Which imports leave the package for the book or its tests."""
    names = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    names += [
        a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names
    ]
    tools = {path.stem for path in (ROOT / "tests" / "tools").glob("*.py")}
    return [n for n in names if n.split(".")[0] in {"tests", "book"} | tools]


@pytest.mark.parametrize("name", FILES)
def test_no_import_runs_back(name):
    tree = ast.parse(FILES[name].read_text("utf-8"))
    assert wrong_way(name, imports(tree)) == []
    assert outside(tree) == []


def test_an_import_that_runs_back_is_seen():
    tree = ast.parse("def f():\n    from shared.train import train\nimport bake")
    assert wrong_way("model.gpt", imports(tree)) == ["train"]
    assert wrong_way("evaluate.exam", ["generate.sampling"]) == []
    assert wrong_way("evaluate.skills", ["generate.sampling"]) != []
    assert outside(tree) == ["bake"]


@pytest.mark.parametrize("name", FILES)
def test_files_and_definitions_are_small(name):
    """A reader sees a file in one go, and a definition fits into one cell."""
    text = FILES[name].read_text("utf-8")
    most = MOST_EXERCISE_LINES if ".exercises." in name else MOST_LINES
    assert text.count("\n") <= most
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    for block in tree.body:
        if isinstance(block, ast.FunctionDef | ast.ClassDef):
            first = min([block.lineno, *(d.lineno for d in block.decorator_list)])
            exercise = ".exercises." in name
            long = exercise or isinstance(block, ast.ClassDef)
            assert block.end_lineno - first < MOST_CELL or long, block.name


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_what_it_offers(room):
    """Each name is there, and stands in the file that the room says."""
    home = importlib.import_module(f"shared.{room}")
    assert home.__doc__ and home.__all__ == sorted(home.__all__) == dir(home)
    for name in home.__all__:
        found = getattr(home, name)
        if inspect.isfunction(found) or inspect.isclass(found):
            assert found.__module__.startswith(f"shared.{room}."), name
    with pytest.raises(AttributeError, match=f"shared.{room} offers no 'nothing'"):
        _ = home.nothing


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_carries_a_name_that_its_room_offers(room):
    home = importlib.import_module(f"shared.{room}")
    names = set(getattr(home, "__all__", ()))
    assert not names & {path.stem for path in (SHARED / room).iterdir()}


def test_a_name_stands_in_one_file():
    with pytest.raises(ValueError, match="offers 'a' twice"):
        offers("shared.x", {"one": ("a",), "two": ("a",)})
    with pytest.raises(ValueError, match="a file of that name"):
        offers("shared.x", {"a": ("a",)})


def test_every_module_stands_in_a_room():
    """Beside the rooms: what a notebook needs at its top, and what most rooms use."""
    known = {"__init__", "lazy", "contents", "whole_files"}
    assert {p.stem for p in SHARED.glob("*.py")} <= known
    folders = {p.parent.name for p in SHARED.glob("*/__init__.py")}
    assert folders <= set(ORDER)


@pytest.mark.parametrize("room", NAMES)
def test_the_names_that_others_rely_on(room):
    """DESIGN 13: an instructor's scripts use these."""
    home = importlib.import_module(f"shared.{room}")
    for name in NAMES[room]:
        assert getattr(home, name).__doc__, name


def test_the_language_and_the_tokenizer_load_no_torch():
    """Nor do the light files of other rooms: chapter 01 must open at once."""
    program = (
        "import sys\n"
        "from shared import data, evaluate, tales, tokenizer\n"
        "[getattr(room, n) for room in (tales, tokenizer) for n in room.__all__]\n"
        "from shared.data import read_text, try_fetch\n"
        "from shared.evaluate import NgramModel\n"
        "print([m for m in ('torch', 'matplotlib') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr
