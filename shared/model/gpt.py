"""The GPT: blocks of attention and feed-forward between an embedding and a head.

One class, `GPT`, in the manner of GPT-2; the fields of `Config` exchange its parts for
newer ones. Shapes: B rows, T tokens, C channels (`width`), H heads of D = C / H.

Source: Radford et al. (2019), "Language models are unsupervised multitask learners".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from shared.model.cache import KeyValues
from shared.model.guards import check_input
from shared.model.modern import make_attention, make_mlp, make_norm
from shared.model.parts import Config

__all__ = ["GPT", "Block", "Config", "KeyValues", "evaluating", "initialise"]


class Block(nn.Module):
    """Tokens talk (attention), then each thinks (feed-forward); both are added to x."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.norm1, self.attention = make_norm(config), make_attention(config)
        self.norm2, self.mlp = make_norm(config), make_mlp(config)

    def forward(
        self, x: Tensor, first: Tensor | None = None, past: KeyValues | None = None
    ) -> Tensor:
        """(B, T, C) -> (B, T, C); `first` and `past` are for the attention."""
        x = x + self.attention(self.norm1(x), first, past)
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
        x = first = self.drop(x)
        for i, block in enumerate(self.blocks):
            x = block(x, first, None if cache is None else cache[i])
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
    Norms begin at 1 and biases at 0. The seed alone decides. With "zero-out" (chapter
    07) embeddings are drawn with std 1, and what is added or put out begins at zero.
    """
    draw = torch.Generator().manual_seed(seed)
    small = 0.02 / math.sqrt(2 * model.config.layers)
    stds = {"attention.out.weight": small, "mlp.down.weight": small}
    if model.config.init == "zero-out":
        stds = {"attention.out.weight": 0.0, "mlp.down.weight": 0.0, "head.weight": 0.0}
        stds["tokens.weight"] = 0.02 if model.config.tie else 1.0
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
        elif parameter.dim() == 2:
            ends = [std for end, std in stds.items() if name.endswith(end)]
            parameter.normal_(0.0, ends[0] if ends else 0.02, generator=draw)


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
