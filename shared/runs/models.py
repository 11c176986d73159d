"""Train the book's shipped models and write them to shared/models/.

    python3 course.py train plain             chapter 07's model, minutes on two cores
    python3 course.py train base              hours on two cores, minutes on a GPU
    python3 course.py train base --steps 500  a short run, to try it: nothing is shipped
    python3 course.py train classify          two minutes; chat takes half an hour, and
    python3 course.py train dpo               dpo and grpo, made from chat, some minutes
    python3 course.py train own               a model of your own text: own --help
    python3 course.py train study-04          chapter 04's study, 20 minutes on a core
    python3 course.py train study-07          chapter 07's study, half an hour on a core
    python3 course.py train study-08          chapter 08's study, an hour on a core

Each model has one recipe here, seeds included, so that anybody can make it again; the
passport notes what came out. A run that is killed goes on from where it was saved last.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from shared import ROOT
from shared.runs.classifier import make_classify
from shared.runs.shipping import TOKENIZER, finish, shortened
from shared.runs.tuned import make_chat, make_dpo, make_grpo

CHUNK = 5000  # documents that are written from one seed
LONGEST = 256  # tokens; no document of the book's language is as long
TEST_SEED, TEST_DOCUMENTS = 3, 1000  # chapter 01's test documents


def chunk_of_rows(seed: int):  # noqa: ANN201 (numpy is imported where it is needed)
    """Inputs and targets of one chunk of documents, small numbers to send around."""
    import numpy
    import torch

    from shared import tales
    from shared.data import single_rows
    from shared.tokenizer import BPETokenizer

    torch.set_num_threads(1)
    tok = BPETokenizer.load(TOKENIZER)
    texts = [document.text for document in tales.documents(seed, CHUNK)]
    rows = single_rows(texts, tok, LONGEST, ending=True)
    return tuple(part.numpy().astype(numpy.int16) for part in rows)


def many_rows(first_seed: int, chunks: int):  # noqa: ANN201
    """Rows of chunks x CHUNK documents, written by one process per core."""
    import numpy
    import torch

    with ProcessPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(chunk_of_rows, range(first_seed, first_seed + chunks)))
    whole = (numpy.concatenate(side) for side in zip(*parts, strict=True))
    return tuple(map(torch.from_numpy, whole))


def make_plain(options: argparse.Namespace) -> None:
    """The model of chapter 07: GPT-2's way with AdamW, as its page trains it."""
    from shared import checkpoint, evaluate, tales
    from shared.data import single_rows
    from shared.model import GPT, Config
    from shared.runs import PLAIN_RUN
    from shared.tokenizer import BPETokenizer
    from shared.train import train

    recipe = shortened(PLAIN_RUN, options)
    seed, n = 1, recipe.steps * recipe.batch  # each document is read once
    tok, start = BPETokenizer.load(TOKENIZER), time.time()
    read = [document.text for document in tales.documents(seed, n)]
    texts, floor = tested(tok)
    model = GPT(Config(), seed=1)
    state = options.out / "plain.training.safetensors"
    history = train(
        model, single_rows(read, tok, LONGEST, ending=True), recipe, floor=floor,
        every=options.every, path=state, resume=True,
    )  # fmt: skip
    facts = {
        "seeds": [seed],
        "documents": n,
        "tokenizer_sha256": checkpoint.sha256(TOKENIZER),
        "tokens_seen": int(history["tokens"][-1]),
        "minutes": round((time.time() - start) / 60, 1),
        **priced(evaluate.loss(model, tok, texts), floor),
    }
    finish("plain", model, tok, facts, options)
    state.unlink()


def tested(tok) -> tuple[list[str], float]:  # noqa: ANN001
    """The test documents, and their floor in nats per token."""
    from shared import tales

    test = tales.documents(TEST_SEED, TEST_DOCUMENTS)
    texts = [document.text for document in test]
    tokens = sum(len(tok.encode(text)) for text in texts)
    return texts, sum(document.nats for document in test) / tokens


