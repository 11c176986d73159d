"""Exercises of chapter 00."""

import math
from collections.abc import Sequence

from shared import tales
from shared.check.asking import exercise

TEXTS = [("Nell sat still.",), ('"Where is it?" asked Tom.',), ("It is Ada's bell.",)]
BEGINNINGS = [("One",), ("One windy morning, Mara",)]
# Near their ends: a whole document would take seconds.
ENDINGS = [(tales.PROMPTS[4],), (tales.PROMPTS[3] + 'Rosa has it," said Finn.',)]


@exercise(
    "00.1",
    "Count the words",
    inputs=TEXTS,
    mistakes={
        "splitting at the spaces": (
            lambda text: len(text.split()),
            "Punctuation marks are words of their own here: use tales.words.",
        ),
        "counting letters": (len, "Count the members of tales.words(text)."),
        "counting different words": (
            lambda text: len(set(tales.words(text + text))),
            "A word that comes twice counts twice: no set is needed.",
        ),
    },
)
def count_words(text: str) -> int:
    """How many words a text has, marks of punctuation included."""
    return len(tales.words(text))


def least(prefix: str) -> str:
    """The least probable next word, as a mistake."""
    truth = tales.next_words(prefix)
    return min(truth, key=truth.get)


@exercise(
    "00.2",
    "The likeliest word",
    inputs=BEGINNINGS,
    mistakes={
        "the least likely word": (least, "Use max, not min."),
        "the last word of the alphabet": (
            lambda prefix: max(tales.next_words(prefix)),
            "max of a dictionary compares its keys: give key=truth.get.",
        ),
        "the probability instead of the word": (
            lambda prefix: max(tales.next_words(prefix).values()),
            "Return the word itself; its probability only decides which.",
        ),
    },
)
def likeliest(prefix: str) -> str:
    """The most probable next word after a beginning."""
    truth = tales.next_words(prefix)
    return max(truth, key=truth.get)


def spaced(prefix: str) -> str:
    """The greedy text with spaces put between its words, as a mistake."""
    return " ".join(tales.words(greedy(prefix)))


@exercise(
    "00.3",
    "A machine without imagination",
    inputs=ENDINGS,
    seconds=60,
    mistakes={
        "the beginning repeated in the answer": (
            lambda prefix: prefix + greedy(prefix),
            "Return only what was added to the beginning.",
        ),
        "spaces between the words": (
            spaced,
            'A word brings its own space along: join with "", not with " ".',
        ),
        "a single step": (
            likeliest,
            "One word is not the end: go on until the likeliest word is empty.",
        ),
    },
)
def greedy(prefix: str) -> str:
    """The text that always taking the likeliest word adds to a beginning."""
    text = prefix
    while word := likeliest(text):
        text += word
    return text[len(prefix) :]


def pile(seed: int) -> tuple[list[tales.Document]]:
    """The arguments of one trial: a small pile of documents."""
    return (tales.documents(seed, 20),)


def count_all(documents: Sequence[tales.Document]) -> int:
    """The number of words of all documents together."""
    return sum(len(tales.words(d.text)) for d in documents)


def mean_of_means(documents: Sequence[tales.Document]) -> float:
    """Every document counted alike, however short: a mistake."""
    each = [d.nats / len(tales.words(d.text)) for d in documents]
    return math.fsum(each) / len(each)


@exercise(
    "00.4",
    "The floor of a pile",
    inputs=lambda: [pile(1), pile(2)],
    mistakes={
        "a mean of means": (
            mean_of_means,
            "Divide all nats by all words, once; short documents weigh less.",
        ),
        "nats per document": (
            lambda documents: math.fsum(d.nats for d in documents) / len(documents),
            "The unit is nats per word: divide by the number of words.",
        ),
        "nats per letter": (
            lambda documents: (
                math.fsum(d.nats for d in documents)
                / sum(len(d.text) for d in documents)
            ),
            "len(text) counts letters; tales.words(text) gives the words.",
        ),
    },
)
def floor(documents: Sequence[tales.Document]) -> float:
    """The floor of a pile of documents, in nats per word."""
    return math.fsum(d.nats for d in documents) / count_all(documents)
