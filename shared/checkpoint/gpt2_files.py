"""GPT-2's weights, in the layout of Hugging Face's files, for our `GPT`.

GPT-2 keeps the matrices of its linear layers as (in, out), PyTorch as (out, in): they
are turned over here. Its files name the parts with or without "transformer." in front,
and hold masks, which are no weights.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from shared.checkpoint.files import CheckpointError, fill
from shared.model.decoder import Decoder, DecoderConfig
from shared.model.gpt import Config

#: Layers, heads and width of GPT-2 in its four sizes.
SIZES = {
    "small": (12, 12, 768),
    "medium": (24, 16, 1024),
    "large": (36, 20, 1280),
    "xl": (48, 25, 1600),
}
#: Their names, and ours.
NAMES = {
    "wte": "tokens",
    "wpe": "positions",
    "h": "blocks",
    "ln_1": "norm1",
    "ln_2": "norm2",
    "ln_f": "norm",
    "attn.c_attn": "attention.qkv",
    "attn.c_proj": "attention.out",
    "mlp.c_fc": "mlp.up",
    "mlp.c_proj": "mlp.down",
    "lm_head": "head",
}
#: What our model does, and what a config.json must therefore say (or not mention).
EXPECTED = {
    "model_type": "gpt2",
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
    "n_inner": None,
}


def config_of(size: str) -> Config:
    """The config of GPT-2 "small" (124 million parameters), "medium", "large", "xl"."""
    if size not in SIZES:
        raise ValueError(f"GPT-2 has no size {size!r}; expected one of {list(SIZES)}")
    layers, heads, width = SIZES[size]
    return Config(50_257, 1024, layers, heads, width)


def our_name(name: str) -> str:
    """Our name of a tensor: "transformer.h.0.ln_1.bias" is "blocks.0.norm1.bias"."""
    name = name.removeprefix("transformer.")
    for theirs in sorted(NAMES, key=len, reverse=True):
        name = re.sub(rf"(^|\.){re.escape(theirs)}\.", rf"\1{NAMES[theirs]}.", name)
    return name


def rename(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights with our names and (out, in) matrices, without the masks."""
    ours = {}
    for name, tensor in state.items():
        if name.endswith((".attn.bias", ".attn.masked_bias")):
            continue
        linear = ".c_" in name and tensor.dim() == 2
        ours[our_name(name)] = tensor.T if linear else tensor
    return ours


def from_gpt2_state(state: dict[str, Tensor], heads: int) -> Decoder:
    """A model with the weights of a GPT-2 state dict; its shapes give the config.

    heads: cannot be seen from the shapes; 12 for GPT-2 small. Raises CheckpointError
    when a tensor is missing or of another shape.
    """
    ours = rename(state)
    try:
        (vocab_size, width), (context, _) = (
            ours[key].shape for key in ("tokens.weight", "positions.weight")
        )
    except KeyError as error:
        raise CheckpointError(f"this is no GPT-2: {error} is missing") from None
    layers = len({key.split(".")[1] for key in ours if key.startswith("blocks.")})
    tie = ours.get("head.weight", ours["tokens.weight"]).equal(ours["tokens.weight"])
    if tie:
        ours.pop("head.weight", None)
    config = DecoderConfig(vocab_size, context, layers, heads, width, tie=tie)
    model = Decoder(config)
    fill(model, ours, "GPT-2's file")
    return model.eval()


def load(folder: str | Path) -> Decoder:
    """GPT-2 from a folder with config.json and model.safetensors, in evaluation mode.

    Raises CheckpointError for a missing file, or a config that our GPT-2 is not made
    for.
    """
    folder = Path(folder)
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).exists():
            raise CheckpointError(f"{name} is not in {folder}; it needs both files")
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        state, heads = load_file(folder / "model.safetensors"), config["n_head"]
    except (ValueError, KeyError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder} holds no whole GPT-2 ({error!r}); fetch both files anew"
        ) from error
    for key, value in EXPECTED.items():
        if config.get(key, value) != value:
            raise CheckpointError(
                f"{folder}/config.json has {key} = {config[key]!r}; our GPT-2 is made "
                f"for {value!r}"
            )
    return from_gpt2_state(state, heads)
