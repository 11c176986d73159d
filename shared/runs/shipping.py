"""How a finished model is shipped, or a trial saved beside it."""

from __future__ import annotations

import argparse
import dataclasses

from shared import ROOT

TOKENIZER = ROOT / "shared" / "models" / "tokenizer.json"


def shortened(recipe, options: argparse.Namespace):  # noqa: ANN001, ANN201
    """The recipe, or a shorter trial of it."""
    if not options.steps:
        return recipe
    warmup = min(recipe.warmup, options.steps // 10)
    return dataclasses.replace(recipe, steps=options.steps, warmup=warmup)


def finish(name: str, model, tok, facts: dict, options: argparse.Namespace) -> None:  # noqa: ANN001
    """Ship a finished model, or save a trial beside it."""
    from shared import checkpoint

    if options.steps:
        path = options.out / f"{name}.trial.safetensors"
        checkpoint.save(path, model, tok)
        print(f"a trial: saved as {path}, nothing was shipped")
        return
    checkpoint.ship(name, model, tok, half=True, **facts)
    print(f"shipped as {checkpoint.where(name)}")
