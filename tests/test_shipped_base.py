"""The shipped base model is what its passport says, and its makers run."""

import pytest

from shared import checkpoint, evaluate, tales
from shared.checkpoint import passport
from shared.evaluate import skills
from shared.runs import BASE, LONG_RUN, models, shipping

pytestmark = pytest.mark.slow  # a minute together; the full run has it
MOST_BYTES = 20_000_000  # all shipped weights together


@pytest.fixture(scope="module")
def base():
    """The model, its tokenizer, and what the passport notes of it."""
    return *checkpoint.load("base"), passport.models()["base"]


def test_the_passport_tells_the_truth(base):
    """Loss, floor and gap on chapter 01's test documents, from the checkpoint."""
    model, tok, facts = base
    test = tales.documents(models.TEST_SEED, models.TEST_DOCUMENTS)
    texts = [document.text for document in test]
    tokens = sum(len(tok.encode(text)) for text in texts)
    floor = sum(document.nats for document in test) / tokens
    loss = evaluate.loss(model, tok, texts)
    assert facts["loss"] == pytest.approx(loss, abs=1e-3)
    assert facts["floor"] == pytest.approx(floor, abs=1e-4)
    assert facts["gap"] == pytest.approx(loss - floor, abs=1e-3)
    assert facts["parameters"] == sum(p.numel() for p in model.parameters())
    assert loss - floor < 0.02, "the base model is farther from the floor than promised"


def test_it_is_the_model_of_the_recipe(base):
    """Config, tokenizer and number of documents are those of `course.py train base`."""
    model, _, facts = base
    assert model.config == BASE
    assert facts["documents"] == LONG_RUN.steps * LONG_RUN.batch
    shipped = checkpoint.sha256(shipping.TOKENIZER)
    assert facts["tokenizer_sha256"] == shipped


def test_its_skills(base):
    """It knows what the truth is sure of; names and things above all."""
    model, tok, _ = base
    texts = [document.text for document in tales.documents(seed=12, n=100)]
    grades = skills.grade(model, skills.make_skill_test(texts, tok))
    assert min(grades["names"], grades["things"], grades["phrases"]) > 0.97
    assert grades["numbers"] > 0.85


def test_all_shipped_weights_are_small():
    """They are cloned by everybody and loaded by the page."""
    shipped = list(checkpoint.FOLDER.glob("*.safetensors"))
    assert sum(path.stat().st_size for path in shipped) < MOST_BYTES


def test_a_trial_ships_nothing(tmp_path, capsys):
    """`--steps` trains, says so, and leaves the shipped model alone."""
    before = checkpoint.sha256(checkpoint.where("base"))
    arguments = ["base", "--steps", "2", "--every", "1", "--out", str(tmp_path)]
    assert models.main(arguments) == 0
    assert "nothing was shipped" in capsys.readouterr().out
    assert checkpoint.sha256(checkpoint.where("base")) == before
    trial, _ = checkpoint.load(tmp_path / "base.trial.safetensors")
    assert trial.config == BASE


@pytest.mark.parametrize("wrong", [["bass"], ["base", "--steps", "0"]])
def test_wrong_arguments(wrong, capsys):
    """An unknown model and no steps are refused by name."""
    with pytest.raises(SystemExit) as ended:
        models.main(wrong)
    assert ended.value.code == 2
    assert wrong[-1] in capsys.readouterr().err
