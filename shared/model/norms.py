"""Norms that a decoder can have: each is made with (width, eps).

Sources: Ba, Kiros and Hinton (2016), "Layer normalization"; Zhang and Sennrich (2019),
"Root mean square layer normalization". Gemma's keeps its weight as what is added to 1.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.model.gpt import LayerNorm


class BareLayerNorm(nn.Module):
    """A layer norm that has a weight and no bias."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return F.layer_norm(x, self.weight.shape, self.weight, None, self.eps)


class RMSNorm(nn.Module):
    """Each token's channels to a mean square of 1, then times weight."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        mean_square = x.pow(2).mean(dim=-1, keepdim=True)
        return x * torch.rsqrt(mean_square + self.eps) * self.weight


class OnePlusRMSNorm(RMSNorm):
    """The same, times 1 + weight; the weight begins at zero."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__(width, eps)
        nn.init.zeros_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        mean_square = x.pow(2).mean(dim=-1, keepdim=True)
        return x * torch.rsqrt(mean_square + self.eps) * (1 + self.weight)


NORMS = {
    "layer": LayerNorm,
    "bare layer": BareLayerNorm,
    "rms": RMSNorm,
    "one plus rms": OnePlusRMSNorm,
}
