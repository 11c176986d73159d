"""The machine behind the tales: write, read and measure a grammar exactly.

A grammar (see `tales.notation`) is a tree of choices. Here it is walked in three
ways: :meth:`Grammar.write` picks one branch at random, :meth:`Grammar.follow` keeps
every branch that a given text still allows, and :meth:`Grammar.entropy` adds up all of
them. All probabilities are natural, all information is in nats.
"""

from __future__ import annotations

import math
import random
import re
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from shared.tales.branches import Branch, push
from shared.tales.conditions import reach
from shared.tales.notation import read
from shared.tales.parts import (
    WORD,
    Call,
    Draw,
    Env,
    Literal,
    Number,
    Set,
    capital,
)


class Grammar:
    """Lists and rules with exact probabilities.

    Args:
        paths: the grammar files.
        seed: None for the files as they stand; a number for a personal language.
    """

    def __init__(self, paths: list[Path], seed: int | None = None) -> None:
        self.lists, self.rules = read(paths, seed)
        # Most rules have no conditions: their tables can be made once.
        self.tables = {
            name: self.table(rule.ways)
            for name, rule in self.rules.items()
            if all(way.condition is None for way in rule.ways)
        }
        self.looks = reach(self.rules)
        self.matters = set().union(*self.looks.values())
        self.measured: dict[tuple, tuple[float, list]] = {}

    @staticmethod
    def table(ways: list) -> tuple[list, list[int], list[float]]:
        """Ways, their cumulative weights, and the nats that each one costs."""
        sums = list(accumulate(way.weight for way in ways))
        return ways, sums, [math.log(sums[-1] / way.weight) for way in ways]

    def ways(self, rule: str, env: Env) -> tuple[list, list[int], list[float]]:
        """The table of a rule, without the ways whose conditions do not hold."""
        return self.tables.get(rule) or self.table(self.rules[rule].open(env))

    # Writing

    def write(self, rule: str, rng: random.Random) -> tuple[str, Env, float]:
        """Write one text: the text, what its names stand for at the end, its nats."""
        out: list[str] = []
        env: Env = {}
        nats = self.write_rule(rule, env, out, rng)
        return tidy("".join(out)).lstrip(" "), env, nats

    def write_rule(self, rule: str, env: Env, out: list[str], rng: Any) -> float:
        """Choose a way and append its text to ``out``; returns its nats."""
        ways, sums, costs = self.ways(rule, env)
        i = bisect(sums, int(rng.random() * sums[-1])) if len(ways) > 1 else 0
        nats = costs[i]
        for part in ways[i].parts:
            if part.__class__ is Literal:
                out.append(part.text)
            else:
                nats += self.write_part(part, env, out, rng)
        return nats

    def write_part(self, part: Any, env: Env, out: list[str], rng: Any) -> float:
        """Append the text of one part to ``out``; returns its nats."""
        if part.__class__ is not Call:
            cost, text = part.pick(env, rng)
            out.append(text)
            return cost
        start = len(out)
        cost = self.write_rule(part.rule, env, out, rng)
        if part.cap:
            first = next((i for i in range(start, len(out)) if out[i]), None)
            if first is not None:
                out[first] = capital(out[first])
        return cost

    # Reading

    def start(self, rule: str, chance: float = 1.0) -> Branch:
        """The branch on which nothing has been written yet."""
        return Branch(chance, (Call(rule, False), None), {})

    def step(self, branch: Branch) -> Iterator[tuple[str, Branch]]:
        """Every next word that a branch can write, with the branch after it.

        The word is ``""`` when the document ends here.
        """
        todo = [branch]
        while todo:
            chance, rest, env, space, cap = todo.pop()
            if rest is None:
                yield "", Branch(chance, None, env)
                continue
            part, rest = rest
            if isinstance(part, Call):
                ways, sums, _ = self.ways(part.rule, env)
                for way in ways:
                    share = chance * way.weight / sums[-1]
                    after = push(way.parts, rest)
                    todo.append(Branch(share, after, env, space, cap or part.cap))
                continue
            for share, text, after in part.outcomes(env):
                yield from self.emit(
                    text, Branch(chance * share, rest, after, space, cap), todo
                )

    def emit(
        self, text: str, branch: Branch, todo: list[Branch]
    ) -> Iterator[tuple[str, Branch]]:
        """Yield the first word of a part's text; without one, go on with the branch."""
        chance, rest, env, space, cap = branch
        if not text.strip(" "):
            todo.append(Branch(chance, rest, env, space or bool(text), cap))
            return
        if cap:
            text = capital(text)
        if space and text[0] not in " \n":
            text = " " + text
        first = WORD.match(text.rstrip(" "))[0]
        text = text[len(first) :]
        if text.strip(" "):
            rest, text = (Literal(text), rest), ""
        yield first, Branch(chance, rest, env, bool(text))

    def options(self, branches: list[Branch]) -> dict[str, list[Branch]]:
        """What may come next after the given branches, word by word."""
        found: dict[str, list[Branch]] = {}
        for branch in branches:
            for word, after in self.step(branch):
                found.setdefault(word, []).append(after)
        return found

    def resume(self, branch: Branch, rng: random.Random) -> str:
        """Finish a branch at random; returns the text that follows."""
        out = [" "] if branch.space else []
        env, rest, cap = dict(branch.env), branch.todo, branch.cap
        while rest is not None:
            part, rest = rest
            before = len(out)
            self.write_part(part, env, out, rng)
            if cap and any(out[before:]):
                first = next(i for i in range(before, len(out)) if out[i])
                out[first], cap = capital(out[first]), False
        return tidy("".join(out))

    # Measuring

    def entropy(self, rule: str) -> float:
        """The exact entropy in nats of the documents that a rule writes.

        Members of a list are drawn with equal chances and no condition looks at which
        one it was, so one member can stand for all: the number of cases stays small.
        """
        return self.measure(rule, {}, self.measured)[0]

    def measure(self, rule: str, env: Env, known: dict) -> tuple[float, list]:
        """Entropy of a rule from ``env`` on, and the (chance, env) it can end in.

        A rule does the same wherever the names that it looks at mean the same, so it
        is measured once for each such case; the ends hold these names and new ones.
        """
        env = {k: v for k, v in env.items() if k in self.looks[rule]}
        key = (rule, frozenset(env.items()))
        if key not in known:
            ways, sums, costs = self.ways(rule, env)
            total, ends = 0.0, []
            for way, cost in zip(ways, costs, strict=True):
                share = way.weight / sums[-1]
                nats, after = self.measure_parts(way.parts, env, known)
                total += share * (cost + nats)
                ends += [(share * chance, end) for chance, end in after]
            known[key] = total, self.merge(ends)
        return known[key]

    def measure_parts(
        self, parts: tuple, env: Env, known: dict
    ) -> tuple[float, list[tuple[float, Env]]]:
        """Entropy of a row of parts, and the environments it can end in."""
        total, cases = 0.0, [(1.0, env)]
        for part in parts:
            after: list[tuple[float, Env]] = []
            for chance, case in cases:
                nats, ends = self.measure_part(part, case, known)
                total += chance * nats
                after += [(chance * share, end) for share, end in ends]
            cases = self.merge(after)
        return total, cases

    def measure_part(
        self, part: Any, env: Env, known: dict
    ) -> tuple[float, list[tuple[float, Env]]]:
        """Entropy of one part, and the environments it can end in."""
        if isinstance(part, Call):
            nats, ends = self.measure(part.rule, env, known)
            return nats, [(share, {**env, **end}) for share, end in ends]
        if isinstance(part, Draw):
            left = part.left(env)
            after = dict(env)
            part.bind(after, left[0])
            return math.log(len(left)), [(1.0, after)]
        if not isinstance(part, (Number, Set)):
            return 0.0, [(1.0, env)]
        ends = [(share, after) for share, _, after in part.outcomes(env)]
        return math.log(len(ends)), ends

    def merge(self, cases: list[tuple[float, Env]]) -> list[tuple[float, Env]]:
        """Add up the chances of environments that differ in nothing that matters."""
        found: dict[frozenset, tuple[float, Env]] = {}
        for chance, env in cases:
            env = {k: v for k, v in env.items() if k in self.matters}
            key = frozenset(env.items())
            found[key] = (found[key][0] + chance if key in found else chance, env)
        return list(found.values())


def tidy(text: str) -> str:
    """Remove the doubled and last spaces that parts without text leave behind."""
    return re.sub("  +", " ", text).rstrip(" ")
