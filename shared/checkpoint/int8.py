"""Weights of one byte: whole numbers from -127 to 127, and one scale for each row.

Matrices are stored small and turned back into decimals on use, which saves memory and
not arithmetic. Chapter 14 builds it and measures size, loss and speed.

Sources: Krishnamoorthi (2018), "Quantizing deep convolutional networks for efficient
inference", a scale for each row (output channel); before it Jacob et al. (2017),
"Quantization and training of neural networks for efficient integer-arithmetic-only
inference", with one scale for a whole matrix; Dettmers et al. (2022), "LLM.int8()",
scales from the largest size, in transformers.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.model.gpt import GPT


def check_matrix(matrix: Tensor, bits: int) -> None:
    """Raise TypeError or ValueError unless the matrix can be rounded to so many bits.

    matrix: decimals of shape (R, C), finite. bits: 2 to 8.
    """
    if not isinstance(matrix, Tensor) or not matrix.is_floating_point():
        found = getattr(matrix, "dtype", type(matrix).__name__)
        raise TypeError(f"expected a tensor of decimals, got {found}; give a weight")
    if matrix.dim() != 2 or not matrix.numel():
        raise ValueError(
            f"expected a matrix of shape (R, C), got {tuple(matrix.shape)}; vectors "
            "are small and stay as they are"
        )
    if not isinstance(bits, int) or not 2 <= bits <= 8:
        raise ValueError(f"bits is {bits!r}; expected a whole number from 2 to 8")
    if not matrix.isfinite().all():
        raise ValueError(
            "the matrix holds numbers that are infinite or nan, and no scale fits "
            "them; training went wrong before"
        )


def quantize(matrix: Tensor, bits: int = 8) -> tuple[Tensor, Tensor]:
    """A matrix (R, C) as whole numbers (R, C) and scales (R, 1): about q times scale.

    Each row's largest size becomes the largest whole number, 127 for 8 bits, so that a
    number is off by at most half its row's scale.
    """
    check_matrix(matrix, bits)
    most = 2 ** (bits - 1) - 1
    scale = matrix.abs().amax(dim=1, keepdim=True) / most  # (R, 1)
    scale = scale.masked_fill(scale == 0, 1.0)  # zeros stay zeros
    return (matrix / scale).round().to(torch.int8), scale


def dequantize(q: Tensor, scale: Tensor) -> Tensor:
    """Back to decimals: whole numbers (R, C) times their rows' scales (R, 1)."""
    return q.to(scale.dtype) * scale


class Int8(nn.Module):
    """A matrix of one byte per number; its decimals are made anew on each use."""

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        q, scale = quantize(matrix.detach())
        self.register_buffer("q", q)  # (R, C)
        self.register_buffer("scale", scale)  # (R, 1)

    @property
    def weight(self) -> Tensor:
        """The matrix in decimals, (R, C)."""
        return dequantize(self.q, self.scale)


class Int8Linear(Int8):
    """A linear layer whose matrix is stored in bytes; its bias stays as it is."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__(layer.weight)
        self.bias = layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., R)."""
        return F.linear(x, self.weight, self.bias)


class Int8Embedding(Int8):
    """An embedding whose table is stored in bytes; only what is read is turned back."""

    def __init__(self, layer: nn.Embedding) -> None:
        super().__init__(layer.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (...) -> (..., C)."""
        return dequantize(self.q[ids], self.scale[ids])


@torch.no_grad()
def int8_model(model: GPT) -> GPT:
    """A copy to run, not to train: matrices in bytes, vectors as they are."""
    small = copy.deepcopy(model).eval()
    for part in list(small.modules()):
        for name, child in list(part.named_children()):
            if isinstance(child, nn.Linear):
                setattr(part, name, Int8Linear(child))
            elif isinstance(child, nn.Embedding) and child is not small.positions:
                setattr(part, name, Int8Embedding(child))
    if model.head.weight is model.tokens.weight:
        small.head.q, small.head.scale = small.tokens.q, small.tokens.scale
    return small


def is_small(model: nn.Module) -> bool:
    """Whether the matrices of a model are in bytes. Raises ValueError if only some are.
    """
    table = getattr(model, "positions", None)
    parts = [part for part in model.named_modules() if part[1] is not table]
    small = [name for name, part in parts if isinstance(part, Int8)]
    large = [name for name, part in parts if isinstance(part, nn.Linear | nn.Embedding)]
    if small and large:
        raise ValueError(
            f"{small[0]} is in bytes and {large[0]} is not; make the whole model small "
            "with int8_model, or none of it"
        )
    return bool(small)


def count_bytes(model: nn.Module) -> int:
    """Bytes of all numbers that a saved model holds; a shared tensor counts once."""
    kept = {t.data_ptr(): t for t in model.state_dict().values()}
    return sum(t.numel() * t.element_size() for t in kept.values())
