"""Exercises of chapter 10 on rows and their loss: 10.5 and 10.6. Torch waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor

IGNORE = -100

# --- 10.5: rows of one length, of which the answers count -----------------------------

LISTS = [
    ([[0, 1, 11, 12, 2, 21, 3], [0, 1, 13, 2, 22, 23, 24, 3]], [5, 4], 3),
    ([[9, 5, 6, 4], [9, 5, 8, 8, 6, 0, 4], [9, 7, 6, 4]], [3, 5, 3], 0),
    ([[1, 2, 3, 4, 5, 6]], [2], 7),
]


def collated(
    rows: Sequence[Sequence[int]],
    starts: Sequence[int],
    fill: int,
    kept: Callable[[int, int, int], bool] = lambda t, a, n: a - 1 <= t < n,
    shift: int = 1,
) -> tuple[list, list]:
    """Inputs and targets; kept(place, start, last) says which targets count."""
    longest, inputs, targets = max(map(len, rows)) - 1, [], []
    for row, start in zip(rows, starts):
        padded = [*row, *[fill] * (longest + 2 - len(row))]
        last = len(row) - 1
        inputs.append([padded[t] if t < last else fill for t in range(longest)])
        goals = [padded[t + shift] for t in range(longest)]
        targets.append(
            [g if kept(t, start, last) else IGNORE for t, g in enumerate(goals)]
        )
    return inputs, targets


def by_value(rows: list, starts: list, fill: int) -> tuple[list, list]:
    """Targets that equal the filling are left out, as a mistake."""
    inputs, targets = collated(rows, starts, fill)
    return inputs, [[IGNORE if t == fill else t for t in row] for row in targets]


def uncut(rows: list, starts: list, fill: int) -> tuple[list, list]:
    """Whole rows as inputs and as targets, as a mistake."""
    longest = max(map(len, rows))
    pads = [longest - len(row) for row in rows]
    inputs = [row + [fill] * pad for row, pad in zip(rows, pads)]
    parts = zip(rows, starts, pads)
    return inputs, [[IGNORE] * s + r[s:] + [IGNORE] * pad for r, s, pad in parts]


@exercise(
    "10.5",
    "Only the answer counts",
    inputs=LISTS,
    mistakes={
        "a mask one place too long": (
            lambda r, s, f: collated(r, s, f, lambda t, a, n: a <= t < n),
            "The answer's first token is guessed one place before it: mask up to "
            "start - 1.",
        ),
        "a mask one place too short": (
            lambda r, s, f: collated(r, s, f, lambda t, a, n: a - 2 <= t < n),
            "<|assistant|> is put there by our code: its target does not count.",
        ),
        "the prompts count": (
            lambda r, s, f: collated(r, s, f, lambda t, a, n: t < n),
            "What stands before the answer is given: its targets are IGNORE.",
        ),
        "the filling counts": (
            lambda r, s, f: collated(r, s, f, lambda t, a, n: a - 1 <= t),
            "Behind a row's last token nothing is to be learned: IGNORE.",
        ),
        "the stop left out": (
            lambda r, s, f: collated(r, s, f, lambda t, a, n: a - 1 <= t < n - 1),
            "The last token of the row, its stop, is a target like the others.",
        ),
        "every token of the filling's id masked": (
            by_value,
            "A real token may have the filling's id: go by the lengths, not the ids.",
        ),
        "inputs and targets exchanged": (
            lambda r, s, f: collated(r, s, f)[::-1],
            "Return the inputs first, then the targets.",
        ),
        "rows that were not cut": (
            uncut,
            "Inputs are row[:-1] and targets row[1:]: both one shorter than the row.",
        ),
        "the filling among the targets": (
            lambda r, s, f: (
                collated(r, s, f)[0],
                [[f if t == IGNORE else t for t in y] for y in collated(r, s, f)[1]],
            ),
            "A target that does not count is IGNORE, not `fill`: that would count.",
        ),
        "targets that are not shifted": (
            lambda r, s, f: collated(r, s, f, shift=0),
            "A target is the token that comes next: inputs row[:-1], targets row[1:].",
        ),
    },
)
def collate(rows: list, starts: list, fill: int) -> tuple[list, list]:
    """Inputs and targets as lists of lists; only the answers and their stops count."""
    return collated(rows, starts, fill)


# --- 10.6: the loss of what counts ----------------------------------------------------


def losses() -> list[tuple]:
    """Logits (T, V) and targets (T,) of which some do not count."""
    import torch

    draw = torch.Generator().manual_seed(106)
    targets = [[-100, -100, 2, 0, -100], [1, 3, -100], [-100, 4, 4, 2, 0, 1]]
    sizes = [(5, 4), (3, 6), (6, 5)]
    return [
        (2 * torch.randn(*size, generator=draw), torch.tensor(y))
        for size, y in zip(sizes, targets)
    ]


def surprises(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """The surprise at every place, of token 0 where none counts; and what counts."""
    logs = logits - logits.logsumexp(-1, keepdim=True)
    return -logs.gather(-1, targets.clamp(min=0)[:, None])[:, 0], targets != IGNORE


def counted_alone(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over what counts."""
    nats, counts = surprises(logits, targets)
    return nats[counts].mean()


