"""What makes writing quicker must not change what is written: matrices by columns."""

import copy

import pytest
import torch

from shared.checkpoint import load, save
from shared.generate import generate
from shared.model import Decoder, DecoderConfig, lay_out_by_columns
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
