"""What texts cost: against prices computed token by token, and beside the truth."""

import math

import pytest
import torch
from modelchecks import MODERN, make

from shared import evaluate, model, tales
from shared.evaluate import bill, bills, bits_per_byte, loss, perplexity
from shared.tokenizer import BPETokenizer, WordTokenizer

PROSE = "Mara lost the brass key near the mill, and Tobin who'd found 3 shells. " * 4
TEXTS = ["the mill", PROSE[:90], "", PROSE[90:200], "a", "x\n🦊", "Tobin", PROSE[3:60]]


@pytest.fixture(scope="module")
def tok() -> BPETokenizer:
    return BPETokenizer.train(PROSE, 290)


@pytest.fixture(scope="module", params=[{}, MODERN], ids=["gpt2", "modern"])
def net(request):
    return make(model, **(request.param | {"vocab_size": 290, "context": 64}))


def one_by_one(net, tok, text):
    """The price of each token by the definition: a model call per token."""
    ids, costs = [tok.special_tokens["<|endoftext|>"]], []
    for token in tok.encode(text):
        probs = net(torch.tensor([ids]))[0, -1].double().softmax(-1)
        costs.append(-math.log(probs[token].item()))
        ids.append(token)
    return costs


# Catches: a shift by one, a first token that is free, padding that is charged, texts
# that come back in another order, batches that leave a text out.
@pytest.mark.parametrize("batch", [1, 3, 32])
def test_prices_are_those_of_one_call_per_token(net, tok, batch):
    found = bills(net, tok, TEXTS, batch)
    for costs, text in zip(found, TEXTS):
        assert costs == pytest.approx(one_by_one(net, tok, text), abs=2e-5)
        assert len(costs) == len(tok.encode(text))
    assert bill(net, tok, TEXTS[1]) == pytest.approx(found[1], abs=2e-5)


# Catches: a mean of means, another logarithm, characters taken for bytes.
def test_the_three_measures(net, tok):
    costs = [cost for costs in bills(net, tok, TEXTS) for cost in costs]
    mean = sum(costs) / len(costs)
    assert loss(net, tok, TEXTS) == pytest.approx(mean)
    assert perplexity(net, tok, TEXTS) == pytest.approx(math.exp(mean))
    length = len("".join(TEXTS).encode())
    bits = sum(costs) / math.log(2) / length
    assert bits_per_byte(net, tok, iter(TEXTS)) == pytest.approx(bits)
    assert length > len("".join(TEXTS))


# Catches: tokens of a long text that are charged twice, not at all, or with too little
# before them.
@pytest.mark.parametrize("length", [1, 63, 64, 65, 96, 97, 128, 200])
@pytest.mark.parametrize("context", [64, 7, 1])
def test_windows_charge_every_token_once(length, context):
    charged = []
    for first, end, new in evaluate.spans(length, context):
        assert 0 < end - first <= context
        assert new == 0 or new - first >= context // 2 or context == 1
        charged += range(new, end)
    assert charged == list(range(length))


def test_a_text_longer_than_the_context(net, tok):
    text = PROSE[:260]
    ids = [tok.special_tokens["<|endoftext|>"], *tok.encode(text)]
    assert len(ids) > 100
    costs = bill(net, tok, text)
    assert len(costs) == len(ids) - 1
    fits = tok.decode(ids[1:65])
    assert costs[:64] == pytest.approx(one_by_one(net, tok, fits), abs=2e-5)
    # the tokens from 64 on are read in a window that begins at token 32
    logits = net(torch.tensor([ids[32:96]]))[0].double().log_softmax(-1)
    expected = [-logits[i - 32, ids[i + 1]].item() for i in range(64, 96)]
    assert costs[64:96] == pytest.approx(expected, abs=2e-5)


# Catches: another count than that of the truth, or a bill in another unit.
def test_the_bill_stands_beside_the_truth(tok):
    tok = BPETokenizer.train([d.text for d in tales.documents(5, 60)], 400)
    net = make(model, vocab_size=400)
    texts = [d.text for d in tales.documents(6, 6)]
    truth = [tales.bill(text, tok) for text in texts]
    for text, true in zip(texts, truth):
        assert len(bill(net, tok, text)) == len(true)
    floor = sum(map(sum, truth)) / sum(map(len, truth))
    assert loss(net, tok, texts) > floor > 0
    even = model.Decoder(model.DecoderConfig(vocab_size=400, init="zero-out"))
    assert loss(even, tok, texts) == pytest.approx(math.log(400), abs=0.1)


# Catches: evaluation that changes the training that goes on after it.
def test_evaluating_changes_nothing(tok):
    net = make(model, vocab_size=290, dropout=0.5).train()
    net.blocks[1].eval()
    modes = [part.training for part in net.modules()]
    before = {name: t.clone() for name, t in net.state_dict().items()}
    state = torch.get_rng_state()
    first = loss(net, tok, TEXTS)
    assert loss(net, tok, TEXTS) == first, "there was dropout"
    assert torch.equal(state, torch.get_rng_state())
    assert [part.training for part in net.modules()] == modes
    assert all(torch.equal(t, before[n]) for n, t in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    with pytest.raises(ValueError):
        loss(net, tok, [])
    assert [part.training for part in net.modules()] == modes


def test_bad_input(net, tok):
    with pytest.raises(TypeError, match="expected several texts, got one str"):
        loss(net, tok, "the mill")
    with pytest.raises(TypeError, match="expected several texts, got one str"):
        bits_per_byte(net, tok, "the mill")
    with pytest.raises(TypeError, match=r"expected text \(str\), got Document"):
        loss(net, tok, tales.documents(1, 2))
    for empty in ([], [""]):
        with pytest.raises(ValueError, match="there is no token to charge for"):
            loss(net, tok, empty)
    with pytest.raises(ValueError, match="has no <|endoftext|>"):
        loss(net, BPETokenizer.train(PROSE, 290, ()), TEXTS)
    with pytest.raises(ValueError, match="has no <|endoftext|>"):
        loss(net, WordTokenizer(["the", " mill"]), ["the mill"])
    with pytest.raises(ValueError, match="outside the vocabulary of 200 tokens"):
        loss(make(model, vocab_size=200), tok, TEXTS)
    with pytest.raises(ValueError, match="batch is 0"):
        bills(net, tok, TEXTS, 0)
    assert bills(net, tok, []) == []
