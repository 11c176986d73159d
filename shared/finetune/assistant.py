"""The assistant: a model that knows the marks of a chat, and rows to learn from.

A conversation is one row of tokens, see `tokenizer.template`. Only the answer counts in
the loss: the model shall learn to answer, not to ask. Of a conversation of several
turns it is the last answer: what was said before is given, as a tale is, and may be
anything, the model's own mistakes too. Rows of plain documents among the lessons keep
the model from forgetting how to write them (replay).

Source: Ouyang et al. (2022), "Training language models to follow instructions with
human feedback" (supervised fine-tuning is its first step).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F

from shared.data.rows import IGNORE, Rows, pad_rows
from shared.model.devices import device_of
from shared.model.gpt import GPT
from shared.tales.tasks import Lesson
from shared.tokenizer.bpe import BPETokenizer
from shared.tokenizer.template import MARKS, lesson_ids, marks_of


@torch.no_grad()
def extend(
    model: GPT, tok: BPETokenizer, marks: Sequence[str] = MARKS
) -> tuple[GPT, BPETokenizer]:
    """A larger copy of the model and tokenizer, which know some more special tokens.

    The new rows of embedding and head begin at the mean of the known tokens' rows: a
    token like no other, which takes at most 1 / V of their probability. A model with
    more rows than tokens gives away the rows that it has, and grows when they do not
    suffice. Returns (model, tokenizer). Raises ValueError for a mark that is known.
    """
    known = [mark for mark in marks if mark in tok.special_tokens]
    if known:
        raise ValueError(f"the tokenizer knows {known} already; extend it only once")
    longer = BPETokenizer(tok.merges, [*tok.special_tokens, *marks])
    size = max(model.config.vocab_size, len(longer))
    larger = type(model)(replace(model.config, vocab_size=size)).to(device_of(model))
    own = larger.state_dict()
    for name, old in model.state_dict().items():
        if name in ("tokens.weight", "head.weight"):
            own[name][: len(old)] = old  # (V, C)
            own[name][len(tok) : len(longer)] = old[: len(tok)].mean(0)
        else:
            own[name].copy_(old)
    return larger.eval(), longer


def chat_rows(
    lessons: Iterable[Lesson], tok: BPETokenizer, masked: bool = True
) -> Rows:
    """Rows to learn from, inputs and targets (N, T): a lesson each, filled up with
    <|end|>; only its answer counts, or with masked=False all that was said before, too.
    """
    made = [lesson_ids(tok, x.prompt, x.answer, x.before) for x in lessons]
    longest = max(len(ids) for ids, _ in made) - 1
    inputs, targets = pad_rows([ids for ids, _ in made], longest, marks_of(tok)[2])
    for row, (_, start) in zip(targets, made):
        row[: start - 1 if masked else 0] = IGNORE  # the last mark predicts the answer
    return inputs, targets


def with_replay(
    rows: Rows, texts: Sequence[str], tok: BPETokenizer, share: float
) -> Rows:
    """Lesson rows (N, T) and behind them plain documents, a row each, which are `share`
    of all rows; every token of a document counts, and its end. Training shuffles them.

    Raises ValueError for a share outside [0, 1) and where the texts do not suffice.
    """
    need = replayed(len(rows[0]), share)
    if need > len(texts):
        raise ValueError(f"{need} documents are needed, {len(texts)} given")
    end, fill = tok.special_tokens["<|endoftext|>"], marks_of(tok)[2]
    made = [[end, *tok.encode_ordinary(text), end] for text in texts[:need]]
    width = max([rows[0].shape[1], *(len(ids) - 1 for ids in made)])
    plain, more = pad_rows(made, width, fill), (0, width - rows[0].shape[1])
    inputs = torch.cat([F.pad(rows[0], more, value=fill), plain[0]])
    targets = torch.cat([F.pad(rows[1], more, value=IGNORE), plain[1]])
    return inputs, targets


def replayed(lessons: int, share: float) -> int:
    """How many documents make `share` of all rows, beside so many lessons."""
    if not 0 <= share < 1:
        raise ValueError(f"share is {share}; expected at least 0 and below 1")
    return round(lessons * share / (1 - share))
