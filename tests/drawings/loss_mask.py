"""Chapter 10: the loss mask: which of a conversation's tokens are counted."""

from shared import plot

d = plot.Drawing(
    alt="Three rows of eight cells. A conversation: a question, the answer two plums "
    "and its end. Below it the targets, each one token further, padding at the end. "
    "Then the mask: 1 for the three targets that belong to the answer, else 0."
)
ids = ["<user>", "How", "many", "?", "<bot>", "two", "plums", "<end>", "<pad>"]
mask = [0, 0, 0, 0, 1, 1, 1, 0]
said = ["loss" if m else "token" for m in mask[:-1]] + ["padding"]
inputs = d.row(ids[:-1], at=(1.5, 0), cell=1.31, label="inputs")
targets = d.row(ids[1:], at=(1.5, 2), cell=1.31, label="targets", color=said)
colors = ["loss" if m else "plain" for m in mask]
counted = d.row(mask, at=(1.5, 3.4), cell=1.31, label="mask", color=colors)
for i, m in enumerate(mask):
    d.arrow(inputs[i], targets[i], color="loss" if m else "frozen", dashed=not m)
d.brace([counted[4], counted[6]], "loss = the mean over these three")
d.show()
