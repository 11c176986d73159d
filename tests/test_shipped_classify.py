"""The shipped classifier is what its passport says, and its study is complete."""

import csv

import pytest

from shared import checkpoint
from shared.checkpoint import passport
from shared.finetune import classifier
from shared.runs import BASE, models
from shared.runs import classifier as runs_classifier

pytestmark = pytest.mark.slow  # a minute together; the full run has it


@pytest.fixture(scope="module")
def exam():
    """Labelled messages and unseen ones, as the maker has them."""
    train = classifier.balanced(runs_classifier.TRAIN_SEED, runs_classifier.LABELS)
    tests = classifier.balanced(
        runs_classifier.TEST_SEED, runs_classifier.TEST_MESSAGES
    )
    return train, runs_classifier.unseen(tests, train)


def test_the_passport_tells_the_truth(exam):
    """Accuracy, interval and bag of words, from the checkpoint on unseen messages."""
    (train, test), facts = exam, passport.models()["classify"]
    model, tok = checkpoint.load("classify")
    found, n = runs_classifier.measure_classifier(model, test, tok), len(test[0])
    assert facts["tested"] == n
    assert facts["accuracy"] == pytest.approx(found, abs=1.1e-3)
    low, high = classifier.wilson(round(facts["accuracy"] * n), n)
    assert facts["interval"] == pytest.approx([low, high], abs=1e-4)
    bag = runs_classifier.bag_of_words(train, test)
    assert facts["bag_of_words"] == pytest.approx(bag, abs=1.1e-3)
    assert low > 0.99, "the classifier is worse than the chapter says"


def test_how_it_was_made():
    """Seeds, labels, parameters and the base model that it began from."""
    facts, (model, _) = passport.models()["classify"], checkpoint.load("classify")
    assert model.config == BASE and model.head.weight.shape == (2, BASE.width)
    assert facts["parameters"] == sum(p.numel() for p in model.parameters())
    assert facts["from"] == checkpoint.sha256(checkpoint.where("base"))
    made = [facts[name] for name in ("train_seed", "labels", "test_seed")]
    assert made == [7001, 4000, 7000]
    assert made[1] == runs_classifier.LABELS


def test_the_study():
    """The table has every way, count and seed; its cheapest lines come out again."""
    with runs_classifier.TABLE.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    model, tok = checkpoint.load("base")
    keys = {(line["way"], int(line["labels"]), int(line["seed"])) for line in lines}
    ways = runs_classifier.ways(tok)
    counts, seeds = runs_classifier.STUDY_LABELS, runs_classifier.STUDY_SEEDS
    assert keys == {(way, n, seed) for way in ways for n in counts for seed in seeds}
    noted = {(line["way"], line["labels"], line["seed"]): line for line in lines}
    train = classifier.balanced(runs_classifier.TRAIN_SEED + 1, 30)
    tests = classifier.balanced(
        runs_classifier.TEST_SEED, runs_classifier.STUDY_MESSAGES
    )
    for way in ("bag of words", "head alone"):
        found = ways[way](train, runs_classifier.unseen(tests, train), 0)
        assert float(noted[way, "30", "0"]["accuracy"]) == pytest.approx(
            found, abs=5e-3
        )


def test_a_trial_ships_nothing(tmp_path, capsys):
    """`--steps` trains, says so, and leaves the shipped model and the table alone."""
    files = [checkpoint.where("classify"), runs_classifier.TABLE]
    before = [path.read_bytes() for path in files]
    arguments = ["classify", "--steps", "1", "--out", str(tmp_path)]
    assert models.main(arguments) == 0
    assert "nothing was shipped" in capsys.readouterr().out
    assert [path.read_bytes() for path in files] == before
    trial, _ = checkpoint.load(tmp_path / "classify.trial.safetensors")
    assert len(trial.head.weight) == 2


# Catches: a table of what was met that another test, or another base model, belongs to.
def test_what_the_models_have_met():
    """One chunk searched again: nothing is nearer than noted, and `classify` agrees."""
    with runs_classifier.MET.open(encoding="utf-8") as file:
        noted = list(csv.DictReader(file))
    texts, _ = classifier.balanced(
        runs_classifier.PAGE_SEED, runs_classifier.PAGE_MESSAGES
    )
    asked = sorted({classifier.unsigned(text) for text in texts})
    assert [line["message"] for line in noted] == [text.strip() for text in asked]
    first = passport.models()["base"]["seeds"][0]
    found = runs_classifier.nearest(asked, runs_classifier.read_messages(first))
    assert any(found)
    assert all(a <= float(line["base"]) for a, line in zip(found, noted, strict=True))
    learned, _ = classifier.balanced(runs_classifier.TRAIN_SEED, runs_classifier.LABELS)
    found = runs_classifier.nearest(asked, map(classifier.unsigned, learned))
    assert found == [float(line["classify"]) for line in noted]
