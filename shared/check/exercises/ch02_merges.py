"""Exercises of chapter 02 on merges, used and learned: 02.4 and 02.6."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from shared.check.asking import exercise
from shared.tokenizer.merges import count_pairs, merge_pair

Merges = list[tuple[str, str]]

FIVE: Merges = [("l", "l"), ("e", "ll"), ("b", "ell"), ("a", "ll"), ("t", "all")]
HERE: Merges = [("h", "e"), ("T", "h"), ("Th", "e"), ("r", "e"), ("he", "re")]


def longest_first(word: str, merges: Merges) -> list[str]:
    """The mistake of taking the longest token that fits."""
    tokens = {left + right for left, right in merges} | set(word)
    pieces = []
    while word:
        pieces.append(max((t for t in tokens if word.startswith(t)), key=len))
        word = word[len(pieces[-1]) :]
    return pieces


def leftmost(word: str, merges: Merges) -> list[str]:
    """The mistake of merging the first pair from the left that was ever learned."""
    pieces = list(word)
    while at := [i for i, pair in enumerate(pairwise(pieces)) if pair in merges]:
        pieces[at[0] : at[0] + 2] = ["".join(pieces[at[0] : at[0] + 2])]
    return pieces


def first_place(word: str, merges: Merges) -> list[str]:
    """The mistake of merging each pair in one place only."""
    pieces = list(word)
    for pair in merges:
        if pair in list(pairwise(pieces)):
            at = list(pairwise(pieces)).index(pair)
            pieces[at : at + 2] = ["".join(pair)]
    return pieces


def until_one_fails(word: str, merges: Merges) -> list[str]:
    """The mistake of stopping at the first merge that finds nothing."""
    pieces = list(word)
    for pair in merges:
        if pair not in list(pairwise(pieces)):
            break
        pieces = merge_pair(pieces, pair, "".join(pair))
    return pieces


def join_badly(
    word: str, merges: Merges, step: int = 2, last: bool = True
) -> list[str]:
    """The mistake of a loop that goes on wrongly, or stops too early."""
    pieces = list(word)
    for pair in merges:
        row, i = [], 0
        while i < len(pieces) - (not last):
            if tuple(pieces[i : i + 2]) == pair:
                row.append("".join(pair))
                i += step
            else:
                row.append(pieces[i])
                i += 1
        pieces = row
    return pieces


def shrinking(word: str, merges: Merges) -> list[str]:
    """The mistake of a list that grows shorter under a loop over its old length."""
    pieces = list(word)
    for left, right in merges:
        for i in range(len(pieces) - 1):
            if pieces[i] == left and pieces[i + 1] == right:
                pieces[i : i + 2] = [left + right]
    return pieces


def from_the_right(word: str, merges: Merges) -> list[str]:
    """The mistake of joining a pair from right to left."""
    pieces = list(word)
    for pair in merges:
        for i in range(len(pieces) - 2, -1, -1):
            if tuple(pieces[i : i + 2]) == pair:
                pieces[i : i + 2] = ["".join(pair)]
    return pieces


@exercise(
    "02.4",
    "Replay the merges",
    inputs=[
        ("ball", FIVE),
        ("bells", FIVE),
        ("There", HERE),
        ("aaa", [("a", "a")]),
        ("banana", [("a", "n"), ("an", "a"), ("b", "an")]),
        ("abc", [("b", "c"), ("a", "b"), ("a", "bc")]),
        ("", FIVE),
        ("here", [("r", "e"), ("e", "r"), ("h", "e"), ("he", "re")]),
    ],
    mistakes={
        "the longest token first": (
            longest_first,
            "Do not look for long tokens: go through the merges, in their order.",
        ),
        "the first pair from the left": (
            leftmost,
            "The loop goes over the merges, not over the places in the word.",
        ),
        "the latest merge first": (
            lambda word, merges: replay(word, merges[::-1]),
            "The merges come in the order in which they were learned: begin at 0.",
        ),
        "each merge in one place only": (
            first_place,
            "A merge joins the pair wherever it stands: go on to the word's end.",
        ),
        "the last piece lost, and halves copied again": (
            lambda word, merges: join_badly(word, merges, step=1, last=False),
            "Copy the last piece, too, and go on by two places after a join.",
        ),
        "the last piece lost": (
            lambda word, merges: join_badly(word, merges, last=False),
            "The loop ends one place too early: the last piece must be copied, too.",
        ),
        "the second half of a pair copied again": (
            lambda word, merges: join_badly(word, merges, step=1),
            "After a join go on by two places: its second half is used up.",
        ),
        "joining from right to left": (
            from_the_right,
            "Of three equal letters the first two are joined: go from left to right.",
        ),
        "a list that shrinks under the loop": (
            shrinking,
            "range has fixed the old length: use while, or let a new list grow.",
        ),
        "the whole word as one piece": (
            lambda word, merges: [word],
            "Begin with list(word), the letters, and join only what a merge names.",
        ),
        "one text in place of pieces": (
            lambda word, merges: word,
            "Return the list of pieces; nothing is put together at the end.",
        ),
        "a text with spaces between the pieces": (
            lambda word, merges: " ".join(replay(word, merges)),
            "Return a list of pieces, not a text: .split() would make one.",
        ),
        "stopping at the first merge that finds nothing": (
            until_one_fails,
            "A merge that finds nothing is skipped: go on with the next one.",
        ),
    },
)
def replay(word: str, merges: Merges) -> list[str]:
    """The pieces of a word after all merges, in the order learned."""
    pieces = list(word)
    for pair in merges:
        pieces = merge_pair(pieces, pair, "".join(pair))
    return pieces


Words = dict[str, int]


def learning(
    counts: Words,
    how_many: int,
    count: Callable[[list], Counter] = count_pairs,
    choose: Callable[[Counter], tuple] | None = None,
) -> Merges:
    """The training loop, with its two decisions open to a mistake."""
    words = [(list(word), n) for word, n in counts.items()]
    merges: Merges = []
    while len(merges) < how_many and (found := count(words)):
        pair = (choose or first_of_the_best)(found)
        words = [(merge_pair(row, pair, "".join(pair)), n) for row, n in words]
        merges.append(pair)
    return merges


def first_of_the_best(found: Counter) -> tuple:
    """The pair with the highest count; among equals the first in the alphabet."""
    return min(found, key=lambda pair: (-found[pair], pair))


def count_on() -> Callable[[list], Counter]:
    """The mistake of a counter that is not made anew."""
    found: Counter = Counter()

    def count(words: list) -> Counter:
        found.update(count_pairs(words))
        return found

    return count


def never_empty(counts: Words, how_many: int) -> Merges:
    """The mistake of choosing among no pairs at all."""
    learned = learning(counts, how_many)
    return [*learned, min([])] if len(learned) < how_many else learned


def in_one_place(counts: Words, how_many: int) -> Merges:
    """The mistake of joining a pair only once in each word."""
    words = [(list(word), n) for word, n in counts.items()]
    merges: Merges = []
    while len(merges) < how_many and (found := count_pairs(words)):
        merges.append(first_of_the_best(found))
        words = [(first_place_of(row, merges[-1]), n) for row, n in words]
    return merges


def first_place_of(row: list[str], pair: tuple[str, str]) -> list[str]:
    """A word's pieces, with the pair joined where it stands first."""
    found = list(pairwise(row))
    i = found.index(pair) if pair in found else len(row)
    return [*row[:i], *(["".join(pair)] if i < len(row) else []), *row[i + 2 :]]


