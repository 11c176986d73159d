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

import chrome  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SIZES = {1280: 900, 390: 844}


def main() -> int:
    """Take the pictures; returns 1 with one sentence when that cannot be done."""
    parser = argparse.ArgumentParser(description="Photograph pages of the built site.")
    parser.add_argument("out", type=Path)
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--tall", type=int, default=0, help="cut at this height")
    parser.add_argument("--window", action="store_true", help="the first screen only")
    parser.add_argument("--only", default="", help="such as 390-dark")
    asked = parser.parse_intermixed_args()
    site, path = asked.site.resolve(), chrome.find()
    if path is None or not (site / "index.html").exists():
        missing = "no Chromium or Chrome" if path is None else f"no site in {site}"
        print(f"{missing}: install one, or run python3 course.py site first")
        return 1
    found = sorted(site.glob("book/**/*.html"))
    pages = asked.pages or [str(p.relative_to(site).with_suffix("")) for p in found]
    asked.out.mkdir(parents=True, exist_ok=True)
    with chrome.Browser(path) as browser:
        for width, height in SIZES.items():
            for dark in (False, True):
                kind = f"{width}-{'dark' if dark else 'light'}"
                if not kind.startswith(asked.only):
                    continue
                tab = browser.page(width, height, dark)
                for name in pages:
                    tab.open((site / f"{name}.html").as_uri())
                    target = asked.out / f"{name.replace('/', '-')}-{kind}.png"
                    tab.shot(target, not asked.window, asked.tall)
                    print(target)
                tab.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
