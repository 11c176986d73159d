"""Exercises of chapter 07 beyond the page: min-p and beam search. torch waits."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


def bets() -> list[tuple]:
    """Logits (B, V) of sure and unsure rows, with a tie, and a p."""
    import torch

    logits = torch.tensor(
        [
            [6.0, 3.5, 3.2, 1.0, -1.0],
            [1.0, 0.8, 0.5, 0.2, -1.5],
            [-2.0, -2.0, -2.4, -5.0, -9.0],
        ]
    )
    return [(logits.clone(), p) for p in (0.1, 0.3, 1.0)]


def kept_if(logits: Tensor, keep: Tensor, out: float = -math.inf) -> Tensor:
    """The logits where `keep`, elsewhere `out`."""
    return logits.masked_fill(~keep, out)


def likely(
    logits: Tensor, p: float, passes: Callable[[Tensor, Tensor], Tensor] = operator.ge
) -> Tensor:
    """Which tokens (B, V) have at least p times their row's highest probability."""
    probs = logits.softmax(-1)
    return passes(probs, p * probs.amax(-1, keepdim=True))


def within_top_p(logits: Tensor, p: float) -> Tensor:
    """Which tokens top-p would keep."""
    ordered, places = logits.softmax(-1).sort(-1, descending=True)
    keep = ordered.cumsum(-1) - ordered < p
    return keep.new_zeros(keep.shape).scatter(-1, places, keep)


@exercise(
    "07.11",
    "A bar that moves",
    inputs=bets,
    mistakes={
        "a bar at p itself": (
            lambda z, p: kept_if(z, z.softmax(-1) >= p),
            "The bar is p times the probability of the row's likeliest token.",
        ),
        "a bar for logits": (
            lambda z, p: kept_if(z, z >= p * z.amax(-1, keepdim=True)),
            "Compare probabilities: take the softmax first.",
        ),
        "one bar for the whole batch": (
            lambda z, p: kept_if(z, z.softmax(-1) >= p * z.softmax(-1).max()),
            "Each row has its own likeliest token: amax(-1, keepdim=True).",
        ),
        "more than p times, not at least": (
            lambda z, p: kept_if(z, likely(z, p, operator.gt)),
            "Use >=: with p = 1 the likeliest token has to stay.",
        ),
        "p below the likeliest": (
            lambda z, p: kept_if(
                z, z.softmax(-1) >= z.softmax(-1).amax(-1, keepdim=True) - p
            ),
            "The bar is p times the highest probability, not p below it.",
        ),
        "the tokens that together reach p": (
            lambda z, p: kept_if(z, within_top_p(z, p)),
            "That is top-p: here each token is compared with the likeliest alone.",
        ),
        "p for the logits' distance": (
            lambda z, p: kept_if(z, z >= z.amax(-1, keepdim=True) - p),
            "Compare probabilities: p times the highest, after the softmax.",
        ),
        "probabilities, divided again": (
            lambda z, p: kept_if(z, likely(z, p)).softmax(-1),
            "A filter takes logits and returns logits: the softmax comes later.",
        ),
        "probabilities, and minus infinity": (
            lambda z, p: kept_if(z.softmax(-1), likely(z, p)),
            "A filter returns logits: mask logits, not their softmax.",
        ),
        "0 in place of minus infinity": (
            lambda z, p: kept_if(z, likely(z, p), 0.0),
            "These are logits: one of 0 is as good as any, minus infinity never comes.",
        ),
        "the likely ones thrown out": (
            lambda z, p: kept_if(z, ~likely(z, p)),
            "masked_fill overwrites where its mask is True: turn the mask round.",
        ),
        "probabilities returned": (
            lambda z, p: kept_if(z.softmax(-1), likely(z, p), 0.0),
            "A filter takes logits and returns logits: the softmax comes later.",
        ),
    },
)
def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Keep tokens with at least p times the likeliest one's probability, (B, V)."""
    return kept_if(logits, likely(logits, p))


Model = Callable[[list[int]], "Tensor"]
Beam = tuple[list[int], float]


