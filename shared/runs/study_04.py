"""The study of chapter 04: cures for overfitting, rates, and the counts.

It trains the chapter's network with each cure for overfitting, several rates and
numbers of steps, and on 250, 1,000 and 8,000 documents, beside the best of the counts.
`course.py train study-04` writes shared/models/study_04.csv. Network, step and price
are those of shared/train/first_network.py, as the page builds them.
"""

from __future__ import annotations

import argparse
import ast
import csv
import hashlib
import inspect
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from shared import ROOT
from shared.model.modes import evaluating
from shared.train.first_network import Network, Pair, examples, mean_price, one_step

TABLE = ROOT / "shared" / "models" / "study_04.csv"
RECIPE: dict[str, Any] = {
    "documents": {"train": 1, "valid": [2, 100], "test": [3, 200]},  # seeds, numbers
    "seeds": [0, 1, 2],
    "plain": {"documents": 250, "steps": 2500, "rate": 0.005},
    "cures": {
        "no cure": {},
        "weight decay": {"decay": 0.5},
        "dropout": {"drop": 0.5},
        "falling rate": {"falling": True},
        "dropout and falling rate": {"drop": 0.5, "falling": True},
        "more documents": {"documents": 1000},
    },
    "race": {"rate": 0.01, "falling": True},
    "race tries": {250: [[2000, 0.0], [2000, 0.3]],  # documents: [steps, dropout]
                   1000: [[2000, 0.0], [8000, 0.0], [8000, 0.3]],
                   8000: [[8000, 0.0], [24000, 0.0]]},
    "rates": [0.003, 0.01, 0.03],
    "alphas": [0.3, 1, 3, 10],
    "orders": [3, 4, 5],
    "discounts": [0.5, 0.6, 0.7, 0.8, 0.9],
}  # fmt: skip


class DropoutNetwork(Network):
    """The page's network, with dropout between its features and its output."""

    def __init__(self, size: int, drop: float) -> None:
        super().__init__(size)
        self.output = nn.Sequential(nn.Dropout(drop), self.output)


def price(model: nn.Module, pile: Pair) -> float:
    """Mean surprise at the words of a pile, in nats, with dropout switched off."""
    with evaluating(model):
        return mean_price(model, pile)


def fit(
    model: nn.Module, pile: Pair, steps: int, rate: float, falling: bool = False,
    decay: float = 0.0, seed: int = 0, watch: Callable | None = None,
) -> list:  # fmt: skip
    """Train on random batches; returns what `watch` says after every 250 steps."""
    draw = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    seen = []
    for step in range(steps):
        if falling:  # a straight line from the rate down to zero
            optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        one_step(model, optimizer, pile, draw)
        if watch and (step + 1) % 250 == 0:
            seen.append(watch(model))
    return seen


