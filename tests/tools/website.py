"""Build the site with Jupyter Book, and serve it on this machine."""

import contextlib
import functools
import http.server
import json
import os
import shutil
import tempfile
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from steps import Failure, Outcome, Step, print_block, run, say

if TYPE_CHECKING:
    from environment import Environment

# `python -m jupyter_book` does not exist, and the script's first line breaks when the
# folder is moved; calling its function works always.
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
FIRST_PORT, PORTS = 8000, 20


def pages_folder(root: Path) -> Path:
    """Where the built site lies."""
    return root / "_build" / "html"


# Notebooks that are no notebooks any more


def need_whole_notebooks(root: Path) -> None:
    """Look at every notebook before any long work.

    Raises:
        Failure: a file is not a notebook (not JSON, merge marks, no cells).
    """
    found = []
    for path in sorted((root / "book").rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            if fault := fault_of(path):
                found.append(f"{path.relative_to(root).as_posix()}: {fault}")
    if found:
        raise Failure(
            "a notebook is broken.\n" + "\n".join(found),
            "Mend the file, or take back its last good state: git checkout -- FILE",
        )


def need_whole_contents(root: Path, environment: "Environment") -> None:
    """Look at the list of chapters; it needs what .venv has.

    Raises:
        Failure: _toc.yml and the files do not belong together, or it is no list.
    """
    call = [environment.python, "-m", "shared.contents"]
    listed = run(call, cwd=root, env=environment.variables())
    if listed.code:
        told = [line for line in listed.lines if "_toc.yml" in line]
        raise Failure(
            "the list of chapters does not fit the files.\n"
            + "\n".join(told or listed.lines[-5:]),
            "Do what these lines say; _toc.yml lists every page of the book.",
        )


def fault_of(path: Path) -> str:
    """What is wrong with a notebook's file, in a few words; "" when nothing is."""
    try:
        text = path.read_text("utf-8")
        content = json.loads(text)
    except UnicodeDecodeError as error:
        return f"byte {error.start} is not UTF-8"
    except json.JSONDecodeError as error:
        marks = [k for k, line in enumerate(text.split("\n"), 1) if line[:7] == "<" * 7]
        if marks:
            return f"line {marks[0]} is a mark of an unfinished merge"
        return f"line {error.lineno} is not JSON ({error.msg})"
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        return "it has no list of cells"
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or not {"cell_type", "source"} <= cell.keys():
            return f"cell {number} has no type or no source"
    return ""


# Building


def steps(root: Path, environment: "Environment") -> list[Step]:
    """The one step that builds the site; a failed build leaves the former site."""
    return [Step("Building the site", lambda: build(root, environment))]


def build(root: Path, environment: "Environment") -> str:
    """Build the site in a new folder and put it in the place of the former one."""
    need_whole_contents(root, environment)
    (root / "_build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=root / "_build", prefix="new-", ignore_cleanup_errors=True
    ) as fresh:
        arguments = ["build", ".", "--all", "-W", "--keep-going", "--path-output"]
        built = run(
            [environment.python, "-c", JUPYTER_BOOK, *arguments, fresh],
            cwd=root,
            env=environment.variables(NO_COLOR="1"),
            notable=_words,
        )
        if built.code:
            raise _failed(built, pages_folder(root).is_dir())
        _put(Path(fresh) / "_build" / "html", pages_folder(root))
    pages = list(pages_folder(root).rglob("*.html"))
    size = sum(p.stat().st_size for p in pages_folder(root).rglob("*") if p.is_file())
    return f"{len(pages)} files of HTML, {size / 1e6:.0f} MB in all"


def _words(line: str) -> str:
    """The lines of Sphinx that tell a person how far it is."""
    telling = ("reading sources", "writing output", "copying", "dumping", "building")
    return line[:90] if line.startswith(telling) else ""


def _failed(built: Outcome, former: bool) -> Failure:
    print_block(built.lines)
    kinds = ("WARNING:", "ERROR:", "CRITICAL:")
    told = [line for line in built.lines if any(kind in line for kind in kinds)]
    shown = "\n".join(told[:20]) or "\n".join(built.lines[-5:])
    return Failure(
        f"Jupyter Book ended with code {built.code}; its whole output stands above.\n"
        + shown,
        "Mend what these lines name (a warning counts as an error here), then run "
        "this again."
        + former * " The site that was built before is still in _build/html.",
    )


def _put(fresh: Path, place: Path) -> None:
    """Move the new site to its place; the old one goes only when that worked."""
    old = place.with_name("html.old")
    shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        _patiently(lambda: os.rename(place, old))
    _patiently(lambda: os.rename(fresh, place))
    shutil.rmtree(old, ignore_errors=True)


def _patiently(action: Callable[[], object]) -> object:
    """Windows refuses to rename a folder while a file in it is being read: wait."""
    for _ in range(20):
        try:
            return action()
        except PermissionError:
            time.sleep(0.5)
    raise Failure(
        "_build/html cannot be replaced: another program uses it.",
        "Stop `course.py site --serve` and close windows on that folder, then again.",
    )


# Showing


def say_where(root: Path, open_it: bool) -> None:
    """Print where the site is, and open it if asked."""
    address = (pages_folder(root) / "index.html").as_uri()
    say(f"\nThe book is ready. Open this in a browser:\n  {address}")
    if open_it and not webbrowser.open(address):
        say("No browser could be started from here.")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without printing each request."""

    def log_message(self, *args: object) -> None:
        """Print nothing."""


def serve(server: http.server.ThreadingHTTPServer, open_it: bool) -> None:
    """Serve the site on 127.0.0.1 until Ctrl+C; open the browser too if asked."""
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    say(f"\nThe book is at {address} (on this machine only). Ctrl+C ends it.")
    if open_it:
        webbrowser.open(address)
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    say("\nThe server has stopped.")


def listening(folder: Path, port: int | None) -> http.server.ThreadingHTTPServer:
    """A server of a folder, on a port of 127.0.0.1; it answers nothing yet.

    Args:
        folder: what to serve; it may be made later.
        port: the port; None takes 8000 or, where that is in use, the next free one.

    Raises:
        Failure: the port is in use, not allowed, or not a port.
    """
    handler = functools.partial(Quiet, directory=str(folder))
    wanted = range(FIRST_PORT, FIRST_PORT + PORTS) if port is None else [port]
    for number in wanted:
        try:
            return Server(("127.0.0.1", number), handler)
        except (OSError, OverflowError):
            continue
    last = FIRST_PORT + PORTS - 1
    shown = f"port {port}" if port is not None else f"ports {FIRST_PORT} to {last}"
    raise Failure(
        f"{shown} cannot be used on this machine (taken, not allowed, or no port).",
        "Choose another one, such as: python3 course.py site --serve --port 8123",
    )


class Server(http.server.ThreadingHTTPServer):
    """Never shares a port with another program."""

    allow_reuse_address = os.name != "nt"  # on Windows this would share it
    daemon_threads = True
