"""Classifying: the label at the right token, heads swapped, frozen and saved."""

import math

import pytest
import torch
import torch.nn.functional as F
from modelchecks import make
from torch import nn

from shared import checkpoint, model, tales
from shared.data import IGNORE
from shared.evaluate import mean_loss
from shared.finetune import classifier
from shared.model import Decoder, DecoderConfig, swap_head
from shared.tokenizer import BPETokenizer
from shared.train import train

TEXTS = ["Mara lost a key.\n", "Rain.\n", "Finn found the brass key near the mill.\n"]
LABELS = torch.tensor([1, 0, 1])


@pytest.fixture(scope="module")
def tok():
    """A small tokenizer with an end-of-text token."""
    return BPETokenizer.train(" ".join(TEXTS) * 4, 270, ["<|endoftext|>"])


@pytest.fixture
def net():
    """A small model whose parameters are all drawn anew."""
    return make(model, vocab_size=270)


# Catches: a label one token early or late, or at the end of the padding.
def test_the_label_stands_at_the_last_real_token(tok):
    inputs, targets = classifier.label_rows(TEXTS, LABELS, tok, 64)
    for text, label, row, goal in zip(TEXTS, LABELS, inputs, targets, strict=True):
        ids = [tok.special_tokens["<|endoftext|>"], *tok.encode(text)]
        assert row[: len(ids)].tolist() == ids
        assert (goal != IGNORE).nonzero().flatten().tolist() == [len(ids) - 1]
        assert goal[len(ids) - 1] == label


# Catches: a reading that depends on padding, on the batch, or on the order of rows.
def test_features_do_not_depend_on_the_padding(tok, net):
    alone = [classifier.label_rows([t], LABELS[:1], tok, 32) for t in TEXTS]
    expected = torch.cat([classifier.features(net, rows) for rows in alone])
    for length, batch in [(32, 2), (48, 50), (60, 1)]:
        rows = classifier.label_rows(TEXTS, LABELS, tok, length)
        found = classifier.features(net, rows, batch)
        assert torch.allclose(found, expected, atol=1e-5), (length, batch)
    assert not torch.allclose(net.hidden(rows[0])[:, -1], expected, atol=1e-3)


def test_last_real():
    hidden = torch.arange(24.0).view(2, 4, 3)
    found = classifier.last_real(hidden, torch.tensor([1, 4]))
    assert found.tolist() == [[0.0, 1.0, 2.0], [21.0, 22.0, 23.0]]


@pytest.mark.parametrize("lengths", [[0, 2], [1, 5]])
def test_lengths_that_no_row_has(lengths):
    with pytest.raises(ValueError, match="lengths go from .* 1 to 4 tokens"):
        classifier.last_real(torch.zeros(2, 4, 3), torch.tensor(lengths))


def test_one_label_for_each_text(tok):
    with pytest.raises(ValueError, match="3 texts, 2 labels"):
        classifier.label_rows(TEXTS, LABELS[:2], tok, 32)


# Catches: a loss that is not the cross-entropy of the classes.
@pytest.mark.slow
def test_the_loop_of_chapter_07_trains_it(tok, net):
    swap_head(net, 2)
    rows = classifier.label_rows(TEXTS, LABELS, tok, 32)
    theirs = F.cross_entropy(classifier.class_logits(net, rows), LABELS)
    assert mean_loss(net, rows) == pytest.approx(theirs.item(), abs=1e-5)
    train(net, rows, classifier.FINE_TUNING, every=0, device="cpu")
    assert classifier.hit_rate(classifier.class_logits(net, rows), LABELS) == 1.0


# Catches: a head from the global generator, or a body that was touched.
@pytest.mark.parametrize("tie", [True, False])
def test_swap_head(tie):
    net = Decoder(DecoderConfig(vocab_size=270, width=32, heads=2, layers=1, tie=tie))
    body = {k: v.clone() for k, v in net.state_dict().items() if "head" not in k}
    state = torch.get_rng_state()
    assert swap_head(net, 3, seed=4) is net
    assert torch.equal(state, torch.get_rng_state())
    assert net(torch.zeros(2, 5, dtype=torch.long)).shape == (2, 5, 3)
    assert all(torch.equal(net.state_dict()[k], v) for k, v in body.items())
    again = swap_head(Decoder(net.config), 3, seed=4)
    assert torch.equal(net.head.weight, again.head.weight)
    assert not torch.equal(net.head.weight, swap_head(again, 3, 5).head.weight)
    with pytest.raises(ValueError, match="classes is 1"):
        swap_head(net, 1)


