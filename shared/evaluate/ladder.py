"""The ladder below a model: what guessing alike and counting would pay on a text.

Where no floor is known, as for real text, these are the steps to be told beside a loss.
"""

from __future__ import annotations

import math

import numpy as np


def count_ladder(
    train: np.ndarray, valid: np.ndarray, size: int, border: int
) -> dict[str, float]:
    """Nats per token of a die, of single counts and of counted pairs, on `valid`.

    train, valid: ids in one row, `border` before and after each document; the border is
    counted like a token but, as in `evaluate.loss`, not charged. size: tokens in all.
    The same bets as those of `NgramModel`s over `Uniform`, each alpha 1.
    """
    before, after = train[:-1].astype(np.int64), train[1:].astype(np.int64)
    first, second = valid[:-1].astype(np.int64), valid[1:].astype(np.int64)
    first, second = first[second != border], second[second != border]
    single = (np.bincount(after, minlength=size) + 1 / size) / (len(after) + 1)
    pairs, times = np.unique(before * size + after, return_counts=True)
    asked = first * size + second
    at = np.minimum(np.searchsorted(pairs, asked), len(pairs) - 1)
    seen = np.where(pairs[at] == asked, times[at], 0)
    totals = np.bincount(before, minlength=size)[first]
    double = (seen + single[second]) / (totals + 1)
    return {
        "uniform": math.log(size),
        "unigram": float(-np.log(single[second]).mean()),
        "bigram": float(-np.log(double).mean()),
    }
