"""Exercise of chapter 01 on memory, 01.4: a machine that remembers."""

from shared.check.asking import exercise


class Fixed:
    """A model with a small vocabulary and the same bets at all times."""

    vocabulary = ("", " Ada", " Tom", " Nell", " ran", ".")
    bets = (0.1, 0.2, 0.3, 0.05, 0.15, 0.2)

    def prob(self, before: list[str], word: str) -> float:
        """The bet on a word."""
        return dict(zip(self.vocabulary, self.bets)).get(word, 0.0)


NAMES = [" Ada", " Tom", " Nell"]
STORY = [" Ada", " ran", " Tom", " Ada", "."]
LATER = [" Tom", " ran", " Tom", " Ada", " ran", " Tom", " Tom", "."]


class Remembering:
    """A model whose bets on names go, in part, to the names used so far."""

    def __init__(self, model: Fixed, names: list[str], weight: float) -> None:
        self.model, self.names, self.weight = model, names, weight
        self.vocabulary = model.vocabulary

    def share(self, used: list[str], word: str) -> float:
        """The share of a name among the names used so far."""
        return used.count(word) / len(used)

    def mix(self, p: float, total: float, share: float) -> float:
        """The new bet on a name, from its old one and that on all names together."""
        return (1 - self.weight) * p + self.weight * total * share

    def prob(self, before: list[str], word: str) -> float:
        """The bet on a word: only names change, and only after the first name."""
        p = self.model.prob(before, word)
        used = [w for w in before if w in self.names]
        if word not in self.names or not used:
            return p
        total = sum(self.model.prob(before, name) for name in self.names)
        return self.mix(p, total, self.share(used, word))


class Unscaled(Remembering):
    """Shares that are not scaled to the bet on all names, as a mistake."""

    def mix(self, p: float, total: float, share: float) -> float:
        """More than the names had."""
        return (1 - self.weight) * p + self.weight * share


class Added(Remembering):
    """The memory added on top, as a mistake."""

    def mix(self, p: float, total: float, share: float) -> float:
        """More than a probability."""
        return p + self.weight * total * share


class Reversed(Remembering):
    """The weights exchanged, as a mistake."""

    def mix(self, p: float, total: float, share: float) -> float:
        """The model has the memory's weight."""
        return self.weight * p + (1 - self.weight) * total * share


class Once(Remembering):
    """A name counted once, however often it was used, as a mistake."""

    def share(self, used: list[str], word: str) -> float:
        """The share among the different names of the document."""
        return (word in used) / len(set(used))


class Everything(Remembering):
    """The share among all words used so far, as a mistake."""

    def prob(self, before: list[str], word: str) -> float:
        """The names' shares are too small, since other words count, too."""
        p = self.model.prob(before, word)
        if word not in self.names or not set(before) & set(self.names):
            return p
        total = sum(self.model.prob(before, name) for name in self.names)
        return self.mix(p, total, before.count(word) / len(before))


class Listed(Remembering):
    """The share among the names of the list, as a mistake."""

    def share(self, used: list[str], word: str) -> float:
        """How often a name was used, divided by how many names there are."""
        return used.count(word) / len(self.names)


class Alone(Remembering):
    """The name's own bet in the place of that on all names, as a mistake."""

    def mix(self, p: float, total: float, share: float) -> float:
        """The memory divides the bet on this name only."""
        return (1 - self.weight) * p + self.weight * p * share


class Changed(Remembering):
    """The memory for all words, as a mistake; `kept` words are left alone."""

    def kept(self, used: list[str], word: str) -> bool:
        """Whether a word keeps the model's bet."""
        return not used

    def sharing(self, used: list[str]) -> list[str]:
        """The names whose bets are divided anew."""
        return self.names

    def prob(self, before: list[str], word: str) -> float:
        """The formula, also for words that are no names."""
        p = self.model.prob(before, word)
        used = [w for w in before if w in self.names]
        if self.kept(used, word):
            return p
        total = sum(self.model.prob(before, name) for name in self.sharing(used))
        return self.mix(p, total, self.share(used, word))


