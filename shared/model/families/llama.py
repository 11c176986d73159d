"""Llama 2 to 3.2, and the many that are built like it.

Source: Grattafiori et al. (2024), "The Llama 3 herd of models".
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
    rotary,
)


def llama_config(theirs: dict[str, Any]) -> DecoderConfig:
    """Llama's config.json in our words."""
    for name in ("attention_bias", "mlp_bias"):
        chosen(name, theirs.get(name, False), {False: False})
    return DecoderConfig(
        **common({"tie_word_embeddings": False} | theirs),
        **rotary(theirs),
        norm="rms",
        activation=chosen("hidden_act", theirs["hidden_act"], ACTIVATIONS),
    )


LLAMA = Family(COMMON, llama_config)
