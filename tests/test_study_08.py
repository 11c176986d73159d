"""The study of chapter 08: one change a row, kept with its recipe, read by the page."""

import argparse
import csv

import pytest

from shared.runs import BASE, SHORT_RUN, study_08
from shared.train import MuonRecipe


def table():
    with study_08.TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Catches: a recipe that was changed after the table was made.
def test_the_table_was_made_by_this_recipe():
    lines = table()
    assert lines == study_08.known(study_08.TABLE), "run course.py train study-08"


def test_every_way_has_its_seeds():
    seeds = {}
    for row in table():
        seeds.setdefault((row["base"], row["way"]), []).append(int(row["seed"]))
    assert set(seeds) == {(base, way) for base, way, _ in study_08.RECIPE["ways"]}
    assert all(found == study_08.RECIPE["seeds"] for found in seeds.values()), seeds


# Catches: a row called "ours" that is not the book's model, or not its recipe.
def test_ours_is_the_model_and_the_recipe_of_the_page():
    config, given = study_08.settings("ours", {})
    differs = {k for k, v in vars(config).items() if v != getattr(BASE, k)}
    assert differs == {"context"}  # rows of 256 need no more
    recipe = study_08.make_recipe(given, seed=SHORT_RUN.seed)
    differs = {k for k, v in vars(recipe).items() if v != getattr(SHORT_RUN, k)}
    assert differs == {"steps", "warmup"}


# Catches: a row that says one change and makes two.
@pytest.mark.parametrize(
    "base, way, change",
    study_08.RECIPE["ways"],
    ids=[f"{base}, {way}" for base, way, _ in study_08.RECIPE["ways"]],
)
def test_a_row_changes_what_it_names(base, way, change):
    usual, made = (study_08.settings(base, part) for part in ({}, change))
    model = {k for k, v in vars(made[0]).items() if v != getattr(usual[0], k)}
    rest = {k for k, v in made[1].items() if v != usual[1].get(k)}
    assert model | rest == set(change)
    assert isinstance(study_08.make_recipe(made[1], 1), MuonRecipe) == (
        made[1]["optimizer"] == "muon"
    )


# Catches: a study that begins anew after a kill, or goes on from another recipe.
def test_a_killed_study_goes_on(tmp_path, monkeypatch):
    path, asked = tmp_path / "study.csv", []
    monkeypatch.setattr(study_08, "TABLE", path)
    monkeypatch.setattr(study_08, "prepare", lambda steps: {})

    def run(data, base, change, seed):
        if len(asked) == 3:
            raise KeyboardInterrupt
        asked.append((base, seed))
        return {"gap": 0.5}

    monkeypatch.setattr(study_08, "run", run)
    options = argparse.Namespace(steps=None)
    with pytest.raises(KeyboardInterrupt):
        study_08.make_study(options)
    assert len(table_of(path)) == 3
    asked.clear()
    with pytest.raises(KeyboardInterrupt):
        study_08.make_study(options)
    assert len(table_of(path)) == 6
    monkeypatch.setattr(study_08, "recipe_hash", lambda *row: "another")
    assert study_08.known(path) == []


def table_of(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
