"""What makes writing quicker must not change what is written: room for keys and values
that is made ahead, and matrices that lie column by column.
"""

import copy

import pytest
import torch

from shared.checkpoint import load, save
from shared.generate import generate
from shared.model import (
    Decoder,
    DecoderConfig,
    KeyValues,
    RoomyKeyValues,
    lay_out_by_columns,
)
from shared.tokenizer import BPETokenizer

SIZES = {"vocab_size": 257, "context": 64, "layers": 2, "heads": 4, "width": 32}


def drawn(**fields) -> Decoder:
    """A decoder whose parameters are all drawn so that they count."""
    model, draw = Decoder(DecoderConfig(**SIZES, **fields)), torch.Generator()
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(0.0, 0.2, generator=draw.manual_seed(p.numel()))
    return model.eval()


@pytest.fixture(params=[{}, {"positions": "rotary", "kv_heads": 2, "window": 9}])
def model(request) -> Decoder:
    return drawn(**request.param)


# Catches: room that is not kept when it grows, keys in the place of values, parts that
# overlap, a length that counts the empty places.
@pytest.mark.parametrize("parts", [[1] * 40, [16, 1, 1, 20, 2], [40]])
def test_roomy_keys_and_values_are_those_of_the_plain_ones(parts):
    draw = torch.Generator().manual_seed(1)
    roomy, plain = RoomyKeyValues(), KeyValues()
    for size in parts:
        k, v = torch.randn(2, 3, 2, size, 4, generator=draw)
        found, wanted = roomy.extend(k, v), plain.extend(k, v)
        assert roomy.length == plain.length
        assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
        assert torch.equal(roomy.k, plain.k) and torch.equal(roomy.v, plain.v)


# Catches: a copy of all older tokens at every step.
def test_a_new_token_moves_no_older_ones():
    cache = RoomyKeyValues()
    places = set()
    for _ in range(200):
        cache.extend(torch.ones(1, 2, 1, 4), torch.ones(1, 2, 1, 4))
        places.add(cache.rooms[0].shape[2])
    assert places == {2, 6, 14, 30, 62, 126, 254}


@torch.no_grad()
@pytest.mark.parametrize("pad", [None, [0, 5]])
def test_scores_are_those_of_the_plain_cache(model, pad):
    pad = None if pad is None else torch.tensor(pad)
    ids = torch.randint(257, (2, 30), generator=torch.Generator().manual_seed(2))
    roomy, plain = model.new_cache(), [KeyValues() for _ in model.blocks]
    for part in ids.split([12, 1, 1, 10, 1, 1, 1, 3], dim=1):
        assert torch.equal(model(part, roomy, pad), model(part, plain, pad))


# Catches: room that is written over while gradients still need what stood there, and
# keys that are lost between reading with gradients and without.
def test_gradients_flow_through_a_cache(model):
    ids = torch.randint(257, (1, 12), generator=torch.Generator().manual_seed(3))
    grads = []
    for cache in (model.new_cache(), [KeyValues() for _ in model.blocks]):
        with torch.no_grad():
            model(ids[:, :4], cache)
        model(ids[:, 4:7], cache)
        model(ids[:, 7:11], cache).square().mean().backward()
        with torch.no_grad():
            scores = model(ids[:, 11:], cache)
        grads.append([scores, *(p.grad.clone() for p in model.parameters())])
        model.zero_grad()
    assert all(torch.equal(a, b) for a, b in zip(*grads, strict=True))


def test_a_deep_copy_goes_on_by_itself(model):
    ids = torch.randint(257, (1, 9), generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        cache = model.new_cache()
        model(ids, cache)
        other = copy.deepcopy(cache)
        first = model(torch.tensor([[1]]), cache)
        model(torch.tensor([[2]]), other)
        assert torch.equal(cache[0].k[:, :, :9], other[0].k[:, :, :9])
        assert not torch.equal(cache[0].k[:, :, 9], other[0].k[:, :, 9])
        fresh = model.new_cache()
        model(ids, fresh)
        assert torch.equal(model(torch.tensor([[1]]), fresh), first)


# Catches: transposed numbers, an untied head, a layout that a saved file keeps.
@torch.no_grad()
def test_by_columns_everything_is_as_before(model, tmp_path):
    before = copy.deepcopy(model)
    lay_out_by_columns(model)
    assert model.blocks[0].mlp.up.weight.stride() == (1, 128)
    assert model.head.weight is model.tokens.weight
    for name, weight in before.state_dict().items():
        assert torch.equal(model.state_dict()[name], weight)
    ids = torch.randint(257, (2, 30), generator=torch.Generator().manual_seed(5))
    assert torch.allclose(model(ids), before(ids), rtol=1e-4, atol=1e-4)
    written = [generate(net, ids[:, :8], 20, temperature=0) for net in (model, before)]
    assert torch.equal(*written)
    tok = BPETokenizer([], ["<|endoftext|>"])
    path = tmp_path / "columns.safetensors"
    save(path, model, tok)
    again = load(path)[0]
    assert torch.equal(again(ids), before(ids))
