"""What stands around the loop of a run: its device, its saved state, its bar.

The loop itself is in `loop`, and says what is done in which order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from shared.checkpoint.run_state import fingerprint, load_state, save_state
from shared.data.guards import check_rows
from shared.data.rows import Rows
from shared.evaluate.losses import precision
from shared.model.devices import moved
from shared.model.fields import named_fields
from shared.model.modes import evaluating
from shared.train.log import History, advance, progress, report
from shared.train.optimizers import make_optimizers
from shared.train.recipe import Recipe


def pick_device(name: str | None = None) -> torch.device:
    """The device to train on: the named one, else cuda if there is one, else cpu."""
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


@contextmanager
def stepping(model: nn.Module, recipe: Recipe, step: int) -> Iterator[None]:
    """Inside, a step's gradients are computed: dropout is seeded, precision is set."""
    seed_dropout(step, recipe.seed)
    with precision(model, recipe.mixed):
        yield


def seed_dropout(step: int, seed: int) -> None:
    """Seed torch's global generators, which dropout uses, for one step."""
    torch.manual_seed(2 * (1_000_003 * seed + step) + 1)  # odd: never a data seed


def check_loss(loss: float, step: int) -> None:
    """Raise FloatingPointError at a loss with which no training can go on."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"the loss of step {step} is {loss}: the training has blown up. Try a "
            "lower rate, a longer warmup or a smaller clip"
        )


@dataclass
class Session:
    """A run under way: what was done so far, and where it is noted.

    done: steps that a saved run had behind it. about: what `describe` says of the run.
    """

    model: nn.Module
    recipe: Recipe
    optimizers: list[torch.optim.Optimizer]
    history: History
    done: int
    bar: tqdm
    about: dict[str, Any]
    every: int
    floor: float | None
    path: str | Path | None
    probe: Callable[[nn.Module], dict[str, float]] | None

    def due(self, step: int) -> bool:
        """Whether this step is one of those after which the model is looked at."""
        last = step == self.recipe.steps
        return self.every > 0 and (step % self.every == 0 or last)

    def note(self, numbers: dict[str, float]) -> None:
        """Add a step to the history and the bar; if it is due, ask, tell and save."""
        step = len(self.history["step"]) + 1
        check_loss(numbers["loss"], step)
        found = {name: value for name, value in numbers.items() if name != "tokens"}
        if self.due(step) and self.probe is not None:
            with evaluating(self.model):
                found |= self.probe(self.model)
        self.history.add(int(numbers["tokens"]), found)
        advance(self.bar, self.history, self.floor)
        if self.due(step):
            report(self.bar, self.history, self.floor)
            if self.path is not None:
                parts = (self.model, self.optimizers, self.about, self.history)
                save_state(self.path, *parts)


@contextmanager
def session(
    model: nn.Module, rows: Rows, recipe: Recipe, validation: Rows | None = None,
    every: int = 100, floor: float | None = None, path: str | Path | None = None,
    resume: bool = False, device: str | None = None, probe: Callable | None = None,
) -> Iterator[Session]:  # fmt: skip
    """Inside, a model is trained on its device, and from its saved state if asked.

    Afterwards it is back, in evaluation mode, and the caller's generators are as they
    were. Raises ValueError for rows that the model cannot read, and for a saved state
    of another run.
    """
    check_rows(rows, model)
    check_rows(validation or rows, model)
    with moved(model.train(), pick_device(device)), torch.random.fork_rng():
        optimizers, history = make_optimizers(model, recipe), History()
        about = describe(model, rows, recipe)
        if resume and path is not None and Path(path).exists():
            history = History(load_state(path, model, optimizers, about))
        done = len(history["step"])
        with progress(recipe.steps, done, every > 0) as bar:
            yield Session(
                model, recipe, optimizers, history, done, bar, about, every, floor,
                path, probe,
            )  # fmt: skip
    model.eval()


def describe(model: nn.Module, rows: Rows, recipe: Recipe) -> dict[str, Any]:
    """What a run is, in values that JSON can hold: recipe, model, what is frozen, rows.

    Of the recipe and the model's config only what differs from the defaults is named,
    so that a field of a later version leaves the runs of today as they are.
    """
    config = getattr(model, "config", None)
    about = {
        "model": type(model).__name__,
        "config": named_fields(config) if is_dataclass(config) else {},
        "frozen": [n for n, p in model.named_parameters() if not p.requires_grad],
        "inputs": fingerprint(rows[0]),
        "targets": fingerprint(rows[1]),
    }
    return named_fields(recipe) | about
