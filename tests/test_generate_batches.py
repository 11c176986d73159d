"""Prompts of different lengths: each row gets what it would get alone; bad prompts."""

import generatechecks as c
import pytest
import torch
from modelchecks import MODERN, make, some_ids

from shared import generate as g
from shared import model
from shared.generate import generators, padding, sampling, turns
from shared.generate.turns import turns_of


@pytest.mark.parametrize("check", c.SAMPLING, ids=lambda check: check.__name__)
def test_sampling(check):
    check(sampling)


def test_windows_and_draws():
    c.check_window(padding)
    c.check_draws(generators)


# Catches: rows that see the filling, whatever it is.
@pytest.mark.parametrize("eos", [None, 5])
@pytest.mark.parametrize("fields", c.KINDS.values(), ids=c.KINDS)
def test_each_row_is_what_it_is_alone(fields, eos):
    net = make(model, context=40, **fields)
    rows = c.prompts((7, 2, 40, 39, 16))
    for how in ({}, {"top_p": 0.8}, {"temperature": 2.5, "top_k": 9}):
        c.check_together(g, net, rows, 20, eos=eos, seeds=range(5), **how)
        c.check_together(g, net, rows, 20, eos=eos, seeds=range(5), use_cache=False)
    c.check_together(g, net, rows, 20, eos=eos, top_k=1)


# Catches: a cache that is not used, or one that is used beyond the context.
def test_unequal_rows_are_read_once_while_they_fit(monkeypatch):
    net, read = make(model, context=12, general=True), []
    hidden = model.Decoder.hidden

    def counting(self, ids, cache=None, pad=None):
        read.append((ids.shape[1], cache is not None, pad is not None))
        return hidden(self, ids, cache, pad)

    monkeypatch.setattr(model.Decoder, "hidden", counting)
    g.generate(net, c.prompts((10, 4)), 5, temperature=0)
    once, anew = (1, True, True), (12, False, False)
    assert read == [(10, True, True), once, once, anew, anew]


def test_rows_may_come_as_lists_tuples_or_tensors():
    net = make(model, **MODERN)
    lists = c.prompts((3, 6, 4))
    wanted = g.generate(net, lists, 5, temperature=0)
    assert wanted.shape == (3, 11) and wanted.dtype == torch.long
    for rows in (
        tuple(map(tuple, lists)),
        [torch.tensor(row) for row in lists],
        [torch.tensor(row, dtype=torch.uint8) for row in lists],
    ):
        assert torch.equal(g.generate(net, rows, 5, temperature=0), wanted)
    equal = some_ids(3, 6)
    whole = g.generate(net, equal, 5, temperature=0)
    assert torch.equal(g.generate(net, equal.tolist(), 5, temperature=0), whole)
    assert torch.equal(g.generate(net, list(equal.int()), 5, temperature=0), whole)


# Catches: one generator that draws otherwise than it did for rows of equal length.
def test_one_generator_draws_for_all_rows_at_once():
    net, ids = make(model, general=True), some_ids(4, 9)
    found = g.generate(net, ids, 12, 1.4, generator=c.seeded(8))
    draw, row = c.seeded(8), ids
    for _ in range(12):
        probs = (net(row)[:, -1] / 1.4).softmax(-1)
        row = torch.cat([row, torch.multinomial(probs, 1, generator=draw)], 1)
    assert torch.equal(found, row)
    rows = c.prompts((3, 9, 5))
    first = g.generate(net, rows, 12, 1.4, generator=c.seeded(8))
    assert torch.equal(first, g.generate(net, rows, 12, 1.4, generator=c.seeded(8)))
    assert not torch.equal(first, g.generate(net, rows, 12, 1.4, generator=c.seeded(9)))


def test_temperature_0_needs_no_seed_and_moves_no_generator_of_torch():
    net = make(model, general=True, dropout=0.3).train()
    state = torch.get_rng_state()
    first = g.generate(net, [1, 2], 30, temperature=0)
    assert torch.equal(first, g.generate(net, [1, 2], 30, temperature=0))
    fresh = model.Decoder(model.DecoderConfig(vocab_size=9, init="zero-out", tie=False))
    assert g.generate(fresh, [3], 5, temperature=0).tolist() == [[3, 0, 0, 0, 0, 0]]
    assert torch.equal(state, torch.get_rng_state())


# --- many prompts --------------------------------------------------------------------


# Catches: rows in another order, rows that are read too many at a time.
def test_continuations_are_those_of_each_row_alone(monkeypatch):
    net = make(model, context=48, **c.KINDS["modern"])
    rows = c.prompts((5, 9, 2, 9, 30, 5, 1))
    monkeypatch.setattr(turns, "TOGETHER", 3)
    for how in ({"temperature": 0}, {"top_k": 1}, {"temperature": 1.5}):
        drawn = "temperature" in how and how["temperature"] > 0
        own = [c.seeded(i) for i in range(7)] if drawn else None
        found = g.continuations(net, rows, 25, eos=7, generator=own, **how)
        for i, row in enumerate(rows):
            own = c.seeded(i) if drawn else None
            alone = g.generate(net, row, 25, eos=7, generator=own, **how)
            new = alone[0, len(row) :].tolist()
            assert found[i].tolist()[: len(new)] == new
            assert set(found[i].tolist()[len(new) :]) <= {7}
    assert g.continuations(net, [], 5) == []


