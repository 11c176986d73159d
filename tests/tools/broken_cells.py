"""Break one cell of a page, run what follows, and see whether a printed number moves.

    python tests/tools/broken_cells.py NOTEBOOK PLAN   PLAN: fields of Plan, in JSON

A page runs once as it is, with its long runs cut short, and once more with a fork at
each cell that is to be broken: the child lets the cell's object return zeros and goes
on until a printed number differs from that of the first run. Needs a system with fork.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import blocks
import notebooks
import own_cells

NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*(?:e-?\d+)?|\bTrue\b|\bFalse\b|\bnan\b")
METHODS = ("forward", "extend")  # of a class: what its results come from
Cut = tuple[str, str]  # a text in a cell, and what stands there in a short run


def zeros(result: Any) -> Any:
    """The same kind of result with every number at zero; gradients can still pass."""
    import torch

    if isinstance(result, torch.Tensor):
        return result.nan_to_num(0.0, 0.0, 0.0) * 0
    if isinstance(result, dict):
        return {name: zeros(value) for name, value in result.items()}
    if isinstance(result, tuple | list):
        return type(result)(zeros(value) for value in result)
    if isinstance(result, int | float) and not isinstance(result, bool):
        return type(result)(0)
    return result


def breaking(function: Callable) -> Callable:
    """A function that returns zeros; one that returns nothing is not called at all."""
    hints = getattr(function, "__annotations__", {})

    @functools.wraps(function)
    def broken(*arguments: Any, **named: Any) -> Any:
        if hints.get("return", "") in (None, "None"):
            return None
        return zeros(function(*arguments, **named))

    return broken


def break_it(names: dict[str, Any], name: str) -> None:
    """Let what a cell has defined return zeros, in a page's names."""
    thing = names[name]
    if not isinstance(thing, type):
        names[name] = breaking(thing)
        return
    method = next(method for method in METHODS if hasattr(thing, method))
    setattr(thing, method, breaking(getattr(thing, method)))


def shortened(source: str, cuts: list[Cut], used: set[str]) -> str:
    """A cell with its long runs cut; notes in `used` which cuts were made."""
    for old, new in cuts:
        if old in source:
            used.add(old)
            source = source.replace(old, new)
    return notebooks.plain_python(source)


def run_cell(source: str, names: dict[str, Any]) -> str:
    """Run one cell; what it has printed, and how its last line shows."""
    tree, said = ast.parse(source), io.StringIO()
    last = (
        tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    )
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(tree, "cell", "exec"), names)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
            print("" if shown is None else repr(shown))
    return said.getvalue()


def compared(path: Path, root_name: str) -> list[bool]:
    """Of each code cell: whether it counts, since it depends on the page's own root."""
    cells = notebooks.code_cells(notebooks.read(path))
    parsed = [ast.parse(notebooks.plain_python(cell.source)) for cell in cells]
    pairs = [(tree, bool(blocks.block_tags(c))) for tree, c in zip(parsed, cells)]
    if not root_name:
        return [not is_tagged for _, is_tagged in pairs]
    built = [root_name in own_cells.page_names(tree)[0] for tree in parsed]
    start = built.index(True) if True in built else -1
    shown = own_cells.shows(pairs, start, root_name)
    return [position in shown for position in range(len(cells))]


def child(
    cells: list[str],
    at: int,
    names: dict[str, Any],
    name: str,
    first: list[str | None],
    fault: Cut | None,
) -> str:
    """Break what cell `at` has defined and go on; what one sees first.

    fault: a text of the cell and what stands there instead; without one, zeros.
    """
    if fault is None:
        break_it(names, name)
    elif fault[0] not in cells[at]:
        return f"no longer holds {fault[0]!r}"
    else:
        run_cell(cells[at].replace(*fault), names)
    for position in range(at + 1, len(cells)):
        try:
            said = run_cell(cells[position], names)
        except Exception:
            what = traceback.format_exc(limit=-1).strip().splitlines()[-1]
            return f"code cell {position + 1} raises {what}"
        before = first[position]
        if before is not None and NUMBER.findall(said) != NUMBER.findall(before):
            return f"moves code cell {position + 1}"
    return "moves no printed number"


def forked(work: Callable[[], str]) -> str:
    """What a function returns in a forked child; the parent stays as it was."""
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        try:
            told = work()
        except BaseException as error:
            told = f"ends in {error!r}"
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(told or '"dies"')


@dataclass
class Plan:
    """How a page is run, and what is broken on it.

    names: leaves, such as "LayerNorm". root: the class whose results must move when
    one of `parts` is broken. cuts: how long runs become short ones. drop: texts of
    cells that are not run. end: a text of the first cell that is not run any more.
    faults: for a name, what is broken in its text; without one it returns zeros.
    """

    names: list[str]
    root: str = ""
    parts: list[str] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    end: str = ""
    faults: dict[str, Cut] = field(default_factory=dict)


def cells_of(path: Path, plan: Plan) -> list[str]:
    """The texts of a page's code cells as they are run; "" for those that are not."""
    used: set[str] = set()
    cells = []
    for cell in notebooks.code_cells(notebooks.read(path)):
        if plan.end and plan.end in cell.source:
            used.add(plan.end)
            break
        dropped = [text for text in plan.drop if text in cell.source]
        used.update(dropped)
        cells.append("" if dropped else shortened(cell.source, plan.cuts, used))
    wanted = [old for old, _ in plan.cuts] + plan.drop + [plan.end] * bool(plan.end)
    if missing := [text for text in wanted if text not in used]:
        raise ValueError(f"{path.name} no longer holds {missing}; renew its plan")
    return cells


def broken_cells(path: Path, plan: Plan) -> dict[str, str]:
    """What breaking each block moves: "moves code cell 12", or a complaint."""
    code, cells = notebooks.code_cells(notebooks.read(path)), cells_of(path, plan)
    at = {
        tag.rpartition(".")[2]: position
        for position, cell in enumerate(code)
        for tag in blocks.block_tags(cell)
    }
    if unknown := [name for name in plan.names if name not in at]:
        raise ValueError(f"{path.name} has no tagged cell for {unknown}")
    usual = {"__name__": "__main__", "display": lambda *shown: None}
    page = dict(usual)
    first, found, page = [run_cell(source, page) for source in cells], {}, dict(usual)
    for position, source in enumerate(cells):
        run_cell(source, page)
        for name in plan.names:
            if at[name] == position:
                counts = compared(path, plan.root if name in plan.parts else "")
                goal = [text if own else None for text, own in zip(first, counts)]
                fault = plan.faults.get(name)
                found[name] = forked(
                    functools.partial(child, cells, position, page, name, goal, fault)
                )
        if len(found) == len(plan.names):
            break
    return found


def main(arguments: list[str]) -> int:
    """Tell what breaking some blocks of a notebook moves; see the top."""
    import matplotlib
    import torch

    matplotlib.use("Agg")
    torch.set_num_threads(1)
    path, plan = Path(arguments[0]).resolve(), Plan(**json.loads(arguments[1]))
    os.chdir(path.parent)
    print(json.dumps(broken_cells(path, plan)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
