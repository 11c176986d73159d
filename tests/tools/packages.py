"""Install packages into an environment: torch first, then the rest, with clear errors.

On Linux without an NVIDIA GPU plain pip draws 2.8 GB of CUDA libraries with torch, so
PyTorch's own index of CPU builds is tried first, briefly.
"""

import json
import os
import platform
import re
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from steps import Failure, Outcome, run, say

if TYPE_CHECKING:
    from environment import Environment

SUPPORTED = [(3, 11), (3, 12), (3, 13)]
CONSTRAINTS = "tests/constraints.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
LITTLE, MUCH = 3, 8  # gigabytes: torch for the CPU; torch with CUDA's libraries
PROBE_SECONDS = 5


def any_python() -> bool:
    """BLOCKS_ANY_PYTHON=1 tries a Python that the book is not tested with."""
    return os.environ.get("BLOCKS_ANY_PYTHON") == "1"


def refuse_impossible_machines() -> None:
    """Say at once where PyTorch has no build at all, instead of after a long pip."""
    if sys.maxsize < 2**32:
        raise Failure(
            "this Python is a 32-bit build, and PyTorch exists for 64 bits only.",
            "Install a 64-bit Python 3.11, 3.12 or 3.13 from python.org.",
        )
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise Failure(
            "this is Python for Intel Macs, for which PyTorch is no longer built.",
            "On a Mac with an M chip install the arm64 (or universal2) Python from "
            "python.org; on an Intel Mac open the chapters in Colab.",
        )


def has_torch(probed: dict | None, root: Path) -> bool:
    """Whether a probe found the very release of torch that is asked for."""
    found = (probed or {"found": {}})["found"].get("torch", "")
    return f"torch=={found.split('+')[0]}" in requirements(root)


def requirements(root: Path) -> list[str]:
    """The lines of requirements.txt, without comments."""
    text = (root / "requirements.txt").read_text("utf-8")
    return [line.split("#")[0].strip() for line in text.splitlines()]


def shortage(folder: Path, gigabytes: float) -> str:
    """Say where the disk is too full for an installation; "" when it is not.

    The folder of temporary files counts too: pip unpacks there.
    BLOCKS_SKIP_SPACE_CHECK=1 switches this off.
    """
    if os.environ.get("BLOCKS_SKIP_SPACE_CHECK") == "1":
        return ""
    for place, needed in ((folder, gigabytes), (_temporary(), gigabytes / 3)):
        there = next(p for p in (place, *place.parents) if p.exists())
        free = shutil.disk_usage(there).free / 1e9
        if free < needed:
            return (
                f"{free:.1f} GB are free at {there}; the installation needs "
                f"{needed:.0f} GB there."
            )
    return ""


def need_space(folder: Path, gigabytes: float) -> None:
    """Stop before an installation that the disk cannot hold.

    Raises:
        Failure: less is free than needed.
    """
    if found := shortage(folder, gigabytes):
        raise Failure(
            found,
            "Free some space, or let BLOCKS_VENV (the environment) or TMPDIR "
            "(temporary files) name a folder on a larger disk. If you know that "
            "less will do, set BLOCKS_SKIP_SPACE_CHECK=1.",
        )


def _temporary() -> Path:
    return Path(tempfile.gettempdir())


def has_nvidia() -> bool:
    """Whether an NVIDIA driver is installed."""
    driver = Path("/proc/driver/nvidia/version")
    return driver.exists() or shutil.which("nvidia-smi") is not None


def cpu_index() -> str | None:
    """The index to try first for torch, or None where plain pip is right.

    BLOCKS_TORCH_INDEX names another one; "off" leaves the choice to pip.
    """
    named = os.environ.get("BLOCKS_TORCH_INDEX")
    if named is not None:
        return None if named.lower() in ("", "off") else named
    return CPU_INDEX if sys.platform == "linux" and not has_nvidia() else None


def answers(index: str) -> bool:
    """Whether an index answers within a few seconds."""
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=PROBE_SECONDS):
            return True
    except (OSError, ValueError):  # URLError is an OSError
        return False


