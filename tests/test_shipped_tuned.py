"""The assistant and its successors: each figure of the passport, from the files."""

import pytest
import torch

from shared import checkpoint, evaluate, tales
from shared.checkpoint import passport
from shared.evaluate import exam
from shared.runs.models import MAKERS
from shared.runs.shipping import TOKENIZER
from shared.runs.tuned import TEST_SEED, answers_to_sums, exam_scores
from shared.tokenizer import MARKS

NAMES = ("chat", "dpo", "grpo")
NOTED = passport.models()
#: Half precision may turn an answer or two of a hundred; so may another processor.
SHARE = 0.035


@pytest.fixture(scope="module", params=NAMES)
def tuned(request):
    """A shipped model with its name, tokenizer and what the passport notes."""
    torch.set_num_threads(1)
    model, tok = checkpoint.load(request.param)
    return request.param, model, tok, NOTED[request.param]


def test_each_has_one_command_and_one_file(tuned):
    name, model, tok, noted = tuned
    assert name in MAKERS
    assert noted["parameters"] == sum(p.numel() for p in model.parameters())
    assert noted["sha256"] == checkpoint.sha256(checkpoint.where(name))
    assert len(tok) == model.config.vocab_size == 1027


@pytest.mark.slow
def test_the_exam_of_the_passport(tuned):
    _, model, tok, noted = tuned
    found = exam_scores(model, tok)
    assert found.keys() == noted["exam"].keys() == set(exam.SUBJECTS)
    for task, share in noted["exam"].items():
        assert found[task] == pytest.approx(share, abs=SHARE), task


@pytest.mark.slow
def test_what_was_forgotten(tuned):
    name, model, tok, noted = tuned
    texts = [d.text for d in tales.documents(TEST_SEED, 200)]
    assert evaluate.loss(model, tok, texts) == pytest.approx(
        noted["tales_after"], abs=0.01
    )
    if name == "chat":
        base, known = checkpoint.load("base")
        before = evaluate.loss(base, known, texts)
        assert before == pytest.approx(noted["tales_before"], abs=0.002)


@pytest.mark.slow
def test_the_sums_drawn_before_and_after(tuned):
    name, model, tok, _ = tuned
    found = answers_to_sums(model, tok)
    key = "drawn_before" if name == "chat" else "drawn_after"
    noted = NOTED["grpo" if name == "chat" else name][key]
    for share in ("right", "shows_way"):
        assert found[share] == pytest.approx(noted[share], abs=SHARE), share


@pytest.mark.slow
def test_a_tale_just_given_is_answered_at_least_80_times_in_100():
    model, tok = checkpoint.load("chat")
    asked = exam.items(exam.SEED + 2, 300, ["question"])
    found = exam.marks(asked, exam.answers(model, tok, asked))
    assert found.mean() >= 0.8


def test_rewards_and_preferences_help_with_sums_beyond_chance():
    after = {name: NOTED[name]["drawn_after"]["right"] for name in ("dpo", "grpo")}
    before = NOTED["grpo"]["drawn_before"]["right"]
    # Three standard errors of a difference of shares of 300 answers are 0.12 at most.
    assert after["grpo"] - before > 0.12
    assert after["dpo"] - before > 0.12


def test_the_tokenizer_is_the_books_with_three_marks_more(tuned):
    name, _, tok, _ = tuned
    _, known = checkpoint.load("base")
    assert tok.merges == known.merges
    assert list(tok.special_tokens) == [*known.special_tokens, *MARKS]
    assert checkpoint.sha256(TOKENIZER) == NOTED["chat"]["tokenizer_sha256"]
