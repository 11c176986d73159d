"""Exercise 04.4, a gradient without calculus. Torch is imported where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises.ch04_network import BY_AUTOGRAD

if TYPE_CHECKING:
    from torch import Tensor


def points() -> list[tuple]:
    """Functions of a tensor, and points of several shapes, in double precision."""
    import torch

    a = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    table = torch.tensor([[0.5, 1.0], [2.0, -1.0]], dtype=torch.float64)
    return [
        (lambda x: (x**3).sum(), a.clone()),
        (lambda x: x[0] * x[1] + x[2].exp(), a.clone()),
        (lambda x: (x @ x).sum(), table.clone()),
        (lambda x: (1e6 * x).sum(), table.clone()),
    ]


def nudge_each(
    f: Callable, x: Tensor, change: Callable[[Callable, Tensor, Tensor], Tensor]
) -> Tensor:
    """Apply `change` to f, x and a nudge of each entry in turn."""
    import torch

    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        nudge = torch.zeros_like(x)
        nudge.view(-1)[i] = 1e-4
        gradient.view(-1)[i] = change(f, x, nudge)
    return gradient


def drifting(f: Callable, x: Tensor) -> Tensor:
    """Entries that are nudged and never put back, as a mistake."""
    import torch

    x, gradient, h = x.clone(), torch.zeros_like(x), 1e-4
    for i in range(x.numel()):
        x.view(-1)[i] += h
        above = f(x)
        x.view(-1)[i] -= 2 * h
        gradient.view(-1)[i] = (above - f(x)) / (2 * h)
    return gradient


def piling(f: Callable, x: Tensor) -> Tensor:
    """Two copies for all entries, so that the nudges pile up, as a mistake."""
    import torch

    up, down, gradient = x.clone(), x.clone(), torch.zeros_like(x)
    for i in range(x.numel()):
        up.view(-1)[i] += 1e-4
        down.view(-1)[i] -= 1e-4
        gradient.view(-1)[i] = (f(up) - f(down)) / 2e-4
    return gradient


def one_name(f: Callable, x: Tensor) -> Tensor:
    """Two names for one tensor, so that up and down cancel, as a mistake."""
    import torch

    return torch.zeros_like(x)


def all_at_once(f: Callable, x: Tensor) -> Tensor:
    """All entries nudged together, as a mistake."""
    import torch

    return torch.full_like(x, float(f(x + 1e-4) - f(x - 1e-4)) / 2e-4)


def whole_rows(f: Callable, x: Tensor) -> Tensor:
    """Whole rows nudged, as a mistake."""
    import torch

    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        nudge = torch.zeros_like(x)
        nudge[i] = 1e-4
        gradient[i] = (f(x + nudge) - f(x - nudge)) / 2e-4
    return gradient


def large_nudges(f: Callable, x: Tensor) -> Tensor:
    """Nudges of 0.1, as a mistake."""
    return nudge_each(f, x, lambda f, x, d: (f(x + 1e3 * d) - f(x - 1e3 * d)) / 0.2)


def one_row(f: Callable, x: Tensor) -> Tensor:
    """The slopes as one long row, as a mistake."""
    return nudge_each(f, x, lambda f, x, d: (f(x + d) - f(x - d)) / 2e-4).view(-1)


@exercise(
    "04.4",
    "Nudging",
    inputs=points,
    short_cuts=dict.fromkeys(("backward", "grad", "autograd"), BY_AUTOGRAD),
    close=1e-5,
    mistakes={
        "nudging to one side only": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: (f(x + d) - f(x)) / 1e-4),
            "Nudge up and down by h: the error then falls with the square of h.",
        ),
        "nudging downwards only": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: (f(x) - f(x - d)) / 1e-4),
            "Nudge up and down by h: the error then falls with the square of h.",
        ),
        "all entries nudged at once": (
            all_at_once,
            "Nudge one entry at a time, all others staying as they are.",
        ),
        "whole rows nudged": (
            whole_rows,
            "x[i] of a table is a row: go through x.view(-1), entry by entry.",
        ),
        "nudges that are too large": (
            large_nudges,
            "Far away a curve has another slope: choose an h like 1e-4.",
        ),
        "two names for one tensor": (
            one_name,
            "`up = x` copies nothing: up and down are then one tensor. Use x.clone().",
        ),
        "slopes in one long row": (
            one_row,
            "Give the slopes the shape of x: begin with torch.zeros_like(x).",
        ),
        "halved and multiplied by h": (
            lambda f, x: 1e-8 * nudged_gradient(f, x),
            "Write brackets, / (2 * h): without them h multiplies.",
        ),
        "dividing by h": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: (f(x + d) - f(x - d)) / 1e-4),
            "From one side to the other it is 2 h.",
        ),
        "not dividing": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: f(x + d) - f(x - d)),
            "A slope is a difference divided by the distance, 2 h.",
        ),
        "down minus up": (
            lambda f, x: nudge_each(f, x, lambda f, x, d: (f(x - d) - f(x + d)) / 2e-4),
            "The slope is the value above minus the value below.",
        ),
        "nudges that pile up": (
            piling,
            "Make both copies anew for each entry: the earlier nudges are still there.",
        ),
        "entries that are not put back": (
            drifting,
            "Nudge a copy, or put the entry back before you go on to the next.",
        ),
    },
)
def nudged_gradient(f: Callable, x: Tensor) -> Tensor:
    """Gradient of f at x by central differences, in the shape of x."""
    return nudge_each(f, x, lambda f, x, d: (f(x + d) - f(x - d)) / 2e-4)
