"""Chapter 07's kept study and its shipped model: made by the recipes that stand."""

import csv

import pytest
import torch

from shared import checkpoint
from shared.checkpoint import passport
from shared.data import IGNORE, step_rows
from shared.model import Config
from shared.runs import PLAIN_RUN, models, study_07


def table():
    with study_07.TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_was_made_by_this_recipe_and_this_code():
    found = {row["recipe"] for row in table()}
    assert found == {study_07.recipe_hash()}, "run course.py train study-07"


def test_every_way_has_its_seeds():
    wanted = [
        (part, way, str(seed))
        for part, ways in study_07.PARTS.items()
        for way in ways
        for seed in study_07.SEEDS
    ]
    assert [(row["part"], row["way"], row["seed"]) for row in table()] == wanted


# Catches: a die for other rows than those of the step, or for padding.
def test_one_batch_is_spoiled_and_nothing_else():
    targets = torch.full((2000, 5), 7)
    targets[:, 3:] = IGNORE
    rows = torch.zeros_like(targets), targets
    _, spoiled = study_07.spoil(rows, study_07.START, 1024)
    start = study_07.START
    chosen = step_rows(study_07.ODD, 2000, start.batch, start.seed)
    changed = (spoiled != targets).any(1).nonzero().flatten().tolist()
    assert changed == sorted(chosen)
    assert (spoiled[:, 3:] == IGNORE).all() and (targets[:, :3] == 7).all()


def test_plain_is_the_model_of_the_recipe():
    """Config, tokenizer and documents are those of `course.py train plain`."""
    model, _ = checkpoint.load("plain")
    facts = passport.models()["plain"]
    assert {**vars(model.config), **vars(Config())} == vars(model.config)
    assert facts["documents"] == PLAIN_RUN.steps * PLAIN_RUN.batch
    assert facts["tokenizer_sha256"] == checkpoint.sha256(models.TOKENIZER)


@pytest.mark.slow
def test_the_passport_tells_the_truth_of_plain():
    from shared import evaluate

    model, tok = checkpoint.load("plain")
    facts = passport.models()["plain"]
    texts, floor = models.tested(tok)
    assert facts["floor"] == pytest.approx(floor, abs=1e-4)
    assert facts["loss"] == pytest.approx(evaluate.loss(model, tok, texts), abs=1e-3)
