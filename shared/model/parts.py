"""The parts of a GPT in the manner of GPT-2: its config, norm, feed-forward, attention.

Shapes: B rows, T tokens, C channels (`width`), H heads of D = C / H channels each.

Sources: Vaswani et al. (2017), "Attention is all you need"; Radford et al. (2019),
"Language models are unsupervised multitask learners" (GPT-2); Ba, Kiros and Hinton
(2016), "Layer normalization"; Hendrycks and Gimpel (2016), "Gaussian error linear
units". Newer parts, which `Config` can ask for, stand in `shared.model.modern`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.model.cache import KeyValues
from shared.model.guards import check_config


@dataclass(frozen=True)
class Config:
    """The shape of a model. The defaults are GPT-2's manner in the book's size.

    context: the longest row in tokens. width: channels per token, a multiple of heads.
    tie: the head uses the token embedding's matrix. The last six fields exchange parts
    for newer ones (chapter 07): see `shared.model.guards.CHOICES` for what they may be.
    """

    vocab_size: int = 1024
    context: int = 256
    layers: int = 4
    heads: int = 4
    width: int = 128
    dropout: float = 0.0
    bias: bool = True  # in linear layers and layer norms
    tie: bool = True
    norm: str = "layer"
    positions: str = "learned"
    mlp: str = "gelu"
    qk_norm: bool = False  # a norm on queries and keys
    direct: bool = False  # values also read the embedding itself
    init: str = "gpt2"

    def __post_init__(self) -> None:
        check_config(self)


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor | float, eps: float) -> Tensor:
    """Each token's channels to mean 0 and variance 1, then times weight plus bias.

    The formula. The model calls torch's version of it: same numbers, fewer passes.
    """
    mean = x.mean(dim=-1, keepdim=True)
    variance = x.var(dim=-1, keepdim=True, unbiased=False)
    return (x - mean) / torch.sqrt(variance + eps) * weight + bias


class LayerNorm(nn.Module):
    """A layer norm with its learned weight and, if wanted, its learned bias."""

    def __init__(self, width: int, bias: bool = True, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the channels: (..., C) -> (..., C)."""
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


def gelu(x: Tensor) -> Tensor:
    """GPT-2's activation: x times (nearly) the chance that a normal draw is below x.

    The formula. The model calls torch's version of it: same numbers, fewer passes.
    """
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    return 0.5 * x * (1 + torch.tanh(inner))


class FeedForward(nn.Module):
    """Each token by itself: to four times the width, bend, and back."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.up = nn.Linear(config.width, 4 * config.width, bias=config.bias)
        self.down = nn.Linear(4 * config.width, config.width, bias=config.bias)
        self.drop = nn.Dropout(config.dropout)

    def bend(self, x: Tensor) -> Tensor:
        """The activation, number by number."""
        return F.gelu(x, approximate="tanh")

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C); no token sees another."""
        x = self.bend(self.up(x))  # (B, T, 4C)
        return self.drop(self.down(x))


class Attention(nn.Module):
    """Causal self-attention in several heads: each token reads those up to itself."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, self.dropout = config.heads, config.dropout
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=config.bias)
        self.out = nn.Linear(config.width, config.width, bias=config.bias)
        self.drop = nn.Dropout(config.dropout)

    def split(self, x: Tensor) -> Tensor:
        """Give each head its channels: (B, T, C) -> (B, H, T, D)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def project(
        self, x: Tensor, first: Tensor | None, start: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of x (B, T, C), each (B, H, T, D).

        GPT-2 needs x alone. Newer ways (chapter 07) also use `first`, the embeddings
        that the tokens began with, and `start`, the place of x's first token.
        """
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return self.split(q), self.split(k), self.split(v)

    def forward(
        self, x: Tensor, first: Tensor | None = None, past: KeyValues | None = None
    ) -> Tensor:
        """(B, T, C) -> (B, T, C); with `past`, x holds only the new tokens."""
        q, k, v = self.project(x, first, 0 if past is None else past.length)
        if past is not None:
            k, v = past.extend(k, v)
        T, S = q.shape[2], k.shape[2]  # new tokens, and all tokens
        mask = None
        if 1 < T < S:  # several new tokens after old ones
            mask = torch.ones(T, S, dtype=torch.bool, device=x.device).tril(S - T)
        p = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, mask, p, is_causal=T == S)
        return self.drop(self.out(y.transpose(1, 2).flatten(2)))  # (B, T, C)
