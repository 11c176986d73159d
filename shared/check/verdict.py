"""Judge an answer: right, not yet (and why, in a few lines), or not tried."""

import inspect
from dataclasses import dataclass
from types import CodeType
from typing import Any

from shared.check.compare import cut, difference, is_array, kind, number, short
from shared.check.exercise_kind import Exercise, differs
from shared.check.run_answer import Outcome, TimeUp, is_stub, run, run_all


@dataclass(frozen=True)
class Verdict:
    """True, False or None (not tried) in `passed`, and the lines that say why.

    mistakes: the names of the known mistakes that the answer behaves like.
    """

    id: str
    passed: bool | None
    lines: tuple[str, ...]
    mistakes: tuple[str, ...] = ()


def verdict_on(task: Exercise, answer: Any) -> Verdict:
    """Try `answer` on the trials of `task` and say how it went."""
    empty = _empty_parts(task, answer)
    if empty is not None:
        return _not_tried(task, empty)
    refused = _refusal(task, answer)
    if refused:
        return _not_yet(task, refused)
    expected, trials = task.expected, task.trials()
    got = run_all(task.calls(answer, trials), task.seconds)
    if _gives_nothing(expected, got):
        if any(outcome.printed for outcome in got):
            return _not_yet(task, "It prints its result: hand it over with return.")
        return _not_tried(task)
    if not task.same(expected, got):
        return _explain(task, expected, got)
    lines = [f"Right: {task.id} {task.title}{_in_all(len(got))}."]
    changed = _changed(task, trials)
    if changed:
        lines.append(f"  A remark: it changes its argument {changed}; work on a copy.")
    if taken := _short_cut(task, answer):
        lines.append(f"  A remark: {taken}")
    return Verdict(task.id, True, tuple(lines))


def _short_cut(task: Exercise, answer: Any) -> str:
    """What to say of a right answer whose code uses a short cut; empty for none."""
    used: set[str] = set()
    waiting = [getattr(answer, "__code__", None)]
    while waiting:
        code = waiting.pop()
        if isinstance(code, CodeType):
            used |= set(code.co_names)
            waiting += code.co_consts
    known = task.short_cuts or {}
    return next((known[name] for name in known if name in used), "")


def _not_tried(task: Exercise, part: str = "") -> Verdict:
    note = f" ({part} does nothing yet)" if part else ""
    return Verdict(task.id, None, (f"Not tried yet: {task.id} {task.title}{note}.",))


def _not_yet(task: Exercise, *lines: str, note: str = "") -> Verdict:
    head = f"Not yet: {task.id} {task.title}{note}."
    return Verdict(task.id, False, (head, *(f"  {line}" for line in lines)))


def _in_all(count: int) -> str:
    return f", in all {count} trials" if count > 1 else ""


def _untouched(value: Any) -> bool:
    """Whether a value is what a stub leaves: None, `...`, or several of them."""
    if value is None or value is ...:
        return True
    if isinstance(value, list | tuple) and value:
        return all(_untouched(item) for item in value)
    if isinstance(value, dict) and value:
        return all(_untouched(item) for item in value.values())
    return False


def _empty_parts(task: Exercise, answer: Any) -> str | None:
    """What of the answer is still a stub: "" for all of it, None when nothing is."""
    if _untouched(answer):
        return ""
    if not task.wants_callable:
        return None
    if is_stub(answer) and not is_stub(task.reference):
        return ""
    if not (inspect.isclass(answer) and inspect.isclass(task.reference)):
        return None
    asked = vars(task.reference)
    for name, method in vars(answer).items():
        if is_stub(method) and name in asked and not is_stub(asked[name]):
            return f"{name}()"
    return None


def _refusal(task: Exercise, answer: Any) -> str:
    """Why the answer cannot even be tried; empty when it can."""
    if not task.wants_callable:
        return ""
    wanted = "class" if inspect.isclass(task.reference) else "function"
    if not callable(answer) or (wanted == "class" and not inspect.isclass(answer)):
        how = f'check("{task.id}", name)'
        return f"Expected the {wanted} itself, as in {how}; got {kind(answer)}."
    if task.use is not None:
        return ""
    args = task.trials()[0]
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):  # some built-in functions have none
        return ""
    try:
        signature.bind(*args)
    except TypeError:
        asked = inspect.signature(task.reference)
        return f"It takes {signature}; it should take {_bare(asked)}."
    return ""


