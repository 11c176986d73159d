"""The study of chapter 08: from GPT-2's way to the book's, one change at a time.

Each change is made alone to GPT-2's way, and each is taken back alone from ours, so
that a change which needs another one is seen. All runs read the same documents for the
same number of steps, from three seeds, and are measured on the same validation
documents. `course.py train study-08` writes shared/models/study_08.csv, line by line: a
study that was killed goes on after its last line.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

from shared import ROOT

TABLE = ROOT / "shared" / "models" / "study_08.csv"
GPT2 = "GPT-2's way"
ADAMW = {"optimizer": "adamw", "rate": 3e-3, "decay": 0.1, "clip": 1.0,
         "schedule": "cosine"}  # fmt: skip
MUON = {"optimizer": "muon", "rate": 0.015, "muon_rate": 0.02, "decay": 0.0,
        "clip": None, "schedule": "linear"}  # fmt: skip
RECIPE: dict[str, Any] = {
    "documents": {"train": 1, "valid": [2, 300], "examined": 150},  # seeds, numbers
    "longest": 256,  # tokens of a row; no document is as long
    "seeds": [1, 2, 3],  # of the first weights and of the order of the rows
    "steps": {"steps": 700, "batch": 8, "accumulate": 2, "warmup": 60},
    "bases": {
        GPT2: {**ADAMW},
        "ours": {**MUON, "positions": "rotary", "norm": "bare layer", "bias": False,
                 "activation": "relu2", "tie": False, "init": "zero-out",
                 "attention": "direct", "layers": 3},
    },
    "ways": [  # base, name, in what it differs from the base
        (GPT2, "", {}),
        ("ours", "", {}),
        (GPT2, "rotary positions", {"positions": "rotary"}),
        (GPT2, "Muon", {"optimizer": "muon", "muon_rate": 0.02}),
        (GPT2, "direct line", {"attention": "direct"}),
        (GPT2, "head apart, from zero", {"tie": False, "init": "zero-out"}),
        (GPT2, "head apart and direct line",
         {"tie": False, "init": "zero-out", "attention": "direct"}),
        ("ours", "learned positions", {"positions": "learned"}),
        ("ours", "AdamW and its recipe", ADAMW),
        ("ours", "no direct line", {"attention": "full"}),
        ("ours", "head tied, GPT-2's start", {"tie": True, "init": "gpt2"}),
        (GPT2, "squared ReLU", {"activation": "relu2"}),
        (GPT2, "RMS norm", {"norm": "rms"}),
        ("ours", "GELU", {"activation": "gelu"}),
    ],
}  # fmt: skip


def recipe_hash(base: str, change: dict[str, Any]) -> str:
    """Twelve characters that change with anything that decides a row's numbers."""
    given = {**RECIPE["steps"], **RECIPE["bases"][base], **change}
    told = [RECIPE["documents"], RECIPE["longest"], given]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def settings(base: str, change: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The config of a way's model, and the fields of its recipe."""
    from shared.model import DecoderConfig

    given = {**RECIPE["steps"], **RECIPE["bases"][base], **change}
    model = {field.name for field in fields(DecoderConfig)} & given.keys()
    config = DecoderConfig(**{name: given.pop(name) for name in model})
    return config, given


def make_recipe(given: dict[str, Any], seed: int) -> Any:
    """A recipe of these fields."""
    from shared.train import MuonRecipe, Recipe

    if given["optimizer"] == "muon":
        return MuonRecipe(**given, seed=seed)
    return Recipe(**{k: v for k, v in given.items() if k != "muon_rate"}, seed=seed)


def prepare(steps: int) -> dict[str, Any]:
    """Rows to train on for so many steps, and what the runs are measured by."""
    from shared import tales
    from shared.data import IGNORE, single_rows
    from shared.evaluate import skills
    from shared.tokenizer import BPETokenizer

    tok = BPETokenizer.load(ROOT / "shared" / "models" / "tokenizer.json")
    asked, longest = RECIPE["documents"], RECIPE["longest"]
    n = steps * RECIPE["steps"]["batch"]
    texts = [document.text for document in tales.documents(asked["train"], n)]
    valid = tales.documents(*asked["valid"])
    words = [document.text for document in valid]
    rows = single_rows(words, tok, longest)
    return {
        "rows": single_rows(texts, tok, longest, ending=True),
        "valid": rows,
        "floor": sum(d.nats for d in valid) / int((rows[1] != IGNORE).sum()),
        "exam": skills.make_skill_test(words[: asked["examined"]], tok),
    }


def run(
    data: dict[str, Any], base: str, change: dict[str, Any], seed: int
) -> dict[str, float]:
    """Train one model; what it has reached, and what it cost."""
    from shared import train
    from shared.evaluate import mean_loss, skills
    from shared.model import Decoder

    config, given = settings(base, change)
    model, start = Decoder(config, seed=seed), time.process_time()
    history = train.train(model, data["rows"], make_recipe(given, seed), every=0)
    seconds = time.process_time() - start
    grades = skills.grade(model, data["exam"])
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "tokens": int(history["tokens"][-1]),
        "cpu_seconds": round(seconds),
        "gap": round(mean_loss(model, data["valid"]) - data["floor"], 4),
        **{name: round(share, 3) for name, share in grades.items()},
    }


def known(path: Path) -> list[dict[str, str]]:
    """The lines so far of a study with these very recipes."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    hashes = {(base, way): recipe_hash(base, c) for base, way, c in RECIPE["ways"]}
    return [x for x in lines if x["recipe"] == hashes.get((x["base"], x["way"]))]


def written(lines: list[dict[str, Any]]) -> bytes:
    """Lines as a CSV file has them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def make_study(options: argparse.Namespace) -> None:
    """Run every way from every seed; with --steps a trial that writes nothing."""
    import torch

    from shared.whole_files import write_whole

    torch.set_num_threads(1)
    trial, found = options.steps, known(TABLE)
    if trial:
        RECIPE["steps"] |= {"steps": trial, "warmup": 0}
        found = []
    data = prepare(RECIPE["steps"]["steps"])
    done = {(line["base"], line["way"], int(line["seed"])) for line in found}
    for seed in RECIPE["seeds"][: 1 if trial else None]:
        for base, way, change in RECIPE["ways"]:
            if (base, way, seed) in done:
                continue
            made = recipe_hash(base, change)
            head = {"recipe": made, "base": base, "way": way, "seed": seed}
            found.append({**head, **run(data, base, change, seed)})
            print(found[-1], flush=True)
            if not trial:
                write_whole(TABLE, written(found))
    print("a trial: nothing was written" if trial else f"written to {TABLE}")
