"""Which names a rule of the grammar looks at: what its choices depend on."""

from __future__ import annotations

from shared.tales.parts import Call, Draw, Number, Rule, Set


def reach(rules: dict[str, Rule]) -> dict[str, set[str]]:
    """For each rule, the names that it or any rule it calls looks at."""
    looks = {name: looks_at(rule) for name, rule in rules.items()}
    calls = {
        name: {p.rule for way in rule.ways for p in way.parts if isinstance(p, Call)}
        for name, rule in rules.items()
    }
    grown = True
    while grown:
        before = sum(map(len, looks.values()))
        for name in rules:
            looks[name] = looks[name].union(*(looks[called] for called in calls[name]))
        grown = sum(map(len, looks.values())) > before
    return looks


def looks_at(rule: Rule) -> set[str]:
    """The names whose values decide what a rule does (not only what it writes)."""
    parts = [part for way in rule.ways for part in way.parts]
    codes = [way.condition for way in rule.ways if way.condition]
    codes += [part.code for part in parts if isinstance(part, Set)]
    for part in parts:
        if isinstance(part, Number):
            codes += [part.low, part.high]
    lists = {"#" + part.list for part in parts if isinstance(part, Draw)}
    return lists.union(*(code.co_names for code in codes))
