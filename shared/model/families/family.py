"""What a family of published models is: names of tensors, and how to read its config.

A family's own config.json is a dictionary here, `theirs`; its tensors are renamed to
ours. Where they keep three matrices and we one, `attention.qkv[0]`, `[1]` and `[2]` are
laid one under the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from shared.model.decoder import DecoderConfig


@dataclass(frozen=True)
class Family:
    """names: their part -> ours. config: reads their config. ignored: no weights."""

    names: dict[str, str]
    config: Callable[[dict[str, Any]], DecoderConfig]
    ignored: tuple[str, ...] = ("rotary_emb.inv_freq",)


#: The names that Llama has brought, and most families since have kept.
COMMON = {
    "model.embed_tokens": "tokens",
    "model.layers": "blocks",
    "model.norm": "norm",
    "lm_head": "head",
    "input_layernorm": "norm1",
    "self_attn.q_proj": "attention.qkv[0]",
    "self_attn.k_proj": "attention.qkv[1]",
    "self_attn.v_proj": "attention.qkv[2]",
    "self_attn.o_proj": "attention.out",
    "self_attn.q_norm": "attention.q_norm",
    "self_attn.k_norm": "attention.k_norm",
    "post_attention_layernorm": "norm2",
    "mlp.up_proj": "mlp.up",
    "mlp.gate_proj": "mlp.gate",
    "mlp.down_proj": "mlp.down",
}
#: Their words for activations, and ours.
ACTIVATIONS = {"silu": "silu", "gelu_pytorch_tanh": "gelu", "gelu_new": "gelu"}
KINDS = {"default": None, "linear": "linear", "llama3": "llama3"}


def common(theirs: dict[str, Any]) -> dict[str, Any]:
    """The fields that all of these families say in the same words."""
    return {
        "vocab_size": theirs["vocab_size"],
        "context": theirs["max_position_embeddings"],
        "layers": theirs["num_hidden_layers"],
        "heads": theirs["num_attention_heads"],
        "width": theirs["hidden_size"],
        "kv_heads": theirs.get("num_key_value_heads"),
        "head_width": theirs.get("head_dim"),
        "mlp_width": theirs["intermediate_size"],
        "eps": theirs["rms_norm_eps"],
        "tie": theirs.get("tie_word_embeddings", True),
        "mlp": "gated",
        "bias": False,
    }


def rotary(theirs: dict[str, Any]) -> dict[str, Any]:
    """Kind, base and scaling of rotary positions, in newer words or in older ones."""
    said = theirs.get("rope_parameters") or theirs.get("rope_scaling") or {}
    base = said.get("rope_theta", theirs.get("rope_theta", 10_000.0))
    kind = chosen("rope_type", said.get("rope_type", "default"), KINDS)
    names = {
        "factor": "factor",
        "low_freq_factor": "low",
        "high_freq_factor": "high",
        "original_max_position_embeddings": "original",
    }
    numbers = {ours: said[name] for name, ours in names.items() if name in said}
    scaling = {"kind": kind, **numbers} if kind else None
    positions = "scaled rotary" if scaling else "rotary"
    return {"positions": positions, "base": base, "scaling": scaling}


def chosen(name: str, value: Any, known: dict[Any, Any]) -> Any:
    """Our word for theirs. Raises ValueError for one that our decoder does not know."""
    if value not in known:
        raise ValueError(
            f"config.json has {name} = {value!r}; our decoder knows {list(known)}"
        )
    return known[value]


def layer_windows(theirs: dict[str, Any], default: list[str]) -> tuple[int | None, ...]:
    """The window of each layer: `sliding_window` or none, by their layer_types."""
    kinds = theirs.get("layer_types") or default
    sizes = {"full_attention": None, "sliding_attention": theirs.get("sliding_window")}
    return tuple(chosen("layer_types", kind, sizes) for kind in kinds)


def rename(state: dict[str, Tensor], family: Family) -> dict[str, Tensor]:
    """The same weights under our names; what they keep apart and we together joined."""
    ours: dict[str, Tensor] = {}
    joined: dict[str, dict[int, Tensor]] = {}
    longest_first = sorted(family.names, key=len, reverse=True)
    for name, tensor in state.items():
        if name.endswith(family.ignored):
            continue
        for theirs in longest_first:
            pattern = rf"(^|\.){re.escape(theirs)}\."
            name = re.sub(pattern, rf"\g<1>{family.names[theirs]}.", name, count=1)
        part = re.search(r"\[(\d)\]", name)
        if part:
            whole = name.replace(part[0], "")
            joined.setdefault(whole, {})[int(part[1])] = tensor
        else:
            ours[name] = tensor
    for name, parts in joined.items():
        ours[name] = torch.cat([parts[i] for i in sorted(parts)])
    return ours
