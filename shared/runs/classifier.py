"""The classifier of chapter 09, and the chapter's study of what labels buy.

`make_classify` ships the model; the study trains four kinds of classifier on 10 to
1,000 labels, several times each, and writes shared/models/labels.csv. All are measured
on messages of a seed that none has met, without those that stand among the labelled.
Of each message of the chapter's own test, shared/models/met.csv says how near the
nearest one comes that the base model has read, or `classify` has learned from.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared import ROOT

TABLE = ROOT / "shared" / "models" / "labels.csv"
MET = TABLE.with_name("met.csv")
PAGE_SEED, PAGE_MESSAGES = 72, 400  # chapter 09's test
NEAR = 0.8  # from this share of common word triples on a message is a near copy
LONGEST = 96  # tokens; no message is as long
TRAIN_SEED, LABELS = 7001, 4000  # of the shipped model
TEST_SEED, TEST_MESSAGES = 7000, 2000
STEPS = 300  # the shipped model's: every labelled message about once
STUDY_LABELS, STUDY_SEEDS, STUDY_MESSAGES = (10, 30, 100, 300, 1000), range(3), 1000


def unseen(test: tuple, train: tuple) -> tuple:
    """The test messages, texts and labels, that do not stand among the training's."""
    from shared.finetune import unsigned

    known = {unsigned(text) for text in train[0]}
    kept = [i for i, text in enumerate(test[0]) if unsigned(text) not in known]
    return [test[0][i] for i in kept], test[1][kept]


def rows_of(messages: tuple, tok: Any) -> Any:
    """Labelled rows of messages without their names."""
    from shared.finetune import label_rows, unsigned

    texts, labels = messages
    return label_rows([unsigned(text) for text in texts], labels, tok, LONGEST)


def bag_of_words(train: tuple, test: tuple) -> float:
    """The accuracy of logistic regression over counts of words."""
    from shared import tales
    from shared.finetune import bag_counts, fit_linear, hit_rate, unsigned

    texts = [unsigned(text) for text in train[0]]
    words = sorted({word for text in texts for word in tales.words(text)})
    known = {word: i for i, word in enumerate(words)}
    head = fit_linear(bag_counts(texts, known), train[1], rate=0.03)
    asked = bag_counts([unsigned(text) for text in test[0]], known)
    return hit_rate(head(asked), test[1])


