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
from shared.evaluate.losses import mean_loss, summed_loss
from shared.train.recipe import Recipe, rate_share
from shared.train.sessions import session, stepping

Probe = Callable[[nn.Module], dict[str, float]]


def clip_gradients(parameters: Iterable[Tensor], most: float | None) -> float:
    """Shorten all gradients together to a norm of at most `most`; the norm before."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.stack([g.norm() for g in gradients]).norm().item()
    if most is not None and norm > most:
        for g in gradients:
            g.mul_(most / (norm + 1e-6))
    return norm


def take_step(model: nn.Module, optimizers: list, recipe: Recipe, step: int) -> float:
    """Clip, then move the weights at this step's rate; the norm before clipping."""
    norm = clip_gradients(model.parameters(), recipe.clip)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate_share(step, recipe) * group["peak"]
        optimizer.step()
    return norm


def train_step(
    model: nn.Module, rows: Rows, optimizers: list, recipe: Recipe, step: int
) -> dict[str, float]:
    """One step; returns its tokens, loss, rate and norm."""
    chosen = step_rows(step, len(rows[0]), recipe.batch, recipe.seed)
    inputs, targets = rows[0][chosen], rows[1][chosen]
    count, nats = count_targets(targets), 0.0
    model.zero_grad()
    with stepping(model, recipe, step):  # seeds dropout
        for x, y in in_parts((inputs, targets), recipe.accumulate):
            loss = summed_loss(model, x, y) / count  # of the whole batch
            loss.backward()
            nats += loss.item()
    norm = take_step(model, optimizers, recipe, step)
    rate = rate_share(step, recipe) * recipe.rate
    return {"tokens": count, "loss": nats, "rate": rate, "norm": norm}


def train(
    model: nn.Module, rows: Rows, recipe: Recipe, validation: Rows | None = None,
    floor: float | None = None, every: int = 100, path: str | Path | None = None,
    resume: bool = False, device: str | None = None, probe: Callable | None = None,
) -> dict[str, list[float]]:  # fmt: skip
    """Train a model in place; returns a list of numbers for each column.

    It goes to `device` (None: a GPU if there is one) and back. Every `every` steps and
    at the end (0: never) it is priced on validation rows, asked by `probe`, told of
    with the gap to `floor`, and saved to `path`; resume: go on from there. Raises
    ValueError for rows that do not fit or another run, FloatingPointError at a blow-up.
    """
    options = (every, floor, path, resume, device, probe)
    with session(model, rows, recipe, validation, *options) as run:
        for step in range(run.done + 1, recipe.steps + 1):
            numbers = train_step(model, rows, run.optimizers, recipe, step)
            if run.due(step) and validation is not None:
                numbers["validation"] = mean_loss(model, validation)
            run.note(numbers)
    return run.history
