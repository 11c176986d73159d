"""Run notebooks from top to bottom and store their outputs in one canonical form.

    python tests/tools/bake.py [FILES]          run and store (without FILES: all pages)
    python tests/tools/bake.py -j 2 FILES       two notebooks side by side
    python tests/tools/bake.py --check [FILES]  run nothing; exit 1 if one is not baked

A second run changes no byte. A notebook is written only when every cell of it has run,
under a second name first, so that an error or an interruption leaves the old one whole.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import budget
import compare
import nbformat
import notebooks
import paths
from canonical import tidy, unbaked
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager
from notebooks import NotebookError

TIMEOUT = 300
HEAD = "where_you_are("
# nbclient logs on its own what our messages say in one sentence.
QUIET = logging.getLogger("block-by-block.bake")
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False


# --- running ---------------------------------------------------------------------


class OwnKernel(AsyncKernelManager):
    """Starts this environment's Python, whatever kernels the user has installed."""

    def _kernel_spec_manager_default(self) -> NbvalKernelspecManager:
        return NbvalKernelspecManager(parent=self)


def run(nb: NotebookNode, path: Path, timeout: float, **more: str) -> None:
    """Run a notebook's cells in a fresh kernel; raise NotebookError when one fails.

    more: further variables of the kernel's environment.
    """
    name, started = notebooks.label(path), []
    client = NotebookClient(
        nb,
        timeout=timeout,
        timeout_func=lambda cell: cell.metadata.get("timeout", timeout),
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        kernel_manager_class=OwnKernel,
        record_timing=False,
        coalesce_streams=False,  # it would move prints past pictures; tidy joins
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=40"],
        on_notebook_start=lambda notebook: let_signals_through(),
        on_cell_start=lambda cell, cell_index: started.append(cell),
        log=QUIET,
    )
    for cell in notebooks.code_cells(nb):
        cell.outputs, cell.execution_count = [], None
    try:
        client.execute(env={**os.environ, **notebooks.kernel_variables(), **more})
    except CellTimeoutError:
        raise NotebookError(
            f"{name}: {where(nb, started)} ran longer than its time limit; make it "
            "quicker, or give the cell more time (metadata `timeout`, seconds)"
        ) from None
    except DeadKernelError:
        raise NotebookError(
            f"{name}: the kernel died in {where(nb, started)} (out of memory, or "
            "killed); the notebook on disk is as it was"
        ) from None
    except CellExecutionError as error:
        value = notebooks.clean(error.evalue)
        raise NotebookError(
            f"{name}: {where(nb, started)} raised {error.ename}: {value}"
        ) from None
    except RuntimeError as error:
        raise NotebookError(f"{name}: no kernel could be started ({error})") from None


def let_signals_through() -> None:
    """Let Ctrl-C stop the run: nbclient would only stop the kernel, and go on."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(RuntimeError):  # Windows, or not the main thread
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)


def where(nb: NotebookNode, started: list[NotebookNode]) -> str:
    """Name the cell at which a run stopped: its position and its first line."""
    last = started[-1] if started else notebooks.code_cells(nb)[0]
    ids = [cell.id for cell in notebooks.code_cells(nb)]
    lines = last.source.strip().splitlines() or [""]
    return f"code cell {ids.index(last.id) + 1} ({lines[0][:60]!r})"


def empty_cells(nb: NotebookNode) -> list[int]:
    """Return the positions of code cells with nothing in them (they never run)."""
    cells = enumerate(notebooks.code_cells(nb), start=1)
    return [position for position, cell in cells if not cell.source.strip()]


def bake(path: Path, timeout: float = TIMEOUT, root: Path = notebooks.ROOT) -> float:
    """Run one notebook and store it; return the seconds it took.

    Raises NotebookError and leaves the file as it was when anything goes wrong.
    """
    nb = notebooks.read(path)
    if empty := empty_cells(nb):
        name = notebooks.label(path)
        raise NotebookError(f"{name}: code cells {empty} are empty; delete them")
    before = {cell.id: cell.outputs for cell in notebooks.code_cells(nb)}
    started = time.perf_counter()
    run(nb, path, timeout)
    seconds = time.perf_counter() - started
    keep_extra(nb, path, before)
    if is_chapter(path, root) and budget.renew(root):
        rerun_head(nb, path, timeout)
    notebooks.write(path, notebooks.dumps(tidy(nb)))
    return seconds


def time_two_cores(path: Path, timeout: float, root: Path = notebooks.ROOT) -> dict:
    """Record what a chapter's path and the whole chapter take; return the seconds.

    Two threads, by the clock, on a machine with nothing else to do, trainings from the
    first step. A chapter without detours runs once. Its outputs stay, but for its head.
    Raises NotebookError as bake does.
    """
    if not is_chapter(path, root):
        name = notebooks.label(path, root)
        raise NotebookError(f"{name}: no chapter, and only chapters have minutes")
    whole = timed(notebooks.read(path), path, timeout)
    seconds = {"path": whole, "whole": whole}
    nb = notebooks.read(path)
    if paths.detours(nb):
        nb.cells = paths.path_cells(nb)
        seconds["path"] = min(whole, timed(nb, path, timeout))
    if budget.record(path, seconds, root):
        nb = notebooks.read(path)
        rerun_head(nb, path, timeout)
        notebooks.write(path, notebooks.dumps(tidy(nb)))
    return seconds


def timed(nb: NotebookNode, path: Path, timeout: float) -> float:
    """Run a notebook with two threads; return the seconds."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as runs:
        run(nb, path, timeout, OMP_NUM_THREADS="2", BLOCKS_RUNS=runs)
    return time.perf_counter() - started


