"""Qwen3: Llama's way, with a norm on the queries and keys of each head.

Source: Yang et al. (2025), "Qwen3 technical report".
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


def qwen3_config(theirs: dict[str, Any]) -> DecoderConfig:
    """Qwen3's config.json in our words."""
    chosen("attention_bias", theirs.get("attention_bias", False), {False: False})
    return DecoderConfig(
        **common({"tie_word_embeddings": False, "head_dim": 128} | theirs),
        **rotary(theirs),
        norm="rms",
        qk_norm="head",
        window=layer_windows(theirs, ["full_attention"]),
        activation=chosen("hidden_act", theirs["hidden_act"], ACTIVATIONS),
    )


QWEN3 = Family(COMMON, qwen3_config)
