"""evaluate/skills.py: the truth gets full marks, and slips are found where they are."""

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from shared import tales
from shared.evaluate import skills
from shared.tokenizer import BPETokenizer

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = Path(skills.__file__).parents[1] / "models" / "tokenizer.json"


@pytest.fixture(scope="module")
def shipped() -> BPETokenizer:
    """The book's tokenizer."""
    return BPETokenizer.load(SHIPPED)


class Scripted(nn.Module):
    """A model that bets on given tokens, (N, T), whatever it reads."""

    def __init__(self, bets: torch.Tensor, vocabulary: int) -> None:
        super().__init__()
        self.bets, self.vocabulary, self.read = bets, vocabulary, 0
        self.head = nn.Linear(1, 1)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, T, V) for the next B rows."""
        rows = self.bets[self.read : self.read + len(ids)]
        self.read += len(ids)
        return nn.functional.one_hot(rows, self.vocabulary).float()


def test_kinds_of_words():
    """Names, numbers and things are told apart, with spaces and capitals."""
    found = [skills.kind_of(word) for word in (" Finn", "Seven", " twelve", " the")]
    assert found == ["names", "numbers", "numbers", "phrases"]
    assert skills.kind_of(" kite") == "things"


def test_an_oracle_passes_the_exam_and_a_stuck_model_fails(shipped: BPETokenizer):
    """Grades are shares of places: all of them, or none."""
    texts = [document.text for document in tales.documents(5, 60)]
    exam = skills.make_skill_test(texts, shipped)
    asked = (exam.skill >= 0).sum(1)
    assert all(count > 0 for count in asked.tolist()), "no certain place in a text"
    right = exam.rows[1].clamp(min=0)
    oracle = Scripted(right, len(shipped.vocab))
    assert skills.grade(oracle, exam) == dict.fromkeys(skills.SKILLS, 1.0)
    end = shipped.special_tokens["<|endoftext|>"]  # no text holds it
    stuck = Scripted(torch.full_like(right, end), len(shipped.vocab))
    assert skills.grade(stuck, exam) == dict.fromkeys(skills.SKILLS, 0.0)


def test_the_exam_asks_only_where_the_truth_is_sure(shipped: BPETokenizer):
    """Each asked place costs the truth less than 0.05 nats, each other one more."""
    text = tales.documents(5, 1)[0].text
    skill = skills.make_skill_test([text], shipped).skill[0]
    prices = tales.bill(text, shipped)
    assert [s >= 0 for s in skill.tolist()] == [p < 0.05 for p in prices]


def test_every_text_of_the_language_is_straight():
    """The measure gives full marks to the generator's own documents."""
    for document in tales.documents(8, 100):
        assert skills.first_slip(document.text) is None
        assert skills.is_straight(document.text)


def test_a_wrong_name_thing_or_number_is_not_straight():
    """The first word that cannot stand there decides."""
    judged = ("names", "things", "numbers")
    for prompt, wrong in ((3, "Otto has it"), (2, " twelve")):
        good = tales.PROMPTS[prompt] + tales.complete(tales.PROMPTS[prompt], seed=1)
        assert skills.is_straight(good, judged)
        bad = tales.PROMPTS[prompt] + wrong
        assert not skills.is_straight(bad, judged), bad
        assert skills.is_straight(bad) == (wrong == " twelve")


def test_a_slip_of_phrase_is_forgiven_unless_a_stranger_enters():
    """After it, only what the text has named may be named."""
    text = "One windy morning, Mara zigzagged home."
    slip = skills.first_slip(text)
    assert slip is not None and "zigzagged" in tales.words(text)[slip[0]]
    assert skills.is_straight(text)
    assert not skills.is_straight(text + " Finn waited.")
    assert not skills.misplaces(text + " Finn waited.")  # the slip was on a verb


def test_a_slip_is_on_a_name_if_one_is_written_or_missing_there():
    """A wrong name, or another word in a name's place; a right text has neither."""
    start = tales.PROMPTS[3]
    assert not skills.misplaces(start + tales.complete(start, seed=1))
    for wrong in ("Otto has it", "Nobody has it"):
        assert skills.misplaces(start + wrong), wrong


def chapter_function(name: str, **known: object) -> Callable:
    """A function that a chapter defines on its page, and nothing else of its cell."""
    pages = [json.loads(p.read_text("utf-8")) for p in (ROOT / "book").glob("*.ipynb")]
    cells = ["".join(cell["source"]) for page in pages for cell in page["cells"]]
    (cell,) = [text for text in cells if f"def {name}(" in text]  # one chapter only
    (found,) = [
        node
        for node in ast.parse(cell).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    exec(ast.unparse(found), known)
    return known[name]


# Catches: the "t" of sixteen taken for impossible after "six", or a text that may end.
def test_the_page_knows_which_tokens_are_possible(shipped):
    """What comes is possible, and costs nothing exactly where nothing else is."""
    end = shipped.special_tokens["<|endoftext|>"]
    known = {"tok": shipped, "tales": tales, "end": end}
    possible_tokens = chapter_function("possible_tokens", **known)
    for document in tales.documents(5, 60):
        allowed = list(possible_tokens(document.text))
        ids, bill = shipped.encode(document.text), tales.bill(document.text, shipped)
        assert all(i in some for i, some in zip(ids, allowed, strict=True))
        assert [len(some) == 1 for some in allowed] == [nats < 1e-9 for nats in bill]
