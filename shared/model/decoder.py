"""The general decoder: `gpt.py` with a table for each of its parts.

With its defaults a `Decoder` is the GPT, bit for bit, and reads the same state dict. A
field of `DecoderConfig` names an entry of a table (`NORMS`, `POSITIONS`, `ATTENTION`,
`MLPS`, `ACTIVATIONS`, `INITS`) or is a number that one part reads. A new kind of part
is a class and an entry in its table; no line here changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from shared.model.attention import ATTENTION
from shared.model.cache import KeyValues
from shared.model.gpt import GPT, Config, initialise
from shared.model.guards import check_fields, check_input, check_pad, check_sizes
from shared.model.mlps import ACTIVATIONS, MLPS
from shared.model.norms import NORMS
from shared.model.positions import POSITIONS, SCALINGS
from shared.model.reading import Reading

Each = tuple  # a pattern: one entry per layer, from the first on and round again


@dataclass(frozen=True)
class DecoderConfig(Config):
    """The shape of a decoder. The defaults are GPT-2's way in the book's size.

    What may differ between layers (marked Each) is one value for all of them, or a
    tuple that cycles: window=(512, 512, None) narrows two layers of three.

    kv_heads: heads of keys and values, None for as many as heads. head_width: channels
    of a head, None for width / heads. scale: of the scores, None for head_width**-0.5.
    window: how many tokens a token sees, itself among them, or None for all. base and
    scaling: of rotary angles. mlp_width: None for 4 x width. embed_scale: a factor on
    the embeddings. qkv_bias: None for the same as bias.
    """

    norm: str = "layer"
    norm_at: str = "before"  # its part, "after" it, or "both"
    eps: float = 1e-5
    bias: bool = True  # in linear layers
    qkv_bias: bool | None = None
    tie: bool = True  # the head is the embedding's matrix
    embed_scale: float = 1.0
    init: str = "gpt2"
    positions: str | Each = "learned"
    base: float | Each = 10_000.0
    scaling: dict | Each | None = None
    attention: str | Each = "full"
    kv_heads: int | Each | None = None
    head_width: int | Each | None = None
    qk_norm: str | Each = "none"  # "head": over each head's channels, "whole": over all
    scale: float | Each | None = None
    window: int | Each | None = None
    mlp: str | Each = "plain"
    mlp_width: int | Each | None = None
    activation: str | Each = "gelu"

    def __post_init__(self) -> None:
        check_sizes(self)
        check_fields(self, CHOICES)
        if any(isinstance(value, tuple) for value in vars(self).values()):
            for layer in range(self.layers):
                self.at(layer)  # is checked, too

    @property
    def channels(self) -> int:
        """Channels of one head, D."""
        return self.head_width or self.width // self.heads

    def at(self, layer: int) -> DecoderConfig:
        """The config of one layer: every pattern is replaced by its entry."""
        patterns = {n: v for n, v in vars(self).items() if isinstance(v, tuple)}
        return replace(self, **{n: v[layer % len(v)] for n, v in patterns.items()})


def unchanged(x: Tensor) -> Tensor:
    """Stands where a block has no norm; quicker to call than nn.Identity."""
    return x


class DecoderBlock(nn.Module):
    """The GPT's block, its parts taken from the tables."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()

        def norm(at: str) -> Callable[[Tensor], Tensor]:
            wanted = config.norm_at in (at, "both")
            kind = NORMS[config.norm]
            return kind(config.width, config.eps) if wanted else unchanged

        self.norm1, self.attention = norm("before"), ATTENTION[config.attention](config)
        self.after1 = norm("after")
        self.norm2, self.mlp = norm("before"), MLPS[config.mlp](config)
        self.after2 = norm("after")

    def forward(self, x: Tensor, row: Reading, past: KeyValues | None = None) -> Tensor:
        """(B, T, C) -> (B, T, C); with `past`, x holds only the new tokens."""
        x = x + self.after1(self.attention(self.norm1(x), row, past))
        return x + self.after2(self.mlp(self.norm2(x)))


class Decoder(GPT):
    """A GPT whose parts are those that its config names."""

    block = DecoderBlock

    def __init__(self, config: DecoderConfig, seed: int = 0) -> None:
        nn.Module.__init__(self)  # not the GPT's: it would make GPT-2's parts
        self.config = config
        layers = [config.at(layer) for layer in range(config.layers)]
        table = any(one.positions == "learned" for one in layers)
        with torch.random.fork_rng(devices=[]):  # the global generator stays as it is
            self.tokens = nn.Embedding(config.vocab_size, config.width)
            places = nn.Embedding(config.context, config.width) if table else None
            self.positions = places
            self.drop = nn.Dropout(config.dropout)
            self.blocks = nn.ModuleList(self.block(one) for one in layers)
            self.norm = NORMS[config.norm](config.width, config.eps)
            self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        if config.tie:
            self.head.weight = self.tokens.weight
        INITS[config.init](self, seed)

    def hidden(
        self,
        ids: Tensor,
        cache: list[KeyValues] | None = None,
        pad: Tensor | None = None,
    ) -> Tensor:
        """What the model knows after each token, (B, T, C); the head reads it.

        With a cache, ids are the new tokens only. pad: (B,), how many padding tokens
        each row has on its left, the same in every call with one cache; what comes out
        in their places means nothing. Raises TypeError or ValueError for wrong ids.
        """
        start = 0 if cache is None else cache[0].length
        ids = check_input(ids, self.config, start)
        if pad is not None:
            check_pad(pad, len(ids), self.config.context)
        row = Reading(ids, start, pad)
        x = self.tokens(ids)  # (B, T, C)
        if self.config.embed_scale != 1:
            x = x * self.config.embed_scale
        if self.positions is not None:
            x = x + self.positions(row.places)
        x = row.first = self.drop(x)
        for i, block in enumerate(self.blocks):
            x = block(x, row, None if cache is None else cache[i])
        return self.norm(x)

    def forward(
        self,
        ids: Tensor,
        cache: list[KeyValues] | None = None,
        pad: Tensor | None = None,
    ) -> Tensor:
        """ids (B, T) -> logits (B, T, vocab_size); see hidden for cache and pad."""
        return self.head(self.hidden(ids, cache, pad))

    def new_cache(self) -> list[KeyValues]:
        """An empty cache to read into: `forward(ids, cache)`."""
        return [KeyValues() for _ in self.blocks]


@torch.no_grad()
def zero_out(model: Decoder, seed: int) -> None:
    """First weights of the book's own model: embeddings of size 1, zeros at each end.

    What a block adds to the stream and what an untied head puts out begin at zero, so
    that a fresh model knows nothing. A tied embedding is drawn with std 0.02.
    """
    draw = torch.Generator().manual_seed(seed)
    stds = {"attention.out.weight": 0.0, "mlp.down.weight": 0.0, "head.weight": 0.0}
    stds["tokens.weight"] = 0.02 if model.config.tie else 1.0
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
        elif parameter.dim() == 2:
            ends = [std for end, std in stds.items() if name.endswith(end)]
            parameter.normal_(0.0, ends[0] if ends else 0.02, generator=draw)


INITS = {"gpt2": initialise, "zero-out": zero_out}
CHOICES = {
    "norm": NORMS,
    "norm_at": ("before", "after", "both"),
    "init": INITS,
    "positions": POSITIONS,
    "scaling": SCALINGS,
    "attention": ATTENTION,
    "qk_norm": ("none", "head", "whole"),
    "mlp": MLPS,
    "activation": ACTIVATIONS,
}
