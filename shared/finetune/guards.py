"""Bad input to a classifier, refused in one clear sentence each.

Every function returns nothing, or raises a ValueError that says what was expected.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


def check_labels(texts: Sequence[str], labels: Tensor) -> None:
    """Raise ValueError unless there is one label for each text."""
    if len(texts) != len(labels):
        raise ValueError(f"{len(texts)} texts, {len(labels)} labels: give one each")


def check_lengths(lengths: Tensor, hidden: Tensor) -> None:
    """Raise ValueError unless every row of hidden (B, T, C) can be as long as told."""
    if lengths.min() < 1 or lengths.max() > hidden.shape[1]:
        raise ValueError(
            f"lengths go from {lengths.min()} to {lengths.max()}, but a row has 1 to "
            f"{hidden.shape[1]} tokens; count the tokens that are no padding"
        )


def check_names(model: nn.Module, begins: Sequence[str]) -> None:
    """Raise ValueError for a name that no parameter's name begins with."""
    names = [name for name, _ in model.named_parameters()]
    for begin in begins:
        if not any(name.startswith(begin) for name in names):
            raise ValueError(f"no parameter's name begins with {begin!r}; see {names}")
