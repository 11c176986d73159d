"""The shipped models are what they were: numbers kept from the first edition's code.

tests/kept/first_edition.json holds, of each model at commit 9a53323, logits, a greedy
text of 200 tokens and a loss; the weights are the same bytes under a new header.
"""

import json
from pathlib import Path

import pytest
import torch

from shared import tales
from shared.checkpoint import load
from shared.evaluate import loss
from shared.generate import generate

KEPT = json.loads((Path(__file__).parent / "kept" / "first_edition.json").read_text())


@pytest.mark.parametrize("name", KEPT)
def test_a_shipped_model_is_what_it_was(name):
    (model, tok), kept = load(name), KEPT[name]
    ids = torch.tensor(kept["ids"])
    with torch.no_grad():
        found = model(ids[None])[0, -1]
    assert found.abs().max() > 0.01
    last = torch.tensor(kept["logits"])
    close = 1e-6 * kept["largest"] + 1e-6  # kept to six decimals
    torch.testing.assert_close(found[: len(last)], last, atol=close, rtol=0)
    if "greedy" in kept:
        start = torch.tensor([kept["greedy"][: kept["prompt"]]])
        assert generate(model, start, 200, top_k=1)[0].tolist() == kept["greedy"]
        texts = [document.text for document in tales.documents(3, 20)]
        assert loss(model, tok, texts) == pytest.approx(kept["loss"], abs=1e-5)
