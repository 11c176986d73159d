"""Byte-pair encoding on ids: cut words, count pairs, learn merges, apply them.

This is the algorithm alone; `tokenizer.bpe` wraps it in a class with special tokens
and files. Ids 0 to 255 are the single bytes in GPT-2's order, and 256 + i is the token
that merge i made.

Sources: Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words
with subword units"; Radford et al. (2019), "Language models are unsupervised multitask
learners" (bytes instead of characters, and the pattern).
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf

from shared.tokenizer.long_words import encode_long_word
from shared.tokenizer.unicode16 import find_all

Pair = tuple[int, int]

GPT2_PATTERN = (
    r"'(?:[sdmt]|ll|ve|re)"  # endings such as 's and 'll
    r"| ?\p{L}+"  # letters, with one leading space
    r"| ?\p{N}+"  # digits, likewise
    r"| ?[^\s\p{L}\p{N}]+"  # everything else that can be seen
    r"|\s+(?!\S)"  # white space, but not its last sign before a word
    r"|\s+"  # any other white space
)


def split_words(text: str) -> list[str]:
    """Cut text into GPT-2's words; `"".join(split_words(text)) == text`."""
    return find_all(GPT2_PATTERN, text)


def byte_order() -> list[int]:
    """The 256 byte values as GPT-2 numbers them: those with a visible character first.

    Position is the token id: byte_order()[0] is 33, the byte of "!".
    """
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return visible + [b for b in range(256) if b not in visible]


BYTES = byte_order()
BYTE_ID = {byte: i for i, byte in enumerate(BYTES)}
BYTE_CHAR = {b: chr(b if i < 188 else 256 + i - 188) for b, i in BYTE_ID.items()}


def bytes_to_ids(data: bytes) -> list[int]:
    """One id from 0 to 255 per byte."""
    return [BYTE_ID[byte] for byte in data]


def show_bytes(data: bytes) -> str:
    """Bytes in GPT-2's visible characters: a space is "Ġ", a line end is "Ċ"."""
    return "".join(BYTE_CHAR[byte] for byte in data)


def count_pairs(words: Iterable[tuple[Sequence[int], int]]) -> Counter[Pair]:
    """Count neighbouring ids over (ids of a word, how often the word occurs)."""
    counts: Counter[Pair] = Counter()
    for ids, times in words:
        for pair in pairwise(ids):
            counts[pair] += times
    return counts


def merge_pair(ids: Sequence[int], pair: Pair, new_id: int) -> list[int]:
    """Replace each `pair` in `ids` by `new_id`, from left to right."""
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def learn_merges(word_counts: dict[str, int], how_many: int) -> list[Pair]:
    """Learn up to `how_many` merges; fewer when no pair is left.

    The pair with the highest count is merged first, and among equals the one with the
    smallest ids. Only the words that hold the merged pair are counted again.
    """
    words = [(bytes_to_ids(w.encode("utf-8")), n) for w, n in word_counts.items()]
    counts = count_pairs(words)
    where = defaultdict(set)  # pair -> positions in `words` that (may) hold it
    for i, (ids, _) in enumerate(words):
        for pair in pairwise(ids):
            where[pair].add(i)
    heap = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(heap)
    merges: list[Pair] = []
    while heap and len(merges) < how_many:
        count, pair = heapq.heappop(heap)
        if -count != counts[pair]:
            continue  # an old entry: the count has changed since
        new_id = 256 + len(merges)
        merges.append(pair)
        change: Counter[Pair] = Counter()
        for i in where.pop(pair):
            ids, times = words[i]
            merged = merge_pair(ids, pair, new_id)
            words[i] = (merged, times)
            for old in pairwise(ids):
                change[old] -= times
            for new in pairwise(merged):
                change[new] += times
                where[new].add(i)
        for changed, difference in change.items():
            counts[changed] += difference
            if difference and counts[changed]:
                heapq.heappush(heap, (-counts[changed], changed))
    return merges


def build_vocab(merges: Sequence[Pair]) -> dict[int, bytes]:
    """Id -> bytes of every token: the 256 bytes, then one token per merge."""
    vocab = {i: bytes([byte]) for i, byte in enumerate(BYTES)}
    for i, (left, right) in enumerate(merges):
        if left not in vocab or right not in vocab:
            raise ValueError(
                f"merge {i} joins ids {left} and {right}, but only ids 0 "
                f"to {255 + i} exist before it; give the merges in the order learned"
            )
        vocab[256 + i] = vocab[left] + vocab[right]
    return vocab


def encode_word(ids: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Apply the merges to one word's ids, the earliest learned merge first.

    ranks: pair -> id of the token it makes; a smaller id was learned earlier.
    """
    while len(ids) > 1:
        pair = min(pairwise(ids), key=lambda pair: ranks.get(pair, inf))
        if pair not in ranks:
            break
        ids = merge_pair(ids, pair, ranks[pair])
    return ids


def encode_words(
    text: str, ranks: dict[Pair, int], cache: dict[str, list[int]]
) -> list[int]:
    """Ids of a text without special tokens. `cache` remembers words already met."""
    ids: list[int] = []
    for word in split_words(text):
        if word not in cache:
            single = bytes_to_ids(word.encode("utf-8"))
            if len(single) > 100:  # rare, so not worth remembering
                ids += encode_long_word(single, ranks)
                continue
            if len(cache) >= 100_000:  # a bound on memory
                cache.clear()
            cache[word] = encode_word(single, ranks)
        ids += cache[word]
    return ids
