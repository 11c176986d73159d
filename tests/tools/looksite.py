"""Open the pages of a built site in a browser and say what is wrong there.

Accessibility is axe-core's business: the rules of WCAG 2.0 to 2.2, levels A and AA,
contrast among them. What axe does not look at stands here: requests that leave, errors,
the width of the page, formulas, the colours that the reader's system asks for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import browser
import website

if TYPE_CHECKING:
    from playwright.sync_api import Page


class View(NamedTuple):
    """How a reader sees a page: the window in pixels, and the colours asked for."""

    width: int
    height: int
    dark: bool

    def __str__(self) -> str:
        return f"{self.width} {'dark' if self.dark else 'light'}"


DESK, PHONE = (1280, 900), (390, 844)
VIEWS = [View(*size, dark) for size in (DESK, PHONE) for dark in (False, True)]
# Each width and each colour once: axe takes seconds on a long page.
CROSSED = [View(*DESK, False), View(*PHONE, True)]

LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
AXE = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations"]}

OVERFLOW = """(() => {
  const wide = document.documentElement.scrollWidth, seen = window.innerWidth;
  if (wide <= seen) return "";
  const culprit = [...document.querySelectorAll("main *")].find(e =>
    e.getBoundingClientRect().right > seen + 1 && !e.closest("[style*=overflow], pre"));
  return `${wide} pixels wide on a screen of ${seen}`
    + (culprit ? `, because of <${culprit.tagName} class="${culprit.className}">` : "");
})()"""

FORMULAS = """(() => {
  const asked = [...document.querySelectorAll(".math")];
  const raw = asked.filter(e => !e.querySelector("mjx-container")).length;
  const wrong = document.querySelectorAll("mjx-merror, [data-mjx-error]").length;
  if (!raw && !wrong) return "";
  return `${raw} of ${asked.length} formulas are not drawn, ${wrong} have errors`;
})()"""

# A chapter colours thousands of words of code in a dozen ways, and axe measures each.
# Of words that look alike in the same surroundings one keeps its colour; the others
# become plain text of their block, which axe measures, too: a third of the time.
PLAIN_CODE = """(() => {
  const seen = new Set(), again = [];
  for (const block of document.querySelectorAll(".highlight")) {
    let place = "";
    for (let e = block; e; e = e.parentElement) place += e.className + "<";
    for (const word of block.querySelectorAll("span")) {
      const {color, backgroundColor, fontSize, fontWeight} = getComputedStyle(word);
      const look = [place, color, backgroundColor, fontSize, fontWeight].join();
      seen.has(look) ? again.push(word) : seen.add(look);
    }
  }
  for (const word of again) word.replaceWith(...word.childNodes);
})()"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine, as `course.py site --serve` does.

    Yields its address, without a slash at the end.
    """
    server = website.listening(folder, 0)  # 0: any port that is free
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def problems(
    folder: Path,
    names: Sequence[str],
    views: Sequence[View] = VIEWS,
    judged: Sequence[View] = CROSSED,
) -> list[str]:
    """Open each page in each view; one line per problem.

    Args:
        folder: the site.
        names: pages as paths inside the folder.
        views: how to look at them.
        judged: the views among these in which axe-core judges, too.

    Raises:
        RuntimeError: no page can be opened here; browser.missing() says why.
    """
    found: list[str] = []
    with served(folder) as home, browser.started() as opened:
        for view in views:
            page = browser.tab(opened, *view)
            log = browser.Log(page)
            for name in names:
                log.clear()
                browser.go(page, f"{home}/{name}")
                lines = log.problems(home)  # before axe, which asks for styles itself
                lines += look(page, view.dark, view in judged)
                found += [f"{name} ({view}): {line}" for line in lines]
            page.context.close()
    return found


def look(page: Page, dark: bool, judged: bool) -> list[str]:
    """What is wrong with an open page; judged: by axe-core, too."""
    found = [line for line in map(page.evaluate, (OVERFLOW, FORMULAS)) if line]
    theme = page.evaluate("document.documentElement.dataset.theme")
    if theme != ("dark" if dark else "light"):
        found.append(f"shown in {theme} colours")
    return found + (accessibility(page) if judged else [])


def accessibility(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2, levels A and AA: a line per broken rule.

    It comes last: on the way, code that repeats its colours loses them.
    """
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(PLAIN_CODE)
    found = Axe().run(page, options=AXE).response["violations"]
    return [_told(violation) for violation in found]


def _told(violation: dict) -> str:
    """A rule's name, how often it is broken, and why at the first place."""
    first = violation["nodes"][0]
    why = first["failureSummary"].splitlines()[-1].strip()
    count = len(violation["nodes"])
    return f"{violation['id']} ({count} times): {why}: {first['html'][:80]}"
