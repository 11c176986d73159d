"""Chapter 06: the GPT, attention inside its blocks."""

from shared import plot

d = plot.Drawing(
    alt="From bottom to top: ids, token and position vectors, then a frame, four times "
    "over, with norm, attention, norm and feed-forward, then the last norm, the head, "
    "and the logits. The shapes on the arrows are (B, T), (B, T, C) and (B, T, V)."
)
ids = d.row([17, 4, 301], at=(2, 11.3), cell=1)
names = ["token + position vectors", "norm", "attention", "norm", "feed-forward"]
names += ["last norm", "head"]
colors = ["trained", *["part"] * 5, "trained"]
parts = d.flow(names, (1.2, 9.6), (4.6, 0.8), gap=0.65, color=colors, direction="up")
block = d.frame([parts[i] for i in range(1, 5)], pad=0.3)
d.text(
    "a block,\n4 times over;\n(B, T, C) goes in\nand comes out",
    at=(block.right + 0.2, block.y),
    align="left",
)
d.arrow(ids, parts[0], "(B, T)")
d.arrow(parts[6], (parts.x, parts.top - 0.85), "(B, T, V)")
d.show()
