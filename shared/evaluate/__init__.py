"""How good is it? Losses and bills in nats, n-grams to compare with, skills, an exam.

`losses` are of rows, `prices` charges for each token of a text, `ngrams` are the counts
that a model must beat, `ladder` their prices on any text, `skills` tell what it has
learned, `exam` asks and marks with intervals, `duplicates` finds what was in the
training data already."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "losses": ("mean_loss", "measure_parts", "precision", "summed_loss"),
        "prices": (
            "bill", "bills", "bits_per_byte", "end_of_text", "loss", "owed",
            "perplexity", "price", "spans", "total",
        ),
        "ngrams": (
            "KneserNey", "NgramModel", "Uniform", "count_kinds", "count_ngrams",
            "draw_words", "mean_surprise", "price_words", "surprise",
        ),
        "ladder": ("count_ladder",),
        "skills": (
            "SKILLS", "SkillTest", "first_slip", "grade", "is_straight",
            "kind_of", "make_skill_test", "misplaces",
        ),
        "duplicates": (
            "check_search", "jaccard", "near_pairs", "rare_part", "shingles",
            "without_copies",
        ),
        "exam": (
            "CHOOSABLE", "SEED", "SUBJECTS", "answer_nats", "answer_row",
            "bootstrap_interval", "check_marks", "kappa", "paired_difference",
            "sign_test",
        ),
        "visitors": ("Visitor", "converse", "is_fitting", "read_visitors"),
    },
)
