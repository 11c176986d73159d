"""What `course.py test` runs, and the lines that say how it ended.

Every part runs even when an earlier one failed, so that one run shows everything.
"""

import contextlib
import json
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import netcut
import website
from steps import Failure, Step, print_block, run, say

if TYPE_CHECKING:
    from environment import Environment

RUFF = ["check", "--no-cache", "--quiet", "--config", "tests/ruff.toml"]
CHECKED = ["course.py", "shared", "tests", "book"]
SITE_TESTS = "tests/test_site.py"
TWO_AT_A_TIME = ["-n", "2", "--dist", "loadscope"]
TWO_BROWSERS = ["-n", "2", "--dist", "worksteal"]  # one file, tests of all lengths
QUICK_MINUTES = 1.5  # of measured running time, for the pages that --quick runs
COUNTED = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed)\b")


class Suite:
    """One run of the tests.

    Args:
        root: the checkout.
        quick: leave out tests marked slow and most pages.
        chosen: pytest's own arguments; when there are any, only pytest runs.
    """

    def __init__(self, root: Path, quick: bool, chosen: list[str]) -> None:
        self.root, self.quick, self.chosen = root, quick, chosen
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []
        self.notes: list[str] = []
        # Pages that are run twice, without and with real data, train once.
        self.runs = tempfile.TemporaryDirectory(prefix="blocks-runs-")
        self.start = time.perf_counter()

    def steps(self, environment: "Environment") -> list[Step]:
        """The steps, in order."""
        self.environment = environment
        if self.chosen:
            return [Step("Running the chosen tests", self.run_chosen)]
        if self.quick:
            tests = Step("Unit tests, gates and quick pages", self.run_quick)
            middle = [tests]
        else:
            middle = [
                Step("Every page, the network cut where possible", self.run_pages),
                Step("Unit tests, gates, pages with real data", self.run_tests),
            ]
        steps = [Step("Style and undefined names", self.run_ruff), *middle]
        steps.append(Step("Building the site, warnings are errors", self.build_site))
        if (self.root / SITE_TESTS).exists():
            steps.append(Step("Testing the site", self.run_site_tests))
        return steps

    def close(self) -> int:
        """Print the closing lines; return the exit code."""
        always = ["passed", "failed", "skipped"]
        kinds = always + [kind for kind in sorted(self.counts) if kind not in always]
        told = [f"{self.counts[kind]} {kind}" for kind in kinds]
        seconds = time.perf_counter() - self.start
        say()
        for note in self.notes:
            say(f"Note: {note}")
        for part in self.failed:
            say(f"FAILED: {part}")
        verdict = "FAILED" if self.failed else "passed"
        say(f"course.py test {verdict}: {', '.join(told)} in {seconds:.0f} s")
        return 1 if self.failed else 0

    # The parts

    def run_ruff(self) -> str | None:
        """Ruff over modules, tools and notebooks."""
        present = [name for name in CHECKED if (self.root / name).exists()]
        checked = run(
            [self.environment.python, "-m", "ruff", *RUFF, *present],
            cwd=self.root,
            env=self.environment.variables(),
        )
        if checked.code:
            print_block(checked.lines)
            self.failed.append("ruff; the lines above say where")
            return "problems found"
        return None

    def run_pages(self) -> str | None:
        """All notebooks, where neither a network nor a mirror of data is there."""
        return self._pytest("pages", ["book", *TWO_AT_A_TIME], cut=True)

    def run_tests(self) -> str | None:
        """Everything in tests/ but the site, and the pages that use real data."""
        extra = [page for page in self._notebooks("**/*.ipynb") if has_extra(page)]
        what = ["tests", f"--ignore={SITE_TESTS}", *map(self._name, extra)]
        return self._pytest("tests", [*what, *TWO_AT_A_TIME])

    def run_quick(self) -> str | None:
        """What daily work needs: the quick tests, and pages that take little time."""
        pages, left = self._quick_pages()
        if left:
            self.notes.append(f"--quick left out {len(left)} pages and slow tests.")
        what = ["tests", f"--ignore={SITE_TESTS}", *self._speed(), *pages]
        return self._pytest("tests", [*what, *TWO_AT_A_TIME])

    def build_site(self) -> str | None:
        """The site, as `course.py site` builds it."""
        try:
            return website.build(self.root, self.environment)
        except Failure as failure:
            self.failed.append(f"building the site: {failure.what.splitlines()[0]}")
            return "problems found"

    def run_site_tests(self) -> str | None:
        """The tests of the built site; those with a browser skip where none is."""
        if any(part.startswith("building the site") for part in self.failed):
            return "left out, because the site could not be built"
        return self._pytest("site", [*self._speed(), SITE_TESTS, *TWO_BROWSERS])

    def run_chosen(self) -> str | None:
        """Only what pytest's own arguments select."""
        return self._pytest("chosen tests", [*self._speed(), *self.chosen])

    # Running pytest

    def _speed(self) -> list[str]:
        return ["-m", "not slow"] if self.quick else []

    def _pytest(self, part: str, what: list[str], cut: bool = False) -> str | None:
        command = [self.environment.python, "-m", "pytest", "-q", "-rfEs"]
        command += what
        with tempfile.TemporaryDirectory(prefix="blocks-") as folder:
            variables = self._variables(Path(folder), cut)
            if cut:
                inside = netcut.wrapped(command)
                self._note_cut(inside is not None)
                command = inside or command
            ran = run(command, cwd=self.root, env=variables, live=True)
        told = self._count(ran.lines)
        if ran.code:
            self.failed.append(f"{part}: {told} (pytest's exit code {ran.code})")
        return told

    def _variables(self, folder: Path, cut: bool) -> dict[str, str]:
        """One thread each, nothing of the user's own settings; no mirror when cut."""
        more = {"OMP_NUM_THREADS": "1", "IPYTHONDIR": str(folder / "ipython")}
        more["BLOCKS_RUNS"] = self.runs.name
        if cut:
            empty = folder / "empty"
            empty.mkdir()
            more |= {"BLOCKS_CACHE": str(empty), "TIKTOKEN_CACHE_DIR": str(empty)}
        variables = self.environment.variables(**more)
        if cut:
            variables.pop("BLOCKS_DATA", None)
        return variables

    def _note_cut(self, possible: bool) -> None:
        if possible:
            note = "every page ran with the network cut: Parts I and II need none."
        else:
            note = (
                "not proven here: that the pages need no network. Linux can show it "
                "where `unshare --map-root-user --net true` is allowed."
            )
        self.notes.append(note)

    def _count(self, lines: list[str]) -> str:
        """Add up pytest's own closing line; return it."""
        closing = [line for line in lines if COUNTED.search(line) and " in " in line]
        told = closing[-1].strip("= ") if closing else "pytest did not finish"
        for number, kind in COUNTED.findall(told):
            self.counts["errors" if kind == "error" else kind] += int(number)
        return told

    # Which pages

    def _notebooks(self, pattern: str) -> list[Path]:
        return sorted((self.root / "book").glob(pattern))

    def _name(self, page: Path) -> str:
        return page.relative_to(self.root).as_posix()

    def _quick_pages(self) -> tuple[list[str], list[str]]:
        """Chapters, the shortest first, while the time lasts; and all the others."""
        minutes = {}
        with contextlib.suppress(OSError, ValueError, KeyError):
            text = (self.root / "book" / "minutes.json").read_text("utf-8")
            rows = json.loads(text)["chapters"].items()
            minutes = {name: row["whole"]["running"] for name, row in rows}
        chapters = self._notebooks("[0-9]*.ipynb")
        takes = {page: minutes.get(page.stem) or 0.5 for page in chapters}
        chapters.sort(key=lambda page: (takes[page], page.name))
        taken, total = [], 0.0
        for page in chapters:
            total += takes[page]
            if total <= QUICK_MINUTES:
                taken.append(self._name(page))
        every = [self._name(page) for page in self._notebooks("**/*.ipynb")]
        return taken, [page for page in every if page not in taken]


def has_extra(page: Path) -> bool:
    """Whether a notebook has cells tagged `extra`, which use real data."""
    cells = json.loads(page.read_text("utf-8"))["cells"]
    return any("extra" in cell.get("metadata", {}).get("tags", []) for cell in cells)
