"""Bad input to a tokenizer, refused in one clear sentence each.

Every function here either returns what it was given in a regular form, or raises a
TypeError or ValueError that names the value, what was expected and what to do.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from operator import index
from typing import Any


def check_text(text: str) -> str:
    """The text. Raises TypeError if it is not str, ValueError if not valid Unicode."""
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
    return text


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
    found = [token for token in set(special) - chosen if token in text]
    if found:
        first = min(found, key=lambda token: (text.index(token), -len(token)))
        raise ValueError(
            f"the text holds the special token {first!r}; pass allowed_special="
            f"{{{first!r}}} to encode it as that token, or use encode_ordinary "
            "to encode its characters"
        )
    return chosen


def check_size(vocab_size: int, special_tokens: Iterable[str]) -> int:
    """How many merges make `vocab_size` tokens. Raises ValueError for too few."""
    special = number_special(special_tokens, 0)
    smallest = 256 + len(special)
    if index(vocab_size) < smallest:
        raise ValueError(
            f"vocab_size is {vocab_size}, but 256 bytes and {len(special)} "
            f"special tokens need at least {smallest}"
        )
    return vocab_size - smallest


def check_corpus(counts: Counter[str]) -> Counter[str]:
    """The word counts. Raises ValueError if there are none."""
    if not counts:
        raise ValueError("the corpus is empty: there is no text to learn merges from")
    return counts


def check_learned(merges: list[Any], wanted: int, vocab_size: int) -> list[Any]:
    """The merges. Raises ValueError if they are fewer than wanted."""
    if len(merges) < wanted:
        raise ValueError(
            f"vocab_size {vocab_size} cannot be reached: after {len(merges)} merges "
            f"every word is one token; give more text, or at most "
            f"vocab_size={vocab_size - wanted + len(merges)}"
        )
    return merges
