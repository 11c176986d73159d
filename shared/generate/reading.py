"""What a model says comes next: the reading that stands around the loop of drawing.

Prompts are put side by side, and a model that keeps a cache reads each token once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
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


def prepared(
    model: GPT,
    ids: Tensor | Sequence[int] | Sequence[Sequence[int]],
    most: int,
    way: tuple[float, int | None, float | None],
    eos: int | None,
    generator: torch.Generator | Sequence[torch.Generator] | None,
    use_cache: bool,
) -> tuple[Tensor, Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Prompts (B, T) side by side; what reads them, and what draws from probabilities.

    Rows may differ in length. Each goes on as it would alone, filled up on its left to
    the longest with `eos` or else 0. way: temperature, top_k, top_p. The generator
    alone decides what is drawn, or a list of one for each row; without one, every call
    draws anew. Raises ValueError for bad settings, and for a prompt that is empty or
    longer than the model's context.
    """
    check_sampling(most, *way)
    check_end(eos, model.config)
    rows, pad = check_prompts(ids, model, eos)
    source = check_generators(generator, len(rows))
    cache = model.new_cache() if use_cache and hasattr(model, "new_cache") else None
    read = partial(next_logits, model, cache=cache, pad=pad)
    return rows, read, partial(draw_each, generator=source)


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
