"""Check an exercise: `check("01.2", answer)` says right, not yet, or not tried.

`asking` has `check` and `working` for readers, and `exercise` for authors, with its
manual; `exercises/` holds the exercises, one file per chapter; the other files are the
machinery: how an answer is run safely, how two answers are compared, what is said."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "asking": ("check", "exercise", "judge", "registry", "working"),
        "exercise_kind": ("Exercise",),
        "compare": ("difference", "short"),
        "verdict": ("Verdict",),
    },
)
