"""The GPT against torch, formulas and transformers' GPT-2, its costs, and bad input.

The checks that also serve the table of planted faults (test_mutations.py) stand in
modelchecks.py. Everything that needs transformers is in this file, because its import
takes five seconds.
"""

import modelchecks
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from modelchecks import CLOSE, MODERN, SMALL, WIDE, make, redraw, some_ids
from modelchecks import real as model
from safetensors.torch import save_file
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from shared import generate
from shared.checkpoint import CheckpointError, gpt2_files
from shared.model import (
    GPT,
    Config,
    Decoder,
    DecoderConfig,
    Reading,
    Rotary,
    costs,
)

EVERY_KIND = [
    {},
    {"norm": "bare layer", "bias": False},
    {"tie": False},
    {"norm": "rms"},
    {"attention": "direct"},
    {"positions": "rotary"},
    {"activation": "relu2"},
    {"activation": "relu2", "qk_norm": "head"},
    MODERN,
]


@pytest.mark.parametrize("check", modelchecks.MODEL, ids=lambda c: c.__name__)
def test_model(check):
    check(model)


# Catches: a mask that is off by one, a norm or a mean over the tokens of a row.
@settings(max_examples=40, deadline=None)
@given(
    heads=st.integers(1, 4),
    half=st.integers(1, 4),
    layers=st.integers(1, 3),
    length=st.integers(2, 40),
    place=st.data(),
    modern=st.booleans(),
)
def test_no_token_sees_a_later_one(heads, half, layers, length, place, modern):
    fields = (MODERN if modern else SMALL) | {
        "heads": heads,
        "layers": layers,
        "width": heads * half * 2,
        "context": length,
    }
    net = make(model, **fields)
    changed = place.draw(st.integers(1, length - 1))
    ids = some_ids(2, length)
    other = ids.clone()
    other[:, changed:] = (ids[:, changed:] + 1) % 37
    a, b = net(ids)[:, :changed], net(other)[:, :changed]
    torch.testing.assert_close(a, b, atol=1e-5, rtol=0)


# Catches: a row that leaks into another row of the batch.
def test_rows_do_not_see_each_other():
    net, ids = make(model), some_ids(3)
    alone = torch.cat([net(row[None]) for row in ids])
    torch.testing.assert_close(net(ids), alone, **CLOSE)


