"""Chapter 05: attention for the last of four words."""

from shared import plot

d = plot.Drawing(
    alt="Four words. The last makes a query, each makes a key and a value. The query "
    "meets every key, which gives four weights, 0.7, 0.1, 0.0 and 0.2. The output is "
    "the sum of the four values, each times its weight."
)
words = d.row(["Ada", " found", " a", " bell"], at=(2, 0), cell=2, label="words")
query = d.box("q", at=(words[3].x - 0.6, 1.7), size=(1.2, 0.8), color="query")
d.arrow(words[3], query)
weights = d.row([0.7, 0.1, 0.0, 0.2], (2, 5.1), "plain", cell=2, label="weights")
output = d.box("output", at=(4.7, 8.7), size=(2.6, 0.8), color="plain")
for i in range(4):
    x = words[i].x - 0.6
    key = d.box(f"k{i}", at=(x, 3.4), size=(1.2, 0.8), color="key")
    value = d.box(f"v{i}", at=(x, 6.8), size=(1.2, 0.8), color="value")
    d.arrow(query, key, way="down")
    d.arrow(key, weights[i])
    d.arrow(weights[i], value)
    d.arrow(value, output, way="down")
d.text("compare", at=(1.6, 3.8), align="right", small=True)
d.text("add up", at=(1.6, 8.1), align="right", small=True)
d.show()
