"""The tokenizer file that every chapter loads is the one that the language gives."""

from shared import tales
from shared.runs import tokenizer as trained
from shared.tokenizer import BPETokenizer


# Catches: a language that was changed without a new tokenizer, or the other way round.
def test_it_is_what_the_language_gives():
    assert trained.main(["--check"]) == 0


# Catches: a tokenizer whose tokens reach over two words, which the truth cannot charge.
def test_the_truth_can_charge_its_tokens():
    tok = BPETokenizer.load(trained.PATH)
    assert len(tok) == 1024
    for document in tales.documents(seed=4, n=20):
        bill = tales.bill(document.text, tok)
        assert len(bill) == len(tok.encode(document.text))
        assert abs(sum(bill) - document.nats) < 1e-6


def test_a_wrong_argument_is_refused(capsys):
    assert trained.main(["--chek"]) == 1
    assert "--check" in capsys.readouterr().err