# Catches: a fresh model that has opinions; its loss must be ln(vocabulary).
@pytest.mark.parametrize("init", ["gpt2", "zero-out"])
def test_an_untrained_model_knows_nothing(init):
    net = Decoder(DecoderConfig(init=init)).eval()
    ids = some_ids(8, 200, 1024)
    loss = torch.nn.functional.cross_entropy(
        net(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten()
    )
    assert abs(loss.item() - torch.tensor(1024.0).log().item()) < 0.05


# --- costs --------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"layers": 3, "heads": 2, "context": 50}])
def test_parameters_and_memory_by_formula_are_those_of_the_code(fields):
    config = DecoderConfig(**(SMALL | fields))
    net = Decoder(config)  # as large as the GPT, and it has a cache
    numbers = sum(p.numel() for p in net.parameters())
    assert costs.count_parameters(config) == numbers
    memory = costs.count_memory(config)
    assert memory["weights"] == memory["gradients"] == 4 * numbers
    net(some_ids(1, 48)).sum().backward()
    assert memory["gradients"] == sum(4 * p.grad.numel() for p in net.parameters())
    optimizer = torch.optim.AdamW(net.parameters())
    optimizer.step()
    averages = [
        value.numel() * 4
        for state in optimizer.state.values()
        for value in state.values()
        if value.dim()
    ]
    assert memory["optimizer"] == sum(averages)
    cache = net.new_cache()
    net(some_ids(1, config.context), cache)
    assert memory["cache"] == sum(4 * (c.k.numel() + c.v.numel()) for c in cache)
    assert costs.count_memory(config, 2)["weights"] == 2 * numbers


@pytest.mark.parametrize("fields", EVERY_KIND[:-2], ids=str)
def test_operations_by_formula_are_those_that_torch_counts(fields):
    config = DecoderConfig(**(SMALL | fields))
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        Decoder(config)(some_ids(2, 48))
    assert counter.get_total_flops() == 2 * 48 * costs.count_flops(config, 48)


# Catches: GPT-2's formula applied to a model that it is not of.
def test_formulas_refuse_what_they_do_not_know():
    narrow = DecoderConfig(heads=4, kv_heads=2)
    for formula in (costs.count_parameters, costs.count_memory):
        with pytest.raises(ValueError, match="kv_heads is 2, not None; count what"):
            formula(narrow)
    with pytest.raises(ValueError, match="mlp is 'gated', not 'plain'"):
        costs.count_flops(DecoderConfig(mlp="gated"), 8)
    with pytest.raises(ValueError, match="tie is False"):
        costs.count_parameters(DecoderConfig(tie=False))


# Catches: a wrong size of GPT-2, or a parameter too many or too few in the class.
def test_gpt2s_published_sizes():
    published = {
        "small": 124_439_808,
        "medium": 354_823_168,
        "large": 774_030_080,
        "xl": 1_557_611_200,
    }
    for size, parameters in published.items():
        config = gpt2_files.config_of(size)
        assert costs.count_parameters(config) == parameters
        with torch.device("meta"):  # shapes without numbers
            net = GPT(config)
        assert sum(p.numel() for p in net.parameters()) == parameters
    with pytest.raises(ValueError, match="no size 'huge'"):
        gpt2_files.config_of("huge")


# --- transformers -------------------------------------------------------------------

HEADS = {"n_layer": 2, "n_head": 3, "n_embd": 24, "vocab_size": 37, "n_positions": 64}


@pytest.fixture(scope="module")
def transformers():
    return pytest.importorskip(
        "transformers", reason="transformers cannot be imported: no parity with GPT-2"
    )


def redraw_theirs(theirs):
    """redraw for transformers' names: ln_1.weight and so on are norms."""
    draw = torch.Generator().manual_seed(8)
    with torch.no_grad():
        for name, p in theirs.named_parameters():
            noise = torch.randn(p.shape, generator=draw)
            if p.dim() > 1:
                p.copy_(0.2 * noise)
            else:
                p.copy_(0.1 * noise + (0 if name.endswith("bias") else 1))


@pytest.fixture(scope="module")
def both(transformers, tmp_path_factory):
    """transformers' GPT-2 with redrawn weights, and ours from the files it wrote."""
    config = transformers.GPT2Config(**HEADS, attn_implementation="eager")
    config.bos_token_id = config.eos_token_id = None
    theirs = transformers.GPT2LMHeadModel(config).eval()
    redraw_theirs(theirs)
    folder = tmp_path_factory.mktemp("gpt2")
    theirs.save_pretrained(folder)
    return theirs, gpt2_files.load(folder)


# Catches: anything in which our model is not GPT-2; and a loader that turns a matrix
# the wrong way, takes a mask for a weight or mixes up names.
def test_logits_equal_those_of_transformers(both):
    theirs, ours = both
    for length in (1, 48, 64):
        ids = some_ids(3, length)
        with torch.no_grad():
            torch.testing.assert_close(ours(ids), theirs(ids).logits, **CLOSE)


SETTINGS = [
    {"top_k": 1},
    {"top_k": 5},
    {"top_p": 0.7},
    {"temperature": 0.6},
    {"temperature": 1.7, "top_k": 9, "top_p": 0.85},
    {},
]


# Catches: filters in another order, one token more or less, a stale cache.
@pytest.mark.parametrize("how", SETTINGS, ids=str)
@pytest.mark.parametrize("eos", [None, 7])
def test_tokens_equal_those_of_transformers(both, how, eos):
    theirs, ours = both
    ids, how = some_ids(4, 12), {"temperature": 1.0} | how
    sampled = how.get("top_k") != 1
    settings = how if sampled else {}
    with torch.random.fork_rng():
        torch.manual_seed(11)
        expected = theirs.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=50,
            do_sample=sampled,
            eos_token_id=eos,
            pad_token_id=7,
            **({"top_k": 0} | settings if sampled else {}),
        )
    for use_cache in (True, False):
        draw = torch.Generator().manual_seed(11)
        found = generate.generate(
            ours, ids, 50, eos=eos, generator=draw, use_cache=use_cache, **how
        )
        assert torch.equal(found, expected)


