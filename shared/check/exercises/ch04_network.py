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
    h = a if slip == "no tanh" else math.tanh(a)
    z = w2 * h + b2
    at_z = (1 if slip == "two" else 2) * (z if slip == "y" else z - y)
    at_z = {"sign": -at_z, "loss": (z - y) ** 2}.get(slip, at_z)
    at_h = at_z * {"h": h, "w2": 1.0}.get(slip, w2)
    bent = {"flat": 1.0, "a": 1 - a * a, "twice": 1 - math.tanh(h) ** 2, "minus": h * h}
    bent |= {"no square": 1 - h, "no tanh": 1.0}
    at_a = at_h * bent.get(slip, 1 - h * h)
    at_w1 = at_a if slip == "x" else at_a * x
    at_w2 = at_z * {"before": a, "w2 for h": w2}.get(slip, h)
    if slip == "last two":
        return at_w1, at_a, at_z, at_w2
    if slip == "w1 for x":
        return at_a * w1, at_a, at_w2, at_z
    if slip == "b1":
        return at_w1, at_h, at_w2, at_z
    if slip == "order":
        return at_w2, at_z, at_w1, at_a
    return at_w1, at_a, at_w2, 1.0 if slip == "one" else at_z


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
        "h without its square": (
            slipped("no square"),
            "The slope of the tanh is 1 - h * h, with the square.",
        ),
        "w2 left out": (
            slipped("w2"),
            "h is multiplied by w2 on its way to z, so the slope at h is at_z * w2.",
        ),
        "the loss in the place of its slope": (
            slipped("loss"),
            "Begin with the derivative of (z - y) ** 2, which is 2 * (z - y).",
        ),
        "w2 in the place of h": (
            slipped("w2 for h"),
            "w2 is multiplied by h on its way to z, so its slope is at_z * h.",
        ),
        "the tanh passed over at b1": (
            slipped("b1"),
            "b1 stands before the tanh, too: at_h * (1 - h * h).",
        ),
        "w2 and b2 exchanged": (
            slipped("last two"),
            "Return them in the order w1, b1, w2, b2.",
        ),
        "w1 in the place of x": (
            slipped("w1 for x"),
            "w1 is multiplied by x, so its slope is that of b1 times x.",
        ),
        "y minus z": (
            slipped("sign"),
            "The slope of (z - y) ** 2 at z is 2 * (z - y), not 2 * (y - z).",
        ),
        "no tanh at all": (
            slipped("no tanh"),
            "Forwards, h = tanh(w1 * x + b1); backwards, multiply by 1 - h * h.",
        ),
        "the last layer first": (
            slipped("order"),
            "Return them in the order w1, b1, w2, b2.",
        ),
        "a slope of 1 at b2": (
            slipped("one"),
            "z grows as b2 does, so the slope at b2 is that at z.",
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
    (0.3, [0.0, 1e-7, -3e-8, 2e-7], 0.1),  # here the 1e-8 in the divisor counts
]


