"""The first network: the last n words go in, and a score for every next word comes out.

Chapter 04 builds all of it. The trainings of the later chapters are in recipe.py and
loop.py.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F  # noqa: N812 (the field's own short name)
from torch.optim import Optimizer

Pair = tuple[Tensor, Tensor]  # contexts, and the words that came


def examples(documents: list[list[str]], id_of: dict[str, int], n: int) -> Pair:
    """Contexts of n words (N, n), and the word after each (N,), as ids."""
    ids = []
    for words in documents:
        ids += [0] * n + [id_of[word] for word in words]  # 0 is the border
    ids += [0] * n
    contexts = [ids[i : i + n] for i in range(len(ids) - n)]
    return torch.tensor(contexts), torch.tensor(ids[n:])


class Network(nn.Module):
    """Scores each of `size` words as the next one, by the last four."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, 32)
        self.hidden = nn.Linear(4 * 32, 128)
        self.output = nn.Linear(128, size)

    def forward(self, contexts: Tensor) -> Tensor:
        """Logits (B, size) for contexts (B, 4) of ids."""
        vectors = self.embedding(contexts)  # (B, 4, 32)
        joined = vectors.flatten(1)  # (B, 128): side by side
        features = torch.tanh(self.hidden(joined))  # (B, 128)
        return self.output(features)  # (B, size)


def one_step(
    model: nn.Module, optimizer: Optimizer, pile: Pair, draw: Generator
) -> float:
    """Learn from 64 random examples of a pile; returns the loss on them."""
    contexts, came = pile
    chosen = torch.randint(len(came), (64,), generator=draw)
    loss = F.cross_entropy(model(contexts[chosen]), came[chosen])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def mean_price(model: nn.Module, pile: Pair) -> float:
    """Mean surprise at the words of a pile; borders are not charged."""
    contexts, came = pile
    asked = came != 0
    return F.cross_entropy(model(contexts[asked]), came[asked]).item()
