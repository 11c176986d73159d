"""Near-duplicates: the index finds what a comparison of all pairs finds."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.evaluate import duplicates
from shared.tales import lessons

TEXTS = st.lists(st.text("abc ", max_size=14), max_size=6)


def slow(texts, pool, least, n):
    """All near pairs by comparing everything."""
    sets = [duplicates.shingles(text, n) for text in texts]
    return {
        (i, j)
        for j, text in enumerate(pool)
        for i, items in enumerate(sets)
        if items and duplicates.jaccard(items, duplicates.shingles(text, n)) >= least
    }


# Catches: case or marks that count, grams across the end, an order that counts.
def test_shingles_are_runs_of_words():
    expected = {("who", "has", "the"), ("has", "the", "key")}
    assert duplicates.shingles("Who has the KEY?") == expected
    assert duplicates.shingles("Who, has the key; who has the key") >= expected
    assert duplicates.shingles("Hello!") == {("hello",)}
    assert duplicates.shingles(" ?! ") == frozenset()
    assert len(duplicates.shingles("a b c d", 1)) == 4


def test_jaccard_by_hand():
    a, b = frozenset("abcd"), frozenset("cdef")
    assert duplicates.jaccard(a, b) == pytest.approx(2 / 6)
    assert duplicates.jaccard(a, a) == 1
    assert duplicates.jaccard(a, frozenset("xyz")) == 0
    assert duplicates.jaccard(a, frozenset()) == 0
    assert duplicates.jaccard(frozenset(), frozenset()) == 1


# Catches: an index that looks at too few n-grams, an order of rarity that differs.
@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, st.sampled_from([0.2, 0.5, 0.7, 0.8, 1.0]), st.integers(1, 3))
def test_the_index_loses_no_pair(texts, pool, least, n):
    found = list(duplicates.near_pairs(texts, pool, least, n))
    assert {(i, j) for i, j, _ in found} == slow(texts, pool, least, n)
    assert len(found) == len({(i, j) for i, j, _ in found})
    for i, j, score in found:
        a, b = duplicates.shingles(texts[i], n), duplicates.shingles(pool[j], n)
        assert score == duplicates.jaccard(a, b) >= least


def test_no_pair_of_lessons_is_lost():
    texts = [lesson.prompt for lesson in lessons(5, 60, "trick")]
    pool = [lesson.prompt for lesson in lessons(6, 400, "trick")]
    found = {(i, j) for i, j, _ in duplicates.near_pairs(texts, pool)}
    assert found == slow(texts, pool, 0.7, 3)
    assert found


# Catches: one item too few (a pair is lost), all items (the index saves nothing).
@pytest.mark.parametrize(("size", "least", "taken"), [(10, 0.7, 4), (9, 0.7, 3)])
def test_just_enough_items_are_looked_up(size, least, taken):
    items = frozenset("abcdefghij"[:size])
    counts = Counter({item: k for k, item in enumerate(sorted(items, reverse=True))})
    part = duplicates.rare_part(items, counts, least)
    assert part == sorted(items, reverse=True)[:taken]
    assert duplicates.rare_part(frozenset(), counts, least) == []


@pytest.mark.parametrize(
    ("texts", "pool", "options", "error", "told"),
    [
        ("a", ["a"], {}, TypeError, r"got one str; give \[text\]"),
        (["a"], "a", {}, TypeError, r"got one str"),
        (["a"], ["a"], {"least": 0}, ValueError, "least is 0"),
        (["a"], ["a"], {"least": 1.1}, ValueError, "at most 1"),
        (["a"], ["a"], {"n": 0}, ValueError, "n is 0"),
        ([None], ["a"], {}, TypeError, "expected text"),
    ],
)
def test_bad_input_is_named(texts, pool, options, error, told):
    with pytest.raises(error, match=told):
        list(duplicates.near_pairs(texts, pool, **options))