def priced(loss: float, floor: float) -> dict[str, float]:
    """What is noted of a model's loss on the test documents; it is told, too."""
    print(f"loss {loss:.4f}, floor {floor:.4f}, gap {loss - floor:.4f} nats per token")
    known = {"loss": loss, "floor": floor, "gap": loss - floor}
    return {name: round(value, 4) for name, value in known.items()}


def make_base(options: argparse.Namespace) -> None:
    """The base model of chapter 08: its own recipe, with more documents and steps."""
    from shared import checkpoint, evaluate
    from shared.model import Decoder
    from shared.runs import BASE, LONG_RUN
    from shared.tokenizer import BPETokenizer
    from shared.train import train

    recipe = shortened(LONG_RUN, options)
    seed, chunks = 1001, math.ceil(min(recipe.steps * recipe.batch, 640_000) / CHUNK)
    print(f"writing {chunks * CHUNK:,} documents", flush=True)
    rows = many_rows(seed, chunks)
    tok = BPETokenizer.load(TOKENIZER)
    texts, floor = tested(tok)
    model, start = Decoder(BASE, seed=1), time.time()
    state = options.out / "base.training.safetensors"
    history = train(
        model, rows, recipe, every=options.every, path=state, resume=True, floor=floor
    )
    model.cpu()
    facts = {
        "seeds": [seed, seed + chunks - 1],
        "documents": chunks * CHUNK,
        "tokenizer_sha256": checkpoint.sha256(TOKENIZER),
        "tokens_seen": int(history["tokens"][-1]),
        "minutes": round((time.time() - start) / 60, 1),
        **priced(evaluate.loss(model, tok, texts), floor),
    }
    finish("base", model, tok, facts, options)
    state.unlink()


def study_04(options: argparse.Namespace) -> None:
    """The study of chapter 04: cures, rates, and the network beside the counts."""
    from shared.runs.study_04 import make_study

    make_study(options)


def study_08(options: argparse.Namespace) -> None:
    """The study of chapter 08: each change added alone, and taken back alone."""
    from shared.runs.study_08 import make_study

    make_study(options)


def talk(options: argparse.Namespace) -> None:
    """The next assistant, which talks with visitors; written beside the book's."""
    from shared.runs.talk import make_talk

    make_talk(options)


def study_07(options: argparse.Namespace) -> None:
    """The study of chapter 07: what each refinement of the loop is worth."""
    from shared.runs.study_07 import make_study

    make_study(options)


MAKERS: dict[str, Callable[[argparse.Namespace], None]] = {
    "plain": make_plain,
    "base": make_base,
    "study-04": study_04,
    "study-07": study_07,
    "study-08": study_08,
    "classify": make_classify,
    "chat": make_chat,
    "talk": talk,
    "dpo": make_dpo,
    "grpo": make_grpo,
}


def main(arguments: list[str] | None = None) -> int:
    """Train the model that is named; 0 when it is done."""
    if arguments is None:
        arguments = sys.argv[1:]
    if arguments[:1] == ["own"]:  # has options of its own
        from shared.runs import own

        return own.main(arguments[1:])
    what, usage, more = __doc__.split("\n\n", 2)
    parser = argparse.ArgumentParser(
        prog="course.py train", description=f"{what}\n\n{usage}", epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "name", choices=[*MAKERS, "own"], help="what to make; `own` has more options"
    )
    parser.add_argument("--steps", type=int, help="a shorter trial; ships nothing")
    parser.add_argument("--every", type=int, default=500, help="steps between saves")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "_build", help="where the run is saved"
    )
    options = parser.parse_args(arguments)
    if options.name == "own":
        parser.error("`own` has options of its own: write it first, train own ...")
    if options.steps is not None and options.steps < 1:
        parser.error(f"--steps is {options.steps}; give at least 1")
    options.out.mkdir(parents=True, exist_ok=True)
    MAKERS[options.name](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
