"""Exercises of chapter 10 on lessons: 10.3, a task of one's own, and 10.4, twins."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable

from shared.check.asking import exercise

WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ANSWERS = [
    ("A goat and a goat met a crow.", "goat", "Two."),
    ("A goat and a goat met a crow.", "goat", " Two.\n"),
    ("A goat and a goat met a crow.", "goat", "Two"),
    ("A goat and a goat met a crow.", "goat", "Three."),
    ("A goat and a goat met a crow.", "crow", "One."),
    ("A goat and a goat met a crow.", "duck", "None."),
    ("Pip saw Pippa. Pip ran.", "Pip", "Two."),
    ("Pip saw Pippa. Pip ran.", "Pip", "Three."),
    ("Pip saw Pippa. Pip ran.", "Pip", "One, or two."),
    ("Cats like a cat. The cat sleeps.", "cat", "Two."),
    ("Cats like a cat. The cat sleeps.", "cat", "Two. Two. Two."),
    ("Cats like a cat. The cat sleeps.", "cat", "It says: Two."),
    ("A cat saw Cat and the cat.", "cat", "Two."),
    ("A cat saw Cat and the cat.", "cat", "two."),
]


def counted(text: str, word: str) -> str:
    """How often a word stands in a text, in words."""
    times = len(re.findall(rf"\b{word}\b", text))
    return f"{WORDS[times].capitalize()}."


def in_pieces(text: str, word: str) -> str:
    """The same, counting the word inside other words too, as a mistake."""
    return f"{WORDS[min(9, text.count(word))].capitalize()}."


def any_case(text: str, word: str) -> str:
    """The same in any spelling with capitals, as a mistake."""
    times = len(re.findall(rf"\b{word}\b", text, re.IGNORECASE))
    return f"{WORDS[times].capitalize()}."


def prompt_of(text: str, word: str) -> str:
    """The instruction."""
    return f'{text}\nHow often does it say "{word}"?'


@exercise(
    "10.3",
    "A task of your own",
    inputs=ANSWERS,
    mistakes={
        "the word inside other words": (
            lambda t, w, a: (
                prompt_of(t, w),
                in_pieces(t, w),
                a.strip() == in_pieces(t, w),
            ),
            r'Count whole words: re.findall(rf"\b{word}\b", text).',
        ),
        "a checker that reads the beginning alone": (
            lambda t, w, a: (
                prompt_of(t, w),
                counted(t, w),
                a.strip().startswith(counted(t, w)),
            ),
            "An answer that goes on is another answer: compare the whole of it.",
        ),
        "a checker that finds the answer inside": (
            lambda t, w, a: (prompt_of(t, w), counted(t, w), counted(t, w) in a),
            "An answer that says more is another answer: compare with ==, not with in.",
        ),
        "capitals that do not count": (
            lambda t, w, a: (
                prompt_of(t, w),
                any_case(t, w),
                a.strip() == any_case(t, w),
            ),
            "Count the word with exactly its letters: Cat is not cat.",
        ),
        "a checker without capitals": (
            lambda t, w, a: (
                prompt_of(t, w),
                counted(t, w),
                a.strip().lower() == counted(t, w).lower(),
            ),
            'Answers begin with a capital: "two." is not "Two.".',
        ),
        "a checker that looks inside": (
            lambda t, w, a: (
                prompt_of(t, w),
                counted(t, w),
                counted(t, w)[:-1].lower() in a.lower(),
            ),
            'Who names many numbers has not answered: "One, or two." is wrong.',
        ),
        "spaces around the answer count": (
            lambda t, w, a: (prompt_of(t, w), counted(t, w), a == counted(t, w)),
            "Take the spaces and line ends around an answer away first: strip().",
        ),
        "the full stop left out": (
            lambda t, w, a: (
                prompt_of(t, w),
                counted(t, w)[:-1],
                a.strip() == counted(t, w)[:-1],
            ),
            'Answers are sentences: "Two.", with a capital and a full stop.',
        ),
        "the question before the text": (
            lambda t, w, a: (
                f'How often does it say "{w}"?\n{t}',
                counted(t, w),
                a.strip() == counted(t, w),
            ),
            "The text comes first, then a line end, then the question.",
        ),
    },
)
def count_lesson(text: str, word: str, answer: str) -> tuple[str, str, bool]:
    """The prompt, the right answer, and whether `answer` is right."""
    right = counted(text, word)
    return prompt_of(text, word), right, answer.strip() == right


SIX = ["bdfg", "abefi", "cegjk", "jkl", "bcghijk", "abcil"]
SETS = [
    ([set("abcde"), set("abxyz"), set("ax")], set("abcdq"), 0.6),
    ([set("abcdefghij"), set("ab"), set("jk")], set("cdefghij"), 0.7),
    ([set(text) for text in SIX], set("cdegk"), 0.7),
    ([set("abcdefghij"), set("abcde"), set("ab")], set("a"), 0.6),
]


def candidates_of(
    sets: list[set],
    other: set,
    least: float,
    more: int = 1,
    common: bool = False,
    shared: Callable[[int, float], int] = lambda n, least: math.ceil(least * n - 1e-9),
) -> list[int]:
    """The sets whose rarest items (len - shared + more of them) meet another set."""
    counts = Counter(item for items in sets for item in items)
    found = []
    for i, items in enumerate(sets):
        how_many = len(items) - shared(len(items), least) + more
        sign = -1 if common else 1
        ordered = sorted(items, key=lambda x: (sign * counts[x], x))
        if other & set(ordered[: max(0, how_many)]):
            found.append(i)
    return found


@exercise(
    "10.4",
    "The rarest will do",
    inputs=SETS,
    mistakes={
        "one item too few": (
            lambda sets, other, least: candidates_of(sets, other, least, 0),
            "All that may be missing, and one more: len - ceil(least * len) + 1.",
        ),
        "one item too many": (
            lambda sets, other, least: candidates_of(sets, other, least, 2),
            "len - ceil(least * len) + 1 are enough: at least that many are shared.",
        ),
        "as many as must be shared": (
            lambda sets, other, least: candidates_of(
                sets, other, least, 0, shared=lambda n, x: n - math.ceil(x * n - 1e-9)
            ),
            "Count what may be missing, len - ceil(least * len), and take one more.",
        ),
        "the commonest items": (
            lambda sets, other, least: candidates_of(sets, other, least, common=True),
            "Sort by how many sets hold an item, the fewest first.",
        ),
        "every set that shares anything": (
            lambda sets, other, least: [i for i, s in enumerate(sets) if s & other],
            "Look at the rarest few items of each set alone.",
        ),
        "the near ones instead of the candidates": (
            lambda sets, other, least: [
                i
                for i, s in enumerate(sets)
                if len(s & other) / len(s | other) >= least
            ],
            "Return the candidates, before any of them is compared in full.",
        ),
    },
)
def candidates(sets: list[set], other: set, least: float) -> list[int]:
    """Numbers of the sets that may be alike, by their rarest items."""
    return candidates_of(sets, other, least)
