"""Exercises of chapter 03, Tokens into batches and vectors."""

from collections.abc import Callable, Sequence

from shared.check.asking import exercise

Windows = list[tuple[list[int], list[int]]]
Table = list[list[float]]
Shape = tuple[int, ...]
OUT = -100  # a target that does not count


@exercise(
    "03.1",
    "Shapes",
    inputs=[(16, 10, 8, 1024), (2, 3, 4, 5), (1, 7, 6, 50), (5, 1, 3, 9)],
    mistakes={
        "the one-hot table without V": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "one_hot": (B, T, C)},
            "A one-hot row has a place for every token of the vocabulary: V of them.",
        ),
        "E with rows and columns exchanged": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "E": (C, V)},
            "E has a row for each token, V, and C columns.",
        ),
        "vectors as wide as the vocabulary": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "vectors": (B, T, V)},
            "(T, V) @ (V, C) is (T, C): each token gets C numbers.",
        ),
        "the batch forgotten": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "vectors": (T, C)},
            "B texts at once: the vectors have three directions.",
        ),
        "the mean over the texts": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "bag": (T, C)},
            "The bag is the mean over the places of one text: direction 1 goes.",
        ),
        "the mean over the numbers of a vector": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "bag": (B, T)},
            "The bag is the mean over the places: C stays, T goes.",
        ),
    },
)
def shapes(B: int, T: int, C: int, V: int) -> dict[str, Shape]:
    """The shapes on the way from ids (B, T) to one bag of vectors per text."""
    return {
        "one_hot": (B, T, V),
        "E": (V, C),
        "vectors": (B, T, C),
        "bag": (B, C),
    }


def cut(ids: list[int], length: int, short: int = 0, shift: int = 1) -> Windows:
    """Windows of one row and their targets; `short` leaves out that many at the end."""
    starts = range(0, len(ids) - length - short, length)
    return [(ids[s : s + length], ids[s + shift : s + length + shift]) for s in starts]


def each(documents: Sequence[list[int]], *arguments: int) -> Windows:
    """`cut` for every document by itself."""
    return [pair for ids in documents for pair in cut(ids, *arguments)]


def ragged(documents: Sequence[list[int]], length: int) -> Windows:
    """The mistake of keeping what is left at a document's end."""
    return [
        (ids[s : s + length][: len(ids) - s - 1], ids[s + 1 : s + length + 1])
        for ids in documents
        for s in range(0, len(ids) - 1, length)
    ]


def one_too_many(documents: Sequence[list[int]], length: int) -> Windows:
    """The mistake of a last window whose last target is missing."""
    return [
        (ids[s : s + length], ids[s + 1 : s + length + 1])
        for ids in documents
        for s in range(0, len(ids) - length + 1, length)
    ]


@exercise(
    "03.2",
    "Windows that stay in their document",
    inputs=[
        ([[1, 2, 3, 4, 5, 6, 7], [11, 12, 13, 14], [21, 22]], 3),
        ([[1, 2, 3, 4, 5], [11, 12, 13, 14, 15]], 2),
        ([[5, 6, 7], [8, 9, 10, 11, 12, 13]], 4),
        ([[1, 2, 3, 4, 5, 6], [7, 8, 9]], 3),
        ([[4, 5], [], [6]], 1),
    ],
    mistakes={
        "targets equal to the inputs": (
            lambda documents, length: each(documents, length, 0, 0),
            "A target is the token after its input: start the targets one later.",
        ),
        "targets shifted the wrong way": (
            lambda documents, length: [(y, x) for x, y in each(documents, length)],
            "The inputs come first, and the targets begin one token later.",
        ),
        "windows that reach over the end of a document": (
            lambda documents, length: cut(sum(documents, []), length),
            "Cut every document by itself, and do not join them first.",
        ),
        "the last full window forgotten": (
            lambda documents, length: each(documents, length, 1),
            "A document of length + 1 tokens holds one window: look at your range.",
        ),
        "a last window with a target too few": (
            one_too_many,
            "A document of exactly `length` tokens has no target for its last one.",
        ),
        "windows that are too short kept": (
            ragged,
            "Leave out what is left when fewer than length + 1 tokens remain.",
        ),
    },
)
def document_windows(documents: Sequence[list[int]], length: int) -> Windows:
    """Inputs and targets of `length` tokens, none over the end of a document."""
    return each(documents, length)


