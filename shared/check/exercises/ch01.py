"""Exercises of chapter 01 on bets and their prices: 01.1 to 01.3."""

import math
from collections import Counter

from shared.check.asking import exercise
from shared.check.exercises import ch01_counts, ch01_memory  # noqa: F401 (01.4 to 01.6)

# What a model bet on the words that came. The last text is too long for a product.
BETS = [([0.5, 0.5, 0.5],), ([0.9, 0.1],), ([1.0, 0.25, 0.01],), ([0.05] * 2000,)]


def product_root(bets: list[float]) -> float:
    """Perplexity by way of the product, which underflows, as a mistake."""
    return (1 / math.prod(bets)) ** (1 / len(bets))


@exercise(
    "01.1",
    "Perplexity",
    inputs=BETS,
    mistakes={
        "multiplying all bets first": (
            product_root,
            "The product of many bets underflows: add up their surprises instead.",
        ),
        "the logarithm of the product": (
            lambda bets: math.exp(-math.log(math.prod(bets)) / len(bets)),
            "The product of many bets underflows: add up their surprises instead.",
        ),
        "multiplying one divided by each bet": (
            lambda bets: math.prod(1 / bet for bet in bets) ** (1 / len(bets)),
            "The product of many such numbers overflows: add up the surprises instead.",
        ),
        "the mean surprise without the exponential": (
            lambda bets: math.log(perplexity(bets)),
            "That is the cross-entropy in nats; the perplexity is its exponential.",
        ),
        "the exponential of the sum": (
            lambda bets: math.exp(sum(-math.log(bet) for bet in bets)),
            "Divide by the number of words before you take the exponential.",
        ),
        "one divided by the product of the bets": (
            lambda bets: 1 / math.prod(bets),
            "Take the mean of the surprises, which needs no product, then math.exp.",
        ),
        "the sum of the surprises": (
            lambda bets: sum(-math.log(bet) for bet in bets),
            "Divide by the number of words, then take the exponential.",
        ),
        "bits raised by e": (
            lambda bets: math.exp(sum(-math.log2(bet) for bet in bets) / len(bets)),
            "Bits belong to powers of two: take math.log with math.exp.",
        ),
        "two to the power of the nats": (
            lambda bets: 2 ** math.log(perplexity(bets)),
            "Nats belong to e: use math.exp. Powers of two belong to bits.",
        ),
        "one divided by the mean bet": (
            lambda bets: len(bets) / sum(bets),
            "Take the mean of the surprises, not of the bets themselves.",
        ),
        "the mean of one divided by each bet": (
            lambda bets: sum(1 / bet for bet in bets) / len(bets),
            "Take the mean of the surprises first, then the exponential of it.",
        ),
        "each surprise weighted by its bet": (
            lambda bets: math.exp(sum(-math.log(bet) * bet for bet in bets)),
            "The words came, one each: take their plain mean, without weights.",
        ),
        "one word too few in the mean": (
            lambda bets: perplexity(bets) ** (len(bets) / max(len(bets) - 1, 1)),
            "Divide by the number of words, len(bets).",
        ),
        "logarithms to base 10 raised by e": (
            lambda bets: math.exp(sum(-math.log10(bet) for bet in bets) / len(bets)),
            "math.exp belongs to the natural logarithm, math.log.",
        ),
        "the sign left out": (
            lambda bets: 1 / perplexity(bets),
            "The surprise is minus the logarithm: a perplexity is never below 1.",
        ),
    },
)
def perplexity(bets: list[float]) -> float:
    """The exponential of the mean surprise."""
    return math.exp(sum(-math.log(bet) for bet in bets) / len(bets))


def extra_trials() -> list[tuple[Counter, str, float, int]]:
    """Each trial with a counter of its own, which an answer may change."""
    seen = {" the": 6, " a": 3, ".": 1}
    return [
        (Counter(seen), " the", 1.0, 10),
        (Counter(seen), " spade", 0.5, 1000),
        (Counter(), " spade", 2.0, 8),
        (Counter(seen), " a", 0.0, 10),
    ]


