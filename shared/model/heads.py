"""Heads: what reads a model's last hidden state, exchanged for another.

A GPT's head gives every token of the vocabulary a score. A classifier keeps the body
and gives each class a score instead. `shared.checkpoint` saves both.
"""

from __future__ import annotations

import torch
from torch import nn

from shared.model.gpt import GPT
from shared.model.guards import check_classes


def is_tied(model: GPT) -> bool:
    """Whether the head's matrix is the token embedding's, in decimals or in bytes."""
    ours, theirs = getattr(model.head, "q", None), getattr(model.tokens, "q", None)
    if ours is not None or theirs is not None:
        return ours is theirs
    return model.head.weight is model.tokens.weight


def swap_head(model: GPT, classes: int, seed: int = 0) -> GPT:
    """Give a model a new head, one score per class, drawn with std 0.02; the model.

    Afterwards model(ids (B, T)) is (B, T, classes). A tied embedding stays as it is.
    """
    check_classes(classes)
    draw = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # the global generator stays as it is
        head = nn.Linear(model.config.width, classes, bias=False)
    nn.init.normal_(head.weight, 0.0, 0.02, generator=draw)
    model.head = head.to(model.tokens.weight)  # its device and precision
    return model
