"""Chapter 04: a network of two layers, and where its weights are."""

from shared import plot

d = plot.Drawing(
    alt="Three columns of circles: three inputs x, four hidden units h, two outputs z. "
    "Each circle is joined to every circle of the next column by a line, its weight: "
    "three times four in the first layer, four times two in the second."
)
columns = []
for x, count, name, color in [
    (1, 3, "x", "token"),
    (5, 4, "h", "plain"),
    (9, 2, "z", "target"),
]:
    ys = [0.5 + 1.2 * (i + (4 - count) / 2) for i in range(count)]
    units = [d.circle(f"${name}_{i}$", (x, y), color=color) for i, y in enumerate(ys)]
    columns.append(units)
for left, right in zip(columns, columns[1:]):
    for one in left:
        for other in right:
            d.line(one, other, color="trained")
d.text("weights W1\n(3, 4)", at=(3, 5.2), small=True)
d.text("weights W2\n(4, 2)", at=(7, 5.2), small=True)
d.show()