@exercise(
    "01.2",
    "Extra counts",
    inputs=extra_trials,
    mistakes={
        "the total left as it was": (
            lambda after, word, alpha, size: (after[word] + alpha) / after.total(),
            "Each of the `size` words got alpha more, so the total grows, too.",
        ),
        "alpha added to the total only once": (
            lambda after, word, alpha, size: (
                (after[word] + alpha) / (after.total() + alpha)
            ),
            "Each of the `size` words got alpha more: the total grows by alpha * size.",
        ),
        "counting only the words that were seen": (
            lambda after, word, alpha, size: (
                (after[word] + alpha) / (after.total() + alpha * len(after))
            ),
            "The words that were not seen get their alpha, too: use `size`.",
        ),
        "nothing for the unseen word": (
            lambda after, word, alpha, size: (
                after[word] / (after.total() + alpha * size)
            ),
            "Add alpha to the count of the word as well.",
        ),
        "a division that comes too early": (
            lambda after, word, alpha, size: (
                after[word] + alpha / (after.total() + alpha * size)
            ),
            "Put the sum above the line in parentheses: division binds closer than +.",
        ),
        "always adding one": (
            lambda after, word, alpha, size: (after[word] + 1) / (after.total() + size),
            "Add alpha, which need not be 1.",
        ),
        "alpha missing from the total": (
            lambda after, word, alpha, size: (
                (after[word] + alpha) / (after.total() + size)
            ),
            "Each of the `size` words gets alpha: the total grows by alpha * size.",
        ),
        "alpha for the unseen words only": (
            lambda after, word, alpha, size: (
                (after[word] + alpha) / (after.total() + alpha * (size - len(after)))
            ),
            "Words that were seen get alpha, too: all `size` of them.",
        ),
        "the vocabulary's size in place of the total": (
            lambda after, word, alpha, size: (
                (after[word] + alpha) / (size + alpha * size)
            ),
            "Below the line stand the sum of the counts and alpha * size.",
        ),
        "a share and an extra count added": (
            lambda after, word, alpha, size: (
                after[word] / max(after.total(), 1) + alpha / size
            ),
            "Add alpha to the count before you divide: (after[word] + alpha) / (...).",
        ),
        "no parentheses at all": (
            lambda after, word, alpha, size: (
                after[word] + alpha / after.total() + alpha * size
            ),
            "Put both sums in parentheses: division binds closer than +.",
        ),
        "alpha multiplied with the count": (
            lambda after, word, alpha, size: (
                alpha * after[word] / (after.total() + alpha * size)
            ),
            "Extra counts are added to the count: after[word] + alpha.",
        ),
        "alpha for all words added to this one": (
            lambda after, word, alpha, size: (
                (after[word] + alpha * size) / (after.total() + alpha * size)
            ),
            "alpha * size is what all words get together; this word gets alpha.",
        ),
        "different words counted in place of sightings": (
            lambda after, word, alpha, size: (
                (after[word] + alpha) / (len(after) + alpha * size)
            ),
            "len(after) counts different words: the sum is after.total().",
        ),
        "words that were seen left as they were": (
            lambda after, word, alpha, size: (
                after[word] / after.total()
                if after[word]
                else alpha / (after.total() + alpha * size)
            ),
            "Words that were seen get alpha, too, or the bets make more than one.",
        ),
    },
)
def extra_counts(after: Counter, word: str, alpha: float, size: int) -> float:
    """The bet of add-alpha smoothing."""
    return (after[word] + alpha) / (after.total() + alpha * size)


LONG = [0.9, 0.8, 0.001, 0.7, 0.9, 0.0, 0.95]
SHORT = [0.3, 0.2, 0.1, 0.1, 0.2, 0.05, 0.3]
TEXT = 900  # words of a text for which a product of bets is 0 whatever the weight
WEIGHTS = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def mixed(long: list[float], short: list[float], weight: float) -> list[float]:
    """The bets of the mixture, the longer model having this weight."""
    return [weight * a + (1 - weight) * b for a, b in zip(long, short)]


def cost(long: list[float], short: list[float], weight: float) -> float:
    """What the mixture pays in nats, the longer model having this weight."""
    bets = mixed(long, short, weight)
    return sum(-math.log(p) if p > 0 else math.inf for p in bets)


def known(long: list[float], short: list[float]) -> tuple[list[float], list[float]]:
    """Both lists without the words that the longer model has ruled out."""
    return [a for a in long if a], [b for a, b in zip(long, short) if a]


def nats_of(p: float) -> float:
    """The surprise of a bet."""
    return -math.log(p) if p > 0 else math.inf


def mean_bet(long: list[float], short: list[float], weight: float) -> float:
    """The sum of the mixture's bets: what a mistaken learner maximises."""
    return sum(mixed(long, short, weight))


