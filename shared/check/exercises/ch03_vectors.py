"""Exercises 03.5 to 03.7: vectors, positions, and the parts of a batch."""

from collections.abc import Callable

from shared.check.asking import exercise

Table = list[list[float]]

E4: Table = [[1.0, 2.0], [3.0, 5.0], [-1.0, 4.0], [0.5, 0.0]]
E3: Table = [[2.0, 0.0, 1.0], [0.0, -3.0, 1.0]]


def product(hot: list[float], E: Table) -> list[float]:
    """A row times a table."""
    columns = list(zip(*E, strict=True))
    return [sum(h * e for h, e in zip(hot, column, strict=True)) for column in columns]


@exercise(
    "03.5",
    "Look up, and multiply",
    inputs=[(E4, [2, 0, 2]), (E4, [3]), (E3, [1, 0, 0, 1]), (E3, [])],
    mistakes={
        "columns in place of rows": (
            lambda E, ids: [[list(c)[:2] for c in zip(*E)][i % len(E[0])] for i in ids],
            "The vector of token i is row i of E.",
        ),
        "one-hot rows alone": (
            lambda E, ids: [[float(i == r) for r in range(len(E))] for i in ids],
            "That is the first half: now multiply each one-hot row with E.",
        ),
        "all numbers in one list": (
            lambda E, ids: [e for i in ids for e in E[i]],
            "Return a list of vectors: one list for each id.",
        ),
        "times the rows of E": (
            lambda E, ids: [
                [sum((i == r) * e for r, e in enumerate(row)) for row in E] for i in ids
            ],
            "The one-hot row goes down the columns of E: zip(*E).",
        ),
        "ids counted from 1": (
            lambda E, ids: [E[i - 1] for i in ids],
            "Ids begin at 0: the vector of token i is row i.",
        ),
        "products that are not added up": (
            lambda E, ids: [
                [[(i == r) * e for r, e in enumerate(c)] for c in zip(*E)] for i in ids
            ],
            "Add up along each column: sum(h * e for h, e in zip(hot, column)).",
        ),
        "added along the rows": (
            lambda E, ids: [
                [sum((i == r) * e for e in row) for r, row in enumerate(E)] for i in ids
            ],
            "The one-hot row goes down the columns of E: zip(*E).",
        ),
        "one-hot rows as long as the text": (
            lambda E, ids: [
                [sum((i == r) * e for r, e in zip(range(len(ids)), c)) for c in zip(*E)]
                for i in ids
            ],
            "A one-hot row has a place for every token: len(E) of them.",
        ),
        "each token once, in order": (
            lambda E, ids: [E[i] for i in sorted(set(ids))],
            "One vector for each id, in the order of the text, repeated ones too.",
        ),
        "the 1 one place further on": (
            lambda E, ids: [E[(i + 1) % len(E)] for i in ids],
            "Ids begin at 0: the 1 stands at place i.",
        ),
        "the id itself in place of the 1": (
            lambda E, ids: [[i * e for e in E[i]] for i in ids],
            "A one-hot row holds a 1, whatever the id is.",
        ),
        "the sum of all rows": (
            lambda E, ids: [product([1.0] * len(E), E) for _ in ids],
            "Only one place of a one-hot row is 1, all others are 0.",
        ),
        "one vector for all": (
            lambda E, ids: product([float(ids.count(i)) for i in range(len(E))], E),
            "Return one row for each id, and do not add them up.",
        ),
    },
)
def by_product(E: Table, ids: list[int]) -> Table:
    """The vectors of some ids, by one-hot rows times E."""
    hots = [[float(i == row) for row in range(len(E))] for i in ids]
    return [product(hot, E) for hot in hots]


P3: Table = [[10.0, 0.0], [20.0, 1.0], [30.0, 2.0]]


