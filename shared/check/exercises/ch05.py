"""Exercises of chapter 05. Torch is imported where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise

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
        "no window": (
            lambda scores, W: windowed(scores, 0, scores.shape[-1]),
            "Words W or more places back must be hidden too.",
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


# --- 05.6: the whole of it -----------------------------------------------------------


def run_attention(Answer: Any, width: int, heads: int, B: int, T: int) -> Tensor:
    """Build the answer, give it drawn weights and a drawn text, and return its result.

    Weights are called qkv.weight, qkv.bias, out.weight and out.bias; a class with other
    names, or other shapes, gets torch's own error, which lists them.
    """
    import torch

    net, draw = Answer(width, heads), torch.Generator().manual_seed(width + T)
    shapes = {"qkv": 3 * width, "out": width}
    state = {}
    for name, rows in shapes.items():
        state[f"{name}.weight"] = torch.randn(rows, width, generator=draw) / width**0.5
        state[f"{name}.bias"] = torch.randn(rows, generator=draw)
    net.load_state_dict(state)
    x = torch.randn(B, T, width, generator=draw) * 2
    with torch.no_grad():
        return net.eval()(x)


def mixed(q: Tensor, k: Tensor, v: Tensor, slip: str) -> Tensor:
    """Causal attention (B, H, T, D) by hand, with one slip in it."""
    import torch

    D, T = q.shape[-1], q.shape[-2]
    scale = {"unscaled": 1.0, "by D": D, "by C": (D * q.shape[1]) ** 0.5}
    scores = q @ k.mT
    if slip != "scale late":
        scores = scores / scale.get(slip, D**0.5)
    diagonal = 0 if slip == "not itself" else 1
    hidden = torch.ones(T, T).triu(diagonal).bool()
    if slip == "not itself":
        hidden[0, 0] = False  # or the first row would be empty
    if slip == "inverted":
        hidden = torch.ones(T, T).tril(-1).bool()
    if slip == "open":
        hidden = torch.zeros(T, T).bool()
    if slip == "late":
        weights = scores.softmax(-1).masked_fill(hidden, 0.0)
    else:
        fill = 0.0 if slip == "zeros" else -torch.inf
        weights = scores.masked_fill(hidden, fill).softmax(-2 if slip == "axis" else -1)
    weights = weights / D**0.5 if slip == "scale late" else weights
    return weights @ v


def causal(slip: str = "") -> Callable[[int, int], Any]:
    """Make multi-head causal attention, right or with one slip in it."""

    def build(width: int, heads: int) -> Any:
        from torch import nn
        from torch.nn import functional as F

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.qkv = nn.Linear(width, 3 * width)
                self.out = nn.Linear(width, width)

            def split(self, x: Tensor) -> Tensor:
                if slip == "viewed at once":
                    return x.reshape(x.shape[0], heads, x.shape[1], -1)
                return x.unflatten(-1, (heads, -1)).transpose(1, 2)

            def forward(self, x: Tensor) -> Tensor:
                parts = self.qkv(x).chunk(3, -1)
                if slip == "order":
                    parts = (parts[1], parts[0], parts[2])
                q, k, v = map(self.split, parts)
                if slip in ("", "no out", "heads not back", "viewed at once", "order"):
                    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
                else:
                    y = mixed(q, k, v, slip)
                if slip in ("heads not back", "viewed at once"):
                    y = y.reshape(x.shape)
                else:
                    y = y.transpose(1, 2).flatten(2)
                return y if slip == "no out" else self.out(y)

        return Net()

    return build


@exercise(
    "05.6",
    "The whole of it, from an empty cell",
    inputs=[(12, 3, 2, 5), (8, 1, 1, 4), (16, 4, 3, 7)],
    use=run_attention,
    close=1e-5,
    mistakes={
        "no scale": (
            causal("unscaled"),
            "Divide the scores by the square root of D, the numbers of one head.",
        ),
        "divided by D": (causal("by D"), "The scale is the square root of D."),
        "the root of the whole width": (
            causal("by C"),
            "D is the number of channels of one head, C / H, and not the whole C.",
        ),
        "the scale after the softmax": (
            causal("scale late"),
            "Divide the scores, before the softmax.",
        ),
        "no mask": (causal("open"), "No place may look at a later one."),
        "the mask inverted": (
            causal("inverted"),
            "It hides the past: hidden are the columns right of the diagonal.",
        ),
        "nobody sees itself": (
            causal("not itself"),
            "A word may look at itself: triu(1) begins one above the diagonal.",
        ),
        "hidden with a zero": (
            causal("zeros"),
            "A score of 0 is a score like others: hide with minus infinity.",
        ),
        "mask after the softmax, not divided again": (
            causal("late"),
            "Mask before the softmax, or divide each row by its sum afterwards.",
        ),
        "a softmax over the queries": (
            causal("axis"),
            "Each row is a query's: the softmax goes over the last direction.",
        ),
        "queries and keys exchanged": (
            causal("order"),
            "The first third of qkv is the queries, the second the keys.",
        ),
        "viewed at once": (
            causal("viewed at once"),
            "First cut C into (H, D), then move the heads before the words.",
        ),
        "heads not moved back": (
            causal("heads not back"),
            "Move the heads behind the words, transpose(1, 2), before you flatten.",
        ),
        "without the last matrix": (
            causal("no out"),
            "The heads have not met yet: return self.out(...) of them.",
        ),
    },
)
def CausalAttention(width: int, heads: int) -> Any:  # noqa: N802 (it stands for a class)
    """Multi-head causal attention: (B, T, C) -> (B, T, C), by torch's own function."""
    return causal()(width, heads)
