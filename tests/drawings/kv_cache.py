"""Chapter 14: the cache: one new query, one new key and value, all others kept."""

from shared import plot

d = plot.Drawing(
    alt="Two steps of generation, one below the other. At each step the new token's "
    "query meets all keys so far, and the weights fetch from all values so far. The "
    "new key and value are computed now; in a frame those of the tokens before, kept."
)
for t, step in zip((3, 4), d.panels(["Token 3", "Token 4"], cols=1, height=4.1)):
    old, new = {}, {}
    for kind, x in [("key", 4), ("value", 8)]:
        old[kind] = step.matrix((t - 1, 3), at=(x, 1), color=kind)
        below = old[kind].bottom + 0.8
        new[kind] = step.matrix((1, 3), at=(x, below), color=kind, shape=f"new {kind}")
        step.highlight(new[kind])
    step.frame(old.values(), "cache: keys and values of earlier tokens", pad=0.55)
    keys, values = ([old[kind], new[kind]] for kind in ("key", "value"))
    meet, fetch = step.brace(keys, side="left"), step.brace(values, side="right")
    query = step.matrix((1, 3), (0.7, meet.y - 0.25), color="query", shape="new query")
    step.arrow(query, meet)
    step.arrow((5.6, meet.y), (7.9, meet.y), "weights")
    step.arrow(fetch, step.text("output", at=(11.3, fetch.y)))
d.show()
