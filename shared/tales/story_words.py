"""The words of the plain stories and of the questions about them: visitor/stories.txt.

The file's head says what stands in the places of a wording.
"""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).parent / "visitor" / "stories.txt"


def read_pools(path: Path) -> dict[str, tuple[str, ...]]:
    """The pools of a file: a heading, then one wording on each indented line."""
    found: dict[str, list[str]] = {}
    now: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("  "):
            now.append(line[2:])
        elif line and line[0] != "#":
            now = found.setdefault(line, [])
    return {name: tuple(lines) for name, lines in found.items()}


POOLS = read_pools(FILE)
OPENINGS, VERBS = POOLS["openings"], POOLS["verbs"]
MOVES, FIRST_MOVES, RETURNS = POOLS["moves"], POOLS["first moves"], POOLS["returns"]
ASIDES, REASONS = POOLS["asides"], POOLS["reasons"]
WHO, WHO_FIRST, ABSENT = POOLS["who"], POOLS["who first"], POOLS["absent"]
MORE, LESS = POOLS["more"], POOLS["less"]
HOW_MANY, LEFT = POOLS["how many"], POOLS["left"]
DISHES, DEEDS = POOLS["dishes"], POOLS["deeds"]
PLUS, MINUS, WISHES = POOLS["plus"], POOLS["minus"], POOLS["wishes"]
#: kind of fact -> (ways to tell it, ways to ask for it, the answer)
FACTS = {
    name: (POOLS[f"fact {name} told"], POOLS[f"fact {name} asked"], answer)
    for name, (answer,) in (
        (heading.split()[1], pool)
        for heading, pool in POOLS.items()
        if heading.startswith("fact ") and heading.endswith(" answer")
    )
}
