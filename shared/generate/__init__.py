"""From a model's scores to text: sampling, answers of a chat, talk at the terminal."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "sampling": (
            "generate", "keep_top_k", "keep_top_p", "next_logits",
            "next_probabilities",
        ),
        "answering": ("replies", "reply", "until"),
        "terminal": ("Style", "as_text", "is_chat", "opening", "stream"),
    },
)
