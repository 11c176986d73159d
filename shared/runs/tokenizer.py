"""Train the book's tokenizer and write shared/models/tokenizer.json.

    python -m shared.runs.tokenizer            write the file
    python -m shared.runs.tokenizer --check    write nothing; exit 1 if it differs

Chapter 02 does the same in its cells and compares. Every shipped model is bound to this
file: write it anew only when the language itself changes, and train the models again.
"""

from __future__ import annotations

import sys

from shared import ROOT

PATH = ROOT / "shared" / "models" / "tokenizer.json"
SEED, DOCUMENTS, SIZE = 1, 8000, 1024


def main(arguments: list[str]) -> int:
    """Write or compare the file; 1 if it differs or the arguments are wrong."""
    from shared import tales
    from shared.tokenizer import BPETokenizer

    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 1
    texts = [document.text for document in tales.documents(SEED, DOCUMENTS)]
    made = BPETokenizer.train(texts, SIZE)
    if not arguments:
        PATH.parent.mkdir(exist_ok=True)
        made.save(PATH)
        print(f"{PATH.name}: {len(made)} tokens from {len(texts)} documents")
        return 0
    shipped = BPETokenizer.load(PATH)
    same = shipped.merges == made.merges and shipped.vocab == made.vocab
    print(f"{PATH.name} {'is' if same else 'is not'} what the language gives")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
