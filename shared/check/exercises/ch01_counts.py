"""Exercises of chapter 01 on counts: up the tower, and what was never counted."""

import functools
import math

from shared.check.asking import exercise
from shared.evaluate.ngrams import count_ngrams

# How often a word was counted, and its context: for each level, the unigram first.
LEVELS = [
    ([(2, 16), (0, 2), (0, 1)], 7, 1.0),
    ([(1, 16), (1, 2), (1, 1)], 7, 1.0),
    ([(5, 40), (0, 0)], 10, 2.5),
    ([], 4, 1.0),
    ([(3, 9)], 5, 0.5),
]


def climb(
    levels: list[tuple[int, int]], size: int, alpha: float, start: float | None = None
) -> float:
    """The bet at the top of a tower whose foot bets `start`, else 1 / size."""
    p = 1 / size if start is None else start
    for count, total in levels:
        p = (count + alpha * p) / (total + alpha)
    return p


def bare_share(levels: list[tuple[int, int]], size: int, alpha: float) -> float:
    """The counts of the last level alone, as a mistake."""
    count, total = levels[-1] if levels else (1, size)
    return count / total


def unweighted(levels: list[tuple[int, int]], size: int, alpha: float) -> float:
    """The shorter model's bet counted as one sighting, as a mistake."""
    p = 1 / size
    for count, total in levels:
        p = (count + p) / (total + alpha)
    return p


def ungrown(levels: list[tuple[int, int]], size: int, alpha: float) -> float:
    """The total left as it was, as a mistake."""
    p = 1 / size
    for count, total in levels:
        p = (count + alpha * p) / total
    return p


def early(levels: list[tuple[int, int]], size: int, alpha: float) -> float:
    """Parentheses left out, as a mistake."""
    p = 1 / size
    for count, total in levels:
        p = count + alpha * p / (total + alpha)
    return p


def add_alpha_level(levels: list[tuple[int, int]], size: int, alpha: float) -> float:
    """Alpha for every word, and no shorter model, as a mistake."""
    count, total = levels[-1] if levels else (0, 0)
    return (count + alpha) / (total + alpha * size)


@exercise(
    "01.5",
    "Up the tower",
    inputs=LEVELS,
    mistakes={
        "a foot of 0": (
            lambda levels, size, alpha: climb(levels, size, alpha, 0.0),
            "Begin with the uniform model, 1 / size, not with 0.",
        ),
        "a foot of 1": (
            lambda levels, size, alpha: climb(levels, size, alpha, 1.0),
            "Begin with the uniform model, 1 / size, not with 1.",
        ),
        "from the top down": (
            lambda levels, size, alpha: climb(levels[::-1], size, alpha),
            "The list begins with the unigram: go through it as it stands.",
        ),
        "the last level's share alone": (
            bare_share,
            "Mix in the bet of the level below: (count + alpha * p) / (total + alpha).",
        ),
        "one sighting for the shorter model": (
            unweighted,
            "The shorter model's bet counts alpha times: count + alpha * p.",
        ),
        "the total left as it was": (
            ungrown,
            "Alpha sightings were added, so the total grows by alpha, too.",
        ),
        "one level only, on the foot": (
            lambda levels, size, alpha: climb(levels[-1:], size, alpha),
            "Each level mixes in what the level below has made: replace p in the loop.",
        ),
        "a division that comes too early": (
            early,
            "Put the sum above the line in parentheses: division binds closer than +.",
        ),
        "alpha in the total for each string": (
            lambda levels, size, alpha: functools.reduce(
                lambda p, level: (level[0] + alpha * p) / (level[1] + alpha * size),
                levels,
                1 / size,
            ),
            "Only alpha sightings are added in all, so the total grows by alpha.",
        ),
        "nothing in a context that was never seen": (
            lambda levels, size, alpha: (
                0.0
                if any(not total for _, total in levels)
                else climb(levels, size, alpha)
            ),
            "Where the context was never seen, the bet of the level below stays.",
        ),
        "always alpha = 1": (
            lambda levels, size, alpha: climb(levels, size, 1.0),
            "Use alpha, which need not be 1.",
        ),
        "the levels added up": (
            lambda levels, size, alpha: functools.reduce(
                lambda p, level: p + (level[0] + alpha * p) / (level[1] + alpha),
                levels,
                1 / size,
            ),
            "Each level replaces the bet of the one below: p = ..., not p += ....",
        ),
        "the levels multiplied": (
            lambda levels, size, alpha: math.prod(
                (count + alpha) / (total + alpha * size) for count, total in levels
            ),
            "The levels are not multiplied: each mixes in the bet of the one below.",
        ),
        "alpha only at the foot": (
            lambda levels, size, alpha: functools.reduce(
                lambda p, level: (level[0] + p) / (level[1] + alpha),
                levels,
                alpha / size,
            ),
            "Multiply by alpha on each level: count + alpha * p.",
        ),
        "the mean of shares and bets": (
            lambda levels, size, alpha: functools.reduce(
                lambda p, level: (
                    (level[0] / level[1] + alpha * p) / (1 + alpha) if level[1] else p
                ),
                levels,
                1 / size,
            ),
            "Add alpha * p to the count, not to the share: what was seen often counts.",
        ),
        "the total left as it was, unseen contexts skipped": (
            lambda levels, size, alpha: functools.reduce(
                lambda p, level: (level[0] + alpha * p) / level[1] if level[1] else p,
                levels,
                1 / size,
            ),
            "Alpha sightings were added, so the total grows by alpha, too.",
        ),
        "the same for every word": (
            add_alpha_level,
            "Not every word gets alpha: alpha is divided as the level below bets.",
        ),
    },
)
def up_the_tower(levels: list[tuple[int, int]], size: int, alpha: float) -> float:
    """The bet of a tower of n-gram models, from the counts of its levels."""
    return climb(levels, size, alpha)


