"""Checks of the model and of generation that take the modules they look at.

test_model.py and test_generate.py run each on the real code; test_mutations.py runs
them on code with a fault in it, and sees that the one that is named raises.

A model is tested with every parameter drawn anew, and on 48 tokens and more: fresh from
its initialisation and on short rows many real faults stay invisible.
"""

import copy
import math
from dataclasses import asdict
from dataclasses import fields as fields_of
from functools import partial
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from shared.model import (
    attention,
    cache,
    decoder,
    gpt,
    mlps,
    modes,
    norms,
    positions,
    reading,
)

# What the checks look at: the names of all files that make a model.
FILES = (cache, gpt, norms, positions, mlps, reading, attention, decoder, modes)
real = SimpleNamespace(**{k: v for file in FILES for k, v in vars(file).items()})
CLOSE = {"atol": 2e-5, "rtol": 0}
SMALL = {"vocab_size": 37, "context": 64, "layers": 2, "heads": 3, "width": 24}
MODERN = SMALL | {
    "norm": "rms",
    "positions": "rotary",
    "activation": "relu2",
    "qk_norm": "head",
    "attention": "direct",
    "bias": False,
    "tie": False,
}
#: Everything that families have and the book's own model has not.
WIDE = SMALL | {
    "layers": 3,
    "norm": "one plus rms",
    "norm_at": "both",
    "eps": 1e-3,
    "qkv_bias": True,
    "bias": False,
    "embed_scale": 3.0,
    "positions": ("rotary", "none", "scaled rotary"),
    "base": (10_000.0, 100.0, 500.0),
    "scaling": (None, None, {"kind": "linear", "factor": 2.0}),
    "heads": 4,
    "kv_heads": 2,
    "head_width": 10,
    "qk_norm": "whole",
    "scale": 0.2,
    "window": (9, None),
    "mlp": "gated",
    "mlp_width": (40, 24),
    "activation": "silu",
}


def near(a, b, what="", **tolerance):
    """Raise an AssertionError unless two tensors agree within 2e-5."""
    torch.testing.assert_close(
        a, b, **(CLOSE | tolerance), check_dtype=False, msg=lambda m: f"{what}: {m}"
    )


def small_chat():
    """A small random model that has the chat's marks, and its tokenizer."""
    from shared import checkpoint
    from shared.finetune import assistant

    _, tok = checkpoint.load("base")
    settings = {"layers": 2, "heads": 2, "width": 32}
    shape = decoder.DecoderConfig(vocab_size=len(tok), context=64, **settings)
    own = decoder.Decoder(shape, seed=1)
    redraw(own)
    return assistant.extend(own, tok)


@torch.no_grad()
def redraw(model, seed=1):
    """Draw all parameters: matrices 0.2, norms 1 +- 0.1, biases 0.1; then eval mode."""
    draw = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=draw)
        if p.dim() > 1:
            p.copy_(0.2 * noise)
        else:
            p.copy_(0.1 * noise + (0 if name.endswith("bias") else 1))
    return model.eval()


def make(m, seed=1, general=False, **named):
    """A small model with redrawn parameters: a GPT if its config has all the fields,
    else (or with general) a Decoder."""
    named = SMALL | named
    if general or named.keys() - {field.name for field in fields_of(m.Config)}:
        return redraw(m.Decoder(m.DecoderConfig(**named)), seed)
    return redraw(m.GPT(m.Config(**named)), seed)


