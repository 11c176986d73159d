"""The states of .venv, and everything that can be in the way of an installation."""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import environment
import packages
import pytest
from environment import Environment
from steps import Failure, Outcome

ROOT = Path(__file__).resolve().parents[1]
@pytest.fixture
def home(tmp_path, monkeypatch):
    """An Environment whose folder does not exist, in a book without requirements."""
    for name in ("VENV", "ANY_PYTHON", "SKIP_SPACE_CHECK", "TORCH_INDEX"):
        monkeypatch.delenv(f"BLOCKS_{name}", raising=False)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "constraints.txt").write_text("")
    (tmp_path / "requirements.txt").write_text("")
    return Environment(tmp_path)


# --- the states of an environment ------------------------------------------------


def test_no_folder_or_an_empty_one_is_missing(home):
    assert home.state("site")[0] == "missing"
    home.folder.mkdir()
    assert home.state("site")[0] == "missing"


@pytest.mark.parametrize("left", ["bin", "pyvenv.cfg"])
def test_what_a_killed_venv_leaves_is_broken(home, left):
    home.folder.mkdir()
    (home.folder / left).write_text("")
    assert home.state("site")[0] == "broken"


def test_an_environment_of_an_old_python_is_broken(home, monkeypatch):
    home.folder.mkdir()
    (home.folder / "pyvenv.cfg").write_text("")
    old = {"python": [3, 9], "found": {"pip": "23"}}
    monkeypatch.setattr(home, "probe", lambda group: old)
    assert home.state("site") == ("broken", "it was made with Python 3.9")
    monkeypatch.setattr(home, "probe", lambda group: {"python": [3, 12], "found": {}})
    assert "no pip" in home.state("site")[1]


def test_changed_requirements_are_noticed(home, monkeypatch):
    home.folder.mkdir()
    (home.folder / "pyvenv.cfg").write_text("")
    good = {"python": [3, 12], "found": {"pip": "23"}}
    monkeypatch.setattr(home, "probe", lambda group: good)
    assert home.state("site")[0] == "incomplete"
    home.finish("site")
    assert home.state("site") == ("ready", "")
    (home.root / "tests" / "constraints.txt").write_text("torch==2\n")
    assert home.state("site") == ("incomplete", "the requirements have changed")


def test_the_tests_environment_serves_the_site_too(home):
    (home.root / "tests" / "requirements-dev.txt").write_text("")
    home.folder.mkdir()
    home.finish("test")
    assert set(home.stamp()) == {"site", "test"}


def test_a_folder_of_something_else_is_left_alone(home, monkeypatch):
    mine = home.root / "my papers"
    mine.mkdir()
    (mine / "thesis.txt").write_text("long")
    monkeypatch.setenv("BLOCKS_VENV", str(mine))
    with pytest.raises(Failure, match="left alone"):
        Environment(home.root).steps("site")
    assert (mine / "thesis.txt").read_text() == "long"


def test_an_environment_does_not_rebuild_itself_from_inside(home, monkeypatch):
    home.folder.mkdir()
    (home.folder / "pyvenv.cfg").write_text("")
    monkeypatch.setattr(sys, "prefix", str(home.folder))
    with pytest.raises(Failure, match="runs inside it"):
        home.steps("site")


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_what_to_install(home, module, monkeypatch):
    monkeypatch.setattr(
        environment.importlib.util,
        "find_spec",
        lambda name: None if name == module else object(),
    )
    with pytest.raises(Failure, match=f"lacks its module {module}") as stop:
        home.steps("site")
    assert re.search(r"apt install python3\.\d+-venv", stop.value.todo)


def test_a_full_disk_stops_before_the_installation(home, monkeypatch):
    free = SimpleNamespace(free=1.2e9)
    monkeypatch.setattr(packages.shutil, "disk_usage", lambda place: free)
    with pytest.raises(Failure, match="1.2 GB are free") as stop:
        home.steps("site")
    assert "BLOCKS_VENV" in stop.value.todo
    assert not home.folder.exists()
    monkeypatch.setenv("BLOCKS_SKIP_SPACE_CHECK", "1")
    assert len(home.steps("site")) == 5


