"""Chapter 05: from (B, T, C) to (B, H, T, D): the columns go to the heads."""

from shared import plot

d = plot.Drawing(
    alt="A tensor of B texts, T tokens and C = 8 columns. Its columns are cut into "
    "H = 4 pairs. Each pair becomes the table of one head, T rows and D = 2 columns; "
    "the first pair is marked in both places."
)
whole = d.matrix((5, 8), (2.7, 1), color="query", depth=2, label="queries, C = 8")
d.text("T = 5\ntokens", at=(2.4, whole.y), align="right", small=True)
d.text("B texts", at=(7.1, 1), align="left", small=True)
for head in range(4):
    small = d.matrix((5, 2), (0.5 + 2.6 * head, 5.4), depth=2, color="query")
    d.text(f"head {head}\nD = 2", at=(small.x, 8.35), small=True)
    pair = [whole.cell(0, 2 * head), whole.cell(4, 2 * head + 1)]
    marked = "target" if head == 0 else ""
    d.arrow((pair[0].right, whole.bottom), (small.x, small.top - 0.25), color=marked)
    if marked:
        d.highlight(pair)
        d.highlight(small)
d.text("(B, T, C)", at=(10.8, whole.y), bold=True)
d.text("(B, H, T, D)", at=(10.8, small.y), bold=True)
d.show()
