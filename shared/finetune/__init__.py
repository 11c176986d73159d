"""From a model that writes to one that sorts, answers, and is preferred or rewarded.

`classifier` gives a model another head, `assistant` teaches it to answer,
`preferences` is DPO, `rewards` is GRPO, `groups` draws its answers."""

from shared.lazy import offers

__getattr__, __dir__, __all__ = offers(
    __name__,
    {
        "classifier": (
            "FINE_TUNING", "bag_counts", "balanced", "class_logits", "features",
            "fit_linear", "freeze", "hit_rate", "label_rows", "last_real",
            "states", "unsigned", "wilson",
        ),
        "guards": ("check_labels", "check_lengths", "check_names"),
        "assistant": ("chat_rows", "extend", "replayed", "with_replay"),
        "preferences": (
            "Pair", "answer_logprobs", "collect_pairs", "dpo_loss", "margins",
            "pair_rows", "reference_logprobs", "shows_way", "token_logprobs",
            "train_dpo", "update",
        ),
        "groups": ("answer_groups", "check_run", "drawn_rows", "watched"),
        "rewards": (
            "Reward", "divergence", "group_advantages", "grpo_loss", "right",
            "train_grpo",
        ),
    },
)
