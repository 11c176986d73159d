"""When a notebook's new outputs equal the stored ones (the rules that nbval applies).

Text, ids and counts are equal exactly. Numbers printed with a decimal point or an
exponent may differ by one unit of their last stored digit or by 0.2 %, whichever is
more; a cell's metadata may widen that, with its reason:

    "tolerance": {"rel": 0.02, "abs": 0.005, "reason": "a mean over 20 samples"}

Of a picture, its presence and its kind are compared, not its bytes; of HTML, the text
that it shows. What goes to stderr is not compared.
"""

from __future__ import annotations

import html
import json
import math
import re
from dataclasses import dataclass

from notebooks import SKIPPED, clean

RELATIVE = 0.002
# A decimal: a point or an exponent in it, and not a piece of a name or of a version.
DECIMAL = re.compile(
    r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE][-+]?\d))(?:[eE][-+]?\d+)?(?!\d|\.\d)"
)
UNSEEN = re.compile(r"<(style|script)\b.*?</\1\s*>|<!--.*?-->", re.S | re.I)
MARKUP = re.compile(r"<[^>]*>")
BARE = re.compile(r"<IPython\.core\.display\.\w+ object>")


@dataclass(frozen=True)
class Tolerance:
    """How far a decimal may be from the stored one; `units` of its last digit."""

    rel: float = RELATIVE
    abs: float = 0.0

    @classmethod
    def of(cls, metadata: dict) -> Tolerance:
        """Read a cell's own tolerance; a malformed one raises ValueError."""
        own = metadata.get("tolerance")
        if own is None:
            return cls()
        if not isinstance(own, dict) or not str(own.get("reason", "")).strip():
            raise ValueError("the cell's `tolerance` needs a `reason` beside it")
        if unknown := set(own) - {"rel", "abs", "reason"}:
            raise ValueError(f"the cell's `tolerance` has unknown keys {unknown}")
        try:
            rel, absolute = float(own.get("rel", 0)), float(own.get("abs", 0))
        except (TypeError, ValueError):
            raise ValueError("the cell's `tolerance` needs numbers") from None
        return cls(max(rel, RELATIVE), absolute)

    def near(self, stored: str, new: str) -> bool:
        """Say whether a newly printed decimal is close enough to the stored one."""
        a, b = float(stored), float(new)
        if not (math.isfinite(a) and math.isfinite(b)):
            return stored == new
        allowed = max(unit(stored), self.rel * abs(a), self.abs)
        # The last bits of the subtraction must not decide.
        return abs(a - b) <= allowed * (1 + 1e-9) + 1e-15 * abs(a)


def unit(text: str) -> float:
    """Return one unit of a printed number's last digit: 0.01 for "3.14"."""
    mantissa, _, exponent = text.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - digits)


def same_text(stored: str, new: str, tolerance: Tolerance) -> bool:
    """Say whether two texts are equal, decimals within their tolerance."""
    stored, new = clean(stored), clean(new)
    if stored == new:
        return True
    olds, news = DECIMAL.findall(stored), DECIMAL.findall(new)
    # A number that grew by a digit moves the padding of its whole table.
    moved = [len(number) for number in olds] != [len(number) for number in news]
    if frame(stored, moved) != frame(new, moved):
        return False
    return all(map(tolerance.near, olds, news))


def frame(text: str, moved: bool) -> str:
    """Return a text with each decimal as `#`; `moved` makes all padding one space."""
    text = DECIMAL.sub("#", text)
    if not moved:
        return text
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


# --- a cell's outputs ------------------------------------------------------------


def shown(outputs: list[dict]) -> list[tuple[str, str]]:
    """Return what a cell shows, in order, as pairs (kind, text to compare)."""
    printed, items = [], []
    for out in outputs:
        kind = out["output_type"]
        if kind == "stream":
            if out["name"] == "stdout":
                printed.append(out["text"])
        elif kind == "error":
            items.append(("error", f"{out['ename']}: {out['evalue']}"))
        else:
            data = out["data"]
            items += [
                (mime, comparable(mime, joined(data[mime])))
                for mime in sorted(data)
                if "widget" not in mime
            ]
    # Printed lines and displays reach the reader by two roads; their order is luck.
    text = re.sub(r"^.*\r(?=[^\n])", "", "".join(printed), flags=re.M)
    return [("stdout", text)] * bool(text) + items


def joined(value: object) -> str:
    """Return a value of a display's data as one text."""
    if isinstance(value, list):
        return "".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def comparable(mime: str, text: str) -> str:
    """Return the part of a display that must stay the same."""
    if mime.startswith("image/"):
        return ""
    if mime == "text/html":
        return html.unescape(MARKUP.sub(" ", UNSEEN.sub(" ", text)))
    return BARE.sub("", text)


def difference(stored: list[dict], new: list[dict], tolerance: Tolerance) -> str:
    """Return the first difference between two runs of a cell, "" if there is none."""
    old_items, new_items = shown(stored), shown(new)
    old_kinds, new_kinds = [[kind for kind, _ in i] for i in (old_items, new_items)]
    if old_kinds != new_kinds:
        return (
            f"The cell shows other kinds of output.\n"
            f"stored in the notebook: {old_kinds}\nin this run:            {new_kinds}"
        )
    for (kind, old), (_, now) in zip(old_items, new_items, strict=True):
        if not same_text(old, now, tolerance):
            return f"Its {kind} differs:\n{lines_apart(old, now, tolerance)}"
    return ""


def lines_apart(stored: str, new: str, tolerance: Tolerance, most: int = 8) -> str:
    """Show the lines that differ, the stored one above the new one."""
    old_lines, new_lines = stored.split("\n"), new.split("\n")
    found = []
    for index in range(max(len(old_lines), len(new_lines))):
        old = old_lines[index] if index < len(old_lines) else None
        now = new_lines[index] if index < len(new_lines) else None
        if old is None or now is None or not same_text(old, now, tolerance):
            found.append(f"line {index + 1}, stored in the notebook: {quoted(old)}")
            found.append(f"line {index + 1}, in this run:            {quoted(now)}")
    if len(found) > 2 * most:
        found[2 * most :] = [f"... and {len(found) // 2 - most} more lines"]
    return "\n".join(found)


def quoted(line: str | None) -> str:
    """Return a line as a failure shows it."""
    return "(no such line)" if line is None else repr(line)


def skipped(outputs: list[dict]) -> bool:
    """Say whether a cell printed its one line on absent data, and nothing else."""
    items = shown(outputs)
    if len(items) != 1 or items[0][0] != "stdout":
        return False
    text = items[0][1].strip()
    return text.startswith(SKIPPED) and "\n" not in text
