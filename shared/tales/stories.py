"""Short plain stories as a visitor would type them, and questions about each.

Of every question it is known whether the story tells it: hands through which a thing
goes, things that are counted, and a few facts of which another may be asked.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.tales import story_words as said
from shared.tales.parts import capital, number
from shared.tales.reading import entries, people
from shared.tales.typed import made_up
from shared.tales.visitor_grammar import outside

#: Verbs as "I" uses them.
BARE = {
    "has": "have", "gives": "give", "eats": "eat", "buys": "buy", "gets": "get",
    "loses": "lose",
}  # fmt: skip


@dataclass
class Story:
    """A text, the questions that it answers, and questions that it does not.

    told: (question, answer) pairs. untold: questions.
    """

    text: str
    told: list[tuple[str, str]] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)


def a(word: str) -> str:
    """A word with its article: "a kite", "an umbrella"."""
    return ("an " if word[0] in "aeiou" else "a ") + word


def folk(rng: random.Random, n: int) -> list[str]:
    """n different names, mostly of the village, now and then of visitors."""
    names = list(people())
    way = rng.random()
    if way > 0.7:
        names = [entry.word for entry in outside("visitor")]
    if way > 0.92:
        names = [made_up(rng).capitalize() for _ in range(n * 4)]
    return rng.sample(list(dict.fromkeys(names)), n)


def things(rng: random.Random, n: int) -> list[str]:
    """n different things, mostly of the village."""
    known = [entry.word for entry in entries("thing")]
    strange = [entry.word for entry in outside("object")]
    drawn: list[str] = []
    while len(drawn) < n:
        one = rng.choice(known if rng.random() < 0.7 else strange)
        one = made_up(rng).lower() if rng.random() < 0.06 else one
        if one not in drawn:
            drawn.append(one)
    return drawn


def counted(rng: random.Random) -> str:
    """The plural of what comes in numbers: "plums", "cookies"."""
    if rng.random() < 0.65:
        return rng.choice(entries("small")).forms["s"]
    return rng.choice(outside("counted")).word


def amount(rng: random.Random, n: int) -> str:
    """A number in words or in digits."""
    return str(n) if rng.random() < 0.4 else number(n)


def hands(rng: random.Random) -> Story:
    """A thing that goes through one to four hands, and who has it in the end."""
    n = rng.choices((1, 2, 3, 4), (3, 5, 6, 2))[0]
    names, (t, other, third) = folk(rng, n + 3), things(rng, 3)
    line = names[: n + 1]
    if n > 1 and rng.random() < 0.25:  # somebody gets it back
        line[-1] = line[rng.randrange(n - 1)]
    words = {"t": t, "T": a(t), "u": other, "U": a(other), "x": names[-1]}
    first = rng.random() < 0.8
    parts = [rng.choice(said.OPENINGS).format(p=line[0], **words)] if first else []
    verb, moves = rng.choice(said.VERBS), []
    for i, (giver, taker) in enumerate(zip(line, line[1:])):
        if rng.random() < 0.3:
            verb = rng.choice(said.VERBS)
        pool = said.MOVES if first or i else said.FIRST_MOVES
        back = taker in line[: i + 1] and rng.random() < 0.7
        text = rng.choice(said.RETURNS if back else pool)
        moves.append(text.format(p=giver, q=taker, v=verb, **words))
    parts += joined(rng, moves, line)
    seen = rng.random() < 0.2
    if seen:
        parts.insert(
            rng.randint(1, len(parts)), rng.choice(said.ASIDES).format(**words)
        )
    story = Story(" ".join(parts))
    story.told = [(ask.format(**words), f"{line[-1]}.") for ask in some(rng, said.WHO)]
    if first and rng.random() < 0.3:
        story.told.append((rng.choice(said.WHO_FIRST).format(**words), f"{line[0]}."))
    absent = third if seen else other
    story.untold = [
        ask.format(t=absent) for ask in some(rng, (*said.WHO, *said.ABSENT))
    ]
    return story


def joined(rng: random.Random, moves: list[str], line: list[str]) -> list[str]:
    """Moves as sentences, sometimes two in one."""
    made = [moves[0]]
    for move, giver in zip(moves[1:], line[1:]):
        way = rng.random()
        if way < 0.12 and move.startswith(giver + " "):
            made[-1] = f"{made[-1][:-1]} and {move}"
        elif way < 0.2 and move.startswith(giver + " "):
            made[-1] = f"{made[-1][:-1]}, {move}"
        elif (
            way < 0.3
            and move.startswith(giver + " ")
            and made[-1].endswith(giver + ".")
        ):
            made[-1] = f"{made[-1][:-1]}, who {move[len(giver) + 1 :]}"
        elif way < 0.4:
            made.append(f"Then {move}")
        else:
            made.append(move)
    return made


def some(rng: random.Random, pool: tuple[str, ...], n: int = 3) -> list[str]:
    """A few members of a pool."""
    return rng.sample(pool, n)


def counts(rng: random.Random) -> Story:
    """Somebody has things, gets or loses some: how many now?"""
    p, q = folk(rng, 2)
    if rng.random() < 0.15:
        p = "I"
    s, n, more = counted(rng), rng.randint(2, 12), rng.random() < 0.45
    k = rng.randint(1, 9) if more else rng.randint(1, n - 1)
    left = n + k if more else n - k
    words = {"p": p, "q": q, "s": s, "n": amount(rng, n), "k": amount(rng, k)}
    text = rng.choice(said.MORE if more else said.LESS).format(**words)
    if p == "I":
        words["has"], words["does"] = "have", "do"
        text = re.sub(r"\bI (has|\w+s)\b", lambda m: "I " + BARE.get(m[1], m[1]), text)
        text = re.sub(r"and (\w+s)\b", lambda m: "and " + BARE.get(m[1], m[1]), text)
    else:
        words["has"], words["does"] = "has", "does"
    asks = said.HOW_MANY if more else said.HOW_MANY + said.LEFT
    story = Story(text)
    story.told = [
        (ask.format(**words), f"{capital(number(left))}.") for ask in some(rng, asks)
    ]
    third = rng.choice([name for name in people() if name not in text])
    small = rng.choice(
        [e.forms["s"] for e in entries("small") if e.forms["s"] not in text]
    )
    story.untold = [
        f"How old is {q if q in text else third}?",
        f"How many {small} has {third}?",
        f"How many {s} has {third}?",
        f"Where is {third}?",
        rng.choice(said.ABSENT).format(t=rng.choice(entries("thing")).word),
    ]
    return story


def facts(rng: random.Random) -> Story:
    """Two to four facts about different people; another may be asked for."""
    n = rng.choice((2, 2, 3, 4))
    names, own = folk(rng, 8), things(rng, 8)
    kinds = [rng.choice(list(said.FACTS)) for _ in range(n)]
    lines, story = [], Story("")
    for i, kind in enumerate(kinds):
        words = fields(rng, names[i], names[4 + i], own[i])
        ways, asks, answer = said.FACTS[kind]
        lines.append(capital(rng.choice(ways).format(**words)))
        for ask in rng.sample(asks, min(2, len(asks))):
            story.told.append((ask.format(**words), capital(answer.format(**words))))
    rng.shuffle(lines)
    story.text = " ".join(lines)
    while len(story.untold) < 3:  # of a person of the story, or of somebody else
        at = rng.randrange(n)
        kind = rng.choice(list(said.FACTS))
        strange = kind in kinds or kind not in PERSONAL or rng.random() < 0.5
        words = fields(rng, names[7] if strange else names[at], names[6], own[7])
        ask = rng.choice(said.FACTS[kind][1])
        if kind == "colour" and kinds[at] == "has":
            words["t"] = own[at]  # there is such a thing, but not its colour
        if not any(words[key] in story.text for key in "bs") and kind != "deed":
            story.untold.append(ask.format(**words))
    story.untold.append(rng.choice(said.ABSENT).format(t=own[6]))
    story.untold.append(rng.choice(said.WHO).format(t=own[6]))
    story.untold.append(rng.choice(said.REASONS).format(p=names[0], t=own[6]))
    return story


def fields(rng: random.Random, p: str, q: str, t: str) -> dict[str, str]:
    """What may stand in the places of a fact."""
    place, beast = rng.choice(entries("place")), rng.choice(entries("animal"))
    return {
        "p": p, "q": q, "t": t, "T": a(t), "b": beast.word, "B": beast.forms["a"],
        "place": place.word, "at": f"{place.forms['at']} {place.word}",
        "colour": rng.choice(entries("colour")).word,
        "dish": rng.choice(said.DISHES), "deed": rng.choice(said.DEEDS),
        "n": number(rng.randint(2, 12)), "s": rng.choice(entries("small")).forms["s"],
    }  # fmt: skip


#: Kinds of fact that can be asked of a person of whom another fact is told.
PERSONAL = ("dish", "age", "gift", "colour", "count")

MAKERS: dict[str, Callable[[random.Random], Story]] = {
    "hands": hands,
    "counted": counts,
    "facts": facts,
}
