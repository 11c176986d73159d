"""Run a learner's code so that nothing it does can hurt: not an error, not a loop.

The code runs in a second thread. When its time is up, Python is asked to raise
`TimeUp` in that thread, which ends every loop written in Python; a call that is stuck
inside C code is left behind (the thread is a daemon, so it never keeps Python alive).
"""

import contextlib
import ctypes
import dis
import io
import linecache
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

SHARED = str(Path(__file__).resolve().parents[1])  # our own files: never the learner's
LIBRARY = str(Path(threading.__file__).resolve().parent)


class TimeUp(BaseException):
    """Raised inside a learner's code when its time is up (not an `Exception`)."""


@dataclass
class Outcome:
    """What one call gave: a value, or an error with the line that raised it."""

    value: Any = None
    error: BaseException | None = None
    line: str = ""
    printed: str = ""


def run_all(calls: list[Callable[[], Any]], seconds: float) -> list[Outcome]:
    """Outcomes of the calls, in order.

    seconds: for all calls together. When they are up the list is shorter, and its last
    outcome has a `TimeUp` for its error, with the line on which the code was caught.
    """
    outcomes: list[Outcome] = []
    done = threading.Event()

    def work() -> None:
        with contextlib.suppress(TimeUp):
            for call in calls:
                outcomes.append(run(call))
                if isinstance(outcomes[-1].error, TimeUp):
                    break
        done.set()

    thread = threading.Thread(target=work, daemon=True)
    stdout = sys.stdout
    thread.start()
    try:
        if done.wait(seconds):
            return outcomes
        finished, line = outcomes[:], _line_of(thread)
        return [*finished, Outcome(error=TimeUp(f"{seconds:g}"), line=line)]
    finally:  # also when the reader presses "interrupt"
        for _ in range(20):  # a bare `except:` inside a loop swallows the first ones
            if done.is_set():
                break
            _raise_in(thread)
            done.wait(0.05)
        sys.stdout = stdout  # a thread that is left behind has taken it with it


def run(call: Callable[[], Any]) -> Outcome:
    """Run `call` here and now; catch what it raises and what it prints."""
    printed = io.StringIO()
    try:
        with _printing_to(printed):
            value = call()
        return Outcome(value=value, printed=printed.getvalue())
    except BaseException as error:  # SystemExit too: an answer must not stop the page
        places = [
            (frame.f_code.co_filename, number)
            for frame, number in traceback.walk_tb(error.__traceback__)
        ]
        error.__traceback__ = None  # it would keep every local variable alive
        return Outcome(None, error, _learners_line(places), printed.getvalue())


@contextlib.contextmanager
def _printing_to(printed: io.StringIO) -> Iterator[None]:
    """As contextlib.redirect_stdout, but gives back only what it still holds.

    A thread that was left behind ends at some later time. Were it to put back what it
    found, all that is printed from then on would go to a place of the past.
    """
    before, sys.stdout = sys.stdout, printed
    try:
        yield
    finally:
        if sys.stdout is printed:
            sys.stdout = before


def _raise_in(thread: threading.Thread) -> None:
    ident = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(TimeUp))


def _line_of(thread: threading.Thread) -> str:
    """The line of the learner's code that a running thread is at."""
    frame = sys._current_frames().get(thread.ident or 0)
    places = []
    while frame is not None:
        places.insert(0, (frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return _learners_line(places)


def _learners_line(places: list[tuple[str, int]]) -> str:
    """The innermost place that the learner wrote, as "line 3: return total / count"."""
    for name, number in reversed(places):
        installed = "site-packages" in name or "dist-packages" in name
        if installed or name.startswith(("<frozen", SHARED, LIBRARY)):
            continue
        text = linecache.getline(name, number).strip()
        return f"line {number}: {text}" if text else f"line {number}"
    return ""


def is_stub(function: Any) -> bool:
    """Whether a function's body does nothing: a docstring, `...`, `pass`, or None."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if not isinstance(code, CodeType):
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in _IDLE]
    names = [step.opname for step in steps]
    if names == ["RETURN_CONST"]:
        return steps[0].argval is None
    return names == ["LOAD_CONST", "RETURN_VALUE"] and steps[0].argval is None


_IDLE = {"RESUME", "NOP", "CACHE", "COPY_FREE_VARS", "MAKE_CELL"}