def count_once(words: list) -> Counter:
    """The mistake of counting a pair once in each word that holds it."""
    found: Counter = Counter()
    for row, n in words:
        for pair in set(pairwise(row)):
            found[pair] += n
    return found


@exercise(
    "02.6",
    "Learn the merges",
    inputs=[
        ({"bell": 5, "bells": 2, "tell": 3, "tall": 4, "wall": 1}, 5),
        ({"banana": 2, "cab": 3, "bad": 2}, 4),
        ({"cd": 1, "ab": 1}, 5),
        ({"moon": 1, "noon": 9, "on": 2}, 3),
        ({"so": 4}, 0),
        ({"anan": 5}, 3),
        ({"dc": 2, "ab": 2, "xyz": 1}, 3),
    ],
    mistakes={
        "every word counted once": (
            lambda counts, how_many: learning(dict.fromkeys(counts, 1), how_many),
            "A word that occurs five times brings its pairs five times.",
        ),
        "a pair counted once in a word": (
            lambda counts, how_many: learning(counts, how_many, count_once),
            "banana holds the pair a n twice: count both.",
        ),
        "pairs counted only at the start": (
            lambda counts, how_many: sorted(
                found := count_pairs([(list(w), n) for w, n in counts.items()]),
                key=lambda pair: (-found[pair], pair),
            )[:how_many],
            "Each merge changes the pairs: count anew before the next one.",
        ),
        "pairs counted at the start, equals as met": (
            lambda counts, how_many: [
                pair
                for pair, _ in count_pairs(
                    [(list(w), n) for w, n in counts.items()]
                ).most_common(how_many)
            ],
            "Each merge changes the pairs: count anew before the next one.",
        ),
        "the last of equals": (
            lambda counts, how_many: learning(
                counts, how_many, choose=lambda c: max(c, key=lambda p: (c[p], p))
            ),
            "Among pairs with the same count take the first in the alphabet.",
        ),
        "the rarest pair": (
            lambda counts, how_many: learning(
                counts, how_many, choose=lambda c: min(c, key=lambda p: (c[p], p))
            ),
            "Take the pair with the highest count.",
        ),
        "one merge too many": (
            lambda counts, how_many: learning(counts, how_many + 1),
            "how_many merges, and no more: look at your loop's end.",
        ),
        "merges without end": (
            lambda counts, how_many: learning(counts, 99),
            "Stop after how_many merges.",
        ),
        "nothing joined": (
            lambda counts, how_many: [
                pair for pair in learning(counts, 1) for _ in range(how_many)
            ],
            "Put the joined words in the place of the old ones before you count anew.",
        ),
        "one merge too few": (
            lambda counts, how_many: learning(counts, how_many - 1),
            "how_many merges are wanted: look at your loop's end.",
        ),
        "the first met of equals": (
            lambda counts, how_many: learning(
                counts, how_many, choose=lambda found: max(found, key=found.get)
            ),
            "Among equals the first in the alphabet wins, not the one met first.",
        ),
        "the longest of equals": (
            lambda counts, how_many: learning(
                counts,
                how_many,
                choose=lambda c: min(c, key=lambda p: (-c[p], -len("".join(p)), p)),
            ),
            "Among equals take the first in the alphabet, however long it is.",
        ),
        "counts that pile up": (
            lambda counts, how_many: learning(counts, how_many, count_on()),
            "Make the Counter anew in every round: old pairs are gone.",
        ),
        "choosing when no pair is left": (
            never_empty,
            "Stop when the counter is empty: there is nothing to choose from.",
        ),
        "a pair joined only once in a word": (
            in_one_place,
            "Join the pair in every place of the word, not in the first alone.",
        ),
        "pairs with their counts": (
            lambda counts, how_many: [(pair, 1) for pair in learning(counts, how_many)],
            "Return the pairs alone: take the pair out of (pair, count).",
        ),
        "the new tokens in place of the pairs": (
            lambda counts, how_many: ["".join(p) for p in learning(counts, how_many)],
            "Return the pairs, such as (l, l), not the tokens that they make.",
        ),
    },
)
def learn(counts: Words, how_many: int) -> Merges:
    """The merges of a small text: pairs of pieces, in the order learned."""
    return learning(counts, how_many)
