"""Training: a recipe, optimizers, the loop, and the table of numbers that it leaves.

`recipe` says everything that decides a run, `loop` follows it step by step, and `log`
is what it shows and leaves behind."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "first_network": ("Network", "fit", "in_a_row", "mean_price"),
        "loop": (
            "Probe", "add_gradients", "clip_gradients", "describe", "measure",
            "pick_device", "seed_dropout", "take_step", "train", "train_step",
        ),
        "recipe": ("Recipe", "check_recipe", "rate_share"),
        "log": ("History", "advance", "progress", "report"),
        "optimizers": (
            "Muon", "adamw", "decay_groups", "make_optimizers", "orthogonalise",
        ),
    },
)
