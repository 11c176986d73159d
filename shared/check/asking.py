"""Check an exercise: `check("01.2", answer)` says right, not yet, or not tried.

For readers: `check` prints a short verdict and returns True, False, or None (not tried
yet). It never raises because an answer is wrong. An error in your code, an endless loop
or a wrong type is part of the verdict; when your answer behaves like a known mistake,
the verdict names the mistake.

For authors: an exercise is registered in the room of its chapter, for example in
`shared/check/exercises/ch01.py`:

    from shared.check import exercise

    @exercise(
        "01.2",
        "Surprise in nats",
        inputs=[(1.0,), (0.5,), (0.1,)],
        mistakes={
            "a logarithm to base 2": (
                lambda p: -math.log2(p),
                "Nats are measured with math.log, the natural logarithm.",
            ),
            "the sign left out": (math.log, "Put a minus before the logarithm."),
        },
    )
    def surprise(p: float) -> float:
        return -math.log(p)

The decorated function is the reference: its answer is the expected one. It may be

- a function (or a class), with `inputs`: a list with the arguments of each trial, as a
  tuple; one bare value that is not a tuple counts as one argument. A trial on which the
  reference raises expects the same kind of error. For arguments that cannot be copied
  or need torch, give a function of no arguments that builds the list;
- a function of no arguments, without `inputs`: the learner's answer is a value (a
  number, text, a list, a dictionary, a tensor, or a tuple of several) and the function
  returns the right one. Its mistakes may be functions of no arguments or plain values.

`use=lambda Answer, text: Answer(text).encode(text)` says what one trial does with the
answer, where calling it (or, for a value, looking at it) is not enough: the way to
check a class, a function that draws at random, or one of several right answers.

The cell after a check uses the answer, in the student version too:
`mine = working("01.2", surprise)` is the learner's where it is right, the reference
where it is not right yet. So a reference must be able to do what that cell asks of it.

`short_cuts={"backward": "autograd did the work."}` accepts a right answer whose code
uses that name, with the remark that the exercise meant another way.

A mistake is a name ("It behaves like: NAME"), a wrong version of the reference, and one
line of advice. The trials must tell it from the reference, and from every other mistake
unless the two stand in `alike=[("name", "other name")]`; a test proves both.
"""

import difflib
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Callable, Sequence
from typing import Any

from shared.check import exercises
from shared.check.exercise_kind import Exercise, Mistake
from shared.check.verdict import Verdict, short_text, verdict_on

ID = re.compile(r"([0-9]{2}|[A-Z])\.[0-9]{1,2}[a-z]?")
_exercises: dict[str, Exercise] = {}
_checked: dict[str, tuple[Any, bool | None]] = {}  # the last answer, and whether right


def exercise(
    id: str,
    title: str,
    *,
    inputs: Sequence[Any] | Callable[[], Sequence[Any]] | None = None,
    mistakes: dict[str, tuple[Any, str]] | None = None,
    alike: Sequence[tuple[str, str]] = (),
    use: Callable[..., Any] | None = None,
    close: float = 1e-6,
    seconds: float = 20.0,
    short_cuts: dict[str, str] | None = None,
) -> Callable[[Any], Any]:
    """Register the decorated reference as exercise `id`; see the top of this module.

    Returns the reference unchanged. Raises ValueError for an id that is malformed or
    taken, for an exercise without trials, and for a mistake without advice.
    """
    if not ID.fullmatch(id):
        raise ValueError(f'exercise id {id!r}: expected a form like "01.2" or "A.1".')
    if inputs is not None and not callable(inputs) and not list(inputs):
        raise ValueError(f"exercise {id}: inputs is empty, so nothing would be tried.")
    listed = []
    for name, entry in (mistakes or {}).items():
        if not (isinstance(entry, tuple) and len(entry) == 2 and entry[1]):
            raise ValueError(f"exercise {id}: mistake {name!r} needs (wrong, advice).")
        listed.append(Mistake(name, *entry))

    def register(reference: Any) -> Any:
        old = _exercises.get(id)
        if old is not None and _origin(old.reference) != _origin(reference):
            raise ValueError(f"exercise id {id} is taken by {old.title!r}.")
        given = (inputs, tuple(listed), tuple(alike), use, close, seconds, short_cuts)
        _exercises[id] = Exercise(id, title, reference, *given)
        return reference

    return register


def check(id: str, answer: Any) -> bool | None:
    """Print the verdict on `answer`: returns True, False, or None for "not tried yet".

    id: the exercise, for example "01.2". answer: what the exercise asks for, a value or
    the function or class itself. Raises ValueError only for an unknown id.
    """
    verdict = judge(id, answer)
    _checked[id] = answer, verdict.passed
    print("\n".join(verdict.lines))
    return verdict.passed


def working(id: str, answer: Any) -> Any:
    """Return `answer` where it is right, otherwise the book's own, and say so.

    For the cell after a check, which uses what was built: it runs for every learner.
    An answer that was just checked is not tried again. Raises ValueError only for an
    unknown id.
    """
    task = find(id)
    last, right = _checked.get(id, (None, None))
    if last is not answer:
        right = judge(id, answer).passed
    if right:
        return answer
    print(f"(Until yours is right, the book's own answer to {id} works here.)")
    return task.reference if task.wants_callable else task.reference()


def judge(id: str, answer: Any) -> Verdict:
    """The verdict that `check` prints, for programs (a grader, a test)."""
    task = find(id)
    try:
        return verdict_on(task, answer)
    except Exception as error:  # an answer so odd that even comparing it fails
        why = f"It cannot be compared: {type(error).__name__}: {short_text(error)}"
        return Verdict(id, False, (f"Not yet: {id} {task.title}.", f"  {why}"))


def find(id: str) -> Exercise:
    """The exercise with this id. Raises ValueError that lists the nearest ids."""
    if id not in _exercises and isinstance(id, str) and ID.fullmatch(id):
        room = f"shared.check.exercises.ch{id.split('.')[0]}"
        if importlib.util.find_spec(room) is not None:
            importlib.import_module(room)
    if id in _exercises:
        return _exercises[id]
    near = difflib.get_close_matches(str(id), registry(), n=4, cutoff=0.0)
    listed = f"the nearest are {', '.join(sorted(near))}" if near else "none exist yet"
    raise ValueError(f"there is no exercise {id!r}: {listed}.")


def registry() -> dict[str, Exercise]:
    """All exercises of the book by id, in order, every room loaded."""
    for room in pkgutil.iter_modules(exercises.__path__):
        importlib.import_module(f"shared.check.exercises.{room.name}")
    return dict(sorted(_exercises.items(), key=lambda item: _place(item[0])))


def _place(id: str) -> tuple[str, int, str]:
    """Where an id stands in the order: 07.10 comes after 07.9."""
    chapter, number = id.split(".")
    digits = number.rstrip("abcdefghijklmnopqrstuvwxyz")
    return chapter, int(digits), number


def _origin(reference: Any) -> tuple[str, str]:
    return reference.__module__, reference.__qualname__
