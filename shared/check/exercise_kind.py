"""What an exercise is: a reference, trials, and known mistakes."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shared.check.compare import difference
from shared.check.run_answer import Outcome, run


@dataclass(frozen=True)
class Mistake:
    """A wrong version of a reference, what to call it, and one line of advice."""

    name: str
    wrong: Any
    advice: str


@dataclass(frozen=True)
class Exercise:
    """One exercise: its reference, the trials, and the mistakes that it knows.

    close: how far numbers may be off, absolutely or relatively. seconds: time for all
    trials of one answer together. short_cuts: names that a right answer may use, each
    with the remark that it earns.
    """

    id: str
    title: str
    reference: Any
    inputs: Sequence[Any] | Callable[[], Sequence[Any]] | None = None
    mistakes: tuple[Mistake, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()
    use: Callable[..., Any] | None = None
    close: float = 1e-6
    seconds: float = 20.0
    short_cuts: dict[str, str] | None = None

    @property
    def wants_callable(self) -> bool:
        """Whether the answer is a function or a class, not a value."""
        return self.inputs is not None

    def trials(self) -> list[tuple]:
        """The arguments of every trial, fresh: no run sees what another one changed."""
        if self.inputs is None:
            return [()]
        given = self.inputs() if callable(self.inputs) else copy.deepcopy(self.inputs)
        return [args if isinstance(args, tuple) else (args,) for args in given]

    def calls(self, answer: Any, trials: list[tuple]) -> list[Callable[[], Any]]:
        """For every trial a function of no arguments that runs it with `answer`."""
        if self.use is not None:
            return [lambda args=args: self.use(answer, *args) for args in trials]
        if not self.wants_callable:
            return [lambda: answer]
        return [lambda args=args: answer(*args) for args in trials]

    @cached_property
    def expected(self) -> list[Outcome]:
        """What the reference does on every trial; tried once."""
        return self.outcomes(self.reference)

    @cached_property
    def behaviours(self) -> dict[str, list[Outcome]]:
        """What each known mistake does on every trial, by its name; tried once."""
        return {mistake.name: self.outcomes(mistake.wrong) for mistake in self.mistakes}

    def outcomes(self, version: Any) -> list[Outcome]:
        """What a version of the reference, right or wrong, does on every trial."""
        if not self.wants_callable and callable(version):
            version = version()
        return [run(call) for call in self.calls(version, self.trials())]

    def same(self, a: list[Outcome], b: list[Outcome]) -> bool:
        """Whether two lists of outcomes agree in every trial."""
        if len(a) != len(b):
            return False
        return not any(differs(x, y, self.close) for x, y in zip(a, b, strict=True))


def differs(expected: Outcome, got: Outcome, close: float) -> str | None:
    """Where two outcomes differ, in words; None when they agree.

    Two errors agree when the one that came is of the kind that was expected.
    """
    if expected.error is None and got.error is None:
        return difference(expected.value, got.value, close)
    if expected.error is None:
        return f"expected no error, got {type(got.error).__name__}"
    wanted = type(expected.error)
    if isinstance(got.error, wanted):
        return None
    came = "no error" if got.error is None else type(got.error).__name__
    return f"expected {wanted.__name__}, got {came}"
