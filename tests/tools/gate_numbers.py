"""The gate over numbers: a figure in the prose names the cell that it comes from.

    course.py gates --propose FILES                      write the sources that are sure
    python tests/tools/gate_numbers.py --chance [FILES]  how many wrong ones would pass

What needs a source: decimals (0.31), figures with a comma (1,024), per cent (74 %), and
whole numbers of three digits or more. What needs none: years, 100 (as in "95 in 100"),
the numbers of chapters, exercises, versions and papers on arXiv, and what stands in
`code`.

An author writes the sources into the metadata of the prose's own cell, one for each
figure as it stands in the text; readers do not see them:

    "numbers": {
      "0.31": "ch06-first-loss",           the output of the code cell with this id
      "1,024": "ch06-ladder: bigram",      there, only the lines with this word
      "0.02": "code: ch06-initialise",     a constant in that cell's text
      "1.88": "given: nanoGPT's README"    from elsewhere, with the reason
    }

The cell stands above the prose, or right below it with no other prose between, or on
any chapter's page (1.206 on a later page names chapter 01's cell). The figure may be
rounded, and a share of 0.69 may be written 69 %. `--propose` names each figure's cell
where only one prints it; where several do it lists them, and the author chooses.
"""

from __future__ import annotations

import difflib
import random
import sys
from pathlib import Path

import notebooks
from figures import (
    CODE,
    GIVEN,
    KEY,
    Claim,
    Source,
    claims,
    elsewhere,
    in_reach,
    value_of,
)
from page import Page, Problem

PROPOSE = "Run python3 course.py gates --propose on the page, or name its cell"


# --- the gate ------------------------------------------------------------------------


def numbers(page: Page) -> list[Problem]:
    """Each figure of the prose names its cell, and that cell still says it."""
    if not page.is_notebook:
        return []
    found = []
    for i, text in page.markdown:
        named = page.nb.cells[i - 1].metadata.get(KEY, {})
        if not isinstance(named, dict):
            what = f'metadata "{KEY}" is {named!r}, expected a source for each figure'
            found.append(page.problem(i, what, PROPOSE))
            named = {}
        told = claims(text)
        for claim in told:
            if what := _fault(page, i, claim, named.get(claim.number)):
                found.append(page.problem(i, *what))
        for number in named.keys() - {claim.number for claim in told}:
            what = f"{number} has a source but is no figure of this text"
            found.append(page.problem(i, what, f'Take it out of "{KEY}"'))
    return found