# Catches: a filter that differs from transformers' on scores of any shape and size.
def test_filters_equal_those_of_transformers(transformers):
    from transformers.generation import TopKLogitsWarper, TopPLogitsWarper

    draw = torch.Generator().manual_seed(4)
    for size in (0.1, 1, 5):
        logits = size * torch.randn(20, 50, generator=draw)
        for k in (1, 2, 17, 50, 60):
            expected = TopKLogitsWarper(k)(None, logits)
            assert torch.equal(generate.keep_top_k(logits, k), expected)
        for p in (0.01, 0.3, 0.5, 0.9, 0.99):
            expected = TopPLogitsWarper(p)(None, logits)
            assert torch.equal(generate.keep_top_p(logits, p), expected)


# Catches: other pairs of channels, another base or sign than Llama's.
def test_rotary_positions_equal_those_of_llama(transformers):
    from transformers.models.llama import modeling_llama

    config = transformers.LlamaConfig(
        hidden_size=24, num_attention_heads=3, max_position_embeddings=64
    )
    x = torch.randn(2, 3, 48, 8, generator=torch.Generator().manual_seed(1))
    places = torch.arange(5, 53)[None]
    row = Reading(torch.zeros(2, 48), 5)
    ours = Rotary(DecoderConfig(width=24, heads=3, positions="rotary"))
    cos, sin = modeling_llama.LlamaRotaryEmbedding(config)(x, places)
    expected, _ = modeling_llama.apply_rotary_pos_emb(x, x, cos, sin)
    torch.testing.assert_close(ours(x, row), expected, **CLOSE)


def theirs_state():
    """A state dict in GPT-2's layout, made without transformers."""
    net, state = make(model), {}
    for name, tensor in net.state_dict().items():
        for old, new in (
            ("tokens.", "wte."),
            ("positions.", "wpe."),
            ("blocks.", "h."),
            ("norm1.", "ln_1."),
            ("norm2.", "ln_2."),
            ("attention.qkv.", "attn.c_attn."),
            ("attention.out.", "attn.c_proj."),
            ("mlp.up.", "mlp.c_fc."),
            ("mlp.down.", "mlp.c_proj."),
        ):
            name = name.replace(old, new)
        if name.startswith("norm."):
            name = name.replace("norm.", "ln_f.")
        if name != "head.weight":
            turned = ".c_" in name and tensor.dim() == 2
            state[name] = tensor.T.contiguous() if turned else tensor
    return net, state


# Catches: a loader that knows only one of the layouts in which GPT-2 is found.
@pytest.mark.parametrize("prefix", ["", "transformer."])
@pytest.mark.parametrize("extras", [False, True])
def test_gpt2s_layouts(prefix, extras):
    net, state = theirs_state()
    state = {prefix + name: tensor for name, tensor in state.items()}
    if extras:
        for i in range(2):
            state[f"{prefix}h.{i}.attn.bias"] = torch.ones(1, 1, 64, 64).tril()
            state[f"{prefix}h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
        state["lm_head.weight"] = state[f"{prefix}wte.weight"]
    loaded = gpt2_files.from_gpt2_state(state, heads=3)
    assert loaded.config == DecoderConfig(**SMALL)
    assert torch.equal(loaded(some_ids()), net(some_ids()))
    state["lm_head.weight"] = torch.ones(37, 24)
    free = gpt2_files.from_gpt2_state(state, heads=3)
    assert not free.config.tie and torch.equal(free.head.weight, torch.ones(37, 24))


def test_gpt2s_files_that_do_not_fit(tmp_path):
    _, state = theirs_state()
    with pytest.raises(CheckpointError, match="tokens.weight' is missing"):
        gpt2_files.from_gpt2_state({"wpe.weight": torch.ones(2, 2)}, 3)
    del state["h.1.mlp.c_fc.bias"]
    with pytest.raises(CheckpointError, match="blocks.1.mlp.up.bias should be"):
        gpt2_files.from_gpt2_state(state, 3)
    with pytest.raises(CheckpointError, match="config.json is not in"):
        gpt2_files.load(tmp_path)
    whole = '{"n_head": 3, "activation_function": "%s"}'
    (tmp_path / "config.json").write_text(whole % "relu")
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="activation_function = 'relu'"):
        gpt2_files.load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"cut off")
    with pytest.raises(CheckpointError, match="no whole GPT-2 .*fetch both files"):
        gpt2_files.load(tmp_path)
    save_file(state, tmp_path / "model.safetensors")
    for damaged in ("{", "{}"):
        (tmp_path / "config.json").write_text(damaged)
        with pytest.raises(CheckpointError, match="no whole GPT-2"):
            gpt2_files.load(tmp_path)


