"""Drawing only what the tokenizer knows, from a model with a larger vocabulary.

Many models round the number of their tokens up, to a multiple of 64 for instance, as
matrices of such sizes are multiplied quicker. The ids beyond the tokenizer's last one
stand for nothing and must never be drawn.
"""

from __future__ import annotations

import copy
from dataclasses import replace

from torch import Tensor, nn

from shared.model.gpt import GPT


class FirstScores(nn.Module):
    """A head that keeps the scores of the first tokens, those of the tokenizer."""

    def __init__(self, head: nn.Module, known: int) -> None:
        super().__init__()
        self.head, self.known = head, known

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., known)."""
        return self.head(x)[..., : self.known]


def within(model: GPT, known: int | None) -> GPT:
    """The model, as one whose vocabulary ends at the id `known`; None: as it is.

    It shares all parts with the model, which stays as it was.
    """
    if known is None or known >= model.config.vocab_size:
        return model
    view = copy.copy(model)
    view._modules = {**model._modules, "head": FirstScores(model.head, known)}
    view.config = replace(model.config, vocab_size=known)
    return view
