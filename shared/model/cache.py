"""What a model that reads on need not compute again: each layer's keys and values.

Chapter 14 builds it and measures what it saves. Source: Shazeer (2019), "Fast
transformer decoding: one write-head is all you need", which counts its cost.
"""

from __future__ import annotations

import torch
from torch import Tensor


class KeyValues:
    """One layer's keys and values of the tokens read so far, (B, H, T, D) each."""

    def __init__(self) -> None:
        self.k: Tensor | None = None
        self.v: Tensor | None = None

    @property
    def length(self) -> int:
        """How many tokens have been read."""
        return 0 if self.k is None else self.k.shape[2]

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append the new tokens' keys and values; returns those of all tokens."""
        if self.k is not None:
            k, v = torch.cat([self.k, k], dim=2), torch.cat([self.v, v], dim=2)
        self.k, self.v = k, v
        return k, v
