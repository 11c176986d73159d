"""What the tools know about the book's notebooks: where they are, how they begin, how
they are read, cleaned and written. Nothing here runs a notebook.
"""

from __future__ import annotations

import ast
import atexit
import functools
import json
import os
import pickle
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Loading nbformat draws in this package's grammar of web addresses, where it is there:
# seconds, for a check that no notebook needs. None makes Python take it for absent.
GRAMMAR = "rfc3987_syntax"
sys.modules.setdefault(GRAMMAR, None)  # type: ignore[arg-type]

import nbformat  # noqa: E402
from nbformat import NotebookNode  # noqa: E402

if sys.modules[GRAMMAR] is None:
    del sys.modules[GRAMMAR]

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from shared import RELEASE, REPOSITORY, contents  # noqa: E402 (the path comes first)

CHAPTER = re.compile(r"(\d\d)_[a-z0-9_]+\.ipynb")
APPENDIX = re.compile(r"appendix_([a-z])_[a-z0-9_]+\.ipynb")
FOLDERS = ("", "exercises", "solutions")
# What an `extra` cell prints, alone, where its data cannot be had.
SKIPPED = "Skipped: "

FIRST_CELL_TEMPLATE = """\
# Find the book's code in a folder above; where there is none (Colab), fetch it.
import os
import shutil
import subprocess
import sys
from pathlib import Path

ADDRESS = os.environ.get("BLOCKS_ADDRESS", "https://github.com/{repository}")
above = [Path.cwd(), *Path.cwd().parents]
home = next((p for p in above if (p / "shared" / "__init__.py").is_file()), None)
if home is None:
    home = Path("{folder}").resolve()
    if not home.exists():
        part = home.with_name(home.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        clone = ["git", "-c", "advice.detachedHead=false", "clone", "-q"]
        clone += ["--depth", "1", "--branch", "{release}", ADDRESS, str(part)]
        quiet = {{**os.environ, "GIT_TERMINAL_PROMPT": "0"}}
        if not shutil.which("git") or subprocess.call(clone, env=quiet):
            shutil.rmtree(part, ignore_errors=True)
            raise RuntimeError(
                f"The book could not be fetched from {{ADDRESS}}. Check the network "
                "and that git is installed, then run this cell again."
            )
        part.rename(home)
    os.chdir(home / "book")
if str(home) not in sys.path:
    sys.path.insert(0, str(home))

import shared

shared.setup()"""


class NotebookError(Exception):
    """A notebook that cannot be used; the message says which, why and what to do."""


def first_cell(repository: str = REPOSITORY, release: str = RELEASE) -> str:
    """Return the code cell that every notebook begins with."""
    folder = f"{repository.split('/')[-1]}-{release}"
    return FIRST_CELL_TEMPLATE.format(
        repository=repository, release=release, folder=folder
    )


FIRST_CELL = first_cell()


# --- which notebooks there are ---------------------------------------------------


def pages(root: Path = ROOT) -> list[Path]:
    """Return every notebook of the book: chapters, exercises and solutions, sorted."""
    found: list[Path] = []
    for folder in FOLDERS:
        found += sorted((root / "book" / folder).glob("*.ipynb"))
    return found


def chapters(root: Path = ROOT) -> dict[str, Path]:
    """Return the chapters' notebooks by number: {"01": .../01_guessing....ipynb}.

    The list is `_toc.yml`; a chapter in it that has no file raises NotebookError.
    """
    try:
        found = {one.number: root / one.file for one in contents.chapters(root)}
    except contents.ContentsError as error:
        raise NotebookError(str(error)) from None
    for path in found.values():
        if not path.is_file():
            raise NotebookError(
                f"_toc.yml names {label(path, root)}, and there is no such notebook: "
                "add it, or take the entry out"
            )
    return found


def number(path: Path) -> str:
    """Return a notebook's chapter number ("01"), or "" for a page without one."""
    match = CHAPTER.fullmatch(path.name)
    return match[1] if match else ""


def letter(path: Path) -> str:
    """Return an appendix notebook's letter as its exercises write it ("A"), or ""."""
    match = APPENDIX.fullmatch(path.name)
    return match[1].upper() if match else ""


