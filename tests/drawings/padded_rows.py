"""Chapter 10: three texts of different length in one batch."""

from shared import plot

d = plot.Drawing(
    alt="A table of three rows and five columns. The first text fills three cells, the "
    "second one, the third all five; the empty cells at the right are filled with "
    "padding, which is striped."
)
texts = [["Ada", "was", "here"], ["Hi"], ["Tom", "had", "a", "bell", "."]]
rows = [text + ["pad"] * (5 - len(text)) for text in texts]
colors = [["padding" if word == "pad" else "token" for word in row] for row in rows]
batch = d.matrix(
    (3, 5), (2.4, 0), (1.4, 0.8), colors, texts=rows, shape="(B, T) = (3, 5)"
)
for i, text in enumerate(texts):
    d.text(f"{len(text)} read", (2.1, batch.row(i).y), align="right", small=True)
d.show()
