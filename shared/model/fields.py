"""A config in values that JSON can hold, for files and saved runs, and back.

Only what differs from the defaults is named, so that a field of a later version stands
only in the files of models that use it.
"""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass
from typing import Any

from shared import RELEASE
from shared.model.decoder import DecoderConfig


def named_fields(config: Any) -> dict[str, Any]:
    """The fields of a config, or of a recipe, that differ from their defaults.

    config: a dataclass of which each field has a default. Where a class gives another
    default to a field of the class that it extends, the older one is meant: so a name
    that is absent means the same in all files.
    """
    usual: dict[str, Any] = {}
    for kind in type(config).__mro__:  # the oldest comes last
        usual |= asdict(kind()) if is_dataclass(kind) else {}
    return {
        name: value for name, value in asdict(config).items() if value != usual[name]
    }


def read_fields(named: dict[str, Any], version: str | None = None) -> DecoderConfig:
    """The config that named_fields has named; version: the release that wrote it.

    Raises ValueError for a field that this release does not know, and what
    DecoderConfig raises for values that make no model.
    """
    if not isinstance(named, dict):
        raise TypeError(f"its config is {named!r:.60}; expected names and values")
    known = [field.name for field in fields(DecoderConfig)]
    strange = [name for name in named if name not in known]
    if strange:
        raise ValueError(
            f"its config has {', '.join(map(repr, strange))}, which this version, "
            f"{RELEASE}, does not know; {version or 'an unknown version'} of the book "
            "wrote it: load it there"
        )
    lists = {k: tuple(v) if isinstance(v, list) else v for k, v in named.items()}
    return DecoderConfig(**lists)


def from_first_edition(old: dict[str, Any]) -> dict[str, Any]:
    """Fields of a file of the first edition, which named all of its own, in our words.

    Raises ValueError for the one mixture that has no successor: layer norms, with root
    mean square norms on queries and keys.
    """
    new, mixture = dict(old), old.get("norm") == "layer" and old.get("qk_norm")
    if mixture:
        raise ValueError(
            "its norms are 'layer', and 'rms' on queries and keys, which the second "
            "edition does not mix; train it anew"
        )
    if new.get("norm") == "layer" and not new.get("bias", True):
        new["norm"] = "bare layer"
    new["activation"] = new.pop("mlp", "gelu")
    new["qk_norm"] = "head" if new.pop("qk_norm", False) else "none"
    new["attention"] = "direct" if new.pop("direct", False) else "full"
    return new
