"""Bad input to what draws tokens, refused in one clear sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from shared.model.devices import device_of
from shared.model.gpt import GPT, Config

#: Scores are divided by the temperature; by less than this, they could overflow.
LEAST = 1e-30


def check_prompts(
    ids: Any, model: GPT, fill: int | None = None
) -> tuple[Tensor, Tensor | None]:
    """The prompts as whole numbers (B, T), and how many of each row are filling, (B,).

    ids: a tensor (B, T), rows of ids, or one row alone. Rows may differ in length: the
    shorter ones are filled up on the left with `fill`, or 0 for None. Without filling
    the second value is None. Raises TypeError for what is no prompt, and ValueError,
    which names the row, for one that is empty, too long, or holds what is no token.
    Both tensors are on the model's device.
    """
    rows, config, device = as_rows(ids), model.config, device_of(model)
    for place, row in enumerate(rows):
        check_row(row, config, f"row {place}: " if len(rows) > 1 else "")
    lengths = torch.tensor([len(row) for row in rows])
    pad = lengths.max() - lengths  # (B,)
    found = pad_sequence(
        [row.long() for row in rows], True, fill or 0, padding_side="left"
    )
    check_tokens(found.cpu(), pad, config)
    return found.to(device), pad.to(device) if pad.any() else None


def as_rows(ids: Any) -> list[Tensor]:
    """The prompts row by row; one row alone is a list of one. TypeError for others."""
    try:
        parts = [torch.as_tensor(part) for part in ids]
    except (TypeError, ValueError, RuntimeError):
        parts = []
        dims = {None}
    else:
        dims = {part.dim() for part in parts}
    if dims <= {0}:  # the ids of one row, or nothing
        return [torch.stack(parts) if parts else torch.zeros(0, dtype=torch.long)]
    if dims != {1}:
        raise TypeError(
            "a prompt is a row of token ids, and several are a tensor (B, T) or a list "
            f"of rows, not {ids!r:.60}"
        )
    return parts


def check_row(row: Tensor, config: Config, who: str) -> None:
    """Raise unless a row (T,) has whole numbers, at least one, and not too many."""
    if row.is_floating_point() or row.is_complex() or row.dtype == torch.bool:
        if len(row):
            raise TypeError(f"{who}expected whole numbers as ids, got {row.dtype}")
    if not len(row):
        raise ValueError(
            f"{who}the prompt is empty; give at least one token, for instance the id "
            "of <|endoftext|>, after which every document begins"
        )
    if len(row) > config.context:
        raise ValueError(
            f"{who}{len(row)} tokens are longer than the model's context of "
            f"{config.context}; give at most the last {config.context}"
        )


def check_tokens(ids: Tensor, pad: Tensor, config: Config) -> None:
    """Raise ValueError unless all ids (B, T) are tokens of the vocabulary."""
    wrong = (ids < 0) | (ids >= config.vocab_size)
    if not wrong.any():
        return
    row, column = wrong.nonzero()[0].tolist()
    token, place = ids[row, column].item(), column - pad[row].item()
    who = f"row {row}: " if len(ids) > 1 else ""
    if token < 0:
        raise ValueError(
            f"{who}{token} at place {place} is no token but padding; leave it out, "
            "as prompts may differ in length: give them as a list of rows"
        )
    raise ValueError(
        f"{who}token id {token} is outside the vocabulary of {config.vocab_size} "
        f"tokens (0 to {config.vocab_size - 1}); encode with the model's own tokenizer"
    )


def check_sampling(
    new: int, temperature: float, top_k: int | None, top_p: float | None
) -> None:
    """Raise ValueError unless tokens can be drawn with these settings."""
    if not is_whole(new) or new < 0:
        raise ValueError(f"max_new_tokens is {new!r}; expected a whole number from 0")
    if not is_number(temperature) or not 0 <= temperature < float("inf"):
        raise ValueError(
            f"temperature is {temperature!r}; expected a number above 0, or 0 for the "
            "likeliest token at each step"
        )
    if 0 < temperature < LEAST:
        raise ValueError(
            f"temperature is {temperature!r}, too near to 0 to divide by; for the "
            "likeliest token at each step give 0"
        )
    if top_k is not None and (not is_whole(top_k) or top_k < 1):
        raise ValueError(
            f"top_k is {top_k!r}; expected a whole number from 1, or None for all"
        )
    if top_p is not None and (not is_number(top_p) or not 0 < top_p <= 1):
        raise ValueError(
            f"top_p is {top_p!r}; expected a share above 0 and at most 1, or None for "
            "all"
        )


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a number; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def check_end(eos: int | None, config: Config) -> None:
    """Raise ValueError unless the end is None or an id of the vocabulary."""
    if eos is not None and (not is_whole(eos) or not 0 <= eos < config.vocab_size):
        raise ValueError(
            f"eos is {eos!r}, outside the vocabulary of {config.vocab_size} tokens; "
            'give tok.special_tokens["<|endoftext|>"], or None to go on to the last '
            "token"
        )


def check_generators(
    generator: torch.Generator | Sequence[torch.Generator] | None, rows: int
) -> torch.Generator | list[torch.Generator]:
    """One generator for all rows or a list of one for each; None makes a fresh one."""
    if generator is None:
        generator = torch.Generator()
        generator.seed()
    if isinstance(generator, torch.Generator):
        return generator
    several = list(generator) if isinstance(generator, Sequence) else [generator]
    for one in several:
        if not isinstance(one, torch.Generator):
            raise TypeError(
                f"{one!r:.60} is no generator; torch.Generator().manual_seed(7) makes "
                "one. Give a single one, or a list of one for each row"
            )
    if len(several) != rows:
        raise ValueError(
            f"{len(several)} generators for {rows} rows; give one for each row, or a "
            "single one for all"
        )
    return several
