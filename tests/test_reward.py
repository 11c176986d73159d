"""Rewards: against trl's own loss, advantages and gradients, and exact divergences."""

import copy
import math

import pytest
import torch
from modelchecks import small_chat

from shared.data import IGNORE
from shared.finetune import assistant, preferences, rewards
from shared.tales import Lesson, lessons
from shared.tokenizer import marks_of, prompt_ids
from shared.train import Recipe

D = torch.float64
# Recorded from trl 1.16.0 (torch 2.13.0): GRPOTrainer._compute_loss, loss_type "grpo",
# on these log-probabilities of tokens in float64.
NEW = [[-0.74, -2.52, -1.03], [-0.25, -0.13, -1.82], [-0.31, -0.33, -0.46],
       [-1.74, -1.67, -0.87]]  # fmt: skip
OLD = [[-1.16, -2.73, -1.02], [-0.33, -0.01, -1.21], [-0.01, -0.45, -0.81],
       [-1.75, -2.06, -0.21]]  # fmt: skip
REF = [[-0.7, -2.42, -0.76], [-0.4, -0.01, -1.54], [-0.36, -0.01, -0.7],
       [-0.87, -1.28, -1.15]]  # fmt: skip
COUNTS = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]]
ADVANTAGES = [1.2, -0.7, -0.9, 0.4]
TRL = {  # (clip, beta): loss, and the gradient by NEW
    (0.2, 0.04): (-0.07511981996855979, [
        [-0.0001360359, -0.0003505697, -0.1000381982], [0.0954840785, 0.076968054, 0.0],
        [0.0004877058, 0.0, 0.0], [-0.0382913751, -0.001589936, -0.0164143236]]),
    (0.1, 0.0): (-0.030530748339220218, [
        [0.0, 0.0, -0.0990049834], [0.0947876184, 0.0, 0.0],
        [0.0, 0.0, 0.0], [-0.0336683389, 0.0, -0.0172283778]]),
}  # fmt: skip
TRL_KL = 0.07833953159656389  # the mean over the tokens that count
# A GRPOTrainer of trl 1.16.0 on a tiny random model, groups of four; trl shuffles the
# rows afterwards, and they are put back in order here.
REWARDS = [[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5], [2.0, -1.0, 0.0, 0.25]]
TRL_ADVANTAGES = [
    [1.4997000694, -0.4999000132, -0.4999000132, -0.4999000132],
    [0.0, 0.0, 0.0, 0.0],
    [1.3521473408, -1.0516700745, -0.2503976524, -0.0500795282],
]


@pytest.fixture
def small():
    """A small random model that has the chat's marks, and its tokenizer."""
    return small_chat()


def inputs():
    """trl's fixed input as tensors: new, old, ref, advantages, counts."""
    new, old, ref, advantages = (
        torch.tensor(part, dtype=D) for part in (NEW, OLD, REF, ADVANTAGES)
    )
    return new.requires_grad_(), old, ref, advantages, torch.tensor(COUNTS)


# Catches: clip the wrong way, max for min, KL swapped, the mean over all tokens.
@pytest.mark.parametrize("settings", TRL)
def test_loss_and_gradients_are_trls(settings):
    clip, beta = settings
    new, *rest = inputs()
    loss = rewards.grpo_loss(new, *rest, clip=clip, beta=beta)
    loss.backward()
    expected, slopes = TRL[settings]
    assert math.isclose(loss.item(), expected, rel_tol=1e-9)
    assert torch.allclose(new.grad, torch.tensor(slopes, dtype=D), atol=1e-9)


def test_divergence_is_trls():
    new, _, ref, _, counts = inputs()
    found = (rewards.divergence(new, ref) * counts).sum() / counts.sum()
    assert math.isclose(found.item(), TRL_KL, rel_tol=1e-6)


