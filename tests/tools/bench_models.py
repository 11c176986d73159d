"""The model's benchmarks: a training step, writing with a cache, loss per minute.

For the first two the reference is transformers' GPT-2 (eager, torch's fused attention,
fused AdamW), and for training also `Plain`, a GPT with nothing around it. All have the
same weights, read the same rows and do the same step; the losses of the first steps,
and the tokens written, must agree. The third is a race of recipes, see there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F
from bench import Task, print_table
from torch import Tensor, nn

from shared import data
from shared.data import windows
from shared.generate import generate
from shared.gpt2 import from_gpt2_state
from shared.model import GPT, Config
from shared.optim import decay_groups, make_optimizers
from shared.recipe import BASE, SHORT_RUN, Recipe
from shared.rows import Rows, step_rows
from shared.train import mean_loss, train_step

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
    return lambda number: train_step(model, rows, optimizers, recipe, number)[1]["loss"]


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

    return Task(
        f"step of {batch} x {length} tokens",
        {
            "ours": several(ours_stepper(ours, rows, recipe)),
            "transformers": several(stepper(hugging_face, theirs, rows, recipe)),
            "plain GPT": several(stepper(plain, plain, rows, recipe)),
        },
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
    """Ours and transformers' generate on the same prompts of 16 tokens."""
    theirs = reference(16 + NEW, 0.3).eval()
    ours = from_gpt2_state(theirs.state_dict(), SIZES["n_head"])
    draw = torch.Generator().manual_seed(3)
    ids = torch.randint(SIZES["vocab_size"], (count, 16), generator=draw)
    settings = {"max_new_tokens": NEW, "do_sample": False, "pad_token_id": 0}
    ones = torch.ones_like(ids)
    return Task(
        f"write {NEW} tokens in {count} row{'s' * (count > 1)}",
        {
            "ours": lambda: generate(ours, ids, NEW, top_k=1),
            "transformers": lambda: theirs.generate(
                ids, attention_mask=ones, **settings
            ),
        },
        count * NEW,
        "tokens",
        lambda results: torch.equal(results[0], results[1]),
    )


# --- Loss per minute on tinyshakespeare ----------------------------------------------

GOAL = 1.88  # nats per character, what nanoGPT's readme promises for its CPU recipe
TEXT = "tinyshakespeare.txt"
CONTEXT = 64

#: nanoGPT's published recipe for a CPU: its model, and how it is trained.
THEIRS = Config(vocab_size=65, context=CONTEXT, bias=False)
THEIR_RECIPE = Recipe(
    steps=2000, batch=12, betas=(0.9, 0.99), warmup=100, final=0.1
)  # the rest is the default: AdamW, 1e-3, decay 0.1, clipping at 1, a cosine
#: The book's model at this context, and how we train it: briefly, and for as long.
OURS = replace(BASE, vocab_size=65, context=CONTEXT)
OUR_RECIPE = replace(
    SHORT_RUN, steps=500, batch=16, accumulate=1, muon_rate=0.04, warmup=20
)
OUR_LONG_RECIPE = replace(OUR_RECIPE, steps=1350, warmup=54)


def read_plays(text: str, every: int = 1) -> tuple[Rows, Rows]:
    """Rows of characters: any place of the first 90 %, and fixed slices of the rest.

    every: keep only every so many-th slice of the rest.
    """
    number = {character: i for i, character in enumerate(sorted(set(text)))}
    ids = [number[character] for character in text]
    cut = len(ids) * 9 // 10
    inputs, targets = windows(ids[cut:], CONTEXT)
    return windows(ids[:cut], CONTEXT, 1), (inputs[::every], targets[::every])


class Race:
    """One contestant: it trains step by step and notes what its training has taken."""

    def __init__(self, name: str, config: Config, recipe: Recipe) -> None:
        self.name, self.recipe, self.done = name, recipe, 0
        self.model = GPT(config)
        self.optimizers = make_optimizers(self.model, recipe)
        self.cpu = self.wall = 0.0  # seconds of training, measuring left out
        self.curve: list[tuple[int, float, float]] = []  # steps, CPU seconds, loss

    def advance(self, steps: int, rows: Rows, held_out: Rows) -> None:
        """Train up to a step and measure the loss there."""
        cpu, wall = time.process_time(), time.perf_counter()
        self.model.train()
        for number in range(self.done + 1, steps + 1):
            train_step(self.model, rows, self.optimizers, self.recipe, number)
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall
        self.done = steps
        self.curve.append((steps, self.cpu, mean_loss(self.model, held_out)))

    def reached(self, goal: float) -> float | None:
        """CPU seconds at the first measurement that is at the goal or below."""
        return next((cpu for _, cpu, loss in self.curve if loss <= goal), None)


def race(
    contestants: list[Race], rows: Rows, held_out: Rows, parts: int = 10
) -> Iterator[tuple[str, ...]]:
    """Train all in turn, a part of each at a time; a line of the table for each.

    So whatever else the machine does meanwhile, it does to all of them.
    """
    for part in range(1, parts + 1):
        for one in contestants:
            one.advance(one.recipe.steps * part // parts, rows, held_out)
    whole = contestants[0].cpu
    for one in contestants:
        goal, loss = one.reached(GOAL), one.curve[-1][2]
        numbers = [f"{one.cpu:.1f}", f"{one.cpu / whole:.2f}", f"{one.wall:.1f}"]
        there = [f"{goal:.1f}", f"{goal / whole:.2f}"] if goal else ["never", ""]
        yield (one.name, f"{one.recipe.steps:,}", *numbers, f"{loss:.3f}", *there)


HEAD = ("contestant", "steps", "CPU s", "of reference", "wall s", "loss")
HEAD += (f"CPU s to {GOAL}", "of reference")


def run_tinyshakespeare(text: str | None = None, shorten: int = 1) -> None:
    """nanoGPT's CPU recipe by our code, and ours; the table and the curves.

    text: instead of the plays. shorten: divide all numbers of steps by this.
    """
    if text is None:
        path = data.try_fetch(TEXT)
        if path is None:  # it has said why
            return
        text = data.read_text(path)
    rows, held_out = read_plays(text, every=4)
    chosen = [
        ("nanoGPT's recipe", THEIRS, THEIR_RECIPE),
        ("ours, short", OURS, OUR_RECIPE),
        ("ours, the reference's time", OURS, OUR_LONG_RECIPE),
    ]
    contestants = []
    for name, config, recipe in chosen:
        steps, warmup = recipe.steps // shorten, recipe.warmup // shorten
        recipe = replace(recipe, steps=steps, warmup=warmup)
        contestants.append(Race(name, config, recipe))
    print_table(list(race(contestants, rows, held_out)), HEAD)
    print(f"loss: nats per character, {len(held_out[0])} fixed slices of {CONTEXT}")
    for one in contestants:
        curve = ", ".join(f"{loss:.3f}" for _, _, loss in one.curve)
        print(f"{one.name}: {curve}")
