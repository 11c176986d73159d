"""The network of chapter 04, and its kept study: made by the recipe that stands."""

import csv

import numpy as np
import pytest
import torch

from shared.runs import study_04
from shared.train import first_network

IDS = {"": 0, "a": 1, "b": 2, "c": 3}


def table():
    with study_04.TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_was_made_by_this_recipe_and_this_code():
    found = {row["recipe"] for row in table()}
    assert found == {study_04.recipe_hash()}, "run course.py train study-04"


def test_every_way_has_its_seeds():
    seeds = {}
    for row in table():
        if row["seed"] and row["part"] != "try":
            seeds.setdefault((row["way"], row["documents"]), []).append(row["seed"])
    assert len(seeds) == 12
    assert all(found == ["0", "1", "2"] for found in seeds.values()), seeds


def test_documents_never_share_a_window():
    contexts, came = first_network.examples([["a", "b"], ["c"]], IDS, 2)
    asked = list(zip(contexts.tolist(), came.tolist()))
    assert asked == [
        *[([0, 0], 1), ([0, 1], 2), ([1, 2], 0), ([2, 0], 0)],
        *[([0, 0], 3), ([0, 3], 0), ([3, 0], 0)],
    ]


def test_the_price_is_the_mean_surprise_at_the_words():
    torch.manual_seed(0)
    model = first_network.Network(4)
    contexts, came = first_network.examples([["a", "b"], ["c"]], IDS, 4)
    prices = []
    for context, word in zip(contexts, came.tolist()):
        if word:
            logits = model(context[None])
            prices.append(-logits.log_softmax(1)[0, word].item())
    assert len(prices) == 3
    found = first_network.mean_price(model, (contexts, came))
    assert found == pytest.approx(np.mean(prices), rel=1e-5)


def trained(steps, seed=0):
    """The page's network after some of the page's steps, and its price."""
    pile = first_network.examples([["a", "b", "c"]] * 5, IDS, 4)
    torch.manual_seed(seed)
    model = first_network.Network(4)
    draw = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.02 * (1 - step / steps)
        first_network.one_step(model, optimizer, pile, draw)
    return model, first_network.mean_price(model, pile)


def test_training_learns_and_repeats_itself():
    assert trained(250)[1] == trained(250)[1] < 0.1


@pytest.mark.parametrize("seed", [0, 1])
def test_the_study_trains_the_network_of_the_page(seed):
    pile = first_network.examples([["a", "b", "c"]] * 5, IDS, 4)
    torch.manual_seed(seed)
    model = study_04.DropoutNetwork(4, drop=0.0)
    study_04.fit(model, pile, steps=50, rate=0.02, falling=True, seed=seed)
    theirs, price = trained(50, seed)
    ours = zip(model.parameters(), theirs.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in ours)
    assert study_04.price(model, pile) == price


def test_dropout_is_felt_in_training_and_not_in_a_price():
    pile = first_network.examples([["a", "b", "c"]] * 5, IDS, 4)
    torch.manual_seed(0)
    model = study_04.DropoutNetwork(4, drop=0.5)
    once, again = (model(pile[0]) for _ in range(2))
    assert not torch.equal(once, again)
    assert study_04.price(model, pile) == study_04.price(model, pile)
    assert model.training
