"""Bad input to a model, refused in one clear sentence each.

Every function here returns nothing, or what it was given in a regular form, or raises a
TypeError or ValueError that names the value, what was expected and what to do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from shared.model.decoder import DecoderConfig
    from shared.model.gpt import Config

WHOLE = ("vocab_size", "context", "layers", "heads", "width")


def check_config(config: Config) -> None:
    """Raise ValueError or TypeError, naming the field, unless a GPT can be made."""
    check_sizes(config)
    check_heads(config)


def check_sizes(config: Config) -> None:
    """Raise unless the six fields that every model has can be its sizes."""
    for name in WHOLE:
        check_entry(name, getattr(config, name), ["int"])
    if not isinstance(config.dropout, (int, float)):
        raise TypeError(f"dropout is {config.dropout!r}; expected a number")
    if not 0 <= config.dropout < 1:
        raise ValueError(f"dropout is {config.dropout}; expected 0 or more, below 1")


def check_heads(config: Config) -> None:
    """Raise ValueError unless the width can be shared among the heads."""
    if config.width % config.heads:
        raise ValueError(
            f"width {config.width} cannot be shared among {config.heads} heads; "
            "give a width that is a multiple of heads"
        )


def check_classes(classes: int) -> None:
    """Raise ValueError unless a head can have so many classes."""
    if not isinstance(classes, int) or classes < 2:
        raise ValueError(f"classes is {classes!r}; expected a whole number, 2 or more")


def check_fields(config: DecoderConfig, choices: dict[str, Any]) -> None:
    """Raise ValueError or TypeError unless a decoder's own fields make a model.

    What a field may hold is read from its type; choices: the entries it may name.
    """
    for field in fields(config):
        if field.name in (*WHOLE, "dropout"):
            continue
        value, kinds = getattr(config, field.name), field.type.split(" | ")
        if isinstance(value, tuple):
            check_pattern(field.name, value, config.layers, "Each" in kinds)
        for entry in value if isinstance(value, tuple) else (value,):
            check_entry(field.name, entry, kinds, choices.get(field.name))
    if not any(isinstance(value, tuple) for value in vars(config).values()):
        check_layer(config)


def check_pattern(name: str, pattern: tuple, layers: int, allowed: bool) -> None:
    """Raise unless the pattern of a field fits the layers, over which it cycles."""
    if not allowed:
        raise TypeError(
            f"{name} is {pattern!r}; it holds for the whole model: give one value"
        )
    if not 1 <= len(pattern) <= layers:
        raise ValueError(
            f"{name} has a pattern of {len(pattern)} entries for {layers} layers; give "
            f"1 to {layers}, which go round over the layers"
        )


def check_entry(
    name: str, entry: Any, kinds: list[str], choices: Iterable[str] | None = None
) -> None:
    """Raise unless one entry of a field is of its kinds and among its choices."""
    if entry is None and "None" in kinds:
        return
    if "dict" in kinds:
        if not isinstance(entry, dict) or entry.get("kind") not in list(choices or ()):
            raise ValueError(
                f"{name} is {entry!r}; expected a dictionary whose kind is one of "
                f"{list(choices or ())}, with the numbers that it takes"
            )
    elif choices is not None:
        if entry not in list(choices):
            raise ValueError(f"{name} is {entry!r}; expected one of {list(choices)}")
    elif "bool" in kinds:
        if not isinstance(entry, bool):
            raise TypeError(f"{name} is {entry!r}; give True or False")
    elif "int" in kinds:
        if not isinstance(entry, int) or isinstance(entry, bool):
            raise TypeError(f"{name} is {entry!r}; expected a whole number")
        if entry < 1:
            raise ValueError(f"{name} is {entry}; it must be at least 1")
    elif not isinstance(entry, (int, float)) or isinstance(entry, bool):
        raise TypeError(f"{name} is {entry!r}; expected a number")
    elif not 0 < entry < math.inf:
        raise ValueError(f"{name} is {entry}; expected a number above 0")


def check_layer(config: DecoderConfig) -> None:
    """Raise ValueError unless the heads of a layer fit one another and its width."""
    if config.head_width is None:
        check_heads(config)
    if config.heads % (config.kv_heads or config.heads):
        raise ValueError(
            f"{config.heads} heads cannot be shared among {config.kv_heads} heads of "
            "keys and values; give kv_heads that divide heads"
        )
    if (config.scaling is None) == (config.positions == "scaled rotary"):
        raise ValueError(
            f"positions are {config.positions!r} and scaling is {config.scaling!r}; "
            "'scaled rotary' positions take a scaling, and no others do"
        )
    if "rotary" in config.positions and config.channels % 2:
        raise ValueError(
            f"each head has {config.channels} channels, but rotary positions turn "
            "pairs of them; give a width or head_width that makes them even"
        )


#: Fields that change no count of a formula of `costs`.
HARMLESS = {
    "parameters": {*WHOLE, "dropout", "init", "eps", "embed_scale", "activation"},
    "operations": {*WHOLE, "dropout", "init", "eps", "embed_scale", "activation"}
    | {"norm", "bias", "qkv_bias", "tie", "positions", "base", "attention"},
}


def check_formula(config: Config, counted: str = "parameters") -> None:
    """Raise ValueError for a decoder to which GPT-2's formula does not apply.

    counted: "parameters" or "operations", on which fewer fields have an influence.
    """
    ignored = HARMLESS[counted]
    for name in vars(config).keys() - ignored:
        usual = getattr(type(config), name)
        if getattr(config, name) != usual:
            raise ValueError(
                f"the formula is that of GPT-2's way, but {name} is "
                f"{getattr(config, name)!r}, not {usual!r}; count what the model has, "
                "as in sum(p.numel() for p in model.parameters())"
            )


def check_pad(pad: Tensor, rows: int, context: int) -> None:
    """Raise unless pad says of each row how many of its tokens are padding."""
    if not isinstance(pad, Tensor) or pad.is_floating_point() or pad.shape != (rows,):
        found = type(pad).__name__
        if isinstance(pad, Tensor):
            found = f"{pad.dtype} of shape {tuple(pad.shape)}"
        raise TypeError(
            f"pad should hold one whole number for each of the {rows} rows, got {found}"
        )
    if pad.min() < 0 or pad.max() >= context:
        raise ValueError(
            f"pad goes from {pad.min()} to {pad.max()}; expected 0 or more, and fewer "
            f"than the model's context of {context}: a row has a token, too"
        )


def check_input(ids: Tensor, config: Config, start: int = 0) -> Tensor:
    """The ids (B, T), of whatever integer type, as embeddings want them: int64.

    Raises TypeError or ValueError unless a model can read them from `start` on.
    """
    if not isinstance(ids, Tensor) or not is_whole(ids) or ids.dim() != 2:
        found = type(ids).__name__
        if isinstance(ids, Tensor):
            found = f"{ids.dtype} of shape {tuple(ids.shape)}"
        raise TypeError(
            f"expected whole numbers as a tensor of shape (B, T), got {found}; "
            "one row is torch.tensor([ids])"
        )
    if not ids.numel():
        raise ValueError("there are no tokens; give at least one token per row")
    if start + ids.shape[1] > config.context:
        raise ValueError(
            f"{start + ids.shape[1]} tokens are longer than the model's context of "
            f"{config.context}; give at most the last {config.context}"
        )
    ids = ids.long()
    if ids.device.type != "cpu" or torch.compiler.is_compiling():
        return ids  # looking at the numbers would make a GPU wait
    least, most = ids.aminmax()
    if least < 0 or most >= config.vocab_size:
        wrong = ids[(ids < 0) | (ids >= config.vocab_size)][0].item()
        raise ValueError(
            f"token id {wrong} is outside the vocabulary of {config.vocab_size} tokens "
            f"(0 to {config.vocab_size - 1}); encode with the model's own tokenizer"
        )
    return ids


def is_whole(tensor: Tensor) -> bool:
    """Whether a tensor is of an integer type; True and False are no numbers here."""
    kind = tensor.dtype
    return not (kind.is_floating_point or kind.is_complex or kind == torch.bool)
