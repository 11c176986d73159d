"""Smaller SVG: the same picture in little more than half of the bytes.

matplotlib writes one point of a path per line, with six decimals, and gives every group
a name. A notebook stores each line as a string of its own, so that a page with several
pictures outgrows its limit.
"""

from __future__ import annotations

import re

PATH = re.compile(r'(?<= d=")[^"]*')
PLACE = re.compile(r'(?<= (?:x|y)=")[^"]*|(?<=translate\()[^)]*|(?<=points=")[^"]*')
LONG = re.compile(r"-?\d+\.\d{3,}")
NOTE = re.compile(r"<!--.*?-->\s*", re.S)
NAMED = re.compile(r'<g id="[a-z0-9]+_\d+"')  # of groups that nothing points at
GLYPH = re.compile(r'(?<=["#])(Figtree|DejaVuSans)-(\w)\w*-(?=[0-9a-f]+")')


def slim(svg: str) -> str:
    """Return an SVG without notes and needless names, its places in hundredths.

    A hundredth of a point is far below what a screen can show. Outlines of letters have
    the same short names in all pictures, and in all pictures are the same.
    """
    text = NOTE.sub("", svg)
    text = PATH.sub(lambda found: " ".join(rounded(found[0]).split()), text)
    text = PLACE.sub(lambda found: rounded(found[0]), text)
    text = GLYPH.sub(lambda found: f"{found[1][0]}{found[2]}", NAMED.sub("<g", text))
    text = re.sub(r">\s+<(?!title|desc|!DOCTYPE|/?svg)", "><", text)
    return text.replace("</g><g", "</g>\n<g").strip() + "\n"


def rounded(text: str) -> str:
    """Round every number of a text that has more than two decimals."""

    def short(found: re.Match) -> str:
        return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")

    return LONG.sub(short, text)
