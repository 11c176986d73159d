"""Drawing one token for each row, from one generator or from one of each row's own."""

from __future__ import annotations

import torch
from torch import Tensor


def draw_each(
    probs: Tensor, generator: torch.Generator | list[torch.Generator]
) -> Tensor:
    """Draw a token for each row: probabilities (B, V) -> ids (B, 1).

    With a list, each row asks its own generator and gets what it would get alone.
    """
    if isinstance(generator, torch.Generator):
        here = probs.to(generator.device)
        return torch.multinomial(here, 1, generator=generator).to(probs.device)
    rows = zip(probs.split(1), generator, strict=True)
    return torch.cat([draw_each(row, own) for row, own in rows])
