"""Exercises of chapter 04 on networks: units, Adam, and the class. torch waits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor

BY_AUTOGRAD = "autograd did the work; try it once with the formula of the chapter."

UNITS = [
    (3.0, 1.5, 0.4, -0.5, 1.25, 0.3),
    (-2.0, 0.7, 0.25, 0.6, -0.8, -0.1),
    (0.5, -1.0, 2.0, 0.3, 0.7, 0.9),
]


def slopes(
    x: float, y: float, w1: float, b1: float, w2: float, b2: float, slip: str = ""
) -> tuple[float, ...]:
    """Slopes of the loss at w1, b1, w2 and b2; `slip` names what is done wrong."""
    a = w1 * x + b1
    h = math.tanh(a)
    z = w2 * h + b2
    at_z = (1 if slip == "two" else 2) * (z if slip == "y" else z - y)
    at_h = at_z * (h if slip == "h" else w2)
    bent = {"flat": 1.0, "a": 1 - a * a, "twice": 1 - math.tanh(h) ** 2, "minus": h * h}
    at_a = at_h * bent.get(slip, 1 - h * h)
    at_w1 = at_a if slip == "x" else at_a * x
    at_w2 = at_z * (a if slip == "before" else h)
    return at_w1, at_a, at_w2, at_z


def slipped(slip: str) -> Callable[..., tuple[float, ...]]:
    """The slopes with one slip, as a mistake."""
    return lambda x, y, w1, b1, w2, b2: slopes(x, y, w1, b1, w2, b2, slip)


@exercise(
    "04.5",
    "Back through a hidden unit",
    inputs=UNITS,
    short_cuts=dict.fromkeys(("backward", "grad", "autograd"), BY_AUTOGRAD),
    mistakes={
        "the tanh passed over": (
            slipped("flat"),
            "On the way back the tanh multiplies by its slope, 1 - h * h.",
        ),
        "the tanh's slope from the number before it": (
            slipped("a"),
            "The slope is 1 - tanh(a) ** 2, so 1 - h * h with the h after the tanh.",
        ),
        "the tanh taken twice": (
            slipped("twice"),
            "h is the tanh already: its slope is 1 - h * h.",
        ),
        "the square of h as the tanh's slope": (
            slipped("minus"),
            "The slope of the tanh is one minus the square, 1 - h * h.",
        ),
        "a square's derivative without the 2": (
            slipped("two"),
            "The derivative of (z - y) ** 2 is 2 * (z - y).",
        ),
        "the wanted number left out": (
            slipped("y"),
            "The loss depends on z - y: its slope at z is 2 * (z - y).",
        ),
        "h in the place of w2": (
            slipped("h"),
            "h is multiplied by w2 on its way to z, so its slope is multiplied by w2.",
        ),
        "the input left out": (
            slipped("x"),
            "w1 is multiplied by x, so its slope is that of b1 times x.",
        ),
        "the number before the tanh at w2": (
            slipped("before"),
            "w2 is multiplied by h, the number after the tanh.",
        ),
    },
)
def unit_slopes(
    x: float, y: float, w1: float, b1: float, w2: float, b2: float
) -> tuple[float, float, float, float]:
    """Slopes of the loss at w1, b1, w2 and b2, by the chain rule."""
    return slopes(x, y, w1, b1, w2, b2)


STEPS = [
    (1.0, [4.0, 3.0, -2.0], 0.1),
    (0.5, [0.2, -0.3], 0.01),
    (-2.0, [1.5, 1.0, 0.25, 5.0, -0.5], 0.3),
]


def adam_with(w: float, gradients: list[float], rate: float, slip: str = "") -> float:
    """The weight after Adam's steps; `slip` names what is done wrong."""
    m = v = 0.0
    quick, slow = (0.999, 0.9) if slip == "swapped" else (0.9, 0.999)
    for t, g in enumerate(gradients, start=1):
        m = quick * m + (1 if slip == "sum" else 1 - quick) * g
        v = slow * v + (1 - slow) * (abs(g) if slip == "square" else g * g)
        m_hat, v_hat = m / (1 - quick**t), v / (1 - slow**t)
        if slip == "kept":
            m, v = m_hat, v_hat
        elif slip == "bare":
            m_hat, v_hat = m, v
        elif slip == "first":
            m_hat, v_hat = m / (1 - quick), v / (1 - slow)
        size = v_hat if slip == "root" else math.sqrt(v_hat)
        step = rate * m_hat / (size + 1e-8)
        w = w + step if slip == "up" else w - step
    return w


def wrong_adam(slip: str) -> Callable[[float, list[float], float], float]:
    """Adam with one slip, as a mistake."""
    return lambda w, gradients, rate: adam_with(w, gradients, rate, slip)


