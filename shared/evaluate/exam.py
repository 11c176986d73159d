"""An exam: items from seeds that nobody learned from, marks, and how sure they are.

An item is a lesson of `shared.tales`: a prompt and its right answer. A mark is 1 for
a right answer and 0 for a wrong one, so that a score is the mean of marks, (N,), and a
difference of two models the mean of differences. Intervals come from drawing the items
anew. Shapes: N items, K options each, D draws.

Sources: Efron (1979), "Bootstrap methods: another look at the jackknife"; Brown et al.
(2020), "Language models are few-shot learners" (options by likelihood, in total or per
token); Cohen (1960), "A coefficient of agreement for nominal scales"; McNemar (1947),
"Note on the sampling error of the difference between correlated proportions".
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import torch
from torch import Tensor

from shared.evaluate.prices import end_of_text, price
from shared.generate.answering import replies, until
from shared.generate.turns import continuations
from shared.model.gpt import GPT
from shared.tales.tasks import Lesson, is_right, lessons
from shared.tokenizer.bpe import BPETokenizer
from shared.tokenizer.template import USER, lesson_ids

#: The subjects: the tasks that have one right answer.
SUBJECTS = (
    *("question", "owner", "missing", "people", "rename"),
    *("sum", "chain", "riddle", "trick"),
)
#: The subjects in which other items' answers are wrong, and four different ones exist.
CHOOSABLE = ("question", "owner", "people", "sum", "chain", "riddle")
#: The seed of the book's exam; no lesson is made from it.
SEED = 900_001


def items(
    seed: int,
    n: int,
    subjects: Sequence[str] = SUBJECTS,
    wording: int | None = None,
) -> list[Lesson]:
    """n items of each subject, one subject after another.

    wording: a place in lessons.WORDINGS, -1 being the wording that is never taught;
    whichever it is, the items are the same. None draws one of the taught wordings for
    each item, and other items. Raises ValueError for an n below 1, and for an unknown
    subject or wording.
    """
    if n < 1:
        raise ValueError(f"n is {n}; expected at least 1 item of each subject")
    made = (lessons(seed, n, task, exam=True, wording=wording) for task in subjects)
    return [item for part in made for item in part]


def answers(
    model: GPT,
    tok: BPETokenizer,
    asked: Sequence[Lesson],
    most: int = 60,
    seed: int | None = None,
) -> list[str]:
    """What a model answers, at most so many tokens: the likeliest token each time, or
    with a seed, tokens drawn as the model bets.

    A model whose tokenizer has the marks of a chat is asked in a chat, any other in the
    form of the tales' own questions: see as_document.
    """
    how = {"top_k": 1 if seed is None else None}
    how["generator"] = torch.Generator().manual_seed(seed or 0)
    if USER in tok.special_tokens:
        how["before"] = [item.before for item in asked]
        return replies(model, tok, [item.prompt for item in asked], most, **how)
    end = end_of_text(tok)
    rows = [[end, *tok.encode_ordinary(as_document(item))] for item in asked]
    found = continuations(model, rows, most, eos=end, known=len(tok), **how)
    texts = [tok.decode(until(row, end)) for row in found]
    return [text.split("\n")[0].strip() for text in texts]


def as_document(item: Lesson) -> str:
    """An item as the base model knows questions: "...Question: ...", then "Answer:"."""
    text, _, question = item.prompt.removeprefix("Read: ").rpartition("\n")
    return f"{text}\nQuestion: {question}\nAnswer:".lstrip()


def marks(asked: Sequence[Lesson], said: Sequence[str]) -> Tensor:
    """1 for each right answer and 0 for each wrong one, (N,)."""
    if len(asked) != len(said):
        raise ValueError(f"{len(asked)} items, {len(said)} answers; give one for each")
    return torch.tensor([float(is_right(*pair)) for pair in zip(asked, said)])


def by_subject(asked: Sequence[Lesson], found: Tensor) -> dict[str, Tensor]:
    """The marks (N,) of each subject, in the order of the items."""
    tasks = [item.task for item in asked]
    place = {task: [t == task for t in tasks] for task in dict.fromkeys(tasks)}
    return {task: found[torch.tensor(mine)] for task, mine in place.items()}


def bootstrap_interval(
    found: Tensor, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """An interval for the true mean, of which marks (N,) are a sample: low, high.

    Draws N of the N items with replacement, `draws` times: the middle of the means.
    """
    check_marks(found)
    generator = torch.Generator().manual_seed(seed)
    n = len(found)
    drawn = torch.randint(n, (draws, n), generator=generator)  # (D, N): which items
    means = found[drawn].mean(1)  # (D,)
    tail = (1 - level) / 2
    low, high = means.quantile(torch.tensor([tail, 1 - tail]))
    return low.item(), high.item()


def paired_difference(
    a: Tensor, b: Tensor, **options: int
) -> tuple[float, float, float]:
    """How much better b is than a on the same items: the mean, and its interval.

    Paired: an item that is hard for both moves neither. Marks (N,) of the same items.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} marks; give marks of the same items")
    return ((b - a).mean().item(), *bootstrap_interval(b - a, **options))


