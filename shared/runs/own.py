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
import sys
from pathlib import Path

import torch

from shared import RELEASE, ROOT, checkpoint, data
from shared.data import Rows
from shared.model import Decoder
from shared.model.devices import moved
from shared.model.fields import read_fields
from shared.runs import own_recipe
from shared.runs.own_plan import (
    PLAN,
    TOKENIZER,
    WORKING,
    is_finished,
    read_plan,
    settle,
)
from shared.runs.own_report import measured, report, samples, save_all
from shared.runs.own_text import OwnText, encode, learn_tokenizer, read_own
from shared.runs.own_training import Best, train_own
from shared.tokenizer import BPETokenizer
from shared.train import History, MuonRecipe, pick_device

#: What decides the result beside the text: the same command must ask for the same.
ASKED = ("split", "clean", "vocab", "steps", "minutes", "every", "seed")


def main(arguments: list[str] | None = None) -> int:
    """Train as the arguments say; 0 when there is a model, 1 where it cannot be."""
    options = read_options(arguments)
    try:
        make_own(options)
    except KeyboardInterrupt:
        anew = " without --fresh" if options.fresh else ""
        print(f"\nStopped. The same command{anew} goes on from the last saved step.")
        return 130
    except (ValueError, FloatingPointError) as error:  # TextProblem is a ValueError
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
    ways = "a document is a file, what stands between blank lines, or a line"
    add("--split", choices=data.SPLITS, default="files", help=ways)
    ways = "text: odd marks and spaces go (default); pages: markup of HTML, too"
    add("--clean", choices=data.CLEANERS, default="text", help=ways)
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
    if options.vocab and options.vocab > 32_768:
        parser.error(f"--vocab is {options.vocab}; give at most 32768")
    if options.steps and options.minutes:
        parser.error("give --steps or --minutes, not both")
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device is cuda, but torch sees no GPU here; leave it out")
    name = "tales"
    if options.text:
        whole = options.text.resolve()
        name = whole.stem if whole.is_file() else whole.name
    options.out = options.out or ROOT / "_build" / "own" / (name or "text")
    return options


def make_own(options: argparse.Namespace) -> None:
    """Read, prepare, train, measure, save; or tell of what is finished already."""
    own, folder = read_own(options), options.out
    asked = {name: getattr(options, name) for name in ASKED}
    asked["text"] = own.facts["sha256"]
    if is_finished(folder, asked, options.fresh):
        print("finished already:")
        report(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    size = own_recipe.size_for(own.facts["cleaned"])
    tok, rows, valid = as_rows(own, folder, options.vocab or size.vocab, size.context)
    if not (folder / PLAN).exists():
        settle(folder, asked, size, tok, (rows, valid), options)
    else:
        print("an earlier run is here: going on with it")
    plan = read_plan(folder)
    recipe = MuonRecipe(**{**plan["recipe"], "betas": tuple(plan["recipe"]["betas"])})
    model = Decoder(read_fields(plan["config"]), seed=options.seed)
    print(*own_recipe.told(model.config, recipe), sep="\n", flush=True)
    way = (recipe, folder, plan["every"], options.device)
    history, best = train_own(model, rows, valid, *way)
    model.half().float()  # measured as it is saved, in half precision
    with moved(model, pick_device(options.device)):
        prices = measured(model, tok, own, folder)
    seen = {
        "asked": asked,
        "text": own.facts,
        **told_of(plan, folder, options.device),
        **told_of_run(history, best),
        **prices,
    }
    save_all(folder, model, tok, history, seen | {"samples": samples(model, tok, own)})
    for name in WORKING:  # the plan first: without it, the run is over
        (folder / name).unlink(missing_ok=True)
    report(folder)


def told_of(plan: dict, folder: Path, device: str | None) -> dict:
    """What the passport says of how the model was made."""
    return {
        "from": "own text",
        "release": RELEASE,
        "tokenizer": len(BPETokenizer.load(folder / TOKENIZER)),
        "tokenizer_sha256": checkpoint.sha256(folder / TOKENIZER),
        "config": plan["config"],
        "recipe": plan["recipe"],
        "device": f"{pick_device(device)}, {torch.get_num_threads()} threads",
    }


def told_of_run(history: History, best: Best) -> dict:
    """What the passport says of the run: its length, its best step, its minutes."""
    return {
        "steps": len(history["step"]),
        "best_step": best.step,
        "tokens_seen": int(history.last("tokens")),
        "minutes": round(history.last("seconds") / 60, 2),
    }


def as_rows(
    own: OwnText, folder: Path, vocab: int, context: int
) -> tuple[BPETokenizer, Rows, Rows]:
    """The tokenizer, and rows of training and validation tokens from their files."""
    path = folder / TOKENIZER
    if not (folder / PLAN).exists():
        learn_tokenizer(own, vocab).save(path)
    tok = BPETokenizer.load(path)
    found = []
    for name in ("train", "valid"):
        texts, file = own.texts(name), folder / f"{name}.ids.npy"
        ids = encode(texts, tok)
        data.save_ids(file, ids)
        own.facts[f"{name}_characters"] = sum(map(len, texts))
        own.facts[f"{name}_tokens"] = len(ids)
        found.append(data.mapped_rows(file, min(context, len(ids) - 1)))
    train, valid = own.facts["train_tokens"], own.facts["valid_tokens"]
    each = own.facts["train_characters"] / train
    print(f"tokenizer: {len(tok):,} tokens, {each:.2f} characters each")
    print(f"tokens: {train:,} to learn from, {valid:,} to be measured by", flush=True)
    return tok, *found


if __name__ == "__main__":
    sys.exit(main())
