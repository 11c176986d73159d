"""Open pages in an installed Chromium, Chrome or Edge, driven by Playwright.

Nothing is downloaded: Playwright comes with tests/requirements-dev.txt and is told the
path of the system's browser. `find` needs neither, so that doctor can call it on a bare
machine.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Response

NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("chrome", "msedge"),
)
# Where installers put it without telling PATH: macOS, then Windows.
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
DRIVES = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
PACKAGES = ("playwright", "axe_playwright_python")
OWN = {"data", "blob", "about", "chrome"}  # schemes that ask no other computer
# Formulas and fonts are there; then one frame, so that what they moved is drawn.
STILL = """Promise.all([document.fonts.ready, window.MathJax?.startup?.promise]).then(
  () => new Promise(done => requestAnimationFrame(() => setTimeout(done, 20))))"""


def find() -> str | None:
    """Path of an installed browser: BLOCKS_CHROME first, then the usual places."""
    places = [Path(os.environ[d]) / w for w in WINDOWS for d in DRIVES if os.getenv(d)]
    there = [str(path) for path in (Path(MAC), *places) if path.is_file()]
    found = [os.environ.get("BLOCKS_CHROME"), *map(shutil.which, NAMES), *there]
    return next((path for path in found if path), None)


def missing() -> str:
    """What keeps pages from being opened here, as a sentence; "" when nothing does."""
    if find() is None:
        return "no Chromium, Chrome or Edge is installed here"
    for module in PACKAGES:
        if importlib.util.find_spec(module) is None:
            return f"{module} is missing; tests/requirements-dev.txt names what to get"
    return ""


@contextmanager
def started() -> Iterator[Browser]:
    """A headless browser with an empty profile.

    Raises:
        RuntimeError: there is none, or the tests' packages are not installed.
    """
    if what := missing():
        raise RuntimeError(what)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=find())


def tab(
    browser: Browser, width: int, height: int, dark: bool = False, still: bool = True
) -> Page:
    """A new tab of that size; widths below 600 behave as a telephone does.

    It shares no store, cookie or cache with other tabs. still: the reader asked the
    system for less motion.
    """
    phone = width < 600
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if phone else 1,
        is_mobile=phone,
        has_touch=phone,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce" if still else "no-preference",
    )
    return context.new_page()


def go(page: Page, address: str) -> None:
    """Load an address and wait until formulas, fonts and pictures stand still."""
    page.goto(address)
    page.evaluate(STILL)


class Log:
    """What a tab asks for and complains of from now on; clear() begins anew."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("response", self._response)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._add(f"script error: {error.message}"))

    def clear(self) -> None:
        """Forget all."""
        self.requests.clear()
        self.errors.clear()

    def problems(self, home: str) -> list[str]:
        """Requests to other computers than home's, then errors, each once."""
        own = urlparse(home).netloc
        asked = [(address, urlparse(address)) for address in self.requests]
        leave = [a for a, url in asked if url.scheme not in OWN and url.netloc != own]
        found = [f"asks {address}" for address in leave] + self.errors
        return list(dict.fromkeys(line.replace(home, "") for line in found))

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._add(f"{response.url}: error {response.status}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._add(f"console: {message.text} {message.location['url']}")

    def _add(self, line: str) -> None:
        self.errors.append(line.splitlines()[0][:200])