def over_all(logits: Tensor, targets: Tensor) -> Tensor:
    """Divided by all places, as a mistake."""
    nats, counts = surprises(logits, targets)
    return nats[counts].sum() / len(targets)


def minus_hundred(logits: Tensor, targets: Tensor) -> Tensor:
    """Every place counts, as a mistake: -100 as token 0."""
    return surprises(logits, targets)[0].mean()


def of_probabilities(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of -p, as a mistake: the logarithm forgotten."""
    nats, counts = surprises(logits, targets)
    return -(-nats[counts]).exp().mean()


def of_logits(logits: Tensor, targets: Tensor) -> Tensor:
    """The right token's logit alone, as a mistake: no softmax."""
    picked = logits.gather(-1, targets.clamp(min=0)[:, None])[:, 0]
    return -picked[targets != IGNORE].mean()


def of_columns(logits: Tensor, targets: Tensor) -> Tensor:
    """A softmax down the places that count, as a mistake."""
    counts = targets != IGNORE
    logs = logits[counts].log_softmax(0)
    return -logs.gather(-1, targets[counts][:, None]).mean()


@exercise(
    "10.6",
    "The loss of what counts",
    inputs=losses,
    mistakes={
        "divided by all places": (
            over_all,
            "Divide by the number of targets that count, not by T.",
        ),
        "a sum": (
            lambda logits, targets: (
                counted_alone(logits, targets) * (targets != IGNORE).sum()
            ),
            "The loss is a mean: divide by the number of targets that count.",
        ),
        "every place counts": (
            minus_hundred,
            "Take the places where targets != IGNORE, and only those.",
        ),
        "the sign left out": (
            lambda logits, targets: -counted_alone(logits, targets),
            "Surprise is minus the logarithm: put a minus before it.",
        ),
        "the logarithm left out": (
            of_probabilities,
            "The surprise of a probability p is -log p.",
        ),
        "a softmax over the places": (
            of_columns,
            "The probabilities of one place's tokens add up to 1: log_softmax(-1).",
        ),
        "a mean over all tokens": (
            lambda logits, targets: -logits[targets != IGNORE].log_softmax(-1).mean(),
            "Of each row only the target's log-probability counts: gather it.",
        ),
        "logits without a softmax": (
            of_logits,
            "First make log-probabilities of the logits: log_softmax over the tokens.",
        ),
    },
    short_cuts={"cross_entropy": "torch's own function did the work."},
)
def answer_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean surprise of the targets that count, in nats."""
    return counted_alone(logits, targets)
