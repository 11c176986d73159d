"""Exercises of chapter 07 on what makes a step: 07.3 to 07.5. torch waits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor, nn


def path(
    warmup: int,
    hold: int,
    steps: int,
    left: Callable[[float], float] = lambda f: 1 - math.sqrt(f),
    late: tuple[int, int] = (0, 0),
    whole: bool = False,
) -> list[float]:
    """Shares of the highest rate at steps 1 to `steps`; the rest makes mistakes.

    left: what is left when the share f of the fall is done. late: by how many steps
    the rise and the fall come late. whole: f as a share of the whole run.
    """
    start, shares = warmup + hold, []
    for step in range(1, steps + 1):
        if step <= warmup:
            shares.append((step - late[0]) / warmup)
        elif step <= start:
            shares.append(1.0)
        elif whole:
            shares.append(left(step / steps))
        else:
            shares.append(left((step - late[1] - start) / (steps - start)))
    return shares


@exercise(
    "07.3",
    "Stay, then fall",
    inputs=[(4, 3, 12), (0, 5, 9), (3, 0, 8), (2, 6, 8)],
    mistakes={
        "step 1 at rate zero": (
            lambda w, h, n: path(w, h, n, late=(1, 0)),
            "Steps count from 1: step 1 has 1 / warmup, and step warmup has 1.",
        ),
        "a last step above zero": (
            lambda w, h, n: path(w, h, n, late=(0, 1)),
            "The first step of the fall has fallen already, and the last one is at 0.",
        ),
        "every step one late": (
            lambda w, h, n: path(w, h, n, late=(1, 1)),
            "Steps count from 1 to `steps`: the last one is at 0.",
        ),
        "no step held": (
            lambda w, h, n: path(w, 0, n),
            "The fall begins after warmup + hold steps.",
        ),
        "hold steps counted from the start": (
            lambda w, h, n: path(w, max(0, h - w), n),
            "The steps at the highest rate come after the warm-up: warmup + hold.",
        ),
        "a warm-up that ends one step late": (
            lambda w, h, n: [
                step / (w + 1) if step <= w else share
                for step, share in enumerate(path(w, h, n), start=1)
            ],
            "The share is 1 at step warmup already: step / warmup.",
        ),
        "no warm-up": (
            lambda w, h, n: path(0, w + h, n),
            "During the first `warmup` steps the share is step / warmup.",
        ),
        "the fall's steps over all steps": (
            lambda w, h, n: [
                1 - math.sqrt((step - w - h) / n) if step > w + h else share
                for step, share in enumerate(path(w, h, n), start=1)
            ],
            "Divide by the number of steps of the fall, steps - (warmup + hold).",
        ),
        "f as what is left": (
            lambda w, h, n: path(w, h, n, left=lambda f: 1 - math.sqrt(1 - f)),
            "f is the part of the fall that has been made: it grows to 1.",
        ),
        "a cosine": (
            lambda w, h, n: path(
                w, h, n, left=lambda f: 0.5 * (1 + math.cos(math.pi * f))
            ),
            "Here what is left is 1 minus the root of f.",
        ),
        "the fall as a share of the whole run": (
            lambda w, h, n: path(w, h, n, whole=True),
            "f counts the falling steps alone: it is 0 where the fall begins.",
        ),
        "a straight fall": (
            lambda w, h, n: path(w, h, n, left=lambda f: 1 - f),
            "What is left is 1 minus the root of f.",
        ),
        "the root of what is left": (
            lambda w, h, n: path(w, h, n, left=lambda f: math.sqrt(1 - f)),
            "Take the root of f, and subtract it from 1.",
        ),
    },
)
def rate_path(warmup: int, hold: int, steps: int) -> list[float]:
    """Shares of the highest rate at steps 1, 2, ..., steps."""
    return path(warmup, hold, steps)


def long_gradients() -> list[tuple]:
    """Lists of gradients, some too long only together, and the most that is allowed."""
    import torch

    draw = torch.Generator().manual_seed(23)
    three = [torch.randn(*shape, generator=draw) for shape in [(2, 3), (4,), (3, 1)]]
    return [
        ([torch.tensor([3.0, 0.0]), torch.tensor([[4.0]])], 1.0),
        (three, 1.5),
        ([g / 10 for g in three], 2.0),  # short enough already
        ([torch.tensor([0.8, 0.3]), torch.tensor([0.7])], 1.0),  # each alone is short
    ]


def norm_of(gradients: list[Tensor]) -> float:
    """The length of all numbers together."""
    return math.sqrt(sum((g * g).sum().item() for g in gradients))


def scaled(gradients: list[Tensor], factor: float) -> list[Tensor]:
    """Every gradient times one number."""
    return [g * factor for g in gradients]


def by_another(norm: Callable[[list[Tensor]], float]) -> Callable:
    """Clipping by another norm, as a mistake."""

    def clipped(gradients: list[Tensor], most: float) -> tuple[list[Tensor], float]:
        size = norm(gradients)
        return scaled(gradients, min(1.0, most / size)), size

    return clipped


@exercise(
    "07.4",
    "Short enough",
    inputs=long_gradients,
    close=1e-4,
    short_cuts=dict.fromkeys(
        ("clip_grad_norm_", "get_total_norm", "clip_grads_with_norm_"),
        "torch's own clipping did the work; try it once by hand.",
    ),
    mistakes={
        "each gradient by itself": (
            lambda gradients, most: (
                [g * min(1.0, most / g.norm().item()) for g in gradients],
                norm_of(gradients),
            ),
            "One norm for all together, so that the direction stays the same.",
        ),
        "each number by itself": (
            lambda gradients, most: (
                [g.clamp(-most, most) for g in gradients],
                norm_of(gradients),
            ),
            "Clamping numbers bends the direction: multiply all by one factor.",
        ),
        "short ones made longer": (
            lambda gradients, most: (
                scaled(gradients, most / norm_of(gradients)),
                norm_of(gradients),
            ),
            "Only what is longer than `most` is shortened: the factor is at most 1.",
        ),
        "always to length 1": (
            lambda gradients, most: (
                scaled(gradients, 1 / norm_of(gradients)),
                norm_of(gradients),
            ),
            "Shorten to `most`, and only what is longer than that.",
        ),
        "to length 1": (
            lambda gradients, most: (
                scaled(gradients, 1 / n if (n := norm_of(gradients)) > most else 1.0),
                norm_of(gradients),
            ),
            "Shorten to `most`: the factor is most / norm.",
        ),
        "the sum of the norms": (
            by_another(lambda gradients: sum(g.norm().item() for g in gradients)),
            "Square all numbers, add them all up, and take the root of that sum.",
        ),
        "no root": (
            by_another(lambda gradients: norm_of(gradients) ** 2),
            "The norm is the root of the sum of squares.",
        ),
        "the longest gradient's norm": (
            by_another(lambda gradients: max(g.norm().item() for g in gradients)),
            "The norm is that of all numbers together, over all gradients.",
        ),
        "the largest number as the norm": (
            by_another(lambda gradients: max(g.abs().max().item() for g in gradients)),
            "The norm is the root of the sum of all squares.",
        ),
        "the norm after clipping": (
            lambda gradients, most: (
                scaled(gradients, min(1.0, most / norm_of(gradients))),
                min(most, norm_of(gradients)),
            ),
            "Return the norm before: one wants to see how long the gradient was.",
        ),
        "nothing clipped": (
            lambda gradients, most: (gradients, norm_of(gradients)),
            "Where the norm is above `most`, multiply by most / norm.",
        ),
        "the factor upside down": (
            lambda gradients, most: (
                scaled(gradients, max(1.0, norm_of(gradients) / most)),
                norm_of(gradients),
            ),
            "The factor is most / norm, which is below 1 for a long gradient.",
        ),
    },
)
def shortened(gradients: list[Tensor], most: float) -> tuple[list[Tensor], float]:
    """The gradients, together no longer than `most`, and their norm before."""
    return by_another(norm_of)(gradients, most)


def models_to_decay() -> list[tuple]:
    """Models with a tied head, with one of its own, frozen in part, and no GPT."""
    import torch
    from torch import nn

    from shared.model.gpt import GPT, Config

    tied, free, frozen = (
        GPT(Config(vocab_size=11, context=6, layers=1, heads=1, width=4))
        for _ in range(3)
    )
    free.head = nn.Linear(4, 11, bias=False)
    frozen.blocks[0].mlp.up.requires_grad_(False)
    other = nn.ModuleDict(
        {
            "words": nn.Embedding(7, 3),
            "hidden": nn.Linear(3, 5),
            "scale": nn.LayerNorm(5),
        }
    )
    other["start"] = nn.Linear(5, 2)
    other.gate = nn.Parameter(torch.ones(1))
    return [(tied,), (free,), (frozen,), (other,)]


def named(
    model: nn.Module, tables: bool = False, frozen: bool = False, least: int = 2
) -> list[str]:
    """Names of parameters with at least so many directions; no tables, none frozen."""
    from torch import nn

    tied = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    return [
        name
        for name, p in model.named_parameters()
        if p.dim() >= least
        and (tables or id(p) not in tied)
        and (frozen or p.requires_grad)
    ]


@exercise(
    "07.5",
    "Who decays?",
    inputs=models_to_decay,
    use=lambda answer, model: sorted(answer(model)),
    mistakes={
        "everything": (
            lambda model: named(model, tables=True, least=0),
            "Biases, norms and embeddings do not decay: only the matrices of layers.",
        ),
        "everything, the frozen, too": (
            lambda model: named(model, tables=True, least=0, frozen=True),
            "Only matrices decay, and of these no embedding and no frozen one.",
        ),
        "all that is called weight": (
            lambda model: [
                name
                for name in named(model, tables=True, least=0)
                if name.endswith("weight")
            ],
            "The weights of norms are no matrices: look at parameter.dim().",
        ),
        "weights whose name has no norm": (
            lambda model: [
                name
                for name, _ in model.named_parameters()
                if name.endswith("weight") and "norm" not in name
            ],
            "Do not go by names: dim() tells matrices, type(part) tells embeddings.",
        ),
        "positions, too": (
            lambda model: [
                name
                for name in named(model, tables=True)
                if not name.startswith("tokens")
            ],
            "The positions are an embedding as well, and other models name them anew.",
        ),
        "all but biases": (
            lambda model: [
                name
                for name in named(model, tables=True, least=0)
                if not name.endswith("bias")
            ],
            "The weights of norms are no matrices: look at parameter.dim().",
        ),
        "embeddings, too": (
            lambda model: named(model, tables=True),
            "Embeddings are tables, not layers: leave out each nn.Embedding's weight.",
        ),
        "embeddings, and frozen ones": (
            lambda model: named(model, tables=True, frozen=True),
            "Leave out embeddings, and what has requires_grad False.",
        ),
        "frozen ones": (
            lambda model: named(model, frozen=True),
            "What has requires_grad False is not trained: leave it out.",
        ),
        "embeddings known by our names": (
            lambda model: [
                name
                for name in named(model, tables=True)
                if not name.startswith(("tokens", "positions"))
            ],
            "A model may call them otherwise: look for modules of type nn.Embedding.",
        ),
        "blocks alone": (
            lambda model: [name for name in named(model) if name.startswith("blocks")],
            "A head of its own decays as well, and so does any linear layer.",
        ),
        "the others": (
            lambda model: [
                name
                for name in named(model, tables=True, least=0)
                if name not in named(model)
            ],
            "Return those that decay; these are the ones that do not.",
        ),
        "norms and all": (
            lambda model: named(model, least=0),
            "Biases and the weights of norms are no matrices: dim() is 1.",
        ),
    },
)
def decaying(model: nn.Module) -> list[str]:
    """Names of the parameters that decay: matrices of layers that are trained."""
    return named(model)
