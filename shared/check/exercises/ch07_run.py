"""Exercises of chapter 07 on whole runs: 07.9 and 07.10. Torch waits."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise
from shared.check.compare import plain

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from shared.train.recipe import Recipe

# --- 07.9: save, and go on ------------------------------------------------------------


def fresh(seed: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A small network and its optimizer."""
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
    return model, torch.optim.AdamW(model.parameters(), lr=0.1)


def walk(model: nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> None:
    """Train for these steps; rows and rate follow from the step's number alone."""
    import torch

    for step in steps:
        draw = torch.Generator().manual_seed(step)
        x, y = torch.randn(8, 3, generator=draw), torch.randn(8, 2, generator=draw)
        for group in optimizer.param_groups:
            group["lr"] = 0.1 / (1 + abs(step)) ** 0.5
        optimizer.zero_grad()
        (model(x) - y).pow(2).mean().backward()
        optimizer.step()


class NoStep(TypeError):
    """put_back has returned no number."""


def killed(Saved: Any, done: int, lost: int, steps: int) -> dict[str, Any]:
    """Train, save, train on, be killed; begin again from what was saved, to the end."""
    import torch

    model, optimizer = fresh(0)
    walk(model, optimizer, range(1, done + 1))
    saved = Saved(model, optimizer, done)
    walk(model, optimizer, range(done + 1, done + lost + 1))  # lost by the kill
    model, optimizer = fresh(1)
    step = saved.put_back(model, optimizer)
    if step is None:
        raise NoStep("put_back returned None, not the last step's number")
    walk(model, optimizer, range(int(step) + 1, steps + 1))
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    return {"the last step done": step, "weights at the end": weights}


def keeping(
    weights: str = "copied",
    averages: str = "copied",
    step: Callable[[int], int | None] = int,
) -> type:
    """A class that saves a run, right or with one slip in it."""

    def taken(state: dict, how: str) -> dict:
        return copy.deepcopy(state) if how == "copied" else state

    class Saved:
        """What a run needs to go on."""

        def __init__(
            self, model: nn.Module, optimizer: torch.optim.Optimizer, step: int
        ) -> None:
            self.weights = taken(model.state_dict(), weights)
            self.averages = taken(optimizer.state_dict(), averages)
            self.step = step

        def put_back(
            self, model: nn.Module, optimizer: torch.optim.Optimizer
        ) -> int | None:
            """Put all of it back; returns the number of the last step done."""
            if weights != "lost":
                model.load_state_dict(self.weights)
            if averages != "lost":
                optimizer.load_state_dict(copy.deepcopy(self.averages))
            return step(self.step)

    return Saved


exercise(
    "07.9",
    "A run that goes on",
    inputs=[(6, 3, 12), (2, 5, 9)],
    use=killed,
    close=1e-5,
    mistakes={
        "no copies": (
            keeping("living", "living"),
            "state_dict() shows the living numbers, which go on changing: deepcopy it.",
        ),
        "weights that go on changing": (
            keeping("living"),
            "model.state_dict() shows the living weights: take copy.deepcopy of it.",
        ),
        "averages that go on changing": (
            keeping("copied", "living"),
            "optimizer.state_dict() shows the living averages: deepcopy it, too.",
        ),
        "the weights alone": (
            keeping(averages="lost"),
            "AdamW's averages belong to the run: save optimizer.state_dict(), too.",
        ),
        "the weights alone, and not copied": (
            keeping("living", "lost"),
            "Copy the weights, and save the optimizer's state as well.",
        ),
        "the optimizer alone": (
            keeping(weights="lost"),
            "The weights have to be put back: model.load_state_dict(...).",
        ),
        "nothing put back": (
            keeping("lost", "lost"),
            "Load both states into the model and the optimizer that are given.",
        ),
        "the step not returned": (
            keeping(step=lambda step: None),
            "put_back ends with return self.step.",
        ),
        "steps from the beginning": (
            keeping(step=lambda step: 0),
            "Keep the step: rows and rates follow from its number.",
        ),
        "the next step in the place of the last": (
            keeping(step=lambda step: step + 1),
            "Return the last step that was done; the caller goes on with the next.",
        ),
        "one step done twice": (
            keeping(step=lambda step: step - 1),
            "Return the last step that was done, as it was given.",
        ),
    },
)(keeping())

# --- 07.10: the loop ------------------------------------------------------------------


def loops() -> list[tuple]:
    """Recipes that differ in all that the loop has to follow."""
    from shared.train.recipe import Recipe

    first = Recipe(steps=9, batch=3, rate=0.05, warmup=3, clip=0.6, decay=0.3)
    other = {"betas": (0.8, 0.9), "decay": 0.5, "warmup": 1, "clip": 0.3, "seed": 4}
    return [(first,), (Recipe(steps=7, batch=4, rate=0.04, **other),)]


def twelve_rows(V: int = 9, T: int = 5) -> tuple[Tensor, Tensor]:
    """Rows (12, T) of different lengths, filled up, and their targets."""
    import torch

    from shared.data.rows import IGNORE

    draw = torch.Generator().manual_seed(41)
    ids = torch.randint(1, V, (12, T + 1), generator=draw)
    inputs, targets = ids[:, :-1].clone(), ids[:, 1:].clone()
    for row, length in enumerate([5, 2, 4, 5, 1, 3, 5, 4, 2, 5, 3, 5]):
        inputs[row, length:], targets[row, length:] = 0, IGNORE
    return inputs, targets


def small_gpt() -> nn.Module:
    """A GPT of one block, the same each time, that learns in a few steps."""
    import torch

    from shared.model.gpt import GPT, Config

    model = GPT(Config(vocab_size=9, context=5, layers=1, heads=2, width=8))
    draw = torch.Generator().manual_seed(43)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() == 2:
                weights.normal_(0.0, 0.4, generator=draw)
    return model.train()


def try_loop(answer: Callable[..., Any], recipe: Recipe) -> dict[str, Any]:
    """Train a small model by the answer; its losses, and the loss afterwards."""
    import torch
    from torch.nn import functional as F

    rows, model = twelve_rows(), small_gpt()
    before = [side.clone() for side in rows]
    losses = [float(plain(loss)) for loss in answer(model, rows, recipe)]
    with torch.no_grad():
        logits = model(before[0]).flatten(0, 1)
        after = F.cross_entropy(logits, before[1].flatten()).item()
    return {"losses": losses, "loss afterwards": after}


def loop_with(slip: str = "") -> Callable[..., list[float]]:
    """The loop, right or with one slip in it."""

    def pretrain(model: nn.Module, rows: tuple, recipe: Recipe) -> list[float]:
        import torch
        from torch.nn import functional as F

        from shared.data.rows import step_rows
        from shared.train.recipe import rate_share

        betas = {} if slip == "betas" else {"betas": recipe.betas}
        decay = {} if slip == "decay" else {"weight_decay": recipe.decay}
        if slip == "l2":
            optimizer = torch.optim.Adam(model.parameters(), **betas, **decay)
        elif slip == "sgd":
            optimizer = torch.optim.SGD(model.parameters(), **decay)
        else:
            every = model.parameters()
            optimizer = torch.optim.AdamW(every, recipe.rate, **betas, **decay)
        last = recipe.steps - (slip == "short")
        losses, (inputs, targets) = [], rows
        for step in range(1, last + 1):
            step = step - (slip == "zero")
            chosen = step_rows(step, len(inputs), recipe.batch, recipe.seed)
            if slip == "same":
                chosen = step_rows(1, len(inputs), recipe.batch, recipe.seed)
            if slip == "order":
                start = (step - 1) * recipe.batch
                chosen = torch.arange(start, start + recipe.batch) % len(inputs)
            if slip == "all":
                chosen = torch.arange(len(inputs))
            logits, right = model(inputs[chosen]), targets[chosen]
            if slip == "filling":
                right = right.clamp(min=0)
            if slip == "again":
                logits, right = logits[:, :-1], right[:, 1:]
            how = "sum" if slip in ("sum", "all places") else "mean"
            loss = F.cross_entropy(logits.flatten(0, 1), right.flatten(), reduction=how)
            if slip == "all places":
                loss = loss / right.numel()
            if slip != "piling":
                optimizer.zero_grad()
            loss.backward()
            if slip == "thrown":
                optimizer.zero_grad()
            if slip == "each":
                for p in model.parameters():
                    torch.nn.utils.clip_grad_norm_([p], recipe.clip)
            elif slip == "numbers":
                torch.nn.utils.clip_grad_value_(model.parameters(), recipe.clip)
            elif slip == "to 1":
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            elif slip != "long":
                torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            share = rate_share(step - (slip == "late"), recipe)
            if slip == "constant":
                share = 1.0
            if slip == "cold":
                share = rate_share(max(step, recipe.warmup), recipe)
            if slip == "to zero" and step > recipe.warmup:
                done = (step - recipe.warmup) / (recipe.steps - recipe.warmup)
                share = 0.5 * (1 + math.cos(math.pi * done))
            if slip == "level":
                share = min(1.0, step / recipe.warmup)
            if slip == "a rate of 1":
                rate = share
            else:
                rate = share * recipe.rate
            for group in optimizer.param_groups:
                group["lr"] = group["lr"] * share if slip == "compound" else rate
            optimizer.step()
            losses.append(loss.item())
        return losses

    return pretrain


@exercise(
    "07.10",
    "The loop, from an empty cell",
    inputs=loops,
    use=try_loop,
    close=3e-4,
    seconds=60,
    mistakes={
        "gradients that pile up": (
            loop_with("piling"),
            "Begin each step with optimizer.zero_grad(): backward() adds.",
        ),
        "gradients thrown away before the step": (
            loop_with("thrown"),
            "zero_grad() comes before backward(), not between it and step().",
        ),
        "a constant rate": (
            loop_with("constant"),
            "Set the rate at each step: group['lr'] = rate_share(step, recipe) * rate.",
        ),
        "no warm-up": (
            loop_with("cold"),
            "The rate rises during the warm-up: rate_share(step, recipe) knows it.",
        ),
        "a rate that never falls": (
            loop_with("level"),
            "After the warm-up the rate falls along the cosine to the end.",
        ),
        "a cosine that ends at zero": (
            loop_with("to zero"),
            "rate_share stops half a step before the end: the last step moves, too.",
        ),
        "the rate of the step before": (
            loop_with("late"),
            "Steps count from 1: step 1 has rate_share(1, recipe).",
        ),
        "the share without the rate": (
            loop_with("a rate of 1"),
            "rate_share is a share of the highest: times recipe.rate.",
        ),
        "no clipping": (
            loop_with("long"),
            "Between backward() and step() shorten the gradients to recipe.clip.",
        ),
        "each gradient clipped by itself": (
            loop_with("each"),
            "One norm for all gradients: clip_grad_norm_(model.parameters(), ...).",
        ),
        "each number clipped by itself": (
            loop_with("numbers"),
            "Shorten the whole gradient: clip_grad_norm_, not clip_grad_value_.",
        ),
        "filling that counts": (
            loop_with("filling"),
            "Targets that are IGNORE do not count: cross_entropy leaves out -100.",
        ),
        "divided by all places": (
            loop_with("all places"),
            "The mean is over the targets that count: reduction='mean' divides so.",
        ),
        "shares that multiply up": (
            loop_with("compound"),
            "Set the rate anew from recipe.rate, not from the rate of the step before.",
        ),
        "clipped to a norm of 1": (
            loop_with("to 1"),
            "The largest norm is recipe.clip.",
        ),
        "targets shifted once more": (
            loop_with("again"),
            "The rows' targets are the next tokens already: no further shift.",
        ),
        "the same rows at each step": (
            loop_with("same"),
            "Choose by this step's number: step_rows(step, ...).",
        ),
        "rows in order": (
            loop_with("order"),
            "step_rows(step, len(inputs), recipe.batch, recipe.seed) shuffles them.",
        ),
        "all rows at each step": (
            loop_with("all"),
            "A step reads recipe.batch rows: inputs[chosen], targets[chosen].",
        ),
        "steps counted from 0": (
            loop_with("zero"),
            "Count from 1: range(1, recipe.steps + 1).",
        ),
        "one step too few": (
            loop_with("short"),
            "The last step is recipe.steps itself: range(1, recipe.steps + 1).",
        ),
        "sums in the place of means": (
            loop_with("sum"),
            "The loss is the mean over the targets that count.",
        ),
        "torch's own betas": (
            loop_with("betas"),
            "AdamW(..., betas=recipe.betas): torch's own are 0.9 and 0.999.",
        ),
        "torch's own decay": (
            loop_with("decay"),
            "AdamW(..., weight_decay=recipe.decay): torch's own is 0.01.",
        ),
        "Adam, whose decay is part of the gradient": (
            loop_with("l2"),
            "Take AdamW: it shrinks the weights apart from the gradient.",
        ),
        "plain gradient descent": (
            loop_with("sgd"),
            "Take AdamW, which divides each gradient by its usual size.",
        ),
    },
)
def pretrain(
    model: nn.Module, rows: tuple[Tensor, Tensor], recipe: Recipe
) -> list[float]:
    """Train the model in place by the recipe; returns the loss of each step."""
    return loop_with()(model, rows, recipe)
