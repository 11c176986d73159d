"""The general decoder: its config, its patterns, its tables, and bad input to them.

That it computes what it should is in modelchecks.py; that it equals published families,
in test_families.py.
"""

import json
from dataclasses import asdict, fields, replace

import pytest
import torch
from modelchecks import SMALL, WIDE, make, near, real, redraw, some_ids

from shared import RELEASE
from shared.model import (
    ACTIVATIONS,
    ATTENTION,
    Config,
    Decoder,
    DecoderAttention,
    DecoderConfig,
    Reading,
    count_padding,
    from_first_edition,
    named_fields,
    read_fields,
)
from shared.runs import BASE


def test_a_pattern_goes_round_over_the_layers():
    config = DecoderConfig(layers=5, window=(8, 8, None), mlp_width=(16,), base=3.0)
    assert [config.at(i).window for i in range(5)] == [8, 8, None, 8, 8]
    assert config.at(3) == replace(config, window=8, mlp_width=16)
    net = Decoder(config)
    assert [b.attention.window for b in net.blocks] == [8, 8, None, 8, 8]


# Catches: a table that is read when the package is loaded, so that an entry which a
# chapter adds is not in its model.
def test_a_chapter_adds_a_part(monkeypatch):
    class Deaf(DecoderAttention):
        def forward(self, x, row, past=None):
            return torch.zeros_like(x)

    monkeypatch.setitem(ATTENTION, "deaf", Deaf)
    monkeypatch.setitem(ACTIVATIONS, "cube", lambda x: x**3)
    net = make(real, attention=("deaf", "full"), activation="cube")
    assert isinstance(net.blocks[0].attention, Deaf)
    assert not isinstance(net.blocks[1].attention, Deaf)
    assert net.blocks[0].mlp.bend(torch.tensor(2.0)) == 8


@pytest.mark.parametrize(
    ("named", "error", "message"),
    [
        ({"norm": "batch"}, ValueError, r"norm is 'batch'; expected one of \['layer'"),
        ({"positions": None}, ValueError, "positions is None; expected one of"),
        ({"mlp": "relu"}, ValueError, "mlp is 'relu'"),
        ({"attention": ["full"]}, ValueError, r"attention is \['full'\]; expected one"),
        ({"init": "xavier"}, ValueError, "init is 'xavier'"),
        ({"norm_at": "never"}, ValueError, "norm_at is 'never'"),
        ({"bias": 1}, TypeError, "bias is 1; give True or False"),
        ({"bias": None}, TypeError, "bias is None; give True or False"),
        ({"eps": "small"}, TypeError, "eps is 'small'; expected a number"),
        ({"eps": 0.0}, ValueError, "eps is 0.0; expected a number above 0"),
        ({"base": float("inf")}, ValueError, "base is inf; expected a number above 0"),
        ({"base": (10.0, True)}, TypeError, "base is True; expected a number"),
        ({"window": 0}, ValueError, "window is 0; it must be at least 1"),
        ({"window": (4, 2.5)}, TypeError, "window is 2.5; expected a whole number"),
        ({"window": (4,) * 5}, ValueError, "a pattern of 5 entries for 4 layers; give"),
        (
            {"window": ()},
            ValueError,
            "a pattern of 0 entries for 4 layers; give 1 to 4",
        ),
        ({"tie": (True,)}, TypeError, "tie is .*holds for the whole model: give one"),
        ({"norm": ("rms",)}, TypeError, "norm is .*holds for the whole model"),
        ({"kv_heads": 3}, ValueError, "4 heads cannot be shared among 3 heads of keys"),
        ({"kv_heads": (4, 3)}, ValueError, "4 heads cannot be shared among 3 heads of"),
        ({"scaling": "linear"}, ValueError, "scaling is 'linear'; expected a diction"),
        ({"scaling": {"kind": "x"}}, ValueError, "whose kind is one of .*'llama3'"),
        (
            {"scaling": {"kind": "linear", "factor": 2.0}, "positions": "rotary"},
            ValueError,
            "'scaled rotary' positions take a scaling, and no others",
        ),
        ({"positions": "scaled rotary"}, ValueError, "and scaling is None; 'scaled"),
        ({"width": 130}, ValueError, "width 130 cannot be shared among 4 heads"),
        (
            {"positions": "rotary", "width": 12},
            ValueError,
            "each head has 3 channels, but rotary",
        ),
        (
            {"positions": ("none", "rotary"), "head_width": 5},
            ValueError,
            "each head has 5 channels, but rotary",
        ),
    ],
    ids=str,
)
def test_configs_that_make_no_decoder(named, error, message):
    with pytest.raises(error, match=message):
        DecoderConfig(**named)


# Catches: a head_width that is refused because width is no multiple of heads.
def test_a_head_width_of_its_own():
    assert make(real, width=25, heads=4, head_width=6)(some_ids()).isfinite().all()


# --- padding ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pad", "error", "message"),
    [
        ([0, 3], TypeError, "one whole number for each of the 2 rows, got list"),
        (torch.tensor([0.0, 3.0]), TypeError, "got torch.float32"),
        (torch.tensor([0, 3, 1]), TypeError, r"got torch.int64 of shape \(3,\)"),
        (torch.tensor([0, -1]), ValueError, "pad goes from -1 to 0"),
        (torch.tensor([0, 64]), ValueError, "fewer than the model's context of 64"),
    ],
    ids=str,
)
def test_padding_that_cannot_be(pad, error, message):
    net = make(real, general=True)
    with pytest.raises(error, match=message):
        net(some_ids(2, 20), pad=pad)


