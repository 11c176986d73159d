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
        self.room: Tensor | None = None  # (2, B, H, R, D), R places for keys and values

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append the new tokens' keys and values; returns those of all tokens."""
        if torch.is_grad_enabled() and (k.requires_grad or v.requires_grad):
            self.room = None  # gradients need the old tensors as they were
            return super().extend(k, v)
        start, stop = self.length, self.length + k.shape[2]
        if self.room is None or stop > self.room.shape[3]:
            self.make_room(k, 2 * stop)
        self.room[0, :, :, start:stop] = k
        self.room[1, :, :, start:stop] = v
        self.k, self.v = self.room[:, :, :, :stop].unbind()
        return self.k, self.v

    def make_room(self, like: Tensor, places: int) -> None:
        """New room for keys and values `like` (B, H, T, D), with the old ones in it."""
        rows, heads, _, channels = like.shape
        self.room = like.new_empty(2, rows, heads, places, channels)
        if self.k is not None:
            self.room[0, :, :, : self.length] = self.k
            self.room[1, :, :, : self.length] = self.v
