"""The language of the book: short texts from a small world, with exact probabilities.

Every document is written by a seeded grammar (``world/*.txt``), so the
probability of each text, and of each next word in it, is known. That gives the course
what real text cannot give: a floor that no model can beat and a good one can reach.

    >>> from shared import tales
    >>> for d in tales.documents(seed=1, n=3):
    ...     print(d.kind, round(d.nats, 1), d.text)

A *word* here is a word with the space before it, a mark of punctuation or the end of a
line; ``"".join(words(text)) == text``. All information is in nats.
"""

from __future__ import annotations

import hashlib
import math
import random
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from shared.tales.branches import Branch
from shared.tales.encoding import Tokenizer, encoder
from shared.tales.grammar import Grammar
from shared.tales.kinds import END, KINDS
from shared.tales.parts import Entry, words

WORLD = Path(__file__).parent / "world"


@dataclass(frozen=True)
class Document:
    """A text, its kind, the facts that hold at its end, and its exact -log p in nats.

    ``facts`` maps names such as ``"hero"`` or ``"n"`` to words and whole numbers.
    """

    text: str
    kind: str
    facts: dict[str, str | int]
    nats: float


class Language:
    """One language of the small world.

    Args:
        seed: None for the book's own language; a whole number for a personal one, with
            other habits, fewer words and a floor of its own.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.grammar = Grammar(sorted(WORLD.glob("*.txt")), seed)
        self.total = sum(KINDS.values())
        self.kinds, self.sums = list(KINDS), list(accumulate(KINDS.values()))

    def documents(self, seed: int, n: int, kind: str | None = None) -> list[Document]:
        """Write ``n`` documents; the same seed gives the same texts everywhere.

        Args:
            seed: a whole number; other seeds give other documents.
            n: how many.
            kind: one of :data:`KINDS`, or None for the book's mixture.

        Returns:
            Documents. Their ``nats`` are -log p under the mixture, with ``kind`` too.

        Raises:
            ValueError: for an unknown kind or a negative ``n``.
        """
        self.check_kind(kind)
        if n < 0:
            raise ValueError(f"n is {n}: expected a number of documents, 0 or more")
        rng = random.Random(seed)
        return [self.document(rng, kind) for _ in range(n)]

    def document(self, rng: random.Random, kind: str | None = None) -> Document:
        """Write one document with the random numbers of ``rng``."""
        if kind is None:
            kind = self.kinds[bisect(self.sums, int(rng.random() * self.total))]
        text, env, nats = self.grammar.write(kind, rng)
        facts = {
            name: str(value) if isinstance(value, Entry) else value
            for name, value in env.items()
            if name[0] != "#"
        }
        return Document(text, kind, facts, nats + math.log(self.total / KINDS[kind]))

    def check_kind(self, kind: str | None) -> None:
        """Raise a ValueError unless ``kind`` is None or a kind of document."""
        if kind is not None and kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r}: expected one of {list(KINDS)}")

    def starts(self, kind: str | None = None) -> list[Branch]:
        """The branches from which every document, or every one of a kind, begins."""
        self.check_kind(kind)
        if kind is not None:
            return [self.grammar.start(kind)]
        return [self.grammar.start(k, share / self.total) for k, share in KINDS.items()]

    def follow(self, text: str, kind: str | None = None) -> list[Branch]:
        """Every branch that agrees with a text; empty when the language excludes it."""
        branches = self.starts(kind)
        for word in words(text):
            branches = self.grammar.options(branches).get(word, [])
        return branches

    def next_words(self, prefix: str, kind: str | None = None) -> dict[str, float]:
        """The exact probability of every word that may follow ``prefix``.

        Args:
            prefix: the beginning of a document, ending at the end of a word.
            kind: consider only documents of this kind.

        Returns:
            Word to probability, likeliest first; ``""`` means that the text ends.

        Raises:
            ValueError: when no document begins like this; names the first such word.
        """
        branches = self.possible(prefix, kind)
        mass = {
            word: math.fsum(b.chance for b in after)
            for word, after in self.grammar.options(branches).items()
        }
        total = math.fsum(mass.values())
        return {
            word: p / total
            for word, p in sorted(mass.items(), key=lambda item: (-item[1], item[0]))
        }

    def possible(self, prefix: str, kind: str | None) -> list[Branch]:
        """The branches for a prefix, or a ValueError that names the impossible word."""
        if branches := self.follow(prefix, kind):
            return branches
        costs = self.bill(prefix, kind=kind)
        n = next(i for i, cost in enumerate(costs) if math.isinf(cost))
        known, bad = "".join(words(prefix)[:n]), words(prefix)[n]
        raise ValueError(
            f"no document goes on with {bad!r} after {known!r}; next_words({known!r}) "
            "lists what may follow"
        )

    def complete(self, prefix: str, seed: int, kind: str | None = None) -> str:
        """Go on from ``prefix`` as the language itself would; returns the rest only."""
        branches = self.possible(prefix, kind)
        rng = random.Random(seed)
        r = rng.random() * math.fsum(b.chance for b in branches)
        for branch in branches:
            r -= branch.chance
            if r < 0:
                break
        return self.grammar.resume(branch, rng)

    def bill(
        self, text: str, tok: Tokenizer | None = None, kind: str | None = None
    ) -> list[float]:
        """What the truth charges for each token: its exact -log p, in nats.

        Args:
            text: a document, or the beginning of one that ends at the end of a word.
            tok: a tokenizer that never joins two words into one token (every one with
                GPT-2's split does so); None charges by the word.
            kind: the kind of document, when that is known beforehand.

        Returns:
            One float per id of ``tok.encode(text)``. They sum to the document's nats.
            From the first token that the language excludes on, ``inf``.

        Raises:
            ValueError: when ``tok`` makes tokens that reach over two words.
        """
        pieces = words(text)
        encode = encoder(tok, text, pieces)
        branches, before, costs = self.starts(kind), 1.0, []
        for word in pieces:
            options = self.grammar.options(branches) if branches else {}
            ids = encode(word)
            spelled = [
                (encode(other), math.fsum(b.chance for b in after))
                for other, after in options.items()
                if other
            ]
            for i in range(1, len(ids) + 1):
                mass = math.fsum(p for spell, p in spelled if spell[:i] == ids[:i])
                costs.append(-math.log(mass / before) if mass > 0 else math.inf)
                before = mass or before
            branches = options.get(word, [])
            if not branches:
                costs[len(costs) - 1 :] = [math.inf]
        first = next((i for i, c in enumerate(costs) if math.isinf(c)), len(costs))
        return [abs(c) for c in costs[:first]] + [math.inf] * (len(costs) - first)

    def entropy(self, kind: str | None = None) -> float:
        """The exact entropy of a document in nats: the mean of ``Document.nats``.

        With a ``kind``, the entropy of that kind alone, the kind itself being known.
        """
        self.check_kind(kind)
        if kind is not None:
            return self.grammar.entropy(kind)
        shares = {k: share / self.total for k, share in KINDS.items()}
        return math.fsum(
            p * (self.grammar.entropy(k) - math.log(p)) for k, p in shares.items()
        )


_languages: dict[int | None, Language] = {}


def language(seed: int | None = None) -> Language:
    """The book's language (None), or the personal one of a seed; made once."""
    if seed not in _languages:
        _languages[seed] = Language(seed)
    return _languages[seed]


def documents(seed: int, n: int, kind: str | None = None) -> list[Document]:
    """Documents of the book's language: see :meth:`Language.documents`."""
    return language().documents(seed, n, kind)


def bill(text: str, tok: Tokenizer | None = None, kind: str | None = None) -> list:
    """The truth per token in nats: see :meth:`Language.bill`."""
    return language().bill(text, tok, kind)


def entropy(kind: str | None = None) -> float:
    """The exact entropy per document in nats: see :meth:`Language.entropy`."""
    return language().entropy(kind)


def next_words(prefix: str, kind: str | None = None) -> dict[str, float]:
    """What may follow, with exact probabilities: see :meth:`Language.next_words`."""
    return language().next_words(prefix, kind)


def complete(prefix: str, seed: int, kind: str | None = None) -> str:
    """A continuation by the language itself: see :meth:`Language.complete`."""
    return language().complete(prefix, seed, kind)


def fingerprint() -> str:
    """Sixteen hexadecimal digits that change whenever the book's language changes."""
    texts = END.join(document.text for document in documents(1, 300))
    return hashlib.sha256(texts.encode("ascii")).hexdigest()[:16]