# Catches: padding that others call an attention mask, counted wrong, or with holes.
def test_padding_is_counted_from_a_mask():
    mask = torch.tensor([[0, 0, 1], [1, 1, 1], [0, 1, 1]])
    assert count_padding(mask).tolist() == [2, 0, 1]
    for row, at in (([1, 0, 1], 1), ([1, 1, 0], 2), ([0, 0, 0], 0), ([0, 1, 0], 2)):
        with pytest.raises(
            ValueError, match=f"row 1 has padding at place {at}, inside"
        ):
            count_padding(torch.tensor([[1, 1, 1], row]))


# Catches: a padded row that is longer than the others allow, and an id that is none.
def test_padding_is_an_id_of_the_vocabulary():
    net = make(real, general=True)
    with pytest.raises(ValueError, match="token id -1 is outside"):
        net(torch.tensor([[-1, 3], [2, 3]]), pad=torch.tensor([1, 0]))


# --- configs in files ---------------------------------------------------------------


@pytest.mark.parametrize("named", [SMALL, WIDE, {}, asdict(BASE)], ids=str)
def test_a_config_comes_back_from_a_file(named):
    config = DecoderConfig(**named)
    told = json.loads(json.dumps(named_fields(config)))
    assert read_fields(told) == config
    usual = asdict(DecoderConfig())
    assert all(asdict(config)[name] != usual[name] for name in told)


def test_a_gpt_comes_back_as_the_decoder_that_equals_it():
    plain = make(real)
    net = redraw(Decoder(read_fields(named_fields(plain.config))), seed=9)
    net.load_state_dict(plain.state_dict())
    assert torch.equal(net(some_ids()), plain(some_ids()))


def test_a_field_of_a_later_version():
    with pytest.raises(ValueError, match=f"'experts', which this .*{RELEASE}.*v9.1 of"):
        read_fields({"layers": 2, "experts": 8}, "v9.1")
    with pytest.raises(ValueError, match="an unknown version of the book wrote it"):
        read_fields({"experts": 8})
    with pytest.raises(TypeError, match="its config is None; expected names"):
        read_fields(None)


FIRST = asdict(Config(**SMALL)) | {
    **{"bias": True, "tie": True, "norm": "layer", "positions": "learned"},
    **{"mlp": "gelu", "qk_norm": False, "direct": False, "init": "gpt2"},
}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {}),
        ({"bias": False}, {"bias": False, "norm": "bare layer"}),
        (
            {"mlp": "relu2", "direct": True},
            {"activation": "relu2", "attention": "direct"},
        ),
        ({"norm": "rms", "qk_norm": True}, {"norm": "rms", "qk_norm": "head"}),
        ({"norm": "rms", "bias": False}, {"norm": "rms", "bias": False}),
    ],
    ids=str,
)
def test_configs_of_the_first_edition(old, new):
    found = read_fields(from_first_edition(FIRST | old))
    assert found == DecoderConfig(**(SMALL | new))


def test_a_mixture_that_the_first_edition_had():
    with pytest.raises(ValueError, match="does not mix; train it anew"):
        from_first_edition(FIRST | {"qk_norm": True})


# Catches: a field that no part reads, and that would change nothing.
def test_every_field_changes_the_model():
    usual = {
        **{"norm": "rms", "norm_at": "both", "eps": 0.1, "bias": False},
        **{"qkv_bias": False, "tie": False, "embed_scale": 2.0, "init": "zero-out"},
        **{"positions": "rotary", "base": 10.0, "attention": "direct", "kv_heads": 2},
        **{"head_width": 8, "qk_norm": "head", "scale": 0.9, "window": 5},
        **{"mlp": "gated", "mlp_width": 24, "activation": "silu"},
        "scaling": {"kind": "linear", "factor": 3.0},
    }
    own = {field.name for field in fields(DecoderConfig)}
    assert usual.keys() == own - {field.name for field in fields(Config)}
    plain = DecoderConfig(**(SMALL | {"heads": 4, "positions": "none"}))
    turned = replace(plain, positions="rotary")
    for name, value in usual.items():
        start = turned if name in ("base", "scaling") else plain
        changed = {name: value}
        if name == "scaling":
            changed["positions"] = "scaled rotary"
        a, b = Decoder(start), Decoder(replace(start, **changed))
        if name != "init":
            a, b = redraw(a), redraw(b)
        same_names = a.state_dict().keys() == b.state_dict().keys()
        shapes = [[t.shape for t in net.state_dict().values()] for net in (a, b)]
        if same_names and shapes[0] == shapes[1]:
            with pytest.raises(AssertionError, match="close"):
                near(a(some_ids()), b(some_ids()), name)


# Catches: a table of angles that does not grow, where no gradient can pass, or that
# stays on one device.
def test_angles_met_while_writing_serve_training_and_other_devices():
    model, twin = (make(real, positions="rotary") for _ in range(2))
    ids = some_ids()
    with torch.inference_mode():
        model(ids[:, :3])
    assert torch.equal(model(ids), twin(ids))
    with torch.inference_mode():
        model(ids)
    model(ids).sum().backward()  # raises where the table is an inference tensor
    turn = model.blocks[0].attention.turn
    assert not list(turn.buffers()) and not turn.state_dict()
    for device in ("meta", "cpu"):
        cos, sin = turn.look_up(Reading(ids.to(device), 3))
        assert cos.device.type == sin.device.type == device
