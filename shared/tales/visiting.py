"""What a visitor says who has not read the lessons: small talk, plain little stories,
sums in digits, and conversations of several turns; each with an answer that fits.

These are lessons beside those of `shared.tales.tasks`, from which the exam is made and
which stay as they are. The words stand in `visitor/*.txt` and `story_words`.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from shared.tales import stories
from shared.tales.digit_sums import TOO_BIG, digits
from shared.tales.reading import document, entries, people
from shared.tales.stories import Story
from shared.tales.story_words import ABSENT, WHO, WISHES
from shared.tales.tasks import Lesson, write_lesson
from shared.tales.typed import as_typed
from shared.tales.visitor_grammar import message
from shared.tales.wordings import UNKNOWN

#: The tasks of a visit, and how many lessons in a hundred are of each.
VISITS = {
    "small talk": 20,
    "outside": 13,
    "hands": 11,
    "counted": 9,
    "facts": 10,
    "untold": 14,
    "digits": 9,
    "tell": 2,
    "turns": 12,
}
TELL = "Tell me a tale and ask me about it."
#: What is answered to each class of small talk; see visitor/small_talk.txt.
ANSWERS = {
    "greet": f"Good morning! {TELL}",
    "evening": f"Good evening! {TELL}",
    "thanks": "You are welcome.",
    "bye": "Goodbye!",
    "self": "I am a small model, made block by block.",
    "can": "I can read a short tale and answer, add, guess and go on.",
    "how": f"I am well. {TELL}",
    "glad": f"I am glad. {TELL}",
    "sorry": f"I am sorry. {TELL}",
    "rude": f"Let us be kind. {TELL}",
    "bare": "Tell me a tale first, and then ask me about it.",
    "noise": f"I do not understand. {TELL}",
    "outside": f"I only know the village. {TELL}",
    "big": TOO_BIG,
    "heard": "I have read it. Now ask me about it.",
}
#: How often each class comes, and the mark at the end of its messages.
CLASSES = {
    "greet": (18, "!"), "evening": (3, "."), "thanks": (10, "."), "bye": (9, "."),
    "self": (14, "?"), "can": (11, "?"), "how": (8, "?"), "glad": (9, "."),
    "sorry": (8, "."), "rude": (8, "."), "bare": (12, "?"), "noise": (9, ""),
}  # fmt: skip
Turn = tuple[str, str]


def visits(seed: int, n: int, task: str | None = None) -> list[Lesson]:
    """Write n lessons of visits; the same seed gives the same ones everywhere.

    task: one of VISITS, or None for the mixture. Raises ValueError for an unknown task
    or a negative n.
    """
    if task is not None and task not in VISITS:
        raise ValueError(f"unknown task {task!r}; expected one of {list(VISITS)}")
    if n < 0:
        raise ValueError(f"n is {n}; expected a number of lessons, 0 or more")
    rng = random.Random(seed)
    chosen = rng.choices(list(VISITS), weights=list(VISITS.values()), k=n)
    return [visit(rng, task or name) for name in chosen]


def visit(rng: random.Random, task: str) -> Lesson:
    """Write one lesson of a visit."""
    made = MAKERS[task](rng)
    if made[-2:-1] and made[-2][1] == ANSWERS["heard"] and rng.random() < 0.25:
        made = made[:-1]  # what is said to the tale itself is a lesson, too
    *before, (prompt, answer) = made
    return Lesson(task, prompt, answer, tuple(before))


def small_talk(rng: random.Random) -> list[Turn]:
    """One message of a class, and the answer of its class."""
    shares = [share for share, _ in CLASSES.values()]
    (name,) = rng.choices(list(CLASSES), weights=shares)
    return [(as_typed(rng, message(rng, name), CLASSES[name][1]), ANSWERS[name])]


def from_outside(rng: random.Random) -> list[Turn]:
    """A question or an order of which the village knows nothing."""
    said = message(rng, "outside")
    asks = said.split()[0] in ("what", "who", "how", "why", "where", "is", "do", "can")
    return [(as_typed(rng, said, "?" if asks else "."), ANSWERS["outside"])]


def told(rng: random.Random, story: Story, ask: str, answer: str) -> list[Turn]:
    """A story and a question in one message, or now and then in two."""
    text = story.text
    if rng.random() < 0.35:
        ask = ask.rstrip("?.")
    if rng.random() < 0.15:
        text, ask = text.lower(), ask.lower()
    elif rng.random() < 0.2:
        ask = ask[:1].lower() + ask[1:]
    if rng.random() < 0.2:
        return [*heard(rng, text), (ask, answer)]
    return [(text + rng.choice((" ", " ", "\n")) + ask, answer)]


def heard(rng: random.Random, text: str) -> list[Turn]:
    """A tale told without a question, in one message or in two."""
    parts = [text]
    if ". " in text and rng.random() < 0.25:
        first, rest = text.split(". ", 1)
        parts = [f"{first}.", rest]
    return [(part, ANSWERS["heard"]) for part in parts]


def about(rng: random.Random, name: str) -> list[Turn]:
    """A plain story of a kind and a question about it, told or not."""
    story = stories.MAKERS[name](rng)
    if rng.random() < (0.3 if name == "facts" else 0.12):
        return told(rng, story, rng.choice(story.untold), UNKNOWN)
    return told(rng, story, *rng.choice(story.told))


def untold(rng: random.Random) -> list[Turn]:
    """A tale of the village and a thing: is it there, and who has it?"""
    if rng.random() < 0.4:
        name = rng.choice(("hands", "facts", "facts"))
        story = stories.MAKERS[name](rng)
        if rng.random() < 0.65:
            return told(rng, story, rng.choice(story.untold), UNKNOWN)
        return told(rng, story, *rng.choice(story.told))
    while True:
        found = document(rng, rng.choice(("question", "question", "tale")))
        text, facts = found.text.split("\nQuestion: ")[0], found.facts
        thing, holder = facts.get("thing"), facts.get("holder")
        if rng.random() < 0.6:
            absent = [t.word for t in entries("thing") if t.word not in text]
            ask = rng.choice((*WHO, *WHO, *ABSENT)).format(t=rng.choice(absent))
            return told(rng, Story(text), ask, UNKNOWN)
        if thing and holder in people() and str(holder) in text and thing in text:
            ask = rng.choice(WHO).format(t=thing)
            return told(rng, Story(text), ask, f"{holder}.")


def tell(rng: random.Random) -> list[Turn]:
    """A wish for a tale, a riddle or a letter, in many words."""
    kind = rng.choices(("tale", "riddle", "letter"), (6, 2, 1))[0]
    found = document(rng, kind)
    while kind == "riddle" and found.facts["asked"]:
        found = document(rng, kind)
    hero, name = found.facts.get("hero"), message(rng, "name")
    whom = f" about {hero}" if kind == "tale" and rng.random() < 0.5 else ""
    if kind == "tale" and not whom and rng.random() < 0.3:
        whom = rng.choice((f" about {name}", f" about {message(rng, 'topic')}"))
    word = rng.choice(("tale", "story")) if kind == "tale" else kind
    wish = rng.choice(WISHES).format(what=word) + whom
    return [(as_typed(rng, wish, "."), found.text)]


def turns(rng: random.Random) -> list[Turn]:
    """A conversation of two to five turns; the lesson is its last."""
    made = []
    if rng.random() < 0.4:
        made += rng.choice((small_talk, from_outside))(rng)
    for part in range(rng.choice((1, 1, 2))):
        made += episode(rng, first=part == 0)
        if rng.random() < 0.3:
            made.append((as_typed(rng, message(rng, "thanks")), ANSWERS["thanks"]))
        elif rng.random() < 0.3:
            aside = rng.choice((small_talk, from_outside))(rng)
            made += [turn for turn in aside if turn[1] != ANSWERS["bare"]]
    last = max((i for i, turn in enumerate(made) if about_tale(turn)), default=0)
    if last and rng.random() < 0.6:  # mostly it ends in a question about a tale
        made = made[: last + 1]
    return made


def about_tale(turn: Turn) -> bool:
    """Whether a turn is more than small talk."""
    return turn[1] not in ANSWERS.values()


def episode(rng: random.Random, first: bool = True) -> list[Turn]:
    """A tale and questions about it, one after another, or sums.

    first: no tale was told before, so that what this one does not tell is not told.
    """
    way = rng.random()
    if way < 0.15:
        return digits(rng) + digits(rng)
    if way < 0.3:
        task = rng.choice(("sum", "riddle", "trick", "people"))
        lesson = write_lesson(rng, task, False, None)
        return [(lesson.prompt, lesson.answer)]
    if way < 0.5:
        text, *asked = document(rng, "question").text.split("\nQuestion: ")
        story = Story(text, [tuple(one.split("\nAnswer: ")) for one in asked])
        absent = [t.word for t in entries("thing") if t.word not in text]
        story.untold = [rng.choice(WHO).format(t=rng.choice(absent))]
    else:
        story = stories.MAKERS[rng.choice(("hands", "facts", "facts", "counted"))](rng)
    asked = list(story.told)
    asked += [(ask, UNKNOWN) for ask in rng.sample(story.untold, 1) if first]
    rng.shuffle(asked)
    opening, *rest = asked[: rng.choice((1, 2, 2, 3))]
    made = told(rng, story, *opening)
    if len(made) == 1 and rng.random() < 0.6:
        made = [*heard(rng, story.text), opening]
    for ask, answer in rest:
        if rng.random() < 0.2:
            made.append((as_typed(rng, message(rng, "thanks")), ANSWERS["thanks"]))
        lead = rng.choice(("", "", "and ", "ok, ", "so ", "now "))
        ask = lead + (ask[:1].lower() + ask[1:] if lead else ask)
        made.append((ask.rstrip("?.") if rng.random() < 0.3 else ask, answer))
    return made


MAKERS: dict[str, Callable[[random.Random], list[Turn]]] = {
    "small talk": small_talk,
    "outside": from_outside,
    "hands": lambda rng: about(rng, "hands"),
    "counted": lambda rng: about(rng, "counted"),
    "facts": lambda rng: about(rng, "facts"),
    "untold": untold,
    "digits": digits,
    "tell": tell,
    "turns": turns,
}
