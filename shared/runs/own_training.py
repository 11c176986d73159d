"""Training that keeps the best model by validation, and stops when none comes any more.

The steps are those of `shared.train.train`, so that a run which was killed goes on to
the same weights, bit for bit on the same machine.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from shared.checkpoint.run_state import weights_of
from shared.data.rows import Rows
from shared.evaluate.losses import mean_loss
from shared.model.decoder import Decoder
from shared.model.devices import moved
from shared.train import History, Recipe, pick_device, session, train_step
from shared.train.optimizers import make_optimizers
from shared.whole_files import whole_file

PATIENCE = 6  # times that validation may find nothing better, before the run ends
LOOKED_AT = 64  # windows of the validation documents, at most, each time


@dataclass
class Best:
    """The best model so far, in a file beside the run."""

    path: Path
    step: int = 0
    loss: float = float("inf")

    def __post_init__(self) -> None:
        if self.path.exists():
            with safe_open(self.path, "pt") as file:
                about = file.metadata()
            self.step, self.loss = int(about["step"]), float(about["loss"])

    def see(self, model: Decoder, step: int, loss: float) -> None:
        """Keep the model if it is better than all before it."""
        if loss < self.loss:
            self.step, self.loss = step, loss
            found = weights_of(model).items()
            state = {name: t.detach().cpu().contiguous() for name, t in found}
            about = {"step": str(step), "loss": repr(loss)}
            try:
                with whole_file(self.path) as draft:
                    save_file(state, draft, about)
            except SafetensorError as error:  # a full disk
                raise OSError(f"{self.path} could not be saved: {error}") from None

    @torch.no_grad()
    def load(self, model: Decoder) -> None:
        """Put the best weights into a model."""
        with safe_open(self.path, "pt") as file:
            for name, weight in weights_of(model).items():
                weight.copy_(file.get_tensor(name))


def seconds_per_step(
    model: Decoder, rows: Rows, recipe: Recipe, device: str | None, most: float = 5.0
) -> float:
    """What a step takes on this machine, by the first few, taken with a copy."""
    trial, times = copy.deepcopy(model).train(), []
    with moved(trial, pick_device(device)), torch.random.fork_rng():
        optimizers = make_optimizers(trial, recipe)
        while len(times) < 2 or (len(times) < 6 and sum(times) < most):
            start = time.perf_counter()
            train_step(trial, rows, optimizers, recipe, 1)  # waits for the GPU itself
            times.append(time.perf_counter() - start)
    return sum(times[1:]) / len(times[1:])  # the first one prepares


def part_of(rows: Rows, most: int = LOOKED_AT) -> Rows:
    """At most so many rows, from everywhere."""
    apart = -(-len(rows[0]) // most)
    return rows[0][::apart], rows[1][::apart]


def train_own(
    model: Decoder, rows: Rows, valid: Rows, recipe: Recipe, folder: Path, every: int,
    device: str | None = None,
) -> tuple[History, Best]:  # fmt: skip
    """Train a model in place, from its saved state if there is one, to the best found.

    Every `every` steps, and at the end, it is priced on validation rows and saved.
    """
    best, looked = Best(folder / "best.safetensors"), part_of(valid)
    state = folder / "training.safetensors"
    with session(
        model, rows, recipe, valid, every, None, state, True, device, None
    ) as run:
        for step in range(run.done + 1, recipe.steps + 1):
            if best.step and step > best.step + PATIENCE * every:
                print(f"nothing better since step {best.step}: the run ends here")
                break
            numbers = train_step(model, rows, run.optimizers, recipe, step)
            if run.due(step):
                numbers["validation"] = mean_loss(model, looked)
                best.see(model, step, numbers["validation"])
            run.note(numbers)
    best.load(model)
    return run.history, best
