"""Our decoder against transformers' Llama, Qwen3 and Gemma 3, from files they write.

Every parameter is drawn anew, rows are longer than five windows and than the context
that scaled angles began from, and a head's channels are not width / heads: with usual
weights and short rows many faults cannot be seen. One-line faults are planted in turn.
"""

import importlib
import json
import shutil
import sys
import types
from pathlib import Path

import pytest
import torch
from modelchecks import CLOSE, some_ids
from safetensors.torch import load_file, save_file

from shared.checkpoint import CheckpointError, load_family
from shared.generate import generate
from shared.model import count_padding
from shared.model.families import FAMILIES

SHAPE = {
    **{"vocab_size": 37, "hidden_size": 32, "num_hidden_layers": 7},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12},
    **{"intermediate_size": 40, "max_position_embeddings": 64},
}
LLAMA3 = {
    **{"rope_type": "llama3", "rope_theta": 500.0, "factor": 4.0},
    **{"low_freq_factor": 1.0, "high_freq_factor": 4.0},
    "original_max_position_embeddings": 16,
}
KINDS = {
    "Llama": {"rope_parameters": LLAMA3, "rms_norm_eps": 1e-4},
    "Qwen3": {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}},
    "Gemma3": {"sliding_window": 8, "query_pre_attn_scalar": 20},
}
LENGTH = 60


def redraw_theirs(model, plus_one):
    """All parameters: matrices 0.2, norms 1 +- 0.1, or 0 +- 0.1 where 1 is added."""
    draw = torch.Generator().manual_seed(8)
    with torch.no_grad():
        for p in model.parameters():
            noise = torch.randn(p.shape, generator=draw)
            p.copy_(0.2 * noise if p.dim() > 1 else 0.1 * noise + (not plus_one))
    return model.eval()


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Of each family transformers' model and the folder that it was saved to."""
    transformers = pytest.importorskip(
        "transformers", reason="transformers cannot be imported: no parity of families"
    )
    found = {}
    for name, special in KINDS.items():
        text = "Text" if name == "Gemma3" else ""
        config = getattr(transformers, f"{name}{text}Config")(
            **SHAPE, **special, attn_implementation="eager"
        )
        config.bos_token_id = config.eos_token_id = config.pad_token_id = None
        model = getattr(transformers, f"{name}ForCausalLM")(config)
        folder = tmp_path_factory.mktemp(name)
        redraw_theirs(model, name == "Gemma3").save_pretrained(folder)
        found[name] = model, folder
    return found


@pytest.fixture(scope="module", params=KINDS)
def both(request, theirs):
    """A model of transformers and ours, from its files."""
    model, folder = theirs[request.param]
    return model, load_family(folder)


# Catches: anything in which our decoder is not that family, or its files are misread.
@torch.no_grad()
def test_logits_equal_those_of_transformers(both):
    model, ours = both
    for length in (1, 17, LENGTH):
        ids = some_ids(3, length)
        torch.testing.assert_close(ours(ids), model(ids).logits, **CLOSE)


@torch.no_grad()
def test_with_a_cache(both):
    model, ours = both
    ids, cache = some_ids(3, LENGTH), both[1].new_cache()
    parts = [ours(part, cache) for part in ids.split([20, 1, 1, 30, 8], 1)]
    torch.testing.assert_close(torch.cat(parts, 1), model(ids).logits, **CLOSE)


# Catches: padding that is seen, or that takes a place of a row.
@torch.no_grad()
@pytest.mark.parametrize("cached", [False, True])
def test_with_padding_on_the_left(both, cached):
    model, ours = both
    ids = some_ids(3, LENGTH)
    real = torch.arange(LENGTH) >= torch.tensor([0, 7, 41])[:, None]
    places = (real.cumsum(1) - 1).clamp(min=0)
    expected = model(ids, attention_mask=real.long(), position_ids=places).logits
    pad, cache = count_padding(real), ours.new_cache() if cached else None
    cuts = [30, 1, 29] if cached else [LENGTH]
    found = torch.cat([ours(part, cache, pad) for part in ids.split(cuts, 1)], 1)
    torch.testing.assert_close(found[real], expected[real], **CLOSE)


def test_greedy_tokens_equal_those_of_transformers(both):
    model, ours = both
    ids = some_ids(2, 12)
    settings = {"do_sample": False, "pad_token_id": 0, "eos_token_id": None}
    ones = torch.ones_like(ids)
    expected = model.generate(ids, attention_mask=ones, max_new_tokens=40, **settings)
    assert torch.equal(generate(ours, ids, 40, top_k=1), expected)


# Catches: half precision that breaks a part; only the likeliest token is compared.
@torch.no_grad()
def test_in_half_precision(theirs):
    for _, folder in theirs.values():
        ours, ids = load_family(folder), some_ids(3, LENGTH)
        whole = ours(ids).argmax(-1)
        half = ours.bfloat16()(ids)
        assert half.dtype == torch.bfloat16
        assert (half.argmax(-1) == whole).float().mean() > 0.9