def _fault(page: Page, i: int, claim: Claim, text: object) -> tuple[str, str] | None:
    """What is wrong with a figure's source and what to do, or None."""
    number = claim.number
    if not isinstance(text, str) or not text.strip():
        return f"the number {number} names no cell that it comes from", PROPOSE
    source = Source.read(text)
    if source.kind == GIVEN:
        fault = f"the number {number} is given without a reason"
        return None if source.words else (fault, "Say where it comes from")
    reach, late = in_reach(page, i)
    if source.cell in late:
        what = f"the number {number} names the cell {source.cell!r}, which comes later"
        return what, "Move the prose below it, or name another cell"
    cell = reach.get(source.cell) or elsewhere(page).get(source.cell)
    if cell is None:
        near = difflib.get_close_matches(source.cell, reach, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        what = f"the number {number} names the cell {source.cell!r}, which no page has"
        return what + hint, PROPOSE
    values = source.values(cell)
    if source.says(claim, values):
        return None
    where = f" in lines with {source.words!r}" if source.words else ""
    says = "hold" if source.kind == CODE else "print"
    near = min(values, key=lambda x: abs(x - value_of(number)), default=None)
    nearest = "no number" if near is None else f"nearest is {near:g}"
    what = f"the cell {source.cell!r} does not {says} the number {number}{where}"
    others = " or ".join(proposals(page, i, claim)[:3])
    do = f"{others} does" if others else "Take the number from the cell"
    return f"{what}: {nearest}", do


# --- proposals -----------------------------------------------------------------------


def proposals(page: Page, i: int, claim: Claim) -> list[str]:
    """Sources that say a figure: cells that print it, else constants; nearest first."""
    reach = in_reach(page, i)[0]
    order = {cell.id: n for n, cell in page.cells}
    ids = sorted(reach, key=lambda name: (order[name] > i, -order[name]))
    ids = [name for name in ids if reach[name].source != notebooks.FIRST_CELL]
    for form in ("", f"{CODE}: "):
        offers = []
        for name in ids:
            source = Source.read(form + name)
            if source.says(claim, source.values(reach[name])):
                offers.append(form + name)
        if offers:
            return offers
    return []


def propose(page: Page) -> tuple[int, list[str]]:
    """Name the cell of each figure that has one only; return (how many, the others).

    A source whose figure has left the text goes, and is told.
    """
    done, open_ = 0, []
    for i, text in page.markdown:
        cell = page.nb.cells[i - 1]
        named = cell.metadata.get(KEY, {})
        named = dict(named) if isinstance(named, dict) else {}
        told = claims(text)
        for number in sorted(named.keys() - {claim.number for claim in told}):
            gone = f"{number} has left the text, and its source {named.pop(number)!r}"
            open_.append(f"{page.name}, {cell.id}: {gone}")
        for claim in told:
            if named.get(claim.number):
                continue
            offers = proposals(page, i, claim)
            if len(offers) == 1:
                named[claim.number] = offers[0]
                done += 1
            else:
                says = ", ".join(offers) or "no cell says it: print it, or given: ..."
                open_.append(f"{page.name}, {cell.id}: {claim.number} <- {says}")
        cell.metadata.pop(KEY, None)
        if named := {number: source for number, source in named.items() if source}:
            cell.metadata[KEY] = named
    return done, open_


# --- how much passes by chance -------------------------------------------------------


def like(number: str, rng: random.Random) -> str:
    """Another figure of the same form: as many digits, the comma and the point kept."""
    while True:
        whole = number.partition(".")[0]
        digits = [str(rng.randrange(10)) if c.isdigit() else c for c in number]
        digits[0] = "0" if whole == "0" else str(rng.randrange(1, 10))
        if "".join(digits) != number:
            return "".join(digits)


def chance(page: Page, draws: int = 1000, seed: int = 1) -> list[tuple[str, float]]:
    """Pairs (source, share of wrong figures that it lets pass); given ones left out.

    As if an author had written another figure of the same form beside the same source.
    """
    found, rng = [], random.Random(seed)
    for i, text in page.markdown:
        named = page.nb.cells[i - 1].metadata.get(KEY, {})
        cells = {**elsewhere(page), **in_reach(page, i)[0]}
        for claim in claims(text):
            source = Source.read(named.get(claim.number, f"{GIVEN}: ?"))
            if source.kind == GIVEN or source.cell not in cells:
                continue
            passed, values = 0, source.values(cells[source.cell])
            for _ in range(draws):
                wrong = Claim(like(claim.number, rng), claim.percent)
                passed += source.says(wrong, values)
            found.append((f"{claim.number} <- {source.cell}", passed / draws))
    return found


def main(arguments: list[str]) -> int:
    """The command; returns 0 when no figure is left without a source."""
    mode, *names = arguments or [""]
    if mode not in ("--propose", "--chance") or (mode == "--propose" and not names):
        print((__doc__ or "").partition("\n\nWhat")[0])
        return 2
    left = 0
    for path in [Path(name).resolve() for name in names] or notebooks.pages():
        if path.suffix != ".ipynb":
            print(f"{path.name} is no notebook: only notebooks have sources.")
            return 2
        page = Page.read(path)
        if mode == "--chance":
            shares = chance(page)
            mean = sum(share for _, share in shares) / max(len(shares), 1)
            print(f"{page.name}: {len(shares)} figures, {mean:.1%} by chance")
            continue
        done, open_ = propose(page)
        notebooks.write(path, notebooks.dumps(page.nb))
        print(f"{page.name}: {done} named", *open_, sep="\n  ")
        left += len(open_)
    return 1 if left else 0


GATES = (numbers,)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
