"""From a model's scores to text: temperature, top-k, top-p, and drawing token by token.

Scores (logits) have shape (B, V): one row per text, one number per possible next token.
A filter sets the scores of tokens that may not come to minus infinity. A temperature
below 1 sharpens the probabilities, above 1 it flattens them.

`draw_tokens`: read gives the scores for what comes after the rows, pick chooses by
them. `generate` takes prompts that may differ in length (see `reading.prepared`). A row
that has drawn `eos` is filled up with it; when all rows have, the end comes early. The
generator alone decides what is drawn, or a list of one for each row.

Sources: Fan, Lewis and Dauphin (2018), top-k; Holtzman et al. (2020), "The curious case
of neural text degeneration", top-p.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from shared.generate.reading import prepared
from shared.model.gpt import GPT
from shared.model.modes import evaluating


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Keep the k highest scores of each row (B, V), and those equal to the lowest."""
    k = min(k, logits.shape[-1])
    lowest = logits.topk(k, dim=-1).values[:, -1:]  # (B, 1)
    return logits.masked_fill(logits < lowest, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Keep the fewest likeliest tokens whose probabilities reach p, at least one."""
    ordered, places = logits.sort(dim=-1, descending=True)  # (B, V) each
    probs = ordered.softmax(dim=-1)
    before = probs.cumsum(dim=-1) - probs  # what the likelier ones have already
    beyond = before >= p  # never true of the likeliest: nothing is before it
    return logits.masked_fill(beyond.scatter(1, places, beyond), -torch.inf)


def next_probabilities(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None,
    top_p: float | None = None,
) -> Tensor:  # fmt: skip
    """Probabilities (B, V) to draw from; temperature 0 keeps only the likeliest."""
    if temperature == 0:
        return F.one_hot(logits.argmax(dim=-1), logits.shape[-1]).float()
    logits = logits.float() / temperature
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    return logits.softmax(dim=-1)


def draw_tokens(
    read: Callable, pick: Callable, ids: Tensor, most: int, eos: int | None = None
) -> Iterator[Tensor]:
    """Go on from rows ids (B, T): yield the next token of each, (B, 1)."""
    going = torch.ones(len(ids), 1, dtype=torch.bool, device=ids.device)
    for _ in range(most):
        token = pick(read(ids))  # (B, 1)
        if eos is not None:
            token[~going] = eos
            going &= token != eos
        yield token
        if not going.any():
            return
        ids = torch.cat([ids, token], dim=1)


def generate(
    model: GPT, ids: Tensor | Sequence, max_new_tokens: int, temperature: float = 1.0,
    top_k: int | None = None, top_p: float | None = None, eos: int | None = None,
    generator: torch.Generator | Sequence | None = None, use_cache: bool = True,
) -> Tensor:  # fmt: skip
    """Go on from the rows `ids` (B, T); returns them with the new tokens, (B, T + new).

    Rows may differ in length. Each goes on as it would alone, and comes back filled up
    on its left to the longest, T, with `eos` or else 0: new tokens are [:, T:] of all.
    temperature=0 takes the likeliest token each time. A row that has drawn `eos` is
    filled up with it; when all rows have, the end comes early. The generator alone
    decides what is drawn, or a list of one for each row; without one, every call draws
    anew. Raises ValueError for bad settings, and for a prompt that is empty or longer
    than the model's context.
    """
    way, most = (temperature, top_k, top_p), max_new_tokens
    ids, read, draw = prepared(model, ids, most, way, eos, generator, use_cache)

    def pick(logits: Tensor) -> Tensor:
        return draw(next_probabilities(logits, *way))

    with evaluating(model):
        new = list(draw_tokens(read, pick, ids, most, eos))
    return torch.cat([ids, *new], dim=1)
