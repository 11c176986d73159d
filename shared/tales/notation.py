"""A small notation for random text whose probabilities are known exactly.

A grammar is a text file of *lists* (names, places, things) and *rules* (ways to say
something, each with a weight). A document is written by starting at one rule and
choosing, from left to right, until no choice is left; its probability is the product
of the probabilities of these choices. Because one machine writes, reads and measures,
nothing is estimated: see :class:`tales.grammar.Grammar`.

The notation, by example::

    list person (she)            # a list; the name in brackets is an extra column
      Mara   she
      Tom    he
    rule meeting                 # a rule; each way has a weight and a text
      3 | {a:person} met {b:person} [where].
      1 ? n > 1 | {a} was not alone.       # only when the condition holds

==================  ===========================================================
``{a:person}``      draw a person not drawn before, call it ``a``, write it
``{!a:person}``     the same without writing it
``{s:small#n}``     the same, agreeing with the number ``n``
``{n:2..9}``        draw a whole number (bounds may be sums of numbers), write it
``{a}``             write what ``a`` stands for
``{a.a}``           with its article: *a key*, *an owl*
``{a.s}``           its plural; ``{a#n}`` agrees with the number ``n``
``{a.she}``         its pronoun; also ``him``, ``his``, ``himself``
``{a.column}``      the list's extra column; ``_`` there stands for a space
``{=n: n + k}``     compute and remember, writing nothing
``[where]``         follow the rule ``where``
``[^where]``        the same, with a capital; also ``{^a.she}``, ``{^a.a}``
``\\n``              a new line; a ``_`` before a way's text is a leading space
==================  ===========================================================

A line that does not start with a weight continues the way above it.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.tales.parts import (
    PRONOUNS,
    Call,
    Draw,
    Entry,
    GrammarError,
    Literal,
    Number,
    Rule,
    Set,
    Value,
    Way,
)

SLOT = re.compile(r"(\{[^{}]*\}|\[[^\[\]]*\])")
WAY = re.compile(r"(\d+)\s*(?:\?([^|]*))?\|\s?(.*)")
DRAW = re.compile(r"(!?)(\w+)\s*:\s*(\w+)(?:\.(\w+)|#(\w+))?")
RANGE = re.compile(r"(!?)(\w+)\s*:\s*(.+?)\.\.(.+)")
VALUE = re.compile(r"(\w+)(?:\.(\w+)|#(\w+))?")


def expression(text: str, where: str) -> Any:
    """Compile a small expression over names, numbers and strings; nothing else."""
    allowed = (
        *(ast.Expression, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.Add),
        *(ast.Sub, ast.Mult, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE),
        *(ast.Gt, ast.GtE, ast.BoolOp, ast.And, ast.Or, ast.Is, ast.IsNot),
    )
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise GrammarError(f"{where}: cannot read the expression {text!r}") from error
    for node in ast.walk(tree):
        if not isinstance(node, allowed):
            raise GrammarError(f"{where}: {text!r} may only compare, add and subtract")
    return compile(tree, where, "eval")


def entry(columns: list[str], line: str) -> Entry:
    """Read one line of a list: the word, its extra columns, and *s=* for its plural."""
    word, *extra = (part.replace("_", " ") for part in line.split())
    plural = next((x[2:] for x in extra if x.startswith("s=")), word + "s")
    extra = [x for x in extra if not x.startswith("s=")]
    if len(extra) != len(columns):
        raise GrammarError(f"list entry {line.strip()!r} needs the columns {columns}")
    forms = {"a": ("an " if word[0] in "aeiou" else "a ") + word, "s": plural}
    columns_of = dict(zip(columns, extra, strict=True))
    return Entry(word, {**PRONOUNS[columns_of.get("she", "it")], **forms, **columns_of})


def part(slot: str, where: str, lists: dict[str, tuple[Entry, ...]]) -> Any:
    """Turn one slot of a way, such as ``{a:person}`` or ``[where]``, into its part."""
    inner = slot[1:-1].strip()
    cap, inner = inner.startswith("^"), inner.removeprefix("^")
    if slot[0] == "[":
        return Call(inner, cap)
    if inner.startswith("="):
        name, _, text = inner[1:].partition(":")
        return Set(name.strip(), expression(text, where))
    if m := RANGE.fullmatch(inner):
        low, high = expression(m[3], where), expression(m[4], where)
        return Number(m[2], low, high, cap, bool(m[1]))
    if m := DRAW.fullmatch(inner):
        if m[3] not in lists:
            raise GrammarError(f"{where}: {slot} names no list; lists: {sorted(lists)}")
        return Draw(m[2], m[3], lists[m[3]], m[4], m[5], cap, bool(m[1]))
    if m := VALUE.fullmatch(inner):
        return Value(m[1], m[2], m[3], cap)
    raise GrammarError(f"{where}: cannot read the slot {slot}")


def parts(text: str, where: str, lists: dict[str, tuple[Entry, ...]]) -> tuple:
    """Turn the text of a way into the parts that the machine follows in order."""
    text = re.sub(r" *\\n *", "\n", " ".join(text.split()))
    text = " " + text[1:] if text.startswith("_") else text
    found = (piece for piece in SLOT.split(text) if piece)
    return tuple(part(p, where, lists) if p[0] in "{[" else Literal(p) for p in found)


def blocks(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Split a grammar file into its (list or rule, heading, indented lines)."""
    block: tuple[str, str, list[str]] | None = None
    for n, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        bare = line.split("# ")[0].rstrip()
        if not bare or bare == "#":
            continue
        if not line[0].isspace():
            kind, _, heading = bare.partition(" ")
            if kind not in {"list", "rule"}:
                raise GrammarError(f"{path.name}:{n}: expected list or rule: {line!r}")
            if block:
                yield block
            block = (kind, heading.strip(), [])
        elif block is None:
            raise GrammarError(f"{path.name}:{n}: this line belongs to no list or rule")
        else:
            block[2].append(bare.strip())
    if block:
        yield block


