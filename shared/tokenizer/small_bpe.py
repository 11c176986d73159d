"""A whole byte-level BPE in one small class: chapter 02 builds it.

`SmallBPE` learns and encodes in the plainest way. `BPETokenizer` in `tokenizer.bpe`
gives the same merges and the same ids, faster, with special tokens, files and checks
of bad input; tests/test_tokenizer.py proves that the two are equal.
"""

from collections import Counter
from collections.abc import Iterable

import regex

from shared.tokenizer.merges import (
    BYTES,
    GPT2_PATTERN,
    Pair,
    bytes_to_ids,
    count_pairs,
    encode_word,
    merge_pair,
)


class SmallBPE:
    """Byte-level BPE: learns merges from a text, encodes any text, decodes it."""

    def __init__(self, merges: Iterable[Pair] = ()) -> None:
        self.ranks = {pair: 256 + i for i, pair in enumerate(merges)}
        self.vocab = {i: bytes([byte]) for i, byte in enumerate(BYTES)}
        for (left, right), new_id in self.ranks.items():
            self.vocab[new_id] = self.vocab[left] + self.vocab[right]

    @classmethod
    def train(cls, text: str, vocab_size: int) -> "SmallBPE":
        """Merge the most frequent pair; among equals the one with the smallest ids."""
        words = Counter(regex.findall(GPT2_PATTERN, text)).items()
        coded = [(bytes_to_ids(word.encode()), n) for word, n in words]
        merges = []
        for new_id in range(256, vocab_size):
            counts = count_pairs(coded)
            if not counts:  # every word is one token
                break
            pair = min(counts, key=lambda pair: (-counts[pair], pair))
            coded = [(merge_pair(ids, pair, new_id), n) for ids, n in coded]
            merges.append(pair)
        return cls(merges)

    def encode(self, text: str) -> list[int]:
        """The ids of a text, word by word."""
        words = regex.findall(GPT2_PATTERN, text)
        coded = [encode_word(bytes_to_ids(word.encode()), self.ranks) for word in words]
        return [i for ids in coded for i in ids]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids; bytes that form no character become "\ufffd"."""
        return b"".join(self.vocab[i] for i in ids).decode(errors="replace")
