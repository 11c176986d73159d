"""Devices: where a model is, where it goes, and its rows put beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn


def device_of(model: nn.Module) -> torch.device:
    """The device of a model: that of its first parameter, or else of its first buffer.

    A model without either has no device of its own and is on the CPU.
    """
    first = next(chain(model.parameters(), model.buffers()), None)
    return torch.device("cpu") if first is None else first.device


def beside(model: nn.Module, *tensors: Tensor) -> tuple[Tensor, ...]:
    """Rows of whole numbers where the model is, as torch's embeddings want them.

    Rows may lie in the memory of another device, and in numbers of one or two bytes
    each to save room; what comes back has eight bytes each, in the same shapes.
    """
    device = device_of(model)
    return tuple(tensor.to(device, torch.long) for tensor in tensors)


@contextmanager
def moved(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Inside, the model is on a device; afterwards, after an error too, where it was.

    Its parameters stay the same objects, so that optimizers keep hold of them.
    """
    home = device_of(model)
    model.to(device)
    try:
        yield
    finally:
        model.to(home)
