"""Guessing the next word by counting: n-gram models, each standing on a shorter one.

A document is a list of words (:func:`shared.tales.words`), or of any other strings; the
empty string stands for its border, before the first word and after the last. A model
has a ``vocabulary``, the list of all strings it can bet on, and ``prob(before, word)``.
All information is in nats. Chapter 01 builds this room.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

__all__ = [
    *("KneserNey", "NgramModel", "Uniform"),
    *("count_kinds", "count_ngrams", "draw_words", "mean_surprise", "price_words"),
    "surprise",
]


def surprise(p: float) -> float:
    """Information in an event of probability p, in nats; infinite when p is 0."""
    return math.log(1 / p) if p > 0 else math.inf


def count_ngrams(documents: list[list[str]], n: int) -> dict[tuple, Counter]:
    """For each row of n - 1 words, count what followed it; "" is a border."""
    table = {}
    for words in documents:
        row = [""] * (n - 1) + words
        for i, word in enumerate([*words, ""]):
            context = tuple(row[i : i + n - 1])  # the n - 1 words before it
            table.setdefault(context, Counter())[word] += 1
    return table


class Uniform:
    """The die: the same bet on each word of a vocabulary, whatever came before."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.vocabulary = vocabulary
        self.known = set(vocabulary)

    def prob(self, before: list[str], word: str) -> float:
        """Probability that `word` comes next; 0 for a word it has never met."""
        return 1 / len(self.known) if word in self.known else 0.0


class NgramModel:
    """Bets on the next word by counting what followed the last n - 1 words.

    The bets of the model `shorter` count as much as `alpha` sightings would.
    """

    def __init__(
        self, documents: list[list[str]], n: int, shorter: Any, alpha: float = 1.0
    ) -> None:
        self.n, self.shorter, self.alpha = n, shorter, alpha
        self.vocabulary = shorter.vocabulary
        self.counts = count_ngrams(documents, n)
        self.totals = {c: after.total() for c, after in self.counts.items()}

    def prob(self, before: list[str], word: str) -> float:
        """Probability that `word` comes next when the words `before` have come."""
        p = self.shorter.prob(before, word)
        row = [""] * (self.n - 1) + before
        context = tuple(row[len(before) :])  # its last n - 1 words
        if context not in self.counts:
            return p
        count = self.counts[context][word]
        return (count + self.alpha * p) / (self.totals[context] + self.alpha)


def count_kinds(table: dict[tuple, Counter]) -> dict[tuple, Counter]:
    """For a context shorter by a word: how many different words stood before it."""
    shorter = {}
    for context, after in table.items():
        shorter.setdefault(context[1:], Counter()).update(after.keys())
    return shorter


class KneserNey:
    """Interpolated Kneser-Ney: every count gives up `discount` to a shorter model.

    The shorter models count the kinds of words before, not how often they came.
    """

    def __init__(
        self, documents: list[list[str]], n: int, die: Uniform, discount: float = 0.7
    ) -> None:
        self.n, self.die, self.discount = n, die, discount
        self.vocabulary = die.vocabulary
        self.tables = [count_ngrams(documents, n)]  # contexts of n - 1 words
        while len(self.tables) < n:
            self.tables.insert(0, count_kinds(self.tables[0]))

    def prob(self, before: list[str], word: str) -> float:
        """Probability that `word` comes next when the words `before` have come."""
        row, p = [""] * (self.n - 1) + before, self.die.prob(before, word)
        for k, table in enumerate(self.tables):  # contexts of k words
            after = table.get(tuple(row[len(row) - k :]))
            if after:
                kept = max(after[word] - self.discount, 0)
                p = (kept + self.discount * len(after) * p) / after.total()
        return p


def price_words(model: Any, words: list[str]) -> list[float]:
    """What each word of a document costs the model, in nats: its bill."""
    return [surprise(model.prob(words[:i], word)) for i, word in enumerate(words)]


def mean_surprise(model: Any, documents: list[list[str]]) -> float:
    """Cross-entropy: what a word of these documents costs on average, in nats."""
    prices = [price for words in documents for price in price_words(model, words)]
    return sum(prices) / len(prices)


def draw_words(
    model: Any, before: list[str], rng: random.Random, most: int = 40
) -> list[str]:
    """Go on from the words `before`: draw, append, ask again, until a border comes."""
    words = list(before)
    while len(words) < len(before) + most:
        weights = [model.prob(words, word) for word in model.vocabulary]
        word = rng.choices(model.vocabulary, weights)[0]
        if word == "":
            break
        words.append(word)
    return words[len(before) :]
