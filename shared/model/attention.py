"""Attentions that a decoder can have; `ATTENTION` is the table of them.

Shapes: B rows, T new tokens, S tokens that can be read, H heads of queries and G heads
of keys and values, of D channels each.

Sources: Ainslie et al. (2023), "GQA" (heads that share keys and values); Henry et al.
(2020), "Query-key normalization for transformers"; the direct line to the embedding is
our small version of Zhou et al. (2024), "Value residual learning".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.model.cache import KeyValues
from shared.model.norms import NORMS
from shared.model.positions import POSITIONS

if TYPE_CHECKING:
    from shared.model.decoder import DecoderConfig
    from shared.model.reading import Reading


class DecoderAttention(nn.Module):
    """Causal self-attention whose queries and keys may be normed, turned and shared."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        H, G, D = config.heads, config.kv_heads or config.heads, config.channels
        self.heads, self.kv_heads, self.channels = H, G, D
        self.dropout, self.scale = config.dropout, config.scale
        self.window = config.window
        bias = config.bias if config.qkv_bias is None else config.qkv_bias
        self.qkv = nn.Linear(config.width, (H + 2 * G) * D, bias=bias)
        self.out = nn.Linear(H * D, config.width, bias=config.bias)
        self.drop = nn.Dropout(config.dropout)
        self.qk_norm = config.qk_norm
        if config.qk_norm != "none":
            over = (D, D) if config.qk_norm == "head" else (H * D, G * D)
            norm = NORMS[config.norm]
            self.q_norm, self.k_norm = (norm(size, config.eps) for size in over)
        self.turn = POSITIONS[config.positions](config)

    def split(self, x: Tensor) -> Tensor:
        """Give each head its channels: (B, T, heads x D) -> (B, heads, T, D)."""
        return x.unflatten(-1, (-1, self.channels)).transpose(1, 2)

    def join(self, x: Tensor) -> Tensor:
        """Lay the heads side by side: (B, heads, T, D) -> (B, T, heads x D)."""
        return x.transpose(1, 2).flatten(2)

    def project(self, x: Tensor, row: Reading) -> tuple[Tensor, Tensor]:
        """Queries and keys together, (B, H + G, T, D), and values, (B, G, T, D)."""
        H, G = self.heads, self.kv_heads
        return self.split(self.qkv(x)).split_with_sizes([H + G, G], dim=1)

    def normed(self, qk: Tensor) -> Tensor:
        """Queries and keys (B, H + G, T, D) at a known size, if the config wants it."""
        if self.qk_norm == "none":
            return qk
        q, k = qk.split([self.heads, self.kv_heads], dim=1)
        if self.qk_norm == "head":
            return torch.cat([self.q_norm(q), self.k_norm(k)], dim=1)
        q, k = self.q_norm(self.join(q)), self.k_norm(self.join(k))
        return torch.cat([self.split(q), self.split(k)], dim=1)

    def forward(self, x: Tensor, row: Reading, past: KeyValues | None = None) -> Tensor:
        """(B, T, C) -> (B, T, C); with `past`, x holds only the new tokens."""
        qk, v = self.project(x, row)
        qk = self.turn(self.normed(qk), row)  # both alike: one pass is quicker than two
        # Tensor.split does the same, by a detour through Python.
        q, k = qk.split_with_sizes([self.heads, self.kv_heads], dim=1)
        if past is not None:
            k, v = past.extend(k, v)
        mask = row.mask(self.window)  # None: each token sees all up to itself
        y = F.scaled_dot_product_attention(
            q,
            k,
            v,
            mask,
            self.dropout if self.training else 0.0,
            is_causal=mask is None and q.shape[2] > 1,
            scale=self.scale,
            enable_gqa=self.heads != self.kv_heads,
        )
        return self.drop(self.out(self.join(y)))


class DirectAttention(DecoderAttention):
    """Values also read the embedding that a token began with, on a direct line.

    After one block, what a token offers is a mixture of what it has read; to repeat a
    name one wants the plain word.
    """

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__(config)
        self.direct = nn.Parameter(torch.ones(1))  # how much of it; learned

    def project(self, x: Tensor, row: Reading) -> tuple[Tensor, Tensor]:
        """Queries and keys together, (B, H + G, T, D), and values, (B, G, T, D)."""
        sizes = [n * self.channels for n in (self.heads + self.kv_heads, self.kv_heads)]
        W_qk, W_v = self.qkv.weight.split_with_sizes(sizes)
        bias = self.qkv.bias
        b_qk, b_v = (None, None) if bias is None else bias.split_with_sizes(sizes)
        v = F.linear(x + self.direct * row.first, W_v, b_v)
        return self.split(F.linear(x, W_qk, b_qk)), self.split(v)


ATTENTION = {"full": DecoderAttention, "direct": DirectAttention}
