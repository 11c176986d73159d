"""Let tests import shared/ and the tools, keep pytest out of the built site, and make
small repositories for the tools' own tests.
"""

import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# What the head of a chapter needs.
NEEDED = (
    *("__init__.py", "contents.py", "lazy.py", "whole_files.py"),
    *("checkpoint/__init__.py", "checkpoint/passport.py", "models/passport.json"),
)
for folder in (HERE / "tools", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def pytest_configure(config) -> None:
    """The built site holds copies of the notebooks; they are not tests."""
    config.addinivalue_line("norecursedirs", "_build")
    slow = "slow: left out by `course.py test --quick`"
    config.addinivalue_line("markers", slow)
    config.addinivalue_line("markers", "gpu: needs a CUDA GPU; skipped elsewhere")


NO_GPU = "marked gpu, and this machine has none"


def pytest_runtest_setup(item) -> None:
    """Tests that are marked gpu are reported as skipped where there is none."""
    if item.get_closest_marker("gpu") is None:
        return
    import torch

    if not torch.cuda.is_available():
        pytest.skip(NO_GPU)


def pytest_terminal_summary(terminalreporter) -> None:
    """Say in one line how many tests wait for a GPU."""
    skipped = terminalreporter.stats.get("skipped", [])
    waiting = sum(NO_GPU in str(report.longrepr) for report in skipped)
    if waiting:
        terminalreporter.write_line(f"{waiting} tests were skipped: {NO_GPU}")


@pytest.hookimpl(optionalhook=True)  # xdist may be absent
def pytest_xdist_make_scheduler(config, log):
    """Keep the cells of a notebook in one process, also where `--dist` is not given."""
    if config.getvalue("dist") == "load":
        from xdist.scheduler import LoadScopeScheduling

        return LoadScopeScheduling(config, log)
    return None


class Tree:
    """A repository of the book's layout with as few files as a test needs."""

    def __init__(self, root: Path) -> None:
        self.root, self.book = root, root / "book"
        (root / "tests").mkdir(parents=True)
        self.book.mkdir()
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HERE / "tools", root / "tests" / "tools", ignore=skip)
        shutil.copy(HERE / "conftest.py", root / "tests")
        (root / "shared").mkdir()
        for name in NEEDED:
            (root / "shared" / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / "shared" / name, root / "shared" / name)
        self.listed: dict[str, str] = {}
        self.list_chapters()
        shutil.copy(ROOT / "book" / "conftest.py", self.book)

    def module(self, name: str, text: str) -> Path:
        """Write shared/NAME.py."""
        path = self.root / "shared" / f"{name}.py"
        path.write_text(text, "utf-8")
        return path

    def list_chapters(self) -> None:
        """Write _toc.yml: the chapters of each part, in order."""
        lines = ["format: jb-book", "root: book/index", "parts:"]
        for part in sorted(set(self.listed.values())):
            lines += [f"  - caption: {part}", "    chapters:"]
            for name in sorted(self.listed):
                if self.listed[name] == part:
                    title = f"{name[:2]} {name[3:].replace('_', ' ').capitalize()}"
                    lines += [f"      - file: book/{name}", f'        title: "{title}"']
        text = "\n".join(lines) + ("" if self.listed else " []") + "\n"
        (self.root / "_toc.yml").write_text(text, "utf-8")

    def page(self, name: str, *cells, first: bool = True, part: str = "Part I") -> Path:
        """Write book/NAME.ipynb, not yet run. A cell is text, or (text, tags or
        metadata); text that begins with "# " and a capital letter is prose. A chapter
        is listed in _toc.yml."""
        import nbformat
        import notebooks

        make, made = nbformat.v4, []
        if first:
            tags = {"tags": ["hide-input"]}
            made.append(make.new_code_cell(notebooks.FIRST_CELL, metadata=tags))
        for cell in cells:
            text, extra = cell if isinstance(cell, tuple) else (cell, {})
            metadata = extra if isinstance(extra, dict) else {"tags": list(extra)}
            prose = text.startswith("# ") and text[2:3].isupper()
            new = make.new_markdown_cell if prose else make.new_code_cell
            made.append(new(text, metadata=metadata))
        for position, cell in enumerate(made, start=1):
            cell["id"] = f"c{position}"
        if notebooks.CHAPTER.fullmatch(f"{name}.ipynb"):
            self.listed[name] = part
            self.list_chapters()
        path = self.book / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(notebooks.dumps(make.new_notebook(cells=made)), "utf-8")
        return path


@pytest.fixture
def tree(tmp_path) -> Tree:
    """Return a small repository in a temporary folder."""
    return Tree(tmp_path / "repository")
