"""The study of chapter 07: from GPT-2's way to the book's, one change at a time.

Every run reads the same documents from the same seed for the same number of steps, and
is measured on the same validation documents. Writes shared/models/ablations.csv.
"""

from __future__ import annotations

import argparse
import csv
import io
import time
from dataclasses import replace
from typing import Any

from shared import ROOT

TABLE = ROOT / "shared" / "models" / "ablations.csv"
STEPS = 1500  # about a million tokens in batches of eight documents
LONGEST = 256  # tokens of a row; no document is as long
VALID_SEED, VALID_DOCUMENTS, EXAMINED = 2, 400, 200


def ways() -> dict[str, tuple[Any, Any]]:
    """Name -> (DecoderConfig, Recipe): a line changes what it names, keeps the rest."""
    from shared.model import DecoderConfig
    from shared.runs import BASE, SHORT_RUN
    from shared.train import Recipe

    small = {"batch": 8, "accumulate": 2, "warmup": 60}
    adamw = Recipe(steps=STEPS, rate=3e-3, **small)
    muon = replace(SHORT_RUN, steps=STEPS, warmup=60)
    gpt2 = DecoderConfig(context=512)
    rotary = replace(gpt2, positions="rotary")
    relu2 = replace(rotary, activation="relu2", norm="bare layer", bias=False)
    apart = replace(relu2, tie=False, init="zero-out")
    direct = replace(apart, attention="direct")
    gelu = replace(BASE, activation="gelu")
    return {
        "GPT-2's way": (gpt2, adamw),
        "its rate a third": (gpt2, replace(adamw, rate=1e-3)),
        "rotary positions": (rotary, adamw),
        "Muon": (rotary, muon),
        "squared ReLU, no biases": (relu2, muon),
        "head apart, from zero": (apart, muon),
        "direct line": (direct, muon),
        "three layers: ours": (BASE, muon),
        "ours, with GELU": (gelu, muon),
        "ours, batches of 32": (BASE, replace(muon, steps=STEPS // 4, batch=32)),
    }


def run(config: Any, recipe: Any, data: dict[str, Any]) -> dict[str, float]:
    """Train one model; what it has reached and what it cost."""
    from shared import train
    from shared.evaluate import mean_loss, skills
    from shared.model import Decoder

    model, start = Decoder(config, seed=1), time.process_time()
    history = train.train(model, data["rows"], recipe, every=0)
    seconds = time.process_time() - start
    loss = mean_loss(model, data["valid"])
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": recipe.steps,
        "tokens": int(history["tokens"][-1]),
        "cpu_seconds": round(seconds),
        "gap": round(loss - data["floor"], 4),
        **{k: round(v, 3) for k, v in skills.grade(model, data["exam"]).items()},
    }


def prepare() -> dict[str, Any]:
    """Rows to train on, and what the runs are measured by."""
    from shared import tales
    from shared.data import IGNORE, single_rows
    from shared.evaluate import skills
    from shared.tokenizer import BPETokenizer

    tok = BPETokenizer.load(ROOT / "shared" / "models" / "tokenizer.json")
    texts = [d.text for d in tales.documents(seed=1, n=8 * STEPS)]
    valid = tales.documents(VALID_SEED, VALID_DOCUMENTS)
    words = [d.text for d in valid]
    rows = single_rows(words, tok, LONGEST)
    return {
        "rows": single_rows(texts, tok, LONGEST, ending=True),
        "valid": rows,
        "floor": sum(d.nats for d in valid) / int((rows[1] != IGNORE).sum()),
        "exam": skills.make_skill_test(words[:EXAMINED], tok),
    }


def make_ablations(options: argparse.Namespace) -> None:
    """Run every way, or with --steps a trial of a few steps that writes nothing."""
    from shared.whole_files import write_whole

    data, found = prepare(), []
    for name, (config, recipe) in ways().items():
        if options.steps:
            recipe = replace(recipe, steps=options.steps, warmup=0)
        found.append({"way": name, **run(config, recipe, data)})
        print(found[-1], flush=True)
    if options.steps:
        print("a trial: nothing was written")
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    write_whole(TABLE, text.getvalue().encode())
    print(f"written to {TABLE}")
