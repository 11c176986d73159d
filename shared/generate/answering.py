"""Answers of a chat model: prompts in its template, read together, up to the stop."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from shared.generate.turns import continuations
from shared.model.gpt import GPT
from shared.tokenizer.bpe import BPETokenizer
from shared.tokenizer.template import marks_of, prompt_ids


def replies(
    model: GPT,
    tok: BPETokenizer,
    prompts: Sequence[str],
    max_new_tokens: int = 160,
    temperature: float = 1.0,
    top_k: int | None = 1,
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
    before: Sequence[Sequence[tuple[str, str]]] | None = None,
) -> list[str]:
    """The assistant's answers; with top_k=1 the likeliest token each time.

    before: for each prompt the earlier turns of its conversation, as pairs (said,
    answered). Each prompt gets the answer that it would get alone, if each has its own
    generator or none is needed; see continuations for one that all of them share.
    """
    if isinstance(prompts, str):
        raise TypeError("expected several prompts, got one str; give [prompt]")
    turns = [()] * len(prompts) if before is None else before
    stop = marks_of(tok)[2]
    rows = [prompt_ids(tok, *asked) for asked in zip(prompts, turns, strict=True)]
    options = {"temperature": temperature, "top_k": top_k, "eos": stop}
    options["known"] = len(tok)  # a model's vocabulary may be larger
    found = continuations(model, rows, max_new_tokens, generator=generator, **options)
    return [tok.decode(until(row, stop)) for row in found]


def until(row: Tensor, stop: int) -> list[int]:
    """The ids of a row (T,) before the first `stop`."""
    ids = row.tolist()
    return ids[: ids.index(stop)] if stop in ids else ids


def reply(
    model: GPT,
    tok: BPETokenizer,
    prompt: str,
    before: Sequence[tuple[str, str]] = (),
    **options: object,
) -> str:
    """One answer, after the earlier turns of the conversation: see replies."""
    return replies(model, tok, [prompt], before=[before], **options)[0]
