"""Exercises of chapter 10: 10.1 and 10.2 stand here, the others beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.check.asking import exercise
from shared.check.exercises import (  # noqa: F401 (10.3 to 10.6)
    ch10_loss,
    ch10_tasks,
)

IGNORE = -100
Turns = Sequence[tuple[Sequence[int], Sequence[int]]]
#: (question, answer) pairs as ids; the marks: begin, user, assistant, end.
TALKS = [
    ([([11, 12, 13], [21, 22]), ([14], [23, 24, 25])], (0, 1, 2, 3)),
    ([([11, 12], [21])], (0, 1, 2, 3)),
    ([([5], [6]), ([7, 8], [9, 10]), ([4, 5], [6])], (90, 91, 92, 93)),
]


def talk_row(
    turns: Turns, marks: Sequence[int], counted: Callable[[int, int, str], bool]
) -> tuple[list[int], list[int]]:
    """Inputs and targets; counted(turn, turns, part) says which targets count.

    The part of a token is "ask", "answer", "user", "assistant" or "end".
    """
    begin, user, assistant, end = marks
    row = [(begin, False)]
    for i, (asked, said) in enumerate(turns):
        parts = [("user", [user]), ("ask", asked), ("assistant", [assistant])]
        parts += [("answer", said), ("end", [end])]
        for part, ids in parts:
            row += [(token, counted(i, len(turns), part)) for token in ids]
    ids = [token for token, _ in row]
    targets = [token if counts else IGNORE for token, counts in row]
    return ids[:-1], targets[1:]


def answers_count(i: int, n: int, part: str) -> bool:
    """What counts in the right row."""
    return part in ("answer", "end")


def late_row(turns: Turns, marks: Sequence[int]) -> tuple[list[int], list[int]]:
    """Inputs and targets at equal places, as a mistake: each predicts itself."""
    inputs, targets = talk_row(turns, marks, answers_count)
    return [*inputs, marks[3]], [IGNORE, *targets]


def off_by_one(turns: Turns, marks: Sequence[int]) -> tuple[list[int], list[int]]:
    """A mask that begins one place late, as a mistake."""
    inputs, targets = talk_row(turns, marks, answers_count)
    before = [IGNORE, *targets[:-1]]
    pairs = zip(targets, before, strict=True)
    return inputs, [t if b != IGNORE else IGNORE for t, b in pairs]


def mask_of_inputs(turns: Turns, marks: Sequence[int]) -> tuple[list[int], list[int]]:
    """A mask that was not shifted with the targets, as a mistake."""
    ids, learned = talk_row(turns, marks, lambda i, n, part: True)
    _, right = talk_row(turns, marks, answers_count)
    counts = [False, *(target != IGNORE for target in right)]  # of each token
    return ids, [t if c else IGNORE for t, c in zip(learned, counts)]


@exercise(
    "10.1",
    "Two turns",
    inputs=TALKS,
    mistakes={
        "only the last answer counts": (
            lambda turns, marks: talk_row(
                turns, marks, lambda i, n, p: answers_count(i, n, p) and i == n - 1
            ),
            "Every answer is something to learn: let all of them count.",
        ),
        "the stop left out": (
            lambda turns, marks: talk_row(
                turns, marks, lambda i, n, part: part == "answer"
            ),
            "<|end|> counts after each answer, or the model never learns to stop.",
        ),
        "the prompts count": (
            lambda turns, marks: talk_row(turns, marks, lambda i, n, part: True),
            "What the user says is not to be learned: its targets are IGNORE.",
        ),
        "a mask off by one": (
            off_by_one,
            "The first token of an answer is predicted at <|assistant|>, and counts.",
        ),
        "a mask that was not shifted": (
            mask_of_inputs,
            "Shift the mask with the targets: it belongs to the token that comes next.",
        ),
        "the assistant's mark counts": (
            lambda turns, marks: talk_row(
                turns, marks, lambda i, n, p: answers_count(i, n, p) or p == "assistant"
            ),
            "<|assistant|> is put there by our code: it is not for the model to say.",
        ),
        "targets that are not shifted": (
            late_row,
            "A target is the token that comes next: inputs row[:-1], targets row[1:].",
        ),
    },
)
def talk(turns: Turns, marks: Sequence[int]) -> tuple[list[int], list[int]]:
    """Inputs and targets of a conversation of several turns."""
    return talk_row(turns, marks, answers_count)


ROWS = [
    ([[5, 6, 7], [8], [9, 4]], 0),
    ([[3], [4, 2]], 7),
    ([[1, 2, 3, 4], [2, 0, 1, 2], [6, 5]], 0),
]


def filled(
    rows: list[list[int]],
    fill: int,
    places: Callable[[int, int], list[int]],
    right: bool = False,
) -> tuple[list, list, list]:
    """Rows filled up; their places, by length and filling; and the real ones."""
    longest, out = max(map(len, rows)), ([], [], [])
    for row in rows:
        pad = longest - len(row)
        real = [1] * len(row)
        out[0].append(row + [fill] * pad if right else [fill] * pad + row)
        out[1].append(places(len(row), pad))
        out[2].append(real + [0] * pad if right else [0] * pad + real)
    return out


def own_places(length: int, pad: int) -> list[int]:
    """The places of a row that is filled up on the left: each begins at 0."""
    return [0] * pad + list(range(length))


def by_value(rows: list[list[int]], fill: int) -> tuple[list, list, list]:
    """A mask made from the ids: real where they are not the filling; a mistake."""
    ids, places, _ = filled(rows, fill, own_places)
    return ids, places, [[int(i != fill) for i in row] for row in ids]


@exercise(
    "10.2",
    "Filled up on the left",
    inputs=ROWS,
    mistakes={
        "filled up on the right": (
            lambda rows, fill: filled(
                rows, fill, lambda n, pad: [*range(n)] + [0] * pad, right=True
            ),
            "The new token must come right after each prompt: fill up on the left.",
        ),
        "places counted from the filling": (
            lambda rows, fill: filled(rows, fill, lambda n, pad: [*range(pad + n)]),
            "A prompt's first token is at place 0, however much filling is before it.",
        ),
        "places that begin at 1": (
            lambda rows, fill: filled(
                rows, fill, lambda n, pad: [0] * pad + [*range(1, n + 1)]
            ),
            "The model has learned that a row begins at place 0.",
        ),
        "a mask of the filling": (
            lambda rows, fill: (
                *filled(rows, fill, own_places)[:2],
                [[1 - k for k in r] for r in filled(rows, fill, own_places)[2]],
            ),
            "1 stands for a token that may be looked at, 0 for filling.",
        ),
        "every token of the filling's id masked": (
            by_value,
            "A real token may have the filling's id: go by the lengths, not the ids.",
        ),
    },
)
def left(rows: list[list[int]], fill: int) -> tuple[list, list, list]:
    """Rows filled up on the left, the places of their tokens, and which are real."""
    return filled(rows, fill, own_places)
