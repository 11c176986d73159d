"""`course.py train own`: from a small text to a model that talks, is whole, goes on."""

import errno
import io
import json
import math
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import commands
import pytest
import torch
from coursecall import ROOT

from shared import checkpoint, data, tales, whole_files
from shared.checkpoint import passport
from shared.generate import terminal
from shared.model import Decoder, DecoderConfig
from shared.runs import models, own, own_plan, own_recipe, own_training
from shared.train import MuonRecipe

FILES = {"model.safetensors", "passport.json", "tokenizer.json", "history.csv"}
FILES |= {"train.ids.npy", "valid.ids.npy"}
STEPS = ("--steps", "30", "--every", "3", "--vocab", "300", "--device", "cpu")
#: Models so small that a test takes a moment; which sizes there are proves nothing.
SIZES, SMALL = own_recipe.TEXT_SIZES, (math.inf, 300, 1, 32, 64, 0.1, 2, 1)


@pytest.fixture(scope="module", autouse=True)
def small():
    """Every model of these tests is a small one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_recipe, "TEXT_SIZES", (own_recipe.Size(*SMALL),))
        yield


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """A folder with some 25,000 characters in 70 files."""
    place = tmp_path_factory.mktemp("texts")
    for i, document in enumerate(tales.documents(seed=31, n=80)):
        (place / f"{i:02}.txt").write_text(document.text, "utf-8")
    return place


def call(text, out, *more):
    """The command, in this process."""
    return own.main(["--text", str(text), "--out", str(out), *STEPS, *more])


@pytest.fixture(scope="module")
def made(text, tmp_path_factory):
    """A model of that text: its folder."""
    out = tmp_path_factory.mktemp("made") / "own"
    assert call(text, out) == 0
    return out


def test_what_is_left_and_what_the_passport_says(made):
    assert {path.name for path in made.iterdir()} == FILES
    facts = passport.models(made / "passport.json")["own"]
    model, tok = checkpoint.load(made / "model.safetensors")
    assert facts["sha256"] == checkpoint.sha256(made / "model.safetensors")
    assert facts["parameters"] == sum(p.numel() for p in model.parameters())
    assert (facts["steps"], facts["tokenizer"], len(tok)) == (30, 300, 300)
    assert facts["text"]["files"] == 80 and facts["text"]["valid_documents"] > 5
    assert facts["best_step"] % 3 == 0
    assert facts["uniform"] == pytest.approx(math.log(300), abs=1e-4)
    assert facts["uniform"] > facts["unigram"] > facts["bigram"]
    assert facts["perplexity"] == pytest.approx(math.exp(facts["loss"]), rel=1e-3)
    each = facts["text"]["valid_characters"] / (facts["text"]["valid_tokens"] - 9)
    assert facts["loss"] / each == pytest.approx(facts["loss_per_character"], rel=0.05)
    header, *lines = (made / "history.csv").read_text().splitlines()
    assert header.startswith("step,tokens,loss") and len(lines) == 30
    ids = data.open_ids(made / "train.ids.npy")
    assert len(ids) == facts["text"]["train_tokens"] and ids[0] == ids[-1] == 299


def test_it_talks_at_the_terminal(made, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("One day\n"))
    path = str(made / "model.safetensors")
    assert terminal.main(["--model", path, "--most", "8", "--seed", "1"]) == 0
    said = capsys.readouterr()
    assert said.out.strip() and not said.err


def test_the_same_again_tells_and_trains_nothing(made, text, capsys, monkeypatch):
    before = checkpoint.sha256(made / "model.safetensors")
    monkeypatch.setattr(own, "train_own", None)  # a call would raise
    assert call(text, made) == 0
    said = capsys.readouterr().out
    assert "finished already" in said and "bigram" in said and "course.py chat" in said
    assert call(text, made, "--seed", "2") == 1
    assert "another --seed; begin anew with --fresh" in capsys.readouterr().err
    assert checkpoint.sha256(made / "model.safetensors") == before


def test_another_text_is_not_written_over(made, text, tmp_path, capsys):
    shutil.copytree(text, tmp_path / "t")
    (tmp_path / "t" / "00.txt").write_text("changed")
    assert call(tmp_path / "t", made) == 1
    assert "another text; begin anew with --fresh" in capsys.readouterr().err
    copy = tmp_path / "made"
    shutil.copytree(made, copy)
    assert call(tmp_path / "t", copy, "--fresh") == 0
    facts = passport.models(copy / "passport.json")["own"]
    assert facts["text"]["path"] == str(tmp_path / "t")
    assert checkpoint.sha256(copy / "model.safetensors") == facts["sha256"]


# Going on


# Catches: an order of rows, a rate or a best model that a kill changes.
def test_a_killed_run_goes_on_to_the_same_weights(made, text, tmp_path):
    """Killed from outside, between any two instructions, more than once."""
    out, kills = tmp_path / "own", 0
    program = (
        "import sys\nfrom math import inf\nfrom shared.runs import own, own_recipe\n"
        f"own_recipe.TEXT_SIZES = (own_recipe.Size(*{SMALL}),)\nown.main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, "--text", str(text)]
    command += ["--out", str(out), *STEPS]
    variables = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for waited_for in ("plan.json", "training.safetensors"):
        run = subprocess.Popen(command, cwd=ROOT, env=variables, **quiet)
        while run.poll() is None and not (out / waited_for).exists():
            time.sleep(0.01)
        run.kill()
        kills += run.wait() != 0
        assert not (out / "model.safetensors").exists()
    assert kills == 2, "the run was over before it could be killed"
    assert call(text, out) == 0
    found = (out / "model.safetensors").read_bytes()
    assert found == (made / "model.safetensors").read_bytes()
    first, again = (passport.models(p / "passport.json")["own"] for p in (made, out))
    for name in ("loss", "best_step", "recipe", "samples", "tokens_seen"):
        assert first[name] == again[name], name


def test_stopping_by_hand_says_how_to_go_on(text, tmp_path, capsys):
    steps = own_training.train_step

    def stopped(model, rows, optimizers, recipe, step):
        if step == 5:
            raise KeyboardInterrupt
        return steps(model, rows, optimizers, recipe, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_training, "train_step", stopped)
        assert call(text, tmp_path / "own") == 130
    assert "The same command goes on" in capsys.readouterr().out
    assert call(text, tmp_path / "own") == 0
    assert "going on with it" in capsys.readouterr().out


def test_the_best_is_kept_and_the_run_ends_when_none_comes(tmp_path, monkeypatch):
    losses = iter([3.0, 2.0, *[2.5] * 20])
    monkeypatch.setattr(own_training, "mean_loss", lambda model, rows: next(losses))
    rows = (torch.arange(64).view(8, 8), torch.arange(64).view(8, 8).flip(0))
    config = DecoderConfig(64, 8, layers=1, heads=1, width=8)
    model, recipe = Decoder(config), MuonRecipe(steps=30, batch=2)
    history, best = own_training.train_own(model, rows, rows, recipe, tmp_path, 1)
    assert (best.step, best.loss) == (2, 2.0)
    assert len(history["step"]) == 2 + own_training.PATIENCE
    again = own_training.Best(best.path)
    assert (again.step, again.loss) == (2, 2.0)
    other = Decoder(config, seed=9)
    again.load(other)
    for mine, theirs in zip(model.parameters(), other.parameters()):
        assert torch.equal(mine, theirs)


@pytest.mark.gpu
def test_a_gpu_makes_a_model_that_the_processor_reads(text, tmp_path):
    assert call(text, tmp_path, "--device", "cuda") == 0
    facts = passport.models(tmp_path / "passport.json")["own"]
    assert facts["device"].startswith("cuda") and facts["loss"] < facts["uniform"]
    assert next(checkpoint.load(tmp_path / "model.safetensors")[0].parameters()).is_cpu


# The plan


def test_larger_texts_get_larger_models():
    sizes = SIZES
    ends = [size.characters for size in sizes]
    assert ends == sorted(ends) and ends[-1] == math.inf
    for small, large in zip(sizes, sizes[1:]):
        assert small.vocab <= large.vocab and small.width <= large.width
        assert small.passes >= large.passes
    for size in sizes:
        recipe = own_recipe.recipe_for(size, 1000, None, 3)
        assert recipe.steps == size.passes * 1000 // size.batch and recipe.seed == 3
        assert own_recipe.config_for(size, size.vocab).channels == 32
    assert own_recipe.recipe_for(sizes[0], 1, None, 0).steps >= 1


def test_minutes_become_steps(text, tmp_path, monkeypatch):
    monkeypatch.setattr(own_plan, "seconds_per_step", lambda *_: 1.0)
    given = ["--text", str(text), "--out", str(tmp_path), "--vocab", "300"]
    assert own.main([*given, "--minutes", "0.1"]) == 0
    facts = passport.models(tmp_path / "passport.json")["own"]
    assert facts["steps"] == int(6 / 1.1)


def test_the_recipe_is_told_whole(capsys):
    size = SIZES[0]
    recipe = replace(own_recipe.recipe_for(size, 500, 70, 1), betas=(0.8, 0.9))
    model, way = own_recipe.told(own_recipe.config_for(size, 512), recipe)
    for part in ("vocab_size 512", "layers 3", "positions rotary", "dropout"):
        assert part in model
    for part in ("steps 70", "muon_rate 0.02", "(0.8, 0.9)", "seed 1", "clip 1.0"):
        assert part in way


# What goes wrong


@pytest.mark.parametrize(
    "wrong, told",
    [
        (["--steps", "0"], "--steps is 0; give at least 1"),
        (["--vocab", "256"], "--vocab is 256; give at least 257"),
        (["--minutes", "nan"], "--minutes is nan"),
        (["--steps", "5", "--minutes", "1"], "not both"),
        (["--split", "words"], "'words'"),
    ],
)
def test_wrong_arguments(wrong, told, capsys):
    with pytest.raises(SystemExit) as ended:
        own.main(wrong)
    assert ended.value.code == 2 and told in capsys.readouterr().err


def test_texts_that_cannot_be_used(tmp_path, capsys):
    out = tmp_path / "out"
    (tmp_path / "t").mkdir()
    assert call(tmp_path / "t", out) == 1
    (tmp_path / "t" / "a.txt").write_bytes(b"caf\xe9")
    assert call(tmp_path / "t", out) == 1
    (tmp_path / "t" / "a.txt").write_text("too short")
    assert call(tmp_path / "t", out) == 1
    said = capsys.readouterr().err
    for part in ("no file at all", "byte 3", "has 9 characters", "20,000 are needed"):
        assert part in said
    (tmp_path / "t" / "a.txt").write_text("aaaa " * 5000)
    assert call(tmp_path / "t", out) == 1
    assert "cannot be reached" in capsys.readouterr().err
    assert not any("safetensors" in path.name for path in out.glob("*"))


def test_no_room_is_seen_before_the_work(text, tmp_path, monkeypatch, capsys):
    few = SimpleNamespace(free=1000)
    monkeypatch.setattr(own_plan.shutil, "disk_usage", lambda path: few)
    assert call(text, tmp_path) == 1
    assert "MB are free; free some" in capsys.readouterr().err
    assert not (tmp_path / "plan.json").exists()


def test_a_full_disk_leaves_nothing_half_written(text, tmp_path, capsys):
    replaced = os.replace

    def full(draft, path):
        if str(path).endswith("training.safetensors"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replaced(draft, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_files.os, "replace", full)
        assert call(text, tmp_path) == 1
    assert "could not be written" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if "tmp" in path.name]
    assert call(text, tmp_path) == 0


def test_damaged_notes_are_told(made, text, tmp_path, capsys):
    copy = tmp_path / "made"
    shutil.copytree(made, copy)
    (copy / "passport.json").write_text("{")
    assert call(text, copy) == 1
    (copy / "plan.json").write_text("{")
    assert call(text, copy) == 1
    said = capsys.readouterr().err
    assert "passport.json is damaged" in said and "plan.json is damaged" in said


# Catches: files of somebody else that a run removes or writes over.
@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_what_others_have_made_stays(text, tmp_path, capsys, fresh):
    theirs = {"stamps": {}, "models": {"base": {"loss": 1.0}}}
    others = {"passport.json": json.dumps(theirs), "model.safetensors": "weights"}
    for name, content in others.items():
        folder = tmp_path / name.split(".")[0]
        folder.mkdir()
        (folder / name).write_text(content)
        assert call(text, folder, *fresh) == 1
        assert (folder / name).read_text() == content
        assert f"{name} is not from `train own`" in capsys.readouterr().err


# Around it


def test_the_command_finds_it(capsys):
    with pytest.raises(SystemExit):
        models.main(["own", "--help"])
    assert "--skip-unreadable" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        models.main(["--steps", "3", "own"])
    assert "write it first" in capsys.readouterr().err


def test_paths_are_those_of_the_caller(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = ["own", "--text", "a/b", "--out=c", "--steps", "3"]
    whole = ["own", "--text", str(tmp_path / "a/b"), f"--out={tmp_path / 'c'}"]
    assert commands.from_here(given, "--text", "--out") == [*whole, "--steps", "3"]


@pytest.mark.slow
def test_the_page_reads_the_file(made):
    """The page's own code says the same as torch; test_page_model has the rest."""
    if not (node := shutil.which("node")):
        pytest.skip("Node is not installed here")
    path = str(made / "model.safetensors")
    model, tok = checkpoint.load(path)
    ids = [299, *tok.encode("One day Ada went to the well.")][:40]
    tools, rooms = ROOT / "tests" / "tools", ROOT / "book" / "_static" / "model"
    jobs = [{"job": "logits", "file": path, "ids": ids}]
    jobs += [{"job": "encode", "file": path, "texts": ["One day Ada", "caf\u00e9"]}]
    done = subprocess.run(
        [node, str(tools / "asknode.js"), str(rooms)], input=json.dumps(jobs),
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    found, rows = json.loads(done.stdout)
    with torch.no_grad():
        wanted = model(torch.tensor([ids]))[0]
    assert (torch.tensor(found) - wanted).abs().max() < 1e-3
    assert rows == [tok.encode("One day Ada"), tok.encode("caf\u00e9")]


def test_the_page_knows_every_size():
    """The fields that differ from GPT-2's way are among those that the page can run."""
    script = (ROOT / "book" / "_static" / "model" / "weights.js").read_text("utf-8")
    choices = script.split("const CHOICES = {")[1].split("};")[0]
    for size in SIZES:
        config = own_recipe.config_for(size, size.vocab)
        for name in ("norm", "positions", "attention", "activation"):
            line = choices.split(f"{name}: [")[1].split("]")[0]
            assert f'"{getattr(config, name)}"' in line
        model = Decoder(config)
        assert sum(p.numel() for p in model.parameters()) < 60e6