# --- faults -------------------------------------------------------------------------

FILES = (
    *("model.guards", "model.cache", "model.gpt", "model.norms", "model.positions"),
    *("model.mlps", "model.reading", "model.attention", "model.decoder"),
    *("model.families.family", "model.families.llama", "model.families.qwen3"),
    *("model.families.gemma3", "model.families", "checkpoint.family_files"),
)
FAMILY, GEMMA = "model.families.family", "model.families.gemma3"
# (the family that sees it, file, the right text, the faulty text)
FAULTS = [
    ("Llama", FAMILY, '"eps": theirs["rms_norm_eps"],', ""),
    ("Qwen3", FAMILY, '"eps": theirs["rms_norm_eps"],', ""),
    (
        "Llama",
        FAMILY,
        'return {"positions": positions, "base": base, ',
        'return {"positions": positions, ',
    ),
    ("Llama", FAMILY, '"mlp.up_proj": "mlp.up"', '"mlp.up_proj": "mlp.gate"'),
    ("Llama", FAMILY, '"attention.qkv[0]"', '"attention.qkv[3]"'),
    ("Llama", FAMILY, "torch.cat([parts[i]", "torch.cat([parts[-i % 3]"),
    ("Llama", FAMILY, '"factor": "factor",', ""),
    ("Llama", FAMILY, '"low_freq_factor": "low"', '"low_freq_factor": "high"'),
    ("Llama", "model.positions", "(1 - kept) / factor", "(1 - kept)"),
    ("Llama", "model.positions", ".clamp(0, 1)", ""),
    (
        "Llama",
        "model.positions",
        "original * speed / (2 * math.pi)",
        "original * speed",
    ),
    ("Llama", "model.positions", "self.base ** (", "10_000.0 ** ("),
    ("Llama", "model.families.llama", 'norm="rms"', 'norm="one plus rms"'),
    (
        "Llama",
        "model.attention",
        "enable_gqa=self.heads != self.kv_heads",
        "enable_gqa=False",
    ),
    (
        "Llama",
        "model.mlps",
        "self.bend(self.gate(x)) * self.up(x)",
        "self.gate(x) * self.bend(self.up(x))",
    ),
    (
        "Qwen3",
        FAMILY,
        '"self_attn.q_norm": "attention.q_norm"',
        '"self_attn.q_norm": "attention.k_norm"',
    ),
    ("Qwen3", FAMILY, '"silu": "silu"', '"silu": "gelu"'),
    ("Qwen3", "model.families.qwen3", 'qk_norm="head",', ""),
    (
        "Qwen3",
        "model.attention",
        "self.q_norm(q), self.k_norm(k)",
        "self.k_norm(q), self.q_norm(k)",
    ),
    (
        "Qwen3",
        "model.attention",
        "self.turn(self.normed(qk), row)",
        "self.normed(self.turn(qk, row))",
    ),
    ("Qwen3", "model.positions", "torch.cat([b, a]", "torch.cat([-b, a]"),
    (
        "Gemma3",
        GEMMA,
        '"post_attention_layernorm": "after1"',
        '"post_attention_layernorm": "norm2"',
    ),
    ("Gemma3", GEMMA, 'theirs.get("query_pre_attn_scalar", 256) ** -0.5', "None"),
    ("Gemma3", GEMMA, 'embed_scale=theirs["hidden_size"] ** 0.5,', ""),
    (
        "Gemma3",
        GEMMA,
        "wide if size is None else narrow",
        "narrow if size is None else wide",
    ),
    ("Gemma3", GEMMA, 'norm="one plus rms"', 'norm="rms"'),
    ("Gemma3", GEMMA, "window=window", "window=window[::-1]"),
    ("Gemma3", GEMMA, 'qk_norm="head",', ""),
    ("Gemma3", FAMILY, '"gelu_pytorch_tanh": "gelu"', '"gelu_pytorch_tanh": "silu"'),
    ("Gemma3", "model.reading", "back < window", "back <= window"),
    ("Gemma3", "model.decoder", "v[layer % len(v)]", "v[0]"),
    ("Gemma3", "model.decoder", "self.after1(self.attention", "(self.attention"),
    ("Gemma3", "model.positions", ", base {self.base}", ""),
    ("Gemma3", "model.norms", "(1 + self.weight)", "self.weight"),
]


def run_faulty(name="", old="", new=""):
    """`load_family` of files made anew, with a fault in one of them."""
    home = Path(importlib.import_module("shared").__file__).parent
    real = {file: importlib.import_module(f"shared.{file}") for file in FILES}
    try:
        for file in FILES:
            path = home.joinpath(*file.split("."))
            path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            text = path.read_text("utf-8")
            if file == name:
                assert old in text, f"{path} no longer holds {old!r}: renew the table"
                text = text.replace(old, new, 1)
            module = types.ModuleType(f"shared.{file}")
            sys.modules[module.__name__] = module
            exec(compile(text, f"faulty {file}", "exec"), module.__dict__)
        return sys.modules["shared.checkpoint.family_files"].load_family
    finally:
        sys.modules.update({f"shared.{file}": module for file, module in real.items()})


