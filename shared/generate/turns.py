"""The new tokens of any number of prompts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from shared.generate.guards import check_generators
from shared.generate.known import within
from shared.generate.sampling import generate
from shared.model.gpt import GPT

#: So many rows are read together. More are no quicker, as all wait for the longest.
TOGETHER = 32


def continuations(
    model: GPT,
    rows: Sequence[Sequence[int]],
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    eos: int | None = None,
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
    known: int | None = None,
) -> list[Tensor]:
    """What comes after each row of ids, (new,) each; see generate and turns_of.

    known: how many ids the tokenizer has; those beyond are not drawn. None: all are.
    """
    model = within(model, known)
    how = {"temperature": temperature, "top_k": top_k, "eos": eos}
    source = check_generators(generator, len(rows))
    lengths = [len(row) for row in rows]
    one = isinstance(generator, torch.Generator) and temperature != 0 and top_k != 1
    found: dict[int, Tensor] = {}
    for at in turns_of(lengths, one):
        own = [source[i] for i in at] if isinstance(source, list) else source
        asked = [rows[i] for i in at]
        ids = generate(model, asked, max_new_tokens, generator=own, **how)
        found.update(zip(at, ids[:, max(map(len, asked)) :]))
    return [found[i] for i in range(len(rows))]


def turns_of(lengths: Sequence[int], one: bool) -> list[list[int]]:
    """The places of the rows that are read together, turn after turn.

    Rows come as they are, except where one generator draws for all of them: then those
    of one length draw in turn, the shortest first. The book's models and pages were
    made so, and in other turns other tokens would be drawn.
    """
    places = range(len(lengths))
    if one:
        return [[i for i in places if lengths[i] == n] for n in sorted(set(lengths))]
    return [list(places[i : i + TOGETHER]) for i in places[::TOGETHER]]
