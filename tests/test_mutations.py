"""Faults of one line, planted one by one: each must be caught by the check named here.

The faulty source runs as a module of its own; the files stay as they are. This table
is shown in appendix H.
"""

import importlib
import sys
import types
from pathlib import Path

import generatechecks as k
import modelchecks as c
import pytest

from shared.model import gpt as model

SHARED = Path(model.__file__).parents[1]
# Each uses those before it.
FILES = (
    *("guards", "cache", "gpt", "norms", "positions", "mlps", "reading"),
    *("attention", "decoder", "modes"),
)
ROOMS = tuple(f"model.{file}" for file in FILES)

GENERATE_FILES = tuple(
    f"generate.{file}" for file in ("sampling", "reading", "padding", "generators")
)
# A NameError, say, is no catch: the fault would be clumsy, not the check good.
CAUGHT = (AssertionError, ValueError, IndexError, RuntimeError)

# (the check that must raise, the right text, the faulty text)
CACHE = [
    (c.check_cache, "torch.cat([self.v, v], dim=2)", "torch.cat([v, self.v], dim=2)"),
    (
        c.check_cache,
        "self.k, self.v = k, v",
        "self.k, self.v = k[:, :, -1:], v[:, :, -1:]",
    ),
]
GPT = [
    (c.check_norms, "eps: float = 1e-5", "eps: float = 1e-6"),
    (c.check_norms, "self.bias, self.eps)", "None, self.eps)"),
    (c.check_block, 'approximate="tanh"', 'approximate="none"'),
    (c.check_block, "is_causal=True)", "is_causal=True, scale=1.0)"),
    (c.check_block, "q, k, v = (", "k, q, v = ("),
    (c.check_block, "y.transpose(1, 2).flatten(2)", "y.reshape(x.shape)"),
    (c.check_block, "(-1, (self.heads, -1)).tr", "(-1, (-1, self.heads)).mT.tr"),
    (c.check_causality, "is_causal=True", "is_causal=False"),
    (c.check_dropout, "self.dropout if self.training else 0.0", "self.dropout"),
    (c.check_dropout, "self.dropout if self.training else 0.0", "0.0"),
    (c.check_dropout, "self.drop(self.down(x))", "self.down(x)"),
    (c.check_dropout, "self.drop(self.out(y.", "(self.out(y."),
    (c.check_dropout, "x = self.drop(x)", "pass"),
    (c.check_block, "x = x + self.attention(", "x = self.attention("),
    (
        c.check_block,
        "return x + self.mlp(self.norm2(x))",
        "return self.mlp(self.norm2(x))",
    ),
    (c.check_block, "self.mlp(self.norm2(x))", "self.mlp(self.norm1(x))"),
    (c.check_block, "self.attention(self.norm1(x))", "self.attention(x)"),
    (c.check_logits, "return self.norm(x)", "return x"),
    (c.check_logits, "weight[: ids.shape[1]]", "weight[-ids.shape[1] :]"),
    (c.check_logits, "self.tokens(ids) + self", "self.tokens(ids) * self"),
    (c.check_tie, "self.head.weight = self.tokens.weight", "pass"),
    (c.check_initialisation, "fork_rng(devices=[])", "fork_rng(enabled=False)"),
    (
        c.check_initialisation,
        "math.sqrt(2 * model.config.layers)",
        "model.config.layers",
    ),
    (c.check_initialisation, "added if adds else 0.02", "added if adds else 0.2"),
    (c.check_initialisation, "added if adds else 0.02", "0.02"),
    (c.check_initialisation, "parameter.zero_()", "pass"),
    (c.check_initialisation, ".manual_seed(seed)", ".manual_seed(0)"),
    (c.check_initialisation, '"mlp.down.weight"', '"mlp.up.weight"'),
]
NORMS = [
    (c.check_norms, "self.weight, None, self.eps", "None, None, self.eps"),
    (c.check_norms, "rsqrt(mean_square + self.eps)", "rsqrt(mean_square)"),
    (c.check_norms, "x.pow(2).mean(dim=-1, keepdim=True)", "x.var(-1, keepdim=True)"),
    (c.check_norms, "(1 + self.weight)", "self.weight"),
    (c.check_norms, "nn.init.zeros_(self.weight)", "pass"),
]
POSITIONS = [
    (c.check_modern, "torch.cat([b, a]", "torch.cat([a, b]"),
    (c.check_modern, "torch.cat([-sin", "torch.cat([sin"),
    (c.check_modern, "self.base ** (", "500_000.0 ** ("),
    (c.check_modern, "-i / self.channels", "-i / (self.channels - 2)"),
    (c.check_families, ", base {self.base}", ""),
    (c.check_families, 'self.settings += f", scaling {self.scaling}"', "pass"),
    (c.check_families, "return speed / factor", "return speed * factor"),
]
MLPS = [
    (c.check_modern, "return x * x", "return x"),
    (
        c.check_families,
        "self.bend(self.gate(x)) * self.up(x)",
        "self.bend(self.up(x)) * self.gate(x)",
    ),
    (c.check_shapes, "config.mlp_width or", ""),
    (
        c.check_dropout,
        "self.drop(self.down(self.bend(self.up(x))))",
        "self.down(self.bend(self.up(x)))",
    ),
]
READING = [
    (c.check_cache, "start + ids.shape[1]", "ids.shape[1]"),
    (c.check_cache, "T in (1, S)", "T in (1, 17, S)"),
    (c.check_cache, "back >= 0", "back > -2"),
    (c.check_families, "back < window", "back <= window"),
    (c.check_families, "window >= S", "window >= S - 1"),
    (c.check_cache, '("mask", window)', '"mask"'),
    (c.check_padding, "every >= self.pad", "every > self.pad"),
    (c.check_padding, "seen & real[:, None]", "seen[None]"),
    (c.check_padding, "self.columns - self.pad", "self.columns + 0 * self.pad"),
    (c.check_cache, "table[self.start : self.stop]", "table[: self.stop - self.start]"),
    (c.check_padding, "self.pad is None and window is None", "window is None"),
]
ATTENTION = [
    (c.check_decoder_is_the_gpt, "y = F.scaled", "q = q * 1.0001; y = F.scaled"),
    (
        c.check_families,
        "self.q_norm(q), self.k_norm(k)",
        "self.k_norm(q), self.q_norm(k)",
    ),
    (c.check_families, "self.q_norm(self.join(q))", "self.join(q)"),
    (
        c.check_families,
        "self.turn(self.normed(qk), row)",
        "self.normed(self.turn(qk, row))",
    ),
    (c.check_families, "scale=self.scale", "scale=None"),
    (c.check_families, "row.mask(self.window)", "row.mask()"),
    (
        c.check_shapes,
        "config.bias if config.qkv_bias is None else config.qkv_bias",
        "config.bias",
    ),
    (c.check_families, "NORMS[config.norm]", 'NORMS["rms"]'),
    (c.check_families, "norm(size, config.eps)", "norm(size)"),
    (c.check_causality, "mask is None and q", "False and q"),
    (
        c.check_cache,
        "mask is None and q.shape[2] > 1",
        "q.shape[2] > 1",
    ),
    (c.check_dropout, "self.dropout if self.training else 0.0", "0.0"),
    (c.check_dropout, "self.dropout if self.training else 0.0", "self.dropout"),
    (c.check_modern, "x + self.direct * row.first", "x + row.first"),
    (c.check_modern, "x + self.direct * row.first", "x"),
    (
        c.check_modern,
        "self.split(F.linear(x, W_qk, b_qk))",
        "self.split(F.linear(x, W_qk))",
    ),
    (
        c.check_modern,
        "(self.heads + self.kv_heads, self.kv_heads)",
        "(2 * self.heads, self.heads)",
    ),
]
DECODER = [
    (c.check_padding, "Reading(ids, start, pad)", "Reading(ids, start)"),
    (c.check_padding, "self.positions(row.places)", "self.positions(row.columns)"),
    (c.check_cache, "start = 0 if cache is None else cache[0].length", "start = 0"),
    (c.check_cache, "cache is None else cache[i])", "cache is None else cache[0])"),
    (c.check_modern, "row.first = self.drop(x)", "row.first = self.drop(x) * 0"),
    (c.check_tie, "if config.tie:", "if not config.tie:"),
    (c.check_families, "self.after1(self.attention(", "(self.attention("),
    (c.check_families, "self.after2(self.mlp(", "(self.mlp("),
    (c.check_shapes, 'norm("before"), MLPS', 'norm("after"), MLPS'),
    (c.check_families, "v[layer % len(v)]", "v[0]"),
    (c.check_families, "x * self.config.embed_scale", "x"),
    (
        c.check_families,
        "NORMS[config.norm](config.width, config.eps)",
        "NORMS[config.norm](config.width)",
    ),
    (c.check_initialisation, "fork_rng(devices=[])", "fork_rng(enabled=False)"),
    (
        c.check_initialisation,
        '"attention.out.weight": 0.0,',
        '"attention.out.weight": 0.02,',
    ),
    (
        c.check_initialisation,
        "if model.config.tie else 1.0",
        "if model.config.tie else 0.1",
    ),
    (
        c.check_initialisation,
        'stds["tokens.weight"] = 0.02',
        'stds["tokens.weight"] = 1.0',
    ),
    (c.check_initialisation, '"head.weight": 0.0}', '"head.weight": 0.02}'),
    (c.check_decoder_is_the_gpt, '"gpt2": initialise', '"gpt2": zero_out'),
]
MODES = [
    (c.check_evaluating, "part.training = mode", "part.training = True"),
    (c.check_evaluating, "    finally:", "    except ValueError:"),
]
SAMPLING = [
    (c.check_top_k, "logits < lowest", "logits <= lowest"),
    (c.check_top_k, "k = min(k, logits.shape[-1])", "k = k"),
    (c.check_top_k, "values[:, -1:]", "values[:1, -1:]"),
    (c.check_top_p, "cumsum(dim=-1) - probs", "cumsum(dim=-1)"),
    (c.check_top_p, "before >= p", "before > p"),
    (c.check_top_p, "descending=True", "descending=False"),
    (c.check_top_p, "beyond.scatter(1, places, beyond)", "beyond"),
    (c.check_probabilities, "logits.float() / temperature", "logits * temperature"),
    (
        c.check_probabilities,
        "return logits.softmax(dim=-1)",
        "return logits.softmax(dim=0)",
    ),
    (c.check_probabilities, "if top_p is not None:", "if top_p and not top_k:"),
    (
        c.check_generation,
        "next_probabilities(logits, *way)",
        "next_probabilities(logits)",
    ),
    (c.check_stop, "token[~going] = eos", "pass"),
    (c.check_stop, "going &= token != eos", "pass"),
    (c.check_stop, "if not going.any()", "if not going.all()"),
    (c.check_stop, "if not going.any()", "if False"),
    (k.check_likeliest, "if temperature == 0:", "if temperature == 0 and not top_k:"),
    (k.check_likeliest, "logits.argmax(", "logits.argmin("),
    (k.check_loop, "ids = torch.cat([ids, token], dim=1)", "ids = token"),
    (k.check_loop, "for _ in range(most)", "for _ in range(most + 1)"),
]
PREPARING = [  # `generate` is made from it
    (c.check_generation, "cache, pad)[:, -1]", "cache, pad)[:, 0]"),
    (c.check_generation, "last_window(ids, pad, context)", "last_window(ids, pad, 9)"),
    (c.check_generation, "cache[0].length :]", "-1:]"),
    (c.check_seed, "check_generators(generator,", "check_generators(None,"),
    (
        c.check_seed,
        "check_generators(generator, len(rows))",
        "generator or torch.default_generator",
    ),
    (k.check_unequal, "cache, pad)[:, -1]", "cache)[:, -1]"),
    (k.check_unequal, "last_window(ids, pad,", "last_window(ids, None,"),
    (k.check_unequal, "or ids.shape[1] > context", ""),
    (k.check_row_seeds, "check_prompts(ids, model, eos)", "check_prompts(ids, model)"),
    (
        k.check_row_seeds,
        "check_generators(generator, len(rows))",
        "generator[0] if isinstance(generator, list) else generator",
    ),
]
PADDING = [
    (k.check_window, "max(0, ids.shape[1] - context)", "ids.shape[1] - context"),
    (k.check_window, "(pad - gone).clamp(min=0)", "pad"),
    (k.check_window, "(pad - gone).clamp(min=0)", "pad - gone"),
    (k.check_window, "W - 1 - pad", "W - pad"),
    (k.check_window, "columns.clamp(max=W - 1)", "columns % 3"),
]
GENERATORS = [
    (k.check_draws, "draw_each(row, own) for", "draw_each(row, generator[0]) for"),
    (k.check_draws, "1, generator=generator)", "1)"),
]
GUARDS = [
    (
        c.check_limits,
        "ids.shape[1] > config.context:",
        "ids.shape[1] >= config.context:",
    ),
    (c.check_limits, "if start + ids.shape[1] >", "if ids.shape[1] >"),
    (c.check_limits, "or most >= config", "or most > config"),
    (c.check_limits, "least < 0 or", ""),
]
TABLE = [
    *(("model.cache", *row) for row in CACHE),
    *(("model.gpt", *row) for row in GPT),
    *(("model.norms", *row) for row in NORMS),
    *(("model.positions", *row) for row in POSITIONS),
    *(("model.mlps", *row) for row in MLPS),
    *(("model.reading", *row) for row in READING),
    *(("model.attention", *row) for row in ATTENTION),
    *(("model.decoder", *row) for row in DECODER),
    *(("model.modes", *row) for row in MODES),
    *(("generate.sampling", *row) for row in SAMPLING),
    *(("generate.reading", *row) for row in PREPARING),
    *(("generate.padding", *row) for row in PADDING),
    *(("generate.generators", *row) for row in GENERATORS),
    *(("model.guards", *row) for row in GUARDS),
]


