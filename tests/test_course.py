"""The command course.py: wrong Pythons, wrong arguments, what is written about it."""

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata

import commands
import doctor
import environment
import gate_links
import pytest
from coursecall import ROOT, course
from environment import Environment

from shared import contents

# --- Python's version ------------------------------------------------------------


@pytest.fixture(scope="module")
def front():
    """course.py as a module."""
    sys.path.insert(0, str(ROOT))
    import course as module

    sys.path.remove(str(ROOT))
    return module


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 10), (3, 14), (4, 0)])
def test_a_wrong_python_is_refused(front, version, capsys, monkeypatch):
    monkeypatch.delenv("BLOCKS_ANY_PYTHON", raising=False)
    monkeypatch.setattr(front, "other_pythons", list)
    with pytest.raises(SystemExit) as stop:
        front.check_python((*version, 0))
    told = capsys.readouterr().err
    assert stop.value.code == 2
    assert "Python {}.{};".format(*version) in told
    assert "python.org" in told


def test_another_python_is_named_if_it_is_there(front, capsys, monkeypatch):
    monkeypatch.setattr(front, "other_pythons", lambda: ["python3.12"])
    monkeypatch.setattr(sys, "argv", ["course.py", "test", "--quick"])
    with pytest.raises(SystemExit):
        front.check_python((3, 9, 1))
    assert "run: python3.12 course.py test --quick" in capsys.readouterr().err


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_right_python_is_taken(front, version):
    front.check_python((*version, 0))


def test_a_newer_python_may_be_tried(front, monkeypatch):
    monkeypatch.setenv("BLOCKS_ANY_PYTHON", "1")
    front.check_python((3, 15, 0))
    with pytest.raises(SystemExit):
        front.check_python((3, 10, 0))


def test_course_py_keeps_to_words_that_old_pythons_read():
    tree = ast.parse((ROOT / "course.py").read_text("ascii"))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.AsyncFor)
    for node in ast.walk(tree):
        assert not isinstance(node, newer), f"line {node.lineno}"
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None, node.name
            assert not any(a.annotation for a in node.args.args), node.name
            assert not node.args.kwonlyargs, node.name


def test_old_interpreters_say_what_is_wrong():
    tried = 0
    for old in ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10"):
        python = shutil.which(f"python{old}")
        if python is None or subprocess.run([python, "-c", ""]).returncode:
            continue
        tried += 1
        ended = course("site", python=python)
        assert ended.returncode == 2
        assert f"this is Python {old};" in ended.stderr
        assert "Error" not in ended.stderr
    if not tried:
        pytest.skip("no Python older than 3.11 is installed here")


# --- arguments -------------------------------------------------------------------


def test_an_unknown_command_suggests_the_nearest():
    ended = course("tset", "--quick")
    assert ended.returncode == 2
    assert "there is no command 'tset'" in ended.stderr
    assert "Did you mean `python3 course.py test`?" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unknown_command_with_no_near_one_lists_all(capsys):
    assert commands.main(["zzz"]) == 2
    told = capsys.readouterr().err
    assert "Did you mean" not in told
    assert all(name in told for name in commands.COMMANDS)


def test_the_help_names_every_command(front):
    missing = [
        n for n in commands.COMMANDS if not re.search(rf"^  {n}\b", front.HELP, re.M)
    ]
    assert missing == []


def test_without_arguments_the_help_is_shown():
    ended = course()
    assert ended.returncode == 0
    assert all(f"\n  {name} " in ended.stdout for name in commands.COMMANDS)


def test_an_interruption_is_no_traceback(capsys, monkeypatch):
    def stop(arguments):
        raise KeyboardInterrupt

    monkeypatch.setitem(commands.COMMANDS, "site", stop)
    assert commands.main(["site"]) == 130
    assert "Stopped" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["README.md", "course.py", "book/appendix_d_setup.md"])
def test_every_command_that_is_named_exists(file):
    text = (ROOT / file).read_text("utf-8")
    named = set(re.findall(r"python3 course\.py ([a-z]+)\b", text)) - {"help"}
    assert "site" in named
    assert named <= set(commands.COMMANDS)


# --- what is written down --------------------------------------------------------


def test_constraints_are_exact_and_complete():
    text = (ROOT / "tests" / "constraints.txt").read_text("utf-8")
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    pins = [line for line in lines if line]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*", pin) for pin in pins)
    names = [pin.split("==")[0] for pin in pins]
    assert names == sorted(set(names), key=lambda name: names.index(name))
    assert not [name for name in names if name.startswith(("nvidia", "triton"))]
    ours = Environment(ROOT)
    asked = {name for group in environment.GROUPS for name in ours.names(group)}
    assert asked <= set(names)


def test_the_installed_packages_are_those_of_the_constraints():
    pins = doctor.tested_versions()
    ours = Environment(ROOT)
    other = {
        name: (metadata.version(name), pins[name])
        for name in ours.names("test")
        if metadata.version(name).split("+")[0] != pins[name]
    }
    assert not other


def test_ci_calls_the_readmes_test_command():
    readme = (ROOT / "README.md").read_text("utf-8")
    command = re.search(r"^(python3 course\.py test)\b", readme, re.M).group(1)
    last = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1]
    assert last.split("<")[0].strip() == command
    if os.name != "nt":
        assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_readme_links_every_chapter_and_appendix():
    text = (ROOT / "README.md").read_text("utf-8")
    pages = [one.file for one in contents.chapters()]
    pages += [f"book/{page.name}" for page in (ROOT / "book").glob("appendix_*.*")]
    assert [page for page in pages if f"]({page})" not in text] == []


def test_the_recipes_name_commands_and_files_that_are_there():
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")
    assert set(re.findall(r"course\.py ([a-z]+)", text)) <= {*commands.COMMANDS, "help"}
    files = re.findall(r"`((?:shared|tests|book)/[a-z_./]+)`", text)
    assert len(files) > 3
    assert [name for name in files if not (ROOT / name).exists()] == []
    anchors = {gate_links.slug(title) for title in re.findall(r"^## (.+)$", text, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) == anchors
