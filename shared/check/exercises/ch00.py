"""Exercises of chapter 00."""

import functools
import math
import re
from collections.abc import Callable, Sequence

from shared import tales
from shared.check.asking import exercise

TEXTS = [
    ("Nell sat still.",),
    ("It is Ada's bell.",),
    ("The bell rang and rang, and the cat and the bell were gone.",),
    ('"Where is it?" asked Tom.\n"I lost it," said Ada.',),
]
# Beginnings of which one word is the likeliest; many others end in a tie.
BEGINNINGS = [("Mara had",), ("One rainy",), ("",), ("Nell was a",)]
# Near their ends, where no step is a tie: a whole document would take seconds.
ENDINGS = [
    (
        "The baker asked Jonas for six feathers. Jonas has four, and the rest are "
        "still in the orchard. How many more does Jonas",
    ),
    (
        "Tilda and Nell found sixteen shells under a heap of leaves. "
        '"One for you, one for me," said Nell,',
    ),
]


@exercise(
    "00.1",
    "Count the words",
    inputs=TEXTS,
    mistakes={
        "splitting at the spaces": (
            lambda text: len(text.split()),
            "Punctuation marks are words of their own here: use tales.words.",
        ),
        "counting the spaces": (
            lambda text: text.count(" ") + 1,
            "Punctuation marks are words of their own here: use tales.words.",
        ),
        "counting letters": (len, "Count the members of tales.words(text)."),
        "counting different words": (
            lambda text: len(set(tales.words(text))),
            "A word that comes twice counts twice: no set is needed.",
        ),
        "leaving punctuation out": (
            lambda text: sum(any(map(str.isalpha, w)) for w in tales.words(text)),
            "Marks of punctuation and ends of lines count, too.",
        ),
        "a pattern of letters and marks": (
            lambda text: len(re.findall(r"\w+|[^\w\s]", text)),
            "'s is one word here, and so is the end of a line: use tales.words.",
        ),
        "ends of lines left out": (
            lambda text: sum(bool(word.strip()) for word in tales.words(text)),
            "The end of a line counts as a word: count all of tales.words(text).",
        ),
        "one too few": (
            lambda text: len(tales.words(text)) - 1,
            "Count all members of tales.words(text), the last one, too.",
        ),
        "the words instead of their number": (
            lambda text: tales.words(text),
            "Return how many there are: len of the list.",
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
        "the word with its probability": (
            lambda prefix: max(tales.next_words(prefix).items(), key=lambda x: x[1]),
            "Return the word alone, the first of the pair.",
        ),
        "the space before the word taken off": (
            lambda prefix: likeliest(prefix).strip(),
            "A word brings the space before it along: return it as it is.",
        ),
        "a list of the likeliest": (
            lambda prefix: [likeliest(prefix)],
            "Return one word, not a list.",
        ),
        "the longest word": (
            lambda prefix: max(tales.next_words(prefix), key=len),
            "Compare the probabilities: key=truth.get.",
        ),
        "the last word in the dictionary": (
            lambda prefix: list(tales.next_words(prefix))[-1],
            "The likeliest comes first, not last; max with key=truth.get finds it.",
        ),
        "the whole text": (
            lambda prefix: prefix + likeliest(prefix),
            "Return the next word alone, without the beginning.",
        ),
    },
)
def likeliest(prefix: str) -> str:
    """The most probable next word after a beginning."""
    truth = tales.next_words(prefix)
    return max(truth, key=truth.get)


@functools.cache
def said(prefix: str) -> str:
    """The greedy text, worked out once for all mistakes: a word takes its time."""
    return greedy(prefix)


def hasty(prefix: str) -> str:
    """The greedy text, given up after twenty words, as a mistake."""
    return "".join(tales.words(said(prefix))[:20])


def stubborn(prefix: str) -> str:
    """The first step repeated, as a mistake: the text never grows for the question."""
    return likeliest(prefix) * 30


def sentence(prefix: str) -> str:
    """The greedy text up to its first full stop, as a mistake."""
    first, stop, _ = said(prefix).partition(".")
    return first + stop


def spaced(prefix: str) -> str:
    """The greedy text with spaces put between its words, as a mistake."""
    return " ".join(tales.words(said(prefix)))


@exercise(
    "00.3",
    "A machine without imagination",
    inputs=ENDINGS,
    seconds=12,
    mistakes={
        "the beginning repeated in the answer": (
            lambda prefix: prefix + said(prefix),
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
        "stopping after twenty words": (
            hasty,
            "Documents have no fixed length: go on until the likeliest word is empty.",
        ),
        "stopping at the first full stop": (
            sentence,
            "A document has many sentences: it ends where the likeliest word is empty.",
        ),
        "the same question in each step": (
            stubborn,
            "Ask for the word after the text as it is now, not after the beginning.",
        ),
        "the last word alone": (
            lambda prefix: tales.words(said(prefix))[-1],
            "Add the words up: text = text + word.",
        ),
        "the space in front taken off": (
            lambda prefix: said(prefix).strip(),
            "Return what was added as it is, with its space.",
        ),
        "words drawn in place of the likeliest": (
            lambda prefix: tales.complete(prefix, seed=1),
            "No chance is wanted here: take the likeliest word in each step.",
        ),
        "a list of the words": (
            lambda prefix: tales.words(said(prefix)),
            'Return one text: "".join(words) puts the words together.',
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
        "words split at the spaces": (
            lambda documents: (
                math.fsum(d.nats for d in documents)
                / sum(len(d.text.split()) for d in documents)
            ),
            "Punctuation marks are words, too: count with tales.words.",
        ),
        "the nats of all documents": (
            lambda documents: math.fsum(d.nats for d in documents),
            "Nats per word: divide by the number of words of all documents.",
        ),
        "the sum of means": (
            lambda documents: mean_of_means(documents) * len(documents),
            "Add up the nats and the words first, and divide once, at the end.",
        ),
        "the first document alone": (
            lambda documents: floor(documents[:1]),
            "A return inside of the loop ends it: return after all documents.",
        ),
        "different words counted": (
            lambda documents: (
                math.fsum(d.nats for d in documents)
                / len({word for d in documents for word in tales.words(d.text)})
            ),
            "A word that comes twice counts twice: no set is needed.",
        ),
        "bits in place of nats": (
            lambda documents: floor(documents) / math.log(2),
            "The unit is nats, as document.nats has them.",
        ),
        "rounded": (
            lambda documents: round(floor(documents), 2),
            "Return the quotient as it is, without rounding.",
        ),
        "words per nat": (
            lambda documents: 1 / floor(documents),
            "Divide the nats by the words, not the words by the nats.",
        ),
    },
)
def floor(documents: Sequence[tales.Document]) -> float:
    """The floor of a pile of documents, in nats per word."""
    return math.fsum(d.nats for d in documents) / count_all(documents)


# No number falls on a border between two words; one set is not sorted by probability.
TRUTH = {" sat": 0.5, " was": 0.3, " had": 0.2}
UNSORTED = {" Ada": 0.1, " Finn": 0.2, " Rosa": 0.6, " Tom": 0.1}
DRAWS = [
    *((TRUTH, number) for number in (0.2, 0.62, 0.97, 0.0)),
    *((UNSORTED, number) for number in (0.05, 0.15, 0.95, 0.45)),
    ({"Rosa": 1.0}, 0.7),
]


def first_above(truth: dict[str, float], number: float) -> str:
    """Each probability compared by itself, none added up, as a mistake."""
    return next((w for w, p in truth.items() if number < p), list(truth)[-1])


def drawn_in(order: Callable) -> Callable:
    """The words laid in another order than the dictionary's, as a mistake."""
    return lambda truth, number: draw(dict(order(truth)), number)


def turned_round(truth: dict[str, float], number: float) -> str:
    """The comparison turned round, as a mistake."""
    total = 0.0
    for word, probability in truth.items():
        total += probability
        if number > total:
            return word
    return word


def one_too_far(truth: dict[str, float], number: float) -> str:
    """The word after the right one, as a mistake."""
    words = list(truth)
    return words[min(words.index(draw(truth, number)) + 1, len(words) - 1)]


@exercise(
    "00.5",
    "Draw a word",
    inputs=DRAWS,
    mistakes={
        "always the likeliest word": (
            lambda truth, number: max(truth, key=truth.get),
            "The number must decide: walk along the words until you have passed it.",
        ),
        "comparing without adding up": (
            first_above,
            "Compare the number with the sum of the probabilities so far.",
        ),
        "the likeliest words laid first": (
            drawn_in(lambda truth: sorted(truth.items(), key=lambda kv: -kv[1])),
            "Keep the order of the dictionary: nothing is sorted.",
        ),
        "the words laid by their letters": (
            drawn_in(lambda truth: sorted(truth.items())),
            "Keep the order of the dictionary: nothing is sorted.",
        ),
        "the words laid from the end": (
            drawn_in(lambda truth: reversed(truth.items())),
            "Begin with the first word of the dictionary.",
        ),
        "the nearest probability": (
            lambda truth, number: min(truth, key=lambda w: abs(truth[w] - number)),
            "The number is a place on the way from 0 to 1, not a probability.",
        ),
        "the comparison turned round": (
            turned_round,
            "The word is found when the sum so far is above the number.",
        ),
        "all words alike": (
            lambda truth, number: list(truth)[int(number * len(truth))],
            "A word of probability 0.5 must own half of the way from 0 to 1.",
        ),
        "one word too far": (
            one_too_far,
            "Add the word's own probability before you compare.",
        ),
        "the probability instead of the word": (
            lambda truth, number: truth[draw(truth, number)],
            "Return the word itself; its probability only decides how often it comes.",
        ),
        "the first word, whatever the number": (
            lambda truth, number: next(iter(truth)),
            "Return only when the sum so far is above the number.",
        ),
    },
)
def draw(truth: dict[str, float], number: float) -> str:
    """The word that owns the place `number` between 0 and 1."""
    total = 0.0
    for word, probability in truth.items():
        total += probability
        if number < total:
            return word
    return word  # the sum may stay a hair below 1
