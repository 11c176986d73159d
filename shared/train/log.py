"""What a training run leaves behind, a table of numbers, and what it shows."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping

from tqdm import tqdm


class History(dict[str, list[float]]):
    """One number per step in each column; `pandas.DataFrame(history)` makes a table.

    step; tokens: targets counted so far; loss: of the step's batch, before its update;
    validation: nan where it was not measured; rate: AdamW's; norm: of the gradient,
    before clipping; seconds: since the start, pauses left out. Further columns hold
    what a probe has measured, nan where it has not.
    """

    COLUMNS = ("step", "tokens", "loss", "validation", "rate", "norm", "seconds")

    def __init__(self, columns: dict[str, list[float]] | None = None) -> None:
        super().__init__(columns or {name: [] for name in self.COLUMNS})
        self.start = time.perf_counter() - self.last("seconds")

    def last(self, name: str) -> float:
        """The newest number of a column, 0 before the first."""
        return self[name][-1] if self[name] else 0

    def add(self, counted: int, numbers: Mapping[str, float]) -> None:
        """Add the next step, of which `counted` targets counted; the absent are nan."""
        rows = len(self["step"])
        known = {
            "step": rows + 1,
            "tokens": self.last("tokens") + counted,
            "seconds": time.perf_counter() - self.start,
        }
        numbers = {**numbers, **known}
        for name in numbers.keys() - self.keys():
            self[name] = [math.nan] * rows
        for name, column in self.items():
            column.append(numbers.get(name, math.nan))


def progress(steps: int, done: int, shown: bool) -> tqdm:
    """A bar over the steps of a run, of which some are done; to be used in a `with`."""
    style = {"unit": "step", "mininterval": 0.5, "dynamic_ncols": True}
    return tqdm(total=steps, initial=done, disable=not shown, file=sys.stderr, **style)


def advance(bar: tqdm, history: History, floor: float | None) -> None:
    """Move the bar by the newest step: its loss, the gap to the floor, the pace."""
    loss = history.last("loss")
    told = [f"loss {loss:.2f}"]
    if floor is not None:
        told.append(f"{loss - floor:.2f} above the floor")
    told.append(f"{history.last('tokens') / history.last('seconds'):,.0f} tokens/s")
    bar.set_postfix_str(", ".join(told), refresh=False)
    bar.update()


def report(bar: tqdm, history: History, floor: float | None) -> None:
    """Print a line on the newest step; what depends on the machine is on the bar."""
    checked = history.last("validation")
    line = f"step {history.last('step'):>{len(str(bar.total))}}"
    line += f"  loss {history.last('loss'):.3f}"
    if not math.isnan(checked):
        line += f"  validation {checked:.3f}"
        if floor is not None:
            line += f"  above the floor {checked - floor:.3f}"
    bar.write(line, file=sys.stdout)
