"""Models on disk: what comes back is what was saved, and whatever is wrong says so."""

import json
import os
import subprocess
import sys
from dataclasses import asdict

import pytest
import torch
from modelchecks import MODERN, SMALL, WIDE, make, some_ids
from modelchecks import real as model
from safetensors.torch import save_file

from shared.checkpoint import CheckpointError, load, passport, save
from shared.checkpoint import files as checkpoint
from shared.model import GPT, Config, DecoderConfig
from shared.tokenizer import BPETokenizer

PROSE = "Mara lost the brass key near the mill, and Tobin who'd found 3 shells. " * 4
KINDS = [{}, MODERN, WIDE, {"tie": False, "bias": False}, {"norm": "rms"}]


@pytest.fixture(scope="module")
def tok() -> BPETokenizer:
    return BPETokenizer.train(PROSE, 290, ["<|endoftext|>", "<|user|>"])


def net_of(**fields):
    return make(model, **(fields | {"vocab_size": 290}))


def whole_config(net):
    """The config with which a model comes back: a GPT's, with the other defaults."""
    return DecoderConfig(**asdict(net.config))


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of shipped models and a passport of its own, both empty."""
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path)
    monkeypatch.setattr(passport, "PATH", tmp_path / "passport.json")
    return tmp_path


# Catches: a part of the model, its config or its tokenizer that is not saved; a tied
# head that is no longer tied.
@pytest.mark.parametrize("fields", KINDS, ids=str)
def test_what_comes_back_is_what_was_saved(tmp_path, tok, fields):
    path, net = tmp_path / "net.safetensors", net_of(**fields)
    state = torch.get_rng_state()
    digest = save(path, net, tok)
    again, words = load(path)
    assert torch.equal(state, torch.get_rng_state())
    assert again.config == whole_config(net) and not again.training
    assert torch.equal(again(some_ids()), net(some_ids()))
    assert (again.head.weight is again.tokens.weight) == again.config.tie
    assert (words.merges, words.special_tokens) == (tok.merges, tok.special_tokens)
    assert digest == checkpoint.sha256(path) and len(digest) == 64
    assert os.listdir(tmp_path) == ["net.safetensors"]
    assert all(p.requires_grad for p in again.parameters())


# Catches: half precision that stays in the model, or that saves no room.
def test_half_precision(tmp_path, tok):
    net = net_of()
    save(tmp_path / "whole.safetensors", net, tok)
    save(tmp_path / "half.safetensors", net, tok, half=True)
    again, _ = load(tmp_path / "half.safetensors")
    assert {p.dtype for p in again.parameters()} == {torch.float32}
    for name, p in net.named_parameters():
        assert torch.equal(again.state_dict()[name], p.half().float()), name
    sizes = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("half", "whole")]
    assert sizes[0] < 0.6 * sizes[1]
    assert (again(some_ids()) - net(some_ids())).abs().max() < 0.1


def test_numbers_too_large_for_half_precision(tmp_path, tok):
    net = net_of()
    with torch.no_grad():
        net.norm.weight[0] = 1e5
    with pytest.raises(
        CheckpointError, match="norm.weight holds numbers .* half=False"
    ):
        save(tmp_path / "half.safetensors", net, tok, half=True)
    assert os.listdir(tmp_path) == []


# Catches: a file whose bytes depend on the run, so that its hash says nothing.
@pytest.mark.slow
def test_the_same_model_gives_the_same_bytes(tmp_path, tok):
    digests = {save(tmp_path / f"{i}.safetensors", net_of(), tok) for i in range(3)}
    assert len(digests) == 1
    code = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from test_checkpoint import *\n"
        "tok = BPETokenizer.train(PROSE, 290, ['<|endoftext|>', '<|user|>'])\n"
        "print(save(sys.argv[3], net_of(), tok))"
    )
    tests = os.path.dirname(__file__)
    paths = [tests, os.path.dirname(tests), str(tmp_path / "other.safetensors")]
    again = subprocess.run(
        [sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True
    )
    assert {again.stdout.strip()} == digests


# --- the shipped models and the passport --------------------------------------------


# Catches: a shipped file that is not the one whose numbers the book prints.
def test_shipped_models_are_checked_against_the_passport(shelf, tok):
    passport.write({"06": {"loss": 0.4}, "01": {"die": 7.1}}, passport.PATH)
    net = net_of()
    digest = checkpoint.ship("base", net, tok, seed=7)
    whole = json.loads(passport.PATH.read_text())
    assert whole["stamps"] == {"01": {"die": 7.1}, "06": {"loss": 0.4}}
    size = sum(p.numel() for p in net.parameters())
    noted = {"sha256": digest, "parameters": size, "seed": 7}
    assert whole["models"] == {"base": noted}
    again, _ = load("base")
    assert torch.equal(again(some_ids()), net(some_ids()))
    path = shelf / "base.safetensors"
    data = bytearray(path.read_bytes())
    data[-5] ^= 1  # one bit of one weight
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="is not the model of the passport"):
        load("base")
    assert load(path)[0].config == whole_config(
        net
    )  # a file of one's own has no passport


def test_a_model_without_a_stamp(shelf, tok):
    save(shelf / "chat.safetensors", net_of(), tok)
    with pytest.raises(CheckpointError, match="the passport says nothing"):
        load("chat")


@pytest.mark.parametrize("name", checkpoint.MAKERS)
def test_a_model_that_is_not_shipped_yet(shelf, name):
    chapter = checkpoint.maker(name)
    message = f"the model '{name}' is not here yet: chapter {chapter} makes it"
    with pytest.raises(CheckpointError, match=message):
        load(name)


# Catches: a file in shared/models that no longer is the one of the passport.
@pytest.mark.parametrize("name", checkpoint.MAKERS)
def test_the_models_of_this_release(name):
    if not checkpoint.where(name).exists():
        pytest.skip(f"{name} is not shipped yet")
    net, tok = load(name)
    assert len(tok) <= net.config.vocab_size


def test_names_that_do_not_exist(shelf):
    with pytest.raises(
        CheckpointError, match="there is no model 'bas'; the book's are"
    ):
        load("bas")
    with pytest.raises(CheckpointError, match="there is no file .*mine.safetensors"):
        load(shelf / "mine.safetensors")


# --- damage -------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [0, 4, 100, -100])
def test_files_that_are_cut_off(tmp_path, tok, keep):
    path = tmp_path / "net.safetensors"
    save(path, net_of(), tok)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="is damaged or no safetensors file"):
        load(path)


def rewrite(path, **about):
    """Write the same tensors under another header."""
    header, tensors = checkpoint.read(path)
    save_file(tensors, path, {"about": json.dumps(header | about)})


CONFIG = SMALL | {"vocab_size": 290}


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"config": CONFIG | {"width": 27}}, r"should be \(27,\) and is \(24,\)"),
        ({"config": CONFIG | {"context": 32}}, r"should be \(32, 24\) and is \(64, 24"),
        ({"config": CONFIG | {"layers": 3}}, "blocks.2.* and is nothing"),
        ({"config": CONFIG | {"layers": 1}}, "blocks.1.* should be nothing"),
        ({"config": CONFIG | {"heads": 5}}, "cannot use: width 24 cannot be shared"),
        (
            {"config": CONFIG | {"experts": 8}, "version": "v7.7.7"},
            "cannot use: its config has 'experts', which this version.*v7.7.7 of the",
        ),
        ({"config": CONFIG | {"window": [1] * 9}}, "window has a pattern of 9 entries"),
        ({"config": None}, "header that this code cannot use"),
        ({"merges": [[1, 2], [300, 4]]}, "cannot use: merge 1 joins ids 300 and 4"),
        ({"special_tokens": ["a", "a"]}, "cannot use: the special token 'a'"),
        ({"format": "something else"}, "was not written by the book"),
    ],
    ids=lambda v: str(v)[-40:],
)
def test_headers_and_shapes_that_do_not_fit(tmp_path, tok, about, message):
    path = tmp_path / "net.safetensors"
    save(path, net_of(), tok)
    rewrite(path, **about)
    with pytest.raises(CheckpointError, match=message):
        load(path)


def test_files_that_others_wrote(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file({"a": torch.ones(2)}, path)
    with pytest.raises(CheckpointError, match="was not written by the book"):
        load(path)
    save_file({"a": torch.ones(2)}, path, {"about": "{"})
    with pytest.raises(CheckpointError, match="is damaged or no safetensors file"):
        load(path)


def test_fill_changes_nothing_when_it_refuses():
    net, state = net_of(), net_of().state_dict()
    before = {name: t.clone() for name, t in net.state_dict().items()}
    del state["head.weight"]
    state = {name: t + 1 for name, t in state.items()}
    state["positions.weight"] = state["positions.weight"][:5]
    with pytest.raises(CheckpointError, match="the state does not fit its config"):
        checkpoint.fill(net, state)
    assert all(torch.equal(t, before[name]) for name, t in net.state_dict().items())


def test_a_tokenizer_that_is_too_large(tmp_path, tok):
    net = GPT(Config(**SMALL))
    with pytest.raises(CheckpointError, match="has 290 tokens, the model 37"):
        save(tmp_path / "net.safetensors", net, tok)
    assert os.listdir(tmp_path) == []


# --- interrupted and impossible saves -----------------------------------------------


# Catches: a save that writes over the old file, or leaves half of a new one.
@pytest.mark.parametrize("where", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(28, "No space left on device"), CheckpointError),
        (KeyboardInterrupt, KeyboardInterrupt),
    ],
    ids=["full disk", "interrupted"],
)
def test_a_save_that_fails(tmp_path, tok, monkeypatch, where, error, raised):
    path = tmp_path / "net.safetensors"
    save(path, net_of(), tok)
    before = path.read_bytes()

    def fail(*args):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, where, fail)
        with pytest.raises(raised) as caught:
            save(path, net_of(norm="rms"), tok)
    if raised is CheckpointError:
        assert "could not be saved" in str(caught.value)
        assert "No space left on device" in str(caught.value)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]
    save(path, net_of(norm="rms"), tok)
    assert path.read_bytes() != before


# Catches: the same with a real limit on the size of files, not a planted error.
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_disk_that_is_really_full(tmp_path):
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from shared.whole_files import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "path = Path(sys.argv[1])\n"
        "write_whole(path, b'old' * 1000)\n"
        "try:\n"
        "    write_whole(path, b'new' * 10000)\n"
        "except OSError:\n"
        "    print('refused')\n"
        "assert path.read_bytes() == b'old' * 1000\n"
    )
    root = os.path.dirname(os.path.dirname(__file__))
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.bin")],
        capture_output=True,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
    )
    assert done.stdout.strip() == "refused", done.stderr
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_folder_that_does_not_exist(tmp_path, tok):
    with pytest.raises(CheckpointError, match="could not be saved"):
        save(tmp_path / "nowhere" / "net.safetensors", net_of(), tok)
