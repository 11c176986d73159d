"""Chat: a template that marks who speaks, rows to learn answers from, and replies.

A conversation is one row of tokens: <|endoftext|><|user|>prompt<|assistant|>answer
<|end|>. The three marks are special tokens, which no text can contain by accident, so
that nobody can speak in another's name. Only the answer counts in the loss: the model
shall learn to answer, not to ask.

Source: Ouyang et al. (2022), "Training language models to follow instructions with
human feedback" (supervised fine-tuning is its first step).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from shared.generate import generate
from shared.guards import check_text
from shared.lessons import Lesson
from shared.model import GPT
from shared.rows import IGNORE, Rows, pad_rows
from shared.tokenizer import BPETokenizer

USER, ASSISTANT, STOP = "<|user|>", "<|assistant|>", "<|end|>"
MARKS = (USER, ASSISTANT, STOP)


@torch.no_grad()
def extend(
    model: GPT, tok: BPETokenizer, marks: Sequence[str] = MARKS
) -> tuple[GPT, BPETokenizer]:
    """A larger copy of the model and tokenizer, which know some more special tokens.

    The new rows of embedding and head begin at the mean of the old ones: a token like
    no other, which takes at most 1 / V of the old ones' probability. Returns (model,
    tokenizer). Raises ValueError for a mark that is known already.
    """
    known = [mark for mark in marks if mark in tok.special_tokens]
    if known:
        raise ValueError(f"the tokenizer knows {known} already; extend it only once")
    longer = BPETokenizer(tok.merges, [*tok.special_tokens, *marks])
    larger = GPT(replace(model.config, vocab_size=len(longer)))
    own, size = larger.state_dict(), model.config.vocab_size
    for name, old in model.state_dict().items():
        if name in ("tokens.weight", "head.weight"):
            own[name][:size] = old  # (V, C)
            own[name][size:] = old.mean(0)
        else:
            own[name].copy_(old)
    return larger.eval(), longer


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


def chat_rows(
    lessons: Iterable[Lesson], tok: BPETokenizer, masked: bool = True
) -> Rows:
    """Rows to learn from, inputs and targets (N, T): a lesson each, filled up with
    <|end|>; only the answers count, or with masked=False the prompts too.
    """
    made = [lesson_ids(tok, lesson.prompt, lesson.answer) for lesson in lessons]
    longest = max(len(ids) for ids, _ in made) - 1
    inputs, targets = pad_rows([ids for ids, _ in made], longest, marks_of(tok)[2])
    for row, (_, start) in zip(targets, made):
        row[: start - 1 if masked else 0] = IGNORE  # the last mark predicts the answer
    return inputs, targets


def replies(
    model: GPT,
    tok: BPETokenizer,
    prompts: Sequence[str],
    max_new_tokens: int = 160,
    temperature: float = 1.0,
    top_k: int | None = 1,
    generator: torch.Generator | None = None,
) -> list[str]:
    """The assistant's answers; with top_k=1 the likeliest token each time.

    Prompts of equal length are read together, so that no row needs padding.
    """
    if isinstance(prompts, str):
        raise TypeError("expected several prompts, got one str; give [prompt]")
    stop, rows = marks_of(tok)[2], [prompt_ids(tok, prompt) for prompt in prompts]
    answers = [""] * len(rows)
    for length in sorted({len(row) for row in rows}):
        group = [i for i, row in enumerate(rows) if len(row) == length]
        ids = torch.tensor([rows[i] for i in group])
        options = {"temperature": temperature, "top_k": top_k, "eos": stop}
        found = generate(model, ids, max_new_tokens, generator=generator, **options)
        for i, row in zip(group, found[:, length:]):
            answers[i] = tok.decode(until(row, stop))
    return answers


def until(row: Tensor, stop: int) -> list[int]:
    """The ids of a row (T,) before the first `stop`."""
    ids = row.tolist()
    return ids[: ids.index(stop)] if stop in ids else ids


def reply(model: GPT, tok: BPETokenizer, prompt: str, **options: object) -> str:
    """One answer: see replies."""
    return replies(model, tok, [prompt], **options)[0]
