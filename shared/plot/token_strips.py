"""Tokens side by side, as coloured chips in a page and as plain text elsewhere."""

from __future__ import annotations

import html
from collections.abc import Sequence

from shared.plot.palette import CHIPS, SURPRISE

CHIP = (
    '<span style="display:inline-block;background:{back};padding:.1em .3em;'
    'margin:.1em;border-radius:5px">{text}{below}</span>'
)
ROW = (
    '<div class="bbb-tokens" style="color:#1f2a37;line-height:1.25;overflow-wrap:'
    'anywhere;font-family:ui-monospace,Menlo,Consolas,monospace">{}</div>'
)
LEGEND = '<div style="font-size:.85em;opacity:.85">Under each token: {}; {}</div>'


class Tokens:
    """A row of tokens: coloured chips in a notebook or page, plain text elsewhere."""

    def __init__(self, pieces: list[str], values: list | None, unit: str) -> None:
        self.pieces, self.values, self.unit = pieces, values, unit
        self.top = max((v for v in values or () if v < float("inf")), default=0.0)

    def __repr__(self) -> str:
        if self.values is None:
            return "|".join(self.pieces)
        pairs = zip(self.pieces, self.values, strict=True)
        return " | ".join(f"{piece} {value:.2f}" for piece, value in pairs)

    def _repr_html_(self) -> str:
        row = ROW.format("".join(map(self._chip, range(len(self.pieces)))))
        if self.values is None:
            return row
        scale = f"the darker, the more (palest 0, darkest {self.top:.2f})."
        return row + LEGEND.format(html.escape(self.unit), scale)

    def _chip(self, i: int) -> str:
        text = html.escape(self.pieces[i])
        if self.values is None:
            return CHIP.format(text=text, back=CHIPS[i % len(CHIPS)], below="")
        value = self.values[i]
        share = min(1.0, max(0.0, value / self.top)) if self.top else 0.0
        mix = (round(a + (b - a) * share) for a, b in zip(*SURPRISE, strict=True))
        below = f'<br><span style="font-size:.75em">{value:.2f}</span>'
        return CHIP.format(text=text, back="rgb({},{},{})".format(*mix), below=below)


def visible(piece: str | bytes) -> str:
    """Show a token so that nothing hides: a space as ·, a line end as ↵, a tab as ⇥.

    Bytes that are no whole UTF-8 character are shown in hexadecimal, as \\xe2.
    """
    if isinstance(piece, bytes):
        piece = piece.decode("utf-8", "backslashreplace")
    return piece.replace(" ", "·").replace("\n", "↵").replace("\t", "⇥")


def tokens(
    pieces: Sequence[str | bytes],
    values: Sequence[float] | None = None,
    unit: str = "surprise in nats",
) -> Tokens:
    """Show tokens side by side; with values, each one's number below it and as colour.

    pieces: strings or bytes. values: one number >= 0 per piece (inf allowed).
    Returns an object that Jupyter shows as HTML chips and print() as plain text.
    """
    if values is not None and len(values) != len(pieces):
        raise ValueError(f"{len(pieces)} pieces, {len(values)} values: give one each")
    numbers = None if values is None else [float(value) for value in values]
    return Tokens([visible(piece) for piece in pieces], numbers, unit)
