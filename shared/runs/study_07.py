"""The study of chapter 07: what each refinement of the training loop is worth.

A small GPT reads the book's documents for 500 steps, by a recipe like the chapter's and
with one line of it changed; three seeds each, of the first weights and of the rows'
order. In two ways the answers of one batch are drawn by a die. `course.py train
study-07` writes shared/models/study_07.csv.
"""

from __future__ import annotations

import argparse
import ast
import csv
import hashlib
import inspect
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import torch

from shared import ROOT
from shared.data.rows import IGNORE, Rows, step_rows
from shared.evaluate.losses import mean_loss
from shared.model.gpt import GPT, Config
from shared.train.loop import clip_gradients, take_step, train, train_step
from shared.train.recipe import Recipe, rate_share

TABLE = ROOT / "shared" / "models" / "study_07.csv"
SEEDS = (0, 1, 2)
DOCUMENTS = {"train": (1, 2000), "valid": (2, 100)}  # seed, number
LONGEST = 256  # tokens of a row; no document is as long
SMALL = Config(layers=2, heads=2, width=64)
START = Recipe(steps=500, batch=4, rate=1e-2, warmup=50)  # a bold rate
BARE = {"warmup": 0, "hold": 500, "clip": None, "decay": 0.0}
#: Name -> the fields of START that are changed.
WAYS: dict[str, dict[str, Any]] = {
    "all four": {},
    "no warm-up": {"warmup": 0},
    "no fall": {"hold": 450},
    "no clipping": {"clip": None},
    "no decay": {"decay": 0.0},
    "none of the four": BARE,
}
RATES = {f"rate {rate}": {"rate": rate} for rate in (1e-3, 3e-3, 3e-2)}
ODD = 250  # the step whose batch is spoiled in the ways of SPOILED
SPOILED: dict[str, dict[str, Any]] = {
    "odd batch, clipping": {},
    "odd batch, no clipping": {"clip": None},
}
PARTS = {"ways": WAYS, "rates": RATES, "odd": SPOILED}


def recipe_hash() -> str:
    """Twelve characters that change with the recipes or with what the code does."""
    parts = (train_step, take_step, clip_gradients, rate_share, spoil, one_run)
    code = [ast.parse(inspect.getsource(part)).body[0] for part in parts]
    bare = [[ast.unparse(line) for line in part.body[1:]] for part in code]  # no words
    told = [asdict(SMALL), asdict(START), PARTS, SEEDS, DOCUMENTS, ODD, bare]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def spoil(rows: Rows, recipe: Recipe, vocab: int) -> Rows:
    """The rows, with targets of the batch of step ODD drawn by a die."""
    inputs, targets = rows[0], rows[1].clone()
    draw = torch.Generator().manual_seed(recipe.seed)
    for i in step_rows(ODD, len(inputs), recipe.batch, recipe.seed):
        places = targets[i] != IGNORE
        drawn = torch.randint(vocab, (int(places.sum()),), generator=draw)
        targets[i, places] = drawn
    return inputs, targets


def one_run(
    data: dict[str, Any], change: dict[str, Any], seed: int, odd: bool = False
) -> dict[str, float]:
    """Train one model: its gap to the floor, and what it did around the step ODD.

    norm: of the gradient at that step, before clipping; before and after: the mean loss
    of the ten steps on each side of it.
    """
    recipe = replace(START, **change, seed=seed)
    model = GPT(SMALL, seed=seed)
    rows = spoil(data["rows"], recipe, SMALL.vocab_size) if odd else data["rows"]
    history = train(model, rows, recipe, every=0)
    losses = history["loss"]
    found = {
        "gap": mean_loss(model, data["valid"]) - data["floor"],
        "norm": history["norm"][ODD - 1],
        "before": sum(losses[ODD - 11 : ODD - 1]) / 10,
        "after": sum(losses[ODD : ODD + 10]) / 10,
    }
    return {name: round(value, 4) for name, value in found.items()}


def prepare() -> dict[str, Any]:
    """Rows to train on, rows to be measured by, and their floor."""
    from shared import tales
    from shared.data import single_rows
    from shared.tokenizer import BPETokenizer

    tok = BPETokenizer.load(ROOT / "shared" / "models" / "tokenizer.json")
    piles = {name: tales.documents(*given) for name, given in DOCUMENTS.items()}
    texts = {name: [d.text for d in pile] for name, pile in piles.items()}
    valid = single_rows(texts["valid"], tok, LONGEST)
    nats = sum(document.nats for document in piles["valid"])
    return {
        "rows": single_rows(texts["train"], tok, LONGEST, ending=True),
        "valid": valid,
        "floor": nats / int((valid[1] != IGNORE).sum()),
    }


def runs(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every run of the study, as a line of its table."""
    made = recipe_hash()
    for part, ways in PARTS.items():
        for name, change in ways.items():
            for seed in SEEDS:
                found = one_run(data, change, seed, odd=part == "odd")
                yield {"part": part, "way": name, "seed": seed, **found, "recipe": made}


def make_study(options: argparse.Namespace) -> None:
    """Run the study and write its table; with --steps only a trial of one run."""
    from shared.whole_files import write_whole

    torch.set_num_threads(1)
    data = prepare()
    if options.steps:
        change = {"steps": options.steps, "warmup": 0}
        print(one_run(data, change, 0), "a trial: nothing was written", sep="\n")
        return
    found = []
    for one in runs(data):
        found.append(one)
        print(one, flush=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    write_whole(TABLE, text.getvalue().encode())
    print(f"written to {TABLE}")
