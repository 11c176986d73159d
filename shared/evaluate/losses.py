"""The loss on rows, and the one loop in which a model is looked at.

Losses are in nats. `prices` charges texts; here are rows, as a model is trained on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.data.rows import IGNORE, Rows, in_parts
from shared.model.devices import beside
from shared.model.modes import evaluating


def precision(device: torch.device, mixed: bool = True) -> torch.autocast:
    """bf16 for matrix products if wanted and the device computes in it, else single."""
    able = mixed and device.type == "cuda" and torch.cuda.is_bf16_supported(False)
    return torch.autocast("cuda" if able else "cpu", torch.bfloat16, enabled=able)


def summed_loss(
    model: nn.Module, inputs: Tensor, targets: Tensor, mixed: bool = True
) -> Tensor:
    """The loss summed over the targets that count, in nats; inputs, targets (B, T)."""
    inputs, targets = beside(model, inputs, targets)
    with precision(inputs.device, mixed):
        logits = model(inputs)  # (B, T, vocab)
    flat = logits.float().flatten(0, 1)  # (B * T, vocab)
    right = targets.flatten()  # (B * T,)
    return F.cross_entropy(flat, right, ignore_index=IGNORE, reduction="sum")


def measure_parts(
    model: nn.Module, parts: Iterable[Rows], measure: Callable[[Tensor, Tensor], Any]
) -> list[Any]:
    """What `measure` finds in each part of some rows, which it gets beside the model.

    Meanwhile there are no gradients and no dropout. Afterwards every part of the model
    is in the mode in which it was, after an error, too.
    """
    with evaluating(model):
        return [measure(*beside(model, *part)) for part in parts]


def mean_loss(model: nn.Module, rows: Rows, batch: int = 32) -> float:
    """Nats per counted target over all rows; draws no random number, changes nothing.

    batch: about how many rows the model reads at once.
    """
    inputs, targets = rows
    count = int((targets != IGNORE).sum())
    if not count:
        raise ValueError("no target counts, so there is no loss to average")
    parts = in_parts(rows, math.ceil(len(inputs) / batch))
    sums = measure_parts(model, parts, lambda x, y: summed_loss(model, x, y).item())
    return sum(sums) / count
