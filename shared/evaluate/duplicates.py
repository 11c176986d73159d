"""Near-duplicates: texts that share most of their word n-grams, found by an index.

Two texts are compared as sets: the n-grams of words (shingles) that they have in
common, as a share of all that they have. To compare every text with every other would
take too long; an index of a few rare n-grams of each names the pairs worth comparing,
and loses none.

Sources: Broder (1997), "On the resemblance and containment of documents"; the few rare
n-grams: Bayardo, Ma and Srikant (2007), "Scaling up all pairs similarity search".
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from shared.tokenizer.guards import check_text


def shingles(text: str, n: int = 3) -> frozenset[tuple[str, ...]]:
    """The n-grams of a text's words, without case, marks and order.

    A text of fewer than n words is one shingle of all its words, an empty one has none.
    """
    words = re.findall(r"\w+", check_text(text).lower())
    starts = (words[i:] for i in range(min(n, len(words))))
    return frozenset(zip(*starts))


def jaccard(a: frozenset, b: frozenset) -> float:
    """How much two sets have in common, 0 to 1: shared items by all items."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if a or b else 1.0


def rare_part(items: frozenset, counts: Counter, least: float) -> list:
    """The rarest items of a set, so many that every set alike has one of them.

    A set that is alike (jaccard at least `least`) shares at least least * len(items)
    items, so it lacks fewer than we take here.
    """
    shared = math.ceil(least * len(items) - 1e-9)  # 0.7 * 10 is a little above 7
    rarest = sorted(items, key=lambda item: (counts[item], item))
    return rarest[: len(items) - shared + 1]


def near_pairs(
    texts: Sequence[str], pool: Iterable[str], least: float = 0.7, n: int = 3
) -> Iterator[tuple[int, int, float]]:
    """All near pairs (i, j, score): texts[i] and text j of the pool, in their order.

    score: the Jaccard similarity of their n-grams of words, at least `least`. The index
    is over `texts`, so let the pool be the larger pile; it is read once. Raises
    ValueError for a `least` outside (0, 1] or an n below 1, TypeError for a bare str.
    """
    check_search(texts, pool, least, n)
    sets = [shingles(text, n) for text in texts]
    counts = Counter(item for items in sets for item in items)
    index = defaultdict(list)  # shingle -> numbers of texts
    for i, items in enumerate(sets):
        for item in rare_part(items, counts, least):
            index[item].append(i)
    for j, text in enumerate(pool):
        other = shingles(text, n)
        for i in sorted({i for item in other & index.keys() for i in index[item]}):
            score = jaccard(sets[i], other)
            if score >= least:
                yield i, j, score


def check_search(texts: object, pool: object, least: float, n: int) -> None:
    """Raise unless one can search for near pairs in this way."""
    if isinstance(texts, str) or isinstance(pool, str):
        raise TypeError("expected several texts, got one str; give [text]")
    if not 0 < least <= 1:
        raise ValueError(f"least is {least}; a similarity is above 0 and at most 1")
    if n < 1:
        raise ValueError(f"n is {n}; an n-gram has at least 1 word")


def without_copies(
    texts: Sequence[str], least: float = 0.7
) -> tuple[list[int], list[tuple[int, int, float]]]:
    """Which texts to keep, and what each other one repeats: (text, earlier one, score).

    The first of several that are alike stays. score: 1 for the same text, else at least
    `least`, see near_pairs; a `least` of 1 looks for the same texts alone.
    """
    first: dict[str, int] = {}
    copies = []
    for j, text in enumerate(texts):
        if first.setdefault(text, j) != j:
            copies.append((j, first[text], 1.0))
    places, dropped = list(first.values()), set()
    if least < 1:
        different = list(first)
        for i, j, score in near_pairs(different, different, least):
            if i < j and i not in dropped and j not in dropped:
                dropped.add(j)
                copies.append((places[j], places[i], score))
    kept = [place for i, place in enumerate(places) if i not in dropped]
    return kept, sorted(copies)
