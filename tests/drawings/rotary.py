"""Chapter 08: rotary positions: a pair of numbers turns, further at each position."""

import math

from shared import plot

d = plot.Drawing(
    alt="Three circles, for the positions 0, 1 and 2. In each an arrow, the same pair "
    "of numbers: it points to the right at position 0, is turned by an angle theta at "
    "position 1, and by two theta at position 2. Its length stays the same."
)
titles = [f"position {p}" for p in range(3)]
for p, panel in enumerate(d.panels(titles, cols=3, height=3.2)):
    panel.circle("", at=(1.6, 1.6), size=3)
    x, y = math.cos(0.6 * p), -math.sin(0.6 * p)
    panel.arrow((1.6, 1.6), (1.6 + 1.5 * x, 1.6 + 1.5 * y), color="query")
    if p:
        panel.line((1.6, 1.6), (3.1, 1.6), dashed=True)
        label = f"{'' if p == 1 else p}θ"
        start, end = (2.2, 1.6), (1.6 + 0.6 * x, 1.6 + 0.6 * y)
        panel.arrow(start, end, label, side="right", bend=0.14 * p)
d.show()