def some_ids(rows=2, length=48, vocab_size=37, seed=3):
    """Random token ids (rows, length)."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(vocab_size, (rows, length), generator=draw)


# --- an independent GPT, in double precision, by formulas ---------------------------


def norm64(c, w, name, x):
    """The norm called `name`, by its formula; nothing where there is none."""
    if f"{name}.weight" not in w:
        return x
    gain = w[f"{name}.weight"] + (c.norm == "one plus rms")
    if "rms" in c.norm:
        return gain * x / ((x * x).mean(-1, keepdim=True) + c.eps) ** 0.5
    x = x - x.sum(-1, keepdim=True) / x.shape[-1]
    x = x / ((x * x).sum(-1, keepdim=True) / x.shape[-1] + c.eps) ** 0.5
    return gain * x + w.get(f"{name}.bias", 0)


def turn64(c, x):
    """Rotary positions with complex numbers; x (B, T, D)."""
    half = x.shape[-1] // 2
    speed = c.base ** (-2 * torch.arange(half, dtype=torch.float64) / x.shape[-1])
    speed = speed / (c.scaling["factor"] if c.scaling else 1)
    angle = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * speed
    z = torch.complex(x[..., :half], x[..., half:]) * torch.exp(1j * angle)
    return torch.cat([z.real, z.imag], -1)


def attention64(c, w, name, x, first):
    """Causal attention, one head and one token after the other's keys."""
    size, shared = c.channels, c.heads // (c.kv_heads or c.heads)
    cuts = [c.heads * size, c.heads // shared * size, c.heads // shared * size]
    W_q, W_k, W_v = w[f"{name}.qkv.weight"].split(cuts)
    b_q, b_k, b_v = w.get(f"{name}.qkv.bias", torch.zeros(sum(cuts))).split(cuts)
    source = x + w[f"{name}.direct"] * first if c.attention == "direct" else x
    q, k, v = x @ W_q.T + b_q, x @ W_k.T + b_k, source @ W_v.T + b_v
    if c.qk_norm == "whole":
        q, k = norm64(c, w, f"{name}.q_norm", q), norm64(c, w, f"{name}.k_norm", k)
    heads, back = [], torch.arange(x.shape[1])[:, None] - torch.arange(x.shape[1])
    for h in range(c.heads):
        a = q[..., h * size :][..., :size]
        b, values = (part[..., h // shared * size :][..., :size] for part in (k, v))
        if c.qk_norm == "head":
            a, b = norm64(c, w, f"{name}.q_norm", a), norm64(c, w, f"{name}.k_norm", b)
        if "rotary" in c.positions:
            a, b = turn64(c, a), turn64(c, b)
        scores = torch.einsum("bid,bjd->bij", a, b) * (c.scale or size**-0.5)
        unseen = (back < 0) | (back >= (c.window or x.shape[1]))
        heads.append(torch.softmax(scores.masked_fill(unseen, -math.inf), -1) @ values)
    out = torch.cat(heads, -1)
    return out @ w[f"{name}.out.weight"].T + w.get(f"{name}.out.bias", 0)


def bend64(c, y):
    """The activation, number by number."""
    if c.activation == "relu2":
        return y.clamp(min=0) ** 2
    if c.activation == "silu":
        return y / (1 + torch.exp(-y))
    return 0.5 * y * (1 + torch.tanh((2 / math.pi) ** 0.5 * (y + 0.044715 * y**3)))


def mlp64(c, w, name, x):
    """What a token does by itself, with a gate or without."""
    up = x @ w[f"{name}.up.weight"].T + w.get(f"{name}.up.bias", 0)
    if c.mlp == "gated":
        gate = x @ w[f"{name}.gate.weight"].T + w.get(f"{name}.gate.bias", 0)
        up = up * bend64(c, gate)
    else:
        up = bend64(c, up)
    return up @ w[f"{name}.down.weight"].T + w.get(f"{name}.down.bias", 0)


def logits64(model, ids):
    """What the model should answer: (B, T, vocab) in double precision."""
    c = decoder.DecoderConfig(**asdict(model.config))
    w = {name: t.double() for name, t in model.state_dict().items()}
    x = w["tokens.weight"][ids] * c.embed_scale
    if c.positions == "learned":
        x = x + w["positions.weight"][: ids.shape[1]]
    first = x
    for i in range(c.layers):
        b, one = f"blocks.{i}", c.at(i)
        y = norm64(c, w, f"{b}.norm1", x)
        y = attention64(one, w, f"{b}.attention", y, first)
        x = x + norm64(c, w, f"{b}.after1", y)
        y = mlp64(one, w, f"{b}.mlp", norm64(c, w, f"{b}.norm2", x))
        x = x + norm64(c, w, f"{b}.after2", y)
    x = norm64(c, w, "norm", x)
    return x @ w["tokens.weight" if c.tie else "head.weight"].T


# --- the model ----------------------------------------------------------------------


def check_norms(m):
    """The norms equal torch's, also where eps counts: at channels of a thousandth."""
    draw = torch.Generator().manual_seed(5)
    for size in (1.0, 3e-3):
        x = size * torch.randn(4, 7, 24, generator=draw) + size
        weight, bias = torch.randn(2, 24, generator=draw)
        for eps in ((), (1e-4,)):
            layer, bare = m.LayerNorm(24, *eps), m.BareLayerNorm(24, *eps)
            rms, plus = m.RMSNorm(24, *eps), m.OnePlusRMSNorm(24, *eps)
            assert not plus.weight.any() and bool((rms.weight == 1).all())
            with torch.no_grad():
                layer.bias.copy_(bias), plus.weight.copy_(weight - 1)
                for norm in (layer, bare, rms):
                    norm.weight.copy_(weight)
            used = eps[0] if eps else 1e-5
            near(layer(x), F.layer_norm(x, (24,), weight, bias, used), "LayerNorm")
            near(bare(x), F.layer_norm(x, (24,), weight, None, used), "BareLayerNorm")
            near(rms(x), F.rms_norm(x, (24,), weight, used), "RMSNorm")
            near(plus(x), F.rms_norm(x, (24,), weight, used), "OnePlusRMSNorm")


def check_block(m):
    """GPT-2's block equals torch's own encoder layer with a causal mask."""
    model = make(m)
    block = model.blocks[0]
    gelu = partial(F.gelu, approximate="tanh")
    theirs = nn.TransformerEncoderLayer(24, 3, 96, 0, gelu, 1e-5, True, True).eval()
    ours = block.state_dict()
    names = {
        "attention.qkv.": "self_attn.in_proj_",
        "attention.out": "self_attn.out_proj",
        "mlp.up": "linear1",
        "mlp.down": "linear2",
    }
    for old, new in names.items():
        ours = {name.replace(old, new): tensor for name, tensor in ours.items()}
    theirs.load_state_dict(ours)
    x = torch.randn(2, 50, 24, generator=torch.Generator().manual_seed(2))
    mask = nn.Transformer.generate_square_subsequent_mask(50)
    near(block(x), theirs(x, mask, is_causal=True), "block")


def check_logits(m):
    """All logits equal those of the formulas, in GPT-2's manner."""
    for fields in ({}, {"norm": "bare layer", "bias": False, "tie": False}):
        model = make(m, **fields)
        near(model(some_ids()), logits64(model, some_ids()), f"GPT-2 manner {fields}")


def check_decoder_is_the_gpt(m):
    """With its defaults: the same first weights, the same bits on one state dict."""
    plain, general = make(m), make(m, general=True, seed=2)
    fresh = m.GPT(plain.config, 4).state_dict(), m.Decoder(general.config, 4)
    for name, tensor in fresh[1].state_dict().items():
        assert torch.equal(tensor, fresh[0][name]), f"{name} begins otherwise"
    general.load_state_dict(plain.state_dict())
    assert torch.equal(plain(some_ids()), general(some_ids())), "other bits"
    for one in (plain, general):
        one(some_ids()).logsumexp(-1).sum().backward()
    for (name, a), (_, b) in zip(plain.named_parameters(), general.named_parameters()):
        assert torch.equal(a.grad, b.grad), f"another gradient of {name}"


def check_families(m):
    """All logits equal the formulas, with each field that families bring, and all."""
    alone = [{key: value} for key, value in WIDE.items() if key not in SMALL]
    paired = {"kv_heads", "positions", "scaling"}
    turned = {"layers": 3, "positions": "rotary", "heads": 4, "kv_heads": 2}
    for fields in [
        *(one for one in alone if one.keys() <= {"norm", "norm_at", "mlp", "window"}),
        *({**turned, **one} for one in alone if not one.keys() & paired),
        {**turned, **{name: WIDE[name] for name in ("positions", "scaling")}},
        {"positions": "rotary", "base": (50.0, 900.0)},
        WIDE,
        WIDE | {"qk_norm": "head", "norm": "layer"},
        WIDE | {"norm_at": "after", "attention": "direct"},
        {"window": 47},
    ]:
        model = make(m, **fields)
        near(model(some_ids()), logits64(model, some_ids()), f"{fields}", rtol=1e-5)


def check_shapes(m):
    """A config's fields decide which tensors a layer has, and their shapes."""
    state = make(m, **WIDE).state_dict()
    shapes = {
        name.removeprefix("blocks.1."): tuple(tensor.shape)
        for name, tensor in state.items()
        if name.startswith("blocks.1.")
    }
    norms = dict.fromkeys(["norm1", "after1", "norm2", "after2"], (24,))
    expected = {f"{name}.weight": shape for name, shape in norms.items()} | {
        "attention.qkv.weight": (80, 24),
        "attention.qkv.bias": (80,),
        "attention.out.weight": (24, 40),
        "attention.q_norm.weight": (40,),
        "attention.k_norm.weight": (20,),
        "mlp.up.weight": (24, 24),
        "mlp.gate.weight": (24, 24),
        "mlp.down.weight": (24, 24),
    }
    assert shapes == expected
    for at, names in {
        "before": ["norm1", "norm2"],
        "after": ["after1", "after2"],
    }.items():
        block = make(m, norm_at=at).blocks[0].state_dict()
        found = {name.split(".")[0] for name in block} - {"attention", "mlp"}
        assert found == set(names), at


def check_padding(m):
    """A row with padding on its left gets what it would get alone; cached, too."""
    ids = some_ids(3, length=40)
    pad = torch.tensor([0, 11, 39])
    for fields in ({}, MODERN, WIDE):
        model = make(m, general=True, **fields)
        alone = [model(row[None, n:]) for row, n in zip(ids, pad)]
        cache = model.new_cache()
        parts = [model(part, cache, pad) for part in ids.split([25, 1, 1, 13], 1)]
        ways = {"at once": model(ids, pad=pad), "cached": torch.cat(parts, 1)}
        for name, found in ways.items():
            assert found.isfinite().all(), f"{name}: padding gives no numbers"
            for row, n, own in zip(found, pad, alone):
                near(row[n:], own[0], f"{name}, {n} padding, {fields}")


def check_modern(m):
    """All logits equal those of the formulas, with each newer part and all of them."""
    extra = [{key: value} for key, value in MODERN.items() if key not in SMALL]
    for fields in [*extra, MODERN, MODERN | {"bias": True, "kv_heads": 1}]:
        model = make(m, **fields)
        near(model(some_ids()), logits64(model, some_ids()), f"{fields}")


def check_causality(m):
    """Changing a later token changes nothing before it, and something from it on."""
    ids = some_ids(length=20)
    other = ids.clone()
    other[:, 11] = (ids[:, 11] + 1) % 37
    for fields in ({}, {"bias": True}, MODERN):
        model = make(m, **fields)
        a, b = model(ids), model(other)
        near(a[:, :11], b[:, :11], "before", atol=1e-6)
        changed = (a - b).abs().amax(-1)
        assert (changed[:, 11:] > 1e-4).all(), "a later token does not see the change"


def check_cache(m):
    """Token by token, or in pieces, with a cache: the same logits."""
    ids = some_ids(length=48)
    for fields in ({}, MODERN, WIDE):
        model = make(m, general=True, **fields)
        whole = model(ids)
        for cuts in ([1] * 48, [20, 1, 1, 17, 9], [47, 1]):
            cache = model.new_cache()
            pieces = [model(piece, cache) for piece in ids.split(cuts, 1)]
            near(torch.cat(pieces, 1), whole, f"cache {cuts}")
            assert cache[0].length == 48


def check_initialisation(m):
    """Std 0.02, smaller where added, norms 1, biases 0; the seed decides alone."""
    state = torch.get_rng_state()
    config = m.DecoderConfig(200, 64, 8, 4, 64, tie=False)
    model, again, other = (m.Decoder(config, *seed) for seed in ((), (0,), (1,)))
    plain = m.GPT(m.Config(200, 64, 8, 4, 64))
    assert torch.equal(state, torch.get_rng_state()), "the global generator was used"
    for name, p in model.named_parameters():
        same = dict(again.named_parameters())[name]
        assert torch.equal(p, same), f"{name} differs for one seed"
        if name != "head.weight":
            assert torch.equal(p, plain.state_dict()[name]), f"{name} of the GPT"
        if p.dim() == 2:
            adds = "out.weight" in name or "down.weight" in name
            std = 0.02 / 4 if adds else 0.02
            assert abs(p.std().item() / std - 1) < 0.06, f"{name} std {p.std()}"
            assert not torch.equal(p, dict(other.named_parameters())[name]), name
        else:
            assert (p == (0 if name.endswith("bias") else 1)).all(), name
    for tie in (True, False):
        zero = m.Decoder(m.DecoderConfig(init="zero-out", tie=tie))
        for block in zero.blocks:
            assert not block.attention.out.weight.any()
            assert not block.mlp.down.weight.any() and block.mlp.up.weight.any()
        assert abs(zero.tokens.weight.std() / (0.02 if tie else 1.0) - 1) < 0.06
        assert tie or not zero.head.weight.any()


def check_tie(m):
    """A tied head is the embedding's matrix; an untied one is a matrix of its own."""
    assert (tied := m.GPT(m.Config(**SMALL))).head.weight is tied.tokens.weight
    for tie in (True, False):
        one = m.Decoder(m.DecoderConfig(**SMALL, tie=tie))
        assert (one.head.weight is one.tokens.weight) == tie


def check_dropout(m):
    """Each dropout works in training, and none in evaluation."""
    for general in (False, True):
        check_dropout_of(make(m, general=general, dropout=0.4), make(m))


def check_dropout_of(model, quiet_model):
    """See check_dropout."""
    ids = some_ids()
    plain = quiet_model(ids)
    near(model(ids), plain, "evaluation")
    places = {"embedding": model, "attention.drop": model.blocks[0].attention}
    places["mlp.drop"] = model.blocks[0].mlp
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for name, part in places.items():
            part.drop.train()
            assert (model(ids) - plain).abs().max() > 1e-3, f"{name} does nothing"
            model.eval()
        alone = copy.deepcopy(model.blocks[0].attention)
        alone.drop = nn.Identity()
        x = torch.randn(1, 48, 24)
        row = [reading.Reading(ids[:1])] * hasattr(alone, "turn")
        quiet = alone.eval()(x, *row)
        assert not torch.allclose(alone.train()(x, *row), quiet), "no attention dropout"


def check_limits(m):
    """The whole context and the last id are allowed; one more of either is not."""
    model, plain = make(m, general=True), make(m)
    assert model(some_ids(1, 64)).shape == plain(some_ids(1, 64)).shape == (1, 64, 37)
    assert model(torch.tensor([[0, 36]])).shape == (1, 2, 37)
    cache = model.new_cache()
    model(some_ids(1, 64), cache)
    for call in (
        lambda: model(some_ids(1, 65)),
        lambda: model(torch.tensor([[0, 37]])),
        lambda: model(torch.tensor([[-1]])),
        lambda: model(some_ids(1, 1), cache),
        lambda: plain(some_ids(1, 65)),
        lambda: plain(torch.tensor([[0, 37]])),
    ):
        try:
            call()
        except ValueError:
            continue
        raise AssertionError("bad input was accepted")


def check_evaluating(m):
    """Inside no dropout and no gradients; afterwards each part is as it was."""
    model = m.GPT(m.Config(**SMALL)).train()
    model.blocks[0].eval()
    before = [part.training for part in model.modules()]
    try:
        with m.evaluating(model):
            assert not any(part.training for part in model.modules())
            assert not torch.is_grad_enabled()
            raise KeyError
    except KeyError:
        pass
    assert [part.training for part in model.modules()] == before
    assert torch.is_grad_enabled()


MODEL = [
    value
    for name, value in list(globals().items())
    if name.startswith("check_") and name != "check_dropout_of"
]

# --- generation ---------------------------------------------------------------------

SCORES = torch.tensor([[1.0, 3.0, 2.0, -1.0, 0.0], [0.0, 0.5, 4.0, 0.1, 0.2]])


def kept(logits):
    """Which tokens of each row are left, as lists."""
    return [row.isfinite().nonzero().flatten().tolist() for row in logits]


def check_top_k(g):
    """The k highest are left, each row for itself; more than all is all."""
    assert kept(g.keep_top_k(SCORES, 1)) == [[1], [2]]
    assert kept(g.keep_top_k(SCORES, 3)) == [[0, 1, 2], [1, 2, 4]]
    assert kept(g.keep_top_k(SCORES, 99)) == [[0, 1, 2, 3, 4]] * 2
    near(g.keep_top_k(SCORES, 2)[0, 1:3], SCORES[0, 1:3])


def check_top_p(g):
    """The fewest tokens that reach p are left, among them the one that reaches it."""
    logits = torch.tensor([[0.1, 0.5, 0.25, 0.15], [0.15, 0.1, 0.25, 0.5]]).log()
    for p, first, second in (
        (1e-6, [1], [3]),
        (0.49, [1], [3]),
        (0.51, [1, 2], [2, 3]),
        (0.74, [1, 2], [2, 3]),
        (0.76, [1, 2, 3], [0, 2, 3]),
        (1.0, [0, 1, 2, 3], [0, 1, 2, 3]),
    ):
        assert kept(g.keep_top_p(logits, p)) == [first, second], p
    even = torch.zeros(1, 4)  # four quarters: exact, so that the border can be seen
    assert len(kept(g.keep_top_p(even, 0.5))[0]) == 2


def check_probabilities(g):
    """Temperature first, then top-k, then top-p, then softmax over the tokens."""
    near(g.next_probabilities(SCORES), SCORES.softmax(-1))
    near(g.next_probabilities(SCORES, 0.5), (SCORES * 2).softmax(-1))
    # 0.5, 0.3, 0.2 at temperature 2 are 0.415, 0.321, 0.262: three are needed for 0.75
    logits = torch.tensor([[0.5, 0.3, 0.2]]).log()
    assert kept(g.next_probabilities(logits, 2.0, None, 0.75).log()) == [[0, 1, 2]]
    # after top-k of two, 0.5 and 0.3 are 0.625 and 0.375: one is enough for 0.6
    assert kept(g.next_probabilities(logits, 1.0, 2, 0.6).log()) == [[0]]


def greedy64(model, ids, new):
    """The likeliest token each time, by the formulas, through a sliding window."""
    for _ in range(new):
        logits = logits64(model, ids[:, -model.config.context :])
        ids = torch.cat([ids, logits[:, -1].argmax(-1, keepdim=True)], 1)
    return ids


def check_generation(g):
    """Greedy tokens are those of the formulas, with a cache and without, and beyond
    the end of the context."""
    for fields in ({"context": 24}, MODERN | {"context": 24}):
        model = make(real, general=True, **fields)
        ids = some_ids(3, 10)
        expected = greedy64(model, ids, 22)
        for use_cache in (True, False):
            found = g.generate(model, ids, 22, top_k=1, use_cache=use_cache)
            assert torch.equal(found, expected), f"cache {use_cache}"


def check_seed(g):
    """The generator decides alone; the global one is neither read nor moved."""
    model, ids = make(real, general=True), some_ids(2, 9)

    def draw(seed):
        generator = torch.Generator().manual_seed(seed)
        return g.generate(model, ids, 20, 1.3, generator=generator)

    with torch.random.fork_rng():
        torch.manual_seed(1)
        state = torch.get_rng_state()
        first = draw(5)
        g.generate(model, ids, 3)
        assert torch.equal(state, torch.get_rng_state()), "the global one was moved"
        torch.manual_seed(2)
        assert torch.equal(first, draw(5)) and not torch.equal(first, draw(6))


def check_stop(g):
    """A row that has drawn eos stays there, the others go on until all have ended."""
    model, ids = make(real, general=True), some_ids(6, 9)
    whole = g.generate(model, ids, 40, 2.0, generator=torch.Generator().manual_seed(3))
    eos = whole[0, 14].item()
    rows = g.generate(
        model, ids, 40, 2.0, eos=eos, generator=torch.Generator().manual_seed(3)
    )
    ends = []
    for row, free in zip(rows.tolist(), whole.tolist()):
        end = row.index(eos, 9) if eos in row[9:] else len(row) - 1
        assert row[: end + 1] == free[: end + 1], "a row changed before its end"
        assert set(row[end + 1 :]) <= {eos}, "a row went on after its end"
        ends.append(end)
    assert ends[0] <= 14 and len(set(ends)) > 2
    short = g.generate(
        model, ids[:1], 40, top_k=1, eos=greedy64(model, ids[:1], 1)[0, 9].item()
    )
    assert short.shape == (1, 10), "it went on after all rows had ended"


GENERATE = [
    value
    for name, value in list(globals().items())
    if name.startswith("check_") and value not in [*MODEL, check_dropout_of]
]