# Catches: another order of draws than that which made the book's models and pages.
def test_one_generator_serves_the_rows_of_a_length_together():
    net = make(model, general=True)
    rows = c.prompts((5, 2, 5, 9))
    found = g.continuations(net, rows, 10, 1.3, generator=c.seeded(2))
    draw, wanted = c.seeded(2), {}
    for at in ([1], [0, 2], [3]):
        ids = torch.tensor([rows[i] for i in at])
        new = g.generate(net, ids, 10, 1.3, generator=draw)[:, ids.shape[1] :]
        wanted.update(zip(at, new.tolist()))
    assert [row.tolist() for row in found] == [wanted[i] for i in range(4)]


def test_turns():
    assert turns_of([5, 2, 5, 9], one=True) == [[1], [0, 2], [3]]
    assert turns_of([5, 2, 5, 9], one=False) == [[0, 1, 2, 3]]
    many = turns_of(list(range(70)), one=False)
    assert [len(at) for at in many] == [32, 32, 6]
    assert sum(many, []) == list(range(70))
    assert turns_of([], one=True) == turns_of([], one=False) == []


# --- bad input -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([[1], [2] * 65], "row 1: 65 tokens are longer than the model's context of 64"),
        ([[1, 2], []], "row 1: the prompt is empty; give at least one token"),
        ([[], [1]], "row 0: the prompt is empty"),
        ([[]], "the prompt is empty"),
        ([[1, 2], [3, 40, 5]], "row 1: token id 40 is outside the vocabulary of 37"),
        ([[1, 2, 3], [4, -1]], "row 1: -1 at place 1 is no token but padding"),
        ([[1, -100, 3]], "-100 at place 1 is no token but padding; leave it out"),
        (torch.tensor([[-100, 3], [1, 2]]), "row 0: -100 at place 0 is no token but"),
        (torch.zeros(0, 4).long(), "the prompt is empty"),
        (some_ids(2, 65), "row 0: 65 tokens are longer than the model's context"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_prompts_that_no_model_can_go_on_from(ids, told):
    with pytest.raises(ValueError, match=told):
        g.generate(make(model), ids, 3)


@pytest.mark.parametrize(
    "ids",
    [
        [[1, 2], 3],
        [[1, 2], None],
        [[1, None, 2]],
        [[1], [[2]]],
        ["fox"],
        7,
        torch.tensor(7),
        [[1, 2], [0.5]],
        [[True, False]],
    ],
    ids=str,
)
def test_what_is_no_row_of_ids(ids):
    with pytest.raises(TypeError, match="a prompt is a row|expected whole numbers"):
        g.generate(make(model), ids, 3)


@pytest.mark.parametrize(
    ("generator", "error", "told"),
    [
        ([c.seeded(1)], ValueError, "1 generators for 2 rows; give one for each row"),
        ([c.seeded(1)] * 3, ValueError, "3 generators for 2 rows"),
        ([], ValueError, "0 generators for 2 rows"),
        (7, TypeError, r"7 is no generator; torch.Generator\(\).manual_seed\(7\)"),
        ([1, 2], TypeError, "1 is no generator"),
        ("ab", TypeError, "'a' is no generator"),
        ([c.seeded(1), None], TypeError, "None is no generator"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_wrong_generators(generator, error, told):
    with pytest.raises(error, match=told):
        g.generate(make(model), [[1], [2, 3]], 3, generator=generator)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"temperature": 1e-300}, "temperature is 1e-300, too near to 0 to divide by"),
        ({"temperature": "warm"}, "temperature is 'warm'; expected a number above 0"),
        ({"temperature": None}, "temperature is None"),
        ({"temperature": True}, "temperature is True"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"top_k": True}, "top_k is True; expected a whole number from 1"),
        ({"top_k": "3"}, "top_k is '3'"),
        ({"top_p": "0.9"}, "top_p is '0.9'; expected a share above 0"),
        ({"top_p": float("nan")}, "top_p is nan"),
        ({"max_new_tokens": True}, "max_new_tokens is True"),
        ({"eos": 1.5}, "eos is 1.5"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_settings_of_a_wrong_kind(how, told):
    with pytest.raises(ValueError, match=told):
        g.generate(make(model), **({"ids": [[1], [2, 3]], "max_new_tokens": 3} | how))


# Catches: a limit on temperatures that lets an overflow through.
def test_the_coldest_temperature_still_draws():
    scores = torch.tensor([[1e4, -1e4, 9e3]])
    assert g.next_probabilities(scores, 1e-30).tolist() == [[1.0, 0.0, 0.0]]
    assert g.next_probabilities(scores, 1e300).softmax(-1).isfinite().all()