def padding(
    rows: list[list[int]], fill: int, out: int = OUT, longer: int = 0
) -> tuple[list[list[int]], list[list[int]]]:
    """Inputs and targets as long as the longest, `longer` places more."""
    length = max(map(len, rows)) - 1 + longer
    inputs = [row[:-1] + [fill] * (length - len(row) + 1) for row in rows]
    targets = [row[1:] + [out] * (length - len(row) + 1) for row in rows]
    return inputs, targets


def padded_left(rows: list[list[int]], fill: int) -> tuple:
    """The mistake of padding before the row."""
    length = max(map(len, rows)) - 1
    inputs = [[fill] * (length - len(row) + 1) + row[:-1] for row in rows]
    return inputs, [[OUT] * (length - len(row) + 1) + row[1:] for row in rows]


@exercise(
    "03.3",
    "Padded rows",
    inputs=[
        ([[9, 4, 2, 9], [9, 5, 9], [9, 3, 1, 6, 9]], 9),
        ([[1, 2]], 0),
        ([[7, 8, 7], [7, 6, 7]], 7),
        ([[0, 3], [0, 1, 2, 0]], 0),
    ],
    mistakes={
        "padding that counts": (
            lambda rows, fill: padding(rows, fill, fill),
            "Where a row has ended nothing is asked: the target there is -100.",
        ),
        "inputs filled with -100": (
            lambda rows, fill: padding(rows, OUT),
            "-100 is no token and cannot be looked up: fill the inputs with `fill`.",
        ),
        "one place too many": (
            lambda rows, fill: padding(rows, fill, longer=1),
            "n tokens make n - 1 inputs: the last token is a target only.",
        ),
        "targets equal to the inputs": (
            lambda rows, fill: (
                padding(rows, fill)[0],
                padding([[0, *row[:-1]] for row in rows], fill)[1],
            ),
            "A target is the token after its input: begin the targets with row[1:].",
        ),
        "padding on the left": (
            padded_left,
            "The row begins at place 0; what is left over is at its end.",
        ),
        "targets and inputs exchanged": (
            lambda rows, fill: padding(rows, fill)[::-1],
            "Return the inputs first, then the targets.",
        ),
    },
)
def pad(rows: list[list[int]], fill: int) -> tuple[list[list[int]], list[list[int]]]:
    """Inputs and targets of rows, filled up to the longest."""
    return padding(rows, fill)


@exercise(
    "03.4",
    "An epoch in batches",
    inputs=[
        ([3, 0, 4, 1, 2], 2),
        ([7, 5, 9], 2),
        ([5, 2, 0, 1, 4, 3], 3),
        ([0, 1, 2], 5),
        ([], 4),
    ],
    mistakes={
        "the last, smaller batch left out": (
            lambda order, size: [
                b for b in epoch_batches(order, size) if len(b) == size
            ],
            "Every row once: keep the last batch, though it is smaller.",
        ),
        "the order lost": (
            lambda order, size: epoch_batches(sorted(order), size),
            "Take the rows in the order that was drawn.",
        ),
        "overlapping batches": (
            lambda order, size: [order[s : s + size] for s in range(len(order))],
            "The next batch starts `size` later: range(0, len(order), size).",
        ),
        "as many batches as the size says": (
            lambda order, size: [order[s::size] for s in range(size)],
            "`size` is the number of rows in a batch, not the number of batches.",
        ),
        "places in place of rows": (
            lambda order, size: epoch_batches(list(range(len(order))), size),
            "Take what stands in `order` at these places.",
        ),
    },
)
def epoch_batches(order: list[int], size: int) -> list[list[int]]:
    """An order of rows in batches of `size`, the last one perhaps smaller."""
    return [order[s : s + size] for s in range(0, len(order), size)]


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
            lambda E, P, batch: adding(E, P, batch, lambda b, t, i: b * 3 + t + b),
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
    rows = order(lengths)
    size = -(-len(rows) // parts)  # rows of a part, rounded up
    cut = [rows[s : s + size] for s in range(0, len(rows), size)]
    return sum(len(part) * max(part) for part in cut)


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
            lambda lengths, parts: -reading([-n for n in lengths], parts),
            "A part must hold its longest row: use max.",
        ),
    },
    alike=[("parts of `parts` rows", "only what counts")],
)
def places_read(lengths: list[int], parts: int) -> int:
    """How many places are read when rows of these lengths are read in parts."""
    return reading(lengths, parts)
