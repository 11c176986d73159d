"""What a model that reads on need not compute again: each layer's keys and values.

Chapter 14 builds `KeyValues` and measures what it saves. Decoders read into the roomy
one, which gives the same and copies less. Source: Shazeer (2019), "Fast transformer
decoding: one write-head is all you need", which counts its cost.
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


class RoomyKeyValues(KeyValues):
    """The same, in room that is made ahead: a new token moves no older ones.

    The room doubles when it is full. k and v are views of the part in use, so that a
    copy to go on from in two ways has to be a deep one (`copy.deepcopy`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.rooms: tuple[Tensor, Tensor] | None = None  # (B, H, R, D) for R tokens

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append the new tokens' keys and values; returns those of all tokens."""
        if k.requires_grad:
            self.rooms = None  # gradients need the old tensors as they were
            return super().extend(k, v)
        start, new = self.length, k.shape[2]
        stop = start + new
        if self.rooms is None or stop > self.rooms[0].shape[2]:
            self.rooms = (
                self.larger(self.k, k, 2 * stop),
                self.larger(self.v, v, 2 * stop),
            )
        keys, values = self.rooms
        keys.narrow(2, start, new).copy_(k)
        values.narrow(2, start, new).copy_(v)
        self.k, self.v = keys.narrow(2, 0, stop), values.narrow(2, 0, stop)
        return self.k, self.v

    @staticmethod
    def larger(old: Tensor | None, like: Tensor, size: int) -> Tensor:
        """Room of `size` tokens for such as `like` (B, H, T, D), the old ones in it."""
        room = like.new_empty(*like.shape[:2], size, like.shape[3])
        if old is not None:
            room[:, :, : old.shape[2]] = old
        return room
