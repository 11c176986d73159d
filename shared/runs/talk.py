"""Make the next assistant, which talks with visitors; it is not shipped yet.

`course.py train talk` writes talk.safetensors and talk.json, what was measured of it,
into the folder of runs. When it is better than the shipped one in everything that
tests/test_visitors.py asks, its recipe takes the place of chapter 10's.
"""

from __future__ import annotations

import argparse
import json
import time

import torch

from shared import checkpoint, evaluate, tales
from shared.data.rows import Rows
from shared.finetune import assistant
from shared.model.gpt import GPT
from shared.runs.recipes import TALK_REPLAY, TALK_RUN, TALK_VISITS
from shared.runs.shipping import shortened
from shared.runs.tuned import LESSON_SEED, TEST_SEED, exam_scores
from shared.tokenizer.bpe import BPETokenizer
from shared.train import train
from shared.whole_files import write_whole

VISIT_SEED = 2002  # of the visits among the lessons
REPLAY_SEED = 2003  # of the plain documents among them


def talk_rows(tok: BPETokenizer, n: int) -> tuple[Rows, dict[str, int]]:
    """Lessons of the tasks, visits and plain documents, n rows in all, and how many
    there are of each.
    """
    plain = round(n * TALK_REPLAY)
    visits = round((n - plain) * TALK_VISITS)
    taught = tales.lessons(LESSON_SEED, n - plain - visits)
    taught += tales.visits(VISIT_SEED, visits)
    texts = [d.text for d in tales.documents(REPLAY_SEED, plain + 1)]
    rows = assistant.chat_rows(taught, tok)
    rows = assistant.with_replay(rows, texts, tok, TALK_REPLAY)
    counted = {"lessons": len(taught) - visits, "visits": visits, "documents": plain}
    return rows, counted


def owed_by_kind(model: GPT, tok: BPETokenizer) -> dict[str, float]:
    """What a model pays above the floor for 60 unread documents of each kind."""
    found = evaluate.owed(model, tok, TEST_SEED, 60)
    return {kind: round(nats, 3) for kind, nats in found.items()}


def make_talk(options: argparse.Namespace) -> None:
    """The next assistant: the base model, taught lessons and visits.

    Attention that is sharp gives numbers so near to zero that a processor takes many
    times longer over them; here they are zero.
    """
    torch.set_flush_denormal(True)
    recipe = shortened(TALK_RUN, options)
    base, known = checkpoint.load("base")
    model, tok = assistant.extend(base, known)
    rows, counted = talk_rows(tok, recipe.steps * recipe.batch)
    print(", ".join(f"{n:,} {name}" for name, n in counted.items()), flush=True)
    path, start = options.out / "talk.training.safetensors", time.time()
    train(model, rows, recipe, every=options.every, path=path, resume=True)
    model.cpu()
    facts = {
        "seeds": [LESSON_SEED, VISIT_SEED, REPLAY_SEED],
        **counted,
        "steps": recipe.steps,
        "minutes": round((time.time() - start) / 60, 1),
        "exam": exam_scores(model, tok),
        "owed_before": owed_by_kind(base, known),
        "owed_after": owed_by_kind(model, tok),
    }
    name = "talk.trial" if options.steps else "talk"  # a trial leaves the run's alone
    made = options.out / f"{name}.safetensors"
    checkpoint.save(made, model, tok, half=True)
    write_whole(options.out / f"{name}.json", json.dumps(facts, indent=1))
    print(f"{facts}\nsaved as {made}; nothing was shipped")
    path.unlink()
