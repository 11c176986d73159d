"""Groups of drawn answers, and the rows that hold them, for `finetune.rewards`.

An answer is drawn from all tokens at temperature 1: what is scored later must have been
drawn from the same probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from shared.data.rows import IGNORE, Rows, pad_rows
from shared.generate.answering import until
from shared.generate.turns import continuations
from shared.model.gpt import GPT
from shared.tales.tasks import Lesson
from shared.tokenizer.bpe import BPETokenizer
from shared.tokenizer.template import marks_of, prompt_ids


def answer_groups(
    model: GPT,
    tok: BPETokenizer,
    prompts: Sequence[str],
    group: int,
    max_new_tokens: int,
    generator: torch.Generator,
) -> tuple[list[list[str]], Rows]:
    """`group` drawn answers to each prompt, and the rows that hold them, (P * G, T)."""
    stop = marks_of(tok)[2]
    asked = [prompt_ids(tok, prompt) for prompt in prompts for _ in range(group)]
    how = {"eos": stop, "generator": generator, "known": len(tok)}
    found = continuations(model, asked, max_new_tokens, **how)
    said = [until(row, stop) for row in found]
    # An answer that was not cut off has its stop, too.
    drawn = [ids + [stop] * (len(ids) < len(row)) for ids, row in zip(said, found)]
    texts = [tok.decode(ids) for ids in said]
    answers = [texts[i : i + group] for i in range(0, len(texts), group)]
    return answers, drawn_rows(list(zip(asked, drawn)), stop)


def drawn_rows(pairs: list[tuple[list[int], list[int]]], fill: int) -> Rows:
    """Rows (B, T) of (prompt, answer) ids; only the answers' tokens count."""
    rows = [asked + said for asked, said in pairs]
    inputs, targets = pad_rows(rows, max(map(len, rows)) - 1, fill)
    for row, (asked, _) in zip(targets, pairs):
        row[: len(asked) - 1] = IGNORE  # the prompt's last token predicts the answer
    return inputs, targets


@torch.no_grad()
def watched(
    moved: Tensor, away: Tensor, advantages: Tensor, counts: Tensor
) -> dict[str, float]:
    """What the loss does not show.

    moved: how far ln p has come from that of the policy that drew, (B, T). away: the
    estimates of the divergence (B, T). Returns the answers' mean length in tokens, the
    mean divergence per token, clipped: the share of tokens that are not pushed any
    further, and alike: the share of answers that are as good as their whole group.
    """
    stopped = (moved.exp() - 1) * advantages.sign()[:, None] > 0.2
    return {
        "length": counts.sum().item() / len(counts),
        "divergence": away[counts].mean().item(),
        "clipped": stopped[counts].float().mean().item(),
        "alike": (advantages.abs() < 0.001).float().mean().item(),
    }


def check_run(lessons: Sequence[Lesson], group: int, updates: int) -> None:
    """Raise ValueError, naming what is wrong, unless one can train by these rewards."""
    if not lessons:
        raise ValueError("there is no lesson to ask; give at least one")
    if group < 2:
        raise ValueError(
            f"group is {group}; an answer is compared with others to the same prompt, "
            "so give at least 2"
        )
    if updates < 1:
        raise ValueError(f"updates is {updates}; use each step's answers at least once")
    if told := next((lesson for lesson in lessons if lesson.before), None):
        raise ValueError(
            f"{told.prompt!r} has earlier turns, and only prompts are asked here; give "
            "lessons without `before`"
        )
