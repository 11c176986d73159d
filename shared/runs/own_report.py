"""What came of a training on one's own text: losses, samples, passport, report."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import torch

from shared import checkpoint, data, evaluate
from shared.checkpoint import passport
from shared.data import TextProblem
from shared.generate import generate
from shared.model import Decoder
from shared.runs.own_text import END, OwnText
from shared.tokenizer import BPETokenizer
from shared.train import History
from shared.whole_files import write_whole

MODEL, PASSPORT = "model.safetensors", "passport.json"


def measured(
    model: Decoder, tok: BPETokenizer, own: OwnText, folder: Path
) -> dict[str, float]:
    """The losses on the validation documents, and the ladder below them, in nats."""
    texts = own.texts("valid")
    loss, tokens = evaluate.total(model, tok, texts)
    ids = [data.open_ids(folder / f"{name}.ids.npy") for name in ("train", "valid")]
    steps = evaluate.count_ladder(*ids, len(tok), tok.special_tokens[END])
    some = own.texts("train")[:: max(1, len(own.train) // len(own.valid))][:200]
    seen = evaluate.loss(model, tok, [text[:20_000] for text in some])
    found = {
        "loss": loss / tokens,
        "loss_per_character": loss / sum(map(len, texts)),
        "loss_on_training": seen,
        "perplexity": math.exp(loss / tokens),
        **steps,
    }
    if own.nats:
        found["floor"] = sum(own.nats[text] for text in texts) / tokens
    return {name: round(value, 4) for name, value in found.items()}


def samples(
    model: Decoder, tok: BPETokenizer, own: OwnText, most: int = 100
) -> list[str]:
    """What the model writes: from nothing, and after a beginning that it never read.

    A | stands where the given beginning ends.
    """
    end = tok.special_tokens[END]
    start = " ".join(own.valid[0].text[:200].split(" ")[:5])
    found = []
    for said in ("", start):
        ids = [end, *tok.encode_ordinary(said)]
        draw = torch.Generator().manual_seed(1)
        most = min(most, model.config.context - len(ids))
        row = generate(model, [ids], most, 0.8, eos=end, generator=draw)[0].tolist()
        new = row[len(ids) :]
        new = new[: new.index(end)] if end in new else new
        found.append(f"{said}|{tok.decode(new)}" if said else tok.decode(new))
    return found


def save_all(
    folder: Path, model: Decoder, tok: BPETokenizer, history: History,
    facts: dict[str, Any],
) -> None:  # fmt: skip
    """Write the model, the table of its training, and its passport, each whole."""
    found = checkpoint.save(folder / MODEL, model, tok, half=True)
    size = sum(p.numel() for p in model.parameters())
    lines = [",".join(history)]
    lines += [",".join(f"{v:.6g}" for v in row) for row in zip(*history.values())]
    write_whole(folder / "history.csv", "\n".join(lines) + "\n")
    path = folder / PASSPORT
    passport.note_model("own", path, sha256=found, parameters=size, **facts)


def report(folder: Path) -> None:
    """Tell what a passport says of its model, and where to go from here."""
    facts = read_facts(folder)
    print(f"it took {facts['minutes']:.1f} minutes", file=sys.stderr, flush=True)
    print(f"of {facts['steps']:,} steps the best by validation: {facts['best_step']:,}")
    print("nats per token on the validation documents:")
    for name in ("uniform", "unigram", "bigram", "loss", "floor"):
        if name in facts:
            print(f"  {'this model' if name == 'loss' else name:<11}{facts[name]:7.3f}")
    print(
        f"  perplexity {facts['perplexity']:.1f}; "
        f"{facts['loss_per_character']:.3f} nats per character; on documents it has "
        f"read {facts['loss_on_training']:.3f} per token"
    )
    for text in facts["samples"]:
        print("---", text, sep="\n")
    print("---")
    path = folder / MODEL
    print(f"saved: {path} ({path.stat().st_size / 1e6:.1f} MB) and passport.json")
    print(f"talk:  python3 course.py chat --model {path}")


def is_ours(path: Path) -> bool:
    """Whether a passport is of a model of one's own; so is one that cannot be read."""
    try:
        return "own" in passport.models(path)
    except ValueError:
        return True


def read_facts(folder: Path) -> dict[str, Any]:
    """The passport of a finished model. Raises TextProblem where it is damaged."""
    try:
        return passport.models(folder / PASSPORT)["own"]
    except (KeyError, ValueError):
        raise TextProblem(
            f"{folder / PASSPORT} is damaged; begin anew with --fresh"
        ) from None
