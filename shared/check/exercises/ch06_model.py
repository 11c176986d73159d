"""Exercises of chapter 06 on the whole model: 06.6 to 06.8. torch waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise
from shared.check.exercises import ch06_whole  # noqa: F401 (06.9)

if TYPE_CHECKING:
    from torch import Tensor

    from shared.model.gpt import Config

Model = Callable[["Tensor"], "Tensor"]
Pairs = list[tuple[int, int]]

# --- 06.6: who sees the future? -------------------------------------------------------


class Reader:
    """A small made-up model: place s reads place t with the weight mix[s, t]."""

    def __init__(self, seed: int, mix: Tensor, V: int = 6) -> None:
        import torch

        draw = torch.Generator().manual_seed(seed)
        self.E, self.U = torch.randn(2, V, 3, generator=draw)
        self.mix = mix

    def __call__(self, ids: Tensor) -> Tensor:
        """ids (B, T) -> logits (B, T, V)."""
        return self.mix @ self.E[ids] @ self.U.T

    def __repr__(self) -> str:
        return f"a model of {len(self.U)} tokens"


def suspects() -> list[tuple]:
    """Models that see the future in several ways or not at all, and ids (1, T)."""
    import torch

    def reader(seed: int, T: int, *ahead: tuple[int, int]) -> Reader:
        mix = torch.ones(T, T).tril() / T
        for s, t in ahead:
            mix[s, t] = 0.5
        return Reader(seed, mix)

    return [
        (reader(1, 5), torch.tensor([[3, 1, 4, 1, 5]])),  # causal
        (reader(2, 4, (0, 2), (2, 3)), torch.tensor([[2, 5, 0, 3]])),
        (reader(3, 5, (1, 2), (0, 4)), torch.tensor([[0, 2, 1, 5, 0]])),
        (Reader(4, torch.ones(3, 3) / 3), torch.tensor([[1, 0, 4]])),  # no mask at all
    ]


def probe(
    model: Model,
    ids: Tensor,
    places: range | None = None,
    piling: bool = False,
    zero: bool = False,
) -> Iterator[tuple[int, int]]:
    """Pairs (s, t): what stands at s moved when the token at t was changed."""
    before = model(ids)
    changed = ids.clone()
    for t in places or range(ids.shape[1]):
        changed = changed if piling else ids.clone()
        changed[0, t] = 0 if zero else (changed[0, t] + 1) % before.shape[-1]
        moved = (model(changed) - before).abs().amax(-1)[0] > 1e-6
        for s in moved.nonzero()[:, 0].tolist():
            yield s, t


def only_ahead(pairs: Iterator[tuple[int, int]]) -> Pairs:
    """The pairs whose first place stands before the second."""
    return [(s, t) for s, t in pairs if s < t]


@exercise(
    "06.6",
    "Who sees the future?",
    inputs=suspects,
    use=lambda answer, model, ids: sorted(map(tuple, answer(model, ids))),
    mistakes={
        "the changed place itself": (
            lambda model, ids: [(s, t) for s, t in probe(model, ids) if s <= t],
            "A token may see itself: only places before the changed one are leaks.",
        ),
        "places after the change": (
            lambda model, ids: [(s, t) for s, t in probe(model, ids) if s > t],
            "Later places may move: a leak is an earlier place that does.",
        ),
        "all places that move": (
            lambda model, ids: list(probe(model, ids)),
            "Later places may move, and the changed one: keep only s < t.",
        ),
        "pairs the other way round": (
            lambda model, ids: [(t, s) for s, t in only_ahead(probe(model, ids))],
            "The place that sees comes first, then the place that is seen.",
        ),
        "only the last token changed": (
            lambda model, ids: only_ahead(
                probe(model, ids, range(ids.shape[1] - 1, ids.shape[1]))
            ),
            "A leak may begin anywhere: change every token, one at a time.",
        ),
        "changes that pile up": (
            lambda model, ids: only_ahead(probe(model, ids, piling=True)),
            "Begin each time with a fresh copy, ids.clone(): one change at a time.",
        ),
        "a change to 0": (
            lambda model, ids: only_ahead(probe(model, ids, zero=True)),
            "Where the token is 0 already nothing changes: take (id + 1) % V.",
        ),
        "neighbours only": (
            lambda model, ids: [(s, t) for s, t in probe(model, ids) if s == t - 1],
            "A place may also see far ahead: look at every place before t.",
        ),
        "the first leak alone": (
            lambda model, ids: only_ahead(probe(model, ids))[:1],
            "Go on after the first: a model may leak in several places.",
        ),
        "one leak for each change": (
            lambda model, ids: [
                (s, t)
                for t, s in sorted(
                    {t: s for s, t in only_ahead(probe(model, ids))[::-1]}.items()
                )
            ],
            "One token may be seen from several places: keep every one that moves.",
        ),
    },
)
def leaks(model: Model, ids: Tensor) -> Pairs:
    """Pairs (s, t), s < t, where the logits at s move when the token at t changes."""
    return only_ahead(probe(model, ids))


# --- 06.7: the bill of a run ----------------------------------------------------------


def runs() -> list[tuple]:
    """Configs, numbers of tokens, and operations per second."""
    from shared.model.gpt import Config

    return [
        (Config(), 1_000_000, 2e10),
        (Config(50_257, 1024, layers=12, heads=12, width=768), 10**10, 1e14),
    ]


def bill_with(
    numbers: int = 4, times: int = 3, seconds: float = 3600, cache: bool = False
) -> Callable[[Any, int, float], tuple[float, float]]:
    """A bill with other numbers kept per parameter, passes, or units."""

    def made(config: Config, tokens: int, speed: float) -> tuple[float, float]:
        from shared.model.costs import count_flops, count_memory, count_parameters

        size = 4 * numbers * count_parameters(config)
        size += cache * count_memory(config)["cache"]
        work = times * count_flops(config, config.context) * tokens
        return size, work / speed / seconds

    return made


@exercise(
    "06.7",
    "The bill of a run",
    inputs=runs,
    alike=[("the weights alone", "numbers in the place of bytes")],
    mistakes={
        "the forward pass alone": (
            bill_with(times=1),
            "A training step takes three times the forward pass: backward is two.",
        ),
        "twice the forward pass": (
            bill_with(times=2),
            "Backward takes twice the forward pass, so both together three times.",
        ),
        "every token once for each place": (
            lambda config, tokens, speed: (
                (made := bill_with()(config, tokens, speed))[0],
                made[1] * config.context,
            ),
            "count_flops is per token already: times the number of tokens, no more.",
        ),
        "seconds": (
            bill_with(seconds=1),
            "An hour has 3,600 seconds: divide by them.",
        ),
        "minutes": (bill_with(seconds=60), "An hour has 3,600 seconds, not 60."),
        "the weights alone": (
            bill_with(numbers=1),
            "Gradients and AdamW's two averages are kept, too: four numbers for each.",
        ),
        "without AdamW's averages": (
            bill_with(numbers=2),
            "AdamW keeps two averages for each parameter: four numbers for each.",
        ),
        "one average": (
            bill_with(numbers=3),
            "AdamW keeps two averages, of the gradient and of its square.",
        ),
        "the cache, too": (
            bill_with(cache=True),
            "The cache is for writing; in training nothing is kept in it.",
        ),
        "numbers in the place of bytes": (
            lambda config, tokens, speed: (
                bill_with()(config, tokens, speed)[0] / 4,
                bill_with()(config, tokens, speed)[1],
            ),
            "Each number takes four bytes.",
        ),
        "6 operations per parameter and token": (
            lambda config, tokens, speed: (
                (made := bill_with()(config, tokens, speed))[0],
                6 * made[0] / 16 * tokens / speed / 3600,
            ),
            "A good rule of thumb; the formula counts attention too, and no positions.",
        ),
    },
)
def run_bill(config: Config, tokens: int, speed: float) -> tuple[float, float]:
    """Bytes for the numbers that training keeps, and its hours on these tokens."""
    return bill_with()(config, tokens, speed)


# --- 06.8: a tied matrix --------------------------------------------------------------


def tied_models() -> list[tuple]:
    """A tied matrix E (V, C), a matrix M (C, C), ids with repeats, and targets."""
    import torch

    draw = torch.Generator().manual_seed(7)
    E = torch.randn(5, 3, generator=draw)
    M = torch.randn(3, 3, generator=draw)
    ids, targets = torch.tensor([0, 2, 2, 4]), torch.tensor([2, 4, 1, 0])
    return [(E, M, ids, targets), (2 * E, M, targets, torch.tensor([3, 3, 0, 2]))]


def sides(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
    """Bet minus what happened (N, V), and the gradients as head and as embedding."""
    import torch
    from torch.nn import functional

    h = E[ids] @ M
    d = (h @ E.T).softmax(1) - functional.one_hot(targets, len(E))
    d = d / len(ids)
    as_embedding = torch.zeros_like(E).index_add_(0, ids, d @ E @ M.T)
    return d, d.T @ h, as_embedding


def bets(E: Tensor, M: Tensor, ids: Tensor) -> Tensor:
    """The probabilities (N, V), divided by the number of examples."""
    return (E[ids] @ M @ E.T).softmax(1) / len(ids)


def spread(E: Tensor, ids: Tensor, rows: Tensor) -> Tensor:
    """Each row added to the row of its token in a table of zeros like E."""
    import torch

    return torch.zeros_like(E).index_add_(0, ids, rows)


def overwritten(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    """A token that comes twice keeps only its last gradient, as a mistake."""
    import torch

    d, as_head, _ = sides(E, M, ids, targets)
    as_embedding = torch.zeros_like(E)
    for i, row in zip(ids.tolist(), d @ E @ M.T, strict=True):
        as_embedding[i] = row
    return as_head + as_embedding


def without_turning(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    """M instead of its transpose on the way back, as a mistake."""
    d, as_head, _ = sides(E, M, ids, targets)
    return as_head + spread(E, ids, d @ E @ M)


def without_the_matrix(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    """M left out on the way back, as a mistake."""
    d, as_head, _ = sides(E, M, ids, targets)
    return as_head + spread(E, ids, d @ E)


@exercise(
    "06.8",
    "A gradient from both sides",
    inputs=tied_models,
    close=1e-4,
    short_cuts=dict.fromkeys(
        ("backward", "grad", "autograd"),
        "autograd did the work; try it once by hand, side by side.",
    ),
    mistakes={
        "the head's side only": (
            lambda E, M, ids, targets: sides(E, M, ids, targets)[1],
            "The matrix is read at the bottom too: add the embedding's side.",
        ),
        "the embedding's side only": (
            lambda E, M, ids, targets: sides(E, M, ids, targets)[2],
            "The matrix makes the logits too: add the head's side.",
        ),
        "a repeated token counted once": (
            overwritten,
            "Rows of the same token add up: use index_add_, or += in a loop.",
        ),
        "M not transposed": (
            without_turning,
            "A gradient goes back through h = e M by the transpose of M.",
        ),
        "the softmax without the targets": (
            lambda E, M, ids, targets: (
                spread(E, ids, (p := bets(E, M, ids)) @ E @ M.T) + p.T @ (E[ids] @ M)
            ),
            "The gradient at the logits is the bets minus the one-hot targets.",
        ),
        "a head that reads the embedding itself": (
            lambda E, M, ids, targets: (
                (d := sides(E, M, ids, targets)[0]).T @ E[ids]
                + spread(E, ids, d @ E @ M.T)
            ),
            "The head reads h = e M, so its side is d.T @ h.",
        ),
        "the wrong sign": (
            lambda E, M, ids, targets: -sum(sides(E, M, ids, targets)[1:]),
            "It is bets minus what happened, not the other way round.",
        ),
        "rows added at the targets": (
            lambda E, M, ids, targets: (
                (s := sides(E, M, ids, targets))[1] + spread(E, targets, s[0] @ E @ M.T)
            ),
            "The embedding was read at the ids: add its rows there.",
        ),
        "M forgotten on the way back": (
            without_the_matrix,
            "Between the embedding and h stands M: go back through it, by M.T.",
        ),
        "the sum over the examples": (
            lambda E, M, ids, targets: len(ids) * sum(sides(E, M, ids, targets)[1:]),
            "The loss is the mean: divide bet minus what happened by their number.",
        ),
    },
)
def tied_gradient(E: Tensor, M: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    """Gradient of the mean cross-entropy with respect to the tied matrix E (V, C)."""
    _, as_head, as_embedding = sides(E, M, ids, targets)
    return as_head + as_embedding
