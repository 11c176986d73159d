"""Look at this machine for what the book needs, and try a little arithmetic.

    python3 course.py doctor [--torch]

Prints one line per finding and a hint where something is wrong. It installs, downloads
and changes nothing; without .venv it tells what Python alone can tell. Exit code 1 when
something that the book needs is missing or wrong.
"""

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import sys
import time
from pathlib import Path

import netcut
from selftest import TESTS, speed

ROOT = Path(__file__).resolve().parents[2]
NEEDED_MEMORY = 4.0  # gigabytes in which Parts I and II run
SHOWN = ("torch", "tiktoken", "numpy", "pandas", "matplotlib", "jupyter-book", "nbval")


class Report:
    """Prints findings; remembers whether one of them was bad."""

    def __init__(self) -> None:
        self.bad = 0

    def line(self, name: str, value: object, hint: str = "", bad: bool = False) -> None:
        """One finding: its name, its value, and what to do about it."""
        mark = "!!" if bad else "  "
        print(f"{mark} {name:<18} {value}")
        if hint:
            print(f"{'':<22}-> {hint}")
        self.bad += bad


def main(arguments: list[str] | None = None) -> int:
    """Examine; return 0 when nothing that is needed is missing."""
    parser = argparse.ArgumentParser(
        prog="course.py doctor", description="Look at this machine for what is needed."
    )
    told = "add what PyTorch's developers ask for in a report of an error"
    parser.add_argument("--torch", action="store_true", help=told)
    asked = parser.parse_args(arguments)
    report = Report()
    system(report)
    packages(report)
    folders(report)
    tools(report)
    self_test(report)
    if asked.torch:
        torch_details(report)
    count = report.bad
    print(
        f"\n{count} finding{'s' * (count > 1)} marked !! above."
        if count
        else "\nEverything that the book needs is here."
    )
    return 1 if count else 0


def system(report: Report) -> None:
    """Python, machine, cores, memory, disk."""
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    hint = "" if fits else "The book is tested with Python 3.11, 3.12 and 3.13."
    report.line("Python", f"{version} ({sys.executable})", hint, bad=not fits)
    inside = sys.prefix != sys.base_prefix
    place = sys.prefix if inside else "not made yet: course.py site makes .venv"
    report.line("environment", place)
    report.line("system", f"{platform.system()} {platform.machine()}")
    report.line("cores", f"{usable_cores():g} usable of {os.cpu_count()}")
    memory = memory_gigabytes()
    if memory is None:
        report.line("memory", "unknown")
    else:
        small = memory < NEEDED_MEMORY
        hint = "Close other programs before the longer chapters." if small else ""
        report.line("memory", f"{memory:.1f} GB", hint, bad=small)
    free = shutil.disk_usage(ROOT).free / 1e9
    hint = "An installation needs 3 GB (8 GB with CUDA)." if free < 3 else ""
    report.line("disk", f"{free:.1f} GB free at {ROOT}", hint)


def usable_cores() -> float:
    """Cores that this process may use, a container's quota considered."""
    cores = float(os.cpu_count() or 1)
    if hasattr(os, "sched_getaffinity"):
        cores = float(len(os.sched_getaffinity(0)))
    quota = _first_line("/sys/fs/cgroup/cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit():
        cores = min(cores, int(quota[0]) / int(quota[1]))
    return cores


def memory_gigabytes() -> float | None:
    """Memory of the machine or of the container, in GB; None where unknown."""
    if sys.platform == "win32":
        return _windows_memory()
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None
    limit = _first_line("/sys/fs/cgroup/memory.max")
    return min(total, int(limit) if limit.isdigit() else total) / 1e9


def _windows_memory() -> float:
    import ctypes

    class Status(ctypes.Structure):
        """Windows' MEMORYSTATUSEX: two 32-bit numbers, then seven of 64 bits."""

        _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32)] + [
            (name, ctypes.c_uint64) for name in ("total", *"abcdef")
        ]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return status.total / 1e9


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text().splitlines()[0]
    except (OSError, IndexError):
        return ""


def packages(report: Report) -> None:
    """Versions, beside those that the pages were made with."""
    tested = tested_versions()
    for name in SHOWN:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            hint = "`python3 course.py site` installs it."
            report.line(name, "not installed", hint, bad=True)
            continue
        same = version.split("+")[0] == tested.get(name, version)
        hint = "" if same else f"The pages were made with {tested[name]}."
        report.line(name, version, hint)


def tested_versions() -> dict[str, str]:
    """Names and exact versions of tests/constraints.txt."""
    text = (ROOT / "tests" / "constraints.txt").read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.M))


def folders(report: Report) -> None:
    """The folders for downloads, and the variables that name others."""
    for name in ("BLOCKS_DATA", "BLOCKS_CACHE", "TIKTOKEN_CACHE_DIR"):
        value = os.environ.get(name)
        if not value:
            report.line(name, "not set")
            continue
        there = Path(value).expanduser().is_dir()
        hint = f"{name} names a folder that does not exist." if not there else ""
        report.line(name, value, hint, bad=not there and name == "BLOCKS_DATA")
    try:
        sys.path.insert(0, str(ROOT))
        from shared.data import cache_folder

        report.line("downloads", f"{cache_folder()} (real data, only if asked for)")
    except ImportError:
        report.line("downloads", "unknown before the packages are installed")


def tools(report: Report) -> None:
    """Programs that some tests use; none is needed to read or run the book."""
    git = shutil.which("git")
    report.line("git", git or "none", "" if git else "Some tests skip without it.")
    import browser

    path = browser.find()
    hint = "" if path else "The tests of the site in a browser skip without one."
    report.line("browser", path or "none", hint)
    cut = sys.platform == "linux" and netcut.wrapped(["true"]) is not None
    hint = "" if cut else "`test` cannot prove here that the pages need no network."
    report.line("network cut", "possible" if cut else "not possible", hint)


def self_test(report: Report) -> None:
    """Numbers with known answers: products, a softmax, a gradient, seeded draws."""
    try:
        import torch
    except ImportError:
        report.line("self-test", "left out: torch is not installed")
        return
    report.line("threads", f"{torch.get_num_threads()} (torch)")
    report.line("device", device(torch))
    start = time.perf_counter()
    wrong = [name for name, test in TESTS.items() if not test(torch)]
    seconds = time.perf_counter() - start
    if wrong:
        hint = "Remove the folder .venv and run `python3 course.py site` again."
        report.line("self-test", f"wrong: {', '.join(wrong)}", hint, bad=True)
    else:
        report.line("self-test", f"{len(TESTS)} of {len(TESTS)} right, {seconds:.1f} s")
    report.line("speed", f"{speed(torch):.0f} GFLOP/s (float32 matrix product)")


def torch_details(report: Report) -> None:
    """PyTorch's own report: build, drivers, processor, versions; it takes seconds."""
    try:
        from torch.utils.collect_env import get_pretty_env_info
    except ImportError:
        hint = "`python3 course.py site` installs it."
        report.line("torch details", "none: torch is not installed", hint)
    else:
        print(f"\n{get_pretty_env_info()}")


def device(torch) -> str:
    """The device that the book will use, in words."""
    if torch.cuda.is_available():
        return f"cuda: {torch.cuda.get_device_name()}"
    if torch.backends.mps.is_available():
        return "cpu (mps is there; the book uses it only on request)"
    return "cpu"


if __name__ == "__main__":
    sys.exit(main())
