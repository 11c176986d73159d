"""How a model is trained: the recipe, and the learning rate of each step.

Source: Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm
restarts" (the cosine).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How to train: everything that decides the result beside model and rows.

    batch: rows per step, read in `accumulate` equal parts to save memory. rate: the
    highest; it rises during `warmup` steps, stays for `hold`, and falls to `final`
    times itself. clip: the largest gradient norm, or None. mixed: bf16 on a GPU that
    has it. seed: of the rows' order and of dropout. Raises ValueError for a bad field.
    """

    steps: int = 1000
    batch: int = 16
    accumulate: int = 1
    optimizer: str = "adamw"
    rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.95)
    decay: float = 0.1
    clip: float | None = 1.0
    schedule: str = "cosine"  # or "linear"
    warmup: int = 0
    hold: int = 0
    final: float = 0.0
    mixed: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        check_recipe(self)


def check_recipe(recipe: Recipe) -> None:
    """Raise ValueError, naming the field, unless one can train by this recipe."""
    lowest = {"steps": 1, "batch": 1, "accumulate": 1}
    lowest |= {"warmup": 0, "hold": 0, "seed": 0}
    for name, least in lowest.items():
        number = getattr(recipe, name)
        if not isinstance(number, int) or number < least:
            raise ValueError(
                f"{name} is {number!r}; expected a whole number, at least {least}"
            )
    check_rate("rate", recipe.rate)
    if recipe.clip is not None and not recipe.clip > 0:
        raise ValueError(f"clip is {recipe.clip}; expected more than 0, or None")
    if recipe.schedule not in (known := ("cosine", "linear")):
        raise ValueError(f"schedule is {recipe.schedule!r}; expected one of {known}")
    if recipe.batch % recipe.accumulate:
        raise ValueError(
            f"a batch of {recipe.batch} rows cannot be read in {recipe.accumulate} "
            "equal parts; give a batch that is a multiple of accumulate"
        )
    if recipe.warmup + recipe.hold > recipe.steps:
        raise ValueError(
            f"warmup and hold take {recipe.warmup + recipe.hold} steps, but there are "
            f"only {recipe.steps}"
        )


def check_rate(name: str, rate: float) -> None:
    """Raise ValueError unless a field is a rate at which one can train."""
    if not 0 < rate < math.inf:
        raise ValueError(f"{name} is {rate}; it must be above 0")


def rate_share(step: int, recipe: Recipe) -> float:
    """The rate of a step, 1 to `steps`, as a share of the highest.

    The last step stands half a step before the fall's end, where no rate may be left.
    """
    if step < recipe.warmup:
        return step / recipe.warmup
    start = recipe.warmup + recipe.hold
    fall = max(1, recipe.steps - start)  # steps that it takes
    fallen = min(fall - 0.5, max(0, step - start)) / fall
    left = 1 - fallen
    if recipe.schedule == "cosine":
        left = 0.5 * (1 + math.cos(math.pi * fallen))
    return recipe.final + (1 - recipe.final) * left
