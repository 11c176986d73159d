"""n-gram models against brute force, the exact truth, and each other."""

import math
import random
from collections import Counter

import pytest

from shared import tales
from shared.evaluate import ngrams
from shared.tales import Grammar

TOY = """
rule toy
  3 | the [animal]
  1 | a [animal]
rule animal
  1 | cat [verb]
  2 | dog [verb]
rule verb
  4 | slept.
  1 | ran.
"""
# Every word of the toy depends on the last word alone, so the truth is a bigram table.
TRUTH = {
    ("", "the"): 3 / 4,
    ("", "a"): 1 / 4,
    ("the", " cat"): 1 / 3,
    ("the", " dog"): 2 / 3,
    ("a", " cat"): 1 / 3,
    ("a", " dog"): 2 / 3,
    (" cat", " slept"): 4 / 5,
    (" cat", " ran"): 1 / 5,
    (" dog", " slept"): 4 / 5,
    (" dog", " ran"): 1 / 5,
    (" slept", "."): 1.0,
    (" ran", "."): 1.0,
    (".", ""): 1.0,
}


def corpus(seed, n):
    return [tales.words(document.text) for document in tales.documents(seed, n)]


def tower(documents, vocabulary, highest, alpha):
    models = [ngrams.Uniform(vocabulary)]
    for n in range(1, highest + 1):
        models.append(ngrams.NgramModel(documents, n, models[-1], alpha))
    return models


@pytest.fixture(scope="module")
def models():
    train = corpus(1, 600)
    vocabulary = sorted({"", *(w for words in corpus(1, 8000) for w in words)})
    return tower(train, vocabulary, 4, alpha=3.0)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    path = tmp_path_factory.mktemp("toy") / "toy.txt"
    path.write_text(TOY, "utf-8")
    rng, grammar = random.Random(5), Grammar([path])
    return [grammar.write("toy", rng) for _ in range(20_000)]


def test_surprise_adds_up_for_independent_events():
    assert ngrams.surprise(1.0) == 0.0
    assert math.copysign(1, ngrams.surprise(1.0)) == 1  # not minus zero
    assert ngrams.surprise(0.0) == math.inf
    both = ngrams.surprise(0.3 * 0.05)
    assert math.isclose(both, ngrams.surprise(0.3) + ngrams.surprise(0.05))
    assert math.isclose(ngrams.surprise(1 / math.e), 1.0)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_counts_equal_those_of_brute_force(n):
    documents = [*corpus(4, 12), ["one"], []]
    table = ngrams.count_ngrams(documents, n)
    rows = [[""] * (n - 1) + words + [""] for words in documents]
    found = {}
    for row in rows:
        for i in range(n - 1, len(row)):
            found.setdefault(tuple(row[i - n + 1 : i]), []).append(row[i])
    assert table == {context: Counter(after) for context, after in found.items()}
    # One count per word and one per border at an end.
    total = sum(after.total() for after in table.values())
    assert total == sum(map(len, documents)) + len(documents)


def test_the_bets_sum_to_one_whatever_came_before(models):
    words = tales.words(tales.PROMPTS[3])
    places = [[], words[:1], words, [" never", " seen", " before"], ["", ""]]
    for model in models:
        for before in places:
            bets = [model.prob(before, word) for word in model.vocabulary]
            assert math.isclose(sum(bets), 1.0, rel_tol=1e-9), (model, before)
            assert min(bets) > 0


def test_a_word_outside_the_vocabulary_gets_nothing(models):
    for model in models:
        assert model.prob([" the"], " zeppelin") == 0.0
    assert ngrams.price_words(models[2], [" zeppelin"]) == [math.inf]


def test_the_formula_by_hand():
    documents = [["a", "b"], ["a", "a"]]
    die = ngrams.Uniform(["", "a", "b"])
    one = ngrams.NgramModel(documents, 1, die, alpha=3.0)
    two = ngrams.NgramModel(documents, 2, one, alpha=2.0)
    # Single words: a three times, b once, the border twice; 3 more shared by the die.
    assert math.isclose(one.prob([], "a"), (3 + 1) / 9)
    assert math.isclose(one.prob(["b"], ""), (2 + 1) / 9)
    # After a: b, a and the border, once each.
    assert math.isclose(two.prob(["a"], "b"), (1 + 2 * 2 / 9) / 5)
    # After a border: a, twice.
    assert math.isclose(two.prob([], "a"), (2 + 2 * 4 / 9) / 4)
    assert two.prob(["never"], "b") == one.prob([], "b")


def test_on_the_die_it_is_add_alpha(models):
    documents, die = corpus(4, 30), models[0]
    size = len(die.vocabulary)
    model = ngrams.NgramModel(documents, 2, die, alpha=0.5 * size)
    table = ngrams.count_ngrams(documents, 2)
    for before, word in [("", "One"), (" the", " the"), (" asked", " Rosa")]:
        after = table.get((before,), Counter())
        bet = (after[word] + 0.5) / (after.total() + 0.5 * size)
        assert math.isclose(model.prob([before], word), bet)


