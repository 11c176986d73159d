"""Published models from a folder of Hugging Face's layout, for our `Decoder`.

The folder holds config.json, whose `model_type` names the family, and the weights in
model.safetensors, or in several files that model.safetensors.index.json lists.
"""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from shared.checkpoint.files import CheckpointError, fill
from shared.model.decoder import Decoder
from shared.model.families import FAMILIES, rename

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"


def load_family(folder: str | Path) -> Decoder:
    """A published model in evaluation mode, in single precision.

    Raises CheckpointError when a file is missing or damaged, for a family that is not
    in `FAMILIES`, and for a config or a tensor that our decoder has no place for.
    """
    folder = Path(folder)
    theirs = read_json(folder / "config.json")
    kind = theirs.get("model_type")
    if kind not in FAMILIES:
        raise CheckpointError(
            f"{folder} holds a model of the family {kind!r}; known are {list(FAMILIES)}"
        )
    family = FAMILIES[kind]
    try:
        config = family.config(theirs)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{folder}/config.json asks for what our decoder cannot do: {error}"
        ) from error
    model = Decoder(config)
    ours = rename(read_weights(folder), family)
    if config.tie:
        ours.pop("head.weight", None)
    fill(model, ours, folder)
    return model.eval()


def read_json(path: Path) -> dict:
    """A file of names and values."""
    try:
        found = json.loads(path.read_text("utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it holds no names and values")
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} could not be read ({error}); fetch the folder anew"
        ) from error
    return found


def read_weights(folder: Path) -> dict[str, Tensor]:
    """All tensors of a folder, from its one file or from the several of its index."""
    names = [WEIGHTS]
    if (folder / INDEX).exists():
        names = sorted(set(read_json(folder / INDEX)["weight_map"].values()))
    state: dict[str, Tensor] = {}
    for name in names:
        try:
            state |= load_file(folder / name)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                f"{folder / name} is missing or damaged ({error}); fetch it anew"
            ) from error
    return state