def adding(
    E: Table, P: Table, batch: list[list[int]], place: Callable[[int, int, int], int]
) -> list[Table]:
    """Token plus position, which `place(text, t, id)` chooses."""
    return [
        [
            [e + p for e, p in zip(E[i], P[place(b, t, i) % len(P)], strict=True)]
            for t, i in enumerate(ids)
        ]
        for b, ids in enumerate(batch)
    ]


@exercise(
    "03.6",
    "Add the positions",
    inputs=[
        (E4, P3, [[2, 0, 3], [3, 3, 1]]),
        (E4, P3, [[1]]),
        (E4, P3, [[0, 0], [2, 1], [1, 0]]),
    ],
    mistakes={
        "the position of the id": (
            lambda E, P, batch: adding(E, P, batch, lambda b, t, i: i),
            "P is asked for the place t at which the token stands, not for its id.",
        ),
        "positions that go on through the batch": (
            lambda E, P, batch: adding(
                E, P, batch, lambda b, t, i: b * len(batch[0]) + t
            ),
            "Every text begins at place 0.",
        ),
        "one position for a whole text": (
            lambda E, P, batch: adding(E, P, batch, lambda b, t, i: b),
            "The place runs inside of a text: enumerate its ids.",
        ),
        "places counted from 1": (
            lambda E, P, batch: adding(E, P, batch, lambda b, t, i: t + 1),
            "Places begin at 0.",
        ),
        "the place of the first token for all": (
            lambda E, P, batch: adding(E, P, batch, lambda b, t, i: 0),
            "Each place has a row of its own: P[t].",
        ),
        "the places from right to left": (
            lambda E, P, batch: [
                [
                    [e + p for e, p in zip(E[i], P[len(ids) - 1 - t])]
                    for t, i in enumerate(ids)
                ]
                for ids in batch
            ],
            "Places are counted from the left, beginning at 0.",
        ),
        "one after the other, not added": (
            lambda E, P, batch: [
                [E[i] + P[t] for t, i in enumerate(ids)] for ids in batch
            ],
            "`+` joins two lists; add number by number, with zip.",
        ),
        "each number with each": (
            lambda E, P, batch: [
                [[e + p for e in E[i] for p in P[t]] for t, i in enumerate(ids)]
                for ids in batch
            ],
            "Number by number: for e, p in zip(E[i], P[t]).",
        ),
        "the positions alone": (
            lambda E, P, batch: [[P[t] for t, i in enumerate(ids)] for ids in batch],
            "Row i of E, *plus* row t of P.",
        ),
        "all texts in one list": (
            lambda E, P, batch: sum(with_positions(E, P, batch), []),
            "Keep a list for each text: [[...] for ids in batch].",
        ),
        "t and i exchanged": (
            lambda E, P, batch: [
                [
                    [e + p for e, p in zip(E[t], P[i % len(P)])]
                    for t, i in enumerate(ids)
                ]
                for ids in batch
            ],
            "enumerate gives the place first: for t, i in enumerate(ids).",
        ),
        "the number of the place in place of its row": (
            lambda E, P, batch: [
                [[e + t for e in E[i]] for t, i in enumerate(ids)] for ids in batch
            ],
            "A position has a vector of its own: row t of P.",
        ),
        "the positions left out": (
            lambda E, P, batch: [[list(E[i]) for i in ids] for ids in batch],
            "Add row t of P to the vector of the token at place t.",
        ),
        "multiplied, not added": (
            lambda E, P, batch: [
                [[e * p for e, p in zip(E[i], P[t])] for t, i in enumerate(ids)]
                for ids in batch
            ],
            "The two vectors are added, number by number.",
        ),
    },
)
def with_positions(E: Table, P: Table, batch: list[list[int]]) -> list[Table]:
    """(B, T) ids to (B, T, C) vectors: token plus place."""
    return adding(E, P, batch, lambda b, t, i: t)


