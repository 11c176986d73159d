"""Models on disk: one safetensors file with weights, config and tokenizer.

The shipped ones lie in `shared/models/`, and the passport notes the SHA-256 of each, so
that `load("base")` is the model whose numbers the book prints. A safetensors file is
numbers and names only: unlike a pickle, reading it cannot run anything.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from shared import RELEASE
from shared.checkpoint import passport
from shared.checkpoint.int8 import int8_model, is_small
from shared.checkpoint.makers import MAKERS, maker
from shared.model.decoder import Decoder
from shared.model.fields import from_first_edition, named_fields, read_fields
from shared.model.gpt import GPT
from shared.model.heads import is_tied, swap_head
from shared.tokenizer.bpe import BPETokenizer
from shared.whole_files import write_whole

FOLDER = Path(__file__).parents[1] / "models"
FORMAT = "block-by-block model 2"
FIRST_FORMAT = "block-by-block model 1"  # of the first edition: read, not written


class CheckpointError(ValueError):
    """A model could not be saved or loaded; the message says why and what to do."""


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def save(path: str | Path, model: GPT, tok: BPETokenizer, half: bool = False) -> str:
    """Write a model and its tokenizer; returns the file's SHA-256.

    half: 2 bytes per decimal instead of 4; bytes of an int8 model stay what they are.
    Raises CheckpointError for a full disk.
    """
    check_pair(model, tok)
    kind = torch.float16 if half else torch.float32
    state = {
        name: t.cpu().to(kind if t.is_floating_point() else t.dtype).contiguous()
        for name, t in own_tensors(model).items()
    }
    check_finite(state)
    about = {
        "format": FORMAT,
        "version": RELEASE,
        "config": named_fields(model.config),
        "merges": tok.merges,
        "special_tokens": list(tok.special_tokens),
    }
    tied, tie = is_tied(model), getattr(model.config, "tie", True)
    classes = len(model.head.weight)
    if classes != model.config.vocab_size or (tie and not tied):
        about["classes"] = classes  # another head than config's: see model.heads
    elif tied and not tie:
        about["tied"] = True
    if is_small(model):
        about["int8"] = True
    data = to_bytes(state, {"about": json.dumps(about)})  # one entry: always in order
    try:
        write_whole(path, data)
    except OSError as error:
        raise CheckpointError(
            f"{path} could not be saved ({error}); nothing was changed. Free some "
            "space or choose another folder, then save again"
        ) from error
    return hashlib.sha256(data).hexdigest()


def own_tensors(model: GPT) -> dict[str, Tensor]:
    """The tensors of a model by name, without a head that is the embedding again."""
    state = model.state_dict()
    if is_tied(model):
        state = {name: t for name, t in state.items() if not name.startswith("head.")}
    return state


def check_finite(state: dict[str, Tensor]) -> None:
    """Raise CheckpointError when a tensor holds an infinity or no number (nan)."""
    for name, tensor in state.items():
        if not tensor.isfinite().all():
            raise CheckpointError(
                f"{name} holds numbers that are infinite or nan; in half precision the "
                "largest is 65,504 (save with half=False); or training went wrong"
            )


def check_pair(model: GPT, tok: BPETokenizer) -> None:
    """Raise CheckpointError unless the model has a token embedding for every id, and
    its matrices are all in decimals or all in bytes.
    """
    size = model.config.vocab_size
    if len(tok) > size:
        raise CheckpointError(
            f"the tokenizer has {len(tok)} tokens, the model {size}; "
            "save a model with the tokenizer that it was trained with"
        )
    try:
        is_small(model)
    except ValueError as error:
        raise CheckpointError(str(error)) from None


def ship(
    name: str, model: GPT, tok: BPETokenizer, half: bool = False, **facts: Any
) -> str:
    """Save as the book's model `name`; note its SHA-256 and the facts in the passport.

    facts: how it was made and what was measured, in values that JSON can hold.
    """
    found = save(where(name), model, tok, half)
    size = sum(p.numel() for p in model.parameters())
    passport.note_model(name, passport.PATH, sha256=found, parameters=size, **facts)
    return found


def where(name: str) -> Path:
    """The file of a shipped model. Raises CheckpointError for an unknown name."""
    if name not in MAKERS:
        raise CheckpointError(
            f"there is no model {name!r}; the book's are {list(MAKERS)}, and a file "
            "of your own is given as a path that ends in .safetensors"
        )
    return FOLDER / f"{name}.safetensors"


def check_passport(name: str) -> None:
    """Raise CheckpointError unless the file of `name` is the one in the passport."""
    path = where(name)
    if not path.exists():
        raise CheckpointError(
            f"the model {name!r} is not here yet: chapter {maker(name)} makes it, and "
            f"this release does not bring it in {path.parent}"
        )
    noted = passport.models(passport.PATH).get(name, {}).get("sha256", "nothing")
    found = sha256(path)
    if noted != found:
        raise CheckpointError(
            f"{path} is not the model of the passport: its SHA-256 begins "
            f"{found[:8]}, the passport says {noted[:8]}. Restore both with "
            f"`git checkout {path} {passport.PATH}`"
        )


def load(name: str | Path, device: str = "cpu") -> tuple[Decoder, BPETokenizer]:
    """A model in evaluation mode and its tokenizer.

    name: one of `MAKERS`, checked against the passport, or a .safetensors file. A
    saved GPT comes back as the Decoder that is equal to it, and so has a cache.
    Raises CheckpointError when it is missing, damaged, or of another shape.
    """
    if str(name).endswith(".safetensors"):
        path = Path(name)
    else:
        path = where(str(name))
        check_passport(str(name))
    about, state = read(path)
    try:
        model = Decoder(read_fields(about["config"], about.get("version")))
        if "classes" in about:
            swap_head(model, about["classes"])
        if "tied" in about:
            model.head.weight = model.tokens.weight
        if "int8" in about:
            model = int8_model(model)
        tok = BPETokenizer(about["merges"], about["special_tokens"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} has a header that this code cannot use: {error}"
        ) from error
    fill(model, state, path)
    return model.to(device).eval(), tok


def read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The header and the tensors of a file that `save` wrote."""
    if not path.exists():
        raise CheckpointError(f"there is no file {path}; save a model there first")
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is damaged or no safetensors file ({error}); fetch or make it anew"
        ) from error
    if about.get("format") == FIRST_FORMAT:
        about = upgraded(about, path)
    if about.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} was not written by the book: its format is "
            f"{about.get('format')!r}, expected {FORMAT!r}"
        )
    return about, state


def upgraded(about: dict[str, Any], path: Path) -> dict[str, Any]:
    """The header of a file of the first edition, as this one would have written it."""
    try:
        config = from_first_edition(about["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} is of the book's first edition, and its config has no like in "
            f"this one: {error}"
        ) from error
    return about | {"format": FORMAT, "config": config, "version": "first edition"}


def fill(model: GPT, state: dict[str, Tensor], path: Path | str = "the state") -> None:
    """Copy tensors into a model, in its own precision, when all names and shapes fit.

    Raises CheckpointError, and changes nothing, when one is missing, too many, or of
    another shape.
    """
    own = own_tensors(model)
    for key in sorted(own.keys() | state.keys()):
        wanted = tuple(own[key].shape) if key in own else "nothing"
        found = tuple(state[key].shape) if key in state else "nothing"
        if wanted != found:
            raise CheckpointError(
                f"{path} does not fit its config: {key} should be {wanted} and is "
                f"{found}; load it with the config that it was saved with"
            )
    for key, tensor in own.items():
        tensor.copy_(state[key])
