"""Train a model of your own text: from a folder of files to one that can be talked to.

    python3 course.py train own --text my-texts     all .txt and .md files in a folder
    python3 course.py train own --text diary.txt    one file
    python3 course.py train own                     a text of ours stands in
    python3 course.py train own --text my-texts --minutes 10

The text is read, cleaned, freed of copies and divided into documents, nine tenths to
learn from and a tenth to be measured by. A tokenizer is learned from it, model and
recipe follow from its size, and the run keeps what validation finds best. A run that is
stopped or killed goes on when the same command is given again.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from shared import RELEASE, ROOT, checkpoint, data, evaluate
from shared.checkpoint import passport
from shared.data import TextProblem
from shared.generate import generate
from shared.model import Decoder
from shared.model.fields import named_fields, read_fields
from shared.runs import own_recipe
from shared.runs.own_text import END, OwnText, encode, learn_tokenizer, read_own
from shared.runs.own_training import seconds_per_step, train_own
from shared.tokenizer import BPETokenizer
from shared.train import MuonRecipe
from shared.whole_files import write_whole

WORKING = ("plan.json", "training.safetensors", "best.safetensors")
MADE = (
    "model.safetensors", "passport.json", "tokenizer.json", "train.ids.npy",
    "valid.ids.npy", "history.csv",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Train as the arguments say; 0 when there is a model, 1 where something is wrong."""
    options = read_options(arguments)
    try:
        make_own(options)
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from the last saved step.")
        return 130
    except (TextProblem, checkpoint.CheckpointError, FloatingPointError) as error:
        print(f"train own: {error}.", file=sys.stderr)
    except OSError as error:
        print(
            f"train own: {options.out} could not be written ({error}); what stands "
            "there is whole. Free some space or give another --out.",
            file=sys.stderr,
        )
    else:
        return 0
    return 1


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line; argparse itself ends the program for a wrong one."""
    what, usage, more = (__doc__ or "\n\n\n\n").split("\n\n", 2)
    parser = argparse.ArgumentParser(
        prog="course.py train own", description=f"{what}\n\n{usage}", epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("--text", type=Path, help="a folder of .txt and .md files, or one file")
    add("--out", type=Path, help="where the model goes; _build/own/NAME if not given")
    add("--split", choices=data.SPLITS, default="files", help="what a document is")
    add("--clean", choices=data.CLEANERS, default="text", help="how much: see the book")
    add("--vocab", type=int, help="tokens in all; by the text's size if not given")
    add("--steps", type=int, help="how long; by the text's size if not given")
    add("--minutes", type=float, help="instead of --steps: about how long, here")
    add("--every", type=int, help="steps between two looks at validation")
    add("--seed", type=int, default=1, help="of the first weights and of the order")
    add("--device", choices=("cpu", "cuda", "mps"), help="a GPU if there is one")
    add("--skip-unreadable", action="store_true", help="leave out what is no text")
    add("--fresh", action="store_true", help="begin anew over an earlier run")
    options = parser.parse_args(arguments)
    for name, least in (("vocab", 257), ("steps", 1), ("minutes", 0.01), ("every", 1)):
        value = getattr(options, name)
        if value is not None and not value >= least:
            parser.error(f"--{name} is {value}; give at least {least}")
    if options.steps and options.minutes:
        parser.error("give --steps or --minutes, not both")
    name = options.text.resolve().stem if options.text else "tales"
    options.out = options.out or ROOT / "_build" / "own" / name
    return options


def make_own(options: argparse.Namespace) -> None:
    """Read, prepare, train, measure, save; or tell of what is finished already."""
    own = read_own(options)
    asked = {
        name: getattr(options, name)
        for name in ("split", "clean", "vocab", "steps", "minutes", "every", "seed")
    }
    asked["sha256"] = own.facts["sha256"]
    folder = options.out
    if finished(folder, asked, options.fresh):
        return
    folder.mkdir(parents=True, exist_ok=True)
    size = own_recipe.size_for(own.facts["cleaned"])
    tok, rows, valid = as_rows(own, folder, options.vocab or size.vocab, size.context)
    model, recipe, every = planned(folder, asked, size, tok, rows, options)
    for line in own_recipe.told(model.config, recipe):
        print(line)
    history, best = train_own(
        model, rows, valid, recipe, folder, every, options.device
    )
    model.half().float()  # measured as it is saved, in half precision
    facts = {
        "from": "own text",
        "release": RELEASE,
        "asked": asked,
        "text": own.facts,
        "tokenizer": {"tokens": len(tok), "sha256": checkpoint.sha256(folder / MADE[2])},
        "config": named_fields(model.config),
        "recipe": asdict(recipe),
        "steps": len(history["step"]),
        "best_step": best.step,
        "minutes": round(history.last("seconds") / 60, 2),
        **measured(model, tok, own, folder),
        "samples": samples(model, tok, own),
    }
    save_all(folder, model, tok, history, facts)
    report(folder)


def finished(folder: Path, asked: dict[str, Any], fresh: bool) -> bool:
    """Whether the folder holds what is asked for already; then it is told again.

    fresh: remove what an earlier run has left. Raises TextProblem for another one's.
    """
    if fresh:
        for name in (*WORKING, *MADE):
            (folder / name).unlink(missing_ok=True)
    for name, read in (("plan.json", read_plan), ("passport.json", read_facts)):
        if not (folder / name).exists():
            continue
        theirs = read(folder)["asked"]
        other = [key for key in asked if theirs.get(key) != asked[key]]
        if other:
            what = "text" if "sha256" in other else f"--{other[0]}"
            raise TextProblem(
                f"{folder} holds a run with another {what}; begin anew with --fresh, "
                "or give another --out"
            )
    done = (folder / "passport.json").exists() and (folder / MADE[0]).exists()
    if done and not (folder / "plan.json").exists():
        print("finished already:")
        report(folder)
        return True
    return False


def read_plan(folder: Path) -> dict[str, Any]:
    """What a run under way has settled."""
    return json.loads((folder / "plan.json").read_text("utf-8"))


def read_facts(folder: Path) -> dict[str, Any]:
    """The passport of a finished model."""
    return passport.models(folder / "passport.json")["own"]


def as_rows(own: OwnText, folder: Path, vocab: int, context: int) -> tuple:
    """The tokenizer, and rows of training and validation tokens from their files."""
    path = folder / "tokenizer.json"
    if not (folder / "plan.json").exists():
        learn_tokenizer(own, vocab).save(path)
    tok = BPETokenizer.load(path)
    found = []
    for name in ("train", "valid"):
        texts, file = own.texts(name), folder / f"{name}.ids.npy"
        ids = encode(texts, tok)
        data.save_ids(file, ids)
        characters = sum(map(len, texts))
        own.facts |= {f"{name}_tokens": len(ids), f"{name}_characters": characters}
        found.append(data.mapped_rows(file, min(context, len(ids) - 1)))
    train, valid = own.facts["train_tokens"], own.facts["valid_tokens"]
    each = own.facts["train_characters"] / train
    print(f"tokenizer: {len(tok):,} tokens, {each:.2f} characters each")
    print(f"tokens: {train:,} to learn from, {valid:,} to be measured by")
    return tok, *found


def planned(folder, asked, size, tok, rows, options) -> tuple:  # noqa: ANN001
    """Model, recipe and steps between looks: as settled before, or settled now."""
    if (folder / "plan.json").exists():
        plan = read_plan(folder)
        fields = plan["recipe"] | {"betas": tuple(plan["recipe"]["betas"])}
        config, recipe = read_fields(plan["config"]), MuonRecipe(**fields)
        print("an earlier run is here: going on with it")
        return Decoder(config, seed=options.seed), recipe, plan["every"]
    config = own_recipe.config_for(size, len(tok))
    model = Decoder(config, seed=options.seed)
    tokens = rows[0].numel() + 1
    recipe = own_recipe.recipe_for(size, tokens, options.steps, options.seed)
    check_space(folder, model)
    pace = seconds_per_step(model, rows, recipe, options.device)
    if options.minutes:
        steps = max(1, int(options.minutes * 60 / pace / 1.1))  # a tenth for looks
        recipe = own_recipe.recipe_for(size, tokens, steps, options.seed)
    minutes = 1.1 * pace * recipe.steps / 60
    passes = recipe.steps * recipe.batch / len(rows[0])
    print(
        f"{recipe.steps:,} steps read the text {passes:.1f} times, about "
        f"{minutes:.1f} minutes here"
    )
    every = options.every or max(1, min(recipe.steps // 20, 250))
    plan = {"asked": asked, "config": named_fields(config), "recipe": asdict(recipe)}
    write_whole(folder / "plan.json", json.dumps({**plan, "every": every}, indent=1))
    return model, recipe, every


def check_space(folder: Path, model: Decoder) -> None:
    """Raise TextProblem unless the disk has room for the run and its results."""
    size = sum(p.numel() for p in model.parameters())
    needed, free = 4 * 8 * size + 10_000_000, shutil.disk_usage(folder).free
    if free < needed:
        raise TextProblem(
            f"the run needs some {needed / 1e6:,.0f} MB in {folder}, where "
            f"{free / 1e6:,.0f} MB are free; free some, or give another --out"
        )


def measured(model, tok, own: OwnText, folder: Path) -> dict[str, Any]:  # noqa: ANN001
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


def samples(model, tok, own: OwnText, most: int = 100) -> list[str]:  # noqa: ANN001
    """What the model writes: from nothing, and after a beginning that it never read."""
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


def save_all(folder, model, tok, history, facts) -> None:  # noqa: ANN001
    """Write the model, its passport and its history; the working files go."""
    found = checkpoint.save(folder / "model.safetensors", model, tok, half=True)
    size = sum(p.numel() for p in model.parameters())
    facts = {"sha256": found, "parameters": size, **facts}
    lines = [",".join(history)]
    lines += [",".join(f"{v:.6g}" for v in row) for row in zip(*history.values())]
    write_whole(folder / "history.csv", "\n".join(lines) + "\n")
    passport.note_model("own", folder / "passport.json", **facts)
    for name in WORKING:
        (folder / name).unlink(missing_ok=True)


def report(folder: Path) -> None:
    """Tell what a passport says of its model, and where to go from here."""
    facts = read_facts(folder)
    print(
        f"best of {facts['steps']:,} steps: {facts['best_step']:,}; "
        f"{facts['minutes']:.1f} minutes"
    )
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
    path = folder / "model.safetensors"
    print(f"saved: {path} ({path.stat().st_size / 1e6:.1f} MB) and passport.json")
    print(f"talk:  python3 course.py chat --model {path}")


if __name__ == "__main__":
    sys.exit(main())
