"""Families of published models: a name map and a config function each.

`FAMILIES` finds one by the `model_type` of its config.json; its weights are read by
`shared.checkpoint.load_family`. A new family is one more file of this kind and a test.
"""

from __future__ import annotations

from shared.model.families.family import Family, rename
from shared.model.families.gemma3 import GEMMA3
from shared.model.families.llama import LLAMA
from shared.model.families.qwen3 import QWEN3

__all__ = ["FAMILIES", "Family", "rename"]

FAMILIES = {
    "llama": LLAMA,
    "qwen3": QWEN3,
    "gemma3_text": GEMMA3,
}
