"""Preferences: against trl's own loss and gradients, and the formulas of the paper."""

import math

import pytest
import torch
from modelchecks import small_chat

from shared.data import IGNORE
from shared.finetune import Pair, assistant, preferences
from shared.tales import Lesson
from shared.tokenizer import lesson_ids
from shared.train import Recipe

# Recorded from trl 1.16.0 (torch 2.13.0): DPOTrainer._compute_loss, loss_type
# "sigmoid", reverse KL, on these log-probabilities of tokens in float64; rows are two
# chosen answers, then the two rejected ones.
NOW = [[-0.5, -1.5, -0.3], [-2.1, -0.2, 0.0], [-1.0, -0.7, -2.2], [-0.1, -0.4, 0.0]]
BEFORE = [[-0.9, -1.6, -0.2], [-1.3, -0.4, 0.0], [-0.8, -0.7, -1.2], [-0.3, -0.5, 0.0]]
TRL = {  # beta: loss, mean margin, and the gradient by each answer's log-probability
    0.1: (0.6777515560331748, 0.035, (-0.0230042558, -0.0261242412)),
    0.5: (0.6571748059726162, 0.175, (-0.0775063797, -0.1526598085)),
}
PAIRS = [
    Pair("What is two and two?", "Two and two make four.", "Four."),
    Pair("How much is nine take away five?", "Nine take away five is two.", "Four."),
    Pair("What is six and one?", "Six and one make seven.", "Eight."),
]


def answers(beta):
    """trl's input as log-probabilities of answers, and the margins."""
    now = torch.tensor(NOW, dtype=torch.float64).sum(1).requires_grad_()
    before = torch.tensor(BEFORE, dtype=torch.float64).sum(1)
    gained = preferences.margins(now[:2] - before[:2], now[2:] - before[2:], beta)
    return now, before, gained


@pytest.fixture
def small():
    """A small random model that has the chat's marks, and its tokenizer."""
    return small_chat()


# Catches: a wrong sign, beta outside, a reference left out, a sum for the mean.
@pytest.mark.parametrize("beta", TRL)
def test_loss_margins_and_gradients_are_trls(beta):
    now, before, gained = answers(beta)
    loss = preferences.dpo_loss(now[:2], now[2:], before[:2], before[2:], beta)
    loss.backward()
    expected, margin, slopes = TRL[beta]
    assert math.isclose(loss.item(), expected, rel_tol=1e-9)
    assert math.isclose(gained.mean().item(), margin, rel_tol=1e-9)
    wanted = torch.tensor([*slopes, *(-s for s in slopes)], dtype=torch.float64)
    assert torch.allclose(now.grad, wanted, atol=1e-9)


def test_the_gradient_agrees_with_nudging():
    before = torch.tensor(BEFORE, dtype=torch.float64).sum(1)

    def loss(now):
        return preferences.dpo_loss(now[:2], now[2:], before[:2], before[2:], 0.3)

    now = torch.tensor(NOW, dtype=torch.float64).sum(1).requires_grad_()
    assert torch.autograd.gradcheck(loss, now)


# Catches: prompt tokens that count, a target one place off, padding that counts.
def test_an_answer_costs_what_its_tokens_cost_one_by_one(small):
    model, tok = small
    rows, _ = preferences.pair_rows(PAIRS, tok)
    found = preferences.answer_logprobs(model, rows)
    for pair, total in zip(PAIRS, found):
        ids, start = lesson_ids(tok, pair.prompt, pair.chosen)
        bets = model(torch.tensor([ids])).log_softmax(-1)[0]  # (T, V)
        price = sum(bets[i - 1, ids[i]] for i in range(start, len(ids)))
        assert torch.allclose(total, price, atol=1e-4)
    per_token = preferences.token_logprobs(model, rows)
    assert per_token[rows[1] == IGNORE].eq(0).all()


def test_reference_is_taken_in_parts_and_without_gradient(small):
    model, tok = small
    rows, _ = preferences.pair_rows(PAIRS, tok)
    whole = preferences.answer_logprobs(model, rows).detach()
    parts = preferences.reference_logprobs(model, rows, batch=2)
    assert torch.allclose(whole, parts, atol=1e-4) and not parts.requires_grad


