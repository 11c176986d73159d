"""The plan of a training on one's own text: settled once, so that a run can go on."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shared.data import Rows, TextProblem
from shared.model import Decoder
from shared.model.fields import named_fields
from shared.runs import own_recipe
from shared.runs.own_recipe import Size
from shared.runs.own_report import MODEL, PASSPORT, is_ours, read_facts
from shared.runs.own_training import LOOKED_AT, seconds_per_step
from shared.tokenizer import BPETokenizer
from shared.whole_files import write_whole

PLAN, TOKENIZER = "plan.json", "tokenizer.json"
WORKING = (PLAN, "training.safetensors", "best.safetensors")  # gone when all is done
MADE = (MODEL, PASSPORT, TOKENIZER, "train.ids.npy", "valid.ids.npy", "history.csv")


def is_finished(folder: Path, asked: dict[str, Any], fresh: bool) -> bool:
    """Whether the folder holds the model that is asked for already.

    fresh: remove what an earlier run has left. Raises TextProblem for another one's,
    and for a folder with such files that no run of this command has made.
    """
    check_ours(folder)
    if fresh:
        for name in (*WORKING, *MADE):
            (folder / name).unlink(missing_ok=True)
    for name, read in ((PLAN, read_plan), (PASSPORT, read_facts)):
        if not (folder / name).exists():
            continue
        theirs = read(folder).get("asked", {})
        other = [key for key in asked if theirs.get(key) != asked[key]]
        if other:
            what = "text" if "text" in other else f"--{other[0]}"
            raise TextProblem(
                f"{folder} holds a run with another {what}; "
                "begin anew with --fresh, or give another --out"
            )
    done = all((folder / name).exists() for name in (MODEL, PASSPORT))
    return done and not (folder / PLAN).exists()


def check_ours(folder: Path) -> None:
    """Raise TextProblem for a model or a passport that no run of this command has made:
    a run would remove it or write over it.
    """
    if (folder / PLAN).exists():
        return
    path = folder / PASSPORT
    if path.exists():
        foreign = not is_ours(path)
    else:
        path = folder / MODEL
        foreign = path.exists()
    if foreign:
        raise TextProblem(
            f"{path} is not from `train own` and would be lost; give another --out"
        )


def read_plan(folder: Path) -> dict[str, Any]:
    """What a run under way has settled. Raises TextProblem for a damaged file."""
    try:
        return json.loads((folder / "plan.json").read_text("utf-8"))
    except ValueError:
        raise TextProblem(
            f"{folder / 'plan.json'} is damaged; begin anew with --fresh"
        ) from None


def settle(
    folder: Path, asked: dict[str, Any], size: Size, tok: BPETokenizer,
    rows: tuple[Rows, Rows], options: argparse.Namespace,
) -> None:  # fmt: skip
    """Choose model and recipe, say how long they will take, and write the plan."""
    train, valid = rows
    config = own_recipe.config_for(size, len(tok))
    model = Decoder(config, seed=options.seed)
    check_space(folder, model)
    recipe = own_recipe.recipe_for(size, len(train[0]), options.steps, options.seed)
    pace = 1.1 * seconds_per_step(model, train, recipe, options.device)  # with looks
    if options.minutes:
        steps = max(1, int(options.minutes * 60 / pace))
        recipe = own_recipe.recipe_for(size, len(train[0]), steps, options.seed)
    passes = recipe.steps * recipe.batch / len(train[0])
    print(f"{recipe.steps:,} steps read the text {passes:.1f} times", flush=True)
    minutes = pace * recipe.steps / 60  # depends on the machine: not to be compared
    print(f"about {minutes:.1f} minutes here", file=sys.stderr, flush=True)
    looked = min(LOOKED_AT, len(valid[0]))  # a look costs a third of reading to learn
    least = min(recipe.steps, -(-4 * looked // recipe.batch))
    every = options.every or max(least, min(recipe.steps // 20, 250))
    plan = {"asked": asked, "config": named_fields(config), "recipe": asdict(recipe)}
    write_whole(folder / PLAN, json.dumps({**plan, "every": every}, indent=1))


def check_space(folder: Path, model: Decoder) -> None:
    """Raise TextProblem unless the disk has room for the run and its results."""
    size = sum(p.numel() for p in model.parameters())
    needed, free = 4 * 8 * size + 10_000_000, shutil.disk_usage(folder).free
    if free < needed:
        raise TextProblem(
            f"the run needs some {needed / 1e6:,.0f} MB in {folder}, where "
            f"{free / 1e6:,.0f} MB are free; free some, or give another --out"
        )
