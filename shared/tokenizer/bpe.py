"""Text to token ids and back: a word tokenizer, and GPT-2's byte-level BPE.

BPETokenizer trains to the same merges as Hugging Face tokenizers and encodes to the
same ids as tiktoken; tests/test_tokenizer.py compares them. The algorithm itself is in
`tokenizer.merges`, the files are in `tokenizer.files`.

Layout of the ids: 0 to 255 are the single bytes in GPT-2's order, 256 + i is the token
that merge i made, and the special tokens come last.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Self

import regex
import tiktoken

from shared.tokenizer.files import Stored, read_gpt2
from shared.tokenizer.guards import (
    check_corpus,
    check_ids,
    check_learned,
    check_size,
    check_text,
    choose_special,
    number_special,
)
from shared.tokenizer.merges import (
    GPT2_PATTERN,
    Pair,
    build_vocab,
    encode_words,
    learn_merges,
    split_words,
)


class WordTokenizer:
    """One id per word of a list; any other word becomes `unknown`, or an error."""

    def __init__(self, words: Iterable[str], unknown: str | None = None) -> None:
        self.words = [*words, unknown] if unknown else list(words)
        self.id_of = {word: i for i, word in enumerate(self.words)}
        self.unknown = unknown

    def encode(self, text: str) -> list[int]:
        """One id per word. Raises ValueError for a word without an id."""
        words = split_words(check_text(text))
        ids = [self.id_of.get(word, self.id_of.get(self.unknown)) for word in words]
        if None in ids:
            word = words[ids.index(None)]
            raise ValueError(f"the word {word!r} is not in the vocabulary")
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The words of these ids, joined; unknown words are lost."""
        return "".join(self.words[i] for i in check_ids(ids, len(self.words)))


def split_special(text: str, special: Collection[str]) -> list[str]:
    """Cut text at the special tokens: texts at even positions, tokens at odd ones."""
    if not special:
        return [text]
    longest_first = sorted(special, key=len, reverse=True)
    return regex.split("(" + "|".join(map(regex.escape, longest_first)) + ")", text)


def word_frequencies(texts: Iterable[str], special: Collection[str]) -> Counter[str]:
    """How often each word occurs; special tokens are cut out and not counted."""
    counts: Counter[str] = Counter()
    for text in texts:
        for piece in split_special(check_text(text), special)[::2]:
            counts.update(split_words(piece))
    return counts


def train_merges(
    text: str | Iterable[str], vocab_size: int, special_tokens: Collection[str]
) -> list[Pair]:
    """Merges for a vocabulary of 256 bytes, these merges and the special tokens.

    text: one string or several; pairs never cross two of them, nor a special token.
    Raises ValueError for an empty corpus or a `vocab_size` that cannot be made.
    """
    how_many = check_size(vocab_size, special_tokens)
    texts = [text] if isinstance(text, str | bytes | None) else text
    counts = check_corpus(word_frequencies(texts, special_tokens))
    return check_learned(learn_merges(counts, how_many), how_many, vocab_size)


class Vocabulary(Stored):
    """The tokens of a tokenizer and what they stand for: enough to decode.

    merges: pairs of ids in the order learned; merges[i] makes token 256 + i.
    special_tokens: text -> id; they have the last ids.
    vocab: id -> bytes of every token.
    """

    def __init__(self, merges: list[Pair], special_tokens: Iterable[str] = ()) -> None:
        self.merges = [(left, right) for left, right in merges]
        self.vocab = build_vocab(self.merges)
        self.special_tokens = number_special(special_tokens, len(self.vocab))
        self.vocab |= {i: s.encode("utf-8") for s, i in self.special_tokens.items()}

    def __len__(self) -> int:
        return len(self.vocab)

    def bytes_of(self, token_id: int) -> bytes:
        """The bytes that a token stands for. Raises ValueError for an unknown id."""
        return self.vocab[check_ids([token_id], len(self))[0]]

    def decode(self, ids: Iterable[int]) -> str:
        """Text of the ids; bytes that are not valid UTF-8 become "\ufffd"."""
        found = [self.vocab[i] for i in check_ids(ids, len(self))]
        return b"".join(found).decode("utf-8", errors="replace")


def as_tiktoken(vocabulary: Vocabulary, name: str) -> tiktoken.Encoding:
    """A tiktoken encoding with the same tokens."""
    special = vocabulary.special_tokens
    ordinary = range(len(vocabulary) - len(special))
    ranks = {vocabulary.vocab[i]: i for i in ordinary}
    return tiktoken.Encoding(
        name, pat_str=GPT2_PATTERN, mergeable_ranks=ranks, special_tokens=special
    )


class BPETokenizer(Vocabulary):
    """Byte-level BPE with GPT-2's pattern: any text to token ids and back."""

    def __init__(self, merges: list[Pair], special_tokens: Iterable[str] = ()) -> None:
        super().__init__(merges, special_tokens)
        self.ranks = {pair: 256 + i for i, pair in enumerate(self.merges)}
        self.cache: dict[str, list[int]] = {}  # words met so far, see encode_words

    @classmethod
    def train(
        cls,
        text: str | Iterable[str],
        vocab_size: int,
        special_tokens: Sequence[str] = ("<|endoftext|>",),
    ) -> Self:
        """Learn merges until there are `vocab_size` tokens; see train_merges."""
        return cls(train_merges(text, vocab_size, special_tokens), special_tokens)

    def encode(self, text: str, allowed_special: Collection[str] = ()) -> list[int]:
        """Ids of the text; special tokens only on request, see choose_special."""
        chosen = choose_special(check_text(text), self.special_tokens, allowed_special)
        ids: list[int] = []
        for piece in split_special(text, chosen):
            if piece in chosen:
                ids.append(self.special_tokens[piece])
            else:
                ids += encode_words(piece, self.ranks, self.cache)
        return ids

    def encode_ordinary(self, text: str) -> list[int]:
        """Ids of the text, a special token's characters being ordinary text too."""
        return encode_words(check_text(text), self.ranks, self.cache)

    def to_tiktoken(self, name: str = "block-by-block") -> tiktoken.Encoding:
        """The same tokenizer as a tiktoken encoding: same ids, and faster."""
        return as_tiktoken(self, name)


def load_gpt2(folder: str | Path | None = None) -> BPETokenizer:
    """GPT-2's own tokenizer from its files, as this class; see read_gpt2."""
    return BPETokenizer(*read_gpt2(folder))
