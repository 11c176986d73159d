"""What a decoder's token does by itself: an activation, with a gate or without.

Sources: Hendrycks and Gimpel (2016), "Gaussian error linear units"; So et al. (2021),
"Primer" (squared ReLU); Shazeer (2020), "GLU variants improve transformer".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from shared.model.decoder import DecoderConfig


def squared_relu(x: Tensor) -> Tensor:
    """The square of what is above zero, number by number."""
    x = F.relu(x)
    return x * x  # the gradient of .square() takes longer


class DecoderMLP(nn.Module):
    """Up to `mlp_width` numbers per token, bend, and back."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        inner = config.mlp_width or 4 * config.width
        self.bend = ACTIVATIONS[config.activation]
        self.up = nn.Linear(config.width, inner, bias=config.bias)
        self.down = nn.Linear(inner, config.width, bias=config.bias)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C); no token sees another."""
        return self.drop(self.down(self.bend(self.up(x))))


class GatedMLP(DecoderMLP):
    """A second product is bent, and says how much of the first one passes."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__(config)
        inner = self.up.out_features
        self.gate = nn.Linear(config.width, inner, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C); no token sees another."""
        return self.drop(self.down(self.bend(self.gate(x)) * self.up(x)))


ACTIVATIONS = {
    "gelu": partial(F.gelu, approximate="tanh"),
    "relu2": squared_relu,
    "silu": F.silu,
}
MLPS = {"plain": DecoderMLP, "gated": GatedMLP}
