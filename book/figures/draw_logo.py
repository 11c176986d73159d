"""Draw the book's logo, the picture of the front page, the icon and the social preview.

python book/figures/draw_logo.py writes them into book/_static. Everything is a stack of
blocks; words are outlines, so the pictures need no font where they are shown.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from shared.plot import COLORS, FONTS  # noqa: E402  (found by the line above)

STATIC = ROOT / "book" / "_static"
HEADINGS = Path(__file__).parent / "fonts"  # the rest is the font of every figure
DARK_TEXT = {"orange", "sky"}  # blocks on which white words would be too faint
GAP = 7


@cache
def outline(text: str, size: float, font: str = "Figtree-Bold"):
    """The text as a matplotlib path, baseline at y = 0, y upwards."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    folder = FONTS if font.startswith("Figtree") else HEADINGS
    properties = FontProperties(fname=str(folder / f"{font}.ttf"))
    return TextPath((0, 0), text, size=size, prop=properties)


def width(text: str, size: float, font: str = "Figtree-Bold") -> float:
    """Width of the text in the picture's units."""
    return float(outline(text, size, font).get_extents().x1)


def shade(color: str, factor: float) -> str:
    """The colour, darker by the factor."""
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part * factor):02x}" for part in parts)


@dataclass
class Picture:
    """Blocks and words on a canvas (x to the right, y down); written as SVG."""

    wide: float
    high: float
    title: str
    parts: list[str] = field(default_factory=list)
    more: str = ""

    def rect(self, x: float, y: float, w: float, h: float, r: float, look: str) -> None:
        """Add a rounded rectangle; look holds further SVG attributes."""
        box = f'x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{r:g}"'
        self.parts.append(f"<rect {box} {look}/>")

    def words(self, text: str, x: float, y: float, size: float, color: str, font: str):
        """Add text as outlines; (x, y) is the left end of its baseline."""
        path, pieces = outline(text, size, font), []
        letters = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}
        for points, code in path.iter_segments(curves=True, simplify=False):
            pairs = zip(points[::2], points[1::2], strict=True)
            moved = " ".join(f"{x + px:.1f} {y - py:.1f}" for px, py in pairs)
            pieces.append(letters[int(code)] + ("" if code == 79 else moved))
        self.parts.append(f'<path fill="{color}" d="{"".join(pieces)}"/>')

    def block(self, x: float, y: float, w: float, h: float, name: str, word: str = ""):
        """Add one block in a colour of the book, a word in its middle."""
        color, r, lip = COLORS[name], min(w, h) * 0.17, h * 0.1
        self.rect(x, y, w, h, r, f'fill="{shade(color, 0.74)}"')
        self.rect(x, y, w, h - lip, r, f'fill="{color}"')
        if word:
            size = h * 0.42
            ink = COLORS["ink"] if name in DARK_TEXT else "#ffffff"
            left = x + (w - width(word, size)) / 2
            level = y + (h - lip) * 0.5 + size * 0.3
            self.words(word, left, level, size, ink, "Figtree-Bold")

    def svg(self) -> str:
        """The whole picture as SVG text."""
        size = f'viewBox="0 0 {self.wide:g} {self.high:g}"{self.more}'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n'
            f"<title>{self.title}</title>\n" + "\n".join(self.parts) + "\n</svg>\n"
        )


def mark(picture: Picture, x: float, y: float, size: float) -> None:
    """Add the mark: five blocks that make a speech bubble."""
    unit = size / 100
    for bx, by, w, h, name in (
        (0, 6, 58, 34, "blue"),
        (63, 6, 37, 34, "sky"),
        (0, 45, 37, 34, "orange"),
        (42, 45, 58, 34, "green"),
        (10, 84, 22, 16, "orange"),
    ):
        picture.block(x + bx * unit, y + by * unit, w * unit, h * unit, name)


ROWS = (
    (("Block", "blue"), ("by", "orange"), ("block,", "green")),
    (("a", "purple"), ("small", "blue"), ("model", "red")),
    (("learned", "green"), ("to", "sky")),
)
NEXT = (("speak", "orange", 1.0), ("sing", "purple", 0.5), ("sleep", "blue", 0.3))