def recipe_hash() -> str:
    """Twelve characters that change with the recipe or with what the code does."""
    parts = (Network, DropoutNetwork, examples, one_step, mean_price, fit)
    code = [ast.unparse(ast.parse(inspect.getsource(part))) for part in parts]
    text = json.dumps([RECIPE, code], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def piles() -> dict[str, Any]:
    """Documents as lists of words: train (the most that is needed), valid, test."""
    from shared import tales

    given = RECIPE["documents"]
    wanted = {"train": [given["train"], max(RECIPE["race tries"])]}
    found: dict[str, Any] = {
        name: [tales.words(d.text) for d in tales.documents(seed, n)]
        for name, (seed, n) in {**given, **wanted}.items()
    }
    words = sorted({"", *(word for pile in found["train"] for word in pile)})
    found["id_of"] = {word: i for i, word in enumerate(words)}
    return found


def one_run(
    data: dict[str, Any], seed: int, way: dict[str, Any], watched: bool = False
) -> dict[str, Any]:
    """Train one network; its prices on seen documents, validation and test ones.

    watched: also `best`, the test price of the network that validation would have
    kept, and the step at which it stood.
    """
    way = dict(way)
    pile, drop = data["train"][: way.pop("documents")], way.pop("drop", 0.0)
    valid, test = (examples(data[name], data["id_of"], 4) for name in ("valid", "test"))
    torch.manual_seed(seed)
    model = DropoutNetwork(len(data["id_of"]), drop)

    def look(model: nn.Module) -> tuple[float, float]:
        return price(model, valid), price(model, test)

    taught = examples(pile, data["id_of"], 4)
    history = fit(model, taught, **way, seed=seed, watch=look if watched else None)
    seen = examples(pile[:250], data["id_of"], 4)
    piles = {"seen": seen, "valid": valid, "test": test}
    found = {name: round(price(model, pile), 4) for name, pile in piles.items()}
    if watched:
        best = min(range(len(history)), key=lambda i: history[i][0])
        found |= {"best": round(history[best][1], 4), "best_step": 250 * (best + 1)}
    return found


def runs(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every run of the study, as a line of its table."""
    first, *others = RECIPE["seeds"]
    for name, change in RECIPE["cures"].items():
        way = {**RECIPE["plain"], **change}
        for seed in (first, *others):
            yield line("cure", name, way, seed, one_run(data, seed, way, watched=True))
    for n, tries in RECIPE["race tries"].items():
        tried = []
        for steps, drop in tries:
            way = {**RECIPE["race"], "documents": n, "steps": steps, "drop": drop}
            tried.append((one_run(data, first, way), way))
            yield line("try", "network", way, first, tried[-1][0])
        found, way = min(tried, key=lambda one: one[0]["valid"])
        yield line("race", "network", way, first, found)
        for seed in others:
            yield line("race", "network", way, seed, one_run(data, seed, way))
    for rate in RECIPE["rates"]:
        way = {"documents": 1000, "steps": 2000, "rate": rate, "falling": True}
        for seed in (first, *others):
            yield line("rate", f"rate {rate}", way, seed, one_run(data, seed, way))


def line(
    part: str, name: str, way: dict, seed: int | str, found: dict
) -> dict[str, Any]:
    """One line of the table, with the recipe's hash in it."""
    columns = ("documents", "setting", "steps", "rate", "drop")
    asked = {key: way.get(key, "") for key in columns}
    empty = dict.fromkeys(("seen", "valid", "test", "best", "best_step"), "")
    head = {"part": part, "way": name, **asked, "seed": seed}
    return {**head, **empty, **found, "recipe": recipe_hash()}


def counted(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The counts at each number of documents; settings are chosen on validation."""
    from shared.evaluate import KneserNey, NgramModel, Uniform, mean_surprise

    die = Uniform(list(data["id_of"]))

    def pick(models: list[Any]) -> tuple[Any, dict[str, float]]:
        best = min(models, key=lambda model: mean_surprise(model, data["valid"]))
        both = {name: mean_surprise(best, data[name]) for name in ("valid", "test")}
        return best, {name: round(value, 4) for name, value in both.items()}

    for n in RECIPE["race tries"]:
        pile, tower = data["train"][:n], die
        for order in range(1, max(RECIPE["orders"]) + 1):
            alphas = RECIPE["alphas"]
            tries = [NgramModel(pile, order, tower, alpha) for alpha in alphas]
            tower, found = pick(tries)
        way = {"documents": n, "setting": f"n = {tower.n}"}
        yield line("race", "interpolated n-grams", way, "", found)
        kinds = [(k, d) for k in RECIPE["orders"] for d in RECIPE["discounts"]]
        best, found = pick([KneserNey(pile, k, die, d) for k, d in kinds])
        way["setting"] = f"n = {best.n}, D = {best.discount}"
        yield line("race", "Kneser-Ney", way, "", found)


def make_study(options: argparse.Namespace) -> None:
    """Run the study and write its table; with --steps only a trial of one run."""
    from shared.whole_files import write_whole

    torch.set_num_threads(1)
    data = piles()
    if options.steps:
        way = {**RECIPE["plain"], "steps": options.steps}
        print(one_run(data, 0, way), "a trial: nothing was written", sep="\n")
        return
    found = []
    for maker in (counted, runs):
        for one in maker(data):
            found.append(one)
            print(one, flush=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    write_whole(TABLE, text.getvalue().encode())
    print(f"written to {TABLE}")