def keep_extra(nb: NotebookNode, path: Path, before: dict) -> None:
    """Give `extra` cells whose data is absent here the outputs that they had `before`.

    Whether these are still true is tested where the data is.
    """
    for position, cell in enumerate(notebooks.code_cells(nb), start=1):
        if "extra" not in notebooks.tags(cell) or not compare.skipped(cell.outputs):
            continue
        if not before[cell.id] or compare.skipped(before[cell.id]):
            raise NotebookError(
                f"{notebooks.label(path)}: code cell {position} needs real data that "
                "is not here; name a folder that has it in BLOCKS_DATA and bake again"
            )
        cell.outputs = before[cell.id]


def is_chapter(path: Path, root: Path) -> bool:
    """Say whether the budget counts this notebook."""
    return path.resolve() in [p.resolve() for p in notebooks.chapters(root).values()]


def rerun_head(nb: NotebookNode, path: Path, timeout: float) -> None:
    """Run the cells up to the one that prints the minutes again: they have changed."""
    for position, cell in enumerate(nb.cells):
        if cell.cell_type == "code" and HEAD in cell.source:
            head = nbformat.from_dict({**nb, "cells": nb.cells[: position + 1]})
            run(head, path, timeout)
            cell.outputs = head.cells[position].outputs
            return


# --- the command -----------------------------------------------------------------


def attempt(path: Path, timeout: float) -> tuple[float, str]:
    """Bake one notebook; return (seconds, what went wrong)."""
    try:
        return bake(path, timeout), ""
    except NotebookError as error:
        return 0.0, str(error)
    except OSError as error:
        return 0.0, f"{notebooks.label(path)}: not written, it is as it was ({error})"


def bake_all(paths: list[Path], jobs: int, timeout: float) -> int:
    """Bake several notebooks, `jobs` at a time; return how many failed."""
    if jobs == 1 or len(paths) == 1:
        return sum(told(path, *attempt(path, timeout)) for path in paths)
    failed = 0
    context = get_context("spawn")
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
        waiting = {pool.submit(in_worker, path, timeout): path for path in paths}
        try:
            for done in as_completed(waiting):
                failed += told(waiting[done], *done.result())
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return failed


def in_worker(path: Path, timeout: float) -> tuple[float, str]:
    """Bake one notebook in a process of a pool, where Ctrl-C must not be a crash."""
    try:
        return attempt(path, timeout)
    except KeyboardInterrupt:
        return 0.0, f"{notebooks.label(path)}: interrupted"


def told(path: Path, seconds: float, problem: str) -> bool:
    """Print how one notebook went; return whether it failed."""
    if problem:
        print(problem, file=sys.stderr, flush=True)
    else:
        print(f"{notebooks.label(path)}: baked in {seconds:.1f} s", flush=True)
    return bool(problem)


def check_all(paths: list[Path]) -> int:
    """Say which notebooks are not in baked form; return how many."""
    failed = 0
    for path in paths:
        try:
            problem = unbaked(path)
        except NotebookError as error:
            problem = str(error)
        if problem:
            failed += 1
            name = notebooks.label(path)
            print(f"{name}: {problem}; run `course.py bake`", file=sys.stderr)
    print(f"{len(paths)} notebooks, {failed} not in baked form")
    return failed


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="course.py bake", description=__doc__.splitlines()[0]
    )
    parser.add_argument("files", nargs="*", type=Path, help="default: every page")
    parser.add_argument("--check", action="store_true", help="run nothing, compare")
    parser.add_argument(
        "--time", action="store_true", help="record chapters' minutes on two cores"
    )
    parser.add_argument("-j", "--jobs", type=int, default=1, help="side by side")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="s per cell")
    options = parser.parse_args(arguments)
    paths = options.files or notebooks.pages()
    if options.check:
        return bool(check_all(paths))
    try:
        if options.time:
            for path in paths:
                told = time_two_cores(path, options.timeout)
                print(f"{path}: path {told['path']:.0f} s, whole {told['whole']:.0f} s")
            return 0
        return bool(bake_all(paths, max(1, options.jobs), options.timeout))
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: notebooks not yet reported are as they were.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