def table_model(seed: int, V: int = 5) -> Model:
    """A made-up model of V tokens that looks at the first and at the last id."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    scores = 2 * torch.randn(V, V, V, generator=draw, dtype=torch.float64)
    table = scores.log_softmax(-1)

    def next_log_probs(ids: list[int]) -> Tensor:
        return table[ids[0], ids[-1]]

    return next_log_probs


def searches() -> list[tuple]:
    """A model, a prompt, the end token, k, and the most tokens that may be added."""
    return [
        (table_model(478), [2, 1], 0, 2, 4),
        (table_model(57), [0], 0, 3, 5),
        (table_model(174), [3], 4, 4, 5),
        (table_model(25), [1, 3, 2], 0, 1, 3),
    ]


def grow(beams: list[Beam], model: Model, stop: Callable[[list[int]], bool]) -> list:
    """All ways to go on by one token; what has stopped stays as it is."""
    grown = []
    for ids, total in beams:
        if stop(ids):
            grown.append((ids, total))
            continue
        scores = model(ids).tolist()
        grown += [([*ids, i], total + score) for i, score in enumerate(scores)]
    return grown


def ended(prompt: list[int], end: int) -> Callable[[list[int]], bool]:
    """Whether a sequence has ended after its prompt."""
    return lambda ids: len(ids) > len(prompt) and ids[-1] == end


def best(beams: list[Beam], k: int) -> list[Beam]:
    """The k with the highest log probability, best first."""
    return sorted(beams, key=lambda beam: -beam[1])[:k]


def search(
    model: Model,
    prompt: list[int],
    k: int,
    most: int,
    stop: Callable[[list[int]], bool],
    choose: Callable[[list[Beam], int], list[Beam]] = best,
) -> Beam:
    """Beam search with its two habits open to mistakes: when to stop, whom to keep."""
    beams = [(list(prompt), 0.0)]
    for _ in range(most):
        beams = choose(grow(beams, model, stop), k)
    return beams[0]


def alone(model: Model, prompt: list[int], end: int, k: int, most: int) -> Beam:
    """k first tokens, each followed greedily by itself, as a mistake."""
    stop = ended(prompt, end)
    firsts = best(grow([(list(prompt), 0.0)], model, stop), k)
    for _ in range(most - 1):
        firsts = [best(grow([beam], model, stop), 1)[0] for beam in firsts]
    return best(firsts, 1)[0]


def first_to_end(model: Model, prompt: list[int], end: int, k: int, most: int) -> Beam:
    """Stopping as soon as one sequence has ended, as a mistake."""
    stop, beams = ended(prompt, end), [(list(prompt), 0.0)]
    for _ in range(most):
        beams = best(grow(beams, model, stop), k)
        if any(stop(ids) for ids, _ in beams):
            return next(beam for beam in beams if stop(beam[0]))
    return beams[0]


def dropping(model: Model, prompt: list[int], end: int, k: int, most: int) -> Beam:
    """Sequences that have ended are thrown away, as a mistake."""
    stop, beams = ended(prompt, end), [(list(prompt), 0.0)]
    for _ in range(most):
        going = [beam for beam in beams if not stop(beam[0])]
        if not going:
            break
        beams = best(grow(going, model, stop), k)
    return beams[0]


def per_token(prompt: list[int]) -> Callable[[list[Beam], int], list[Beam]]:
    """Keeping those with the best mean per new token, as a mistake."""
    return lambda beams, k: sorted(
        beams, key=lambda beam: -beam[1] / (len(beam[0]) - len(prompt))
    )[:k]


@exercise(
    "07.12",
    "The likeliest continuation",
    inputs=searches,
    mistakes={
        "the likeliest token each time": (
            lambda model, prompt, end, k, most: search(
                model, prompt, 1, most, ended(prompt, end)
            ),
            "That is greedy: keep the k best sequences, and choose at the end.",
        ),
        "each sequence by itself": (
            alone,
            "Put the continuations of all sequences into one list and keep its k best.",
        ),
        "going on after the end": (
            lambda model, prompt, end, k, most: search(
                model, prompt, k, most, lambda ids: False
            ),
            "A sequence that has ended is not continued: it stays as it is.",
        ),
        "stopping with the first that ends": (
            first_to_end,
            "One that is still going may be likelier: go on until all kept have ended.",
        ),
        "ended sequences thrown away": (
            lambda model, prompt, end, k, most: dropping(model, prompt, end, k, most),
            "A sequence that has ended stays in the list as it is, and may win.",
        ),
        "the least likely": (
            lambda model, prompt, end, k, most: search(
                model,
                prompt,
                k,
                most,
                ended(prompt, end),
                lambda beams, k: sorted(beams, key=lambda beam: beam[1])[:k],
            ),
            "Sort downwards: the highest sum of log probabilities comes first.",
        ),
        "a prompt that looks ended": (
            lambda model, prompt, end, k, most: search(
                model, prompt, k, most, lambda ids: ids[-1] == end
            ),
            "A prompt may be the end token itself: only a new one ends a sequence.",
        ),
        "the mean per token": (
            lambda model, prompt, end, k, most: search(
                model, prompt, k, most, ended(prompt, end), per_token(prompt)
            ),
            "The likeliest has the highest sum: do not divide by the length.",
        ),
        "a probability returned": (
            lambda model, prompt, end, k, most: _exponential(
                search(model, prompt, k, most, ended(prompt, end))
            ),
            "Return the sum of the logarithms, without the exponential.",
        ),
    },
)
def beam_search(
    next_log_probs: Model, prompt: list[int], end: int, k: int, most: int
) -> Beam:
    """The best of k sequences, with the prompt, and its log probability in nats."""
    return search(next_log_probs, prompt, k, most, ended(prompt, end))


def _exponential(beam: Beam) -> Beam:
    return beam[0], math.exp(beam[1])
