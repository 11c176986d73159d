"""The race of recipes: how fast the loss falls on tinyshakespeare, per second of work.

The reference is nanoGPT's published recipe for a CPU, run by our code; ours is the
book's model and optimizer at the same context.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from bench import print_table

from shared import data
from shared.data import Rows, windows
from shared.evaluate import mean_loss
from shared.model import GPT, Config
from shared.runs import BASE, SHORT_RUN
from shared.train import Recipe, make_optimizers, train_step

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
