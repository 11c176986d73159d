"""Run a command's steps: say what is done and how long it took, and end clearly.

Everything here prints plain ASCII, so that it reads the same on every console.
"""

import os
import queue
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
HEARTBEAT = 20.0  # seconds between signs of life where lines cannot be rewritten


class Failure(Exception):
    """An end that a person has to act on.

    Args:
        what: what failed, in one or two sentences.
        todo: what to do about it.
        code: exit code of the command (not zero).
    """

    def __init__(self, what: str, todo: str, code: int = 1) -> None:
        super().__init__(what)
        self.what, self.todo, self.code, self.where = what, todo, code, ""

    def report(self) -> str:
        """The message as it is printed, on three to a few lines."""
        where = f" in {self.where}" if self.where else ""
        return (
            f"course.py failed{where}.\n"
            f"  What failed: {indented(self.what)}\n"
            f"  What to do:  {indented(self.todo)}"
        )


@dataclass(frozen=True)
class Outcome:
    """How a program ended: exit code, its lines of output, seconds taken."""

    code: int
    lines: list[str]
    seconds: float

    @property
    def text(self) -> str:
        """All output in one string."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Step:
    """One step: a title, and work that may return a closing remark."""

    title: str
    work: Callable[[], str | None]


class Progress:
    """Numbers the steps of one command: ``[k/n] title``, then the seconds taken."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0

    def run(self, step: Step) -> None:
        """Do one step; a Failure learns in which step it happened."""
        self.done += 1
        number = f"{self.done}/{self.total}"
        say(f"[{number}] {step.title}")
        start = time.perf_counter()
        try:
            remark = step.work()
        except Failure as failure:
            failure.where = failure.where or f"step {number} ({step.title})"
            raise
        seconds = time.perf_counter() - start
        say(f"      done in {seconds:.0f} s" + (f": {remark}" if remark else ""))


def say(text: str = "") -> None:
    """Print at once, whatever buffers there are."""
    print(text, flush=True)


def indented(text: str) -> str:
    """Fold a text to 88 columns; its later lines start below its first, 15 in."""
    folded = []
    for line in text.split("\n"):
        parts = textwrap.wrap(line, 73, break_long_words=False, break_on_hyphens=False)
        folded += parts or [""]
    return ("\n" + " " * 15).join(folded)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: dict[str, str] | None = None,
    live: bool = False,
    notable: Callable[[str], str] = str.strip,
) -> Outcome:
    """Run a program and collect what it prints, showing that it is alive.

    Args:
        command: program and arguments.
        cwd: folder to run it in.
        env: its environment; None inherits ours.
        live: print its lines as they come instead of a short status.
        notable: turns a line into the words of the status; "" keeps the former words.

    Raises:
        Failure: the program cannot be started.
    """
    start = time.perf_counter()
    lines: list[str] = []
    process = _start(command, cwd, env)
    status = _Status(live)
    try:
        for line in _lines_or_none(process):
            if line is None:
                status.tick()
                continue
            line = COLOURS.sub("", line)
            lines.append(line)
            status.line(line, notable(line))
        code = process.wait()
    finally:
        status.clear()
        if process.poll() is None:  # Ctrl+C: take the program down with us
            process.terminate()
            process.wait()
    return Outcome(code, lines, time.perf_counter() - start)


def _start(
    command: Sequence[str | Path], cwd: Path, env: dict[str, str] | None
) -> subprocess.Popen:
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise Failure(
            f"{command[0]} could not be started: {error}.",
            "Run `python3 course.py doctor`; if .venv is damaged, remove that folder "
            "and run the command again.",
        ) from error


def _lines_or_none(process: subprocess.Popen):  # noqa: ANN202 (an iterator of str | None)
    """Yield each line of output, and None every half second without one."""
    waiting: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout:
            waiting.put(line.rstrip("\r\n"))
        waiting.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = waiting.get(timeout=0.5)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


class _Status:
    """One line that changes on a terminal; elsewhere a line now and then."""

    def __init__(self, live: bool) -> None:
        self.live = live
        self.rewrite = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self.start = self.last = time.perf_counter()
        self.words, self.shown = "", 0

    def line(self, line: str, words: str) -> None:
        self.words = words or self.words
        if self.live:
            self.clear()
            _print_safely(line)
            self.last = time.perf_counter()
        else:
            self.tick()

    def tick(self) -> None:
        now = time.perf_counter()
        text = f"      {now - self.start:4.0f} s  {'' if self.live else self.words}"
        if self.rewrite and not self.live:
            text = text[: shutil.get_terminal_size().columns - 1]
            text = text.encode("ascii", "replace").decode()
            print("\r" + text.ljust(self.shown), end="", flush=True)
            self.shown = len(text)
        elif now - self.last > HEARTBEAT:
            _print_safely(text.rstrip() + (" ..." if self.live else ""))
            self.last = now

    def clear(self) -> None:
        if self.shown:
            print("\r" + " " * self.shown + "\r", end="", flush=True)
            self.shown = 0


def _print_safely(line: str) -> None:
    """Print what a program said, even where the console lacks its characters."""
    encoding = sys.stdout.encoding or "ascii"
    say(line.encode(encoding, "replace").decode(encoding))


def print_block(lines: Sequence[str]) -> None:
    """Print a program's whole output, between two rules."""
    say("-" * 72)
    for line in lines:
        _print_safely(line)
    say("-" * 72)
