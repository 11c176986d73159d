"""Drive an installed Chromium or Chrome without any driver or package.

The browser reads commands of its DevTools protocol from file descriptor 3 and answers
on 4, one JSON text each, ended by a zero byte. That needs nothing but the standard
library; Windows does not hand such descriptors over, so find() returns None there.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
QUIET = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-sync --mute-audio "
    "--disable-background-networking --disable-component-update --hide-scrollbars "
    "--disable-default-apps --disable-extensions --force-color-profile=srgb"
    " --window-size=1280,900"
).split()


def find() -> str | None:
    """Path of an installed browser: BLOCKS_CHROME first, then the usual names."""
    if os.name == "nt":
        return None
    asked = os.environ.get("BLOCKS_CHROME")
    found = [asked, *map(shutil.which, NAMES), MAC if Path(MAC).exists() else None]
    return next((path for path in found if path), None)


class Browser:
    """A headless browser with its own empty profile; use it in a with statement."""

    def __init__(self, path: str, patience: float = 60.0):
        self.path, self.patience = path, patience
        self.buffer, self.count, self.events = b"", 0, []

    def __enter__(self) -> Browser:
        self.profile = tempfile.mkdtemp(prefix="blocks-chrome-")
        # With 3 and 4 taken, neither the pipes nor Popen's own can land on them.
        taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(2)]
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def hand_over() -> None:
            os.dup2(theirs_in, 3)
            os.dup2(theirs_out, 4)

        command = [self.path, *QUIET, f"--user-data-dir={self.profile}"]
        self.process = subprocess.Popen(
            [*command, "--remote-debugging-pipe", "about:blank"],
            preexec_fn=hand_over,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for number in (theirs_in, theirs_out, *taken):
            os.close(number)
        self.reader, self.writer = ours_in, ours_out
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.reader)
        os.close(self.writer)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method: str, session: str | None = None, **params: Any) -> dict:
        """Send one command and return its result; events that come first are kept."""
        self.count += 1
        message: dict[str, Any] = {"id": self.count, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        while (answer := self.receive()).get("id") != self.count:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"the browser refused {method}: {answer['error']}")
        return answer.get("result", {})

    def receive(self, patience: float | None = None) -> dict:
        """Return the browser's next message; RuntimeError when none comes in time."""
        end = time.monotonic() + (self.patience if patience is None else patience)
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.reader], [], [], left)[0]:
                raise RuntimeError("the browser did not answer in time")
            chunk = os.read(self.reader, 1 << 20)
            if not chunk:
                raise RuntimeError(f"the browser ended early: {self.path}")
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def page(self, width: int, height: int, dark: bool = False) -> Page:
        """A new tab of that size; widths below 600 behave as a telephone does."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        page = Page(self, attached["sessionId"])
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.size = (width, height)
        page.resize(height)
        scheme = "dark" if dark else "light"
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": k, "value": v} for k, v in wishes.items()]
        page.call("Emulation.setEmulatedMedia", features=features)
        return page


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str):
        self.browser, self.session, self.settled = browser, session, False
        self.size = (1280, 900)

    def call(self, method: str, **params: Any) -> dict:
        """Send one command to this tab."""
        return self.browser.call(method, self.session, **params)

    def open(self, url: str) -> list[dict]:
        """Load an address, wait until it is still; return the events on the way."""
        if not self.settled:  # a tab's first address may come before its size
            self.settled = True
            self.open(url)
        self.browser.events.clear()
        self.call("Page.navigate", url=url)
        loaded = "document.readyState === 'complete'"
        self.until(f"{loaded} && location.href !== 'about:blank'")
        math = "window.MathJax?.startup?.promise"
        self.evaluate(f"Promise.all([document.fonts.ready, {math}]).then(() => 1)")
        self.evaluate("new Promise(done => setTimeout(done, 150))")  # scripts settle
        return list(self.browser.events)

    def resize(self, height: int) -> None:
        """Give the tab's window another height; narrow ones are telephones."""
        phone = self.size[0] < 600
        self.call("Emulation.setDeviceMetricsOverride", width=self.size[0],
                  height=height, deviceScaleFactor=2 if phone else 1,
                  mobile=phone)  # fmt: skip

    def until(self, condition: str) -> None:
        """Wait until a JavaScript condition holds; RuntimeError after the patience."""
        end = time.monotonic() + self.browser.patience
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise RuntimeError(f"never came true in the page: {condition}")
            time.sleep(0.03)

    def evaluate(self, script: str) -> Any:
        """Value of a JavaScript expression; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True,
                           returnByValue=True)  # fmt: skip
        if "exceptionDetails" in result:
            raise RuntimeError(f"in the page: {result['exceptionDetails']}")
        return result["result"].get("value")

    def shot(self, path: Path, whole: bool = True, clip_height: int = 0) -> None:
        """Write a PNG of the page: all of it, or only what the window shows."""
        if whole:  # a taller window, so that the page keeps its layout
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            self.resize(min(int(size["height"]), clip_height or 8000))
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))
        if whole:
            self.resize(self.size[1])

    def close(self) -> None:
        """Close the tab."""
        self.call("Page.close")
