"""The GPT, in GPT-2's way: everything between token ids and a bet on the next token.

Shapes: B rows, T tokens, C channels (`width`), H heads of D = C / H channels each.

Sources: Vaswani et al. (2017), "Attention is all you need"; Radford et al. (2019),
"Language models are unsupervised multitask learners" (GPT-2); Ba, Kiros and Hinton
(2016), "Layer normalization"; Hendrycks and Gimpel (2016), "Gaussian error linear
units". What came after GPT-2 is in `decoder.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.model.guards import check_config, check_input


@dataclass(frozen=True)
class Config:
    """The shape of a model; the defaults are the book's size.

    context: the longest row in tokens. width: channels per token, a multiple of heads.
    dropout: the share of numbers that each dropout forgets in training.
    """

    vocab_size: int = 1024
    context: int = 256
    layers: int = 4
    heads: int = 4
    width: int = 128
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_config(self)


class LayerNorm(nn.Module):
    """Each token's channels to mean 0 and variance 1, then times weight plus bias."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class Attention(nn.Module):
    """Causal self-attention in several heads: each token reads those up to itself."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, self.dropout = config.heads, config.dropout
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.drop = nn.Dropout(config.dropout)

    def split(self, x: Tensor) -> Tensor:
        """Give each head its channels: (B, T, C) -> (B, H, T, D)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        q, k, v = (self.split(part) for part in self.qkv(x).chunk(3, dim=-1))
        p = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=p, is_causal=True)
        return self.drop(self.out(y.transpose(1, 2).flatten(2)))  # heads side by side


class FeedForward(nn.Module):
    """Each token by itself: to four times the width, bend, and back."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.up = nn.Linear(config.width, 4 * config.width)
        self.down = nn.Linear(4 * config.width, config.width)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C); no token sees another."""
        x = F.gelu(self.up(x), approximate="tanh")  # (B, T, 4C)
        return self.drop(self.down(x))


class Block(nn.Module):
    """Tokens talk (attention), then each thinks (feed-forward); both are added to x."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.norm1, self.attention = LayerNorm(config.width), Attention(config)
        self.norm2, self.mlp = LayerNorm(config.width), FeedForward(config)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Token ids (B, T) in, a score for every possible next token (B, T, vocab) out."""

    def __init__(self, config: Config, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        with torch.random.fork_rng(devices=[]):  # the global generator stays as it is
            self.tokens = nn.Embedding(config.vocab_size, config.width)
            self.positions = nn.Embedding(config.context, config.width)
            self.drop = nn.Dropout(config.dropout)
            self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
            self.norm = LayerNorm(config.width)
            self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        self.head.weight = self.tokens.weight  # one matrix reads and writes
        initialise(self, seed)

    def hidden(self, ids: Tensor) -> Tensor:
        """What the model knows after each token, (B, T, C); the head reads it.

        Raises TypeError or ValueError for ids that it cannot read.
        """
        ids = check_input(ids, self.config)
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]  # (B, T, C)
        x = self.drop(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) -> logits (B, T, vocab_size)."""
        return self.head(self.hidden(ids))


@torch.no_grad()
def initialise(model: nn.Module, seed: int) -> None:
    """Draw every matrix: std 0.02, and less where a block adds its result to x.

    2 x layers results are added up, so each is drawn smaller by the root of that.
    Biases begin at 0, and norms as they were made. The seed alone decides.
    """
    draw = torch.Generator().manual_seed(seed)
    added = 0.02 / math.sqrt(2 * model.config.layers)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
        elif parameter.dim() == 2:
            adds = name.endswith(("attention.out.weight", "mlp.down.weight"))
            parameter.normal_(0.0, added if adds else 0.02, generator=draw)
