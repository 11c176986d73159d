"""How a model's matrices lie in memory: what one token at a time is read quicker from.

A matrix (out, in) lies row by row, and for a single token each row is multiplied with
the token and summed up. Column by column, a processor adds whole columns instead, which
many libraries do nearer to the speed of memory. Measure it: `course.py bench gpt2`.
"""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def lay_out_by_columns(model: nn.Module) -> None:
    """Lay the matrices of all linear layers out column by column, in place.

    Numbers, shapes, names and ties stay; only rounding may differ. It is for writing
    with a cache: a saved model and a training step gain nothing from it.
    """
    for part in model.modules():
        if isinstance(part, nn.Linear):
            part.weight.data = part.weight.t().contiguous().t()
