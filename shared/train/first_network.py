"""The first network: the last n words go in, and a score for every next word comes out.

Chapter 04 builds all of it. The trainings of the later chapters are in recipe.py and
loop.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (the field's own short name)

from shared.data.token_windows import random_batch, windows


class Network(nn.Module):
    """Scores the next word by the last n words; size: how many words there are."""

    def __init__(
        self, size: int, n: int = 4, width: int = 32, hidden: int = 128, drop: float = 0
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, width)
        self.hidden = nn.Linear(n * width, hidden)
        self.dropout = nn.Dropout(drop)
        self.output = nn.Linear(hidden, size)

    def forward(self, contexts: Tensor) -> Tensor:
        """Logits (B, size) for contexts (B, n) of ids."""
        vectors = self.embedding(contexts)  # (B, n, C)
        joined = vectors.flatten(1)  # (B, n * C): side by side
        features = torch.tanh(self.hidden(joined))  # (B, H)
        return self.output(self.dropout(features))  # (B, size)


def in_a_row(documents: list[list[str]], id_of: dict, borders: int) -> np.ndarray:
    """The ids of all documents in one row, each after `borders` times the id 0."""
    ids = []
    for words in documents:
        ids += [0] * borders + [id_of[word] for word in words]
    return np.array(ids + [0] * borders)


@torch.no_grad()
def mean_price(model: nn.Module, row: np.ndarray) -> float:
    """Mean surprise at the words of a row, in nats; borders are not charged."""
    contexts, following = windows(row, 4, stride=1)  # (N, 4) each
    came = following[:, -1]  # (N,)
    contexts, came = contexts[came != 0], came[came != 0]
    model.eval()
    nats = 0.0
    for c, t in zip(contexts.split(4096), came.split(4096), strict=True):
        nats += F.cross_entropy(model(c), t, reduction="sum").item()
    model.train()
    return nats / len(came)


def fit(
    model: nn.Module, row: np.ndarray, steps: int, rate: float, falling: bool = False,
    decay: float = 0.0, seed: int = 0, watch: Callable | None = None,
) -> list:  # fmt: skip
    """Train on random batches; returns what `watch` says after every 250 steps."""
    draw = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    seen = []
    for step in range(steps):
        if falling:  # a straight line from the rate down to zero
            optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        contexts, following = random_batch(row, 64, 4, draw)  # (64, 4) each
        loss = F.cross_entropy(model(contexts), following[:, -1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if watch and (step + 1) % 250 == 0:
            seen.append(watch(model))
    return seen