def _bare(signature: inspect.Signature) -> str:
    return f"({', '.join(signature.parameters)})"


def _gives_nothing(expected: list[Outcome], got: list[Outcome]) -> bool:
    """Whether the answer returned None all the way, and the reference did not."""
    silent = all(o.error is None and _untouched(o.value) for o in got)
    return silent and not all(o.error is None and _untouched(o.value) for o in expected)


def _explain(task: Exercise, expected: list[Outcome], got: list[Outcome]) -> Verdict:
    """The verdict on a wrong answer: where it differs, and the mistake if known."""
    found = [differs(e, g, task.close) for e, g in zip(expected, got, strict=False)]
    first = next(i for i, words in enumerate(found) if words)
    lines = _input_line(task, task.trials()[first])
    lines.append(f"expected  {_shown(expected[first])}")
    lines.append(f"got       {_shown(got[first])}")
    numbers = all(number(o.value) is not None for o in (expected[first], got[first]))
    if expected[first].error is None and got[first].error is None and not numbers:
        lines.append(f"differs   {found[first]}")
    for text in got[first].printed.splitlines()[:3]:
        lines.append(f"printed   {cut(text)}")
    known = [m for m in task.mistakes if task.same(task.behaviours[m.name], got)]
    if known:
        lines.append(f"It behaves like: {' or '.join(m.name for m in known)}.")
        lines += list(dict.fromkeys(m.advice for m in known))
    right = sum(words is None for words in found)
    note = f" (right in {right} of {len(expected)} trials)" if right else ""
    verdict = _not_yet(task, *lines, note=note)
    return Verdict(task.id, False, verdict.lines, tuple(m.name for m in known))


def _input_line(task: Exercise, args: tuple) -> list[str]:
    """The arguments of a trial by their names: "for       p = 0.5"."""
    if not args:
        return []
    names = _names(task, len(args))
    width = max(20, 70 // len(args))
    pairs = zip(names, args, strict=True)
    return ["for       " + ", ".join(f"{n} = {short(a, width)}" for n, a in pairs)]


def _names(task: Exercise, count: int) -> list[str]:
    source, skip = (task.use, 1) if task.use is not None else (task.reference, 0)
    try:
        names = list(inspect.signature(source).parameters)[skip:]
    except (TypeError, ValueError):
        names = []
    return [names[i] if i < len(names) else f"argument {i + 1}" for i in range(count)]


def _shown(outcome: Outcome) -> str:
    error = outcome.error
    if error is None:
        return short(outcome.value)
    place = f" ({outcome.line})" if outcome.line else ""
    if isinstance(error, TimeUp):
        return f"no answer within {error} seconds{place}"
    if isinstance(error, RecursionError):
        return f"RecursionError: it calls itself without end{place}"
    text = short_text(error)
    return f"{type(error).__name__}{': ' + text if text else ''}{place}"


def short_text(error: BaseException) -> str:
    """The message of an error on one line; an error may fail even at that."""
    try:
        return cut(str(error), 60)
    except Exception:
        return ""


def _changed(task: Exercise, used: list[tuple]) -> str:
    """The name of the first argument that the answer changed and the reference kept."""
    before = task.trials()
    moved = _moved(before, used)
    if not moved:
        return ""
    kept = task.trials()
    for call in task.calls(task.reference, kept):
        run(call)
    moved -= _moved(before, kept)
    return _names(task, len(before[0]))[min(moved)] if moved else ""


def _moved(before: list[tuple], after: list[tuple]) -> set[int]:
    """Positions of the arguments that changed in some trial."""
    return {
        i
        for old, new in zip(before, after, strict=True)
        for i, (a, b) in enumerate(zip(old, new, strict=True))
        if (is_array(a) or isinstance(a, list | dict | set)) and difference(a, b, 0.0)
    }
