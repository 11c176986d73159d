"""How a tokenizer cuts one word of the language, so that the truth can be split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Tokenizer(Protocol):
    """What :meth:`Language.bill` needs of a tokenizer."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""


def encoder(
    tok: Tokenizer | None, text: str, pieces: Sequence[str]
) -> Callable[[str], list[Any]]:
    """A remembering ``tok.encode`` for words, checked to give the ids of the text."""
    if tok is None:
        return lambda word: [word]
    known: dict[str, list[int]] = {}

    def encode(word: str) -> list[int]:
        if word not in known:
            known[word] = list(tok.encode(word))
        return known[word]

    if [i for word in pieces for i in encode(word)] != list(tok.encode(text)):
        raise ValueError(
            "this tokenizer makes tokens that reach over the border between two words, "
            "so the truth cannot be split among them; train one with GPT-2's pattern"
        )
    return encode
