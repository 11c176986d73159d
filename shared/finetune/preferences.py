"""Preferences: learning from pairs of answers of which somebody likes one better.

Direct preference optimisation asks of the model only that it prefers, more than a
frozen copy of itself does, the answer that was chosen. Log-probabilities are in nats;
rows are those of `finetune.assistant`, in which only the answer counts.

Source: Rafailov et al. (2023), "Direct preference optimization: your language model is
secretly a reward model".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from shared.data.rows import IGNORE, Rows, step_rows
from shared.evaluate.losses import measure_parts
from shared.finetune.assistant import chat_rows
from shared.generate.answering import replies
from shared.model.devices import beside
from shared.model.gpt import GPT
from shared.tales.tasks import Lesson, numbers_in
from shared.tokenizer.bpe import BPETokenizer
from shared.train.log import History
from shared.train.loop import take_step
from shared.train.optimizers import make_optimizers
from shared.train.recipe import Recipe


@dataclass(frozen=True)
class Pair:
    """One prompt and two answers to it, of which the first was liked better."""

    prompt: str
    chosen: str
    rejected: str


def shows_way(answer: str) -> bool:
    """Whether an answer to a sum shows how it was found, and not the result alone."""
    return len(numbers_in(answer)) >= 3


def collect_pairs(
    model: GPT, tok: BPETokenizer, prompts: Sequence[str],
    likes: Callable[[str], bool], seed: int, tries: int = 4,
) -> list[Pair]:  # fmt: skip
    """Pairs of the model's own drawn answers: one that `likes` is true of, one not.

    Each prompt is answered `tries` times and gives a pair if both sorts came. Raises
    ValueError for fewer than 2 tries.
    """
    if tries < 2:
        raise ValueError(f"tries is {tries}; a pair needs at least 2 answers")
    draw = torch.Generator().manual_seed(seed)
    asked = [prompt for prompt in prompts for _ in range(tries)]
    said = replies(model, tok, asked, 40, temperature=1.0, top_k=None, generator=draw)
    pairs = []
    for i, prompt in enumerate(prompts):
        own = said[i * tries : (i + 1) * tries]
        liked = [answer for answer in own if likes(answer)]
        others = [answer for answer in own if not likes(answer)]
        if liked and others:
            pairs.append(Pair(prompt, liked[0], others[0]))
    return pairs


def token_logprobs(model: GPT, rows: Rows) -> Tensor:
    """log p of each target that counts, (B, T), in nats; 0 where none counts.

    Wherever the rows are, the result is where the model is.
    """
    inputs, targets = beside(model, *rows)
    logprobs = model(inputs).float().log_softmax(-1)  # (B, T, V)
    counts = targets != IGNORE
    picked = logprobs.gather(-1, targets.clamp(min=0)[..., None])[..., 0]  # (B, T)
    return picked * counts


def answer_logprobs(model: GPT, rows: Rows) -> Tensor:
    """log p of each row's whole answer, (B,), in nats."""
    return token_logprobs(model, rows).sum(1)


def margins(chosen: Tensor, rejected: Tensor, beta: float) -> Tensor:
    """How much more the chosen answers are preferred than before, (B,).

    chosen, rejected: how far the log-probabilities of both have risen, in nats.
    """
    return beta * (chosen - rejected)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor,
    beta: float = 0.1,
) -> Tensor:  # fmt: skip
    """The mean over pairs of -log sigmoid(margin); all four are log p of answers, (B,).

    beta: how dear it is to leave the reference; larger stays nearer.
    """
    gained = margins(chosen - ref_chosen, rejected - ref_rejected, beta)  # (B,)
    return -F.logsigmoid(gained).mean()


def pair_rows(pairs: Sequence[Pair], tok: BPETokenizer) -> tuple[Rows, Rows]:
    """The rows of the chosen and of the rejected answers. Raises ValueError for none,
    and for a pair whose answers are the same: it says nothing.
    """
    if not pairs:
        raise ValueError("there is no pair to learn from")
    for pair in pairs:
        if pair.chosen == pair.rejected:
            raise ValueError(f"both answers are {pair.chosen!r}; leave such pairs out")
    chosen = [Lesson("pair", pair.prompt, pair.chosen) for pair in pairs]
    rejected = [Lesson("pair", pair.prompt, pair.rejected) for pair in pairs]
    return chat_rows(chosen, tok), chat_rows(rejected, tok)


def reference_logprobs(model: GPT, rows: Rows, batch: int = 64) -> Tensor:
    """log p of all answers (N,) by the model as it is now: the frozen reference."""
    parts = zip(*(side.split(batch) for side in rows))
    return torch.cat(measure_parts(model, parts, lambda *x: answer_logprobs(model, x)))


def train_dpo(
    model: GPT, tok: BPETokenizer, pairs: Sequence[Pair], recipe: Recipe,
    beta: float = 0.1, probe: Callable[[GPT], dict[str, float]] | None = None,
) -> History:  # fmt: skip
    """Train in place on pairs; returns loss, margin, share of pairs in order, and what
    chosen and rejected answers have gained in nats, for each step.

    The reference is the model as it comes in: its log-probabilities are taken once.
    probe: asked after every tenth step; its numbers are kept, too.
    """
    sides = pair_rows(pairs, tok)
    refs = [reference_logprobs(model, rows) for rows in sides]
    optimizers, history = make_optimizers(model, recipe), History()
    for step in range(1, recipe.steps + 1):
        at = step_rows(step, len(pairs), recipe.batch, recipe.seed)
        now = [answer_logprobs(model, (x[at], y[at])) for x, y in sides]  # 2 of (B,)
        before = [ref[at] for ref in refs]
        loss = dpo_loss(*now, *before, beta)
        update(model, loss, optimizers, recipe, step)
        chosen, rejected = ((a - b).detach() for a, b in zip(now, before))
        m = margins(chosen, rejected, beta)
        numbers = {"loss": loss.item(), "margin": m.mean().item()}
        numbers |= {"preferred": (m > 0).float().mean().item()}
        numbers |= {"chosen": chosen.mean().item(), "rejected": rejected.mean().item()}
        if probe and step % 10 == 0:
            numbers |= probe(model)
        history.add(recipe.batch, numbers)
    return history


def update(
    model: GPT, loss: Tensor, optimizers: list, recipe: Recipe, step: int
) -> float:
    """One update of the weights from a loss; returns the gradients' norm."""
    model.zero_grad(set_to_none=True)
    loss.backward()
    return take_step(model, optimizers, recipe, step)
