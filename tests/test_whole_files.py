"""Whatever the package saves is written by one function, whole or not at all."""

import os

import numpy as np
import pytest
import torch
from notebooks import ROOT

from shared.checkpoint import passport, save, save_state
from shared.data import open_ids, save_ids
from shared.model import GPT, Config
from shared.plot import figure
from shared.plot import save as save_figure
from shared.tokenizer import BPETokenizer
from shared.train import Recipe, make_optimizers
from shared.whole_files import whole_file, write_whole

TOK = BPETokenizer.train("the goat and the boat. " * 3, 262)


def tiny(seed):
    sizes = {"context": 4, "layers": 1, "heads": 1, "width": 4}
    return GPT(Config(vocab_size=len(TOK), **sizes), seed=seed)


def a_state(path, n):
    model = tiny(n)
    save_state(path, model, make_optimizers(model, Recipe()), {"n": n}, {"step": [n]})


def a_figure(path, n):
    fig, ax = figure()
    ax.plot([0, n])
    save_figure(fig, path)


#: Everything that saves a file: a function of a path and a number that decides what.
SAVERS = {
    "write_whole": lambda path, n: write_whole(path, b"x" * n),
    "token ids": lambda path, n: save_ids(path, range(n)),
    "tokenizer": lambda path, n: BPETokenizer([], [f"<|{n}|>"]).save(path),
    "passport": lambda path, n: passport.write({"01": {"n": n}}, path),
    "model": lambda path, n: save(path, tiny(n), TOK),
    "run": a_state,
    "figure": a_figure,
}


# Catches: a saver that writes over the old file, or leaves a half new one behind.
@pytest.mark.parametrize("where", ["fsync", "replace"])
@pytest.mark.parametrize("saver", SAVERS)
def test_a_save_that_is_interrupted_changes_nothing(
    saver, where, tmp_path, monkeypatch
):
    path = tmp_path / "kept.svg"
    SAVERS[saver](path, 3)
    good = path.read_bytes()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, where, interrupted)
        with pytest.raises(KeyboardInterrupt):
            SAVERS[saver](path, 7)
    assert path.read_bytes() == good
    assert os.listdir(tmp_path) == [path.name]
    SAVERS[saver](path, 7)
    assert path.read_bytes() != good
    assert os.listdir(tmp_path) == [path.name]


def test_a_block_that_raises_leaves_nothing(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(ZeroDivisionError), whole_file(path) as draft:
        draft.write_text("half")
        _ = 1 / 0
    with pytest.raises(FileNotFoundError), whole_file(path):
        pass  # nothing was written, so there is nothing to put into place
    assert not os.listdir(tmp_path)


def test_text_is_utf8_and_its_line_ends_stay(tmp_path):
    write_whole(tmp_path / "a", "Zoë\n")
    assert (tmp_path / "a").read_bytes() == "Zoë\n".encode()


def test_token_files_are_read_again(tmp_path):
    save_ids(tmp_path / "a", torch.arange(5))
    assert np.array_equal(open_ids(tmp_path / "a"), np.arange(5))


def test_nothing_else_in_the_package_replaces_files():
    """`data.sources` fetches with a library that keeps its own drafts."""
    for path in (ROOT / "shared").rglob("*.py"):
        if path.name not in ("whole_files.py", "sources.py"):
            text = path.read_text("utf-8")
            assert "os.replace" not in text and "mkstemp" not in text, path
