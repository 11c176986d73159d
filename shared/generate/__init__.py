"""From a model's scores to text.

`sampling` holds the filters and the one loop that draws token by token, `reading` what
reads the text so far; `generate`, the answers of a chat (`answering`), the text that
streams (`streaming`) and with it the talk at the terminal all use it. Prompts may
differ in length: `padding` says how such rows stand side by side, `generators` how each
draws for itself, `turns` who draws with whom when all share one generator. The checks
of bad input stand in `guards`.
"""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "sampling": (
            "draw_tokens", "generate", "keep_top_k", "keep_top_p", "next_probabilities",
        ),
        "reading": ("next_logits", "prepared"),
        "generators": ("draw_each",),
        "known": ("within",),
        "padding": ("last_window",),
        "turns": ("continuations",),
        "answering": ("replies", "reply", "until"),
        "streaming": ("Style", "as_text", "stream"),
        "terminal": ("is_chat", "opening"),
        "guards": (
            "check_end", "check_generators", "check_prompts", "check_sampling",
        ),
    },
)
