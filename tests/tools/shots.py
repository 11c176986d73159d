"""Photograph pages of the built site, to look at them.

python tests/tools/shots.py OUT [PAGE ...] [--site _build/html] [--tall 3000]

Each PAGE (such as book/index; default: all) is taken at 1280 and 390 pixels, light and
dark, into OUT/PAGE-1280-light.png and so on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import browser  # noqa: E402
from looksite import VIEWS  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TALLEST = 8000  # pixels; a longer picture helps nobody


def main() -> int:
    """Take the pictures; returns 1 with one sentence when that cannot be done."""
    parser = argparse.ArgumentParser(description="Photograph pages of the built site.")
    parser.add_argument("out", type=Path)
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--tall", type=int, default=TALLEST, help="cut at this height")
    parser.add_argument("--window", action="store_true", help="the first screen only")
    parser.add_argument("--only", default="", help="such as 390-dark")
    asked = parser.parse_intermixed_args()
    site, what = asked.site.resolve(), browser.missing()
    if what or not (site / "index.html").exists():
        print(what or f"no site in {site}: run python3 course.py site first")
        return 1
    found = sorted(site.glob("book/**/*.html"))
    pages = asked.pages or [str(p.relative_to(site).with_suffix("")) for p in found]
    asked.out.mkdir(parents=True, exist_ok=True)
    with browser.started() as opened:
        for view in VIEWS:
            kind = str(view).replace(" ", "-")
            if not kind.startswith(asked.only):
                continue
            page = browser.tab(opened, *view)
            for name in pages:
                browser.go(page, (site / f"{name}.html").as_uri())
                high = page.evaluate("document.documentElement.scrollHeight")
                if not asked.window:  # a taller window, so that all of it is loaded
                    size = {"width": view.width, "height": min(high, asked.tall)}
                    page.set_viewport_size(size)
                target = asked.out / f"{name.replace('/', '-')}-{kind}.png"
                page.screenshot(path=target)
                page.set_viewport_size({"width": view.width, "height": view.height})
                print(target)
            page.context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
