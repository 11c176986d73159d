"""The template of a chat: which tokens mark who speaks.

A conversation is one row of tokens: <|endoftext|><|user|>prompt<|assistant|>answer
<|end|>, and for each further turn <|user|>prompt<|assistant|>answer<|end|> once more.
The three marks are special tokens, which no text can contain by accident, so that
nobody can speak in another's name.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def prompt_ids(
    tok: BPETokenizer, prompt: str, before: Sequence[tuple[str, str]] = ()
) -> list[int]:
    """The tokens up to where the assistant speaks: <|endoftext|><|user|>....

    before: the earlier turns of the conversation, as pairs (said, answered).
    """
    user, assistant, stop = marks_of(tok)
    ids = [tok.special_tokens["<|endoftext|>"]]
    for said, answered in before:
        ids += [user, *tok.encode_ordinary(check_text(said))]
        ids += [assistant, *tok.encode_ordinary(check_text(answered)), stop]
    return [*ids, user, *tok.encode_ordinary(check_text(prompt)), assistant]


def lesson_ids(
    tok: BPETokenizer,
    prompt: str,
    answer: str,
    before: Sequence[tuple[str, str]] = (),
) -> tuple[list[int], int]:
    """A conversation up to its last <|end|>, and where in it the last answer begins."""
    asked = prompt_ids(tok, prompt, before)
    return [*asked, *tok.encode_ordinary(answer), marks_of(tok)[2]], len(asked)


def recent(
    tok: BPETokenizer, prompt: str, before: Sequence[tuple[str, str]], most: int
) -> Sequence[tuple[str, str]]:
    """The latest of the earlier turns that fit into `most` tokens with the prompt.

    The oldest go first; none is left where the prompt alone is as long as that.
    """
    while before and len(prompt_ids(tok, prompt, before)) > most:
        before = before[1:]
    return before
