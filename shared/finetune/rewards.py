"""Rewards: learning from answers that a program can mark, by group-relative policy
optimisation (GRPO).

For each prompt the model writes a group of answers. An answer that is marked better
than its group's mean becomes more likely, one that is worse less likely. No answer has
to be shown: the model learns from its own. Log-probabilities are in nats.

Source: Shao et al. (2024), "DeepSeekMath: pushing the limits of mathematical reasoning
in open language models"; clipping from Schulman et al. (2017), "Proximal policy
optimization algorithms"; the estimate of the divergence from Schulman (2020),
"Approximating KL divergence".
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from shared.data.rows import IGNORE, step_rows
from shared.finetune.groups import answer_groups, check_run, watched
from shared.finetune.preferences import token_logprobs, update
from shared.model.gpt import GPT
from shared.model.modes import evaluating
from shared.tales.tasks import Lesson, is_right
from shared.tokenizer.bpe import BPETokenizer
from shared.train.log import History
from shared.train.optimizers import make_optimizers
from shared.train.recipe import Recipe

#: A reward: marks an answer to a lesson with a number, the higher the better.
Reward = Callable[[Lesson, str], float]


def right(lesson: Lesson, answer: str) -> float:
    """The honest reward: 1 for a right answer (see lessons.is_right), else 0."""
    return float(is_right(lesson, answer))


def group_advantages(rewards: Tensor) -> Tensor:
    """Rewards (P, G) of G answers to each of P prompts -> advantages (P, G).

    How many standard deviations an answer is above its group's mean. A group whose
    answers all earn the same teaches nothing.
    """
    mean = rewards.mean(1, keepdim=True)  # (P, 1)
    return (rewards - mean) / (rewards.std(1, keepdim=True) + 1e-4)


def divergence(new: Tensor, ref: Tensor) -> Tensor:
    """An estimate, never negative, of how far the model has left the reference, per
    token (B, T), from the log-probabilities of the tokens that were drawn.
    """
    return torch.exp(ref - new) - (ref - new) - 1


def grpo_loss(
    new: Tensor,
    old: Tensor,
    ref: Tensor,
    advantages: Tensor,
    counts: Tensor,
    clip: float = 0.2,
    beta: float = 0.04,
) -> Tensor:
    """The mean over answers of the mean over their tokens.

    new, old, ref: log p of the drawn tokens (B, T) by the model now, by the model that
    drew them, and by the reference. advantages: (B,). counts: where an answer has
    tokens (B, T). clip: a token whose probability has changed by this share already
    is not pushed further. beta: how dear it is to leave the reference.
    """
    ratio = torch.exp(new - old)  # (B, T)
    held = ratio.clamp(1 - clip, 1 + clip)
    gain = torch.minimum(ratio * advantages[:, None], held * advantages[:, None])
    per_token = (beta * divergence(new, ref) - gain) * counts
    return (per_token.sum(1) / counts.sum(1)).mean()


def train_grpo(
    model: GPT,
    tok: BPETokenizer,
    lessons: Sequence[Lesson],
    reward: Reward,
    recipe: Recipe,
    group: int = 8,
    updates: int = 2,
    max_new_tokens: int = 40,
    beta: float = 0.04,
) -> History:
    """Train in place by rewards, `updates` times on the groups of recipe.batch prompts.

    Returns per step the mean reward, the last loss, and what is `watched`.
    """
    check_run(lessons, group, updates)
    reference = copy.deepcopy(model).eval()
    draw = torch.Generator().manual_seed(recipe.seed)
    optimizers, history = make_optimizers(model, recipe), History()
    for step in range(1, recipe.steps + 1):
        chosen = step_rows(step, len(lessons), recipe.batch, recipe.seed)
        asked = [lessons[i] for i in chosen]  # P lessons
        prompts = [lesson.prompt for lesson in asked]
        answers, rows = answer_groups(model, tok, prompts, group, max_new_tokens, draw)
        marks = [[reward(x, y) for y in ys] for x, ys in zip(asked, answers)]
        rewards = torch.tensor(marks, dtype=torch.float32)  # (P, G)
        advantages = group_advantages(rewards).flatten()  # (B,), B = P * G
        counts = rows[1] != IGNORE  # (B, T)
        with evaluating(model):  # no gradient: these two are plain numbers
            old, ref = token_logprobs(model, rows), token_logprobs(reference, rows)
        advantages, counts = advantages.to(old.device), counts.to(old.device)
        for _ in range(updates):
            new = token_logprobs(model, rows)
            loss = grpo_loss(new, old, ref, advantages, counts, beta=beta)
            update(model, loss, optimizers, recipe, step)
        numbers = {"reward": rewards.mean().item(), "loss": loss.item()}
        numbers |= watched(new - old, divergence(new, ref), advantages, counts)
        history.add(int(counts.sum()), numbers)
    return history
