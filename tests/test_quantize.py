"""Weights in one byte: against torch's own rounding, and whole models."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from modelchecks import MODERN, make, some_ids

from shared import checkpoint, evaluate, generate, model, tales
from shared.checkpoint import int8
from shared.model import is_tied, swap_head
from shared.tokenizer import BPETokenizer

STYLES = {"gpt2": {}, "modern": MODERN, "tied": MODERN | {"tie": True}}


def some_matrix(rows=40, columns=24, seed=0):
    """Rows of very different sizes."""
    draw = torch.Generator().manual_seed(seed)
    sizes = torch.logspace(-3, 3, rows)[:, None]
    return sizes * torch.randn(rows, columns, generator=draw)


# Catches: another range, rounding down, scales by column or by the whole matrix.
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_the_same_numbers_as_torch(bits):
    matrix, most = some_matrix(), 2 ** (bits - 1) - 1
    q, scale = int8.quantize(matrix, bits)
    zero = torch.zeros(len(matrix), dtype=torch.int32)
    theirs = torch.fake_quantize_per_channel_affine(
        matrix, scale[:, 0], zero, 0, -most, most
    )
    ours = int8.dequantize(q, scale)
    # torch multiplies by the inverse: what lies half-way may go to the other side
    assert (ours - theirs).abs().amax() <= 1.001 * scale.max()
    assert ((ours - theirs).abs() < 1e-6 * scale).float().mean() > 0.995
    assert q.dtype == torch.int8 and q.abs().amax(1).eq(most).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 9999), bits=st.integers(2, 8), rows=st.integers(1, 5))
def test_nothing_is_off_by_more_than_half_a_step(seed, bits, rows):
    matrix = some_matrix(rows, 7, seed)
    q, scale = int8.quantize(matrix, bits)
    off = (int8.dequantize(q, scale) - matrix).abs()
    assert (off <= scale * 0.5001).all()


def test_a_row_of_zeros_stays_one():
    matrix = torch.tensor([[0.0, 0.0], [1.0, -2.0]])
    q, scale = int8.quantize(matrix)
    assert int8.dequantize(q, scale)[0].tolist() == [0.0, 0.0]
    assert q[1].tolist() == [64, -127]


@pytest.mark.parametrize(
    ("matrix", "bits", "error", "told"),
    [
        (torch.ones(3), 8, ValueError, r"shape \(R, C\), got \(3,\)"),
        (torch.ones(0, 3), 8, ValueError, r"got \(0, 3\)"),
        (torch.ones(2, 2, dtype=torch.int8), 8, TypeError, "got torch.int8"),
        ([[1.0]], 8, TypeError, "got list"),
        (torch.tensor([[1.0, torch.nan]]), 8, ValueError, "infinite or nan"),
        (torch.tensor([[1.0, torch.inf]]), 8, ValueError, "infinite or nan"),
        (torch.ones(2, 2), 1, ValueError, "bits is 1; expected a whole number from 2"),
        (torch.ones(2, 2), 9, ValueError, "bits is 9"),
        (torch.ones(2, 2), 4.0, ValueError, "bits is 4.0"),
    ],
)
def test_bad_input_is_refused(matrix, bits, error, told):
    with pytest.raises(error, match=told):
        int8.quantize(matrix, bits)


# Catches: a layer that is forgotten, a bias lost, an embedding with others' scales.
@pytest.mark.parametrize("fields", STYLES.values(), ids=STYLES)
def test_a_small_model_is_the_model_of_the_rounded_matrices(fields):
    net = make(model, general=True, **fields).eval()
    small = int8.int8_model(net)
    rounded = make(model, general=True, **fields).eval()
    with torch.no_grad():
        for (name, own), p in zip(net.named_parameters(), rounded.parameters()):
            whole = own.dim() == 2 and not name.startswith("positions")
            p.copy_(int8.dequantize(*int8.quantize(own)) if whole else own)
        ids = some_ids(2, 9)
        assert torch.equal(small(ids), rounded(ids))
        assert not torch.equal(small(ids), net(ids))


@pytest.mark.parametrize("fields", STYLES.values(), ids=STYLES)
def test_a_small_model_is_small_and_the_old_one_as_before(fields):
    net = make(model, general=True, **fields)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    small = int8.int8_model(net)
    after = net.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    unique = {p.data_ptr(): p for p in net.parameters()}.values()
    matrices = [p for p in unique if p.dim() == 2]
    left = [p for p in unique if p.dim() != 2]
    if net.positions is not None:  # a table that is added as it is
        left.append(net.positions.weight)
        matrices = [p for p in matrices if p is not net.positions.weight]
    wanted = sum(p.numel() + 4 * len(p) for p in matrices)
    assert int8.count_bytes(small) == wanted + sum(4 * p.numel() for p in left)
    assert int8.count_bytes(net) == sum(4 * p.numel() for p in unique)


# Catches: whole numbers that are saved as decimals, a head that is stored twice.
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("fields", STYLES.values(), ids=STYLES)
def test_a_small_model_is_saved_and_loaded(fields, half, tmp_path):
    path, tok = tmp_path / "small.safetensors", BPETokenizer([], ["<|endoftext|>"])
    net = make(model, general=True, **(fields | {"vocab_size": 257})).eval()
    small = int8.int8_model(net)
    checkpoint.save(path, small, tok, half)
    again, _ = checkpoint.load(path)
    assert again.tokens.q.dtype == torch.int8 and not again.training
    assert torch.equal(again.tokens.q, small.tokens.q)
    assert is_tied(again) == is_tied(small) == net.config.tie
    ids = some_ids(2, 9)
    if not half:  # which rounds scales and vectors, too
        assert torch.equal(again(ids), small(ids))
        assert path.stat().st_size < 20_000 + int8.count_bytes(small)
    assert torch.allclose(again(ids), small(ids), atol=0.05)
    digest = checkpoint.sha256(path)
    assert checkpoint.save(path, again, tok, half) == digest
    assert int8.count_bytes(again) == int8.count_bytes(small)


def test_a_small_classifier_is_saved_and_loaded(tmp_path):
    path, tok = tmp_path / "small.safetensors", BPETokenizer([], ["<|endoftext|>"])
    small = int8.int8_model(swap_head(make(model, general=True, vocab_size=257), 2))
    checkpoint.save(path, small, tok)
    ids = some_ids(2, 9)
    assert torch.equal(checkpoint.load(path)[0](ids), small(ids))


def test_a_model_that_is_small_in_part_is_refused(tmp_path):
    tok = BPETokenizer([], ["<|endoftext|>"])
    net = make(model, general=True, vocab_size=257)
    net.blocks[0].mlp.up = int8.Int8Linear(net.blocks[0].mlp.up)
    with pytest.raises(checkpoint.CheckpointError, match=r"mlp.up is in bytes and to"):
        checkpoint.save(tmp_path / "a.safetensors", net, tok)
    assert not list(tmp_path.iterdir())


# Catches: a small model that cannot read on with a cache.
@pytest.mark.parametrize("fields", STYLES.values(), ids=STYLES)
def test_a_small_model_generates_with_and_without_cache(fields):
    small = int8.int8_model(make(model, general=True, **fields))
    rows = [
        generate.generate(
            small,
            some_ids(2, 4),
            20,
            generator=torch.Generator().manual_seed(3),
            use_cache=use_cache,
        )
        for use_cache in (True, False)
    ]
    assert torch.equal(*rows)


def test_the_shipped_model_loses_next_to_nothing():
    net, tok = checkpoint.load("base")
    small = int8.int8_model(net)
    texts = [document.text for document in tales.documents(seed=31, n=12)]
    loss = evaluate.loss(net, tok, texts)
    assert abs(evaluate.loss(small, tok, texts) - loss) < 0.002
    assert 3.8 < int8.count_bytes(net) / int8.count_bytes(small) < 4
