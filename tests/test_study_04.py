"""The network of chapter 04, and its kept study: made by the recipe that stands."""

import csv

import numpy as np
import pytest
import torch

from shared.data import windows
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


def test_documents_in_a_row_never_share_a_window():
    row = first_network.in_a_row([["a", "b"], ["c"]], IDS, 2)
    assert row.tolist() == [0, 0, 1, 2, 0, 0, 3, 0, 0]
    contexts, following = windows(row, 2, stride=1)
    asked = {tuple(c): int(f[-1]) for c, f in zip(contexts.tolist(), following)}
    assert asked[0, 0] == 3 or asked[0, 0] == 1  # a document begins after borders alone
    assert (2, 3) not in asked


def test_the_price_is_the_mean_surprise_at_the_words():
    torch.manual_seed(0)
    model = first_network.Network(4, width=2, hidden=3)
    row = first_network.in_a_row([["a", "b"], ["c"]], IDS, 4)
    prices = []
    for i in range(4, len(row)):
        if row[i]:
            logits = model(torch.tensor([row[i - 4 : i].tolist()]))
            prices.append(-logits.log_softmax(1)[0, row[i]].item())
    assert len(prices) == 3
    assert first_network.mean_price(model, row) == pytest.approx(
        np.mean(prices), rel=1e-5
    )


def test_training_learns_and_repeats_itself():
    row = first_network.in_a_row([["a", "b", "c"]] * 5, IDS, 4)
    runs = []
    for _ in range(2):
        torch.manual_seed(0)
        model = first_network.Network(4, width=2, hidden=8)
        way = {"steps": 250, "rate": 0.02, "falling": True}
        runs += first_network.fit(
            model, row, **way, watch=lambda m: first_network.mean_price(m, row)
        )
    assert runs[0] == runs[1] < 0.1
