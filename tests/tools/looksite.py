"""Open the pages of a built site in headless Chromium and say what is wrong there."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import chrome

WIDTHS = {1280: 900, 390: 844}
OWN = {"data", "blob", "about", "chrome"}

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

# Text against its ground, as WCAG 2 counts; large or bold text may be fainter.
CONTRAST = """(() => {
  const parts = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = c => c.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0.9) return c;
    }
    return [255, 255, 255];
  };
  const faint = {};
  for (const e of document.querySelectorAll("main *, .bd-sidebar-primary *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || e.closest("mjx-container, svg, script, style, noscript")) continue;
    if (!e.checkVisibility()) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const a = light(parts(style.color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      const key = `${e.tagName.toLowerCase()}.${e.className}`;
      faint[key] ||= `${ratio.toFixed(1)} "${e.textContent.trim().slice(0, 20)}"`;
    }
  }
  return Object.entries(faint).slice(0, 4).map(([k, v]) => `${k} ${v}`).join("; ");
})()"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *words: object) -> None:
        """Stay silent."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; yields its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def problems(
    folder: Path, names: list[str], widths: dict[int, int] = WIDTHS
) -> list[str]:
    """Open each page at each width, light and dark; one line per problem.

    names: pages as paths inside the folder. Empty where no browser is installed;
    chrome.find() tells.
    """
    path = chrome.find()
    if path is None:
        return []
    found: list[str] = []
    with served(folder) as home, chrome.Browser(path) as browser:
        for width, height in widths.items():
            for dark in (False, True):
                kind = f"{width} {'dark' if dark else 'light'}"
                page = browser.page(width, height, dark)
                for name in names:
                    lines = look(page, home, name, dark)
                    found += [f"{name} ({kind}): {line}" for line in lines]
                page.close()
    return found


def look(page: chrome.Page, home: str, name: str, dark: bool) -> Iterator[str]:
    """Open one page and yield what is wrong with it."""
    events = page.open(f"{home}/{name}")
    yield from dict.fromkeys(heard(events, home))
    theme = page.evaluate("document.documentElement.dataset.theme")
    if theme != ("dark" if dark else "light"):
        yield f"shown in {theme} colours"
    for what, script in (("", OVERFLOW), ("", FORMULAS), ("too faint: ", CONTRAST)):
        if line := page.evaluate(script):
            yield what + line


def heard(events: list[dict], home: str) -> Iterator[str]:
    """Requests that leave, files that are missing, and errors, from a page's events."""
    own = urlparse(home).netloc
    for event in events:
        method, told = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            address = urlparse(told["request"]["url"])
            if address.scheme not in OWN and address.netloc != own:
                yield f"asks {told['request']['url']}"
        elif method == "Network.responseReceived":
            answer = told["response"]
            if answer["status"] >= 400:
                yield f"{answer['url'].removeprefix(home)}: error {answer['status']}"
        elif method == "Runtime.exceptionThrown":
            detail = told["exceptionDetails"]
            error = detail.get("exception", {}).get("description", detail["text"])
            yield f"script error: {error.splitlines()[0]}"
        elif method == "Runtime.consoleAPICalled" and told["type"] == "error":
            words = [str(a.get("value", a.get("description"))) for a in told["args"]]
            yield f"console: {' '.join(words)[:200]}"
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            entry = told["entry"]
            yield f"console: {entry['text']} {entry.get('url', '')}"[:200]
