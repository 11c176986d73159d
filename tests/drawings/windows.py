"""Chapter 03: windows of four tokens, two steps apart, and their targets."""

from shared import plot

d = plot.Drawing(
    alt="A text of eight tokens. Under it two windows of four tokens, the second "
    "beginning two tokens after the first: the stride is 2. Under each window its "
    "targets: the same tokens, one place further on."
)
words = ["One", " day", " Ada", " found", " a", " bell", " in", " the"]
text = d.row(words, at=(1.2, 0), cell=1.3, label="text")
for start, y in [(0, 1.5), (2, 4.2)]:
    x = text[start].left
    inputs = d.row(words[start : start + 4], (x, y), cell=1.3, label="input")
    targets = words[start + 1 : start + 5]
    d.row(targets, (x + 1.3, y + 0.8), cell=1.3, label="target", color="target")
step = text[0].left, text[2].left
d.arrow((step[0], 3.65), (step[1], 3.65))
d.text("stride 2", at=(step[1] + 0.15, 3.65), align="left", small=True)
d.show()
