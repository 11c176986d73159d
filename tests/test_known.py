"""A model whose vocabulary was rounded up draws only what its tokenizer knows."""

import copy
from dataclasses import replace

import pytest
import torch
from modelchecks import make
from torch import nn

from shared import model
from shared.evaluate.exam import answers
from shared.finetune import assistant
from shared.finetune.rewards import answer_groups
from shared.generate import continuations, replies, terminal, within
from shared.tales import Lesson
from shared.tokenizer import BPETokenizer

SAID = ["What has Tom?", "Hi"]


class Loud(nn.Module):
    """A head whose filling is always the likeliest by far."""

    def __init__(self, head, more):
        super().__init__()
        self.head, self.more = head, more

    def forward(self, x):
        scores = self.head(x)
        return torch.cat([scores, scores.new_full((*x.shape[:-1], self.more), 99)], -1)


@pytest.fixture(scope="module")
def triple():
    """A chat model, the same with 60 tokens that stand for nothing, the tokenizer."""
    tok = BPETokenizer([], ["<|endoftext|>"])
    net = make(model, general=True, vocab_size=len(tok), context=64).eval()
    net, tok = assistant.extend(net, tok)
    padded = copy.deepcopy(net)
    padded.config = replace(net.config, vocab_size=len(tok) + 60)
    padded.head = Loud(padded.head, 60)
    return net.eval(), padded.eval(), tok


def draw():
    return torch.Generator().manual_seed(3)


# Catches: ids that decode refuses, drawn in a chat, an exam, a group, at the terminal.
def test_filling_is_never_drawn(triple):
    net, padded, tok = triple
    style = terminal.Style(9, 1.0)
    asked = [Lesson("", prompt, "") for prompt in SAID]
    for way in (
        lambda one: replies(one, tok, SAID, 9),
        lambda one: replies(one, tok, SAID, 9, top_k=None, generator=draw()),
        lambda one: answers(one, tok, asked, 9),
        lambda one: answer_groups(one, tok, SAID, 2, 9, draw())[0],
        lambda one: "".join(terminal.answer(one, tok, SAID[0], style, draw())),
    ):
        assert way(padded) == way(net)


def test_a_view_leaves_the_model_as_it_is(triple):
    net, padded, tok = triple
    view = within(padded, len(tok))
    ids = torch.tensor([[1, 2, 3]])
    assert torch.equal(view(ids), net(ids)) and padded(ids).shape[-1] == len(tok) + 60
    assert view.blocks is padded.blocks and padded.config.vocab_size == len(tok) + 60
    for known in (None, len(tok), len(tok) + 9):
        assert within(net, known) is net
    (row,) = continuations(padded, [[1, 2]], 1, temperature=0)
    assert row.item() >= len(tok)  # without a tokenizer, all ids are the model's
    with pytest.raises(ValueError, match=f"outside the vocabulary of {len(tok)}"):
        continuations(padded, [[len(tok)]], 5, known=len(tok))
