"""Exercises of chapter 03, Tokens into batches and vectors."""

from collections.abc import Sequence

from shared.check.asking import exercise
from shared.check.exercises import ch03_vectors  # noqa: F401 (03.5 to 03.7)

Windows = list[tuple[list[int], list[int]]]
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
        "one-hot rows turned on their side": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "one_hot": (V, T)},
            "A row for each token of each text, V columns: (B, T, V).",
        ),
        "one one-hot row for a text": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "one_hot": (B, V)},
            "Every place has a one-hot row of its own: (B, T, V).",
        ),
        "one text only": (
            lambda B, T, C, V: {
                **shapes(B, T, C, V),
                "one_hot": (T, V),
                "vectors": (T, C),
            },
            "There are B texts at once: both begin with B.",
        ),
        "vectors with the numbers before the places": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "vectors": (B, C, T)},
            "First the text, then the place in it, then its numbers: (B, T, C).",
        ),
        "a table with a row for each place": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "E": (T, C)},
            "E has a row for each token of the vocabulary: (V, C).",
        ),
        "a bag as wide as the vocabulary": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "bag": (B, V)},
            "The mean of vectors of C numbers has C numbers: (B, C).",
        ),
        "a table for each text": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "E": (B, V, C)},
            "All texts look up in the same table, (V, C).",
        ),
        "a bag with a direction of length 1": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "bag": (B, 1, C)},
            "The mean over the places takes their direction away: (B, C).",
        ),
        "a bag that still has its places": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "bag": (B, T, C)},
            "The mean over the places takes their direction away: (B, C).",
        ),
        "one bag for all texts": (
            lambda B, T, C, V: {**shapes(B, T, C, V), "bag": (C,)},
            "Each text has a bag of its own: (B, C).",
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
        ([[1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 9]], 2),
    ],
    mistakes={
        "targets equal to the inputs": (
            lambda documents, length: each(documents, length, 0, 0),
            "A target is the token after its input: start the targets one later.",
        ),
        "a window from every place": (
            lambda documents, length: [
                (d[s : s + length], d[s + 1 : s + length + 1])
                for d in documents
                for s in range(len(d) - length)
            ],
            "The stride is `length`: range(0, len(ids) - length, length).",
        ),
        "a stride of one more": (
            lambda documents, length: [
                (d[s : s + length], d[s + 1 : s + length + 1])
                for d in documents
                for s in range(0, len(d) - length, length + 1)
            ],
            "The next window begins `length` later, at the last target of this one.",
        ),
        "targets that are one short": (
            lambda documents, length: [(x, y[:-1]) for x, y in each(documents, length)],
            "The targets end one later, too: ids[s + 1 : s + length + 1].",
        ),
        "the targets from the next window": (
            lambda documents, length: [
                (d[s : s + length], d[s + length : s + 2 * length])
                for d in documents
                for s in range(0, len(d) - length, length)
            ],
            "The targets are the same window, one later: ids[s + 1 : s + length + 1].",
        ),
        "two long lists": (
            lambda documents, length: (
                [x for x, _ in each(documents, length)],
                [y for _, y in each(documents, length)],
            ),
            "Return one list of pairs: append((inputs, targets)).",
        ),
        "windows from every start, however little is left": (
            lambda documents, length: [
                (d[s : s + length], d[s + 1 : s + length + 1])
                for d in documents
                for s in range(0, len(d), length)
            ],
            "Leave out what is left when fewer than length + 1 tokens remain.",
        ),
        "a list for each document": (
            lambda documents, length: [cut(ids, length) for ids in documents],
            "Return one list of pairs: extend it, document by document.",
        ),
        "the last target alone": (
            lambda documents, length: [(x, y[-1]) for x, y in each(documents, length)],
            "Every place has a target: the targets are a list of `length` ids.",
        ),
        "only the first window of a document": (
            lambda documents, length: [
                w for d in documents for w in cut(d, length)[:1]
            ],
            "Go on with the starts: range(0, len(ids) - length, length).",
        ),
        "only the first document": (
            lambda documents, length: cut(documents[0], length),
            "The return stands inside of the loop: move it to the left.",
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


def one_fill(rows: list[list[int]], fill: int) -> tuple:
    """The mistake of filling up one place, however many are missing."""
    longest = max(map(len, rows))
    short = [len(row) < longest for row in rows]
    return (
        [row[:-1] + [fill] * few for row, few in zip(rows, short, strict=True)],
        [row[1:] + [OUT] * few for row, few in zip(rows, short, strict=True)],
    )


def last_kept(rows: list[list[int]], fill: int) -> tuple:
    """The mistake of keeping the last id among the inputs."""
    longest = max(map(len, rows))
    inputs = [row + [fill] * (longest - len(row)) for row in rows]
    return inputs, [row[1:] + [OUT] * (longest - len(row) + 1) for row in rows]


def as_the_first(rows: list[list[int]], fill: int) -> tuple:
    """The mistake of taking the first row's length for all."""
    n = len(rows[0]) - 1
    inputs = [(row[:-1] + [fill] * n)[:n] for row in rows]
    return inputs, [(row[1:] + [OUT] * n)[:n] for row in rows]


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
        "rows that stay as long as they were": (
            lambda rows, fill: ([r[:-1] for r in rows], [r[1:] for r in rows]),
            "Fill the shorter ones up to the longest: + [fill] * k.",
        ),
        "one fill, however much is missing": (
            one_fill,
            "What is missing may be more than one: [fill] * k.",
        ),
        "inputs filled on the left, targets on the right": (
            lambda rows, fill: (padded_left(rows, fill)[0], padding(rows, fill)[1]),
            "Inputs and targets belong together, place by place: fill both at the end.",
        ),
        "a place too few": (
            lambda rows, fill: tuple(
                [
                    line[: len(line) - (len(row) < max(map(len, rows)))]
                    for line, row in zip(part, rows, strict=True)
                ]
                for part in padding(rows, fill)
            ),
            "A row of n ids has n - 1 inputs: k is length - (len(row) - 1).",
        ),
        "filled with 0, whatever fill is": (
            lambda rows, fill: padding(rows, 0),
            "Fill the inputs with `fill`, which is not always 0.",
        ),
        "targets filled with -1": (
            lambda rows, fill: padding(rows, fill, -1),
            "The number that torch's loss leaves out is -100.",
        ),
        "pairs, row by row": (
            lambda rows, fill: list(zip(*padding(rows, fill), strict=True)),
            "Return two lists: all inputs, and then all targets.",
        ),
        "the last id still an input": (
            last_kept,
            "The inputs of a row are all but its last id: row[:-1].",
        ),
        "the closing id left out of the targets": (
            lambda rows, fill: (
                padding(rows, fill)[0],
                [[OUT if t == fill else t for t in y] for y in padding(rows, fill)[1]],
            ),
            "Only what was filled up does not count; the same id may be a real target.",
        ),
        "as long as the first row": (
            as_the_first,
            "The length is that of the longest row, wherever it stands.",
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
        "only the first batch": (
            lambda order, size: order[:size],
            "Return a list of batches, one after the other.",
        ),
        "slices that all end at size": (
            lambda order, size: [order[s:size] for s in range(0, len(order), size)],
            "A slice ends at a place, not after a length: order[s : s + size].",
        ),
        "the last batch forgotten": (
            lambda order, size: [
                order[s : s + size] for s in range(0, len(order) - size, size)
            ],
            "There are no targets here: the range goes to len(order).",
        ),
        "an empty batch at the end": (
            lambda order, size: [
                order[s * size : s * size + size] for s in range(len(order) // size + 1)
            ],
            "Where the rows come out even there is no further batch.",
        ),
        "batches that are one row too long": (
            lambda order, size: [
                order[s : s + size + 1] for s in range(0, len(order), size)
            ],
            "There are no targets here: a batch is order[s : s + size].",
        ),
        "the last batch filled up": (
            lambda order, size: [
                (b + [-1] * size)[:size] for b in epoch_batches(order, size)
            ],
            "The last batch may be smaller: leave it as it is.",
        ),
        "the last batch filled with rows that came before": (
            lambda order, size: [
                (b + order)[:size] for b in epoch_batches(order, size)
            ],
            "Every row comes once: the last batch may be smaller.",
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
