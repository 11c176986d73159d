"""Models and runs on disk: saved whole or not at all, checked when they are read.

`files` saves and loads models, `run_state` the state of a training run, `passport` is
what has been measured about the shipped models, `int8` keeps weights in one byte each,
`gpt2_files` reads GPT-2's own weights, `family_files` those of other families."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "files": (
            "CheckpointError", "FOLDER", "fill", "load", "save", "sha256", "ship",
            "where",
        ),
        "makers": ("MAKERS", "maker"),
        "run_state": ("fingerprint", "kept_run", "load_state", "save_state"),
        "int8": (
            "Int8", "Int8Embedding", "Int8Linear", "check_matrix", "count_bytes",
            "dequantize", "int8_model", "is_small", "quantize",
        ),
        "gpt2_files": ("SIZES", "config_of", "from_gpt2_state"),
        "family_files": ("load_family",),
    },
)