def bubble(picture: Picture, x: float, y: float, high: float) -> None:
    """Add a sentence of blocks, its open place, and three words that could fill it."""
    size, pad = high * 0.42, high * 0.72
    slot = width("speak", size) + pad
    wide = [[width(word, size) + pad for word, _ in row] for row in ROWS]
    wide[-1].append(slot)
    full = max(sum(row) + GAP * (len(row) - 1) for row in wide)
    for row, words in enumerate(ROWS):
        left, top = x, y + row * (high + GAP)
        spare = (full - sum(wide[row]) - GAP * (len(wide[row]) - 1)) / len(words)
        for (word, name), w in zip(words, wide[row], strict=False):
            picture.block(round(left, 1), top, round(w + spare, 1), high, name, word)
            left += w + spare + GAP
    look = (
        f'fill="none" stroke="{COLORS["orange"]}" stroke-width="3" '
        'stroke-dasharray="9 7"'
    )
    picture.rect(round(left + 2, 1), top + 2, slot - 4, high - 4, high * 0.17, look)
    tail = round(high * 0.62, 1)
    picture.block(x + tail / 2, top + high + GAP, tail, round(high * 0.46, 1), "green")
    for row, (word, name, faint) in enumerate(NEXT):
        w, step = width(word, size) + pad, high + GAP + 4
        middle, level = x + full + high * 0.8 + w / 2, y + high * 0.5 + row * step
        turn = f"rotate({4 if row % 2 else -4} {middle:.1f} {level:.1f})"
        picture.parts.append(f'<g opacity="{faint}" transform="{turn}">')
        corner = round(middle - w / 2, 1), round(level - high / 2, 1)
        picture.block(*corner, round(w, 1), high, name, word)
        picture.parts.append("</g>")


def logo() -> str:
    """The mark alone, square: it stands beside the title in the side bar."""
    picture = Picture(100, 106, "Block by Block")
    mark(picture, 0, 0, 100)
    return picture.svg()


def hero() -> str:
    """The picture of the front page."""
    picture = Picture(640, 290, "A speech bubble of word blocks, its last place open")
    bubble(picture, 2, 12, 72)
    return picture.svg()


def social() -> str:
    """The preview that chats and networks show beside a link, 1200 by 630."""
    picture = Picture(1200, 630, "Block by Block")
    picture.rect(0, 0, 1200, 630, 0, 'fill="#121a23"')
    big = "BricolageGrotesque-Bold"
    picture.words("Block by Block", 78, 158, 96, "#fffdf7", big)
    line = "Build a language model from scratch, in one afternoon, on your own laptop."
    picture.words(line, 82, 218, 29, "#c9d3de", "Figtree-Regular")
    bubble(picture, 80, 276, 92)
    mark(picture, 1012, 70, 108)
    return picture.svg()


def icon() -> str:
    """The mark in a square, for the browser's tab."""
    picture = Picture(106, 106, "Block by Block")
    mark(picture, 3, 0, 100)
    return picture.svg()


def badge() -> str:
    """The button of README that opens a chapter in Colab."""
    text, size = "Open in Colab", 15
    wide = round(46 + width(text, size))
    picture = Picture(wide, 30, text, more=f' width="{wide}" height="30"')
    picture.rect(0, 0, wide, 30, 7, f'fill="{shade(COLORS["blue"], 0.74)}"')
    picture.rect(0, 0, wide, 27, 7, f'fill="{COLORS["blue"]}"')
    picture.rect(6, 3.5, 24, 20, 5, 'fill="#fffdf7"')
    mark(picture, 9, 5, 18)
    picture.words(text, 37, 18.5, size, "#ffffff", "Figtree-Bold")
    return picture.svg()


DRAWINGS = {"logo.svg": logo, "hero.svg": hero, "colab.svg": badge}
PHOTOGRAPHS = {"social.png": (social, 1200, 630), "favicon.png": (icon, 96, 96)}


def photograph(target: Path, svg: str, wide: int, high: int) -> None:
    """Turn a drawing into PNG with headless Chromium, its ground left transparent."""
    import browser

    with tempfile.TemporaryDirectory() as folder:
        file, shot = Path(folder) / "drawing.svg", Path(folder) / "shot.png"
        file.write_text(svg, "utf-8")
        with browser.started() as opened:
            size = {"width": wide, "height": high}
            page = opened.new_page(viewport=size)  # no telephone, however narrow
            page.goto(file.as_uri())
            page.screenshot(path=shot, omit_background=True)
        shutil.move(shot, target)


def main() -> int:
    """Write every picture; 1 where no browser is there to make the PNG files."""
    for name, draw in DRAWINGS.items():
        target = STATIC / name
        draft = target.with_suffix(".part")
        draft.write_text(draw(), "utf-8", newline="\n")
        draft.replace(target)
    sys.path.insert(0, str(ROOT / "tests" / "tools"))
    import browser

    if what := browser.missing():
        print(f"the PNG files stay as they are: {what}")
        return 1
    for name, (draw, wide, high) in PHOTOGRAPHS.items():
        photograph(STATIC / name, draw(), wide, high)
    for name in (*DRAWINGS, *PHOTOGRAPHS):
        print(f"{name}  {(STATIC / name).stat().st_size / 1024:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
