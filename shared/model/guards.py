"""Bad input to a model, refused in one clear sentence each.

Every function here returns nothing, or what it was given in a regular form, or raises a
TypeError or ValueError that names the value, what was expected and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from shared.model.parts import Config

CHOICES = {
    "norm": ("layer", "rms"),
    "positions": ("learned", "rotary"),
    "mlp": ("gelu", "relu2"),
    "init": ("gpt2", "zero-out"),
}


def check_config(config: Config) -> None:
    """Raise ValueError or TypeError, naming the field, unless a model can be made."""
    for name in ("vocab_size", "context", "layers", "heads", "width"):
        size = getattr(config, name)
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"{name} is {size!r}; expected a whole number")
        if size < 1:
            raise ValueError(f"{name} is {size}; it must be at least 1")
    for name in ("bias", "tie", "qk_norm", "direct"):
        if not isinstance(getattr(config, name), bool):
            raise TypeError(f"{name} is {getattr(config, name)!r}; give True or False")
    for name, choices in CHOICES.items():
        if getattr(config, name) not in choices:
            chosen = getattr(config, name)
            raise ValueError(f"{name} is {chosen!r}; expected one of {choices}")
    if not isinstance(config.dropout, (int, float)):
        raise TypeError(f"dropout is {config.dropout!r}; expected a number")
    if not 0 <= config.dropout < 1:
        raise ValueError(f"dropout is {config.dropout}; expected 0 or more, below 1")
    if config.width % config.heads:
        raise ValueError(
            f"width {config.width} cannot be shared among {config.heads} heads; "
            "give a width that is a multiple of heads"
        )
    if config.positions == "rotary" and config.width // config.heads % 2:
        raise ValueError(
            f"each head has {config.width // config.heads} channels, but rotary "
            "positions turn pairs of them; give a width that makes them even"
        )


def check_input(ids: Tensor, config: Config, start: int = 0) -> None:
    """Raise TypeError or ValueError unless a model can read ids (B, T) from `start`."""
    if not isinstance(ids, Tensor) or ids.is_floating_point() or ids.dim() != 2:
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
    if ids.device.type != "cpu" or torch.compiler.is_compiling():
        return  # looking at the numbers would make a GPU wait
    if ids.min() < 0 or ids.max() >= config.vocab_size:
        wrong = ids[(ids < 0) | (ids >= config.vocab_size)][0].item()
        raise ValueError(
            f"token id {wrong} is outside the vocabulary of {config.vocab_size} tokens "
            f"(0 to {config.vocab_size - 1}); encode with the model's own tokenizer"
        )


def check_prompt(ids: Any, config: Config) -> Tensor:
    """The prompt as a tensor (B, T). A single row may be given as a list of ids."""
    try:
        ids = torch.as_tensor(ids)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"a prompt is a row of token ids, or several of one length, not {ids!r:.60}"
        ) from None
    if not ids.numel():
        raise ValueError(
            "the prompt is empty; give at least one token, for instance the id of "
            "<|endoftext|>, after which every document begins"
        )
    ids = ids[None] if ids.dim() == 1 else ids
    check_input(ids.cpu(), config)
    return ids


def check_sampling(
    new: int, temperature: float, top_k: int | None, top_p: float | None
) -> None:
    """Raise ValueError unless tokens can be drawn with these settings."""
    if not isinstance(new, int) or new < 0:
        raise ValueError(f"max_new_tokens is {new!r}; expected a whole number from 0")
    if not 0 < temperature < float("inf"):
        raise ValueError(
            f"temperature is {temperature}; expected a number above 0. For the "
            "likeliest token at each step give top_k=1"
        )
    if top_k is not None and (not isinstance(top_k, int) or top_k < 1):
        raise ValueError(
            f"top_k is {top_k!r}; expected a whole number from 1, or None for all"
        )
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(
            f"top_p is {top_p}; expected a share above 0 and at most 1, or None for all"
        )


def check_end(eos: int | None, config: Config) -> None:
    """Raise ValueError unless the end is None or an id of the vocabulary."""
    if eos is not None and not 0 <= eos < config.vocab_size:
        raise ValueError(
            f"eos is {eos}, outside the vocabulary of {config.vocab_size} tokens; give "
            'tok.special_tokens["<|endoftext|>"], or None to go on to the last token'
        )
