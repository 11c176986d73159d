"""The model's benchmarks: a training step, and writing with a cache.

The reference is transformers' GPT-2 (eager, torch's fused attention, fused AdamW), and
for training also `Plain`, a GPT with nothing around it, as it is and compiled. All have
the same weights, read the same rows and do the same step; the losses of the first
steps, and the tokens written, must agree. The race of recipes is in `bench_race`.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

import torch
import torch.nn.functional as F
from bench import Task
from torch import Tensor, nn

from shared.checkpoint import from_gpt2_state
from shared.data import Rows, step_rows
from shared.generate import generate
from shared.model import GPT, Config, Decoder, DecoderConfig, lay_out_by_columns
from shared.train import Recipe, decay_groups, make_optimizers, train_step

SHAPES = ((12, 64), (8, 256))  # rows and tokens of a training step
PROMPTS = (1, 16)  # rows that are written at once
NEW = 96  # tokens to write in each
STEPS = 4  # training steps in one run
SIZES = {"vocab_size": 1024, "n_layer": 4, "n_head": 4, "n_embd": 128}


def reference(context: int, spread: float) -> nn.Module:
    """transformers' GPT-2 without dropout; every parameter is drawn so that it counts.

    spread: the standard deviation of the matrices.
    """
    from transformers import GPT2Config, GPT2LMHeadModel

    rest = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "use_cache": True}
    rest |= {"bos_token_id": None, "eos_token_id": None, "n_positions": context}
    config = GPT2Config(**SIZES, **rest, attn_implementation="sdpa")
    model, draw = GPT2LMHeadModel(config), torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, p in model.named_parameters():
            start = 1.0 if ".ln_" in name and name.endswith("weight") else 0.0
            p.normal_(start, spread if p.dim() > 1 else 0.1, generator=draw)
    return model


# --- Training ------------------------------------------------------------------------


class Plain(nn.Module):
    """A GPT as one writes it down in a hurry: no checks, no choices, no cache."""

    def __init__(self, vocab: int, context: int, layers: int, heads: int, C: int):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, C), nn.Embedding(context, C)
        self.blocks = nn.ModuleList(PlainBlock(C, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(C)
        self.head = nn.Linear(C, vocab, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) -> logits (B, T, vocab)."""
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class PlainBlock(nn.Module):
    """Attention and feed-forward; the parameters have the names that ours have."""

    def __init__(self, C: int, heads: int) -> None:
        super().__init__()
        self.heads, linear = heads, nn.Linear
        self.norm1, self.norm2 = nn.LayerNorm(C), nn.LayerNorm(C)
        parts = {"qkv": linear(C, 3 * C), "out": linear(C, C)}
        self.attention = nn.ModuleDict(parts)
        self.mlp = nn.ModuleDict({"up": linear(C, 4 * C), "down": linear(4 * C, C)})

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        B, T, C = x.shape
        qkv = self.attention["qkv"](self.norm1(x)).view(B, T, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (B, H, T, D) each
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attention["out"](y.transpose(1, 2).reshape(B, T, C))
        up = F.gelu(self.mlp["up"](self.norm2(x)), approximate="tanh")
        return x + self.mlp["down"](up)


def compiled(model: nn.Module, ids: Tensor) -> Callable[[Tensor], Tensor] | None:
    """The model compiled by torch for ids of this shape, or None if that cannot be.

    torch.compile needs a C++ compiler. Without one this contestant stays away, and the
    reason is printed.
    """
    try:
        fast = torch.compile(model, dynamic=False)
        fast(ids)
    except Exception as error:  # whatever a compiler's tool chain may raise
        reason = str(error).strip().partition("\n")[0]
        print(f"bench: nothing is compiled here: {reason}", file=sys.stderr)
        return None
    return fast


def stepper(
    scores: Callable[[Tensor], Tensor], model: nn.Module, rows: Rows, recipe: Recipe
) -> Callable[[int], float]:
    """The step as one writes it around any model: loss, gradients, clipping, AdamW."""
    optimizer = torch.optim.AdamW(
        decay_groups(model, recipe.decay), recipe.rate, recipe.betas, fused=True
    )

    def step(number: int) -> float:
        chosen = step_rows(number, len(rows[0]), recipe.batch, recipe.seed)
        logits = scores(rows[0][chosen])
        loss = F.cross_entropy(logits.flatten(0, 1), rows[1][chosen].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        return loss.item()

    return step


def ours_stepper(model: GPT, rows: Rows, recipe: Recipe) -> Callable[[int], float]:
    """The book's own step."""
    optimizers = make_optimizers(model, recipe)
    return lambda number: train_step(model, rows, optimizers, recipe, number)["loss"]


def several(step: Callable[[int], float]) -> Callable[[], list[float]]:
    """A contestant that goes on training by STEPS steps; their losses."""
    done = 0

    def run() -> list[float]:
        nonlocal done
        done += STEPS
        return [step(number) for number in range(done - STEPS + 1, done + 1)]

    return run


def close(results: list[object]) -> bool:
    """Whether the losses of all contestants agree to about four decimals."""
    first, *others = (torch.tensor(losses) for losses in results)
    return all(torch.allclose(first, other, 0, 2e-4) for other in others)


def bench_train() -> Iterator[Task]:
    """Training steps of the same GPT-2 (4 layers, width 128) by AdamW."""
    for batch, length in SHAPES:
        yield train_task(batch, length)


def train_task(batch: int, length: int) -> Task:
    """Ours, transformers and the plain model on rows of one shape."""
    theirs = reference(length, 0.08).train()
    ours = from_gpt2_state(theirs.state_dict(), SIZES["n_head"]).train()
    plain = Plain(SIZES["vocab_size"], length, *list(SIZES.values())[1:])
    plain.load_state_dict(ours.state_dict())
    draw = torch.Generator().manual_seed(2)
    ids = torch.randint(SIZES["vocab_size"], (64, length + 1), generator=draw)
    rows = ids[:, :-1], ids[:, 1:]
    recipe = Recipe(batch=batch, rate=1e-3, final=1.0)  # the rate stays as it is

    def hugging_face(x: Tensor) -> Tensor:
        return theirs(x, use_cache=False).logits

    contestants = {
        "ours": several(ours_stepper(ours, rows, recipe)),
        "transformers": several(stepper(hugging_face, theirs, rows, recipe)),
        "plain GPT": several(stepper(plain, plain, rows, recipe)),
    }
    twin = copy.deepcopy(plain)
    fast = compiled(twin, rows[0][:batch])
    if fast is not None:
        contestants["plain, compiled"] = several(stepper(fast, twin, rows, recipe))
    return Task(
        f"step of {batch} x {length} tokens",
        contestants,
        STEPS * batch * length / 1000,
        "k tokens",
        close,
    )


# --- Generation ----------------------------------------------------------------------


def bench_generate() -> Iterator[Task]:
    """The likeliest tokens after a prompt, with a cache, for one row and for many."""
    for count in PROMPTS:
        yield generate_task(count)


def generate_task(count: int) -> Task:
    """Ours and transformers' generate on the same prompts of 16 tokens.

    No model can write a token without reading each of its weights once, and one that
    does nothing else is the limit: as fast as memory delivers, for all rows at once.
    """
    theirs = reference(16 + NEW, 0.3).eval()
    ours = from_gpt2_state(theirs.state_dict(), SIZES["n_head"])
    draw = torch.Generator().manual_seed(3)
    ids = torch.randint(SIZES["vocab_size"], (count, 16), generator=draw)
    settings = {"max_new_tokens": NEW, "do_sample": False, "pad_token_id": 0}
    ones = torch.ones_like(ids)
    weights = torch.cat([p.detach().flatten() for p in ours.parameters()])
    return Task(
        f"write {NEW} tokens in {count} row{'s' * (count > 1)}",
        {
            "ours": lambda: generate(ours, ids, NEW, top_k=1),
            "transformers": lambda: theirs.generate(
                ids, attention_mask=ones, **settings
            ),
            "reading the weights": lambda: [weights.sum() for _ in range(NEW)],
        },
        count * NEW,
        "tokens",
        lambda results: torch.equal(results[0], results[1]),
    )


# --- GPT-2's own size ----------------------------------------------------------------

LARGE = Config(50_257, 1024, 12, 12, 768)  # 124 million parameters


def bench_gpt2() -> Iterator[Task]:
    """GPT-2 small: a training step beside the plain model, and writing with a cache."""
    ours = GPT(LARGE).train()
    sizes = LARGE.layers, LARGE.heads, LARGE.width
    plain = Plain(LARGE.vocab_size, LARGE.context, *sizes)
    plain.load_state_dict(ours.state_dict())
    draw = torch.Generator().manual_seed(2)
    ids = torch.randint(LARGE.vocab_size, (16, 257), generator=draw)
    rows = ids[:, :-1], ids[:, 1:]
    recipe = Recipe(batch=4, rate=1e-4, final=1.0)
    steps = {
        "ours": ours_stepper(ours, rows, recipe),
        "plain GPT": stepper(plain, plain, rows, recipe),
    }
    count = dict.fromkeys(steps, 0)

    def one(name: str) -> list[float]:
        count[name] += 1
        return [steps[name](count[name])]

    contestants = {name: (lambda name=name: one(name)) for name in steps}
    work = 4 * 256 / 1000
    yield Task("GPT-2 small: step of 4 x 256", contestants, work, "k tokens", close)
    writer = Decoder(DecoderConfig(**asdict(LARGE))).eval()
    weights = torch.cat([p.detach().flatten() for p in writer.parameters()])
    columns = copy.deepcopy(writer)
    lay_out_by_columns(columns)
    yield Task(
        f"GPT-2 small: write {NEW} tokens",
        {
            "ours, by columns": lambda: generate(columns, ids[:1, :16], NEW, top_k=1),
            "ours": lambda: generate(writer, ids[:1, :16], NEW, top_k=1),
            "reading the weights": lambda: [weights.sum() for _ in range(NEW)],
        },
        NEW,
        "tokens",
    )
