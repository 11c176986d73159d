"""Chapter 01: the tower of n-grams: each mixes its counts with the one below."""

from shared import plot

d = plot.Drawing(
    alt="A tower of four counters, the unigram at the bottom, then the bigram, the "
    "trigram and the 4-gram. Beside each stand the words that it looks back on: none, "
    "one, two, three. Each hands its bets to the one above, which mixes them in."
)
words = ["once", " upon", " a"]
names = ["unigram", "bigram", "trigram", "4-gram"]
tower = d.flow(names, (0, 5.4), (2.6, 0.9), gap=0.9, color="part", direction="up")
d.text("looks back on nothing", at=(3, tower[0].y), align="left", small=True)
for n in range(1, 4):
    d.text("looks back on", at=(3, tower[n].y), align="left", small=True)
    d.row(words[3 - n :], at=(5.5, tower[n].top), cell=1.3, high=0.9)
    d.text("mixed in", at=(1.5, tower[n].bottom + 0.45), align="left", small=True)
d.show()
