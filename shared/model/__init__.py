"""The model: token ids (B, T) in, a score for every possible next token out.

`gpt` is GPT-2's way, whole. `decoder` is the general one: each part is an entry of a
table, in `norms`, `positions`, `attention` or `mlps`; `reading` says what one pass may
see, `cache` keeps what a model that reads on need not compute again. `families` holds
the configs and names of published models. `modes` is for looking at a model without
changing it, `costs` says by formula what a GPT takes, `fields` puts a config into a
file. The checks of bad input stand in `guards`."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "gpt": (
            "Attention", "Block", "Config", "FeedForward", "GPT", "LayerNorm",
            "initialise",
        ),
        "decoder": ("Decoder", "DecoderBlock", "DecoderConfig", "INITS", "unchanged"),
        "attention": ("ATTENTION", "DecoderAttention", "DirectAttention"),
        "norms": ("NORMS", "BareLayerNorm", "OnePlusRMSNorm", "RMSNorm"),
        "positions": ("POSITIONS", "Rotary", "SCALINGS", "ScaledRotary"),
        "mlps": ("ACTIVATIONS", "DecoderMLP", "GatedMLP", "MLPS", "squared_relu"),
        "reading": ("Reading", "count_padding"),
        "cache": ("KeyValues",),
        "layout": ("lay_out_by_columns",),
        "fields": ("from_first_edition", "named_fields", "read_fields"),
        "heads": ("is_tied", "swap_head"),
        "modes": ("evaluating",),
        "devices": ("beside", "device_of", "moved"),
        "costs": ("count_flops", "count_memory", "count_parameters"),
        "guards": ("check_classes", "check_config", "check_formula", "check_input"),
    },
)
