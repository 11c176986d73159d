"""Training: rows in, a trained model and its history out; killed runs can go on.

Losses are in nats per counted target. What a step does depends on the weights, the
recipe and the step's number alone: the rows of a step, and its dropout, are drawn from
generators of their own, seeded anew. So a run that was killed goes on from its saved
state to the same weights, bit for bit on the same machine.

Rows come from `shared.data`, losses from `evaluate.losses`; what stands around the
loop (device, saving and going on, the bar) is in `sessions`. Clipping: Pascanu et al.
(2013), "On the difficulty of training recurrent neural networks".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from shared.data.rows import Rows, count_targets, in_parts, step_rows
from shared.evaluate.losses import mean_loss, precision, summed_loss
from shared.model.modes import evaluating
from shared.train.log import History
from shared.train.recipe import Recipe, rate_share
from shared.train.sessions import check_loss, seed_dropout, session

Optimizers = list[torch.optim.Optimizer]
Probe = Callable[[nn.Module], dict[str, float]]


def add_gradients(model: nn.Module, rows: Rows, parts: int) -> float:
    """Add the gradients of the mean loss of (B, T) rows, read in parts; the loss.

    Each part's sum is divided by the count of the whole, so that parts with fewer
    targets weigh less and the gradients are those of one big batch.
    """
    count = count_targets(rows[1])
    total = 0.0
    for x, y in in_parts(rows, parts):
        loss = summed_loss(model, x, y) / count
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
    model: nn.Module, optimizers: Optimizers, recipe: Recipe, step: int
) -> float:
    """Clip the gradients, move the weights at the step's rate; the norm before that."""
    norm = clip_gradients(model.parameters(), recipe.clip)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate_share(step, recipe) * group["peak"]
        optimizer.step()
    return norm


def train_step(
    model: nn.Module, rows: Rows, optimizers: Optimizers, recipe: Recipe, step: int
) -> dict[str, float]:
    """One step: gradients, clipping, updates. Returns tokens, loss, rate and norm."""
    chosen = step_rows(step, len(rows[0]), recipe.batch, recipe.seed)
    inputs, targets = rows[0][chosen], rows[1][chosen]
    model.zero_grad()
    seed_dropout(step, recipe.seed)
    with precision(model, recipe.mixed):  # on a CPU: single, as always
        loss = add_gradients(model, (inputs, targets), recipe.accumulate)
    check_loss(loss, step)
    norm = take_step(model, optimizers, recipe, step)
    tokens = count_targets(targets)
    rate = rate_share(step, recipe) * recipe.rate
    return {"tokens": tokens, "loss": loss, "rate": rate, "norm": norm}


def measure(
    model: nn.Module, validation: Rows | None, probe: Probe | None
) -> dict[str, float]:
    """The loss on the validation rows, and what the probe finds, where they are given."""
    found = {}
    if validation is not None:
        found["validation"] = mean_loss(model, validation)
    if probe is not None:
        with evaluating(model):
            found |= probe(model)
    return found


def train(
    model: nn.Module, rows: Rows, recipe: Recipe, validation: Rows | None = None,
    floor: float | None = None, every: int = 100, path: str | Path | None = None,
    resume: bool = False, device: str | None = None, probe: Probe | None = None,
) -> History:  # fmt: skip
    """Train a model in place; returns the run's History. It ends in evaluation mode.

    Every `every` steps (0: never) and at the end it is measured, told of in a line and
    saved to `path`; resume: go on from there. device: None for a GPU if there is one.
    """
    options = (every, floor, path, resume, device)
    with session(model, rows, recipe, validation, *options) as run:
        for step in range(run.done + 1, recipe.steps + 1):
            numbers = train_step(model, rows, run.optimizers, recipe, step)
            if run.due(step):
                numbers |= measure(model, validation, probe)
            run.note(numbers)
    return run.history
