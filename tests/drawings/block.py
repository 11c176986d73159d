"""Chapter 06: the block, and the stream of vectors that runs past its two parts."""

from shared import plot

d = plot.Drawing(
    alt="One block. The stream of vectors, of shape (B, T, C), enters at the top and "
    "runs straight down. Twice a copy of it goes aside, through a norm and attention, "
    "then through a norm and the feed-forward net, and is added to the stream again."
)
x = d.box("x", at=(1.2, 0), size=(1.2, 0.9), color="plain")
stream = [x]
for top, part, does in [
    (1.8, "attention", "looks at other tokens"),
    (5.7, "feed-forward", "works on each token alone"),
]:
    norm, step = d.flow(["norm", part], at=(3.6, top), size=(2.9, 0.9), gap=0.5)
    d.arrow((x.x, norm.y), norm, "copy")
    d.text(does, at=(6.7, step.y), align="left", small=True)
    stream.append(d.circle("+", at=(x.x, step.bottom + 0.7), name=f"plus {part}"))
    d.arrow(step, stream[-1], via=[(step.x, stream[-1].y)])
stream.append(d.box("y", at=(1.2, 10), size=(1.2, 0.9), color="plain"))
for start, end in zip(stream, stream[1:]):
    d.arrow(start, end, "(B, T, C)", side="left")
d.show()
