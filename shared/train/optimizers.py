"""Optimizers: which parameters decay, AdamW for all of them, Muon for the matrices.

Sources: Loshchilov and Hutter (2019), "Decoupled weight decay regularization" (AdamW);
Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks",
kellerjordan.github.io/posts/muon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from shared.train.recipe import Recipe, check_rate


def decay_groups(model: nn.Module, decay: float) -> list[dict]:
    """Two groups: matrices decay; norms, biases and embeddings do not."""
    tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    matrices, others = [], []
    for parameter in model.parameters():
        if parameter.requires_grad:
            decays = parameter.dim() >= 2 and id(parameter) not in tables
            (matrices if decays else others).append(parameter)
    return [
        {"params": matrices, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]


@torch.no_grad()
def orthogonalise(matrix: Tensor, steps: int = 3) -> Tensor:
    """Nearly the closest matrix whose singular values are all 1; shape is kept.

    Newton-Schulz: each step applies a x + b x^3 + c x^5 to every singular value x. It
    multiplies x by a matrix made of S = x x^T alone, so that the steps can be taken on
    the small square S. Five bring most values between 0.7 and 1.2; we take three.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / (matrix.norm() + 1e-7)  # every singular value is now at most 1
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x  # so that x @ x.T is the smaller square
    square, whole = x @ x.T, None
    for step in range(steps):
        mix = torch.addmm(square, square, square, beta=b, alpha=c)  # b S + c S S
        mix.diagonal().add_(a)  # a + b S + c S S: what this step multiplies x by
        whole = mix if whole is None else mix @ whole  # all steps so far together
        if step + 1 < steps:
            square = mix @ square @ mix  # S of x after this step
    x = whole @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal: all directions of a matrix move by the same amount."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 0.02, momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self, closure: Callable | None = None) -> None:
        """Update every matrix that has a gradient."""
        for group in self.param_groups:
            for p in (p for p in group["params"] if p.grad is not None):
                if "average" not in self.state[p]:
                    self.state[p]["average"] = torch.zeros_like(p)
                average = self.state[p]["average"]
                average.lerp_(p.grad, 1 - group["momentum"])
                ahead = p.grad.lerp(average, group["momentum"])
                size = group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(orthogonalise(ahead), alpha=-size)


def fused_adamw(
    groups: list[dict], rate: float, betas: tuple[float, float]
) -> list[torch.optim.Optimizer]:
    """torch's AdamW over the groups that are not empty, in its fused form if it can."""
    groups = [group for group in groups if group["params"]]
    fused = all(p.device.type in ("cpu", "cuda") for g in groups for p in g["params"])
    settings = {"lr": rate, "betas": betas, "fused": fused}
    return [torch.optim.AdamW(groups, **settings)] if groups else []


def adamw(model: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """AdamW for every parameter that learns."""
    groups = decay_groups(model, recipe.decay)
    return fused_adamw(groups, recipe.rate, recipe.betas)


@dataclass(frozen=True)
class MuonRecipe(Recipe):
    """A recipe in which Muon has a rate of its own, and `rate` is that of AdamW."""

    optimizer: str = "muon"
    muon_rate: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate("muon_rate", self.muon_rate)


def split_for_muon(
    model: nn.Module, recipe: MuonRecipe
) -> tuple[list[Tensor], list[torch.optim.Optimizer]]:
    """The matrices of the blocks, and AdamW for all other parameters that learn.

    Raises ValueError for a recipe without a rate for Muon, or a model without such.
    """
    if not hasattr(recipe, "muon_rate"):
        raise ValueError("'muon' has a rate of its own: give a MuonRecipe")
    matrices, others = decay_groups(model, recipe.decay)
    head = getattr(getattr(model, "head", None), "weight", None)
    inside = [p for p in matrices["params"] if p is not head and p.dim() == 2]
    if not inside:
        raise ValueError("muon found no matrix inside the model; use 'adamw'")
    known = {id(p) for p in inside}
    matrices["params"] = [p for p in matrices["params"] if id(p) not in known]
    return inside, fused_adamw([matrices, others], recipe.rate, recipe.betas)


def muon(model: nn.Module, recipe: MuonRecipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for all other parameters."""
    inside, others = split_for_muon(model, recipe)
    return [Muon(inside, recipe.muon_rate, weight_decay=recipe.decay), *others]


#: Name -> what makes the optimizers for a model by a recipe. A chapter adds its own.
OPTIMIZERS: dict[str, Callable[[nn.Module, Any], list[torch.optim.Optimizer]]] = {
    "adamw": adamw,
    "muon": muon,
}


def make_optimizers(model: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """The optimizers of a recipe, each group with its highest rate as "peak"."""
    if recipe.optimizer not in OPTIMIZERS:
        raise ValueError(
            f"optimizer is {recipe.optimizer!r}; expected one of {list(OPTIMIZERS)}"
        )
    made = OPTIMIZERS[recipe.optimizer](model, recipe)
    for optimizer in made:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    if not made:
        raise ValueError("every parameter of the model is frozen: nothing to train")
    return made
