"""Classifying texts: labelled rows, the state to read, heads to fit, honest measures.

A labelled row is a row of `shared.data` in which one target counts: the label, at the
last real token. So `shared.train.train` trains a classifier as it trains a language
model. Shapes: N texts, T tokens, C channels, W words.

Sources: Radford et al. (2018), "Improving language understanding by generative
pre-training"; the interval is that of Wilson (1927), "Probable inference, the law of
succession, and statistical inference".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shared import tales
from shared.data.guards import check_fits
from shared.data.rows import IGNORE, Rows
from shared.evaluate.losses import measure_parts
from shared.finetune.guards import check_labels, check_lengths, check_names
from shared.model.devices import device_of
from shared.model.gpt import GPT
from shared.model.modes import evaluating
from shared.train.optimizers import MuonRecipe

if TYPE_CHECKING:
    from shared.tokenizer.bpe import BPETokenizer

#: How chapter 09 trains a whole classifier, with chapter 07's optimizers.
FINE_TUNING = MuonRecipe(
    steps=120, batch=16, accumulate=2, rate=0.003, muon_rate=0.01, warmup=12
)


def balanced(seed: int, n: int) -> tuple[list[str], Tensor]:
    """n messages, every other one spam, and their labels (n,): 1 for spam, else 0.

    The first so many of them are balanced, too. Raises ValueError for an odd n.
    """
    if n < 2 or n % 2:
        raise ValueError(f"n is {n}; give an even number of messages, 2 or more")
    found: dict[int, list[str]] = {1: [], 0: []}
    for document in tales.documents(seed, 4 * n + 100, kind="message"):
        found[int(document.facts["spam"])].append(document.text)
    if len(found[1]) < n // 2:  # a quarter of all messages are spam
        raise ValueError(f"seed {seed} has too little spam for {n} messages")
    pairs = zip(found[1][: n // 2], found[0])
    return [text for pair in pairs for text in pair], torch.tensor([1, 0] * (n // 2))


def unsigned(text: str) -> str:
    """A text without its last line, the name; the line end before it stays."""
    return text.rpartition("\n")[0] + "\n" if "\n" in text else text + "\n"


def label_rows(
    texts: Sequence[str], labels: Tensor, tok: BPETokenizer, length: int
) -> Rows:
    """One text per row, (N, length); all targets are IGNORE but one, the label.

    It stands at the last real token. labels: (N,), whole numbers from 0 on. Raises
    ValueError for a text that does not fit, or without a label.
    """
    check_labels(texts, labels)
    end = tok.special_tokens["<|endoftext|>"]
    filled = [[end, *tok.encode_ordinary(text)] for text in texts]
    check_fits([[*row, end] for row in filled], length)
    inputs = torch.full((len(texts), length), end)
    targets = torch.full((len(texts), length), IGNORE)
    for i, row in enumerate(filled):
        inputs[i, : len(row)] = torch.tensor(row)
        targets[i, len(row) - 1] = labels[i]
    return inputs, targets


def last_real(hidden: Tensor, lengths: Tensor) -> Tensor:
    """Of each row the state at its last real token: (B, T, C), (B,) -> (B, C)."""
    check_lengths(lengths, hidden)
    rows = torch.arange(len(lengths), device=hidden.device)
    return hidden[rows, lengths.to(hidden.device) - 1]


def states(model: GPT, rows: Rows, batch: int = 50) -> tuple[Tensor, Tensor]:
    """All states of a model's body, (N, T, C), and how many tokens are real, (N,).

    Without gradients. Wherever the model is, both are where the rows are.
    """
    parts = zip(*(side.split(batch) for side in rows))
    hidden = measure_parts(model, parts, lambda inputs, _: model.hidden(inputs))
    lengths = (rows[1] != IGNORE).int().argmax(1) + 1  # up to the label
    return torch.cat(hidden).to(rows[0].device), lengths


def features(model: GPT, rows: Rows, batch: int = 50) -> Tensor:
    """What the model's body says of each labelled row at its label, (N, C)."""
    return last_real(*states(model, rows, batch))


def class_logits(model: GPT, rows: Rows) -> Tensor:
    """The scores of the classes for each labelled row, (N, classes)."""
    read = last_real(*states(model, rows))  # (N, C), where the rows are
    with evaluating(model):
        return model.head(read.to(device_of(model))).to(read.device)


def freeze(model: nn.Module, *spared: str) -> int:
    """Freeze all parameters but those whose names begin with one of `spared`.

    Returns how many numbers are still trained. Raises ValueError for a name that no
    parameter begins with.
    """
    check_names(model, spared)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(spared))
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def bag_counts(texts: Sequence[str], vocabulary: dict[str, int]) -> Tensor:
    """A bag of words for each text, (N, W): how often each known word stands in it."""
    counts = torch.zeros(len(texts), len(vocabulary))
    for i, text in enumerate(texts):
        for word in tales.words(text):
            if word in vocabulary:
                counts[i, vocabulary[word]] += 1
    return counts


def fit_linear(
    x: Tensor, labels: Tensor, classes: int = 2, steps: int = 200, rate: float = 0.01
) -> nn.Linear:
    """Logistic regression: the head that suits features (N, C) and labels (N,) best.

    It starts at zero and sees all examples in each step, so nothing is left to chance.
    """
    head = nn.Linear(x.shape[1], classes, bias=False, device=x.device)
    nn.init.zeros_(head.weight)
    optimizer = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(head(x), labels.to(x.device)).backward()
        optimizer.step()
    return head.requires_grad_(False)


def hit_rate(logits: Tensor, labels: Tensor) -> float:
    """The share of rows whose highest score is the right one; (N, classes), (N,)."""
    return (logits.argmax(1) == labels.to(logits.device)).double().mean().item()


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Between which shares the truth lies, when `right` of n tries were right.

    z: 1.96 for an interval that holds the true share 95 times in 100.
    """
    if not 0 <= right <= n or n < 1:
        raise ValueError(f"{right} of {n} right: expected 0 <= right <= n, n above 0")
    share, spread = right / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
