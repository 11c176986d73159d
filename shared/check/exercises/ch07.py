"""Exercises of chapter 07. Torch is imported where it is needed."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


def filled_rows() -> list[tuple]:
    """Logits (B, T, V) and targets (B, T), with rows of very different lengths."""
    import torch

    draw = torch.Generator().manual_seed(6)
    first = torch.randn(2, 4, 5, generator=draw, dtype=torch.float64)
    second = 3 * torch.randn(3, 3, 4, generator=draw, dtype=torch.float64)
    return [
        (first, torch.tensor([[2, 4, 0, 1], [3, -100, -100, -100]])),
        (second, torch.tensor([[0, 3, -100], [1, 2, 3], [3, -100, -100]])),
    ]


def place_prices(logits: Tensor, targets: Tensor, dim: int = -1) -> Tensor:
    """Nats at every place, (B, T); where the target is filling, those of token 0."""
    chosen = targets.clamp(min=0)[..., None]  # (B, T, 1)
    return -logits.log_softmax(dim).gather(-1, chosen)[..., 0]


def counting(logits: Tensor, targets: Tensor, dim: int = -1) -> Tensor:
    """The prices of the places that count, in one row."""
    from shared.data.rows import IGNORE

    return place_prices(logits, targets, dim)[targets != IGNORE]


def with_perplexity(loss: Tensor) -> tuple[float, float]:
    """A loss and the perplexity that goes with it."""
    return loss.item(), math.exp(loss)


def mean_of_rows(logits: Tensor, targets: Tensor) -> tuple[float, float]:
    """Every row weighing the same, as a mistake."""
    rows = zip(logits, targets, strict=True)
    means = [counting(x[None], y[None]).mean() for x, y in rows]
    return with_perplexity(sum(means) / len(means))


@exercise(
    "07.1",
    "A price with filling",
    inputs=filled_rows,
    close=1e-5,
    mistakes={
        "filling that counts, as token 0": (
            lambda z, y: with_perplexity(place_prices(z, y).mean()),
            "Choose the places where targets != IGNORE, and price these alone.",
        ),
        "dividing by all places": (
            lambda z, y: with_perplexity(counting(z, y).sum() / y.numel()),
            "The mean is over the places that count: divide by their number.",
        ),
        "the mean of the rows' means": (
            mean_of_rows,
            "Every place weighs the same, whatever its row: one mean over all of them.",
        ),
        "a logarithm to base 2": (
            lambda z, y: (
                counting(z, y).mean().item() / math.log(2),
                math.exp(counting(z, y).mean()),
            ),
            "The loss is in nats: take the natural logarithm.",
        ),
        "the mean of the exponentials": (
            lambda z, y: (
                counting(z, y).mean().item(),
                counting(z, y).exp().mean().item(),
            ),
            "First the mean of the prices, then the exponential of that one number.",
        ),
        "the exponential forgotten": (
            lambda z, y: (counting(z, y).mean().item(),) * 2,
            "The perplexity is e to the loss.",
        ),
        "the softmax over the places": (
            lambda z, y: with_perplexity(counting(z, y, 1).mean()),
            "The bets of one place make one: softmax over the last direction, V.",
        ),
    },
)
def filled_price(logits: Tensor, targets: Tensor) -> tuple[float, float]:
    """Loss in nats per counted target, and perplexity; logits (B, T, V)."""
    return with_perplexity(counting(logits, targets).mean())


def path(
    warmup: int,
    hold: int,
    steps: int,
    left: Callable[[float], float] = lambda f: 1 - math.sqrt(f),
    late: tuple[int, int] = (0, 0),
    whole: bool = False,
) -> list[float]:
    """Shares of the highest rate at steps 1 to `steps`; the rest makes mistakes.

    left: what is left when the share f of the fall is done. late: by how many steps
    the rise and the fall come late. whole: f as a share of the whole run.
    """
    start, shares = warmup + hold, []
    for step in range(1, steps + 1):
        if step <= warmup:
            shares.append((step - late[0]) / warmup)
        elif step <= start:
            shares.append(1.0)
        elif whole:
            shares.append(left(step / steps))
        else:
            shares.append(left((step - late[1] - start) / (steps - start)))
    return shares


@exercise(
    "07.2",
    "Stay, then fall",
    inputs=[(4, 3, 12), (0, 5, 9), (3, 0, 8), (2, 6, 8)],
    mistakes={
        "step 1 at rate zero": (
            lambda w, h, n: path(w, h, n, late=(1, 0)),
            "Steps count from 1: step 1 has 1 / warmup, and step warmup has 1.",
        ),
        "a last step above zero": (
            lambda w, h, n: path(w, h, n, late=(0, 1)),
            "The first step of the fall has fallen already, and the last one is at 0.",
        ),
        "every step one late": (
            lambda w, h, n: path(w, h, n, late=(1, 1)),
            "Steps count from 1 to `steps`: the last one is at 0.",
        ),
        "no step held": (
            lambda w, h, n: path(w, 0, n),
            "The fall begins after warmup + hold steps.",
        ),
        "the fall as a share of the whole run": (
            lambda w, h, n: path(w, h, n, whole=True),
            "f counts the falling steps alone: it is 0 where the fall begins.",
        ),
        "a straight fall": (
            lambda w, h, n: path(w, h, n, left=lambda f: 1 - f),
            "What is left is 1 minus the root of f.",
        ),
        "the root of what is left": (
            lambda w, h, n: path(w, h, n, left=lambda f: math.sqrt(1 - f)),
            "Take the root of f, and subtract it from 1.",
        ),
    },
)
def rate_path(warmup: int, hold: int, steps: int) -> list[float]:
    """Shares of the highest rate at steps 1, 2, ..., steps."""
    return path(warmup, hold, steps)


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


@exercise(
    "07.3",
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


TEXTS = ["Finn had a kite.", "Chloë: “Où est ma clé?”", "Rain."]
MORE = ["Ein Käfer.", "日本 🪁", "The bell rang, and the goat was gone."]


def nats(losses: Sequence[float], counts: Sequence[int]) -> float:
    """What all documents cost together."""
    return math.fsum(loss * n for loss, n in zip(losses, counts, strict=True))


def size(texts: Sequence[str]) -> int:
    """Bytes of the texts in UTF-8."""
    return sum(len(text.encode("utf-8")) for text in texts)


@exercise(
    "07.4",
    "Fair to every tokenizer",
    inputs=[([1.2, 2.5, 0.7], [5, 14, 2], TEXTS), ([2.0, 3.1, 1.4], [6, 9, 10], MORE)],
    mistakes={
        "characters in place of bytes": (
            lambda losses, counts, texts: (
                nats(losses, counts) / math.log(2) / sum(map(len, texts))
            ),
            "Some characters have several bytes: count len(text.encode()).",
        ),
        "nats not turned into bits": (
            lambda losses, counts, texts: nats(losses, counts) / size(texts),
            "A bit is ln 2 nats: divide by math.log(2).",
        ),
        "multiplied by ln 2": (
            lambda losses, counts, texts: (
                nats(losses, counts) * math.log(2) / size(texts)
            ),
            "A bit is smaller than a nat, so that there are more: divide by ln 2.",
        ),
        "bits per token": (
            lambda losses, counts, texts: (
                nats(losses, counts) / math.log(2) / sum(counts)
            ),
            "Divide what the texts cost by their bytes: tokens differ in size.",
        ),
        "the losses themselves added up": (
            lambda losses, counts, texts: sum(losses) / math.log(2) / size(texts),
            "A loss is a mean: what a document costs is its loss times its tokens.",
        ),
        "the mean over the documents": (
            lambda losses, counts, texts: (
                sum(
                    loss * n / math.log(2) / size([text])
                    for loss, n, text in zip(losses, counts, texts, strict=True)
                )
                / len(texts)
            ),
            "Add up all nats and all bytes, and divide once.",
        ),
    },
)
def bits_per_byte(losses: list[float], counts: list[int], texts: list[str]) -> float:
    """Bits for each byte of all texts together."""
    return nats(losses, counts) / math.log(2) / size(texts)


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


def per_token(prompt: list[int]) -> Callable[[list[Beam], int], list[Beam]]:
    """Keeping those with the best mean per new token, as a mistake."""
    return lambda beams, k: sorted(
        beams, key=lambda beam: -beam[1] / (len(beam[0]) - len(prompt))
    )[:k]


@exercise(
    "07.5",
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
