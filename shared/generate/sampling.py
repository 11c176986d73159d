"""From a model's scores to text: temperature, top-k, top-p, and drawing token by token.

Scores (logits) have shape (B, V): one row per text, one number per possible next token.
A filter sets the scores of tokens that may not come to minus infinity.

Sources: Fan, Lewis and Dauphin (2018), top-k; Holtzman et al. (2020), "The curious case
of neural text degeneration", top-p.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from shared.model.cache import KeyValues
from shared.model.gpt import GPT
from shared.model.guards import check_end, check_prompt, check_sampling
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

    A temperature below 1 sharpens the bets, above 1 it flattens them.
    """
    logits = logits.float() / temperature
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    return logits.softmax(dim=-1)


def next_logits(model: GPT, ids: Tensor, cache: list[KeyValues] | None) -> Tensor:
    """Scores (B, V) for the token after each row; reads only what is not in the cache.

    A row longer than the context is seen through a window that slides with its end.
    Then every token has a new place, so that the cache is of no use.
    """
    context = model.config.context
    if cache is None or ids.shape[1] > context:
        x = model.hidden(ids[:, -context:])  # (B, T, C)
    else:
        x = model.hidden(ids[:, cache[0].length :], cache)
    return model.head(x[:, -1])


def generate(
    model: GPT,
    ids: Tensor | Sequence[int],
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos: int | None = None,
    generator: torch.Generator | None = None,
    use_cache: bool = True,
) -> Tensor:
    """Go on from the rows `ids` (B, T); returns them with the new tokens, (B, T + new).

    top_k=1 takes the likeliest token each time. A row that has drawn `eos` is filled up
    with it; when all rows have, the end comes early. The generator alone decides what
    is drawn; without one, every call draws anew. Raises ValueError for bad settings, an
    empty prompt, and a prompt that is longer than the model's context.
    """
    check_sampling(max_new_tokens, temperature, top_k, top_p)
    check_end(eos, model.config)
    ids = check_prompt(ids, model.config).to(model.head.weight.device)
    if generator is None:
        generator = torch.Generator()
        generator.seed()
    cache = model.new_cache() if use_cache else None
    going = torch.ones(len(ids), dtype=torch.bool, device=ids.device)
    with evaluating(model):
        for _ in range(max_new_tokens):
            logits = next_logits(model, ids, cache)
            probs = next_probabilities(logits, temperature, top_k, top_p)
            probs = probs.to(generator.device)
            token = torch.multinomial(probs, 1, generator=generator).to(ids.device)
            if eos is not None:
                token[~going] = eos
                going &= token[:, 0] != eos
            ids = torch.cat([ids, token], dim=1)
            if not going.any():
                break
    return ids
