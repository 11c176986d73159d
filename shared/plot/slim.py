"""Smaller SVG: the same picture in little more than half of the bytes.

matplotlib writes one point of a path per line, with six decimals and a letter of its
own, and gives every group a name. A notebook stores each line as a string of its own,
so that a page with several pictures outgrows its limit.
"""

from __future__ import annotations

import re

PATH = re.compile(r'(?<= d=")[^"]*')
PLACE = re.compile(r'(?<= (?:x|y)=")[^"]*|(?<=translate\()[^)]*|(?<=points=")[^"]*')
COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")  # a letter and its numbers
MOVED = re.compile(r'(<use [^>]*?)transform="translate\((\S+) (\S+)\)"/>')
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
    text = PATH.sub(lambda found: short_path(rounded(found[0])), text)
    text = PLACE.sub(lambda found: rounded(found[0]), text)
    text = MOVED.sub(lambda found: found[1] + moved(found[2], found[3]) + "/>", text)
    text = GLYPH.sub(lambda found: f"{found[1][0]}{found[2]}", NAMED.sub("<g", text))
    text = re.sub(r">\s+<(?!title|desc|!DOCTYPE|/?svg)", "><", text)
    return text.replace("</g><g", "</g>\n<g").strip() + "\n"


def moved(x: str, y: str) -> str:
    """How a letter says that it stands at (x, y), in fewer characters."""
    return f'x="{x}"' if float(y) == 0 else f'x="{x}" y="{y}"'


def short_path(path: str) -> str:
    """The same path without needless spaces and without letters that only repeat.

    A letter may be left out where the command before it was the same one; M is not
    left out, because numbers after M mean lines.
    """
    written, last = [], ""
    for letter, numbers in COMMAND.findall(path):
        numbers = " ".join(numbers.split())
        again = letter == last and letter in "LQC"
        written.append(f" {numbers}" if again else letter + numbers)
        last = letter
    return "".join(written)


def rounded(text: str) -> str:
    """Round every number of a text that has more than two decimals."""

    def short(found: re.Match) -> str:
        return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")

    return LONG.sub(short, text)
