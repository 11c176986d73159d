"""Exercises of chapter 07 on writing and measuring: 07.6 to 07.8. torch waits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor

# --- 07.6: from scores to probabilities -----------------------------------------------


def nine_words() -> list[tuple]:
    """Scores (V,) without ties, a temperature, k and p."""
    import torch

    nine = torch.tensor([2.1, 0.3, -1.0, 1.7, 0.9, -0.4, 1.2, -2.5, 0.6])
    few = torch.tensor([-0.2, 1.5, 0.1, 0.8, -1.1])
    return [
        (nine, 0.7, 5, 0.8),
        (nine, 1.6, 6, 0.75),
        (few, 1.0, 5, 0.9),
        (few, 2.0, 3, 1.0),
    ]


def lowest_out(scores: Tensor, k: int, sign: int = 1) -> Tensor:
    """Which scores are among the k highest."""
    order = (sign * scores).argsort(descending=True)
    return (order.argsort() < k) if k < len(scores) else scores == scores


def nucleus(probs: Tensor, p: float, early: int = 0) -> Tensor:
    """Which are the fewest likeliest that reach p; early: cut so many sooner."""
    ordered, places = probs.sort(descending=True)
    before = ordered.cumsum(0) - ordered
    kept = before < p - 1e-7
    if early > 0:  # the one that reaches p is left out
        kept = (ordered.cumsum(0) <= p + 1e-7) | (before == 0)
    if early < 0:
        kept = kept.roll(1) | kept
        kept[0] = True
    return kept.new_zeros(len(probs)).scatter(0, places, kept)


def with_slip(slip: str = "") -> Callable[[Tensor, float, int, float], Tensor]:
    """Temperature, top-k, top-p and softmax, right or with one slip."""

    def made(scores: Tensor, temperature: float, k: int, p: float) -> Tensor:
        warm = scores / temperature
        if slip in ("times", "cold"):
            warm = scores * temperature if slip == "times" else scores
        first = scores if slip == "late" else warm
        high = lowest_out(first, k, -1 if slip == "lowest" else 1)
        if slip in ("no k", "p first"):
            high = first == first
        hidden = 0.0 if slip == "zeros" else -math.inf
        left = first.masked_fill(~high, hidden)
        whole = slip in ("whole", "p first", "whole and short")
        probs = (first if whole else left).softmax(0)
        early = {"short": 1, "whole and short": 1, "long": -1}.get(slip, 0)
        keep = high & nucleus(probs, p, early)
        if slip == "no p":
            keep = high
        if slip == "p first":
            keep = keep & lowest_out(first.masked_fill(~keep, -math.inf), k)
        if slip == "sum":
            return warm.softmax(0) * keep
        return warm.masked_fill(~keep, hidden).softmax(0)

    return made


@exercise(
    "07.6",
    "From scores to chances",
    inputs=nine_words,
    close=1e-5,
    mistakes={
        "multiplied by the temperature": (
            with_slip("times"),
            "Divide by the temperature: below 1 it makes differences larger.",
        ),
        "no temperature": (
            with_slip("cold"),
            "First divide all scores by the temperature.",
        ),
        "the temperature last": (
            with_slip("late"),
            "Divide by the temperature first: top-p looks at what comes of it.",
        ),
        "no top-k": (with_slip("no k"), "Keep the k highest scores alone."),
        "no top-p": (
            with_slip("no p"),
            "Of those kept, keep the fewest likeliest that together reach p.",
        ),
        "the k lowest": (with_slip("lowest"), "Keep the highest: descending=True."),
        "top-p before top-k counts": (
            with_slip("whole"),
            "Top-p looks at the probabilities among the k that are left.",
        ),
        "not divided again": (
            with_slip("sum"),
            "The probabilities of what is kept must sum to 1: softmax comes last.",
        ),
        "zeros for what is out": (
            with_slip("zeros"),
            "A score of 0 may be drawn like others: hide with minus infinity.",
        ),
        "the word that reaches p left out": (
            with_slip("short"),
            "The kept must reach p: the word with which they do belongs to them.",
        ),
        "shares of all words, and the last left out": (
            with_slip("whole and short"),
            "Softmax over the k that are left, and keep the word that reaches p.",
        ),
        "one word too many": (
            with_slip("long"),
            "Stop with the word with which the sum reaches p.",
        ),
    },
)
def chances(scores: Tensor, temperature: float, k: int, p: float) -> Tensor:
    """Probabilities (V,) to draw from: temperature, then top-k, then top-p."""
    return with_slip()(scores, temperature, k, p)


# --- 07.7: bits per byte --------------------------------------------------------------


TEXTS = ["Finn had a kite.", "Chloë: “Où est ma clé?”", "Rain."]
MORE = ["Ein Käfer.", "日本 🪁", "The bell rang, and the goat was gone."]


def nats(losses: Sequence[float], counts: Sequence[int]) -> float:
    """What all documents cost together."""
    return math.fsum(loss * n for loss, n in zip(losses, counts, strict=True))


def size(texts: Sequence[str]) -> int:
    """Bytes of the texts in UTF-8."""
    return sum(len(text.encode("utf-8")) for text in texts)


@exercise(
    "07.7",
    "Fair to every tokenizer",
    inputs=[([1.2, 2.5, 0.7], [5, 14, 2], TEXTS), ([2.0, 3.1, 1.4], [6, 9, 10], MORE)],
    mistakes={
        "characters in place of bytes": (
            lambda losses, counts, texts: (
                nats(losses, counts) / math.log(2) / sum(map(len, texts))
            ),
            "Some characters have several bytes: count len(text.encode()).",
        ),
        "characters, and nats": (
            lambda losses, counts, texts: nats(losses, counts) / sum(map(len, texts)),
            "Count bytes, len(text.encode()), and divide by math.log(2) for bits.",
        ),
        "the mean loss in bits": (
            lambda losses, counts, texts: sum(losses) / len(losses) / math.log(2),
            "That is per token: add up loss times count, and divide by all bytes.",
        ),
        "bits of all texts, not per byte": (
            lambda losses, counts, texts: nats(losses, counts) / math.log(2),
            "Divide by the number of bytes.",
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


# --- 07.8: what can it do? ------------------------------------------------------------

SKILLS = ("phrases", "numbers", "things", "names")


def examined() -> list[tuple]:
    """Logits (B, T, V), targets (B, T), and the skill asked at each place, or -1."""
    import torch

    draw = torch.Generator().manual_seed(31)
    asked = torch.tensor(
        [[0, 0, 1, -1, 2, 3], [0, 1, 3, 3, 0, -1], [2, 0, -1, 2, 3, -1]]
    )
    trials = []
    for rows in (asked, torch.tensor([[0, 1, 0, 2, 3, 0, -1], [1, 0, 2, 0, 3, 1, 1]])):
        targets = torch.randint(5, rows.shape, generator=draw)
        logits = torch.randn(*rows.shape, 5, generator=draw)
        lift = torch.rand(rows.shape, generator=draw) < 0.6
        logits.scatter_add_(2, targets[..., None], 4.0 * lift[..., None])
        trials.append((logits, targets, rows))
    return trials


def shares(
    right: Tensor, skill: Tensor, divide: Callable[[Tensor], Tensor] | None = None
) -> dict[str, float]:
    """The mean of `right` at each skill's places; divide: the number to divide by."""
    found = {}
    for place, name in enumerate(SKILLS):
        asked = skill == place
        number = asked.sum() if divide is None else divide(asked)
        found[name] = (right.float() * asked).sum().item() / float(number)
    return found