def mixed_prices(long: list[float], short: list[float], weight: float) -> float:
    """A mixture of the prices instead of the bets, as a mistake."""
    return sum(
        weight * (-math.log(a) if a else 50) + (1 - weight) * -math.log(b)
        for a, b in zip(long, short)
    )


@exercise(
    "01.3",
    "How much to trust whom",
    inputs=[
        (LONG, SHORT, WEIGHTS),
        (SHORT, LONG, WEIGHTS),
        ([0.5, 0.02, 0.6, 0.01], [0.1, 0.2, 0.1, 0.2], WEIGHTS),
        ([0.4, 0.2, 0.3], [0.1, 0.1, 0.1], WEIGHTS),
        ([0.02, 0.3, 0.001] * TEXT, [0.01, 0.1, 0.04] * TEXT, WEIGHTS),
        ([0.9] * 300 + [0.0], [1e-6] * 300 + [0.5], WEIGHTS),
    ],
    mistakes={
        "multiplying all bets": (
            lambda long, short, weights: max(
                weights, key=lambda w: math.prod(mixed(long, short, w))
            ),
            "The product of many bets underflows to 0: add up their surprises instead.",
        ),
        "the logarithm of 0": (
            lambda long, short, weights: min(
                weights, key=lambda w: sum(-math.log(p) for p in mixed(long, short, w))
            ),
            "Where the mixed bet is 0, the surprise is math.inf.",
        ),
        "ruled-out words left out of the bill": (
            lambda long, short, weights: min(
                weights,
                key=lambda w: sum(-math.log(p) for p in mixed(long, short, w) if p),
            ),
            "A word with the bet 0 is not free: its surprise is math.inf.",
        ),
        "the dearest weight": (
            lambda long, short, weights: max(
                weights[1:-1], key=lambda w: cost(long, short, w)
            ),
            "Surprise is a price: use min, not max.",
        ),
        "the weight on the other model": (
            lambda long, short, weights: min(
                weights, key=lambda w: cost(short, long, w)
            ),
            "The weight belongs to the first model, the rest of 1 to the second.",
        ),
        "comparing sums of bets": (
            lambda long, short, weights: max(
                weights, key=lambda w: mean_bet(long, short, w)
            ),
            "Add up the surprises of the mixed bets; a bet near 0 must hurt.",
        ),
        "mixing the prices instead of the bets": (
            lambda long, short, weights: min(
                weights, key=lambda w: mixed_prices(long, short, w)
            ),
            "Mix the two probabilities first, then take the surprise of the mixture.",
        ),
        "the dearest weight of all": (
            lambda long, short, weights: max(
                weights, key=lambda w: cost(long, short, w)
            ),
            "Surprise is a price: use min, not max.",
        ),
        "words that the longer model ruled out left out": (
            lambda long, short, weights: min(
                weights, key=lambda w: cost(*known(long, short), w)
            ),
            "There the shorter model pays: mix the bets, and leave out nothing.",
        ),
        "a small number in place of infinity": (
            lambda long, short, weights: min(
                weights,
                key=lambda w: sum(
                    -math.log(max(p, 1e-12)) for p in mixed(long, short, w)
                ),
            ),
            "A bet of 0 costs more than any number: let its surprise be math.inf.",
        ),
        "the place of the weight in the list": (
            lambda long, short, weights: weights.index(
                best_weight(long, short, weights)
            ),
            "Return the member of `weights`, not its index.",
        ),
        "how often the longer model bets more": (
            lambda long, short, weights: min(
                weights,
                key=lambda w: abs(
                    w - sum(a > b for a, b in zip(long, short)) / len(long)
                ),
            ),
            "Compare the prices that the mixtures pay: how much more counts, too.",
        ),
        "mixing the prices, infinite ones too": (
            lambda long, short, weights: min(
                weights,
                key=lambda w: sum(
                    w * nats_of(a) + (1 - w) * nats_of(b) for a, b in zip(long, short)
                ),
            ),
            "Mix the two probabilities first, then take the surprise of the mixture.",
        ),
        "the price instead of the weight": (
            lambda long, short, weights: min(cost(long, short, w) for w in weights),
            "Return the weight that has the least price, not the price.",
        ),
    },
)
def best_weight(long: list[float], short: list[float], weights: list[float]) -> float:
    """The weight of the longer model with the least surprise."""
    return min(weights, key=lambda weight: cost(long, short, weight))
