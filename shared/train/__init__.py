"""Training: a recipe, optimizers, the loop, and the table of numbers that it leaves.

`recipe` says everything that decides a run, `loop` follows it step by step, `sessions`
has what stands around the loop, and `log` is what it shows and leaves behind."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "first_network": ("Network", "examples", "mean_price", "one_step"),
        "loop": (
            "Probe", "clip_gradients", "take_step", "train", "train_step",
        ),
        "sessions": (
            "Session", "check_loss", "describe", "pick_device", "seed_dropout",
            "session", "stepping",
        ),
        "recipe": ("Recipe", "check_rate", "check_recipe", "rate_share"),
        "log": ("History", "advance", "progress", "report"),
        "optimizers": (
            "OPTIMIZERS", "Muon", "MuonRecipe", "adamw", "decay_groups",
            "fused_adamw", "make_optimizers", "muon", "orthogonalise",
            "split_for_muon",
        ),
    },
)