def fine_tuned(model: Any, train: tuple, tok: Any, steps: int, seed: int) -> Any:
    """The model with a new head, all of it trained on labelled messages."""
    from shared.finetune import FINE_TUNING
    from shared.model import swap_head
    from shared.train import train as run

    recipe = replace(FINE_TUNING, steps=steps, warmup=steps // 10, seed=seed)
    run(swap_head(model, 2, seed), rows_of(train, tok), recipe, every=0)
    return model.cpu()


def measure_classifier(model: Any, test: tuple, tok: Any) -> float:
    """The accuracy of a classifier on messages."""
    from shared.finetune import class_logits, hit_rate

    return hit_rate(class_logits(model, rows_of(test, tok)), test[1])


def ways(tok: Any) -> dict[str, Callable[[tuple, tuple, int], float]]:
    """Name -> function of training messages, test messages and seed: the accuracy."""
    from shared import checkpoint
    from shared.finetune import FINE_TUNING, features, fit_linear, hit_rate
    from shared.model import Decoder

    def base() -> Any:
        return checkpoint.load("base")[0]

    def frozen(train: tuple, test: tuple, seed: int) -> float:
        seen, asked = (features(base(), rows_of(part, tok)) for part in (train, test))
        return hit_rate(fit_linear(seen, train[1])(asked), test[1])

    def whole(train: tuple, test: tuple, seed: int) -> float:
        model = fine_tuned(base(), train, tok, FINE_TUNING.steps, seed)
        return measure_classifier(model, test, tok)

    def scratch(train: tuple, test: tuple, seed: int) -> float:
        model = Decoder(base().config, seed=100 + seed)
        fine_tuned(model, train, tok, FINE_TUNING.steps, seed)
        return measure_classifier(model, test, tok)

    return {
        "bag of words": lambda train, test, seed: bag_of_words(train, test),
        "head alone": frozen,
        "all of it": whole,
        "from scratch": scratch,
    }


def study(tok: Any) -> list[dict[str, Any]]:
    """Every way with every number of labels and every seed: its accuracy."""
    from shared.finetune import balanced

    found, tests = [], balanced(TEST_SEED, STUDY_MESSAGES)
    for labels in STUDY_LABELS:
        for seed in STUDY_SEEDS:
            train = balanced(TRAIN_SEED + 1 + seed, labels)
            test = unseen(tests, train)
            for way, run in ways(tok).items():
                right = round(run(train, test, seed), 4)
                found.append(
                    {"way": way, "labels": labels, "seed": seed, "accuracy": right}
                )
        print(*found[-4:], sep="\n", flush=True)
    return found


def read_messages(seed: int) -> list[str]:
    """The messages, without their names, of one chunk of what the base model read."""
    from shared import tales
    from shared.finetune import unsigned
    from shared.runs.models import CHUNK

    made = tales.documents(seed, CHUNK)
    return [unsigned(document.text) for document in made if document.kind == "message"]


def nearest(texts: list[str], pool: Iterable[str]) -> list[float]:
    """Of each text its largest likeness to one of the pool; 0 where below NEAR."""
    from shared.evaluate import near_pairs

    best = [0.0] * len(texts)
    for i, _, score in near_pairs(texts, pool, NEAR):
        best[i] = max(best[i], round(score, 3))
    return best


def met() -> list[dict[str, Any]]:
    """Each test message of the chapter: how near base and classify have met it."""
    from shared.checkpoint import passport
    from shared.finetune import balanced, unsigned

    first, last = passport.models()["base"]["seeds"]
    with ProcessPoolExecutor() as pool:
        chunks = list(pool.map(read_messages, range(first, last + 1)))
    read = {text for chunk in chunks for text in chunk}
    learned = {unsigned(text) for text in balanced(TRAIN_SEED, LABELS)[0]}
    test = sorted({unsigned(text) for text in balanced(PAGE_SEED, PAGE_MESSAGES)[0]})
    columns = zip(test, nearest(test, sorted(read)), nearest(test, sorted(learned)))
    return [{"message": t.strip(), "base": b, "classify": c} for t, b, c in columns]


def write_table(lines: list[dict[str, Any]], path: Path = TABLE) -> None:
    """Write a study's table, whole or not at all."""
    from shared.whole_files import write_whole

    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    write_whole(path, text.getvalue().encode())
    print(f"written to {path}")


def make_classify(options: argparse.Namespace) -> None:
    """The classifier: the base model with a new head, all of it trained; the study."""
    from shared import checkpoint
    from shared.finetune import balanced, wilson
    from shared.runs.shipping import finish

    model, tok = checkpoint.load("base")
    train = balanced(TRAIN_SEED, LABELS)
    test = unseen(balanced(TEST_SEED, TEST_MESSAGES), train)
    fine_tuned(model, train, tok, options.steps or STEPS, seed=0)
    model.half().float()  # measured as it is saved, in half precision
    found, n = measure_classifier(model, test, tok), len(test[0])
    low, high = wilson(round(found * n), n)
    facts = {
        "from": checkpoint.sha256(checkpoint.where("base")),
        "train_seed": TRAIN_SEED,
        "labels": LABELS,
        "test_seed": TEST_SEED,
        "tested": n,
        "accuracy": round(found, 4),
        "interval": [round(low, 4), round(high, 4)],
        "bag_of_words": round(bag_of_words(train, test), 4),
    }
    print(facts)
    finish("classify", model, tok, facts, options)
    if not options.steps:
        write_table(study(tok))
        write_table(met(), MET)
