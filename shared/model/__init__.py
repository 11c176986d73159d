"""The model: token ids (B, T) in, a score for every possible next token out.

`gpt` is GPT-2's way, `modern` the newer parts; `cache` keeps what a model that reads on
need not compute again, `costs` says by formula what a model takes. The checks of bad
input stand in `guards`."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "gpt": ("Block", "GPT", "evaluating", "initialise"),
        "parts": (
            "Attention", "Config", "FeedForward", "LayerNorm", "gelu",
            "layer_norm",
        ),
        "modern": (
            "RMSNorm", "Rotary", "SquaredReLU", "TunedAttention", "make_attention",
            "make_mlp", "make_norm",
        ),
        "cache": ("KeyValues",),
        "heads": ("swap_head",),
        "costs": ("count_flops", "count_memory", "count_parameters"),
        "guards": (
            "check_config", "check_end", "check_input", "check_prompt",
            "check_sampling",
        ),
    },
)