# Catches: a reference that moves along (the margin would stay 0), a wrong sign.
def test_training_prefers_the_chosen_more_than_before(small):
    model, tok = small
    sides = preferences.pair_rows(PAIRS, tok)
    before = [preferences.reference_logprobs(model, rows) for rows in sides]
    recipe = Recipe(steps=12, batch=3, rate=3e-3, hold=12, decay=0.0)
    history = preferences.train_dpo(model, tok, PAIRS, recipe, beta=0.5)
    assert history["margin"][0] == pytest.approx(0, abs=1e-5)
    assert history["loss"][0] == pytest.approx(math.log(2), abs=1e-5)
    assert history["margin"][-1] > 0.2 and history["preferred"][-1] == 1
    after = [preferences.reference_logprobs(model, rows) for rows in sides]
    assert (after[0] - before[0] > after[1] - before[1]).all()


# Catches: gains exchanged, taken after the update, or not from the reference; a probe
# that is asked at other steps.
def test_the_history_has_both_gains_and_what_a_probe_finds(small):
    model, tok = small
    asked = []

    def probe(trained):
        assert trained is model
        asked.append(len(asked))
        return {"asked": float(len(asked))}

    recipe = Recipe(steps=21, batch=3, rate=3e-3, hold=21, decay=0.0)
    history = preferences.train_dpo(model, tok, PAIRS, recipe, 0.5, probe)
    assert len(asked) == 2 and history["asked"][9] == 1 and history["asked"][19] == 2
    assert math.isnan(history["asked"][10])
    for up, down, m in zip(*(history[n] for n in ("chosen", "rejected", "margin"))):
        assert m == pytest.approx(0.5 * (up - down), abs=1e-4)
    assert [history[n][0] for n in ("chosen", "rejected")] == pytest.approx(
        [0, 0], abs=1e-4
    )
    assert history["rejected"][-1] < -0.5


def test_same_seed_same_weights(small):
    model, tok = small
    recipe, ends = Recipe(steps=2, batch=2, rate=1e-3, hold=2), []
    for _ in range(2):
        copy = type(model)(model.config)
        copy.load_state_dict(model.state_dict())
        preferences.train_dpo(copy.eval(), tok, PAIRS, recipe)
        ends.append(copy.state_dict())
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_pairs_are_drawn_one_liked_and_one_not(small):
    model, tok = small
    prompts = [pair.prompt for pair in PAIRS]

    def likes(answer):
        return len(answer) % 2 == 0

    found = preferences.collect_pairs(model, tok, prompts, likes, seed=3)
    assert found == preferences.collect_pairs(model, tok, prompts, likes, seed=3)
    assert found and all(likes(p.chosen) and not likes(p.rejected) for p in found)
    assert preferences.collect_pairs(model, tok, prompts, lambda _: True, seed=3) == []


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("Two and two make four.", True),
        ("Nine take away five is four. Four and two make six.", True),
        ("Four.", False),
        ("The tale does not say.", False),
        ("Seven and five.", False),
    ],
)
def test_a_way_names_its_numbers(answer, shown):
    assert preferences.shows_way(answer) is shown


def test_bad_pairs_are_refused_by_name(small):
    model, tok = small
    with pytest.raises(ValueError, match="no pair"):
        preferences.pair_rows([], tok)
    with pytest.raises(ValueError, match="'Four.'"):
        preferences.pair_rows([Pair("What is two and two?", "Four.", "Four.")], tok)
    with pytest.raises(ValueError, match="tries is 1"):
        preferences.collect_pairs(model, tok, ["Hello!"], bool, seed=1, tries=1)


def test_lessons_are_not_needed_to_be_right(small):
    _, tok = small
    rows, _ = preferences.pair_rows(PAIRS, tok)
    lessons = [Lesson("sum", pair.prompt, pair.chosen) for pair in PAIRS]
    same = assistant.chat_rows(lessons, tok)
    assert all(torch.equal(a, b) for a, b in zip(rows, same))