def by_rows(logits: Tensor, targets: Tensor, skill: Tensor) -> dict[str, float]:
    """The mean of the rows' shares, as a mistake."""
    right, found = logits.argmax(-1) == targets, {}
    for place, name in enumerate(SKILLS):
        rows = [r[s == place] for r, s in zip(right, skill, strict=True)]
        means = [row.float().mean().item() for row in rows if len(row)]
        found[name] = sum(means) / len(means)
    return found


@exercise(
    "07.8",
    "A share for each skill",
    inputs=examined,
    close=1e-5,
    mistakes={
        "the share of all places": (
            lambda logits, targets, skill: shares(
                logits.argmax(-1) == targets, skill, lambda asked: asked.numel()
            ),
            "Divide by the number of places that ask for this skill.",
        ),
        "the share of all places that ask": (
            lambda logits, targets, skill: shares(
                logits.argmax(-1) == targets, skill, lambda asked: (skill >= 0).sum()
            ),
            "Divide by the number of places that ask for this skill.",
        ),
        "numbers in the place of shares": (
            lambda logits, targets, skill: shares(
                logits.argmax(-1) == targets, skill, lambda asked: 1
            ),
            "Divide by the number of places that ask for this skill.",
        ),
        "one share for all": (
            lambda logits, targets, skill: dict.fromkeys(
                SKILLS, (logits.argmax(-1) == targets)[skill >= 0].float().mean().item()
            ),
            "Choose the places of each skill by itself: skill == place.",
        ),
        "a share of the right ones": (
            lambda logits, targets, skill: shares(
                right := logits.argmax(-1) == targets, skill, lambda asked: right.sum()
            ),
            "Divide by the places that ask for this skill, right and wrong alike.",
        ),
        "the mean of the rows' shares": (
            by_rows,
            "Every place weighs the same, whatever its row: one mean over all of them.",
        ),
        "the probability of the right token": (
            lambda logits, targets, skill: shares(
                logits.softmax(-1).gather(-1, targets[..., None])[..., 0], skill
            ),
            "Count how often the right token is ranked first: argmax(-1) == targets.",
        ),
        "the wrong ones": (
            lambda logits, targets, skill: shares(logits.argmax(-1) != targets, skill),
            "Count where the likeliest token is the target: ==.",
        ),
        "the skills numbered from 1": (
            lambda logits, targets, skill: shares(
                logits.argmax(-1) == targets,
                skill - 1,
                lambda asked: max(1, int(asked.sum())),
            ),
            "The first skill, phrases, has the number 0.",
        ),
    },
)
def skill_shares(logits: Tensor, targets: Tensor, skill: Tensor) -> dict[str, float]:
    """For each skill, the share of its places where the target is ranked first."""
    return shares(logits.argmax(-1) == targets, skill)