class NewKept(Changed):
    """A name that was not used keeps its bet, as a mistake."""

    def kept(self, used: list[str], word: str) -> bool:
        """Names that the document has not used yet keep their bet, too."""
        return word not in used


class Last(Remembering):
    """The last name alone, as a mistake."""

    def share(self, used: list[str], word: str) -> float:
        """All of the memory for the name that was used last."""
        return float(word == used[-1])


class Zero(Changed):
    """No bet on a name before the first one, as a mistake."""

    def prob(self, before: list[str], word: str) -> float:
        """Nothing where nothing was used."""
        first = word in self.names and not set(before) & set(self.names)
        return 0.0 if first else Remembering.prob(self, before, word)


class UsedOnly(Changed):
    """The bets of the used names alone are divided, as a mistake."""

    def kept(self, used: list[str], word: str) -> bool:
        """Words that are no names keep their bet."""
        return not used or word not in self.names

    def sharing(self, used: list[str]) -> list[str]:
        """The used names, each once."""
        return sorted(set(used))


class Repeated(UsedOnly):
    """The bets of the used names added up, repetitions included, as a mistake."""

    def sharing(self, used: list[str]) -> list[str]:
        """The used names, as often as they were used."""
        return used


class Crash(Remembering):
    """Dividing by zero before the first name, as a mistake."""

    def prob(self, before: list[str], word: str) -> float:
        """Fails where no name has been used."""
        if word in self.names:
            len(before) / sum(w in self.names for w in before)
        return super().prob(before, word)


@exercise(
    "01.4",
    "A machine that remembers",
    inputs=[
        (0.2, STORY, " Ada"),
        (0.2, STORY, " Nell"),
        (0.9, STORY, " ran"),
        (0.3, [], " Tom"),
        (0.4, LATER, " Tom"),
        (0.4, LATER, " Nell"),
    ],
    use=lambda answer, weight, before, word: answer(Fixed(), NAMES, weight).prob(
        before, word
    ),
    mistakes={
        "shares that are not scaled": (
            Unscaled,
            "All names together must keep their bet: multiply the share by their sum.",
        ),
        "the memory added on top": (
            Added,
            "The bets no longer make one: give the model only 1 - weight of the say.",
        ),
        "the two weights exchanged": (
            Reversed,
            "The memory has `weight`, the model 1 - weight.",
        ),
        "names counted only once": (
            Once,
            "A name that was used twice has twice the share: use used.count(word).",
        ),
        "shares among all words": (
            Everything,
            "Divide by the number of names used so far, not of all words.",
        ),
        "shares among the names of the list": (
            Listed,
            "Divide by the number of names used so far, not of all names there are.",
        ),
        "this name's bet in place of that on all names": (
            Alone,
            "t is the sum of the model's bets on all names.",
        ),
        "words that are no names changed as well": (
            Changed,
            "A word that is no name keeps the model's bet: ask `word in self.names`.",
        ),
        "names not used yet left as they were": (
            NewKept,
            "A name that was not used has the share 0, so its bet shrinks to 1 - w.",
        ),
        "the last name only": (
            Last,
            "All names used so far count: used.count(word) / len(used).",
        ),
        "nothing before the first name": (
            Zero,
            "As long as no name was used, the bet is the model's.",
        ),
        "the bets added up over the names as used": (
            Repeated,
            "t goes over self.names, each once, and not over the names used.",
        ),
        "the bets on the used names only": (
            UsedOnly,
            "t is the model's bet on all names together, used or not.",
        ),
        "dividing by zero names": (
            Crash,
            "When no name has been used yet, return the model's bet.",
        ),
    },
)
class Answer(Remembering):
    """The reference: see Remembering."""
