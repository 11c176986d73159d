"""The colours of the book, and what each of them means.

After Okabe and Ito (2008): they stay apart for colour-blind readers. No picture tells
its story by colour alone. Seven families carry the meanings, in curves and in drawings:
brown is text; red, green and purple are what attention asks, offers and hands over;
blue is learning, the loss and the weights that it moves; orange is the goal, and where
we stand; grey is what takes no part.
"""

from __future__ import annotations

from dataclasses import dataclass

COLORS: dict[str, str] = {
    "ink": "#1f2a37", "paper": "#fffdf7", "grid": "#e7e1d3", "grey": "#737b86",
    "blue": "#0067a5", "orange": "#dd8500", "green": "#008a67", "red": "#c8452b",
    "purple": "#9a4f96", "sky": "#4aa3d8", "stripe": "#e4dccb",
}  # fmt: skip
CYCLE = ("blue", "orange", "green", "purple", "red", "sky", "grey")
DASHES = ("-", (0, (5, 1.6)), (0, (1.4, 1.4)), (0, (6, 1.6, 1.4, 1.6)))
CHIPS = ("#cfe5f5", "#fbe3b8", "#cdeadd", "#f0d9ee", "#f9d6cc", "#e3e6ea")
HEAT = ("#fffdf7", "#cfe3f1", "#7fb7de", "#2f7fbd", "#0b4a7c", "#06294a")
SURPRISE = ((255, 250, 235), (246, 178, 107))


@dataclass(frozen=True)
class Look:
    """How a meaning is drawn: a pale fill that ink is read on, and a strong edge.

    color: its name in COLORS, for bars and curves. striped: whether stripes run through
    it. dashed: whether its edge is.
    """

    fill: str
    edge: str
    color: str
    striped: bool = False
    dashed: bool = False


MEANINGS: dict[str, Look] = {
    "token": Look("#f7ecdc", "#8a5a2b", "ink"),  # text, its pieces and their ids
    "plain": Look("#fffdf7", "#4a5560", "ink"),  # vectors, numbers, anything else
    "part": Look("#efeae0", "#4a5560", "ink"),  # a layer or a step: something that acts
    "query": Look("#f9d6cc", "#b83a22", "red"),
    "key": Look("#cdeadd", "#00775a", "green"),
    "value": Look("#f0d9ee", "#8a3f86", "purple"),
    "loss": Look("#b4d8f0", "#0067a5", "blue"),  # the loss, and what it is counted on
    "trained": Look("#e4f2fb", "#2b7fb3", "sky"),  # weights that the loss moves
    "frozen": Look("#e3e6ea", "#5f6772", "grey"),  # weights that stay as they are
    "padding": Look(
        "#fffdf7", "#7b828c", "grey", "////", True
    ),  # fills up, is not read
    "target": Look("#fbe3b8", "#a86400", "orange"),  # what the model is to say
    "reward": Look("#fbe3b8", "#a86400", "orange"),
    "floor": Look("#fbe3b8", "#a86400", "orange", True),  # the least that can be paid
}


def look(meaning: str) -> Look:
    """The look of a meaning; an unknown one raises ValueError with those there are."""
    if meaning not in MEANINGS:
        known = ", ".join(MEANINGS)
        raise ValueError(f"no colour means {meaning!r}; the meanings are {known}")
    return MEANINGS[meaning]


def shade(share: float) -> str:
    """The colour of a number from the least (0) to the largest (1), as in `heat`."""
    place = min(1.0, max(0.0, share)) * (len(HEAT) - 1)
    low = min(int(place), len(HEAT) - 2)
    pairs = zip(rgb(HEAT[low]), rgb(HEAT[low + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - low)):02x}" for a, b in pairs)


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of "#rrggbb"."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG 2 defines it; text needs 4.5."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = (part / 255 for part in rgb(color))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable(color: str) -> str:
    """The colour, as much darker as words on paper need to be read in it."""
    while contrast(color, COLORS["paper"]) < 4.5:
        color = "#" + "".join(f"{int(part * 0.97):02x}" for part in rgb(color))
    return color


def text_on(fill: str) -> str:
    """The colour in which text is read best on a fill: ink where that will do."""
    if contrast(COLORS["ink"], fill) >= 4.5:
        return COLORS["ink"]
    return max(("#000000", "#ffffff"), key=lambda color: contrast(color, fill))
