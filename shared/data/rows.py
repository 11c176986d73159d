"""Rows for training: documents as rows of token ids, and the order to read them in.

A row is T tokens and, as targets, the tokens that follow them; a target of IGNORE does
not count. N rows are two tensors of whole numbers, (N, T) each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from shared.data.guards import check_fits

if TYPE_CHECKING:
    from shared.tokenizer.bpe import BPETokenizer

IGNORE = -100  # a target that does not count; torch's own number for it
Rows = tuple[Tensor, Tensor]  # inputs and targets, whole numbers, (N, T) each


def pad_rows(rows: list[list[int]], length: int, fill: int) -> Rows:
    """Inputs and targets, (N, length) each, of rows of at most length + 1 tokens."""
    inputs = torch.full((len(rows), length), fill)
    targets = torch.full((len(rows), length), IGNORE)
    for i, row in enumerate(rows):
        inputs[i, : len(row) - 1] = torch.tensor(row[:-1])
        targets[i, : len(row) - 1] = torch.tensor(row[1:])
    return inputs, targets


def single_rows(
    documents: Iterable[str], tokenizer: BPETokenizer, length: int, ending: bool = False
) -> Rows:
    """One document per row, (N, length): the end-of-text token, then the document.

    ending: that token once more behind the document, for training.
    Raises ValueError if a document does not fit: its loss would be that of a part.
    """
    end = tokenizer.special_tokens["<|endoftext|>"]
    after = [end] if ending else []
    rows = [[end, *tokenizer.encode_ordinary(text), *after] for text in documents]
    check_fits(rows, length)
    return pad_rows(rows, length, end)


def count_targets(targets: Tensor) -> int:
    """How many targets count. Raises ValueError if none does."""
    count = int((targets != IGNORE).sum())
    if not count:
        raise ValueError("no target counts; is it all padding?")
    return count


def in_parts(rows: Rows, parts: int) -> Iterator[Rows]:
    """Rows (B, T) in parts of similar length, each cut to its longest row.

    Cutting off columns in which no target counts changes no loss, and saves the work
    of reading padding: a causal model's answers do not depend on what comes later.
    """
    inputs, targets = rows
    places = torch.arange(1, targets.shape[1] + 1, device=targets.device)
    used = ((targets != IGNORE) * places).amax(1)  # (B,): the last place that counts
    for chosen in used.argsort(stable=True).chunk(parts):
        width = max(1, int(used[chosen].max()))
        yield inputs[chosen, :width], targets[chosen, :width]


@lru_cache(maxsize=2)
def epoch_order(n: int, seed: int, epoch: int) -> Tensor:
    """The order of n rows in one epoch (one pass through the data)."""
    generator = torch.Generator().manual_seed(2 * (1_000_003 * seed + epoch))
    return torch.randperm(n, generator=generator)


def step_rows(step: int, n: int, batch: int, seed: int) -> list[int]:
    """Which of n rows step 1, 2, ... reads: every row once before any row twice."""
    places = range((step - 1) * batch, step * batch)
    return [int(epoch_order(n, seed, place // n)[place % n]) for place in places]