def run(name, old="", new=""):
    """A file of shared/ with one text exchanged, as a module that nobody else sees."""
    source = SHARED.joinpath(*name.split(".")).with_suffix(".py").read_text("utf-8")
    assert old in source, f"shared.{name} no longer holds {old!r}: renew the table"
    module = types.ModuleType(f"shared.{name}")
    # A dataclass looks its module up, and the next room imports from this one.
    sys.modules[module.__name__] = module
    code = compile(source.replace(old, new, 1), f"faulty {name}.py", "exec")
    exec(code, module.__dict__)
    return module


def run_faulty(name, old="", new=""):
    """What the checks of a file of shared/ look at, with the fault in it.

    A model is made anew from all of its rooms, so that a fault in one is in the model.
    """
    names = [f"shared.{file}" for file in (*ROOMS, *GENERATE_FILES)]
    real = {file: importlib.import_module(file) for file in names}
    try:
        if name == "generate.reading":  # `generate` is made from it
            run(name, old, new)
            return run("generate.sampling")
        if name in GENERATE_FILES:
            return run(name, old, new)
        made = {room: run(room, *(old, new) * (room == name)) for room in ROOMS}
    finally:
        sys.modules.update(real)
    names = [vars(made[room]) for room in ROOMS[1:]]
    return types.SimpleNamespace(**{k: v for room in names for k, v in room.items()})


@pytest.mark.parametrize(
    ("name", "check", "old", "new"),
    TABLE,
    ids=[f"{check.__name__}-{old[:24]}" for _, check, old, _ in TABLE],
)
def test_fault_is_caught(name, check, old, new):
    faulty = run_faulty(name, old, new)
    with pytest.raises(CAUGHT):
        check(faulty)


# Catches: a table whose faults are "caught" because the module cannot be run this way.
@pytest.mark.parametrize("name", [*ROOMS, *GENERATE_FILES])
def test_without_a_fault_every_check_passes(name):
    module = run_faulty(name)
    assert name in GENERATE_FILES or module.GPT is not model.GPT
    for check in {check for where, check, *_ in TABLE if where == name}:
        check(module)


def test_the_table_is_long_enough():
    assert len(TABLE) >= 20 and len(set(TABLE)) == len(TABLE)
