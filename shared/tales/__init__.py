"""The language of the book: a small world whose texts are written, read and priced.

A seeded grammar writes every document, so the exact probability of each is known, and
with it the floor of every loss. `documents` writes, `bill` prices, `lessons` asks and
answers. The world itself is the text files in `world/`. No torch here."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "kinds": ("END", "KINDS", "PROMPTS"),
        "languages": (
            "Document", "Language", "WORLD", "bill",
            "complete", "documents", "entropy", "fingerprint", "language",
            "next_words",
        ),
        "grammar": ("Grammar",),
        "parts": ("number", "words"),
        "notation": ("read",),
        "wordings": ("TASKS", "WORDINGS"),
        "tasks": ("Lesson", "is_right", "lessons"),
        "visiting": ("ANSWERS", "VISITS", "visits"),
        "reading": ("numbers_in", "people"),
    },
)
