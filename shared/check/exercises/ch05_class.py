"""Exercise 05.6, the class of the chapter. Torch is imported where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor


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
    H = q.shape[1]
    scale = {"unscaled": 1.0, "by D": D, "by C": (D * H) ** 0.5}
    scale |= {"by T": T**0.5, "by H": H**0.5}
    scores = q @ k.mT
    if slip != "scale late":
        scores = scores / scale.get(slip, D**0.5)
    diagonal = 0 if slip == "not itself" else 1
    hidden = torch.ones(T, T).triu(diagonal).bool()
    if slip == "not itself":
        hidden[0, 0] = False  # or the first row would be empty
    if slip == "empty":
        hidden = torch.ones(T, T).triu(0).bool()
    if slip == "tril":
        hidden = torch.ones(T, T).tril().bool()
    if slip == "inverted":
        hidden = torch.ones(T, T).tril(-1).bool()
    if slip == "open":
        hidden = torch.zeros(T, T).bool()
    if slip == "no softmax":
        weights = scores.masked_fill(hidden, 0.0)
    elif slip == "late":
        weights = scores.softmax(-1).masked_fill(hidden, 0.0)
    else:
        fill = 0.0 if slip == "zeros" else -torch.inf
        over = {"axis": -2, "heads": 1}.get(slip, -1)
        weights = scores.masked_fill(hidden, fill).softmax(over)
    weights = weights / D**0.5 if slip == "scale late" else weights
    return weights @ (q if slip == "queries fetched" else v)


#: Slips that lie before or after the attention itself, which torch then does.
BY_TORCH = (
    *("", "no out", "heads not back", "viewed at once", "viewed there", "order"),
    *("values", "cards", "one head", "heads first", "residual", "no bias"),
)


def causal(slip: str = "") -> Callable[[int, int], Any]:
    """Make multi-head causal attention, right or with one slip in it."""

    def build(width: int, heads: int) -> Any:
        from torch import nn
        from torch.nn import functional as F

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.qkv = nn.Linear(width, 3 * width, bias=slip != "no bias")
                self.out = nn.Linear(width, width, bias=slip != "no bias")

            def split(self, x: Tensor) -> Tensor:
                if slip in ("viewed at once", "viewed there"):
                    return x.reshape(x.shape[0], heads, x.shape[1], -1)
                if slip == "cards":
                    return x.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2)
                if slip == "one head":
                    return x[:, None]
                return x.unflatten(-1, (heads, -1)).transpose(1, 2)

            def forward(self, x: Tensor) -> Tensor:
                parts = self.qkv(x).chunk(3, -1)
                if slip == "order":
                    parts = (parts[1], parts[0], parts[2])
                if slip == "values":
                    parts = (parts[0], parts[2], parts[1])
                q, k, v = map(self.split, parts)
                if slip == "heads first":  # (B, T, 3 C) cut into heads, then into three
                    q, k, v = self.split(self.qkv(x)).chunk(3, -1)
                if slip in BY_TORCH:
                    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
                else:
                    y = mixed(q, k, v, slip)
                if slip in ("heads not back", "viewed at once"):
                    y = y.reshape(x.shape)
                else:
                    y = y.transpose(1, 2).flatten(2)
                if slip == "no out":
                    return y
                return self.out(y) + (x if slip == "residual" else 0)

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
        "keys and values exchanged": (
            causal("values"),
            "The order in qkv is queries, keys, values.",
        ),
        "cut into heads before it is cut into three": (
            causal("heads first"),
            "First chunk(3, dim=-1) into q, k and v, then cut each into heads.",
        ),
        "one head of all channels": (
            causal("one head"),
            "Cut q, k and v into heads: each has a table of its own.",
        ),
        "channels dealt out like cards": (
            causal("cards"),
            "Head 0 gets the first D channels in a row: (H, D), in this order.",
        ),
        "viewed at once on the way there": (
            causal("viewed there"),
            "First cut C into (H, D), then move the heads before the words.",
        ),
        "the root of the number of words": (
            causal("by T"),
            "The scale is the root of D, the numbers of one head.",
        ),
        "the root of the number of heads": (
            causal("by H"),
            "The scale is the root of D, the numbers of one head.",
        ),
        "a first row that sees nothing": (
            causal("empty"),
            "A word may look at itself: triu(1), or the first row is 0 / 0, nan.",
        ),
        "the past and the word itself hidden": (
            causal("tril"),
            "Hidden is what comes later: triu(1), right of the diagonal.",
        ),
        "a softmax over the heads": (
            causal("heads"),
            "The softmax goes over the last direction, the keys of one row.",
        ),
        "no softmax": (causal("no softmax"), "Scores become weights by the softmax."),
        "queries in the place of values": (
            causal("queries fetched"),
            "What is mixed are the values: weights @ v.",
        ),
        "the input added": (
            causal("residual"),
            "Return the attention alone; adding x is the next chapter's business.",
        ),
        "layers without biases": (
            causal("no bias"),
            "nn.Linear has a bias unless you say bias=False; leave it in.",
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
