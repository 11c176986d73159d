"""Gemma 3 (text): norms before and after each part, five windows to one full layer.

Source: Gemma Team (2025), "Gemma 3 technical report".
"""

from __future__ import annotations

from typing import Any

from shared.model.decoder import DecoderConfig
from shared.model.families.family import (
    ACTIVATIONS,
    COMMON,
    Family,
    chosen,
    common,
    layer_windows,
    rotary,
)

NAMES = COMMON | {
    "post_attention_layernorm": "after1",
    "pre_feedforward_layernorm": "norm2",
    "post_feedforward_layernorm": "after2",
}


def gemma3_config(theirs: dict[str, Any]) -> DecoderConfig:
    """Gemma 3's config.json in our words."""
    for name in ("attn_logit_softcapping", "final_logit_softcapping"):
        chosen(name, theirs.get(name), {None: None})
    every = theirs.get("sliding_window_pattern", 6)
    default = ["sliding_attention"] * (every - 1) + ["full_attention"]
    window = layer_windows(theirs, default[: theirs["num_hidden_layers"]])
    wide, narrow = angles(theirs)
    layers = [wide if size is None else narrow for size in window]
    return DecoderConfig(
        **common({"num_key_value_heads": 4, "head_dim": 256} | theirs),
        norm="one plus rms",
        norm_at="both",
        qk_norm="head",
        window=window,
        **{name: tuple(layer[name] for layer in layers) for name in wide},
        scale=theirs.get("query_pre_attn_scalar", 256) ** -0.5,
        embed_scale=theirs["hidden_size"] ** 0.5,
        activation=chosen("hidden_activation", activation(theirs), ACTIVATIONS),
    )


def activation(theirs: dict[str, Any]) -> str:
    """The activation's name, for which the first files had another word."""
    return theirs.get("hidden_activation") or theirs["hidden_act"]


def angles(theirs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Base and scaling of full layers and of those with a window."""
    said = theirs.get("rope_parameters")
    if said:
        return tuple(
            rotary({"rope_parameters": said[kind]})
            for kind in ("full_attention", "sliding_attention")
        )
    local = {"rope_theta": theirs.get("rope_local_base_freq", 10_000.0)}
    return rotary({"rope_theta": 1e6} | theirs), rotary(local)


GEMMA3 = Family(NAMES, gemma3_config)