def test_without_alpha_it_is_the_maximum_likelihood(models):
    documents = corpus(1, 600)
    model = ngrams.NgramModel(documents, 2, models[1], alpha=0.0)
    after = ngrams.count_ngrams(documents, 2)[(" said",)]
    for word, count in after.items():
        assert math.isclose(model.prob([" said"], word), count / after.total())
    assert model.prob([" said"], " zeppelin") == 0.0


def test_a_bill_has_one_price_per_word_and_depends_on_the_past_only(models):
    words = corpus(3, 1)[0]
    for model in models:
        bill = ngrams.price_words(model, words)
        assert len(bill) == len(words) == len(tales.bill("".join(words)))
        assert ngrams.price_words(model, words[:7]) == bill[:7]
        other = [*words[:7], *reversed(words[7:])]
        assert ngrams.price_words(model, other)[:7] == bill[:7]
    assert math.isclose(
        ngrams.mean_surprise(models[2], [words]), mean(models[2], words)
    )


def mean(model, words):
    return sum(ngrams.price_words(model, words)) / len(words)


def test_each_rung_of_the_ladder_is_below_the_one_before(models):
    documents = tales.documents(3, 150)
    test = [tales.words(document.text) for document in documents]
    rungs = [ngrams.mean_surprise(model, test) for model in models]
    rungs.append(sum(d.nats for d in documents) / sum(map(len, test)))
    assert rungs == sorted(rungs, reverse=True)
    assert all(a - b > 0.01 for a, b in zip(rungs, rungs[1:]))


def test_no_model_is_cheaper_than_the_truth_on_its_own_language(models):
    for kind in tales.KINDS:
        documents = tales.documents(3, 25, kind)
        for model in models[1:]:
            bills = [sum(ngrams.price_words(model, tales.words(d.text)))
                     for d in documents]  # fmt: skip
            assert sum(bills) > sum(document.nats for document in documents), kind


def test_counting_finds_the_truth_of_a_bigram_language(toy):
    documents = [tales.words(text) for text, _, _ in toy]
    vocabulary = sorted({"", *(w for words in documents for w in words)})
    unigram, bigram = tower(documents, vocabulary, 2, alpha=1.0)[1:]
    seen = Counter(last for words in documents for last in ["", *words])
    for (last, word), p in TRUTH.items():
        error = 5 * math.sqrt(p * (1 - p) / seen[last]) + 2 / seen[last]
        assert abs(bigram.prob([last], word) - p) < error, (last, word)
    # So it pays what the truth pays, and the unigram, which cannot see, pays more.
    floor = sum(nats for _, _, nats in toy) / sum(map(len, documents))
    assert 0 < ngrams.mean_surprise(bigram, documents) - floor < 0.001
    assert ngrams.mean_surprise(unigram, documents) > floor + 0.5


def test_more_documents_bring_it_nearer_to_the_truth(toy):
    documents = [tales.words(text) for text, _, _ in toy]
    vocabulary = sorted({"", *(w for words in documents for w in words)})

    def error(n):
        bigram = tower(documents[:n], vocabulary, 2, alpha=1.0)[2]
        return max(abs(bigram.prob([a], b) - p) for (a, b), p in TRUTH.items())

    assert error(20) > 4 * error(20_000)


def test_drawing_follows_the_bets():
    documents = [["a", "b"], ["a", "a"], ["a", "b"], ["a", "b", "a", "b"]]
    model = tower(documents, ["", "a", "b"], 2, alpha=1.0)[2]
    bets = sorted(model.prob(["a"], word) for word in model.vocabulary)
    assert bets[-1] > 2 * bets[0], "uneven, or the die would pass"
    rng, n = random.Random(7), 8000
    first = Counter("".join(ngrams.draw_words(model, ["a"], rng, 1)) for _ in range(n))
    for word in model.vocabulary:
        p = model.prob(["a"], word)
        assert abs(first[word] / n - p) < 5 * math.sqrt(p * (1 - p) / n), word


def test_drawn_words_follow_the_beginning_and_stop_in_time(models):
    before = tales.words(tales.PROMPTS[0])
    kept = list(before)
    one = ngrams.draw_words(models[3], before, random.Random(1), most=12)
    assert before == kept, "the beginning must be left as it was"
    assert one == ngrams.draw_words(models[3], before, random.Random(1), most=12)
    assert one != ngrams.draw_words(models[3], before, random.Random(2), most=12)
    for seed in range(5):
        drawn = ngrams.draw_words(models[3], before, random.Random(seed), most=12)
        assert len(drawn) <= 12 and "" not in drawn


def test_drawing_ends_where_the_document_ends(toy):
    documents = [tales.words(text) for text, _, _ in toy[:2000]]
    vocabulary = sorted({"", *(w for words in documents for w in words)})
    model = tower(documents, vocabulary, 2, alpha=0.0)[2]
    for seed in range(20):
        drawn = ngrams.draw_words(model, [], random.Random(seed), most=30)
        assert drawn in documents, drawn