# Catches: the biased standard deviation, mean or deviation of the whole batch.
def test_advantages_are_trls():
    found = rewards.group_advantages(torch.tensor(REWARDS))
    assert torch.allclose(found, torch.tensor(TRL_ADVANTAGES), atol=1e-6)


# Catches: KL(ref, new) for KL(new, ref), an estimate that is wrong on the average.
def test_the_estimate_is_the_divergence_on_the_average():
    draw = torch.Generator().manual_seed(4)
    new, ref = (torch.randn(6, 9, generator=draw, dtype=D) for _ in range(2))
    new, ref = new.log_softmax(-1), ref.log_softmax(-1)
    exact = (new.exp() * (new - ref)).sum(-1)
    mean = (new.exp() * rewards.divergence(new, ref)).sum(-1)
    assert torch.allclose(mean, exact, atol=1e-12)
    assert (rewards.divergence(new, ref) >= 0).all()


def test_before_any_update_the_gradient_is_that_of_plain_policy_gradient():
    new, _, ref, advantages, counts = inputs()
    loss = rewards.grpo_loss(new, new.detach(), ref, advantages, counts, beta=0.0)
    loss.backward()
    lengths = counts.sum(1, keepdim=True)
    plain = -advantages[:, None] * counts / lengths / len(counts)
    assert torch.allclose(new.grad, plain, atol=1e-12)


