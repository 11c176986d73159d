"""The GPT: norms, attention, feed-forward, block, model.

One class, `GPT`, in the manner of GPT-2; the fields of `Config` exchange its parts for
newer ones. Shapes: B rows, T tokens, C channels (`width`), H heads of D = C / H.

Sources: Vaswani et al. (2017), "Attention is all you need"; Radford et al. (2019),
"Language models are unsupervised multitask learners". Newer parts: Zhang and Sennrich
(2019), root mean square norm; Su et al. (2021), rotary positions; So et al. (2021),
squared ReLU; Henry et al. (2020), norms on queries and keys.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared.modelguards import check_config, check_input


@dataclass(frozen=True)
class Config:
    """The shape of a model. The defaults are GPT-2's manner in the book's size.

    context: the longest row in tokens. width: channels per token, a multiple of heads.
    init "gpt2" draws all matrices, "zero-out" starts what a block adds at zero.
    """

    vocab_size: int = 1024
    context: int = 256
    layers: int = 4
    heads: int = 4
    width: int = 128
    dropout: float = 0.0
    bias: bool = True  # in linear layers and layer norms
    norm: str = "layer"
    positions: str = "learned"
    mlp: str = "gelu"
    qk_norm: bool = False  # root mean square norm on queries and keys
    tie: bool = True  # the head uses the token embedding's matrix
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
    """A layer norm (Ba, Kiros and Hinton, 2016) with its learned weight and bias."""

    def __init__(self, width: int, bias: bool = True, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the channels: (..., C) -> (..., C)."""
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


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


def make_norm(config: Config) -> nn.Module:
    """The norm over `width` channels that the config asks for."""
    if config.norm == "rms":
        return RMSNorm(config.width)
    return LayerNorm(config.width, config.bias)


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
        self.squared_relu = config.mlp == "relu2"
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C); no token sees another."""
        x = self.up(x)  # (B, T, 4C)
        if self.squared_relu:
            x = F.relu(x).square()
        else:
            x = F.gelu(x, approximate="tanh")
        return self.drop(self.down(x))


class Rotary(nn.Module):
    """Positions as angles: the channel pair i of token t turns by t / base^(2i / D)."""

    def __init__(self, channels: int, context: int, base: float = 10_000.0) -> None:
        super().__init__()
        speed = base ** (-torch.arange(0, channels, 2) / channels)  # (D / 2,)
        angle = torch.outer(torch.arange(context), speed)  # (context, D / 2)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def forward(self, x: Tensor, start: int) -> Tensor:
        """Turn queries or keys (B, H, T, D) of the tokens from `start` on."""
        a, b = x.chunk(2, dim=-1)  # a pair is channel i and channel i + D / 2
        cos = self.cos[start : start + x.shape[2]]  # (T, D / 2)
        sin = self.sin[start : start + x.shape[2]]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


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


class Attention(nn.Module):
    """Causal self-attention in several heads: each token reads those up to itself."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, self.dropout = config.heads, config.dropout
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=config.bias)
        self.out = nn.Linear(config.width, config.width, bias=config.bias)
        channels = config.width // config.heads
        self.q_norm = RMSNorm(channels) if config.qk_norm else nn.Identity()
        self.k_norm = RMSNorm(channels) if config.qk_norm else nn.Identity()
        rotary = config.positions == "rotary"
        self.rotary = Rotary(channels, config.context) if rotary else None
        self.drop = nn.Dropout(config.dropout)

    def split(self, x: Tensor) -> Tensor:
        """Give each head its channels: (B, T, C) -> (B, H, T, D)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, past: KeyValues | None = None) -> Tensor:
        """(B, T, C) -> (B, T, C); with `past`, x holds only the new tokens."""
        q, k, v = (self.split(part) for part in self.qkv(x).chunk(3, dim=-1))
        q, k = self.q_norm(q), self.k_norm(k)
        if self.rotary is not None:
            start = 0 if past is None else past.length
            q, k = self.rotary(q, start), self.rotary(k, start)
        if past is not None:
            k, v = past.extend(k, v)
        T, S = q.shape[2], k.shape[2]  # new tokens, and all tokens
        mask = None
        if 1 < T < S:  # several new tokens after old ones
            mask = torch.ones(T, S, dtype=torch.bool, device=x.device).tril(S - T)
        p = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, mask, p, is_causal=T == S)
        return self.drop(self.out(y.transpose(1, 2).flatten(2)))  # (B, T, C)


class Block(nn.Module):
    """Tokens talk (attention), then each thinks (feed-forward); both are added to x."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.norm1, self.attention = make_norm(config), Attention(config)
        self.norm2, self.mlp = make_norm(config), FeedForward(config)

    def forward(self, x: Tensor, past: KeyValues | None = None) -> Tensor:
        """(B, T, C) -> (B, T, C); `past` is for the attention."""
        x = x + self.attention(self.norm1(x), past)
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Token ids (B, T) in, a score for every possible next token (B, T, vocab) out."""

    def __init__(self, config: Config, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        with torch.random.fork_rng(devices=[]):  # the global generator stays as it is
            self.tokens = nn.Embedding(config.vocab_size, config.width)
            places = nn.Embedding(config.context, config.width)
            self.positions = places if config.positions == "learned" else None
            self.drop = nn.Dropout(config.dropout)
            self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
            self.norm = make_norm(config)
            self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        if config.tie:
            self.head.weight = self.tokens.weight
        initialise(self, seed)

    def hidden(self, ids: Tensor, cache: list[KeyValues] | None = None) -> Tensor:
        """What the model knows after each token, (B, T, C); the head reads it.

        With a cache, ids are the new tokens only. Raises ValueError for wrong ids.
        """
        start = 0 if cache is None else cache[0].length
        check_input(ids, self.config, start)
        x = self.tokens(ids)  # (B, T, C)
        if self.positions is not None:
            x = x + self.positions.weight[start : start + ids.shape[1]]
        x = self.drop(x)
        for i, block in enumerate(self.blocks):
            x = block(x, None if cache is None else cache[i])
        return self.norm(x)

    def forward(self, ids: Tensor, cache: list[KeyValues] | None = None) -> Tensor:
        """ids (B, T) -> logits (B, T, vocab_size); see hidden for the cache."""
        return self.head(self.hidden(ids, cache))

    def new_cache(self) -> list[KeyValues]:
        """An empty cache to read into: `forward(ids, cache)`."""
        return [KeyValues() for _ in self.blocks]


@torch.no_grad()
def initialise(model: GPT, seed: int) -> None:
    """Draw every matrix: std 0.02, and less where a block adds its result to x.

    2 x layers results are added up, so each is drawn smaller by the root of that.
    Norms begin at 1 and biases at 0. The seed alone decides.
    """
    draw = torch.Generator().manual_seed(seed)
    small = 0.02 / math.sqrt(2 * model.config.layers)
    if model.config.init == "zero-out":
        small = 0.0
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
        elif parameter.dim() == 2:
            adds = name.endswith(("attention.out.weight", "mlp.down.weight"))
            parameter.normal_(0.0, small if adds else 0.02, generator=draw)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Inside: no dropout and no gradients. Afterwards everything is as it was."""
    modes = {part: part.training for part in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part, mode in modes.items():
            part.training = mode