class Installer:
    """Runs pip inside one environment."""

    def __init__(self, environment: "Environment") -> None:
        self.environment, self.root = environment, environment.root

    def torch(self) -> str:
        """Install torch from the CPU index if it answers, else from pip's own."""
        wanted = [n for n in requirements(self.root) if n.startswith("torch==")]
        index = cpu_index()
        with self.environment.installing():
            if index and answers(index):
                briefly = ["--retries", "1", "--timeout", "20", "--no-deps"]
                if not self._pip(*briefly, "--index-url", index, *wanted).code:
                    return f"the CPU build, from {index}"
            if index:
                say(f"      {index} cannot be used; taking pip's own index.")
            self._need_space_for_cuda(wanted)
            self._need(self._pip("-c", self.root / CONSTRAINTS, *wanted), "torch")
        return ""

    def _need_space_for_cuda(self, wanted: list[str]) -> None:
        """On a small disk, ask pip first whether torch would bring CUDA's libraries."""
        folder = self.environment.folder
        if sys.platform != "linux" or not shortage(folder, MUCH):
            return
        with tempfile.TemporaryDirectory() as place:
            report = Path(place) / "report.json"
            self._pip("--dry-run", "--report", report, *wanted)
            if not report.exists():
                return  # pip will say by itself what is wrong
            planned = json.loads(report.read_text("utf-8"))["install"]
        names = [package["metadata"]["name"].lower() for package in planned]
        if any(name.startswith(("nvidia", "cuda")) for name in names):
            need_space(folder, MUCH)

    def rest(self, entries: list[str]) -> str:
        """Install requirement files and packages, exact versions as constraints."""
        arguments: list[str | Path] = ["-c", self.root / CONSTRAINTS]
        for entry in entries:
            if entry.endswith(".txt"):
                arguments += ["-r", self.root / entry]
            else:
                arguments.append(entry)
        with self.environment.installing():
            outcome = self._pip(*arguments)
            self._need(outcome, "the book's packages")
        new = re.search(r"^Successfully installed (.+)$", outcome.text, re.M)
        return f"{len(new.group(1).split())} new" if new else "nothing was missing"

    def first_import(self) -> None:
        """Import what must work, so that a broken build shows now and not later."""
        names = "torch, tiktoken, numpy, pandas, matplotlib, jupyter_book, nbval"
        tried = run(
            [self.environment.python, "-c", f"import {names}"],
            cwd=self.root,
            env=self.environment.variables(),
        )
        if tried.code:
            hint = "Remove the folder .venv and run the command again."
            if sys.platform == "win32":
                hint += (
                    " If it says that a DLL is missing, install Microsoft's Visual "
                    "C++ Redistributable (x64) first."
                )
            last = "\n".join(tried.lines[-6:])
            raise Failure(f"an installed package does not load:\n{last}", hint)

    def _pip(self, *arguments: str | Path) -> Outcome:
        # Most files are never imported; Python compiles the others when they are.
        pip = [self.environment.python, "-m", "pip", "install", "--no-input"]
        return run(
            [*pip, "--progress-bar", "off", "--no-compile", *arguments],
            cwd=self.root,
            env=self.environment.variables(),
            notable=_pip_words,
        )

    def _need(self, outcome: Outcome, what: str) -> None:
        if outcome.code:
            raise explained(outcome, f"installing {what}")


def _pip_words(line: str) -> str:
    """The lines of pip that tell a person how far it is."""
    line = line.strip()
    if line.startswith("Installing collected packages"):
        return f"writing {line.count(',') + 1} packages"
    telling = ("Collecting", "Downloading", "Processing", "Building")
    return line[:70] if line.startswith(telling) else ""


REASONS = [
    (
        r"No space left on device|Errno 28|not enough space",
        "the disk is full",
        "Free some gigabytes (temporary files count too: TMPDIR), then run this again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "a certificate was refused, as it happens behind some company networks",
        "Ask for your network's certificate and let PIP_CERT name its file, or use "
        "another network.",
    ),
    (
        r"NewConnectionError|name resolution|getaddrinfo failed|ConnectTimeout|"
        r"Max retries exceeded|Connection refused|Network is unreachable|"
        r"Read timed out|ReadTimeoutError|ConnectionResetError|ProxyError",
        "pip could not reach its package index",
        "Check the connection (and HTTPS_PROXY, if you are behind a proxy), then run "
        "this again: what is already there stays.",
    ),
    (
        r"from versions: none",
        "pip found no build at all: its index cannot be reached, or has none for this "
        "Python and this machine",
        "Check the connection, and that this is Python 3.11, 3.12 or 3.13 (64 bits) on "
        "Linux, macOS (M chips) or Windows; if you use a mirror of the index, see that "
        "it is complete.",
    ),
    (
        r"No matching distribution found|Could not find a version",
        "the package index has no fitting build for this Python and this machine",
        "Use Python 3.11, 3.12 or 3.13 (64 bits) on Linux, macOS (M chips) or Windows; "
        "if you use a mirror of the index, see that it is complete.",
    ),
    (
        r"Permission denied|Access is denied|Errno 13",
        "a file may not be written",
        "See that you own the folder, and close programs that use its environment.",
    ),
]


def explained(outcome: Outcome, doing: str) -> Failure:
    """Turn pip's (or venv's) output into one message with a way out."""
    errors = [line for line in outcome.lines if line.startswith("ERROR")]
    last = "\n".join((errors or outcome.lines)[-4:])
    for pattern, why, todo in REASONS:
        if re.search(pattern, outcome.text, re.I):
            return Failure(f"{doing}: {why}.\n{last}", todo)
    tail = "\n".join(outcome.lines[-20:])
    return Failure(
        f"{doing}: exit code {outcome.code}.\n{tail}",
        "The lines above say why. If it stays unclear, remove the folder .venv, run "
        "the command again, and report the output of `python3 course.py doctor`.",
    )
