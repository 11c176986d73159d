"""Which chapter makes each of the book's models; `_toc.yml` gives its number.

This is the only list of them: messages, the terminal and the model in the page ask it.
"""

from __future__ import annotations

from pathlib import Path

from shared.contents import ROOT, chapters

#: A model's chapter, by the name of its file without the number. Of several, the first
#: that the book has: a chapter that is still to be written may take a model over.
MAKERS: dict[str, tuple[str, ...]] = {
    "plain": ("pretraining",),
    "base": ("to_the_floor", "pretraining"),
    "classify": ("a_classifier",),
    "chat": ("from_parrot_to_assistant",),
    "dpo": ("preferences",),
    "grpo": ("rewards", "preferences"),
}


def maker(model: str, root: Path = ROOT) -> str:
    """The number of the chapter that makes a model, such as "08".

    Raises ValueError when `_toc.yml` has none of the chapters that are named here.
    """
    numbers = {one.name[3:]: one.number for one in chapters(root)}
    for name in MAKERS[model]:
        if name in numbers:
            return numbers[name]
    raise ValueError(
        f"no chapter of _toc.yml is called {' or '.join(MAKERS[model])}, which should "
        f"make the model {model!r}; correct MAKERS in shared/checkpoint/makers.py"
    )
