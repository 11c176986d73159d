"""The colours of the book, after Okabe and Ito (2008): apart for colour-blind readers.

No picture tells its story by colour alone.
"""

from __future__ import annotations

COLORS: dict[str, str] = {
    "ink": "#1f2a37", "paper": "#fffdf7", "grid": "#e7e1d3", "grey": "#737b86",
    "blue": "#0067a5", "orange": "#dd8500", "green": "#008a67", "red": "#c8452b",
    "purple": "#9a4f96", "sky": "#4aa3d8",
}  # fmt: skip
CYCLE = ("blue", "orange", "green", "purple", "red", "sky", "grey")
DASHES = ("-", (0, (5, 1.6)), (0, (1.4, 1.4)), (0, (6, 1.6, 1.4, 1.6)))
CHIPS = ("#cfe5f5", "#fbe3b8", "#cdeadd", "#f0d9ee", "#f9d6cc", "#e3e6ea")
HEAT = ("#fffdf7", "#cfe3f1", "#7fb7de", "#2f7fbd", "#0b4a7c", "#06294a")
SURPRISE = ((255, 250, 235), (246, 178, 107))
