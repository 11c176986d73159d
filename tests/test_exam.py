"""evaluate/exam.py: items, marks, intervals that cover, and options priced by hand."""

import hashlib
import math

import pytest
import torch
import torch.nn.functional as F

from shared.evaluate import exam
from shared.finetune import assistant
from shared.model import Decoder, DecoderConfig
from shared.tales import Lesson
from shared.tokenizer import BPETokenizer, prompt_ids

ITEM = Lesson("owner", "Read: Finn had a kite.\nWho has the kite now?", "Finn.")


@pytest.fixture(scope="module")
def plain() -> tuple[Decoder, BPETokenizer]:
    """A small model with random weights, which knows no chat."""
    tok = BPETokenizer([], ("<|endoftext|>",))
    model = Decoder(
        DecoderConfig(vocab_size=len(tok), context=128, layers=1, width=16, heads=2)
    )
    torch.manual_seed(1)
    for p in model.parameters():
        p.data.normal_(std=0.3)
    return model.eval(), tok


@pytest.fixture(scope="module")
def talking(plain: tuple) -> tuple[Decoder, BPETokenizer]:
    """The same with the marks of a chat."""
    return assistant.extend(*plain)


def test_items_are_the_same_in_every_wording():
    """The wording changes the prompt and neither the facts nor the answer."""
    known, new = (exam.items(7, 5, wording=w) for w in (0, -1))
    assert [item.answer for item in known] == [item.answer for item in new]
    assert all(a.prompt != b.prompt for a, b in zip(known, new))
    assert [item.task for item in known[::5]] == list(exam.SUBJECTS)
    assert exam.items(7, 5, wording=0) == known != exam.items(8, 5, wording=0)


def test_the_books_exam_is_frozen():
    """The book's 360 items, prompts and answers in order, are the first edition's.

    New tasks may come beside them, but these items stay, or scores of before and after
    cannot be compared: where this fails, mend what changed them, never the hash.
    """
    asked = exam.items(seed=900_001, n=40)
    assert exam.SEED == 900_001
    assert [item.task for item in asked[::40]] == [
        *("question", "owner", "missing", "people", "rename"),
        *("sum", "chain", "riddle", "trick"),
    ]
    text = "\n".join(f"{x.task}|{x.prompt}|{x.answer}" for x in asked)
    assert len(asked) == 360
    assert hashlib.sha256(text.encode()).hexdigest() == (
        "e3e20b55cd52b414184bf67297e66ecdcd0076eb8b7bd198d796b592c53e2917"
    )


def test_items_say_what_is_wrong():
    """An empty exam and an unknown subject are refused by name."""
    with pytest.raises(ValueError, match="n is 0"):
        exam.items(1, 0)
    with pytest.raises(ValueError, match="unknown task 'poetry'"):
        exam.items(1, 2, ["poetry"])


def test_the_form_of_documents():
    """The last line becomes the question; without a tale there is only a question."""
    wanted = "Finn had a kite.\nQuestion: Who has the kite now?\nAnswer:"
    assert exam.as_document(ITEM) == wanted
    riddle = Lesson("riddle", "I ring. What am I?", "You are a bell.")
    assert exam.as_document(riddle) == "Question: I ring. What am I?\nAnswer:"


def test_marks_and_subjects():
    """Right answers get 1, each in its subject; counts must match."""
    asked = exam.items(3, 2, ["owner", "chain"])
    said = [asked[0].answer, "Nobody.", "Ninety.", asked[3].answer]
    found = exam.marks(asked, said)
    assert found.tolist() == [1, 0, 0, 1]
    parts = exam.by_subject(asked, found)
    assert {k: v.tolist() for k, v in parts.items()} == {
        "owner": [1, 0],
        "chain": [0, 1],
    }
    with pytest.raises(ValueError, match="4 items, 3 answers"):
        exam.marks(asked, said[:3])


def test_bootstrap_agrees_with_the_formula():
    """For zeros and ones the interval is that of the binomial formula, nearly."""
    found = torch.cat([torch.ones(210), torch.zeros(90)])
    low, high = exam.bootstrap_interval(found)
    half = 1.96 * math.sqrt(0.7 * 0.3 / 300)
    assert abs(low - (0.7 - half)) < 0.008
    assert abs(high - (0.7 + half)) < 0.008
    wider = exam.bootstrap_interval(found, level=0.99)
    assert wider[0] < low
    assert wider[1] > high
    with pytest.raises(ValueError, match=r"shape \(1,\)"):
        exam.bootstrap_interval(torch.ones(1))


def test_intervals_cover_the_truth():
    """Of 200 exams of a model that is right in 0.8, about 95 in 100 intervals hold it.

    The binomial formula's own cover at N = 60 is a little below 0.95.
    """
    draw = torch.Generator().manual_seed(5)
    hits = 0
    for i in range(200):
        found = (torch.rand(60, generator=draw) < 0.8).float()
        low, high = exam.bootstrap_interval(found, draws=500, seed=i)
        hits += low <= 0.8 <= high
    assert 0.88 <= hits / 200 <= 0.98