def reading(lengths: list[int], parts: int, order: Callable = sorted) -> int:
    """Places read when lengths are cut in parts, each as wide as its longest."""
    return sum(len(part) * max(part) for part in groups(order(lengths), parts))


def groups(rows: list[int], parts: int) -> list[list[int]]:
    """Rows in parts of equal size, rounded up; the last one may be smaller."""
    size = -(-len(rows) // parts)
    return [rows[s : s + size] for s in range(0, len(rows), size)]


def in_groups(lengths: list[int], size: int) -> int:
    """Places read in parts of so many rows, as a mistake."""
    rows = sorted(lengths)
    cut = [rows[s : s + size] for s in range(0, len(rows), size)]
    return sum(len(part) * max(part) for part in cut)


def widths(lengths: list[int], parts: int) -> int:
    """The widths of the parts added up, as a mistake."""
    return sum(max(part) for part in groups(sorted(lengths), parts))


def dealt(lengths: list[int], parts: int) -> int:
    """Rows dealt out to the parts like cards, as a mistake."""
    rows = sorted(lengths)
    hands = [rows[s::parts] for s in range(parts)]
    return sum(len(hand) * max(hand) for hand in hands if hand)


@exercise(
    "03.7",
    "Parts of a batch",
    inputs=[
        ([7, 2, 9, 4], 2),
        ([7, 2, 9, 4], 1),
        ([5, 1, 8, 3, 2], 2),
        ([6, 6, 6], 3),
        ([10, 1, 1, 1, 1, 1, 1], 3),
        ([3, 9, 4], 5),
    ],
    mistakes={
        "not sorted": (
            lambda lengths, parts: reading(lengths, parts, list),
            "Sort by length first, so that rows of similar length come together.",
        ),
        "rows of a part rounded down": (
            lambda lengths, parts: in_groups(lengths, max(1, len(lengths) // parts)),
            "Round up, math.ceil(len(lengths) / parts), or there are too many parts.",
        ),
        "a last part filled up with rows": (
            lambda lengths, parts: (
                reading(lengths, parts)
                + -len(lengths) % -(-len(lengths) // parts) * max(lengths)
            ),
            "The last group may be smaller: count its own rows, len(group).",
        ),
        "the longest first": (
            lambda lengths, parts: reading(
                lengths, parts, lambda rows: sorted(rows, reverse=True)
            ),
            "Sort from short to long: the last group is the smaller one.",
        ),
        "widths times the number of parts": (
            lambda lengths, parts: parts * widths(lengths, parts),
            "A table has len(group) rows, and each is as wide as max(group).",
        ),
        "the widths alone": (
            lambda lengths, parts: widths(lengths, parts),
            "A table has rows, too: len(group) * max(group).",
        ),
        "every so many rows in one part": (
            dealt,
            "Neighbours in the sorted order belong together: cut as in 03.4.",
        ),
        "a number for each part": (
            lambda lengths, parts: [
                len(part) * max(part) for part in groups(sorted(lengths), parts)
            ],
            "Return one number: add the parts up.",
        ),
        "every part as wide as the longest of all": (
            lambda lengths, parts: len(lengths) * max(lengths),
            "Each part is cut to the longest of its own rows.",
        ),
        "only what counts": (
            lambda lengths, parts: sum(lengths),
            "A part is a table: its shorter rows are read up to its longest.",
        ),
        "parts of `parts` rows": (
            lambda lengths, parts: reading(lengths, -(-len(lengths) // parts)),
            "`parts` is the number of parts, not of rows in each.",
        ),
        "as wide as the shortest": (
            lambda lengths, parts: sum(
                len(part) * min(part) for part in groups(sorted(lengths), parts)
            ),
            "A part must hold its longest row: use max.",
        ),
    },
    alike=[("parts of `parts` rows", "only what counts")],
)
def places_read(lengths: list[int], parts: int) -> int:
    """How many places are read when rows of these lengths are read in parts."""
    return reading(lengths, parts)
