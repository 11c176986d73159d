"""Every notebook of the book is a test: each cell runs, and what it shows is compared
with what the page shows (tests/tools/compare.py has the rules).

pytest loads this file whichever way it is called: from the root, from here, from
tests/, for one notebook, in parallel; no flag is needed. `--nbval-cell-timeout SECONDS`
changes the time that a cell may take (300 s; a cell's metadata `timeout` lengthens it).
"""

import os
import sys
import time
from pathlib import Path
from queue import Empty

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

HERE = Path(__file__).resolve().parent
for folder in (HERE.parent / "tests" / "tools", HERE.parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import compare  # noqa: E402 (found through the path above)
import notebooks  # noqa: E402

TIMEOUT = 300.0
NBVAL_DEFAULT = 2000.0
POLL = 0.5  # seconds between two looks at whether the kernel is alive


class KernelDied(Exception):
    """The kernel's process ended while a cell ran."""


def pytest_configure(config) -> None:
    """Notebooks are tests, and this environment's Python is their kernel."""
    config.option.nbval = True
    if not config.option.nbval_kernel_name:
        config.option.nbval_current_env = True
    if config.option.nbval_cell_timeout == NBVAL_DEFAULT:
        config.option.nbval_cell_timeout = TIMEOUT


@pytest.hookimpl(optionalhook=True)  # xdist may be absent
def pytest_xdist_make_scheduler(config, log):
    """Keep the cells of a notebook in one process, also where `--dist` is not given."""
    if config.getvalue("dist") == "load":
        from xdist.scheduler import LoadScopeScheduling

        return LoadScopeScheduling(config, log)
    return None


# --- reading ---------------------------------------------------------------------


def collect(self):
    """Collect a notebook's cells; a broken file is one clear failure."""
    try:
        notebooks.read(self.path)
    except notebooks.NotebookError as error:
        raise self.CollectError(str(error)) from None
    self.stopped = ""
    return nbval_collect(self)


def start(self) -> None:
    """Start the notebook's kernel in the same environment as `bake` does."""
    before = dict(os.environ)
    os.environ.update(notebooks.kernel_variables())
    try:
        nbval_start(self)
    finally:
        for name in notebooks.kernel_variables():
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


# --- running ---------------------------------------------------------------------


def await_reply(self, msg_id, timeout=None) -> None:
    """Wait for a cell's reply, and notice within a second when the kernel is dead."""
    deadline = time.monotonic() + (TIMEOUT if timeout is None else timeout)
    while True:
        left = deadline - time.monotonic()
        try:
            msg = self.get_message(stream="shell", timeout=max(0, min(POLL, left)))
        except Empty:
            if not self.is_alive():
                raise KernelDied from None
            if left <= 0:
                raise
            continue
        if msg["parent_header"].get("msg_id") == msg_id:
            if msg["content"]["status"] == "aborted":
                raise RuntimeError("the kernel refused to run the cell")
            return


def run_cell(self) -> None:
    """Run one cell; after a cell that ended the run, the rest are skipped at once."""
    if self.parent.stopped:
        pytest.skip(self.parent.stopped)
    if self.cell.execution_count is None:
        self.parent.stopped = f"Cell {self.cell_num} was never run"
        self.raise_cell_error(
            "The page was stored before this cell was run; run `course.py bake`"
        )
    option, usual = self.config.option, self.config.option.nbval_cell_timeout
    try:
        option.nbval_cell_timeout = max(usual, self.cell.metadata.get("timeout", 0))
        nbval_run(self)
    except KernelDied:
        self.parent.stopped = f"the kernel died in Cell {self.cell_num}"
        self.raise_cell_error(
            "The kernel died while this cell ran (out of memory, or killed)"
        )
    except NbCellError:
        if self.parent.timed_out:
            self.parent.stopped = f"Cell {self.cell_num} ran out of time"
        raise
    finally:
        option.nbval_cell_timeout = usual


def compare_outputs(self, test, ref, skip_compare=None) -> bool:
    """Compare a cell's new outputs (`test`) with the stored ones (`ref`)."""
    try:
        tolerance = compare.Tolerance.of(self.cell.metadata)
    except ValueError as error:
        self.comparison_traceback = [str(error)]
        return False
    if "extra" in notebooks.tags(self.cell) and compare.skipped(test):
        if not mirror():
            return True
        found = "The cell skipped itself although BLOCKS_DATA names a folder."
    else:
        found = compare.difference(ref, test, tolerance)
    self.comparison_traceback = [found]
    return not found


def mirror() -> bool:
    """Say whether a folder of real data is at hand."""
    folder = os.environ.get("BLOCKS_DATA")
    return bool(folder) and Path(folder).is_dir()


def before_cell(self) -> None:
    """nbval expects every cell after a timeout to fail; here they are skipped."""


nbval_collect, nbval_start = IPyNbFile.collect, IPyNbFile.setup
nbval_run = IPyNbCell.runtest
IPyNbFile.collect, IPyNbFile.setup = collect, start
IPyNbCell.runtest, IPyNbCell.setup = run_cell, before_cell
IPyNbCell.compare_outputs = compare_outputs
RunningKernel.await_reply = await_reply
