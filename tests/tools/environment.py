"""Make and keep the folder .venv, with the standard library only.

An environment is in one of four states: missing, broken (half made, or its Python is
gone), incomplete (requirements changed, or a package was removed), ready. A stamp
inside it says for which requirement files it was completed, so that a second run
installs nothing; a marker says that an installation is under way, so that one which was
killed is noticed and made again.
"""

import contextlib
import getpass
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import packages
from packages import SUPPORTED
from steps import Failure, Step, run, say

# What each kind of work needs: requirement files, or names of packages.
GROUPS = {
    "site": ["requirements.txt"],
    "test": ["requirements.txt", "tests/requirements-dev.txt"],
    "lab": ["requirements.txt", "jupyterlab"],
}
STAMP, MARKER = "block-by-block.json", "installing"

PROBE = """
import importlib.metadata, json, sys
found = {}
for name in json.loads(sys.argv[1]) + ["pip"]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps({"python": sys.version_info[:2], "found": found}))
"""


class Environment:
    """The environment of one checkout.

    Args:
        root: the checkout.
        folder: where the environment lives; root/.venv, or what BLOCKS_VENV says.
    """

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        self.root = root
        named = os.environ.get("BLOCKS_VENV")
        self.folder = folder or (Path(named).absolute() if named else root / ".venv")
        self.ours = self.folder == root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        if os.name == "nt":
            return self.folder / "Scripts" / "python.exe"
        return self.folder / "bin" / "python"

    def variables(self, **more: str) -> dict[str, str]:
        """Environment variables for what runs inside: nothing leaks in from outside."""
        outside = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PIP_TARGET")
        inside = {k: v for k, v in os.environ.items() if k not in outside}
        return inside | {
            "VIRTUAL_ENV": str(self.folder),
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONNOUSERSITE": "1",
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            "PIP_USER": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "JUPYTER_PLATFORM_DIRS": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        } | more

    # What state is it in?

    def state(self, group: str) -> tuple[str, str]:
        """Return ("missing" | "broken" | "incomplete" | "ready", why).

        Raises:
            Failure: the folder is something that must not be overwritten.
        """
        folder = self.folder
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return "missing", ""
        looks_right = (folder / "pyvenv.cfg").is_file()
        if not looks_right and not (self.ours and folder.is_dir()):
            raise Failure(
                f"{folder} is there, but is no Python environment; it is left alone.",
                "Let BLOCKS_VENV name a folder that does not exist yet, or move "
                "what is there out of the way.",
            )
        if (folder / MARKER).exists():
            return "broken", "an earlier installation was interrupted"
        probed = self.probe(group)
        if not looks_right or probed is None:
            return "broken", "it is half made, or the Python it was made with is gone"
        if tuple(probed["python"]) not in SUPPORTED and not packages.any_python():
            return "broken", "it was made with Python {}.{}".format(*probed["python"])
        if "pip" not in probed["found"]:
            return "broken", "it is half made: it has no pip"
        missing = [n for n in self.names(group) if n not in probed["found"]]
        if missing:
            return "incomplete", "it lacks " + ", ".join(missing)
        if group not in self.stamp():
            return "incomplete", "it is not complete for this command yet"
        if self.stamp()[group] != self.fingerprint(group):
            return "incomplete", "the requirements have changed"
        return "ready", ""

    def probe(self, group: str) -> dict | None:
        """Ask its Python for its version and for the packages that we name."""
        question = [self.python, "-I", "-c", PROBE, json.dumps(self.names(group))]
        try:
            answer = subprocess.run(question, capture_output=True, text=True)
            return json.loads(answer.stdout) if answer.returncode == 0 else None
        except (OSError, ValueError):
            return None

    def names(self, group: str) -> list[str]:
        """Names of the packages that a group asks for, without versions."""
        found = []
        for entry in GROUPS[group]:
            lines = [entry]
            if entry.endswith(".txt"):
                lines = (self.root / entry).read_text("utf-8").splitlines()
            matches = (re.match(r"[A-Za-z0-9][\w.-]*", line) for line in lines)
            found += [match.group().lower() for match in matches if match]
        return found

    def fingerprint(self, group: str) -> str:
        """A hash of all that the group's packages depend on."""
        parts = []
        for entry in [*GROUPS[group], packages.CONSTRAINTS]:
            is_file = entry.endswith(".txt")
            parts.append((self.root / entry).read_text("utf-8") if is_file else entry)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def stamp(self) -> dict[str, str]:
        """Fingerprints of the groups that were completely installed."""
        try:
            return json.loads((self.folder / STAMP).read_text("utf-8"))
        except (OSError, ValueError):
            return {}

    # The steps to make it ready

    def steps(self, group: str) -> list[Step]:
        """The steps that make it ready for a group; none when it is."""
        state, why = self.state(group)
        if state == "ready":
            return []
        if why:
            say(f"{self.shown()}: {why}; putting that right.")
        packages.refuse_impossible_machines()
        make: list[Step] = []
        if state in ("missing", "broken"):
            _need_modules()
            self._not_from_inside(state)
            make = [Step(f"Making {self.shown()}", self.make)]
        installer = packages.Installer(self)
        if make or not packages.has_torch(self.probe(group), self.root):
            packages.need_space(self.folder, packages.LITTLE)
            make.append(Step("Installing PyTorch", installer.torch))
        rest = GROUPS[group]
        return [
            *make,
            Step("Installing the other packages", lambda: installer.rest(rest)),
            Step("Trying the packages out", installer.first_import),
            Step("Noting what is installed", lambda: self.finish(group)),
        ]

    def make(self) -> str:
        """Make the environment from nothing; what is left of a broken one goes."""
        if self.folder.exists():
            try:
                shutil.rmtree(self.folder)
            except OSError as error:
                raise Failure(
                    f"{self.folder} is damaged and could not be removed: {error}.",
                    "Close programs that use it (JupyterLab, an editor, a terminal "
                    "where it is active), remove the folder, run the command again.",
                ) from error
        made = run([sys.executable, "-m", "venv", self.folder], cwd=self.root)
        if made.code:
            raise packages.explained(made, f"making {self.folder}")
        (self.folder / MARKER).write_text("removed when all is installed\n", "utf-8")
        return "Python {}.{}.{}".format(*sys.version_info)

    def finish(self, group: str) -> None:
        """Write the stamp, for this group and for those that it includes."""
        have = set(GROUPS[group])
        whole = [name for name, parts in GROUPS.items() if have.issuperset(parts)]
        stamp = self.stamp() | {name: self.fingerprint(name) for name in whole}
        fresh = self.folder / (STAMP + ".new")
        fresh.write_text(json.dumps(stamp, indent=1) + "\n", "utf-8")
        fresh.replace(self.folder / STAMP)
        (self.folder / MARKER).unlink(missing_ok=True)

    @contextlib.contextmanager
    def installing(self) -> Iterator[None]:
        """Mark that packages are being written; an orderly failure takes it back."""
        (self.folder / MARKER).write_text("removed when all is installed\n", "utf-8")
        try:
            yield
        except Failure:  # pip undoes what it could not finish; nothing is half done
            (self.folder / MARKER).unlink(missing_ok=True)
            raise

    def _not_from_inside(self, state: str) -> None:
        if state == "broken" and Path(sys.prefix) == self.folder:
            raise Failure(
                f"{self.shown()} has to be made again, and course.py runs inside it.",
                "Type `deactivate`, then run the command with the system's python3.",
            )

    def shown(self) -> str:
        """The folder's name as it is printed."""
        return ".venv" if self.ours else str(self.folder)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Let one course.py at a time install; the lock goes with the process."""
        key = f"{getattr(os, 'getuid', getpass.getuser)()} {self.folder}"
        name = f"block-by-block-{hashlib.sha256(key.encode()).hexdigest()[:12]}.lock"
        with (Path(tempfile.gettempdir()) / name).open("a+") as file:
            if not _locked(file.fileno()):
                say("Another course.py is installing; waiting for it to end.")
                while not _locked(file.fileno()):
                    time.sleep(1)
            yield


def _locked(number: int) -> bool:
    """Lock an open file; False while another process holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _need_modules() -> None:
    """Some systems split Python's own venv and ensurepip off into a package."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = "{}.{}".format(*sys.version_info)
            raise Failure(
                f"this Python ({sys.executable}) lacks its module {module}, which "
                "makes environments.",
                f"On Debian or Ubuntu: sudo apt install python{version}-venv. "
                "Elsewhere install Python from python.org. Then run this again.",
            )
