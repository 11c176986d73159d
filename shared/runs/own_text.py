"""A reader's own text made ready: read, cleaned, without copies, divided, as tokens."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from shared import data, evaluate, tales
from shared.data import TextProblem, Written
from shared.tokenizer import BPETokenizer

LEAST = 20_000  # characters; of less a model can only learn pieces by heart
SEARCHED = 5_000_000  # characters up to which copies that differ a little are sought
LEARNED = 20_000_000  # characters from which merges are learned
END = "<|endoftext|>"
#: The text that stands in: tales in a personal language, whose floor is known.
LANGUAGE, TALES_SEED, TALES = 14, 1, 2000
Tell = Callable[[str], None]


@dataclass
class OwnText:
    """Training and validation documents, what is known of them, and of their floor.

    facts: for the passport. nats: of each validation document, where they are known.
    """

    train: list[Written]
    valid: list[Written]
    facts: dict[str, Any]
    nats: dict[str, float] = field(default_factory=dict)

    def texts(self, name: str) -> list[str]:
        """The texts of "train" or of "valid"."""
        return [one.text for one in getattr(self, name)]


def counted(number: int, noun: str) -> str:
    """Such as "1 file" or "2,000 files"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def read_own(options: argparse.Namespace, tell: Tell = print) -> OwnText:
    """The text that the options name, divided. Raises TextProblem, with the cure."""
    nats: dict[str, float] = {}
    if options.text is None:
        made = tales.language(LANGUAGE).documents(TALES_SEED, TALES)
        texts = [Written(f"tale {i}", one.text) for i, one in enumerate(made, 1)]
        nats = {one.text: one.nats for one in made}
        digest = hashlib.sha256("\n".join(nats).encode()).hexdigest()
        left: list[str] = []
        tell(f"text: no --text, so {TALES:,} tales of our own stand in")
    else:
        texts, left, digest = data.read_folder(options.text, options.skip_unreadable)
        size = sum(len(one.text) for one in texts)
        tell(f"text: {counted(len(texts), 'file')}, {counted(size, 'character')}")
        for line in left:
            tell(f"  left out: {line}")
    raw = sum(len(one.text) for one in texts)
    documents = cut(texts, options, tell)
    kept, copies = without_copies(documents, tell)
    size = sum(len(one.text) for one in kept)
    check_enough(size, options.text)
    train, valid = data.split_documents(kept)
    facts = {
        "path": str(options.text or f"tales.language({LANGUAGE}), seed {TALES_SEED}"),
        "sha256": digest,
        "files": len(texts),
        "characters": raw,
        "cleaned": size,
        "left_out": left,
        "documents": len(kept),
        "copies": copies,
        "train_documents": len(train),
        "valid_documents": len(valid),
    }
    return OwnText(train, valid, facts, nats)


def cut(texts: list[Written], options: argparse.Namespace, tell: Tell) -> list[Written]:
    """Cleaned documents; says what cleaning took away, and what it leaves."""
    before = sum(len(one.text) for one in texts)
    clean = data.CLEANERS[options.clean]
    documents = data.cut_documents(texts, options.split, clean)
    after = sum(len(one.text) for one in documents)
    tell(f"clean ({options.clean}): {before - after:,} characters fewer")
    tags = sum(data.count_tags(one.text) for one in documents)
    if options.clean != "pages" and tags > after / 500:
        tell(f"  it holds {tags:,} tags of HTML; --clean pages takes them away")
    way = {"files": "each file is one", "blank": "divided at empty lines"}
    told = way.get(options.split, "each line is one")
    tell(f"documents: {len(documents):,} ({told})")
    return documents


def without_copies(documents: list[Written], tell: Tell) -> tuple[list[Written], int]:
    """The documents of which none repeats an earlier one; how many others there are."""
    texts = [one.text for one in documents]
    near = len(texts) == 1 or sum(map(len, texts)) <= SEARCHED
    kept, copies = evaluate.without_copies(texts, 0.7 if near and len(texts) > 1 else 1)
    same = sum(score == 1 for *_, score in copies)
    if copies:
        tell(
            f"  dropped: {same:,} that were there before, word for word, and "
            f"{len(copies) - same:,} that are nearly so"
        )
        for j, i, score in copies[:3]:
            tell(f"    {documents[j].name} is like {documents[i].name} ({score:.0%})")
    if not near:
        tell(f"  more than {SEARCHED:,} characters: only equal copies were sought")
    return [documents[i] for i in kept], len(copies)


def check_enough(size: int, path: Path | None) -> None:
    """Raise TextProblem unless there are enough characters to learn from."""
    if size < LEAST:
        raise TextProblem(
            f"{path} has {size:,} characters after cleaning; at least {LEAST:,} are "
            f"needed (some {LEAST // 2000} pages), and 500,000 are a better start. "
            "Add texts"
        )


def learn_tokenizer(own: OwnText, size: int) -> BPETokenizer:
    """A tokenizer of `size` tokens, learned from the training documents alone.

    Raises TextProblem for a size that the text cannot fill.
    """
    texts, left = [], LEARNED
    for text in own.texts("train"):
        texts.append(text[:left])
        left -= len(text)
        if left <= 0:
            break
    try:
        return BPETokenizer.train(texts, size, [END])
    except ValueError as error:
        raise TextProblem(f"{error} (--vocab N)") from None


def encode(texts: list[str], tok: BPETokenizer) -> np.ndarray:
    """All ids in one row, END before each document and at the end."""
    fast, end = tok.to_tiktoken(), tok.special_tokens[END]
    rows = [[end, *fast.encode_ordinary(text)] for text in texts]
    return np.concatenate([np.array(row, dtype=np.uint32) for row in [*rows, [end]]])
