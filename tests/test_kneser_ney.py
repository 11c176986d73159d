"""Kneser-Ney against its definition, a pencil, and slips that must be caught."""

import inspect
import math
from collections import Counter

import pytest

from shared import tales
from shared.evaluate import ngrams

TEXTS = ["Mara fed the dog", "the dog saw the cat", "the cat saw Mara"]
VILLAGE = [text.split() for text in TEXTS]
WORDS = sorted({"", *(word for words in VILLAGE for word in words)})


def corpus(seed, n):
    return [tales.words(document.text) for document in tales.documents(seed, n)]


def by_definition(documents, n, vocabulary, discount, before, word):
    """Interpolated Kneser-Ney from its formula, each count found by going through all
    n-grams, one by one: after Chen and Goodman (1999), section 4.3."""
    rows = [[""] * (n - 1) + words + [""] for words in documents]
    grams = [tuple(r[i : i + n]) for r in rows for i in range(len(r) - n + 1)]

    def count(context, w, top):
        """How often w stood after a context, or below the top, after how many kinds."""
        end = (*context, w)
        if top:
            return grams.count(end)
        longer = {g[-len(end) - 1 :] for g in grams}
        return sum(g[1:] == end for g in longer)

    def bet(context, w, top):
        counts = {v: count(context, v, top) for v in vocabulary}
        below = bet(context[1:], w, False) if context else 1 / len(vocabulary)
        total = sum(counts.values())
        if not total:
            return below
        kinds = sum(c > 0 for c in counts.values())
        return (max(counts[w] - discount, 0) + discount * kinds * below) / total

    row = [""] * (n - 1) + before
    return bet(tuple(row[len(before) :]), word, True)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("discount", [0.7, 0.25])
def test_kneser_ney_equals_its_definition(n, discount):
    documents = [*VILLAGE, ["Mara"], "the cat fed the cat".split()]
    model = ngrams.KneserNey(documents, n, ngrams.Uniform(WORDS), discount)
    places = [[], ["Mara"], ["the"], ["dog", "saw"], ["cat", "fed", "the"], ["saw"] * 5]
    for before in places:
        for word in WORDS:
            wanted = by_definition(documents, n, WORDS, discount, before, word)
            assert math.isclose(model.prob(before, word), wanted), (before, word)


def test_kneser_ney_with_a_pencil():
    """Of 13 kinds of pairs two end in saw, one in dog; after Mara came two words."""
    model = ngrams.KneserNey(VILLAGE, 2, ngrams.Uniform(WORDS))
    assert math.isclose(model.prob(["Mara"], "saw"), 2 * 0.7 * (2 / 13) / 2)
    assert math.isclose(model.prob(["Mara"], "dog"), 2 * 0.7 * (1 / 13) / 2)
    fed = (0.3 + 2 * 0.7 * (1 / 13)) / 2
    assert math.isclose(model.prob(["Mara"], "fed"), fed)
    # Longer texts than the table looks back on, and words that it has never met.
    assert model.prob(["cat", "saw", "Mara"], "fed") == model.prob(["Mara"], "fed")
    assert model.prob(["Mara"], "zeppelin") == 0.0
    assert math.isclose(model.prob(["zeppelin"], "saw"), 2 / 13)


def test_the_bets_of_kneser_ney_sum_to_one():
    documents = corpus(1, 300)
    vocabulary = sorted({"", *(w for words in corpus(1, 8000) for w in words)})
    words = tales.words(tales.PROMPTS[3])
    for n in [1, 2, 5]:
        model = ngrams.KneserNey(documents, n, ngrams.Uniform(vocabulary))
        for before in [[], words[:1], words, [" never", " seen"], ["", ""]]:
            bets = [model.prob(before, word) for word in model.vocabulary]
            assert math.isclose(sum(bets), 1.0, rel_tol=1e-9), (n, before)
            assert min(bets) > 0


def test_kinds_are_counted_once_each():
    pairs = ngrams.count_ngrams(VILLAGE, 2)
    kinds = ngrams.count_kinds(pairs)
    assert kinds == {(): Counter({"the": 3, "": 3, "saw": 2, "Mara": 2, "cat": 1,
                                  "dog": 1, "fed": 1})}  # fmt: skip
    assert kinds[()].total() == sum(map(len, pairs.values())) == 13
    assert pairs == ngrams.count_ngrams(VILLAGE, 2), "the table is left as it was"


def test_kneser_ney_is_the_best_of_the_counts():
    """A thousand documents, chapter 04's: 2.119 by the tower, 1.741 by Kneser-Ney."""
    train, test = corpus(1, 1000), corpus(3, 200)
    vocabulary = sorted({"", *(w for words in corpus(1, 8000) for w in words)})
    die = ngrams.Uniform(vocabulary)
    paid = ngrams.mean_surprise(ngrams.KneserNey(train, 5, die), test)
    assert abs(paid - 1.741) < 0.001
    other = die
    for n in range(1, 6):
        other = ngrams.NgramModel(train, n, other, alpha=3.0)
    assert paid < ngrams.mean_surprise(other, test) - 0.3


MUTANTS = {
    "raw counts below the top": (
        "Counter()).update(after.keys())", "Counter()).update(after)",
    ),
    "nothing taken from the counts": ("after[word] - self.discount", "after[word]"),
    "the discount handed on once": ("len(after) * p", "p"),
    "kinds of the die": ("len(after) * p", "len(self.vocabulary) * p"),
    "the last word but one": ("row[len(row) - k :]", "row[len(row) - k - 1 : -1]"),
    "a negative rest": (
        "max(after[word] - self.discount, 0)", "after[word] - self.discount",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_mutations_of_kneser_ney_are_caught(name):
    """The tests above can fail: each of these slips changes a bet by the definition."""
    source = inspect.getsource(ngrams)
    old, new = MUTANTS[name]
    assert source.count(old) == 1, old
    room = {"__name__": "mutant"}
    exec(source.replace(old, new), room)
    die = room["Uniform"](WORDS)
    places = [(["Mara"], "dog"), (["dog", "saw"], "Mara"), (["cat", "saw"], "fed")]
    moved = [
        not math.isclose(
            room["KneserNey"](VILLAGE, n, die).prob(before, word),
            by_definition(VILLAGE, n, WORDS, 0.7, before, word),
        )
        for n in (2, 3)
        for before, word in places
    ]
    assert any(moved)
