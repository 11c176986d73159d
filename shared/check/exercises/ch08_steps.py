"""Exercises of chapter 08 on steps: 08.6 and 08.7. Torch waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor

# --- 08.6: momentum that looks ahead --------------------------------------------------


def looking(slip: str = "") -> Callable[[list[float], float], list[float]]:
    """Muon's momentum over some gradients, right or with one slip."""

    def made(gradients: list[float], momentum: float) -> list[float]:
        average, steps = 0.0, []
        m = 1 - momentum if slip == "exchanged" else momentum
        for t, g in enumerate(gradients, start=1):
            if slip == "sum":
                average = m * average + g
            elif slip == "begins" and t == 1:
                average = g
            else:
                average = m * average + (1 - m) * g
            ahead = (1 - m) * g + m * average
            if slip == "sum":
                ahead = g + m * average
            elif slip == "flat":
                ahead = average
            elif slip == "upside down":
                ahead = m * g + (1 - m) * average
            elif slip == "full":
                ahead = g + m * average
            elif slip == "corrected":
                ahead = average / (1 - m**t)
            elif slip == "corrected ahead":
                ahead = ahead / (1 - m**t)
            elif slip == "twice":
                average = ahead
            steps.append(ahead)
        return steps

    return made


@exercise(
    "08.6",
    "A look ahead",
    inputs=[([2.0, -1.0, 0.5, 3.0], 0.75), ([1.0, 1.0, 1.0], 0.9), ([-4.0, 2.5], 0.6)],
    mistakes={
        "no look ahead": (
            looking("flat"),
            "The step is momentum * average + (1 - momentum) * gradient once more.",
        ),
        "sums in the place of averages": (
            looking("sum"),
            "The new gradient counts (1 - momentum): average, not sum.",
        ),
        "momentum and the rest exchanged": (
            looking("exchanged"),
            "The old average counts `momentum`, the new gradient 1 - momentum.",
        ),
        "the look ahead upside down": (
            looking("upside down"),
            "In the look ahead, too, the average counts `momentum`.",
        ),
        "the whole gradient added": (
            looking("full"),
            "The gradient counts 1 - momentum in the look ahead, too.",
        ),
        "corrected as Adam does": (
            looking("corrected"),
            "Muon divides by nothing: the step is made orthogonal, whatever its size.",
        ),
        "a look ahead that is corrected": (
            looking("corrected ahead"),
            "Muon divides by nothing: the step is made orthogonal, whatever its size.",
        ),
        "an average that begins at the first gradient": (
            looking("begins"),
            "The average begins at zero.",
        ),
        "the look ahead kept as the average": (
            looking("twice"),
            "Keep the average itself: the look ahead is for this step alone.",
        ),
        "the gradients themselves": (
            lambda gradients, momentum: list(gradients),
            "Each step mixes the average of all gradients so far with the newest.",
        ),
    },
)
def looked_ahead(gradients: list[float], momentum: float) -> list[float]:
    """What Muon makes orthogonal at each step, of one number's gradients."""
    return looking()(gradients, momentum)


# --- 08.7: every direction alike ------------------------------------------------------


def matrices() -> list[tuple]:
    """Matrices that are wide, tall and square, and numbers of steps."""
    import torch

    draw = torch.Generator().manual_seed(87)
    shapes = [(3, 5, 3), (6, 2, 5), (4, 4, 1)]
    return [(4 * torch.randn(r, c, generator=draw), n) for r, c, n in shapes]


def iterated(
    matrix: Tensor,
    steps: int,
    size: Callable[[Tensor], Tensor] | None = None,
    numbers: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
    slip: str = "",
) -> Tensor:
    """Newton-Schulz, right or with one slip."""
    a, b, c = numbers
    x = matrix / (matrix.norm() if size is None else size(matrix))
    once = x @ x.T
    for _ in range(steps):
        if slip == "numbers":
            x = a * x + b * x**3 + c * x**5
            continue
        if slip == "each time":
            x = x / x.norm()
        S = once if slip == "once" else x @ x.T
        fifth = S @ x if slip == "third twice" else S @ S @ x
        x = a * x + b * S @ x + (0 if slip == "cut" else c) * fifth
    return x


def exact(matrix: Tensor, steps: int) -> Tensor:
    """All singular values exactly 1."""
    import torch

    U, _, V = torch.linalg.svd(matrix, full_matrices=False)
    return U @ V


@exercise(
    "08.7",
    "Every direction alike",
    inputs=matrices,
    close=1e-4,
    short_cuts={"orthogonalise": "the chapter's own cell did the work; write it anew."},
    mistakes={
        "not divided by the norm": (
            lambda m, n: iterated(m, n, lambda m: 1.0),
            "Begin with matrix / matrix.norm(), so that no singular value is above 1.",
        ),
        "divided by the largest number": (
            lambda m, n: iterated(m, n, lambda m: m.abs().max()),
            "Divide by matrix.norm(), the root of the sum of all squares.",
        ),
        "divided by the largest singular value": (
            lambda m, n: iterated(m, n, svd_norm),
            "Divide by matrix.norm(), the root of the sum of all squares.",
        ),
        "divided by the squared norm": (
            lambda m, n: iterated(m, n, lambda m: m.norm() ** 2),
            "Divide by the norm itself, the root of the sum of squares.",
        ),
        "powers of the single numbers": (
            lambda m, n: iterated(m, n, slip="numbers"),
            "x cubed is x @ x.T @ x, a product of matrices: S @ x.",
        ),
        "the numbers in the wrong order": (
            lambda m, n: iterated(m, n, numbers=(2.0315, -4.7750, 3.4445)),
            "3.4445 belongs to x, -4.775 to the third power, 2.0315 to the fifth.",
        ),
        "all numbers positive": (
            lambda m, n: iterated(m, n, numbers=(3.4445, 4.7750, 2.0315)),
            "The middle number is negative: -4.775.",
        ),
        "no fifth power": (
            lambda m, n: iterated(m, n, slip="cut"),
            "There are three terms: a x + b S x + c S S x.",
        ),
        "the third power twice": (
            lambda m, n: iterated(m, n, slip="third twice"),
            "The last term is S @ S @ x.",
        ),
        "one step too few": (
            lambda m, n: iterated(m, n - 1),
            "Take `steps` steps after the division.",
        ),
        "one step too many": (
            lambda m, n: iterated(m, n + 1),
            "Take `steps` steps after the division.",
        ),
        "S made once": (
            lambda m, n: iterated(m, n, slip="once"),
            "Make S = X @ X.T anew in each step, from the newest X.",
        ),
        "each row to length 1": (
            lambda m, n: m / m.norm(dim=1, keepdim=True),
            "Rows of length 1 are not yet at right angles: take the steps.",
        ),
        "divided again at each step": (
            lambda m, n: iterated(m, n, slip="each time"),
            "Divide once, before the first step.",
        ),
        "exactly 1, by singular values": (
            exact,
            "That is what the steps come near to; take the steps, as Muon does.",
        ),
        "the sum over the columns as the norm": (
            lambda m, n: iterated(m, n, lambda m: m.norm(dim=0, keepdim=True)),
            "One norm for the whole matrix: matrix.norm().",
        ),
    },
)
def orthogonal(matrix: Tensor, steps: int) -> Tensor:
    """Newton-Schulz: all singular values near 1; the shape is kept."""
    return iterated(matrix, steps)


def svd_norm(matrix: Tensor) -> Tensor:
    """The largest singular value."""
    import torch

    return torch.linalg.svdvals(matrix)[0]
