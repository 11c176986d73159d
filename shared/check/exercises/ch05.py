"""Exercises of chapter 05. Torch is imported where it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.check.asking import exercise
from shared.check.exercises import ch05_class  # noqa: F401 (05.6)

if TYPE_CHECKING:
    from torch import Tensor


def single_queries() -> list[tuple]:
    """A query (D,), keys (T, D) and values (T, C)."""
    import torch

    draw = torch.Generator().manual_seed(4)
    first = [torch.randn(*shape, generator=draw) for shape in [(4,), (6, 4), (6, 3)]]
    second = [torch.randn(*shape, generator=draw) for shape in [(9,), (5, 9), (5, 2)]]
    return [tuple(first), tuple(second)]


@exercise(
    "05.1",
    "One query",
    inputs=single_queries,
    mistakes={
        "without the scale": (
            lambda q, K, V: (K @ q).softmax(0) @ V,
            "Divide the scores by the square root of D before the softmax.",
        ),
        "divided by D": (
            lambda q, K, V: (K @ q / len(q)).softmax(0) @ V,
            "The scale is the square root of D: the spread of a sum of D products.",
        ),
        "the root of the number of words": (
            lambda q, K, V: (K @ q / len(K) ** 0.5).softmax(0) @ V,
            "D is the length of the query, not the number of words.",
        ),
        "the scale after the softmax": (
            lambda q, K, V: (K @ q).softmax(0) / len(q) ** 0.5 @ V,
            "The scale belongs to the scores: divide before the softmax, not after.",
        ),
        "multiplied by the root of D": (
            lambda q, K, V: (K @ q * len(q) ** 0.5).softmax(0) @ V,
            "The root of D makes large scores small again: divide by it.",
        ),
        "the sum of the values, not weighted": (
            lambda q, K, V: V.sum(0),
            "Each value counts with its weight: weights @ values.",
        ),
        "scores in the place of weights": (
            lambda q, K, V: (K @ q / len(q) ** 0.5) @ V,
            "Scores can be negative: the softmax turns them into weights first.",
        ),
        "the best word alone": (
            lambda q, K, V: V[(K @ q).argmax()],
            "All values count, each with its weight, not the best one alone.",
        ),
        "the root of the values' width": (
            lambda q, K, V: (K @ q / V.shape[1] ** 0.5).softmax(0) @ V,
            "D is the length of the query and the keys, not of the values.",
        ),
        "the mean of the weighted values": (
            lambda q, K, V: ((K @ q / len(q) ** 0.5).softmax(0)[:, None] * V).mean(0),
            "The weights add up to one already: add the weighted values up.",
        ),
        "exponentials not divided by their sum": (
            lambda q, K, V: (K @ q / len(q) ** 0.5).exp() @ V,
            "Divide the exponentials by their sum: that is the softmax.",
        ),
        "weighted values not added up": (
            lambda q, K, V: (K @ q / len(q) ** 0.5).softmax(0)[:, None] * V,
            "One query fetches one vector, (C,): add the weighted values up.",
        ),
        "scores divided by their sum": (
            lambda q, K, V: (K @ q / len(q) ** 0.5) / (K @ q / len(q) ** 0.5).sum() @ V,
            "Scores can be negative: take exponentials first, as the softmax does.",
        ),
        "keys in the place of values": (
            lambda q, K, V: (K @ q / len(q) ** 0.5).softmax(0) @ K,
            "The keys say where to look; what is handed over are the values.",
        ),
        "the weights themselves": (
            lambda q, K, V: (K @ q / len(q) ** 0.5).softmax(0),
            "The weights are the way; the result is the weighted sum of the values.",
        ),
    },
)
def one_query(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """What one query (D,) fetches from values (T, C) by keys (T, D): shape (C,)."""
    return (keys @ query / len(query) ** 0.5).softmax(0) @ values


def grid(T: int, rule: str) -> Tensor:
    """Compare row numbers and column numbers of a table (T, T)."""
    import operator

    import torch

    places = torch.arange(T)
    return getattr(operator, rule)(places[None, :], places[:, None])


def distances(T: int) -> Tensor:
    """Column minus row, not compared, as a mistake."""
    import torch

    places = torch.arange(T)
    return places[None, :] - places[:, None]


def one_row(T: int) -> Tensor:
    """A row of places compared with itself, as a mistake."""
    import torch

    return torch.ones(T).bool()


@exercise(
    "05.2",
    "The triangle",
    inputs=[4, 1, 7],
    mistakes={
        "the future in the place of the past": (
            lambda T: grid(T, "ge"),
            "Row t may look at columns up to t: compare the other way round.",
        ),
        "nobody sees itself": (
            lambda T: grid(T, "lt"),
            "A word may look at itself: the diagonal is True.",
        ),
        "True where it is hidden": (
            lambda T: grid(T, "gt"),
            "Here True means that looking is allowed.",
        ),
        "only the word itself": (
            lambda T: grid(T, "eq"),
            "All earlier words may be seen too, not only the word itself.",
        ),
        "one row of places": (
            one_row,
            "Compare rows with columns: places[None, :] with places[:, None].",
        ),
        "distances": (
            distances,
            "Now compare: the distance is allowed where it is 0 or less.",
        ),
        "numbers to add to scores": (
            lambda T: grid(T, "gt").float().masked_fill(grid(T, "gt"), float("-inf")),
            "Return True and False; minus infinity comes in when the mask is used.",
        ),
        "everything allowed": (
            lambda T: grid(T, "ge") | grid(T, "lt"),
            "The columns after t must be False in row t.",
        ),
    },
)
def triangle(T: int) -> Tensor:
    """True at (t, s), shape (T, T), where word t may look at word s."""
    return grid(T, "le")


def rows_and_heads() -> list[tuple]:
    """Tensors (B, T, C) and numbers of heads."""
    import torch

    numbers = torch.arange(96.0)
    return [(numbers[:48].view(2, 3, 8), 2), (numbers.view(1, 8, 12), 4)]


@exercise(
    "05.3",
    "Give each head its channels",
    inputs=rows_and_heads,
    mistakes={
        "viewed at once": (
            lambda x, H: x.reshape(x.shape[0], H, x.shape[1], -1),
            "That cuts a row of text into H pieces. First split C, then transpose.",
        ),
        "channels dealt out like cards": (
            lambda x, H: x.unflatten(-1, (-1, H)).permute(0, 3, 1, 2),
            "Head 0 gets the first D channels in a row: (H, D), in this order.",
        ),
        "the heads not moved": (
            lambda x, H: x.unflatten(-1, (H, -1)),
            "The heads must come before the words: transpose directions 1 and 2.",
        ),
        "words and channels exchanged": (
            lambda x, H: x.unflatten(-1, (H, -1)).permute(0, 2, 3, 1),
            "The last two directions are (T, D), the words first.",
        ),
        "D heads of H channels": (
            lambda x, H: x.unflatten(-1, (-1, H)).transpose(1, 2),
            "There are H heads, and each has D = C / H channels.",
        ),
        "words and channels exchanged first": (
            lambda x, H: x.mT.reshape(x.shape[0], H, x.shape[1], -1),
            "Cut C into (H, D) while it is the last direction; then move the heads.",
        ),
        "heads below one another": (
            lambda x, H: x.unflatten(-1, (H, -1)).transpose(1, 2).flatten(1, 2),
            "The heads have a direction of their own: stack them, not cat.",
        ),
        "heads at the end": (
            lambda x, H: x.unflatten(-1, (H, -1)).transpose(2, 3),
            "Move the heads before the words: transpose(1, 2).",
        ),
        "the first head's channels for all": (
            lambda x, H: x[:, None, :, : x.shape[-1] // H].expand(-1, H, -1, -1),
            "Head 1 gets the next D channels, not the first ones again.",
        ),
        "heads before rows": (
            lambda x, H: x.unflatten(-1, (H, -1)).permute(2, 0, 1, 3),
            "The rows of the batch stay in front: (B, H, T, D).",
        ),
    },
)
def split_heads(x: Tensor, H: int) -> Tensor:
    """(B, T, C) -> (B, H, T, D), head 0 with the first D channels."""
    return x.unflatten(-1, (H, -1)).transpose(1, 2)


@exercise(
    "05.4",
    "What does attention cost?",
    inputs=[(6, 32, 4), (1024, 768, 12), (100, 16, 1)],
    mistakes={
        "without the last matrix": (
            lambda T, C, H: (3 * T * C * C + 2 * T * T * C, H * T * T),
            "After the heads comes one more matrix (C, C), which mixes them.",
        ),
        "without the values": (
            lambda T, C, H: (4 * T * C * C + T * T * C, H * T * T),
            "There are two products with the table: it is made, and it mixes values.",
        ),
        "each head with all channels": (
            lambda T, C, H: (4 * T * C * C + 2 * H * T * T * C, H * T * T),
            "A head has D = C / H channels only: H heads cost as much as one.",
        ),
        "one table for all heads": (
            lambda T, C, H: (4 * T * C * C + 2 * T * T * C, T * T),
            "Each head has a table of its own.",
        ),
        "additions counted too": (
            lambda T, C, H: (2 * (4 * T * C * C + 2 * T * T * C), H * T * T),
            "Count multiplications only: (a, b) @ (b, c) takes a b c of them.",
        ),
        "learned matrices without the words": (
            lambda T, C, H: (4 * C * C + 2 * T * T * C, H * T * T),
            "Each of the T words goes through the matrices: T * C * C each.",
        ),
        "one head's products only": (
            lambda T, C, H: (4 * T * C * C + 2 * T * T * (C // H), H * T * T),
            "Add the heads up: H heads of D channels, and H * D = C.",
        ),
        "the masked places left out": (
            lambda T, C, H: (4 * T * C * C + 2 * T * T * C, H * T * (T + 1) // 2),
            "Count every place of the tables, masked or not: T * T in each.",
        ),
        "the learned matrices alone": (
            lambda T, C, H: (4 * T * C * C, H * T * T),
            "The tables take two products more: they are made, and they mix values.",
        ),
        "one number alone": (
            lambda T, C, H: 4 * T * C * C + 2 * T * T * C,
            "Return two numbers: the multiplications, and the weights of all tables.",
        ),
        "in the other order": (
            lambda T, C, H: (H * T * T, 4 * T * C * C + 2 * T * T * C),
            "First the multiplications, then the weights.",
        ),
        "matrices of one head": (
            lambda T, C, H: (4 * T * C * (C // H) + 2 * T * T * C, H * T * T),
            "For all heads together a learned matrix is C times C.",
        ),
        "the learned weights": (
            lambda T, C, H: (4 * T * C * C + 2 * T * T * C, 4 * C * C),
            "Meant are the weights of attention: a table (T, T) for each head.",
        ),
        "a table of results": (
            lambda T, C, H: (4 * T * C * C + 2 * T * T * C, T * C),
            "Count the weights: one for each head, each query and each key.",
        ),
    },
)
def attention_cost(T: int, C: int, H: int) -> tuple[int, int]:
    """Multiplications of one attention over T words, and numbers in its tables."""
    return 4 * T * C * C + 2 * T * T * C, H * T * T


def score_tables() -> list[tuple]:
    """Scores (..., T, T) and window widths."""
    import torch

    draw = torch.Generator().manual_seed(5)
    return [
        (torch.randn(6, 6, generator=draw), 3),
        (torch.randn(2, 5, 5, generator=draw), 2),
        (torch.randn(7, 7, generator=draw) * 2, 4),
    ]


def windowed(
    scores: Tensor, lowest: int, highest: int, hide: str = "-inf", over: int = -1
) -> Tensor:
    """Weights where word t sees those at distances from lowest to highest."""
    import torch

    places = torch.arange(scores.shape[-1])
    distance = places[:, None] - places[None, :]
    hidden = (distance < lowest) | (distance > highest)
    if hide == "after":
        return scores.softmax(-1).masked_fill(hidden, 0.0)
    return scores.masked_fill(hidden, float(hide)).softmax(over)


def outside(scores: Tensor, W: int) -> Tensor:
    """Weights of all words that the window should hide."""
    import torch

    places = torch.arange(scores.shape[-1])
    distance = places[:, None] - places[None, :]
    inside = (distance >= 0) & (distance < W)
    return scores.masked_fill(inside, -torch.inf).softmax(-1)


def columns_divided(scores: Tensor, W: int) -> Tensor:
    """Weights masked late, with columns that sum to one, as a mistake."""
    weights = windowed(scores, 0, W - 1, hide="after")
    return weights / weights.sum(-2, keepdim=True)


def fixed(scores: Tensor, first: int, end: int) -> Tensor:
    """Causal weights where every word sees the same places, first up to end."""
    import torch

    T = scores.shape[-1]
    seen = torch.ones(T, T).tril().bool()
    seen[:, :first], seen[:, end:] = False, False
    return scores.masked_fill(~seen, -1e9).softmax(-1)


@exercise(
    "05.5",
    "A sliding window",
    inputs=score_tables,
    mistakes={
        "one word too many": (
            lambda scores, W: windowed(scores, 0, W),
            "The word itself is one of the W: the farthest is W - 1 back.",
        ),
        "the future inside the window": (
            lambda scores, W: windowed(scores, 1 - W, W - 1),
            "Hide everything after the word as well: it is still a causal mask.",
        ),
        "one word too few": (
            lambda scores, W: windowed(scores, 0, max(0, W - 2)),
            "The word itself is one of the W: the farthest is W - 1 back.",
        ),
        "the last words of the text for everyone": (
            lambda scores, W: fixed(scores, scores.shape[-1] - W, scores.shape[-1]),
            "The window moves along: it ends at the word that looks.",
        ),
        "the first words of the text for everyone": (
            lambda scores, W: fixed(scores, 0, W),
            "The window moves along: it ends at the word that looks.",
        ),
        "scores without a softmax": (
            lambda scores, W: scores.masked_fill(
                windowed(scores, 0, W - 1) == 0, float("-inf")
            ),
            "Each row must sum to one: the softmax is missing.",
        ),
        "divided by the sums of the columns": (
            columns_divided,
            "Each row sums to one: divide by sum(-1, keepdim=True).",
        ),
        "no window": (
            lambda scores, W: windowed(scores, 0, scores.shape[-1]),
            "Words W or more places back must be hidden too.",
        ),
        "the whole future": (
            lambda scores, W: windowed(scores, -scores.shape[-1], W - 1),
            "The distance has a lower end, too: hide where it is below 0.",
        ),
        "the window turned to the future": (
            lambda scores, W: windowed(scores, 1 - W, 0),
            "The distance is the query's place minus the key's.",
        ),
        "the mask inverted": (
            outside,
            "It hides what it should show: hide where looking is not allowed.",
        ),
        "a softmax over the queries": (
            lambda scores, W: windowed(scores, 0, W - 1, over=-2),
            "Each row is a query's: the softmax goes over the last direction.",
        ),
        "the word itself hidden": (
            lambda scores, W: windowed(scores, 1, W),
            "A word may see itself: distances go from 0 to W - 1.",
        ),
        "hidden with a zero": (
            lambda scores, W: windowed(scores, 0, W - 1, hide="0"),
            "A score of 0 is a score like others: hide with minus infinity.",
        ),
        "not divided again": (
            lambda scores, W: windowed(scores, 0, W - 1, hide="after"),
            "Mask before the softmax, or divide each row by its sum afterwards.",
        ),
    },
)
def sliding_weights(scores: Tensor, W: int) -> Tensor:
    """Weights (..., T, T): each word sees itself and the W - 1 words before it."""
    return windowed(scores, 0, W - 1)
