"""What course.py does once .venv is there: notebooks, site, tests, doctor."""

import json
import re
import socket
import subprocess
import sys
import urllib.request
from importlib import metadata
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import doctor
import netcut
import pytest
import selftest
import steps
import suite
import website
from environment import Environment
from steps import Failure

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An Environment whose folder does not exist, in a book without requirements."""
    for name in ("VENV", "ANY_PYTHON", "SKIP_SPACE_CHECK", "TORCH_INDEX"):
        monkeypatch.delenv(f"BLOCKS_{name}", raising=False)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "constraints.txt").write_text("")
    (tmp_path / "requirements.txt").write_text("")
    return Environment(tmp_path)


# --- notebooks that are none -----------------------------------------------------


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (json.dumps(NOTEBOOK).encode(), ""),
        (b'{"cells": [],\n "metadata": }', "line 2 is not JSON"),
        (b'{"cells": [\n<<<<<<< HEAD\n{}', "line 2 is a mark of an unfinished merge"),
        (b"", "line 1 is not JSON"),
        (b'{"cells": "\xff"}', "byte 11 is not UTF-8"),
        (b"[]", "no list of cells"),
        (b'{"cells": {}}', "no list of cells"),
        (b'{"cells": [{"cell_type": "code"}]}', "cell 1 has no type or no source"),
    ],
)
def test_a_broken_notebook_is_described(content, fault, tmp_path):
    page = tmp_path / "book" / "01_page.ipynb"
    page.parent.mkdir()
    page.write_bytes(content)
    assert fault in website.fault_of(page)
    if not fault:
        assert website.fault_of(page) == ""
        return website.need_whole_notebooks(tmp_path)
    with pytest.raises(Failure, match="book/01_page.ipynb"):
        website.need_whole_notebooks(tmp_path)


# --- steps, serving, the network -------------------------------------------------


def test_a_program_that_is_not_there(tmp_path):
    with pytest.raises(Failure, match="could not be started"):
        steps.run([tmp_path / "nothing"], cwd=tmp_path)


def test_output_is_collected_without_colours(tmp_path):
    words = "print('\\x1b[31mred\\x1b[0m'); import sys; sys.exit('end')"
    ended = steps.run([sys.executable, "-c", words], cwd=tmp_path)
    assert (ended.code, ended.lines) == (1, ["red", "end"])


def test_a_failure_tells_its_step(capsys):
    def fail():
        raise Failure("it broke", "mend it")

    progress = steps.Progress(2)
    progress.run(steps.Step("first", lambda: "a remark"))
    with pytest.raises(Failure) as stop:
        progress.run(steps.Step("second", fail))
    assert "failed in step 2/2 (second)" in stop.value.report()
    assert "[1/2] first" in capsys.readouterr().out


def test_the_site_is_served_on_this_machine_only(tmp_path):
    (tmp_path / "index.html").write_text("hello")
    with website.listening(tmp_path, None) as server:
        host, port = server.server_address
        assert host == "127.0.0.1"
        Thread(target=server.handle_request).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            assert answer.read() == b"hello"
        with pytest.raises(Failure, match=f"port {port} cannot be used"):
            website.listening(tmp_path, port)
        with website.listening(tmp_path, None) as second:
            assert second.server_address[1] != port


def test_a_port_that_is_none(tmp_path):
    with pytest.raises(Failure, match="port 99999 cannot be used"):
        website.listening(tmp_path, 99999)


def test_the_network_is_really_cut():
    with socket.create_server(("127.0.0.1", 0)) as outside:
        port = outside.getsockname()[1]
        code = (
            "import socket\n"
            "with socket.create_server(('127.0.0.1', 0)) as own:\n"
            "    socket.create_connection(own.getsockname(), 5).close()\n"
            f"for place in (('127.0.0.1', {port}), ('192.0.2.1', 80)):\n"
            "    try:\n"
            "        socket.create_connection(place, 5)\n"
            "    except OSError as error:\n"
            "        print(type(error).__name__, error.errno)\n"
        )
        command = netcut.wrapped([sys.executable, "-c", code])
        if command is None:
            pytest.skip("no namespaces without network can be made here")
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    refused, unreachable = ended.stdout.splitlines()
    assert refused.startswith("ConnectionRefusedError")
    assert unreachable.startswith("OSError")


# --- the suite -------------------------------------------------------------------


@pytest.fixture
def trial(home):
    made = suite.Suite(home.root, quick=True, chosen=[])
    made.environment = home
    (home.root / "book" / "solutions").mkdir(parents=True)
    return made


def test_pytests_counts_are_added_up(trial, capsys):
    trial._count(["....", "3 failed, 10 passed, 1 skipped, 2 errors in 3.20s"])
    assert trial._count(["== 5 passed, 1 xfailed in 61.0s (0:01:01) =="])
    trial.failed.append("tests: 3 failed")
    assert trial.close() == 1
    last = capsys.readouterr().out.splitlines()[-1]
    told = "test FAILED: 15 passed, 3 failed, 1 skipped, 2 errors, 1 xfailed in"
    assert told in last


def test_a_pytest_that_dies_is_not_counted_as_passed(trial):
    assert trial._count(["Segmentation fault"]) == "pytest did not finish"
    assert trial.close() == 0
    trial.failed.append("x")
    assert trial.close() == 1


def test_cut_means_no_mirror_either(trial, tmp_path, monkeypatch):
    monkeypatch.setenv("BLOCKS_DATA", "/somewhere")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    usual = trial._variables(tmp_path / "a", cut=False)
    cut = trial._variables(tmp_path / "b", cut=True)
    assert usual["BLOCKS_DATA"] == "/somewhere"
    assert "BLOCKS_DATA" not in cut
    assert not list(Path(cut["BLOCKS_CACHE"]).iterdir())
    assert usual["OMP_NUM_THREADS"] == cut["OMP_NUM_THREADS"] == "1"


def test_quick_takes_the_chapters_that_run_shortest(trial):
    rows = {"00_a": 0, "01_b": 2.0, "02_c": 1.0}  # 00 was never timed
    table = {
        name: {"whole": {"running": minutes or None}} for name, minutes in rows.items()
    }
    book = trial.root / "book"
    (book / "minutes.json").write_text(json.dumps({"chapters": table}))
    for name in [*rows, "solutions/00_a"]:
        (book / f"{name}.ipynb").write_text(json.dumps(NOTEBOOK))
    pages, left = trial._quick_pages()
    assert pages == ["book/00_a.ipynb", "book/02_c.ipynb"]
    assert left == ["book/01_b.ipynb", "book/solutions/00_a.ipynb"]


def test_pages_with_real_data_are_found(tmp_path):
    cell = {"cell_type": "code", "source": "", "metadata": {"tags": ["extra"]}}
    page = tmp_path / "page.ipynb"
    page.write_text(json.dumps({**NOTEBOOK, "cells": [cell]}))
    assert suite.has_extra(page)
    page.write_text(json.dumps({**NOTEBOOK, "cells": [{**cell, "metadata": {}}]}))
    assert not suite.has_extra(page)


def test_chosen_tests_run_alone(home):
    made = suite.Suite(home.root, quick=False, chosen=["-k", "bpe"])
    assert [step.title for step in made.steps(home)] == ["Running the chosen tests"]


# --- the doctor ------------------------------------------------------------------


def test_the_doctor_finds_this_environment_well(capsys):
    report = doctor.Report()
    doctor.packages(report)
    doctor.self_test(report)
    told = capsys.readouterr().out
    assert report.bad == 0, told
    assert f"{len(selftest.TESTS)} of {len(selftest.TESTS)} right" in told


def test_the_doctor_needs_nothing_installed():
    told = subprocess.run(
        [sys.executable, "-S", ROOT / "tests" / "tools" / "doctor.py"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.returncode == 1, told.stderr
    assert "`python3 course.py site` installs it" in told.stdout
    assert "left out: torch is not installed" in told.stdout


def test_the_doctor_refuses_what_it_does_not_know(capsys):
    with pytest.raises(SystemExit) as ended:
        doctor.main(["--everything"])
    assert ended.value.code == 2 and "--everything" in capsys.readouterr().err


def test_the_doctor_adds_pytorchs_own_report(monkeypatch, capsys):
    from torch.utils import collect_env

    monkeypatch.setattr(collect_env, "get_pip_packages", lambda *_: ("pip", "torch 2"))
    doctor.torch_details(doctor.Report())
    told = capsys.readouterr().out
    assert "PyTorch version: 2" in told and "Is CUDA available:" in told
    monkeypatch.setitem(sys.modules, "torch.utils.collect_env", None)
    doctor.torch_details(doctor.Report())
    assert "torch is not installed" in capsys.readouterr().out


def test_the_doctors_arithmetic_can_fail():
    import torch

    off = SimpleNamespace(
        softmax=lambda x, dim: torch.softmax(x, dim) * 1.001,
        tensor=torch.tensor,
        allclose=torch.allclose,
    )
    assert selftest.softmax_is_right(torch)
    assert not selftest.softmax_is_right(off)


def test_the_doctor_says_what_is_missing(monkeypatch, capsys):
    def version(name):
        if name == "torch":
            raise metadata.PackageNotFoundError(name)
        return "0.0.1"

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    report = doctor.Report()
    doctor.packages(report)
    told = capsys.readouterr().out
    assert report.bad == 1
    assert re.search(r"!! torch +not installed\n +-> `python3 course.py site`", told)
    assert "The pages were made with" in told


