"""Exercises of chapter 06 on parameters: 06.3 how many, 06.5 how they begin."""

from __future__ import annotations

import math

from shared.check.asking import exercise


@exercise(
    "06.3",
    "What a block weighs",
    inputs=[(128, True), (768, True), (768, False)],
    alike=[
        ("a bias for each number that goes in", "the norms' biases forgotten"),
    ],
    mistakes={
        "biases also where there are none": (
            lambda C, bias: 12 * C * C + 13 * C,
            "Without biases only the norms' two weights per channel are left.",
        ),
        "biases forgotten": (
            lambda C, bias: 12 * C * C + 2 * C,
            "Each matrix has a bias per number that it puts out, and each norm has C.",
        ),
        "a bias for each number that goes in": (
            lambda C, bias: 12 * C * C + 2 * C + 9 * C * bias,
            "Biases are added to what comes out: 3 C, C, 4 C and C, and two norms' C.",
        ),
        "the norms' biases forgotten": (
            lambda C, bias: 12 * C * C + 2 * C + 9 * C * bias,
            "Each of the two norms has C biases, beside its C weights.",
        ),
        "norms forgotten": (
            lambda C, bias: 12 * C * C + 9 * C * bias,
            "A block has two norms, each with C weights and, if wanted, C biases.",
        ),
        "one norm": (
            lambda C, bias: 12 * C * C + C + 10 * C * bias,
            "A block has two norms, one before each of its parts.",
        ),
        "the norms' weights gone with the biases": (
            lambda C, bias: 12 * C * C + 13 * C * bias,
            "Without biases the two norms still have C weights each.",
        ),
        "three norms": (
            lambda C, bias: 12 * C * C + 3 * C + 12 * C * bias,
            "A block has two norms; the third, before the head, is the model's.",
        ),
        "only one of the feed-forward layer's matrices": (
            lambda C, bias: 8 * C * C + 2 * C + 11 * C * bias,
            "Up from C to 4 C and down again: that is twice 4 C x C.",
        ),
        "attention's last matrix forgotten": (
            lambda C, bias: 11 * C * C + 2 * C + 10 * C * bias,
            "Attention has four matrices of C x C: queries, keys, values and out.",
        ),
        "a feed-forward layer that does not widen": (
            lambda C, bias: 6 * C * C + 2 * C + 8 * C * bias,
            "The feed-forward layer goes from C to 4 C and back: twice 4 C x C.",
        ),
    },
)
def block_parameters(C: int, bias: bool) -> int:
    """Parameters of one block with C channels, with or without biases."""
    return 12 * C * C + 2 * C + (4 + 5 + 2) * C * bias


NAMES = [
    "tokens.weight",
    "positions.weight",
    "blocks.0.norm1.weight",
    "blocks.0.norm1.bias",
    "blocks.0.attention.qkv.weight",
    "blocks.0.attention.qkv.bias",
    "blocks.0.attention.out.weight",
    "blocks.0.attention.out.bias",
    "blocks.0.norm2.weight",
    "blocks.0.mlp.up.weight",
    "blocks.0.mlp.down.weight",
    "blocks.0.mlp.down.bias",
    "norm.weight",
    "head.weight",
]
ADDED = ("attention.out.weight", "mlp.down.weight")


def stds_by(
    names: list[str],
    small: float,
    added: tuple[str, ...] = ADDED,
    fixed: tuple[str, ...] = ("bias", "norm1.weight", "norm2.weight", "norm.weight"),
) -> list[float]:
    """0 for what ends in `fixed`, `small` for what ends in `added`, else 0.02."""
    return [
        0.0 if name.endswith(fixed) else small if name.endswith(added) else 0.02
        for name in names
    ]


def by_its_own_number(names: list[str], layers: int) -> list[float]:
    """The block's own number in the place of all layers, as a mistake."""
    stds = first_stds(names, layers)
    for i, name in enumerate(names):
        if name.endswith(ADDED):
            stds[i] = 0.02 / math.sqrt(2 * (int(name.split(".")[1]) + 1))
    return stds


@exercise(
    "06.5",
    "First weights by name",
    inputs=[(NAMES, 2), (NAMES, 12), (NAMES[4:9], 48)],
    mistakes={
        "0.02 everywhere": (
            lambda names, layers: stds_by(names, 0.02),
            "What a block adds to the stream is drawn smaller.",
        ),
        "0.02 for every weight": (
            lambda names, layers: [
                0.0
                if name.endswith("bias")
                else 0.02 / (2 * layers) ** 0.5
                if name.endswith(ADDED)
                else 0.02
                for name in names
            ],
            "Norms end in .weight, too, but begin at 1: nothing is drawn, so 0.",
        ),
        "biases and norms drawn as well": (
            lambda names, layers: stds_by(
                names, 0.02 / (2 * layers) ** 0.5, ADDED, ("nothing",)
            ),
            "Biases and the weights of norms begin at one value: their std is 0.",
        ),
        "the last norm drawn": (
            lambda names, layers: stds_by(
                names,
                0.02 / (2 * layers) ** 0.5,
                ADDED,
                ("bias", "norm1.weight", "norm2.weight"),
            ),
            "The norm before the head is a norm as well: its std is 0.",
        ),
        "tables drawn with size 1": (
            lambda names, layers: [
                1.0 if name.startswith(("tokens", "positions")) else std
                for name, std in zip(names, first_stds(names, layers), strict=True)
            ],
            "GPT-2 draws its embeddings with 0.02, too: a tied head reads with them.",
        ),
        "the head at zero": (
            lambda names, layers: [
                0.0 if name.startswith("head") else std
                for name, std in zip(names, first_stds(names, layers), strict=True)
            ],
            "GPT-2 draws the head like every matrix that is not added: 0.02.",
        ),
        "the number of this layer": (
            by_its_own_number,
            "All layers are drawn alike: divide by the root of 2 x layers.",
        ),
        "one result per layer": (
            lambda names, layers: stds_by(names, 0.02 / math.sqrt(layers)),
            "Each layer adds two results, attention's and the feed-forward layer's.",
        ),
        "no root": (
            lambda names, layers: stds_by(names, 0.02 / (2 * layers)),
            "Variances add up, not sizes: divide by the root of 2 x layers.",
        ),
        "attention's result only": (
            lambda names, layers: stds_by(names, 0.02 / (2 * layers) ** 0.5, ADDED[:1]),
            "The feed-forward layer's result, mlp.down, is added too.",
        ),
        "every matrix of a block smaller": (
            lambda names, layers: stds_by(
                names, 0.02 / (2 * layers) ** 0.5, (*ADDED, "qkv.weight", "up.weight")
            ),
            "Only the matrices whose result is added: attention.out and mlp.down.",
        ),
        "biases drawn": (
            lambda names, layers: [
                0.02 if name.endswith("bias") else std
                for name, std in zip(names, first_stds(names, layers), strict=True)
            ],
            "Biases begin at zero: nothing is drawn, so their std is 0.",
        ),
        "norms at 1": (
            lambda names, layers: [
                1.0 if "norm" in name and name.endswith("weight") else std
                for name, std in zip(names, first_stds(names, layers), strict=True)
            ],
            "They begin at 1, all of them alike: their standard deviation is 0.",
        ),
    },
)
def first_stds(names: list[str], layers: int) -> list[float]:
    """Standard deviation of each parameter's first values, by its name."""
    return stds_by(names, 0.02 / math.sqrt(2 * layers))
