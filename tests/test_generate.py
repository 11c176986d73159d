"""Generation: filters, seeds, stopping, the cache, the sliding window, bad settings.

Parity with transformers' `generate` is tested in test_model.py.
"""

import modelchecks
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from modelchecks import MODERN, make, some_ids

from shared import generate as g
from shared import model


@pytest.mark.parametrize("check", modelchecks.GENERATE, ids=lambda c: c.__name__)
def test_generate(check):
    check(g)


# Catches: a cached draw that differs from an uncached one in any mode.
@pytest.mark.parametrize("how", [{}, {"top_k": 4}, {"top_p": 0.8}, {"temperature": 2}])
@pytest.mark.parametrize("fields", [{}, MODERN], ids=["gpt2", "modern"])
def test_cached_equals_uncached(how, fields):
    net = make(model, general=True, **(fields | {"context": 30}))
    rows = [
        g.generate(
            net,
            some_ids(3, 8),
            40,  # goes on beyond the context
            generator=torch.Generator().manual_seed(9),
            use_cache=use_cache,
            **how,
        )
        for use_cache in (True, False)
    ]
    assert torch.equal(*rows) and rows[0].shape == (3, 48)


# Catches: filters that keep nothing, or not the likeliest token.
@settings(max_examples=100, deadline=None)
@given(
    scores=st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=12),
    k=st.integers(1, 15),
    p=st.floats(1e-6, 1.0),
    temperature=st.floats(0.05, 20),
)
def test_some_token_is_always_left(scores, k, p, temperature):
    logits = torch.tensor([scores, scores[::-1]])
    probs = g.next_probabilities(logits, temperature, k, p)
    torch.testing.assert_close(probs.sum(-1), torch.ones(2))
    best = logits.max(-1, keepdim=True).values
    assert ((probs > 0) & (logits == best)).any(-1).all()
    # exactly as many as needed: without the least likely one, p would not be reached
    left = g.keep_top_p(logits, p).isfinite()
    before = logits.softmax(-1)
    for row, keep in zip(before, left):
        assert row[keep].sum() >= p - 1e-5
        assert row[keep].sum() - row[keep].min() < p + 1e-5


# Catches: sampling that does not follow the probabilities.
def test_draws_follow_the_probabilities():
    net = make(model, general=True)
    prompt = some_ids(1, 5)
    probs = g.next_probabilities(net(prompt)[:, -1], 1.5, 6)[0]
    draw = torch.Generator().manual_seed(0)
    rows = g.generate(net, prompt.expand(4000, -1), 1, 1.5, 6, generator=draw)
    shares = torch.bincount(rows[:, -1], minlength=37) / 4000
    assert (shares - probs).abs().max() < 0.03
    assert ((shares > 0) == (probs > 0)).all()


def test_a_prompt_may_be_a_list_and_nothing_may_be_asked():
    net = make(model, general=True)
    row = g.generate(net, [1, 2, 3], 5, top_k=1)
    assert row.shape == (1, 8) and row[0, :3].tolist() == [1, 2, 3]
    assert g.generate(net, [1, 2, 3], 0).tolist() == [[1, 2, 3]]
    whole = g.generate(
        net, some_ids(1, 64), 3, top_k=1
    )  # a prompt of the whole context
    assert whole.shape == (1, 67)


# Catches: a generator that is not asked for, so that two calls draw the same.
def test_without_a_generator_every_call_draws_anew():
    net = make(model, general=True)
    assert not torch.equal(g.generate(net, [1], 40, 5.0), g.generate(net, [1], 40, 5.0))


# Catches: a model left in evaluation mode after a picture in the middle of training.
def test_the_training_mode_comes_back():
    net = make(model, general=True, dropout=0.5).train()
    first = g.generate(net, [1, 2], 20, top_k=1)
    assert all(part.training for part in net.modules())
    assert torch.equal(first, g.generate(net, [1, 2], 20, top_k=1))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"temperature": -1.0}, "temperature is -1.0; expected a number above 0, or 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"top_k": 0}, "top_k is 0; expected a whole number from 1"),
        ({"top_k": -3}, "top_k is -3"),
        ({"top_k": 2.5}, "top_k is 2.5"),
        ({"top_p": 0}, "top_p is 0; expected a share above 0"),
        ({"top_p": 1.2}, "top_p is 1.2"),
        ({"eos": 37}, "eos is 37, outside the vocabulary of 37"),
        ({"eos": -1}, "eos is -1"),
        ({"max_new_tokens": -1}, "max_new_tokens is -1"),
        ({"max_new_tokens": 1.5}, "max_new_tokens is 1.5"),
        ({"ids": []}, "the prompt is empty"),
        ({"ids": torch.zeros(2, 0, dtype=torch.long)}, "the prompt is empty"),
        ({"ids": [3, 40]}, "token id 40 is outside the vocabulary"),
        ({"ids": some_ids(1, 65)}, "65 tokens are longer than the model's context"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_bad_settings(how, message):
    with pytest.raises(ValueError, match=message):
        g.generate(
            make(model, general=True), **({"ids": [1, 2], "max_new_tokens": 3} | how)
        )


@pytest.mark.parametrize("ids", [[0.5, 1.0], "fox", [[[1]]], None])
def test_prompts_that_are_no_ids(ids):
    with pytest.raises(TypeError, match="expected whole numbers|a prompt is"):
        g.generate(make(model, general=True), ids, 3)
