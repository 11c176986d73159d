"""What made the shipped models and the kept studies: `course.py train NAME`.

Each model has one recipe, seeds included, so that anybody can make it again; the
passport notes what came out."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "recipes": (
            "BASE", "CHAT_RUN", "DPO_RUN", "GRPO_RUN", "LONG_RUN", "PLAIN_RUN",
            "SHORT_RUN", "TALK_REPLAY", "TALK_RUN", "TALK_VISITS",
        ),
    },
)
