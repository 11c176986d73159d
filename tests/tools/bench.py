"""Measure our code beside others', as ratios in one process: `course.py bench [NAME]`.

Absolute times say more about a machine and its other work than about the code. Each
task therefore runs ours and the references in turn, several rounds, in one process; the
table gives the median time of each and the ratio ours / reference of the same round:
median, and in brackets the smallest and the largest. Below 1 ours is the faster.

A benchmark is a function without arguments that yields Tasks; put it into BENCHES. One
that is no contest of equal work prints its own table; put it into RACES.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # one thread, like ours


@dataclass(frozen=True)
class Task:
    """One thing to measure: the first contestant is ours, the others are references.

    work is what one run does, for the rate (1.1 and "MB", for instance). same, if
    given, takes the results of all contestants and says whether they agree.
    """

    name: str
    contestants: dict[str, Callable[[], object]]
    work: float
    unit: str
    same: Callable[[list[object]], bool] | None = None


def measure(task: Task, rounds: int) -> dict[str, list[float]]:
    """Seconds per contestant and round; the order turns with each round."""
    names = list(task.contestants)
    results = [task.contestants[name]() for name in names]  # also warms up
    if task.same and not task.same(results):
        raise SystemExit(f"bench: in {task.name!r} ours and the references disagree")
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            start = time.perf_counter()
            task.contestants[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def rows(task: Task, seconds: dict[str, list[float]]) -> Iterator[tuple[str, ...]]:
    """The table's lines for one task."""
    ours = next(iter(seconds.values()))
    for name, theirs in seconds.items():
        median = statistics.median(theirs)
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        middle = statistics.median(ratios)
        ratio = f"{middle:6.2f}  ({min(ratios):.2f} to {max(ratios):.2f})"
        yield (
            task.name,
            name,
            f"{median:8.3f}",
            f"{task.work / median:8.2f} {task.unit}/s",
            "" if theirs is ours else ratio,
        )


HEAD = ("task", "contestant", "median s", "rate", "ours / theirs (spread)")


def print_table(lines: list[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> None:
    """Print lines in columns, the first column only where it changes."""
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    last = ""
    for line in [head, tuple("-" * width for width in widths), *lines]:
        shown = ("" if line[0] == last else line[0], *line[1:])
        last = line[0]
        print(
            "  ".join(c.ljust(w) for c, w in zip(shown, widths, strict=True)).rstrip()
        )


# --- Byte-pair encoding --------------------------------------------------------------

VOCABULARY = 1024


def bench_texts() -> dict[str, list[str]]:
    """About 1 MB of the book's language, and tinyshakespeare where it can be had."""
    from shared import data, tales

    texts = {"tales": [d.text for d in tales.documents(seed=2024, n=4000)]}
    if data.available("tinyshakespeare.txt"):
        play = data.read_text(data.fetch("tinyshakespeare.txt"))
        texts["tinyshakespeare"] = [play]
    return texts


def bench_bpe() -> Iterator[Task]:
    """BPE training to 1,024 tokens, and encoding with the vocabulary learned."""
    for name, documents in bench_texts().items():
        yield from bpe_tasks(name, documents)


def bpe_tasks(corpus: str, documents: list[str]) -> Iterator[Task]:
    """Training and encoding of one corpus by us, Hugging Face and tiktoken."""
    from shared.tokenizer import BPETokenizer

    megabytes = sum(len(text.encode("utf-8")) for text in documents) / 1e6
    ours = BPETokenizer.train(documents, VOCABULARY)
    tiktokens, hugging = ours.to_tiktoken(), hugging_face(documents)

    def encode_cold() -> list[list[int]]:
        fresh = BPETokenizer(ours.merges, ours.special_tokens)
        return [fresh.encode(text) for text in documents]

    yield Task(
        f"{corpus}: train to {VOCABULARY:,} tokens",
        {
            "ours": lambda: BPETokenizer.train(documents, VOCABULARY),
            "Hugging Face": lambda: hugging_face(documents),
        },
        megabytes,
        "MB",
        lambda results: merges_of(results[0]) == merges_of(results[1]),
    )
    yield Task(
        f"{corpus}: encode",
        {
            "ours, nothing cached": encode_cold,
            "Hugging Face": lambda: [hugging.encode(text).ids for text in documents],
            "tiktoken": lambda: [tiktokens.encode(text) for text in documents],
        },
        megabytes,
        "MB",
        lambda results: results[0] == results[1] == results[2],
    )


def hugging_face(documents: list[str]) -> object:
    """A Hugging Face tokenizer with the same settings, trained on the documents."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    model = Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 1,  # ours has the end-of-text token as well
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator(documents, trainer)
    return model


def merges_of(tokenizer: object) -> list[list[str]]:
    """Merges as pairs of texts in GPT-2's visible characters, from either kind."""
    import json

    from shared.tokenizer import show_bytes

    if hasattr(tokenizer, "merges"):
        shown = {i: show_bytes(token) for i, token in tokenizer.vocab.items()}
        return [[shown[left], shown[right]] for left, right in tokenizer.merges]
    return json.loads(tokenizer.to_str())["model"]["merges"]


def later(module: str, name: str) -> Callable[[], object]:
    """A function of a module that is imported (torch takes long) when it is run."""

    def run() -> object:
        import torch

        torch.set_num_threads(1)  # so that seconds of the clock and of CPU are alike
        return getattr(importlib.import_module(module), name)()

    return run


BENCHES: dict[str, Callable[[], Iterator[Task]]] = {
    "bpe": bench_bpe,
    "train": later("bench_models", "bench_train"),
    "generate": later("bench_models", "bench_generate"),
    "gpt2": later("bench_models", "bench_gpt2"),
}
RACES: dict[str, Callable[[], object]] = {
    "tinyshakespeare": later("bench_race", "run_tinyshakespeare"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named in the arguments, or all of them."""
    known = [*BENCHES, *RACES]
    parser = argparse.ArgumentParser(
        prog="course.py bench", description="Measure our code beside others'."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--rounds", type=int, default=7, help="rounds per task (7)")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in known]
    if unknown or chosen.rounds < 1:
        fault = (
            f"no benchmark {unknown[0]!r}" if unknown else "--rounds must be 1 or more"
        )
        parser.error(f"{fault}; the benchmarks are: {', '.join(known)}")
    for name in chosen.names or known:
        if name in RACES:
            print(f"bench {name}: this takes minutes ...", file=sys.stderr, flush=True)
            RACES[name]()
            continue
        lines: list[tuple[str, ...]] = []
        for task in BENCHES[name]():
            print(f"bench {name}: {task.name} ...", file=sys.stderr, flush=True)
            lines += rows(task, measure(task, chosen.rounds))
        print_table(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
