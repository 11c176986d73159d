"""A text under way: where in the grammar it may be, and what is still to come."""

from __future__ import annotations

from typing import NamedTuple

from shared.tales.parts import Env


class Branch(NamedTuple):
    """A derivation under way that agrees with the text read so far.

    ``chance`` is its probability, ``todo`` the parts still to come as nested pairs
    (next part, rest), ``env`` what its names stand for, ``space`` and ``cap`` whether
    the next word is to start with a space or a capital.
    """

    chance: float
    todo: tuple | None
    env: Env
    space: bool = False
    cap: bool = False


def push(parts: tuple, todo: tuple | None) -> tuple | None:
    """Put parts in front of what is still to do."""
    for part in reversed(parts):
        todo = (part, todo)
    return todo