def read_rule(name: str, lines: list[str], lists: dict) -> Rule:
    """Read the ways of one rule, joining the lines that continue a way."""
    ways: list[list[str]] = []
    for line in lines:
        if m := WAY.match(line):
            ways.append([m[1], m[2] or "", m[3]])
        elif ways:
            ways[-1][2] += " " + line
        else:
            raise GrammarError(f"rule {name}: its first line needs a weight: {line!r}")
    where = f"rule {name}"
    return Rule(
        name,
        [
            Way(
                int(weight),
                parts(text, where, lists),
                expression(condition, where) if condition.strip() else None,
            )
            for weight, condition, text in ways
        ],
    )


def read(
    paths: list[Path], seed: int | None = None
) -> tuple[dict[str, tuple[Entry, ...]], dict[str, Rule]]:
    """Read grammar files into their lists and rules.

    With a ``seed`` the language becomes a personal one: every list of four or more
    members loses a quarter of them, and every weight is multiplied by 1, 2 or 3.

    Raises:
        GrammarError: for a line that cannot be read, a name defined twice, or a rule
            that is called and not defined.
    """
    rng = None if seed is None else random.Random(seed)
    lists: dict[str, tuple[Entry, ...]] = {}
    rules: dict[str, Rule] = {}
    found = [block for path in paths for block in blocks(path)]
    for kind, heading, lines in found:
        name, _, columns = heading.partition(" ")
        if name in (lists if kind == "list" else rules):
            raise GrammarError(f"{kind} {name} is defined twice")
        if kind == "list":
            members = [entry(columns.strip("() ").split(), line) for line in lines]
            if rng and len(members) >= 4:
                gone = {members[int(rng.random() * len(members))] for _ in range(1)}
                while len(gone) < len(members) // 4:
                    gone.add(members[int(rng.random() * len(members))])
                members = [m for m in members if m not in gone]
            lists[name] = tuple(members)
        else:
            rules[name] = Rule(name)
    for kind, heading, lines in found:
        if kind == "rule":
            rules[heading] = read_rule(heading, lines, lists)
            for way in rules[heading].ways if rng else ():
                way.weight *= 1 + int(rng.random() * 3)
    for rule in rules.values():
        for call in (p for w in rule.ways for p in w.parts if isinstance(p, Call)):
            if call.rule not in rules:
                raise GrammarError(f"rule {rule.name}: [{call.rule}] is not defined")
    return lists, rules