# Catches: a head that is lost, or tied again, on the way to the disk and back.
@pytest.mark.parametrize("tie", [True, False])
@pytest.mark.parametrize("classes", [2, 270])
def test_a_classifier_is_saved_and_loaded(tmp_path, tok, tie, classes):
    net = swap_head(make(model, vocab_size=270, tie=tie), classes)
    checkpoint.save(tmp_path / "mine.safetensors", net, tok)
    again, _ = checkpoint.load(tmp_path / "mine.safetensors")
    ids = torch.tensor([[1, 2, 3]])
    assert torch.equal(again(ids), net(ids))
    assert again.head.weight is not again.tokens.weight


# Catches: a head that is saved once because it is the embedding, and not tied again.
def test_a_head_tied_by_hand_is_saved_and_loaded(tmp_path, tok):
    net = make(model, vocab_size=270, tie=False)
    net.head.weight = net.tokens.weight
    checkpoint.save(tmp_path / "mine.safetensors", net, tok)
    again, _ = checkpoint.load(tmp_path / "mine.safetensors")
    ids = torch.tensor([[1, 2, 3]])
    assert torch.equal(again(ids), net(ids))
    assert again.head.weight is again.tokens.weight


# Catches: frozen parts that move, spared ones that do not.
def test_freeze(tok, net):
    swap_head(net, 2)
    before = {k: v.clone() for k, v in net.named_parameters()}
    count = classifier.freeze(net, "head", "blocks.1")
    moving = [k for k in before if k.startswith(("head", "blocks.1"))]
    assert count == sum(before[k].numel() for k in moving)
    rows = classifier.label_rows(TEXTS, LABELS, tok, 32)
    train(net, rows, classifier.FINE_TUNING, every=0, device="cpu")
    for name, p in net.named_parameters():
        assert torch.equal(p, before[name]) == (name not in moving), name
    assert classifier.freeze(net, "") == sum(p.numel() for p in net.parameters())
    with pytest.raises(ValueError, match="begins with 'block7'"):
        classifier.freeze(net, "block7")


def test_balanced():
    texts, labels = classifier.balanced(5, 40)
    truth = {d.text: d.facts["spam"] for d in tales.documents(5, 260, kind="message")}
    assert [truth[text] for text in texts] == labels.tolist() == [1, 0] * 20
    assert classifier.balanced(5, 40)[0] == texts
    with pytest.raises(ValueError, match="n is 3"):
        classifier.balanced(5, 3)


@pytest.mark.parametrize(
    ("text", "found"),
    [("Come.\nMara", "Come.\n"), ("Call now", "Call now\n"), ("a\nb\nc", "a\nb\n")],
)
def test_unsigned(text, found):
    assert classifier.unsigned(text) == found


def test_bag_counts():
    counts = classifier.bag_counts(["a b a", "c"], {"a": 0, " a": 1, " b": 2})
    assert counts.tolist() == [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]


# Catches: a fit that does not go to the best head (torch's LBFGS finds the same one).
def test_fit_linear():
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(300, 4, generator=draw)
    noise = torch.randn(300, generator=draw)
    labels = (x @ torch.tensor([1.0, -2.0, 0.5, 0.0]) + noise > 0).long()
    ours = classifier.fit_linear(x, labels, steps=1500)
    best = nn.Linear(4, 2, bias=False)
    optimizer = torch.optim.LBFGS(best.parameters(), max_iter=200)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(best(x), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    losses = [F.cross_entropy(head(x), labels).item() for head in (ours, best)]
    assert losses[0] == pytest.approx(losses[1], abs=2e-3)
    assert torch.equal(ours.weight, classifier.fit_linear(x, labels, steps=1500).weight)


# Catches: another interval. The ends solve (share - p)^2 = z^2 p (1 - p) / n.
@pytest.mark.parametrize(("right", "n"), [(0, 10), (8, 10), (93, 100), (600, 600)])
def test_wilson(right, n):
    low, high = classifier.wilson(right, n)
    assert 0 <= low <= right / n <= high <= 1
    for p in (low, high):
        if 0 < p < 1:
            far = abs(right / n - p)
            assert far == pytest.approx(1.96 * math.sqrt(p * (1 - p) / n), abs=1e-9)


@pytest.mark.parametrize(("right", "n"), [(3, 2), (-1, 2), (0, 0)])
def test_wilson_refuses(right, n):
    with pytest.raises(ValueError, match=f"{right} of {n} right"):
        classifier.wilson(right, n)


def test_hit_rate():
    logits = torch.tensor([[2.0, 1.0], [0.0, 1.0], [5.0, 0.0], [0.0, 3.0]])
    assert classifier.hit_rate(logits, torch.tensor([0, 1, 1, 1])) == 0.75
