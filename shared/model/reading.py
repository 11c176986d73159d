"""What one pass through a decoder reads: where its tokens stand, and what they may see.

All layers of a pass ask the same `Reading`, so that angles and masks are made once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor


class Reading:
    """B rows of T new tokens, after `start` that were read before; S = start + T.

    pad: (B,), how many padding tokens each row has on its left, or None. Nobody sees
    padding, and a row's places are counted from its first real token on.
    """

    def __init__(self, ids: Tensor, start: int = 0, pad: Tensor | None = None) -> None:
        self.start, self.stop = start, start + ids.shape[1]
        self.pad, self.device = pad, ids.device
        self.first: Tensor | None = None  # the embeddings, (B, T, C)
        self.made: dict[Hashable, Any] = {}

    @cached_property
    def columns(self) -> Tensor:
        """Where the new tokens stand among all that are read, (T,)."""
        return torch.arange(self.start, self.stop, device=self.device)

    @cached_property
    def places(self) -> Tensor:
        """Each token's place in its row: (T,), or (B, T) with padding."""
        if self.pad is None:
            return self.columns
        return (self.columns - self.pad[:, None]).clamp(min=0)

    def of(self, table: Tensor) -> Tensor:
        """A table's entries (places, D) for the tokens: (T, D), or (B, 1, T, D)."""
        if self.pad is None:
            return table[self.start : self.stop]  # quicker than to gather them
        return table[self.places][:, None]  # alike for all heads of a row

    def once(self, name: Hashable, make: Callable[[], Any]) -> Any:
        """What several layers need: made by the first that asks for this name."""
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]

    def mask(self, window: int | None = None) -> Tensor | None:
        """What may be seen: (T, S) or (B, 1, T, S), True where a token may look.

        window: how many tokens back, itself among them. None when each token sees all
        tokens up to itself, for which torch needs no mask.
        """
        T, S = self.stop - self.start, self.stop
        if window is not None and window >= S:
            window = None  # wide enough for all
        if self.pad is None and window is None and T in (1, S):
            return None
        return self.once(("mask", window), lambda: self.seen(window))

    def seen(self, window: int | None) -> Tensor:
        """The mask itself: see mask."""
        every = torch.arange(self.stop, device=self.columns.device)  # (S,)
        back = self.columns[:, None] - every  # (T, S)
        seen = back >= 0
        if window is not None:
            seen = seen & (back < window)
        if self.pad is None:
            return seen
        real = every >= self.pad[:, None]  # (B, S)
        return (seen & real[:, None])[:, None]  # where nothing is seen, torch gives 0


def count_padding(real: Tensor) -> Tensor:
    """How many padding tokens each row has on its left: (B, T) bool -> (B,).

    real: True at tokens, False at padding (others call it an attention mask). Raises
    ValueError when padding stands between tokens or after them.
    """
    real = torch.as_tensor(real).bool()
    pad = real.int().argmax(1)  # where the first real token stands
    columns = torch.arange(real.shape[1], device=real.device)
    wrong = (real != (columns >= pad[:, None])) | ~real.any(1, keepdim=True)
    if wrong.any():
        row, at = wrong.nonzero()[0].tolist()
        raise ValueError(
            f"row {row} has padding at place {at}, inside or after its tokens; padding "
            "stands on the left of a row, before its first token, and nowhere else"
        )
    return pad
