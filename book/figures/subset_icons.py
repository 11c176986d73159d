"""Cut the theme's icon fonts down to the icons that the theme draws.

python book/figures/subset_icons.py (needs: pip install brotli)

The theme brings 300 kB of Font Awesome for some forty icons. The small copies lie in
book/_static/vendor/fontawesome/webfonts and replace the theme's own in the built site.
Run it again after another version of the theme; tests/test_site.py says when.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pydata_sphinx_theme
import sphinx_book_theme
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "_static" / "vendor" / "fontawesome" / "webfonts"
THEMES = [Path(module.__file__).parent for module in
          (pydata_sphinx_theme, sphinx_book_theme)]  # fmt: skip
STATIC = THEMES[0] / "theme" / "pydata_sphinx_theme" / "static"
NAME = re.compile(r"\bfa-([a-z0-9-]+)")
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)')
LIST = TARGET.parent / "icons.txt"
FONTS = ("fa-solid-900", "fa-regular-400", "fa-brands-400")


def codes() -> set[int]:
    """Code points of every icon that a template, script or style of a theme names."""
    style = (STATIC / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    named: dict[str, str] = {}
    for names, code in RULE.findall(style):
        named |= dict.fromkeys(NAME.findall(names), code)
    used: set[str] = set()
    for theme in THEMES:
        for path in theme.rglob("*.*"):
            known = path.name in ("fontawesome.js", "bootstrap.js")
            if path.suffix in (".html", ".py", ".js") and not known:
                used.update(NAME.findall(path.read_text("utf-8")))
    drawn = {int(named[name], 16) for name in used & named.keys()}
    return drawn | {ord(c) for c in style if 0xE000 <= ord(c) <= 0xF8FF}


def main() -> int:
    """Write the three small fonts."""
    wanted = codes()
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in FONTS:
        source = STATIC / "vendor" / "fontawesome" / "webfonts" / f"{name}.woff2"
        font = TTFont(source, recalcTimestamp=False)
        cut = Subsetter(Options(layout_features=[], notdef_outline=True))
        cut.populate(unicodes=wanted)
        cut.subset(font)
        font.flavor = "woff2"
        font.save(TARGET / source.name)
        size = (TARGET / source.name).stat().st_size
        print(f"{source.name}: {len(font.getBestCmap())} icons, {size / 1024:.1f} kB")
    LIST.write_text("".join(f"{code:04x}\n" for code in sorted(wanted)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
