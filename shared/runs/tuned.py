"""Make the models that are trained further: the assistant and what follows from it."""

from __future__ import annotations

import argparse
import time

from shared.runs.shipping import TOKENIZER, finish, shortened

TEST_SEED = 3  # of the tales that no model has read
LESSON_SEED = 2001  # of the lessons to learn from
EXAM_ITEMS = 100  # of each subject


def exam_scores(model, tok, n: int = EXAM_ITEMS) -> dict[str, float]:  # noqa: ANN001
    """The share of right answers by subject, in the book's exam of n items each."""
    from shared.evaluate import exam

    asked = exam.items(exam.SEED, n)
    found = exam.marks(asked, exam.answers(model, tok, asked, most=160))
    parts = exam.by_subject(asked, found)
    return {subject: round(part.mean().item(), 3) for subject, part in parts.items()}


def make_chat(options: argparse.Namespace) -> None:
    """The assistant of chapter 10: the base model, taught with its recipe."""
    from shared import checkpoint, evaluate, tales
    from shared.finetune import assistant
    from shared.runs import CHAT_RUN
    from shared.tales import tasks
    from shared.train import train

    recipe = shortened(CHAT_RUN, options)
    base, known = checkpoint.load("base")
    model, tok = assistant.extend(base, known)
    taught = tasks.lessons(LESSON_SEED, recipe.steps * recipe.batch)
    print(f"{len(taught):,} lessons", flush=True)
    rows, start = assistant.chat_rows(taught, tok), time.time()
    state = options.out / "chat.training.safetensors"

    def probe(model) -> dict[str, float]:  # noqa: ANN001
        return exam_scores(model, tok, 20)

    history = train(
        model, rows, recipe, every=options.every, path=state, resume=True, probe=probe
    )
    model.cpu()
    texts = [d.text for d in tales.documents(TEST_SEED, 200)]
    facts = {
        "seeds": [LESSON_SEED],
        "lessons": len(taught),
        "tokenizer_sha256": checkpoint.sha256(TOKENIZER),
        "tokens_seen": int(history["tokens"][-1]),
        "minutes": round((time.time() - start) / 60, 1),
        "exam": exam_scores(model, tok),
        "tales_before": round(evaluate.loss(base, known, texts), 4),
        "tales_after": round(evaluate.loss(model, tok, texts), 4),
    }
    print(facts)
    finish("chat", model, tok, facts, options)
    state.unlink()


#: The seeds of the sums for preferences and rewards, and of what is drawn for them.
PAIR_SEED, REWARD_SEED, DRAW_SEED = 3001, 4001, 1


def make_dpo(options: argparse.Namespace) -> None:
    """The assistant that shows its way: chapter 11's preferences."""
    from shared import checkpoint
    from shared.finetune import preferences
    from shared.runs import DPO_RUN
    from shared.tales import tasks

    recipe = shortened(DPO_RUN, options)
    model, tok = checkpoint.load("chat")
    asked = tasks.lessons(PAIR_SEED, 150, "sum")
    asked += tasks.lessons(PAIR_SEED + 1, 450, "chain")
    prompts = [lesson.prompt for lesson in asked]
    likes, start = preferences.shows_way, time.time()
    pairs = preferences.collect_pairs(model, tok, prompts, likes, DRAW_SEED)
    print(f"{len(pairs)} pairs from {len(prompts)} prompts", flush=True)
    before = answers_to_sums(model, tok)
    history = preferences.train_dpo(model, tok, pairs, recipe)
    facts = {
        "seeds": [PAIR_SEED, PAIR_SEED + 1],
        "pairs": len(pairs),
        "margin": round(sum(history["margin"][-20:]) / 20, 3),
    }
    ship_tuned("dpo", model, tok, facts, before, start, options)


def make_grpo(options: argparse.Namespace) -> None:
    """The assistant that was rewarded for right sums: chapter 12's rewards."""
    from shared import checkpoint
    from shared.finetune import rewards
    from shared.runs import GRPO_RUN
    from shared.tales import tasks

    recipe = shortened(GRPO_RUN, options)
    model, tok = checkpoint.load("chat")
    asked = tasks.lessons(REWARD_SEED, recipe.steps * recipe.batch, "chain")
    before, start = answers_to_sums(model, tok), time.time()
    history = rewards.train_grpo(model, tok, asked, rewards.right, recipe)
    ends = history["reward"][:10], history["reward"][-10:]
    facts = {
        "seeds": [REWARD_SEED],
        "steps": recipe.steps,
        "answers": recipe.steps * recipe.batch * 8,
        "reward_first_and_last": [round(sum(part) / 10, 3) for part in ends],
    }
    ship_tuned("grpo", model, tok, facts, before, start, options)


def answers_to_sums(model, tok, items: int = 300) -> dict[str, float]:  # noqa: ANN001
    """Of the exam's sums of three numbers, answered as the model bets: the share of
    right answers, and of those that show the way.
    """
    from shared.evaluate import exam
    from shared.finetune import preferences

    asked = exam.items(exam.SEED + 1, items, ["chain"])
    said = exam.answers(model, tok, asked, seed=DRAW_SEED)
    right = exam.marks(asked, said).mean().item()
    way = sum(map(preferences.shows_way, said))
    return {"right": round(right, 3), "shows_way": round(way / items, 3)}


def ship_tuned(name, model, tok, facts, before, start, options) -> None:  # noqa: ANN001
    """Measure a model that was made from the assistant, and ship it."""
    from shared import evaluate, tales

    texts = [d.text for d in tales.documents(TEST_SEED, 200)]
    minutes = round((time.time() - start) / 60, 1)
    facts |= {
        "minutes": minutes,
        "drawn_before": before,
        "drawn_after": answers_to_sums(model, tok),
        "exam": exam_scores(model, tok),
        "tales_after": round(evaluate.loss(model, tok, texts), 4),
    }
    print(facts)
    finish(name, model, tok, facts, options)
