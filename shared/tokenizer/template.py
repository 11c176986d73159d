"""The template of a chat: which tokens mark who speaks.

A conversation is one row of tokens: <|endoftext|><|user|>prompt<|assistant|>answer
<|end|>. The three marks are special tokens, which no text can contain by accident, so
that nobody can speak in another's name.
"""

from __future__ import annotations

from shared.tokenizer.bpe import BPETokenizer
from shared.tokenizer.guards import check_text

USER, ASSISTANT, STOP = "<|user|>", "<|assistant|>", "<|end|>"
MARKS = (USER, ASSISTANT, STOP)


def marks_of(tok: BPETokenizer) -> tuple[int, int, int]:
    """The ids of the three marks. Raises ValueError for a tokenizer without them."""
    missing = [mark for mark in MARKS if mark not in tok.special_tokens]
    if missing:
        raise ValueError(
            f"this tokenizer has no {', '.join(missing)}; a chat model's has: load "
            'one with checkpoint.load("chat"), or make one with chat.extend'
        )
    return tuple(tok.special_tokens[mark] for mark in MARKS)


def prompt_ids(tok: BPETokenizer, prompt: str) -> list[int]:
    """The tokens up to where the assistant speaks: <|endoftext|><|user|>...."""
    user, assistant, _ = marks_of(tok)
    end_of_text = tok.special_tokens["<|endoftext|>"]
    said = tok.encode_ordinary(check_text(prompt))
    return [end_of_text, user, *said, assistant]


def lesson_ids(tok: BPETokenizer, prompt: str, answer: str) -> tuple[list[int], int]:
    """A whole conversation up to its <|end|>, and where in it the answer begins."""
    asked = prompt_ids(tok, prompt)
    return [*asked, *tok.encode_ordinary(answer), marks_of(tok)[2]], len(asked)
