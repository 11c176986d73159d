"""The loss on rows, and a loop in which a model is looked at.

Losses are in nats. `prices` charges texts; here are rows, as a model is trained on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.data.rows import IGNORE, Rows, count_targets, in_parts
from shared.model.devices import beside, device_of
from shared.model.modes import evaluating


def precision(model: nn.Module, mixed: bool = True) -> torch.autocast:
    """bf16 for matrix products if wanted and the model's device computes in it."""
    device = device_of(model)
    able = mixed and device.type == "cuda" and torch.cuda.is_bf16_supported(False)
    return torch.autocast("cuda" if able else "cpu", torch.bfloat16, enabled=able)


def summed_loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The loss summed over the targets that count, in nats; inputs, targets (B, T)."""
    inputs, targets = beside(model, inputs, targets)  # on the model's device
    logits = model(inputs).float().flatten(0, 1)  # (B * T, V)
    right = targets.flatten()  # (B * T,)
    return F.cross_entropy(logits, right, ignore_index=IGNORE, reduction="sum")


def mean_loss(model: nn.Module, rows: Rows, batch: int = 32) -> float:
    """Nats per counted target over all rows, some `batch` rows at a time."""
    count = count_targets(rows[1])
    parts = in_parts(rows, math.ceil(len(rows[0]) / batch))
    with evaluating(model):  # no dropout, no gradients, no random number
        return sum(summed_loss(model, x, y).item() for x, y in parts) / count


def measure_parts(
    model: nn.Module, parts: Iterable[Rows], measure: Callable[[Tensor, Tensor], Any]
) -> list[Any]:
    """What `measure` finds in each part of some rows, which it gets beside the model.

    Meanwhile there are no gradients and no dropout. Afterwards every part of the model
    is in the mode in which it was, after an error, too.
    """
    with evaluating(model):
        return [measure(*beside(model, *part)) for part in parts]