# Catches: rows of another order than the advantages, prompts that count, lost stops.
def test_rows_hold_the_answers_in_the_prompts_order(small):
    model, tok = small
    prompts = ["What is two and two?", "Hello!", "What is six and one?"]
    draw = torch.Generator().manual_seed(1)
    said, (inputs, targets) = rewards.answer_groups(model, tok, prompts, 3, 6, draw)
    stop = marks_of(tok)[2]
    assert [len(group) for group in said] == [3, 3, 3]
    assert inputs.shape == targets.shape and len(inputs) == 9
    flat = [answer for group in said for answer in group]
    for i, answer in enumerate(flat):
        asked = prompt_ids(tok, prompts[i // 3])
        assert inputs[i, : len(asked)].tolist() == asked
        counted = targets[i][targets[i] != IGNORE].tolist()
        assert tok.decode([t for t in counted if t != stop]) == answer
        assert (targets[i, : len(asked) - 1] == IGNORE).all()
        assert len(counted) == 6 or counted[-1] == stop


# Catches: answers drawn from other bets than those that are scored (top-k, say).
def test_answers_are_drawn_from_the_bets_that_are_scored(small):
    model, tok = small
    draw = torch.Generator().manual_seed(2)
    said, rows = rewards.answer_groups(model, tok, ["Hello!"] * 60, 8, 1, draw)
    first = rows[1][rows[1] != IGNORE]  # one token each
    ids = torch.tensor([prompt_ids(tok, "Hello!")])
    bets = model(ids)[0, -1].softmax(-1).detach()  # (V,)
    expected = (bets * bets.log()).sum()
    drawn = bets[first].log()
    error = drawn.std() / len(drawn) ** 0.5
    assert abs(drawn.mean() - expected) < 4 * error


def test_a_rewarded_answer_becomes_likelier(small):
    model, tok = small
    asked = [Lesson("talk", "Hello!", "")]

    def letters(lesson, answer):
        return float(answer.count("e"))

    recipe = Recipe(steps=20, batch=2, rate=1e-2, hold=20, decay=0.0)
    before = copy.deepcopy(model.state_dict())
    settings = {"group": 8, "max_new_tokens": 6, "beta": 0.0}
    history = rewards.train_grpo(model, tok, asked * 2, letters, recipe, **settings)
    assert sum(history["reward"][-5:]) > 1.5 * sum(history["reward"][:5])
    assert history["divergence"][-1] > history["divergence"][0]
    model.load_state_dict(before)
    again = rewards.train_grpo(model, tok, asked * 2, letters, recipe, **settings)
    assert again["reward"] == history["reward"]


# Catches: clipped tokens counted on the wrong side, or outside the answers.
def test_what_is_watched_counts_answers_and_stopped_tokens():
    ratio = torch.tensor([[1.3, 0.7, 1.3], [1.3, 0.7, 1.0], [1.5, 0.5, 1.0]])
    counts = torch.tensor([[1, 1, 0], [1, 1, 1], [1, 1, 1]]).bool()
    A = torch.tensor([1.0, -0.9, 0.0])
    found = rewards.watched(ratio.log(), torch.zeros(3, 3), A, counts)
    assert found["clipped"] == pytest.approx(2 / 8)  # one praised, one blamed
    assert found["alike"] == pytest.approx(1 / 3)
    assert found["divergence"] == 0 and found["length"] == pytest.approx(8 / 3)


# Catches: a reference that moves along, so that the divergence stays at nothing.
def test_the_reference_stays_where_it_was(small):
    model, tok = small
    start = copy.deepcopy(model)
    asked = lessons(5, 4, "sum")
    recipe = Recipe(steps=3, batch=2, rate=1e-2, hold=3, decay=0.0)
    history = rewards.train_grpo(
        model, tok, asked, lambda _, a: len(a), recipe, group=4, max_new_tokens=6
    )
    rows = assistant.chat_rows(asked, tok)
    new, ref = (preferences.token_logprobs(m, rows) for m in (model, start))
    assert rewards.divergence(new, ref).max() > 0
    assert history["divergence"][-1] > 0


# Catches: advantages that are rounded, moved to another row, or taken by the batch.
def test_each_answer_is_scored_with_its_own_advantage(small, monkeypatch):
    model, tok = small
    seen, plain = [], rewards.grpo_loss

    def noting(new, old, ref, advantages, counts, beta):
        seen.append((advantages, new.detach(), old))
        return plain(new, old, ref, advantages, counts, beta=beta)

    monkeypatch.setattr(rewards, "grpo_loss", noting)
    paid = iter([0.5, 2.0, 1.0, 0.0, 0.0, 3.0])
    recipe = Recipe(steps=1, batch=2, rate=1e-2, hold=1, decay=0.0)
    rewards.train_grpo(
        model, tok, lessons(5, 2, "sum"), lambda *_: next(paid), recipe, group=3
    )
    marks = torch.tensor([[0.5, 2.0, 1.0], [0.0, 0.0, 3.0]])
    wanted = rewards.group_advantages(marks).flatten()
    assert len(seen) == 2 and all(torch.allclose(a, wanted) for a, _, _ in seen)
    (_, first, old), (_, second, same) = seen
    assert torch.allclose(first, old, atol=1e-5) and torch.equal(old, same)
    assert not torch.allclose(second, old, atol=1e-4)


def test_the_honest_reward_is_the_exams_own():
    asked = Lesson("chain", "What is two and two and three?", "Seven.")
    way = "Two and two make four. Four and three make seven."
    assert rewards.right(asked, way) == rewards.right(asked, "Seven.") == 1.0
    assert (
        rewards.right(asked, "Eight.") == rewards.right(asked, "Seven. Eight.") == 0.0
    )
    assert rewards.right(asked, " ".join([way, "Seven."])) == 0.0  # too many numbers


@pytest.mark.parametrize(
    ("change", "named"),
    [({"lessons": []}, "no lesson"), ({"group": 1}, "group is 1"),
     ({"updates": 0}, "updates is 0"),
     ({"lessons": [Lesson("x", "Who?", "I.", (("Hi", "Hello!"),))]}, "earlier turns")],
)  # fmt: skip
def test_bad_settings_are_refused_by_name(small, change, named):
    model, tok = small
    settings = {"lessons": lessons(5, 2, "sum"), "reward": rewards.right} | change
    with pytest.raises(ValueError, match=named):
        rewards.train_grpo(model, tok, recipe=Recipe(steps=1, batch=1), **settings)
