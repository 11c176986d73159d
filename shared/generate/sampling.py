"""From a model's scores to text: temperature, top-k, top-p, and drawing token by token.

Scores (logits) have shape (B, V): one row per text, one number per possible next token.
A filter sets the scores of tokens that may not come to minus infinity.

Sources: Fan, Lewis and Dauphin (2018), top-k; Holtzman et al. (2020), "The curious case
of neural text degeneration", top-p.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from shared.generate.generators import draw_each
from shared.generate.guards import (
    check_end,
    check_generators,
    check_prompts,
    check_sampling,
)
from shared.generate.padding import last_window
from shared.model.cache import KeyValues
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
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Tensor:
    """Probabilities (B, V) to draw the next token from: scale, filter, softmax.

    A temperature below 1 sharpens the bets, above 1 it flattens them. 0 leaves the
    likeliest token alone.
    """
    if temperature == 0:
        return F.one_hot(logits.argmax(dim=-1), logits.shape[-1]).float()
    logits = logits.float() / temperature
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    return logits.softmax(dim=-1)


def next_logits(
    model: GPT,
    ids: Tensor,
    cache: list[KeyValues] | None = None,
    pad: Tensor | None = None,
) -> Tensor:
    """Scores (B, V) for the token after each row; reads only what is not in the cache.

    A row longer than the context is seen through a window that slides with its end.
    Then every token has a new place, so that the cache is of no use. pad: how many
    tokens on the left of each row are mere filling, (B,), if rows differ in length.
    """
    context = model.config.context
    if cache is None or ids.shape[1] > context:
        ids, last = last_window(ids, pad, context)
        rows = torch.arange(len(ids), device=ids.device)
        x = model.hidden(ids)[rows, last]  # (B, C)
    else:
        x = model.hidden(ids[:, cache[0].length :], cache, pad)[:, -1]
    return model.head(x)


def draw_tokens(
    read: Callable[[Tensor], Tensor],
    pick: Callable[[Tensor], Tensor],
    ids: Tensor,
    most: int,
    eos: int | None = None,
) -> Iterator[Tensor]:
    """Go on from the rows ids (B, T): yield the next token of each, (B, 1).

    read gives the scores (B, V) for what comes after the rows, pick chooses by them. A
    row that has drawn `eos` goes on with it; when all rows have, the end comes early.
    """
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
    model: GPT,
    ids: Tensor | Sequence[int] | Sequence[Sequence[int]],
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos: int | None = None,
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
    use_cache: bool = True,
) -> Tensor:
    """Go on from the rows `ids` (B, T); returns them with the new tokens, (B, T + new).

    Rows may differ in length. Each goes on as it would alone, and comes back filled up
    on its left to the longest, T, with `eos` or else 0: new tokens are [:, T:] of all.
    temperature=0 takes the likeliest token each time. A row that has drawn `eos` is
    filled up with it; when all rows have, the end comes early. The generator alone
    decides what is drawn, or a list of one for each row; without one, every call draws
    anew. Raises ValueError for bad settings, and for a prompt that is empty or longer
    than the model's context.
    """
    check_sampling(max_new_tokens, temperature, top_k, top_p)
    check_end(eos, model.config)
    ids, pad = check_prompts(ids, model, eos)
    source = check_generators(generator, len(ids))
    cache = model.new_cache() if use_cache and hasattr(model, "new_cache") else None
    read = partial(next_logits, model, cache=cache, pad=pad)

    def pick(logits: Tensor) -> Tensor:
        return draw_each(next_probabilities(logits, temperature, top_k, top_p), source)

    with evaluating(model):
        new = list(draw_tokens(read, pick, ids, max_new_tokens, eos))
    return torch.cat([ids, *new], dim=1)