@exercise(
    "04.6",
    "Adam",
    inputs=STEPS,
    mistakes={
        "no correction of the means": (
            wrong_adam("bare"),
            "Divide m by 1 - 0.9**t and v by 1 - 0.999**t before they are used.",
        ),
        "the corrected means kept": (
            wrong_adam("kept"),
            "The hats are for this step only: go on with m and v themselves.",
        ),
        "always the first step's correction": (
            wrong_adam("first"),
            "The powers grow: 0.9**t and 0.999**t, with t counted from 1.",
        ),
        "no square root": (
            wrong_adam("root"),
            "v is a mean of squares: divide by its root.",
        ),
        "v without the square": (
            wrong_adam("square"),
            "v is the running mean of g * g.",
        ),
        "0.9 and 0.999 exchanged": (
            wrong_adam("swapped"),
            "m is the quick mean, with 0.9, and v the slow one, with 0.999.",
        ),
        "the new gradient at full weight": (
            wrong_adam("sum"),
            "A running mean: 0.9 of what was there and 0.1 of the new gradient.",
        ),
        "uphill": (wrong_adam("up"), "Subtract the step: the gradient points uphill."),
    },
)
def adam(w: float, gradients: list[float], rate: float) -> float:
    """The weight after one step of Adam for each gradient in turn."""
    return adam_with(w, gradients, rate)


TINY = {"words": 7, "n": 3, "width": 2, "hidden": 5}


def networks() -> list[tuple]:
    """Contexts (B, n) and the words that came (B,)."""
    import torch

    contexts = torch.tensor([[0, 0, 3], [1, 6, 2], [4, 4, 5], [2, 0, 1]])
    return [(contexts, torch.tensor([1, 5, 0, 3]))]


def tried_network(Answer: type, contexts: Tensor, came: Tensor) -> tuple:  # noqa: N803
    """The shapes of a network's parameters, whether its first weights are drawn, then
    its logits and its gradients when all parameters are given numbers."""
    import torch
    from torch.nn import functional

    torch.manual_seed(4)
    network = Answer(**TINY)
    named = dict(network.named_parameters())
    shapes = {name: tuple(named[name].shape) for name in sorted(named)}
    drawn = {name: bool(named[name].std() > 0) for name in sorted(named) if name < "b"}
    generator = torch.Generator().manual_seed(7)
    for name in sorted(named):
        numbers = torch.randn(named[name].shape, generator=generator)
        named[name].data = numbers
    logits = network(contexts)
    functional.cross_entropy(logits, came).backward()
    gradients = {name: named[name].grad for name in sorted(named)}
    return shapes, drawn, logits.detach(), gradients


def by_hand(slip: str = "") -> type:
    """The network, or with a slip a wrong version of it. Built here, as torch loads."""
    import torch
    from torch import nn

    class NetworkByHand(nn.Module):
        def __init__(self, words: int, n: int, width: int, hidden: int) -> None:
            super().__init__()
            inputs = width if slip == "added" else n * width
            new = torch.zeros if slip == "zeros" else torch.randn
            self.E = nn.Parameter(new(words, width))
            self.W1 = nn.Parameter(new(inputs, hidden) / inputs**0.5)
            self.W2 = nn.Parameter(new(hidden, words) / hidden**0.5)
            self.b1 = self.bias(hidden)
            self.b2 = self.bias(words)

        @staticmethod
        def bias(size: int) -> Any:
            if slip in ("plain", "none"):  # no parameter: it would never learn
                return torch.zeros(size)
            return nn.Parameter(torch.zeros(size))

        def forward(self, contexts: Tensor) -> Tensor:
            vectors = self.E[contexts]  # (B, n, C)
            if slip == "backwards":
                vectors = vectors.flip(1)
            if slip == "columns":
                vectors = vectors.mT
            joined = vectors.sum(1) if slip == "added" else vectors.flatten(1)
            features = joined @ self.W1 + self.b1
            if slip != "straight":
                features = features.relu() if slip == "relu" else features.tanh()
            logits = features @ self.W2 + self.b2
            if slip == "bent":
                return logits.tanh()
            return logits.softmax(1) if slip == "softmax" else logits

    return NetworkByHand


def as_class(slip: str = "") -> type:
    """A class that builds the network, with a slip or without; torch loads then."""

    def build(cls: type, *args: int, **sizes: int) -> Any:
        return by_hand(slip)(*args, **sizes)

    return type("NetworkByHand", (), {"__new__": build})


@exercise(
    "04.7",
    "A network from an empty cell",
    inputs=networks,
    use=tried_network,
    close=1e-4,
    mistakes={
        name: (as_class(slip), advice)
        for slip, name, advice in [
            ("zeros", "first weights of zero", "Draw E, W1 and W2 at random."),
            ("added", "the embeddings added up", "Side by side: flatten to n * C."),
            ("plain", "biases that are no parameters", "Make b1 and b2 nn.Parameter."),
            ("straight", "no activation", "The features go through tanh."),
            ("relu", "another activation", "The features go through tanh."),
            ("bent", "a tanh after the last layer", "The logits stay as they are."),
            ("softmax", "a softmax at the end", "Return logits, as they are."),
            ("backwards", "the words in reverse order", "Keep the order of the words."),
            ("columns", "numbers sorted by column", "Flatten (B, n, C) as it is."),
        ]
    },
)
class NetworkByHand(as_class()):
    """The chapter's network with its own tables: E, W1, b1, W2, b2."""
