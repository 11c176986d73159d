"""Text while it is being drawn: token by token, each character once it is whole."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
from shared.generate.reading import next_logits
from shared.generate.sampling import draw_tokens, next_probabilities
from shared.model.gpt import GPT
from shared.model.modes import evaluating
from shared.tokenizer.bpe import BPETokenizer


@dataclass(frozen=True)
class Style:
    """How tokens are drawn, as in `generate`, and how many there may be at most."""

    most: int = 200
    temperature: float = 0.7
    top_k: int | None = None
    top_p: float | None = None


#: The style of the talk at the terminal, unless another is asked for.
STYLE = Style()


def stream(
    model: GPT,
    ids: Sequence[int],
    style: Style = STYLE,
    stop: int | None = None,
    generator: torch.Generator | None = None,
) -> Iterator[int]:
    """Yield new token ids as they are drawn: those of `generate`, up to `stop`.

    ids: the prompt, one row. The end also comes when the model's context is full.
    Raises ValueError for bad settings and for a prompt without room for an answer.
    """
    how = style.temperature, style.top_k, style.top_p
    check_sampling(style.most, *how)
    check_end(stop, model.config)
    row, _ = check_prompts(ids, model)
    room = check_room(row, model)
    source = check_generators(generator, 1)
    cache = model.new_cache() if hasattr(model, "new_cache") else None
    read = partial(next_logits, model, cache=cache)

    def pick(logits: Tensor) -> Tensor:
        return draw_each(next_probabilities(logits, *how), source)

    tokens = draw_tokens(read, pick, row, min(style.most, room), stop)
    while True:
        with evaluating(model):  # between two tokens the model is as it was
            token = next(tokens, None)
        if token is None or token.item() == stop:
            return
        yield int(token)


def check_room(row: Tensor, model: GPT) -> int:
    """How many tokens may follow the row (1, T); ValueError where there is no room."""
    if len(row) > 1:
        raise ValueError(f"got {len(row)} rows; one text can be streamed at a time")
    room = model.config.context - row.shape[1]
    if room < 1:
        raise ValueError(
            f"{row.shape[1]} tokens fill the model's context of "
            f"{model.config.context}; say less, so that there is room for an answer"
        )
    return room


def as_text(tok: BPETokenizer, ids: Iterable[int]) -> Iterator[str]:
    """Yield the text of ids as soon as its characters are whole.

    A token may end inside a character; its first bytes wait for the others.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for i in ids:
        if piece := decoder.decode(tok.bytes_of(i)):
            yield piece
    if rest := decoder.decode(b"", final=True):
        yield rest