def label(path: Path, root: Path = ROOT) -> str:
    """Return the path as a reader of the repository writes it."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)


# --- reading and writing ---------------------------------------------------------


def read(path: Path) -> NotebookNode:
    """Read a notebook; anything wrong with the file raises NotebookError."""
    name = label(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise NotebookError(f"{name}: there is no such notebook") from None
    except IsADirectoryError:
        raise NotebookError(f"{name}: a folder, where a notebook is needed") from None
    except UnicodeDecodeError as error:
        raise NotebookError(f"{name}: not valid UTF-8 ({error})") from None
    return pickle.loads(checked(name, text))  # a copy that the caller may change


@functools.lru_cache(maxsize=128)
def checked(name: str, text: str) -> bytes:
    """A notebook's text as a notebook, pickled: tools read the same ones many times."""
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotebookError(
            f"{name}: not a notebook, the JSON breaks in line {error.lineno} "
            f"({error.msg}); restore it with git or save it again from Jupyter"
        ) from None
    if not isinstance(raw, dict) or not isinstance(raw.get("cells"), list):
        raise NotebookError(f"{name}: not a notebook of format 4, it has no cells")
    name_cells(raw)
    try:
        return pickle.dumps(nbformat.reads(json.dumps(raw), as_version=4))
    except Exception as error:  # nbformat has no common class for its refusals
        reason = str(error).splitlines()[0]
        raise NotebookError(f"{name}: not a valid notebook ({reason})") from None


def name_cells(raw: dict) -> None:
    """Give each cell without an id, or with a used one, an id that stays the same."""
    used: set[str] = set()
    for position, cell in enumerate(raw["cells"], start=1):
        name = cell.get("id")
        if not isinstance(name, str) or not name or name in used:
            name = f"cell-{position:03d}"
            while name in used:
                name += "x"
        cell["id"] = name
        used.add(name)
    raw["nbformat"], raw["nbformat_minor"] = 4, 5


def dumps(nb: NotebookNode) -> str:
    """Return the text of a notebook file: sorted keys, one space, one last newline."""
    text = nbformat.writes(nb, indent=1, ensure_ascii=False)
    return text.rstrip("\n") + "\n"


def write(path: Path, text: str) -> bool:
    """Write `text` under a second name, then rename; say whether the file changed."""
    data = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return False
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mode = path.stat().st_mode if path.exists() else 0o644
        os.chmod(part, mode & 0o777)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return True


# --- cells -----------------------------------------------------------------------


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """Return the code cells in order."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    """Return a cell's tags."""
    return list(cell.metadata.get("tags", []))


def plain_python(source: str) -> str:
    """Return a cell's text with lines of Jupyter's own (`%`, `!`) made comments."""
    if source.lstrip().startswith("%%"):
        return ""
    return re.sub(r"^([ \t]*)[%!]", r"\1pass  # ", source, flags=re.M)


def trees(nb: NotebookNode) -> Iterator[tuple[NotebookNode, ast.Module]]:
    """Yield every code cell that is valid Python with its syntax tree."""
    for cell in code_cells(nb):
        try:
            yield cell, ast.parse(plain_python(cell.source))
        except SyntaxError:
            continue


# --- kernels ---------------------------------------------------------------------


@functools.cache
def kernel_variables() -> dict[str, str]:
    """Return what the environment of every kernel holds, baking and testing alike.

    One thread, as the tests run two notebooks side by side; figures inside the page;
    and none of this user's own settings of IPython, which may change what is shown.
    Training runs begin anew, unless BLOCKS_RUNS names a folder that may hold them: a
    run that is only gone on with proves nothing about the code that it began with.
    """
    folder = tempfile.mkdtemp(prefix="blocks-ipython-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "IPYTHONDIR": folder,
        "BLOCKS_RUNS": os.environ.get("BLOCKS_RUNS") or folder,
    }


# --- outputs ---------------------------------------------------------------------


def _cleaners() -> list[tuple[re.Pattern[str], str]]:
    """Return what in a printed text differs from machine to machine, and its stand-in.

    Applied when a notebook is baked, and to both sides when it is compared.
    """
    folders = [(sys.prefix, ".venv"), (str(ROOT), "block-by-block")]
    folders += [(str(Path.home()), "~")] if len(str(Path.home())) > 1 else []
    folders.sort(key=lambda pair: -len(pair[0]))
    rules = [
        (re.compile(re.escape(folder) + r"(?![\w.-])"), name)
        for folder, name in folders
    ]
    scratch = re.escape(tempfile.gettempdir())
    rules.append((re.compile(scratch + r"[/\\]ipykernel_\d+[/\\]\d+\.py"), "<cell>"))
    rules.append((re.compile(scratch + r"[/\\]tmp\w+"), "<temporary>"))
    rules.append((re.compile(r"0x[0-9a-fA-F]{6,}"), "0x…"))
    rules.append((re.compile(r"\x1b\[[0-9;]*m"), ""))
    return rules


CLEANERS = _cleaners()


def clean(text: str) -> str:
    """Return a printed text without addresses, private paths and terminal colours."""
    for pattern, name in CLEANERS:
        text = pattern.sub(name, text)
    return text
