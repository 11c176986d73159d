"""Text to token ids and back: a word tokenizer, and GPT-2's byte-level BPE.

BPETokenizer trains to the same merges as Hugging Face tokenizers and encodes to the
same ids as tiktoken; tests/test_tokenizer.py compares them. The algorithm itself is in
`shared.bpe`, the files are in `shared.tokenfile`.

Layout of the ids: 0 to 255 are the single bytes in GPT-2's order, 256 + i is the token
that merge i made, and the special tokens come last.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from operator import index
from pathlib import Path
from typing import Self

import regex
import tiktoken

from shared.bpe import (
    GPT2_PATTERN,
    Pair,
    build_vocab,
    encode_words,
    learn_merges,
    split_words,
)
from shared.tokenfile import read_gpt2, read_tokenizer, write_tokenizer


def check_text(text: str) -> None:
    """Raise TypeError if `text` is not str, ValueError if UTF-8 cannot hold it."""
    if not isinstance(text, str):
        raise TypeError(
            f"expected text (str), got {type(text).__name__}; "
            'turn bytes into text with .decode("utf-8")'
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} is U+{ord(text[error.start]):04X}, half of a "
            "surrogate pair, which UTF-8 cannot hold; read the text again with its "
            'right encoding, or clean it with text.encode("utf-8", "replace").decode()'
        ) from None


def check_ids(ids: Iterable[int], size: int) -> list[int]:
    """The ids as ints. Raises ValueError for one that is not from 0 to size - 1."""
    try:
        numbers = [index(i) for i in ids]
    except TypeError:
        raise TypeError(
            f"expected a sequence of token ids (whole numbers), got {ids!r:.60}"
        ) from None
    for i in numbers:
        if not 0 <= i < size:
            raise ValueError(
                f"token id {i} is outside the vocabulary of {size} tokens "
                f"(0 to {size - 1}); decode with the tokenizer that made the ids"
            )
    return numbers


class WordTokenizer:
    """One id per known word. A word it has not met has no id of its own.

    words: the vocabulary; a word's position is its id.
    unknown: the entry that stands for every other word; without it they raise.
    """

    def __init__(self, words: Iterable[str], unknown: str | None = None) -> None:
        self.words = list(words)
        self.unknown = unknown
        self.id_of = {word: i for i, word in enumerate(self.words)}

    @classmethod
    def train(cls, text: str, unknown: str | None = None) -> "WordTokenizer":
        """Give every word of the text an id, in the order of their characters."""
        words = sorted(set(split_words(text)))
        return cls(words + [unknown] if unknown else words, unknown)

    def encode(self, text: str) -> list[int]:
        """One id per word. Raises ValueError for a word without an id."""
        check_text(text)
        ids = []
        for word in split_words(text):
            if word not in self.id_of and self.unknown is None:
                raise ValueError(f"the word {word!r} is not in the vocabulary")
            ids.append(self.id_of[word if word in self.id_of else self.unknown])
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


def choose_special(
    text: str, special: Collection[str], allowed: Collection[str] | str
) -> set[str]:
    """The special tokens to recognise in `text`; tiktoken's rule.

    allowed: "all", or the tokens that the caller expects. Any other special token in
    the text raises ValueError, because text from a stranger must not give orders.
    """
    if allowed == "all":
        return set(special)
    chosen = {allowed} if isinstance(allowed, str) else set(allowed)
    if chosen - set(special):
        raise ValueError(
            f"{sorted(chosen - set(special))} are no special tokens of this tokenizer; "
            f"it has {sorted(special)}"
        )
    found = split_special(text, set(special) - chosen)[1::2]
    if found:
        raise ValueError(
            f"the text holds the special token {found[0]!r}; pass allowed_special="
            f"{{{found[0]!r}}} to encode it as that token, or use encode_ordinary "
            "to encode its characters"
        )
    return chosen


def number_special(special_tokens: Iterable[str], first_id: int) -> dict[str, int]:
    """Number special tokens from `first_id` on; ValueError if one is empty or twice."""
    if isinstance(special_tokens, str):
        raise TypeError(f"expected a list of special tokens, got {special_tokens!r}")
    numbers: dict[str, int] = {}
    for token in special_tokens:
        check_text(token)
        if not token or token in numbers:
            fault = "is given twice" if token else "is empty"
            raise ValueError(f"the special token {token!r} {fault}; leave it out")
        numbers[token] = first_id + len(numbers)
    return numbers


def train_merges(
    text: str | Iterable[str], vocab_size: int, special_tokens: Collection[str]
) -> list[Pair]:
    """Merges for a vocabulary of 256 bytes, these merges and the special tokens.

    text: one string or several; pairs never cross two of them, nor a special token.
    Raises ValueError for an empty corpus or a `vocab_size` that cannot be made.
    """
    smallest = 256 + len(number_special(special_tokens, 0))
    if index(vocab_size) < smallest:
        raise ValueError(
            f"vocab_size is {vocab_size}, but 256 bytes and {len(special_tokens)} "
            f"special tokens need at least {smallest}"
        )
    counts: Counter[str] = Counter()
    for part in [text] if isinstance(text, str | bytes | None) else text:
        check_text(part)
        for piece in split_special(part, special_tokens)[::2]:
            counts.update(split_words(piece))
    if not counts:
        raise ValueError("the corpus is empty: there is no text to learn merges from")
    merges = learn_merges(counts, vocab_size - smallest)
    if len(merges) < vocab_size - smallest:
        raise ValueError(
            f"vocab_size {vocab_size} cannot be reached: after {len(merges)} merges "
            f"every word is one token; give more text, or at most "
            f"vocab_size={smallest + len(merges)}"
        )
    return merges


class Vocabulary:
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

    def with_special_tokens(self, more: Iterable[str]) -> Self:
        """A copy with more special tokens at the end; old ids keep their meaning."""
        names = [*self.special_tokens, *number_special(more, len(self))]
        return type(self)(self.merges, names)

    def save(self, path: str | Path) -> None:
        """Write a readable JSON file with a checksum."""
        write_tokenizer(path, self.merges, self.special_tokens)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file that save wrote. Raises ValueError if it is damaged."""
        return cls(*read_tokenizer(path))


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
        check_text(text)
        chosen = choose_special(text, self.special_tokens, allowed_special)
        ids: list[int] = []
        for piece in split_special(text, chosen):
            if piece in chosen:
                ids.append(self.special_tokens[piece])
            else:
                ids += encode_words(piece, self.ranks, self.cache)
        return ids

    def encode_ordinary(self, text: str) -> list[int]:
        """Ids of the text, a special token's characters being ordinary text too."""
        check_text(text)
        return encode_words(text, self.ranks, self.cache)

    def to_tiktoken(self, name: str = "block-by-block") -> tiktoken.Encoding:
        """The same tokenizer as a tiktoken encoding: same ids, and faster."""
        return as_tiktoken(self, name)


def load_gpt2(folder: str | Path | None = None) -> BPETokenizer:
    """GPT-2's own tokenizer from its files, as this class; see read_gpt2."""
    return BPETokenizer(*read_gpt2(folder))
