"""How a decoder's attention knows where a token stands: angles, or nothing.

`POSITIONS` holds, for each kind, what turns queries and keys; a table of learned places
is added to the embeddings instead, and turns nothing. `SCALINGS` stretches the angles
of a model that reads farther than it was first trained for.

Sources: Su et al. (2021), "RoFormer"; Grattafiori et al. (2024), "The Llama 3 herd of
models", whose stretching of angles is defined by the code that came with it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from shared.model.decoder import DecoderConfig
    from shared.model.reading import Reading


class Rotary(nn.Module):
    """Positions as angles: the channel pair i of token t turns by t / base^(2i / D)."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.channels, self.base = config.channels, config.base
        self.settings = f"{self.channels} channels, base {self.base}"
        self.cos = self.sin = torch.zeros(0, self.channels)  # of no place yet

    def speeds(self) -> Tensor:
        """By which angle each pair turns from place to place, (D / 2,)."""
        i = torch.arange(0, self.channels, 2)
        return self.base ** (-i / self.channels)

    @torch.inference_mode(False)  # wherever they are made, they also serve training
    def angles(self, places: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Cosines and sines of the first places, (places, D) each."""
        angle = torch.outer(torch.arange(places), self.speeds())  # (places, D / 2)
        cos, sin = angle.to(device).cos(), angle.to(device).sin()
        return torch.cat([cos, cos], dim=-1), torch.cat([-sin, sin], dim=-1)

    def look_up(self, row: Reading) -> tuple[Tensor, Tensor]:
        """Cosines and sines for the tokens of a pass, (T, D) or (B, 1, T, D) each."""
        if row.stop > len(self.cos) or row.device != self.cos.device:
            # Twice as many as are needed now: text that is written grows.
            self.cos, self.sin = self.angles(2 * row.stop, row.device)
        return row.of(self.cos), row.of(self.sin)

    def forward(self, x: Tensor, row: Reading) -> Tensor:
        """Turn queries and keys (B, heads, T, D)."""
        # Layers with the same settings turn alike: the first one looks up for all.
        cos, sin = row.once(self.settings, lambda: self.look_up(row))
        a, b = x.chunk(2, dim=-1)  # a pair is channel i and channel i + D / 2
        swapped = torch.cat([b, a], dim=-1)
        # a cos - b sin in the first half, b cos + a sin in the second
        return (x * cos + swapped * sin).to(x.dtype)


class ScaledRotary(Rotary):
    """Rotary positions for a model that reads farther than it was first trained for."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__(config)
        self.scaling = config.scaling
        self.settings += f", scaling {self.scaling}"

    def speeds(self) -> Tensor:
        """By which angle each pair turns from place to place, (D / 2,)."""
        numbers = {k: v for k, v in self.scaling.items() if k != "kind"}
        return SCALINGS[self.scaling["kind"]](super().speeds(), **numbers)


class Unturned(nn.Module):
    """Leaves queries and keys as they are."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()

    def forward(self, x: Tensor, row: Reading) -> Tensor:
        """(B, heads, T, D), the same."""
        return x


def slow_down(speed: Tensor, factor: float) -> Tensor:
    """Every angle grows more slowly by the same factor; speed (D / 2,)."""
    return speed / factor


def llama3(
    speed: Tensor, factor: float, low: float, high: float, original: int
) -> Tensor:
    """Slow pairs turn more slowly still, quick ones as before, with a slope between.

    A pair that turns fewer than `low` times in the original context is slowed down by
    factor, one that turns more than `high` times stays; speed (D / 2,).
    """
    turns = original * speed / (2 * math.pi)
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return speed * (kept + (1 - kept) / factor)


POSITIONS = {
    "learned": Unturned,
    "none": Unturned,
    "rotary": Rotary,
    "scaled rotary": ScaledRotary,
}
SCALINGS = {"linear": slow_down, "llama3": llama3}
