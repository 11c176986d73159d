"""Faults of one line, planted one by one: each must be caught by the check named here.

The faulty source runs as a module of its own; the files stay as they are. This table
is shown in appendix H.
"""

import sys
import types
from pathlib import Path

import modelchecks as c
import pytest

from shared.model import gpt as model

SHARED = Path(model.__file__).parents[1]
FILES = ("guards", "cache", "parts", "modern", "gpt")  # each uses those before it
ROOMS = tuple(f"model.{file}" for file in FILES)
GENERATE_FILE = "generate.sampling"
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
PARTS = [
    (c.check_norms, "unbiased=False", "unbiased=True"),
    (c.check_norms, "torch.sqrt(variance + eps)", "(torch.sqrt(variance) + eps)"),
    (c.check_norms, "(x - mean) / torch", "x / torch"),
    (c.check_norms, "bias: bool = True, eps: float = 1e-5", "bias=True, eps=1e-6"),
    (c.check_norms, "self.bias, self.eps)", "None, self.eps)"),
    (c.check_gelu, "0.044715", "0.44715"),
    (c.check_gelu, "math.sqrt(2 / math.pi)", "math.sqrt(2 * math.pi)"),
    (c.check_gelu, "0.5 * x * (1 + torch", "0.5 * x * (torch"),
    (c.check_block, 'approximate="tanh"', 'approximate="none"'),
    (c.check_block, "mask, p, is_causal=T == S)", "mask, p, T == S, scale=1.0)"),
    (c.check_block, "q, k, v = self.qkv(x)", "k, q, v = self.qkv(x)"),
    (c.check_block, "y.transpose(1, 2).flatten(2)", "y.reshape(x.shape)"),
    (c.check_block, "(-1, (self.heads, -1)).tr", "(-1, (-1, self.heads)).mT.tr"),
    (c.check_causality, "is_causal=T == S", "is_causal=False"),
    (c.check_cache, ".tril(S - T)", ".tril(S - T + 1)"),
    (c.check_cache, ".tril(S - T)", ".tril()"),
    (c.check_cache, "0 if past is None else past.length", "0"),
    (c.check_dropout, "self.dropout if self.training else 0.0", "self.dropout"),
    (c.check_dropout, "self.dropout if self.training else 0.0", "0.0"),
    (c.check_dropout, "self.drop(self.down(x))", "self.down(x)"),
]
MODERN = [
    (c.check_norms, "rsqrt(mean_square + self.eps)", "rsqrt(mean_square)"),
    (c.check_norms, "x.pow(2).mean(dim=-1, keepdim=True)", "x.var(-1, keepdim=True)"),
    (c.check_modern, "return x * x", "return x"),
    (
        c.check_modern,
        "self.q_norm(q), self.k_norm(k)",
        "self.k_norm(q), self.q_norm(k)",
    ),
    (c.check_modern, "torch.cat([b, a]", "torch.cat([a, b]"),
    (c.check_modern, "torch.cat([-angle.sin()", "torch.cat([angle.sin()"),
    (c.check_modern, "base: float = 10_000.0", "base: float = 500_000.0"),
    (c.check_modern, "0, channels, 2) / channels", "0, channels, 2) / (channels - 2)"),
    (c.check_modern, "qk = self.rotary(qk, start)", "q = self.rotary(qk, start)"),
    (c.check_modern, "x + self.direct * first", "x + first"),
    (c.check_modern, "x + self.direct * first", "x"),
    (c.check_modern, "F.linear(source, W_v, b_v)", "F.linear(x, W_v, b_v)"),
    (
        c.check_modern,
        "W_qk, W_v = self.qkv.weight.split([2 * C, C])",
        "W_v, W_qk = self.qkv.weight.split([C, 2 * C])",
    ),
    (c.check_modern, "F.linear(x, W_qk, b_qk)", "F.linear(x, W_qk)"),
    (
        c.check_modern,
        'return SquaredReLU(config) if config.mlp == "relu2" else FeedForward(config)',
        "return FeedForward(config)",
    ),
]
MODEL = [
    (c.check_block, "x = x + self.attention(", "x = self.attention("),
    (
        c.check_block,
        "return x + self.mlp(self.norm2(x))",
        "return self.mlp(self.norm2(x))",
    ),
    (c.check_block, "self.mlp(self.norm2(x))", "self.mlp(self.norm1(x))"),
    (
        c.check_block,
        "self.attention(self.norm1(x), first, past)",
        "self.attention(x, first, past)",
    ),
    (c.check_logits, "return self.norm(x)", "return x"),
    (c.check_logits, "weight[start : start", "weight[start + 1 : start + 1"),
    (c.check_logits, "x = x + self.positions", "x = x * self.positions"),
    (c.check_cache, "start = 0 if cache is None else cache[0].length", "start = 0"),
    (c.check_cache, "cache is None else cache[i])", "cache is None else cache[0])"),
    (c.check_dropout, "x = first = self.drop(x)", "first = x"),
    (c.check_tie, "if config.tie:", "if not config.tie:"),
    (c.check_initialisation, "fork_rng(devices=[])", "fork_rng(enabled=False)"),
    (
        c.check_initialisation,
        "math.sqrt(2 * model.config.layers)",
        "model.config.layers",
    ),
    (c.check_initialisation, "ends[0] if ends else 0.02", "ends[0] if ends else 0.2"),
    (
        c.check_initialisation,
        '"attention.out.weight": 0.0,',
        '"attention.out.weight": small,',
    ),
    (c.check_initialisation, "parameter.zero_()", "pass"),
    (c.check_initialisation, ".manual_seed(seed)", ".manual_seed(0)"),
    (c.check_initialisation, '"mlp.down.weight"', '"mlp.up.weight"'),
    (c.check_evaluating, "part.training = mode", "part.training = True"),
    (c.check_evaluating, "    finally:", "    except ValueError:"),
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
    (c.check_initialisation, '"head.weight": 0.0}', '"head.weight": small}'),
    (c.check_modern, "block(x, first,", "block(x, x,"),
]
GENERATE = [
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
    (c.check_generation, "model.head(x[:, -1])", "model.head(x[:, 0])"),
    (c.check_generation, "ids[:, -context:]", "ids[:, :context]"),
    (c.check_generation, "cache[0].length :]", "-1:]"),
    (
        c.check_generation,
        "next_probabilities(logits, temperature, top_k, top_p)",
        "next_probabilities(logits)",
    ),
    (c.check_seed, "generator=generator)", "generator=None)"),
    (c.check_seed, "generator.seed()", "torch.seed()"),
    (c.check_stop, "token[~going] = eos", "pass"),
    (c.check_stop, "going &= token[:, 0] != eos", "pass"),
    (c.check_stop, "if not going.any()", "if not going.all()"),
    (c.check_stop, "if not going.any()", "if False"),
]
GUARDS = [
    (
        c.check_limits,
        "ids.shape[1] > config.context:",
        "ids.shape[1] >= config.context:",
    ),
    (c.check_limits, "if start + ids.shape[1] >", "if ids.shape[1] >"),
    (c.check_limits, "or ids.max() >= config", "or ids.max() > config"),
    (c.check_limits, "ids.min() < 0 or", ""),
]
TABLE = [
    *(("model.cache", *row) for row in CACHE),
    *(("model.parts", *row) for row in PARTS),
    *(("model.modern", *row) for row in MODERN),
    *(("model.gpt", *row) for row in MODEL),
    *((GENERATE_FILE, *row) for row in GENERATE),
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
    if name == GENERATE_FILE:
        return run(name, old, new)
    real = {room: sys.modules[f"shared.{room}"] for room in ROOMS}
    try:
        made = {room: run(room, *(old, new) * (room == name)) for room in ROOMS}
    finally:
        sys.modules.update({f"shared.{room}": real[room] for room in ROOMS})
    names = [vars(made[room]) for room in ROOMS[2:]]
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
@pytest.mark.parametrize("name", [*ROOMS, GENERATE_FILE])
def test_without_a_fault_every_check_passes(name):
    module = run_faulty(name)
    assert name == GENERATE_FILE or module.GPT is not model.GPT
    for check in {check for where, check, *_ in TABLE if where == name}:
        check(module)


def test_the_table_is_long_enough():
    assert len(TABLE) >= 20 and len(set(TABLE)) == len(TABLE)
