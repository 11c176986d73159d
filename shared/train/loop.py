"""Training: rows in, a trained model and its history out; killed runs can go on.

Losses are in nats per counted target. What a step does depends on the weights, the
recipe and the step's number alone: the rows of a step, and its dropout, are drawn from
generators of their own, seeded anew. So a run that was killed goes on from its saved
state to the same weights, bit for bit on the same machine.

Rows come from `shared.data`, losses from `evaluate.losses`, saving and going on from
`checkpoint.run_state`; the other files of this room hold the recipe, the optimizers,
the table and the progress bar. Clipping: Pascanu et al. (2013), "On the difficulty of
training recurrent neural networks".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from shared.checkpoint.run_state import fingerprint, load_state, save_state
from shared.data.rows import IGNORE, Rows, check_rows, in_parts, step_rows
from shared.evaluate.losses import mean_loss, summed_loss
from shared.model.devices import moved
from shared.model.fields import named_fields
from shared.model.modes import evaluating
from shared.train.log import History, advance, progress, report
from shared.train.optimizers import make_optimizers
from shared.train.recipe import Recipe, rate_share

Probe = Callable[[nn.Module], dict[str, float]]


def seed_dropout(step: int, seed: int) -> None:
    """Seed torch's global generators, which dropout uses, for one step."""
    torch.manual_seed(2 * (1_000_003 * seed + step) + 1)  # odd: never a data seed


def pick_device(name: str | None = None) -> torch.device:
    """The device to train on: the named one, else cuda if there is one, else cpu."""
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def add_gradients(
    model: nn.Module, rows: Rows, parts: int, mixed: bool = True
) -> float:
    """Add the gradients of the mean loss of (B, T) rows, read in parts; the loss.

    Each part's sum is divided by the count of the whole, so that parts with fewer
    targets weigh less and the gradients are those of one big batch.
    """
    count = int((rows[1] != IGNORE).sum())
    if not count:
        raise ValueError("none of this step's targets counts; is it all padding?")
    total = 0.0
    for x, y in in_parts(rows, parts):
        loss = summed_loss(model, x, y, mixed) / count
        loss.backward()
        total += loss.item()
    return total


def clip_gradients(parameters: Iterable[Tensor], most: float | None) -> float:
    """Shorten all gradients together to a norm of at most `most`; the norm before."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.stack([g.norm() for g in gradients]).norm().item()
    if most is not None and norm > most:
        for g in gradients:
            g.mul_(most / (norm + 1e-6))
    return norm


def take_step(
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    recipe: Recipe,
    step: int,
) -> float:
    """Clip the gradients, then move the weights at the rate of this step; their norm.

    The norm is that of the gradients before clipping.
    """
    norm = clip_gradients(model.parameters(), recipe.clip)
    share = rate_share(step, recipe)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = share * group["peak"]
        optimizer.step()
    return norm


def train_step(
    model: nn.Module,
    rows: Rows,
    optimizers: list[torch.optim.Optimizer],
    recipe: Recipe,
    step: int,
) -> tuple[int, dict[str, float]]:
    """One step: gradients, clipping, updates. Returns targets; loss, rate and norm."""
    chosen = step_rows(step, len(rows[0]), recipe.batch, recipe.seed)
    inputs, targets = rows[0][chosen], rows[1][chosen]
    model.zero_grad(set_to_none=True)
    seed_dropout(step, recipe.seed)
    loss = add_gradients(model, (inputs, targets), recipe.accumulate, recipe.mixed)
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"the loss of step {step} is {loss}: the training has blown up. Try a "
            "lower rate, a longer warmup or a smaller clip"
        )
    norm = take_step(model, optimizers, recipe, step)
    rate = rate_share(step, recipe) * recipe.rate
    return int((targets != IGNORE).sum()), {"loss": loss, "rate": rate, "norm": norm}


def train(
    model: nn.Module,
    rows: Rows,
    recipe: Recipe,
    validation: Rows | None = None,
    floor: float | None = None,
    every: int = 100,
    path: str | Path | None = None,
    resume: bool = False,
    device: str | None = None,
    probe: Probe | None = None,
) -> History:
    """Train a model in place; returns the run's History. It ends in evaluation mode.

    It goes to `device` (None: a GPU if there is one) and back. Every `every` steps, at
    the end, too (0: never), it is priced on validation rows, asked by `probe` for named
    numbers, told of in a line, with the gap to `floor`, and saved to `path`. resume: go
    on from there. Raises ValueError for another run, FloatingPointError at a blow-up.
    """
    check_rows(rows, model)
    check_rows(validation or rows, model)
    with moved(model.train(), pick_device(device)), torch.random.fork_rng():
        optimizers = make_optimizers(model, recipe)
        run, history = describe(model, rows, recipe), History()
        if resume and path is not None and Path(path).exists():
            history = History(load_state(path, model, optimizers, run))
        done = len(history["step"])
        with progress(recipe.steps, done, every > 0) as bar:
            for step in range(done + 1, recipe.steps + 1):
                counted, numbers = train_step(model, rows, optimizers, recipe, step)
                due = every > 0 and (step % every == 0 or step == recipe.steps)
                numbers |= measure(model, validation, probe) if due else {}
                history.add(counted, numbers)
                advance(bar, history, floor)
                if due:
                    report(bar, history, floor)
                if due and path is not None:
                    save_state(path, model, optimizers, run, history)
    model.eval()
    return history


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


def measure(
    model: nn.Module, validation: Rows | None, probe: Probe | None
) -> dict[str, float]:
    """The loss on the validation rows, and what the probe finds, where they are given.

    The model is in evaluation mode meanwhile, and no random number is drawn for it.
    """
    found: dict[str, float] = {}
    if validation is not None:
        found["validation"] = mean_loss(model, validation)
    if probe is not None:
        with evaluating(model):
            found |= probe(model)
    return found
