"""Encode one very long word quickly: the same answer as `merges.encode_word`.

That one looks at all pairs for each merge, which takes n * n steps for n bytes. Words
are short, so it hardly ever matters, until somebody sends a megabyte of "aaaa".
"""

import heapq
from itertools import pairwise


def encode_long_word(ids: list[int], ranks: dict[tuple[int, int], int]) -> list[int]:
    """The same answer as encode_word for a word of n bytes, in about n log n steps.

    The ids form a linked list, and a heap offers the earliest merge, leftmost first.
    """
    ids, n = list(ids), len(ids)
    before, after = list(range(-1, n - 1)), list(range(1, n + 1))
    pairs = enumerate(pairwise(ids))
    heap = [(ranks[pair], i, pair) for i, pair in pairs if pair in ranks]
    heapq.heapify(heap)
    while heap:
        new_id, i, pair = heapq.heappop(heap)
        j = after[i]
        if j == n or (ids[i], ids[j]) != pair:
            continue  # one of the two was merged with another neighbour
        ids[i], ids[j] = new_id, -1
        after[i] = after[j]
        if after[i] < n:
            before[after[i]] = i
        for left in (before[i], i):
            if left >= 0 and after[left] < n:
                pair = (ids[left], ids[after[left]])
                if pair in ranks:
                    heapq.heappush(heap, (ranks[pair], left, pair))
    return [i for i in ids if i >= 0]
