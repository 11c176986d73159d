"""Bad rows, refused in one clear sentence each."""

from __future__ import annotations

import math

from torch import Tensor, nn


def check_fits(rows: list[list[int]], length: int) -> None:
    """Raise ValueError unless each row, less its last token, fits into `length`."""
    longest = max(map(len, rows), default=1) - 1  # 0 without documents
    if longest > length:
        raise ValueError(
            f"a document of {longest} tokens does not fit a row of {length}; give a "
            "larger length, or leave it out"
        )


def check_rows(rows: tuple[Tensor, Tensor], model: nn.Module) -> None:
    """Raise ValueError unless rows are inputs and targets that the model can read."""
    inputs, targets = rows
    if inputs.dim() != 2 or inputs.shape != targets.shape or not inputs.numel():
        raise ValueError(
            f"the rows have inputs {tuple(inputs.shape)} and targets "
            f"{tuple(targets.shape)}; expected the same (N, T), with N and T at least "
            "1: is the text shorter than one row?"
        )
    context = getattr(getattr(model, "config", None), "context", math.inf)
    if inputs.shape[1] > context:
        raise ValueError(
            f"the rows are {inputs.shape[1]} tokens long, but the model's context is "
            f"{context}; cut shorter rows"
        )