@pytest.mark.parametrize(
    ("draws", "stops"), [("nvidia-cublas", True), ("sympy", False)]
)
def test_cuda_needs_more_space(home, draws, stops, monkeypatch):
    """Between 3 and 8 GB it depends on what pip would bring along with torch."""
    monkeypatch.setattr(packages.sys, "platform", "linux")
    free = SimpleNamespace(free=5e9)
    monkeypatch.setattr(packages.shutil, "disk_usage", lambda place: free)

    def pip(*arguments):
        planned = {"install": [{"metadata": {"name": draws}}]}
        place = arguments[arguments.index("--report") + 1]
        Path(place).write_text(json.dumps(planned))
        return Outcome(0, [], 0.0)

    installer = packages.Installer(home)
    monkeypatch.setattr(installer, "_pip", pip)
    if not stops:
        return installer._need_space_for_cuda(["torch==2.13.0"])
    with pytest.raises(Failure, match="needs 8 GB"):
        installer._need_space_for_cuda(["torch==2.13.0"])


@pytest.mark.parametrize(
    ("system", "machine", "bits", "told"),
    [
        ("linux", "x86_64", 2**63 - 1, ""),
        ("darwin", "arm64", 2**63 - 1, ""),
        ("darwin", "x86_64", 2**63 - 1, "Intel"),
        ("win32", "AMD64", 2**31 - 1, "32-bit"),
    ],
)
def test_machines_without_torch_are_told_so(system, machine, bits, told, monkeypatch):
    monkeypatch.setattr(packages.sys, "platform", system)
    monkeypatch.setattr(packages.sys, "maxsize", bits)
    monkeypatch.setattr(packages.platform, "machine", lambda: machine)
    if not told:
        return packages.refuse_impossible_machines()
    with pytest.raises(Failure, match=told):
        packages.refuse_impossible_machines()


PIP_SAYS = {
    "could not reach": "WARNING: Retrying (Retry(total=0)) after connection broken by "
    "'NewConnectionError(': Failed to establish a new connection: [Errno -3] Temporary "
    "failure in name resolution')'\nERROR: Could not find a version that satisfies the "
    "requirement torch==2.13.0 (from versions: none)\nERROR: No matching distribution "
    "found for torch==2.13.0",
    "no fitting build": "ERROR: Could not find a version that satisfies the "
    "requirement torch==2.13.0 (from versions: 2.14.0)\nERROR: No matching "
    "distribution found for torch==2.13.0",
    "no build at all": "ERROR: Could not find a version that satisfies the requirement "
    "torch==2.13.0 (from versions: none)\nERROR: No matching distribution found",
    "disk is full": "ERROR: Could not install packages due to an OSError: [Errno 28] "
    "No space left on device",
    "certificate": "SSLError(SSLCertVerificationError(1, '[SSL: "
    "CERTIFICATE_VERIFY_FAILED] certificate verify failed'))",
    "may not be written": "ERROR: Could not install packages due to an OSError: [Errno "
    "13] Permission denied: '/srv/x'",
    "exit code 7": "something that nobody has seen before",
}


@pytest.mark.parametrize("why", PIP_SAYS)
def test_what_pip_says_is_explained(why):
    failure = packages.explained(Outcome(7, PIP_SAYS[why].splitlines(), 1.0), "this")
    assert why in failure.what
    assert failure.todo


def test_the_index_of_cpu_builds(home, monkeypatch):
    monkeypatch.setattr(packages.sys, "platform", "linux")
    monkeypatch.setattr(packages, "has_nvidia", lambda: False)
    assert packages.cpu_index() == packages.CPU_INDEX
    monkeypatch.setattr(packages, "has_nvidia", lambda: True)
    assert packages.cpu_index() is None
    monkeypatch.setenv("BLOCKS_TORCH_INDEX", "https://mirror.example/cpu")
    assert packages.cpu_index() == "https://mirror.example/cpu"
    assert not packages.answers("http://127.0.0.1:9")


def test_one_installation_at_a_time(home):
    with home.lock(), lock_file(home).open("a+") as second:
        assert not environment._locked(second.fileno())
    with lock_file(home).open("a+") as third:
        assert environment._locked(third.fileno())


def lock_file(home):
    """The newest lock, which is this test's."""
    folder = Path(environment.tempfile.gettempdir())
    locks = folder.glob("block-by-block-*.lock")
    return max(locks, key=lambda path: path.stat().st_mtime)