def adam_with(w: float, gradients: list[float], rate: float, slip: str = "") -> float:
    """The weight after Adam's steps; `slip` names what is done wrong."""
    m = v = 0.0
    kept = {"swapped": (0.999, 0.9), "shares": (0.1, 0.001)}
    quick, slow = kept.get(slip, (0.9, 0.999))
    for t, g in enumerate(gradients, start=0 if slip == "nought" else 1):
        if slip == "anew":
            m = v = 0.0
        m = quick * m + (1 if slip == "sum" else 1 - quick) * g
        v = slow * v + (1 - slow) * (abs(g) if slip == "square" else g * g)
        if slip == "end":
            t = len(gradients)
        if slip == "product":
            m_hat, v_hat = m / (1 - quick * t), v / (1 - slow * t)
        else:
            m_hat, v_hat = m / (1 - quick**t), v / (1 - slow**t)
        if slip == "kept":
            m, v = m_hat, v_hat
        elif slip == "bare":
            m_hat, v_hat = m, v
        elif slip == "bare v":
            v_hat = v
        elif slip == "bare m":
            m_hat = m
        elif slip == "first":
            m_hat, v_hat = m / (1 - quick), v / (1 - slow)
        inside, outside = {"inside": (1e-8, 0), "none": (0, 0)}.get(slip, (0, 1e-8))
        if slip == "plain":
            w -= rate * g
            continue
        if slip == "last" and t < len(gradients):
            continue
        size = v_hat if slip == "root" else math.sqrt(v_hat + inside)
        m_hat = g if slip == "no m" else m_hat
        step = (1 if slip == "no rate" else rate) * m_hat / (size + outside)
        w = w + step if slip == "up" else w - step
        if slip == "once":
            break
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
        "t counted from 0": (
            wrong_adam("nought"),
            "The first step is t = 1: enumerate(gradients, start=1).",
        ),
        "the last step's correction everywhere": (
            wrong_adam("end"),
            "t is the number of this step, 1, 2, 3, not how many there are.",
        ),
        "v not corrected": (
            wrong_adam("bare v"),
            "Both means are corrected: divide v by 1 - 0.999**t, too.",
        ),
        "m not corrected": (
            wrong_adam("bare m"),
            "Both means are corrected: divide m by 1 - 0.9**t, too.",
        ),
        "times t in the place of to the power of t": (
            wrong_adam("product"),
            "It is 1 - 0.9**t, a power, not 1 - 0.9 * t.",
        ),
        "without the rate": (
            wrong_adam("no rate"),
            "The step is the rate times m_hat, divided by the root.",
        ),
        "the bare gradient over the root": (
            wrong_adam("no m"),
            "Above stands m_hat, the mean of recent gradients, not g alone.",
        ),
        "plain descent": (
            wrong_adam("plain"),
            "That is w - rate * g: Adam divides by the root of the mean square.",
        ),
        "the first step alone": (
            wrong_adam("once"),
            "The return belongs behind the loop: one step for each gradient.",
        ),
        "the last step alone": (
            wrong_adam("last"),
            "The step belongs inside of the loop: one for each gradient.",
        ),
        "what is kept and what is new exchanged": (
            wrong_adam("shares"),
            "0.9 of what was there, and 0.1 of the new gradient.",
        ),
        "means that begin anew at each step": (
            wrong_adam("anew"),
            "Set m and v to 0 once, before the loop.",
        ),
        "1e-8 inside the root": (
            wrong_adam("inside"),
            "First the root of v_hat, then add 1e-8.",
        ),
        "nothing added in the divisor": (
            wrong_adam("none"),
            "Add 1e-8 to the root: a gradient of 0 would divide by zero.",
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
            inputs = width if slip in ("added", "mean") else n * width
            new = torch.zeros if slip == "zeros" else torch.randn
            E = new(words, width)  # noqa: N806 (the exercise's own name)
            E = E * 0 if slip == "zero E" else E  # noqa: N806
            self.E = E if slip == "plain E" else nn.Parameter(E)
            first, last = new(inputs, hidden), new(hidden, words)
            if slip == "torch":
                first, last = first.T.clone(), last.T.clone()
            self.W1 = nn.Parameter(first / inputs**0.5)
            self.W2 = nn.Parameter(last / hidden**0.5)
            if slip == "ones":
                self.W2 = nn.Parameter(torch.ones(hidden, words))
            if slip != "no b1":
                self.b1 = self.bias(1, hidden) if slip == "row" else self.bias(hidden)
            if slip != "no b2":
                self.b2 = self.bias(words)

        @staticmethod
        def bias(*size: int) -> Any:
            if slip in ("plain", "none"):  # no parameter: it would never learn
                return torch.zeros(size)
            return nn.Parameter(torch.zeros(size))

        def forward(self, contexts: Tensor) -> Tensor:
            vectors = self.E[contexts]  # (B, n, C)
            if slip == "backwards":
                vectors = vectors.flip(1)
            if slip == "columns":
                vectors = vectors.mT
            joined = vectors.flatten(1)
            if slip in ("added", "mean"):
                joined = vectors.sum(1) if slip == "added" else vectors.mean(1)
            if slip == "early":
                joined = joined.tanh()
            first, last = self.W1, self.W2
            if slip == "torch":
                first, last = first.T, last.T
            if slip == "after":
                features = (joined @ first).tanh() + self.b1
            else:
                bend = {"relu": torch.relu, "sigmoid": torch.sigmoid, "straight": None}
                features = joined @ first + (0 if slip == "no b1" else self.b1)
                bent = bend.get(slip, torch.tanh)
                features = bent(features) if bent else features
            logits = features @ last + (0 if slip == "no b2" else self.b2)
            if slip == "bent":
                return logits.tanh()
            if slip == "log":
                return logits.log_softmax(1)
            if slip in ("softmax", "over"):
                return logits.softmax(1 if slip == "softmax" else 0)
            return logits

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
            ("mean", "the mean of the embeddings", "Side by side: flatten to n * C."),
            ("torch", "weights with a row for each output", "Use the table's shapes."),
            ("plain E", "embeddings that are no parameter", "E is an nn.Parameter."),
            ("zero E", "embeddings of zero", "Draw E at random."),
            ("no b1", "no bias in the hidden layer", "Add b1, an nn.Parameter."),
            ("over", "a softmax over the batch", "Return logits, as they are."),
            ("no b2", "no bias in the last layer", "Add b2, an nn.Parameter."),
            ("row", "a bias of two dimensions", "b1 has the shape (hidden,)."),
            ("ones", "first weights that are all alike", "Draw W2 at random."),
            ("early", "a tanh on the embeddings", "Only the features are bent."),
            ("after", "the bias added after the tanh", "Add b1 before the tanh."),
            ("sigmoid", "a sigmoid", "The features go through tanh."),
            ("log", "a log-softmax at the end", "Return logits, as they are."),
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
