"""Chapter 14: weights in eight bits: whole numbers, and one scale for each row."""

from shared import plot

d = plot.Drawing(
    alt="A matrix of two rows of weights is about equal to a matrix of whole numbers, "
    "127 at the largest, times a column with one scale per row. The first row and what "
    "becomes of it are framed."
)
weights = [[0.31, -0.12, 0.05], [1.9, -0.6, 1.2]]
scales = [max(map(abs, row)) / 127 for row in weights]
whole = [[round(w / s) for w in row] for row, s in zip(weights, scales)]
look = {"cell": (1.1, 0.8), "color": "frozen"}
w = d.matrix(
    (2, 3), (0, 0.8), texts=weights, label="weights", shape="32 bits each", **look
)
n = d.matrix((2, 3), (4.4, 0.8), texts=whole, label="int8", shape="8 bits each", **look)
look["cell"] = (1.5, 0.8)
s = d.matrix(
    (2, 1), (9, 0.8), texts=[[f"{x:.4f}"] for x in scales], label="scales", **look
)
d.text("≈", at=(3.85, w.y))
d.text("times", at=(8.35, w.y))
for table in (w, n, s):
    d.highlight(table.row(0))
d.show()