COUNTED = ["Mara fed the dog", "the dog saw the cat", "the cat saw Mara"]
READ = ["Mara saw the dog", "the cat fed the cat fed the cat", "the dog", "Tom"]


def never_trials() -> list[tuple[dict, list[str], int]]:
    """Tables of the chapter's three sentences, with documents that hold new n-grams."""
    toy = [text.split() for text in COUNTED]
    return [(count_ngrams(toy, n), text.split(), n) for n in (2, 3, 1) for text in READ]


def grams(words: list[str], n: int, front: int = -1, behind: int = 1) -> list[tuple]:
    """All n-grams of a document, with its borders."""
    row = [""] * (n - 1 if front < 0 else front) + words + [""] * behind
    return list(zip(*(row[i:] for i in range(n))))


def lost(table: dict, found: list[tuple]) -> float:
    """The share of n-grams that are not in a table; 0 for none."""
    new = sum(gram[-1] not in table.get(gram[:-1], {}) for gram in found)
    return new / len(found) if found else 0.0


@exercise(
    "01.6",
    "Never counted",
    inputs=never_trials,
    mistakes={
        "the share that was counted": (
            lambda table, words, n: 1 - lost(table, grams(words, n)),
            "Count those that are not in the table.",
        ),
        "how many, not the share": (
            lambda table, words, n: lost(table, grams(words, n)) * (len(words) + 1),
            "Divide by the number of n-grams of the document.",
        ),
        "no borders in front": (
            lambda table, words, n: lost(table, grams(words, n, front=0)),
            "The first words have contexts, too: put n - 1 borders in front.",
        ),
        "no borders at all": (
            lambda table, words, n: (
                lost(table, found := grams(words, n, front=0, behind=0))
                * len(found) / len(found)
            ),
            "Put n - 1 borders in front of the words and one behind them.",
        ),
        "no border behind": (
            lambda table, words, n: lost(table, grams(words, n, behind=0)),
            "The end counts as well: put one border behind the last word.",
        ),
        "each n-gram only once": (
            lambda table, words, n: lost(table, sorted(set(grams(words, n)))),
            "An n-gram that comes twice counts twice: no set is needed.",
        ),
        "new contexts only": (
            lambda table, words, n: sum(
                gram[:-1] not in table for gram in grams(words, n)
            ) / (len(words) + 1),
            "A known context may be followed by a word that is new there.",
        ),
        "divided by the number of words": (
            lambda table, words, n: lost(table, grams(words, n))
            * (len(words) + 1) / len(words),
            "With the end there is one n-gram more than words: divide by all of them.",
        ),
        "one border too many in front": (
            lambda table, words, n: lost(table, grams(words, n, front=n)),
            "n - 1 borders are enough: the first n-gram ends in the first word.",
        ),
        "one border in front, whatever n": (
            lambda table, words, n: lost(table, grams(words, n, front=1)),
            "The first word needs n - 1 words before it: n - 1 borders.",
        ),
        "borders behind as many as in front": (
            lambda table, words, n: lost(table, grams(words, n, behind=n - 1)),
            "One border behind is enough: the text ends once.",
        ),
        "a list for a context": (
            lambda table, words, n: sum(
                word not in table.get(context, {})
                for *context, word in grams(words, n)
            ) / (len(words) + 1),
            "*context makes a list, and keys are tuples: tuple(context), or gram[:-1].",
        ),
        "a context that the table lacks": (
            lambda table, words, n: sum(
                gram[-1] not in table[gram[:-1]] for gram in grams(words, n)
            ) / (len(words) + 1),
            "A context may be new: table.get(context, {}) instead of table[context].",
        ),
        "new contexts left out": (
            lambda table, words, n: sum(
                gram[:-1] in table and gram[-1] not in table[gram[:-1]]
                for gram in grams(words, n)
            ) / (len(words) + 1),
            "Where even the context is new, the n-gram was never counted either.",
        ),
        "keys that no table has": (
            lambda table, words, n: 1.0,
            "A table's keys are tuples of n - 1 words: gram[:-1] of a tuple.",
        ),
        "new words only": (
            lambda table, words, n: sum(
                not any(gram[-1] in after for after in table.values())
                for gram in grams(words, n)
            ) / (len(words) + 1),
            "A word may be known and yet new in this context: look in table[context].",
        ),
    },
)  # fmt: skip
def never_counted(table: dict, words: list[str], n: int) -> float:
    """The share of a document's n-grams that a table of counts does not hold."""
    return lost(table, grams(words, n))
