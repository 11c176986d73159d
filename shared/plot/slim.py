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
OUTLINE = re.compile(r'(?<= )d="([^"]*)" transform="scale\(0\.015625\)"')  # of a letter
STYLE = re.compile(r'(?<= style=")[^"]*')
COARSER = 16  # a letter's units, 64 to a point of a font of size 100, taken together
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
    text = STYLE.sub(lambda found: re.sub(r"([:;]) ", r"\1", found[0]), text)
    text = OUTLINE.sub(
        lambda found: f'd="{outline(found[1])}" transform="scale(0.25)"', text
    )
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


def outline(path: str) -> str:
    """A letter's outline in coarser units, each step told from where the last ended.

    A unit is then a quarter of a hundredth of the font's size: 0.03 pixels in a label.
    """
    at = start = (0, 0)
    written, last = [], ""
    for letter, text in COMMAND.findall(path):
        numbers = [round(float(number) / COARSER) for number in text.split()]
        size = {"M": 2, "L": 2, "Q": 4, "C": 6}.get(letter) or len(numbers)
        for i in range(0, max(1, len(numbers)), max(1, size)):
            step = numbers[i : i + size]
            moved_by = [number - at[k % 2] for k, number in enumerate(step)]
            written.append("" if letter == last and letter != "M" else letter.lower())
            written.append(" ".join(map(str, moved_by)))
            at = (step[-2], step[-1]) if step else start
            start = at if letter == "M" else start
            last = letter if step else ""
    return joined(written)


def joined(parts: list[str]) -> str:
    """The parts of a path, a space only where two numbers would run together."""
    text = ""
    for part in parts:
        needed = text[-1:].isdigit() and part[:1].isdigit()
        text += (" " if needed else "") + part
    return text.replace(" -", "-")


def rounded(text: str) -> str:
    """Round every number of a text that has more than two decimals."""

    def short(found: re.Match) -> str:
        return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")

    return LONG.sub(short, text)
