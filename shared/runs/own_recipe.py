"""A model and a recipe for a text, by its size: the book's own way, in other sizes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from shared.model.decoder import DecoderConfig
from shared.runs.recipes import BASE, SHORT_RUN
from shared.train.optimizers import MuonRecipe


@dataclass(frozen=True)
class Size:
    """What fits texts of up to so many characters."""

    characters: float
    vocab: int
    layers: int
    width: int
    context: int
    dropout: float
    batch: int
    passes: int  # how often the text is read


#: Measured for the first three rows, see chapter 14; the others are estimates.
TEXT_SIZES = (
    Size(100_000, 512, 3, 96, 128, 0.3, 8, 8),
    Size(500_000, 1024, 3, 128, 256, 0.2, 8, 8),
    Size(2_000_000, 1024, 3, 128, 256, 0.1, 8, 8),
    Size(10_000_000, 2048, 4, 192, 256, 0.0, 16, 4),
    Size(50_000_000, 4096, 6, 256, 512, 0.0, 16, 2),
    Size(float("inf"), 8192, 8, 384, 512, 0.0, 32, 1),
)


def size_for(characters: int) -> Size:
    """The row of TEXT_SIZES for a text."""
    return next(size for size in TEXT_SIZES if characters <= size.characters)


def config_for(size: Size, vocab: int) -> DecoderConfig:
    """The book's decoder in another size; heads of 32 channels."""
    return replace(
        BASE,
        vocab_size=vocab,
        context=size.context,
        layers=size.layers,
        heads=size.width // 32,
        width=size.width,
        dropout=size.dropout,
    )


def recipe_for(size: Size, rows: int, steps: int | None, seed: int) -> MuonRecipe:
    """The book's recipe for so many rows; steps: others than the size asks for."""
    steps = steps or max(1, size.passes * rows // size.batch)
    return replace(
        SHORT_RUN,
        steps=steps,
        batch=size.batch,
        accumulate=1,
        warmup=min(140, steps // 10),
        clip=1.0,
        seed=seed,
    )


def told(config: DecoderConfig, recipe: MuonRecipe) -> list[str]:
    """Everything that decides the result, as lines."""

    def listed(fields: dict[str, Any]) -> str:
        return ", ".join(f"{name} {value}" for name, value in fields.items())

    model = {k: v for k, v in asdict(config).items() if v is not None}
    return [f"model: {listed(model)}", f"recipe: {listed(asdict(recipe))}"]