def test_pairs_cancel_the_luck_of_the_items():
    """Paired, the interval is that of the differences, far narrower than unpaired."""
    a = torch.tensor([1.0, 0.0] * 100)
    b = a.clone()
    b[1:20:2] = 1.0  # ten items more
    mean, low, high = exam.paired_difference(a, b)
    assert mean == pytest.approx(0.05)
    assert 0 < low < 0.03
    assert 0.07 < high < 0.09
    assert high - low < 1.96 * math.sqrt(a.var() / 200 + b.var() / 200)
    back = exam.paired_difference(b, a)
    assert back == pytest.approx((-mean, -high, -low))
    with pytest.raises(ValueError, match="200 and 199"):
        exam.paired_difference(a, b[:-1])


def test_options_hold_one_right_answer():
    """K different texts, exactly one of them right, and its place is not always one."""
    asked = exam.items(exam.SEED, 20, exam.CHOOSABLE)
    listed, places = exam.options(asked, seed=1)
    for item, row, place in zip(asked, listed, places.tolist()):
        right = [exam.is_right(item, text) for text in row]
        assert len(set(row)) == 4
        assert right.index(True) == place
        assert sum(right) == 1
    assert set(places.tolist()) == {0, 1, 2, 3}
    with pytest.raises(ValueError, match="'trick' has 1 different wrong"):
        exam.options(exam.items(1, 20, ["trick"]), 1)


@pytest.mark.parametrize("kind", ["plain", "talking"])
def test_answer_nats_by_hand(kind: str, request: pytest.FixtureRequest):
    """An answer costs what the model's logits say, its end included, its prompt not."""
    model, tok = request.getfixturevalue(kind)
    nats, tokens = exam.answer_nats(model, tok, ITEM, "Nobody has it.")
    if kind == "plain":
        stop = tok.special_tokens["<|endoftext|>"]
        before = [stop, *tok.encode(exam.as_document(ITEM) + " ")[:-1]]
        own = [*tok.encode(" Nobody has it."), stop]
    else:
        stop = tok.special_tokens["<|end|>"]
        before = prompt_ids(tok, ITEM.prompt)
        own = [*tok.encode("Nobody has it."), stop]
    ids = torch.tensor([before + own])
    with torch.no_grad():
        logits = model(ids[:, :-1])[0, len(before) - 1 :]  # (own, V)
    wanted = F.cross_entropy(logits, torch.tensor(own), reduction="sum")
    assert nats == pytest.approx(wanted.item(), rel=1e-4)
    assert tokens == len(own)
    assert exam.answer_nats(model, tok, ITEM, "Nobody has it.") == (nats, tokens)


@pytest.mark.parametrize("kind", ["plain", "talking"])
def test_answers_stand_in_the_order_of_the_items(
    kind: str, request: pytest.FixtureRequest
):
    """Prompts of different lengths, asked together, are answered as if alone."""
    model, tok = request.getfixturevalue(kind)
    asked = [ITEM, Lesson("sum", "What is two and two?", "Four."), ITEM]
    together = exam.answers(model, tok, asked, most=6)
    assert together == [exam.answers(model, tok, [x], most=6)[0] for x in asked]
    drawn = [exam.answers(model, tok, asked, most=6, seed=s) for s in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_sign_test_counts_coins():
    """Known tails of the binomial, the order of the models, and no difference."""
    both, one = torch.ones(4), torch.tensor([0.0] * 5)
    a, b = torch.cat([both, one]), torch.cat([both, 1 - one])
    assert exam.sign_test(a, b) == exam.sign_test(b, a) == 2 / 32
    b[-1] = 0.0
    assert exam.sign_test(a, b) == 2 / 16  # items that both fail do not count
    a[-2:], b[-2:] = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert exam.sign_test(a, b) == pytest.approx(2 * (5 + 1) / 32)
    even = torch.tensor([1.0, 0.0])
    assert exam.sign_test(even, 1 - even) == exam.sign_test(even, even) == 1
    a = torch.tensor([0.0] * 30 + [1.0] * 12)
    tosses = torch.rand(20_000, 42, generator=torch.Generator().manual_seed(1)) < 0.5
    far = ((tosses.sum(1) - 21).abs() >= 9).float().mean().item()
    assert exam.sign_test(a, 1 - a) == pytest.approx(far, abs=0.003)


def test_kappa_of_known_tables():
    """Cohen's own kind of table, full agreement, chance, and no choice at all."""
    a = torch.tensor([1.0] * 25 + [0.0] * 25)
    b = torch.tensor([1.0] * 20 + [0.0] * 5 + [1.0] * 10 + [0.0] * 15)
    assert exam.kappa(a, b) == pytest.approx(0.4)  # agreed 0.7, by chance 0.5
    assert exam.kappa(a, a) == 1
    assert exam.kappa(a, 1 - a) == -1
    half = torch.tensor([1.0, 0.0] * 25)[:48]
    assert abs(exam.kappa(torch.tensor([1.0, 1.0, 0.0, 0.0] * 12), half)) < 1e-6
    assert math.isnan(exam.kappa(torch.ones(5), torch.ones(5)))