@torch.no_grad()
def disagrees(model, folder, load):
    """Whether the logits of the folder's model, loaded so, are not the reference's."""
    ids = some_ids(2, LENGTH)
    try:
        ours = load(folder)(ids)
    except (ValueError, RuntimeError, IndexError, KeyError, TypeError):
        return True  # a CheckpointError is a ValueError
    return not torch.allclose(ours, model(ids).logits, **CLOSE)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f[0]}-{f[2][:30]}")
def test_a_fault_is_seen(theirs, fault):
    name, *planted = fault
    assert disagrees(*theirs[name], run_faulty(*planted))


# Catches: faults that are "seen" because the files cannot be run this way.
def test_without_a_fault_nothing_is_seen(theirs):
    for pair in theirs.values():
        assert not disagrees(*pair, run_faulty())


# --- configs and files --------------------------------------------------------------


def config_of(theirs, name, **changes):
    """Our config from a family's config.json with some of its lines changed."""
    told = json.loads((theirs[name][1] / "config.json").read_text("utf-8")) | changes
    told = {key: value for key, value in told.items() if value != "drop"}
    return FAMILIES[told["model_type"]].config(told)


# Catches: a config.json as older libraries wrote it, and as it stands on the Hub.
def test_configs_in_older_words(theirs):
    scaling = {key: value for key, value in LLAMA3.items() if key != "rope_theta"}
    older = {"rope_parameters": "drop", "rope_theta": 500.0, "rope_scaling": scaling}
    assert config_of(theirs, "Llama", **older) == config_of(theirs, "Llama")
    older = {"rope_parameters": "drop", "rope_theta": 1e6, "rope_scaling": None}
    assert config_of(theirs, "Qwen3", **older) == config_of(theirs, "Qwen3")
    older = {
        **{"rope_parameters": "drop", "rope_theta": 1e6, "layer_types": "drop"},
        **{"rope_local_base_freq": 10_000.0, "sliding_window_pattern": 6},
    }
    whole, found = config_of(theirs, "Gemma3"), config_of(theirs, "Gemma3", **older)
    assert [found.at(i) for i in range(7)] == [whole.at(i) for i in range(7)]


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("Llama", {"attention_bias": True}, "has attention_bias = True"),
        ("Llama", {"hidden_act": "relu6"}, "hidden_act = 'relu6'; our decoder knows"),
        ("Qwen3", {"layer_types": ["odd"]}, "layer_types = 'odd'"),
        ("Gemma3", {"final_logit_softcapping": 30.0}, "final_logit_softcapping = 30.0"),
        (
            "Llama",
            {"rope_parameters": {"rope_type": "yarn"}},
            "rope_type = 'yarn'; our decoder knows .*'llama3'",
        ),
    ],
    ids=str,
)
def test_configs_that_our_decoder_does_not_follow(
    theirs, tmp_path, name, changes, message
):
    told = json.loads((theirs[name][1] / "config.json").read_text("utf-8")) | changes
    (tmp_path / "config.json").write_text(json.dumps(told))
    with pytest.raises(CheckpointError, match=f"asks for what our .*{message}"):
        load_family(tmp_path)


def test_files_that_do_not_fit(theirs, tmp_path):
    _, folder = theirs["Qwen3"]
    with pytest.raises(CheckpointError, match="config.json could not be read"):
        load_family(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "eliza"}')
    with pytest.raises(CheckpointError, match="the family 'eliza'; known are .'llama'"):
        load_family(tmp_path)
    shutil.copy(folder / "config.json", tmp_path)
    with pytest.raises(
        CheckpointError, match="model.safetensors is missing or damaged"
    ):
        load_family(tmp_path)
    state = load_file(folder / "model.safetensors")
    norm = state.pop("model.layers.3.self_attn.q_norm.weight")
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(
        CheckpointError, match=r"3.attention.q_norm.weight should be \(12"
    ):
        load_family(tmp_path)
    state["model.layers.3.self_attn.q_norm.weight"] = norm
    state["model.layers.3.self_attn.extra.weight"] = norm.clone()
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="extra.weight should be nothing"):
        load_family(tmp_path)


# Catches: large models, whose weights come in several files.
def test_weights_in_several_files(theirs, tmp_path):
    model, folder = theirs["Llama"]
    shutil.copy(folder / "config.json", tmp_path)
    state = load_file(folder / "model.safetensors")
    names = sorted(state)
    told = {name: f"part{i % 2}.safetensors" for i, name in enumerate(names)}
    for part in set(told.values()):
        own = {name: state[name] for name in names if told[name] == part}
        save_file(own, tmp_path / part)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": told}))
    assert not disagrees(model, tmp_path, load_family)