# --- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"width": 130}, ValueError, "width 130 cannot be shared among 4 heads"),
        ({"layers": 0}, ValueError, "layers is 0; it must be at least 1"),
        ({"context": -1}, ValueError, "context is -1"),
        ({"vocab_size": 10.0}, TypeError, "vocab_size is 10.0; expected a whole"),
        ({"heads": True}, TypeError, "heads is True"),
        ({"dropout": 1.0}, ValueError, "dropout is 1.0; expected 0 or more, below 1"),
        ({"dropout": -0.1}, ValueError, "dropout is -0.1"),
        ({"dropout": "a"}, TypeError, "dropout is 'a'"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_configs_that_make_no_model(fields, error, message):
    for kind in (Config, DecoderConfig):
        with pytest.raises(error, match=message):
            kind(**fields)


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        (torch.zeros(1, 65, dtype=torch.long), ValueError, "65 tokens are longer than"),
        (torch.tensor([[3, 37]]), ValueError, "token id 37 is outside the vocabulary"),
        (torch.tensor([[3, -2]]), ValueError, "token id -2 is outside"),
        (torch.zeros(1, 0, dtype=torch.long), ValueError, "there are no tokens"),
        (torch.zeros(0, 4, dtype=torch.long), ValueError, "there are no tokens"),
        (torch.zeros(2, 4), TypeError, r"expected whole numbers .* got torch.float32"),
        (torch.zeros(2, 4, dtype=torch.bool), TypeError, r"got torch.bool of shape"),
        (torch.zeros(4, dtype=torch.long), TypeError, r"of shape \(4,\)"),
        ([[1, 2]], TypeError, "got list"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_ids_that_a_model_cannot_read(ids, error, message):
    with pytest.raises(error, match=message):
        make(model)(ids)


def test_a_cache_that_is_full_says_so():
    net = make(model, general=True)
    cache = net.new_cache()
    net(some_ids(1, 64), cache)
    with pytest.raises(ValueError, match="65 tokens are longer than"):
        net(some_ids(1, 1), cache)
    assert cache[0].length == 64


# Catches: half precision that changes a type on the way, and a model that forgets its
# buffers when it moves.
def test_other_precision():
    for fields in ({}, MODERN):
        net = make(model, general=True, **fields).double()
        double = net(some_ids())
        assert double.dtype == torch.float64
        expected = redraw(Decoder(net.config))(some_ids()).double()
        torch.testing.assert_close(double, expected, **CLOSE)


# Catches: queries in another precision than the values, which attention refuses.
def test_mixed_precision():
    for fields in ({}, MODERN, WIDE):
        net, ids = make(model, general=True, **fields), some_ids()
        with torch.autocast("cpu", torch.bfloat16):
            loss = net.train()(ids).float().square().mean()
        loss.backward()
        assert all(p.grad.isfinite().all() for p in net.parameters())
        cache = net.eval().new_cache()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            mixed = torch.cat([net(part, cache) for part in ids.split(24, 1)], 1)
        same = mixed.argmax(-1) == net(ids).argmax(-1)
        assert same.float().mean() > 0.8


# Catches: a model whose parts the optimizer does not see, or that a graph leaves out.
@pytest.mark.parametrize("fields", [*EVERY_KIND, WIDE], ids=str)
def test_every_parameter_has_a_gradient(fields):
    net = make(model, **fields).train()
    net(some_ids(2, 64)).logsumexp(-1).sum().backward()
    for name, p in net.named_parameters():
        assert p.grad is not None and p.grad.abs().max() > 0, name


# Catches: a comparison in 8 bits, in which 1024 is 0 and token 1 lies "outside".
@pytest.mark.parametrize("kind", ["uint8", "int8", "int16", "uint16", "int32", "int64"])
@pytest.mark.parametrize("general", [False, True])
def test_ids_of_any_integer_type(kind, general):
    net = make(model, general=general, vocab_size=1024).eval()
    ids = some_ids(2, 9)
    found = net(ids.to(getattr(torch, kind)))
    assert torch.equal(found, net(ids))
    if general:
        rows = generate.generate(net, ids.to(getattr(torch, kind)), 3, top_k=1)
        assert rows.tolist() == generate.generate(net, ids, 3, top_k=1).tolist()
