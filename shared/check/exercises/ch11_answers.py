"""Exercises 11.3 and 11.4: answers and pairs. Torch is imported where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


def answer_rows() -> list[tuple]:
    """Logits (T, V) and targets (T,), of which those of the prompt are -100."""
    import torch

    draw = torch.Generator().manual_seed(5)
    first, second = (
        2 * torch.randn(*size, generator=draw) for size in [(5, 4), (6, 7)]
    )
    prompt = [-100, -100]
    return [
        (first, torch.tensor([*prompt, 3, 1, 2])),
        (second.double(), torch.tensor([*prompt, 6, 0, 0, -100])),
    ]


def picked(logits: Tensor, targets: Tensor, over: int = -1) -> tuple[Tensor, Tensor]:
    """What gather picks, token 0 where nothing counts; and what counts; (T,) both."""
    log_p = logits.log_softmax(over)
    return log_p.gather(-1, targets.clamp(min=0)[:, None])[:, 0], targets != -100


def one_late(logits: Tensor, targets: Tensor) -> Tensor:
    """Each target looked up one place late: a slip."""
    found, counts = picked(logits.roll(-1, 0), targets)
    return found[counts].sum()


@exercise(
    "11.3",
    "The log-probability of an answer",
    inputs=answer_rows,
    close=1e-5,
    mistakes={
        "the prompt counted as token 0": (
            lambda logits, targets: picked(logits, targets)[0].sum(),
            "Places whose target is -100 must add 0: multiply by what counts.",
        ),
        "the mean over the answer's tokens": (
            lambda logits, targets: picked(logits, targets)[0][targets != -100].mean(),
            "An answer's log-probability is the sum over its tokens.",
        ),
        "the mean over all places": (
            lambda logits, targets: (
                picked(logits, targets)[0][targets != -100].sum() / len(targets)
            ),
            "An answer's log-probability is the sum over its tokens.",
        ),
        "logits in the place of log-probabilities": (
            lambda logits, targets: logits.gather(-1, targets.clamp(min=0)[:, None])[
                :, 0
            ][targets != -100].sum(),
            "Logits become log-probabilities by log_softmax over the vocabulary.",
        ),
        "the softmax over the places": (
            lambda logits, targets: picked(logits, targets, 0)[0][
                targets != -100
            ].sum(),
            "The probabilities of one place add up to one: log_softmax(-1).",
        ),
        "probabilities, not logarithms": (
            lambda logits, targets: (
                picked(logits, targets)[0].exp()[targets != -100].sum()
            ),
            "Probabilities multiply; what is added up are their logarithms.",
        ),
        "the probability itself": (
            lambda logits, targets: (
                picked(logits, targets)[0][targets != -100].sum().exp()
            ),
            "Leave the logarithm: long answers' probabilities are too small.",
        ),
        "the cost, with its sign": (
            lambda logits, targets: -picked(logits, targets)[0][targets != -100].sum(),
            "The cost is minus the log-probability: leave the minus out.",
        ),
        "one place late": (
            one_late,
            "Row t of the logits already predicts target t: shift nothing.",
        ),
        "the likeliest token's": (
            lambda logits, targets: (
                logits.log_softmax(-1).amax(-1)[targets != -100].sum()
            ),
            "Not the likeliest token counts, but the one that the target names.",
        ),
        "one number for each place": (
            lambda logits, targets: picked(logits, targets)[0] * (targets != -100),
            "Add the answer's tokens up: one number for the whole answer.",
        ),
        "only the last token's": (
            lambda logits, targets: picked(logits, targets)[0][targets != -100][-1],
            "All tokens of the answer count, not the last alone.",
        ),
    },
)
def answer_logprob(logits: Tensor, targets: Tensor) -> Tensor:
    """log p of an answer: logits (T, V), targets (T,), -100 where none counts."""
    found, counts = picked(logits, targets)
    return found[counts].sum()


def sorts(answers: list[str], likes: Callable) -> tuple[list[str], list[str]]:
    """Those that are liked and the others, each text once, in their order."""
    once = list(dict.fromkeys(answers))
    return [a for a in once if likes(a)], [a for a in once if not likes(a)]


def repeated(answers: list[str], likes: Callable) -> list[tuple[str, str]]:
    """Every pair as often as it was drawn: a slip."""
    liked = [a for a in answers if likes(a)]
    return [(a, b) for a in liked for b in answers if not likes(b)]


def neighbours(answers: list[str], likes: Callable) -> list[tuple[str, str]]:
    """Only answers that follow each other: a slip."""
    return [(a, b) for a, b in zip(answers, answers[1:]) if likes(a) and not likes(b)]


DRAWN = ["Ten.", "Two and two make four.", "Ten.", "Four.", "Two and two make five."]


@exercise(
    "11.4",
    "Every pair",
    inputs=[
        (DRAWN, lambda answer: " " in answer),
        (["a", "b", "c"], lambda answer: answer in "bc"),
        (["yes", "yes"], lambda answer: True),
        ([], lambda answer: True),
    ],
    use=lambda pairs, answers, likes: [tuple(p) for p in pairs(list(answers), likes)],
    mistakes={
        "one pair alone": (
            lambda answers, likes: list(zip(*(s[:1] for s in sorts(answers, likes)))),
            "Each liked answer makes a pair with each of the others.",
        ),
        "the first with the first, the second with the second": (
            lambda answers, likes: list(zip(*sorts(answers, likes))),
            "Two loops, one inside of the other: each liked one with each other one.",
        ),
        "chosen and rejected exchanged": (
            lambda answers, likes: [
                (b, a)
                for a in sorts(answers, likes)[0]
                for b in sorts(answers, likes)[1]
            ],
            "The chosen answer comes first.",
        ),
        "the same pair more than once": (
            repeated,
            "An answer drawn twice is still one answer: each pair once.",
        ),
        "all pairs of answers": (
            lambda answers, likes: [
                (a, b)
                for a in dict.fromkeys(answers)
                for b in dict.fromkeys(answers)
                if a != b
            ],
            "Only pairs of which the first is liked and the second is not.",
        ),
        "only neighbours": (
            neighbours,
            "Answers need not follow each other to be compared.",
        ),
        "the loops exchanged": (
            lambda answers, likes: [
                (a, b)
                for b in sorts(answers, likes)[1]
                for a in sorts(answers, likes)[0]
            ],
            "In the order of the chosen answers: their loop is the outer one.",
        ),
        "liked with liked": (
            lambda answers, likes: [
                (a, b)
                for a in sorts(answers, likes)[0]
                for b in sorts(answers, likes)[0]
                if a != b
            ],
            "The second of a pair is an answer that is not liked.",
        ),
    },
)
def every_pair(answers: list[str], likes: Callable) -> list[tuple[str, str]]:
    """All (chosen, rejected) pairs of drawn answers, each once."""
    liked, others = sorts(answers, likes)
    return [(a, b) for a in liked for b in others]