def sign_test(a: Tensor, b: Tensor) -> float:
    """How often two equally good models would be set apart as far as these, or farther.

    Marks (N,) of the same items. Where only one is right, it is either with probability
    1/2: a coin. This p-value is McNemar's test in its exact form.
    """
    won, lost = int((b > a).sum()), int((a > b).sum())
    tossed, most = won + lost, max(won, lost)
    ways = sum(math.comb(tossed, k) for k in range(most, tossed + 1))
    return min(1.0, 2 * ways / 2**tossed)  # 2: either side could have won


def check_marks(found: Tensor) -> None:
    """Raise ValueError unless there are at least two marks in one row."""
    if found.dim() != 1 or len(found) < 2:
        raise ValueError(
            f"marks have the shape {tuple(found.shape)}; expected (N,), N at least 2"
        )


def options(
    asked: Sequence[Lesson], seed: int, k: int = 4
) -> tuple[list[list[str]], Tensor]:
    """k different answers for each item, one of them right, and its places, (N,).

    Wrong ones are right answers of other items of the subject, so give items of one
    seed together, of subjects among CHOOSABLE. Raises ValueError where there are too
    few different ones.
    """
    rng, listed, places = random.Random(seed), [], []
    for item in asked:
        others = dict.fromkeys(o.answer for o in asked if o.task == item.task)
        wrong = [answer for answer in others if not is_right(item, answer)]
        if len(wrong) < k - 1:
            raise ValueError(
                f"{item.task!r} has {len(wrong)} different wrong answers, {k - 1} are "
                "needed; give more items, or leave this subject out"
            )
        chosen = rng.sample(wrong, k - 1)
        places.append(rng.randrange(k))
        chosen.insert(places[-1], item.answer)
        listed.append(chosen)
    return listed, torch.tensor(places)


def answer_nats(
    model: GPT, tok: BPETokenizer, item: Lesson, answer: str
) -> tuple[float, int]:
    """What an answer costs after its prompt, in nats, and its tokens, its end included.

    The item is asked as in `answers`.
    """
    ids, start = answer_row(tok, item, answer)
    own = price(model, [ids])[0][start - 1 :]  # of the answer alone
    return math.fsum(own), len(own)


def answer_row(tok: BPETokenizer, item: Lesson, answer: str) -> tuple[list[int], int]:
    """The tokens of an item with an answer and its end, and where the answer begins."""
    if USER in tok.special_tokens:
        return lesson_ids(tok, item.prompt, answer, item.before)
    end = end_of_text(tok)
    before = [end, *tok.encode_ordinary(as_document(item))]
    return [*before, *tok.encode_ordinary(f" {answer}"), end], len(before)


def kappa(a: Tensor, b: Tensor) -> float:
    """Cohen's kappa of two judges' verdicts (N,), 0 or 1: agreement beyond chance.

    1 is full agreement, 0 chance; nan when both give one and the same verdict always.
    """
    agreed = (a == b).float().mean().item()
    p, q = a.float().mean().item(), b.float().mean().item()
    chance = p * q + (1 - p) * (1 - q)
    return (agreed - chance) / (1 - chance) if chance < 1 else math.nan
