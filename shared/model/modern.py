"""Newer parts that a `Config` can ask for in place of GPT-2's.

Each class follows the one of `model.parts` that it replaces, so that one GPT takes
either. Sources: Su et al. (2021), "RoFormer", rotary positions; Zhang and Sennrich
(2019), root mean square norm; So et al. (2021), "Primer", squared ReLU; Henry et al.
(2020), norms on queries and keys. The direct line to the embedding is our small version
of Zhou et al. (2024), "Value residual learning".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.model.parts import Attention, Config, FeedForward, LayerNorm


class RMSNorm(nn.Module):
    """Each token's channels to a mean square of 1, then times weight."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the channels: (..., C) -> (..., C)."""
        mean_square = x.pow(2).mean(dim=-1, keepdim=True)
        return x * torch.rsqrt(mean_square + self.eps) * self.weight


class SquaredReLU(FeedForward):
    """A feed-forward layer whose activation is the square of what is above zero."""

    def bend(self, x: Tensor) -> Tensor:
        """The activation, number by number."""
        x = F.relu(x)
        return x * x  # the gradient of .square() takes longer


class Rotary(nn.Module):
    """Positions as angles: the channel pair i of token t turns by t / base^(2i / D)."""

    def __init__(self, channels: int, context: int, base: float = 10_000.0) -> None:
        super().__init__()
        speed = base ** (-torch.arange(0, channels, 2) / channels)  # (D / 2,)
        angle = torch.outer(torch.arange(context), speed)  # (context, D / 2)
        cos = torch.cat([angle.cos(), angle.cos()], dim=-1)  # (context, D)
        sin = torch.cat([-angle.sin(), angle.sin()], dim=-1)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, x: Tensor, start: int) -> Tensor:
        """Turn queries and keys (B, heads, T, D) of the tokens from `start` on."""
        a, b = x.chunk(2, dim=-1)  # a pair is channel i and channel i + D / 2
        swapped = torch.cat([b, a], dim=-1)
        places = slice(start, start + x.shape[2])
        # a cos - b sin in the first half, b cos + a sin in the second
        return x * self.cos[places] + swapped * self.sin[places]


class TunedAttention(Attention):
    """Attention whose queries, keys and values are made in newer ways.

    Rotary positions turn queries and keys; a norm may keep their size in bounds; and
    with the direct line, a value reads not only what its token has become but also the
    embedding that it began with.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        channels = config.width // config.heads
        rotary = config.positions == "rotary"
        self.rotary = Rotary(channels, config.context) if rotary else None
        self.q_norm = RMSNorm(channels) if config.qk_norm else None
        self.k_norm = RMSNorm(channels) if config.qk_norm else None
        self.direct = nn.Parameter(torch.ones(1)) if config.direct else None

    def project(
        self, x: Tensor, first: Tensor | None, start: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each (B, H, T, D); see `Attention.project`."""
        C, bias = x.shape[-1], self.qkv.bias
        W_qk, W_v = self.qkv.weight.split([2 * C, C])
        b_qk, b_v = (None, None) if bias is None else bias.split([2 * C, C])
        source = x if self.direct is None else x + self.direct * first
        v = self.split(F.linear(source, W_v, b_v))
        qk = F.linear(x, W_qk, b_qk)  # (B, T, 2C): queries, then keys
        qk = qk.unflatten(-1, (2 * self.heads, -1)).transpose(1, 2)  # (B, 2H, T, D)
        if self.q_norm is not None:
            q, k = qk.chunk(2, dim=1)
            qk = torch.cat([self.q_norm(q), self.k_norm(k)], dim=1)
        if self.rotary is not None:
            qk = self.rotary(qk, start)  # both turn alike: one pass is quicker than two
        q, k = qk.chunk(2, dim=1)
        return q, k, v


def make_norm(config: Config) -> nn.Module:
    """The norm over `width` channels that the config asks for."""
    if config.norm == "rms":
        return RMSNorm(config.width)
    return LayerNorm(config.width, config.bias)


def make_attention(config: Config) -> Attention:
    """The attention that the config asks for."""
    tuned = config.positions == "rotary" or config.qk_norm or config.direct
    return TunedAttention(config) if tuned else Attention(config)


def make_mlp(config: Config) -> FeedForward:
    """The feed-forward layer that the config asks for."""
    return SquaredReLU(config) if config.mlp == "relu2" else FeedForward(config)
