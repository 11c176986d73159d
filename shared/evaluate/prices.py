"""What texts cost a model: nats per token, perplexity, bits per byte, and the bill.

The count is that of `shared.tales.bill`: a document begins after <|endoftext|>, which
is not charged, and each id of tok.encode(text) has one price, -log p, in nats.
Evaluating leaves the model's training mode and every random generator as they were.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from shared.evaluate.losses import measure_parts
from shared.model.gpt import GPT
from shared.model.guards import check_input
from shared.tales.kinds import KINDS
from shared.tales.languages import documents
from shared.tokenizer.bpe import BPETokenizer
from shared.tokenizer.guards import check_text


def spans(length: int, context: int) -> Iterator[tuple[int, int, int]]:
    """Cut a long row: (first, end, new) reads first to end and charges from new on.

    One window where all fits; else each begins half a context after the last, so that
    a token is charged with at least half a context before it.
    """
    first = new = 0
    while new < length:
        end = min(first + context, length)
        yield first, end, new
        first, new = first + max(1, context // 2), end


def price(model: GPT, rows: list[list[int]]) -> list[list[float]]:
    """The prices of each row's tokens but the first, in nats; rows of any lengths.

    Rows are filled up on the right to one length (B, T): what comes later cannot change
    what a causal model says before it.
    """
    longest = max(len(row) for row in rows)
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    inputs, targets = ids[:, :-1], ids[:, 1:]
    check_input(inputs, model.config)
    check_input(targets, model.config)

    def read(inputs: Tensor, targets: Tensor) -> list[list[float]]:
        found = []
        for x, row in zip(model.hidden(inputs), targets):  # (T, C), (T,)
            logits = model.head(x).float()  # (T, V), for one row, to spare memory
            found.append(F.cross_entropy(logits, row, reduction="none").tolist())
        return found

    [prices] = measure_parts(model, [(inputs, targets)], read)
    return [p[: len(row) - 1] for p, row in zip(prices, rows)]


def bills(
    model: GPT, tok: BPETokenizer, texts: Iterable[str], batch: int = 32
) -> list[list[float]]:
    """For each text, the price of each id of tok.encode(text), in nats.

    batch: how many rows the model reads at once. Raises TypeError for a single string.
    """
    if isinstance(texts, str):
        raise TypeError("expected several texts, got one str; give [text]")
    if batch < 1:
        raise ValueError(f"batch is {batch}; it must be at least 1")
    end = end_of_text(tok)
    rows = [[end, *tok.encode(check_text(text))] for text in texts]
    pieces = [
        (n, new, row[first : last + 1], new - first)
        for n, row in enumerate(rows)
        for first, last, new in spans(len(row) - 1, model.config.context)
    ]
    pieces.sort(key=lambda piece: len(piece[2]))  # similar lengths side by side
    found = []
    for i in range(0, len(pieces), batch):
        part = pieces[i : i + batch]
        priced = price(model, [row for _, _, row, _ in part])
        found += [(n, new, p[skip:]) for (n, new, _, skip), p in zip(part, priced)]
    costs: list[list[float]] = [[] for _ in rows]
    for n, _, prices in sorted(found, key=lambda piece: piece[:2]):
        costs[n] += prices
    return costs


def end_of_text(tok: BPETokenizer) -> int:
    """The id of <|endoftext|>. Raises ValueError for a tokenizer without one."""
    try:
        return tok.special_tokens["<|endoftext|>"]
    except (AttributeError, KeyError):
        raise ValueError(
            "this tokenizer has no <|endoftext|>, after which every document begins; "
            "train it with special_tokens=('<|endoftext|>',)"
        ) from None


def bill(model: GPT, tok: BPETokenizer, text: str) -> list[float]:
    """What the model charges for each id of tok.encode(text), in nats.

    Beside it stands the truth, `shared.tales.bill(text, tok)`, with as many prices.
    """
    return bills(model, tok, [text])[0]


def total(model: GPT, tok: BPETokenizer, texts: Iterable[str]) -> tuple[float, int]:
    """Nats for all texts together, and how many tokens that is; at least one."""
    costs = [cost for costs in bills(model, tok, texts) for cost in costs]
    if not costs:
        raise ValueError("there is no token to charge for; give texts that hold some")
    return math.fsum(costs), len(costs)


def loss(model: GPT, tok: BPETokenizer, texts: Iterable[str]) -> float:
    """Cross-entropy in nats per token, over all tokens of all texts alike."""
    nats, tokens = total(model, tok, texts)
    return nats / tokens


def owed(model: GPT, tok: BPETokenizer, seed: int, n: int = 100) -> dict[str, float]:
    """For each kind of document, the nats per token that a model pays above the floor.

    Over n documents of each kind from a seed that the model has not learned from.
    """
    found = {}
    for kind in KINDS:
        asked = documents(seed, n, kind)
        nats, tokens = total(model, tok, [document.text for document in asked])
        found[kind] = (nats - math.fsum(document.nats for document in asked)) / tokens
    return found


def perplexity(model: GPT, tok: BPETokenizer, texts: Iterable[str]) -> float:
    """Among how many equally likely tokens the model hesitates: e to the loss."""
    return math.exp(loss(model, tok, texts))


def bits_per_byte(model: GPT, tok: BPETokenizer, texts: Iterable[str]) -> float:
    """Bits for each byte of the texts in UTF-8: a measure for any tokenizer."""
    texts = list(texts) if not isinstance(texts, str) else texts
    nats, _ = total(model, tok, texts)
    return nats / math.log(2) / sum(len(text.encode("utf-8")) for text in texts)
