"""Examine the built site: its files, and its pages in a real browser.

python tests/tools/checksite.py [SITE] [--no-browser]

A page may load nothing from another computer; every local link and anchor leads
somewhere; pictures have alternative texts; the search knows each page; previews, Colab,
edit and report links are as intended; a model that should answer has its files; no page
is heavy. In a browser, at the width of a desk and of a telephone, light and dark: no
request leaves, no error, no page wider than the screen, formulas drawn, and axe-core
finds nothing against WCAG 2, levels A and AA.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

from loads import LOADS

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from shared import RELEASE, REPOSITORY  # noqa: E402 (the path above comes first)

NAMED_ONLY = {"canonical", "author", "license", "next", "prev", "index", "search"}
IN_CSS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
HASH = re.compile(r"[0-9a-f]{32}|\.(svg|png|jpe?g|webp)$")
TALK = "_static/model"  # the model in the page: scripts here, weights in a folder
PREVIEW = ("og:title", "og:description", "og:url", "og:image")
GITHUB = f"https://github.com/{REPOSITORY}"
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{RELEASE}/"
# Bytes of one page with all that it loads, formulas apart; the model in the page asks
# for 25 kB before it is used, and for more only then. The switch of the path (script
# and style) and the links of the head brought 10 kB, Part II's second edition 30 kB:
# each page loads the search index, which names the words of the whole book.
HEAVIEST = 1_200_000
MATHEMATICS = 1_300_000  # MathJax, on the pages that have formulas


@dataclass
class Page(HTMLParser):
    """What one HTML file names, loads and links to."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    talks: list[dict[str, str]] = field(default_factory=list)
    scripts: list[dict[str, str]] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self.style = False
        self.feed(self.path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """Collect one element's attributes."""
        found = {name: value or "" for name, value in attrs}
        self.ids.update(found[k] for k in ("id", "name") if found.get(k))
        self.style = tag == "style"
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "img":
            self.images.append(found)
        if tag == "script":
            self.scripts.append(found)
        if tag == "div" and "talk" in found.get("class", "").split():
            self.talks.append(found)
        if tag == "meta":
            key = found.get("property") or found.get("name") or ""
            self.metas[key] = found.get("content", "")
            if found.get("http-equiv", "").lower() == "refresh":
                self.loads += re.findall(r"url=(.+)", found.get("content", ""))
        if tag != "link" or not set(found.get("rel", "").split()) & NAMED_ONLY:
            for name in LOADS.get(tag, ()):
                parts = found.get(name, "").split(",") if name == "srcset" else [
                    found.get(name, "")
                ]  # fmt: skip
                self.loads += [part.split()[0] for part in parts if part.strip()]
        self.loads += in_css(found.get("style", ""))

    def handle_data(self, data: str) -> None:
        """Look into <style> elements."""
        if self.style:
            self.loads += in_css(data)

    def handle_endtag(self, tag: str) -> None:
        """Leave a <style> element."""
        self.style = False


def in_css(text: str) -> list[str]:
    """Addresses that a piece of CSS loads."""
    return [one or other for one, other in IN_CSS.findall(text)]


def remote(address: str) -> bool:
    """Whether an address leads to another computer."""
    return address.startswith("//") or urlparse(address).scheme in (
        "http", "https", "ftp", "ws", "wss",
    )  # fmt: skip


class Site:
    """A built site: its pages, parsed once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        files = sorted(self.folder.rglob("*.html"))
        files = [f for f in files if "_static" not in f.relative_to(self.folder).parts]
        self.pages = {path: Page(path) for path in files}

    def name(self, path: Path) -> str:
        """A page's path inside the site."""
        return path.relative_to(self.folder).as_posix()

    def book(self) -> list[Page]:
        """The pages that someone wrote."""
        found = self.pages.items()
        return [page for path, page in found if self.name(path).startswith("book/")]

    def target(self, page: Page, address: str) -> Path:
        """The file that a local address leads to."""
        path = unquote(urldefrag(address)[0].split("?")[0])
        if not path:
            return page.path
        base = self.folder if path.startswith("/") else page.path.parent
        found = (base / path.lstrip("/")).resolve()
        return found / "index.html" if found.is_dir() else found

    # The rules; each yields one line per problem

    def loads_nothing_remote(self) -> Iterator[str]:
        """Scripts, styles, pictures, frames and fonts come with the site."""
        for path, page in self.pages.items():
            for address in filter(remote, page.loads):
                yield f"{self.name(path)}: loads {address} from elsewhere"
        for path in sorted(self.folder.rglob("*.css")):
            for address in filter(remote, in_css(path.read_text("utf-8", "replace"))):
                yield f"{self.name(path)}: loads {address} from elsewhere"

    def links_lead_somewhere(self) -> Iterator[str]:
        """Local links, anchors and loaded files exist."""
        for path, page in self.pages.items():
            for address in page.links + page.loads:
                if remote(address) or urlparse(address).scheme:
                    continue
                target, anchor = self.target(page, address), urldefrag(address)[1]
                if not target.is_file():
                    yield f"{self.name(path)}: no such file: {address}"
                elif anchor and target in self.pages:
                    if unquote(anchor) not in self.pages[target].ids | {"", "top"}:
                        yield f"{self.name(path)}: no such anchor: {address}"

    def pictures_are_described(self) -> Iterator[str]:
        """Every picture has an alternative text, and one that a person wrote."""
        for path, page in self.pages.items():
            for image in page.images:
                alt = image.get("alt", "")
                if not alt.strip() and image.get("role") != "presentation":
                    yield f"{self.name(path)}: no alternative text: {image.get('src')}"
                elif HASH.search(alt):
                    yield f"{self.name(path)}: a file name as alternative text: {alt}"

    def search_knows_each_page(self) -> Iterator[str]:
        """The search index lists every page of the book."""
        index = self.folder / "searchindex.js"
        if not index.is_file():
            yield "searchindex.js: missing, the search would find nothing"
            return
        listed = re.search(r'"?docnames"?:\s*(\[.*?\])', index.read_text("utf-8"))
        known = set(json.loads(listed[1])) if listed else set()
        for page in self.book():
            name = self.name(page.path).removesuffix(".html")
            if name not in known:
                yield f"{name}.html: the search index does not list it"

    def previews_are_whole(self) -> Iterator[str]:
        """Title, description, address and picture for chats and networks."""
        doors = [p for path, p in self.pages.items() if self.name(path) == "index.html"]
        for page in self.book() + doors:
            where = self.name(page.path)
            for key in (*PREVIEW, "description"):
                if not page.metas.get(key, "").strip():
                    yield f"{where}: no {key} for the preview"
            picture = page.metas.get("og:image", "").rpartition("_static/")[2]
            if not (self.folder / "_static" / picture).is_file():
                yield f"{where}: the preview's picture {picture!r} does not exist"

    def buttons_lead_home(self) -> Iterator[str]:
        """Colab opens the release; edit and report point at the project."""
        for page in self.book():
            name = self.name(page.path).removesuffix(".html")
            notebook = self.folder / "_sources" / f"{name}.ipynb"
            suffix = ".ipynb" if notebook.exists() else ".md"
            source = name.replace("book/exercises/", "book/solutions/", 1) + suffix
            wanted = {f"{GITHUB}/edit/main/{source}": "edit this page"}
            if suffix == ".ipynb":
                wanted[f"{COLAB}{name}.ipynb"] = "open in Colab"
            for address, what in wanted.items():
                if page.links.count(address) < 2:  # in the head and at the foot
                    yield f"{name}.html: lacks the link to {what}: {address}"
            if not any(link.startswith(f"{GITHUB}/issues/new") for link in page.links):
                yield f"{name}.html: lacks the link to report an error"
            for link in page.links:
                wrong = "colab.research" in link and not link.startswith(COLAB)
                if wrong or link.startswith(f"{GITHUB}/edit/") and link not in wanted:
                    yield f"{name}.html: this link should not be here: {link}"

    def models_can_answer(self) -> Iterator[str]:
        """Where a model should answer, its script is there, and what that will load."""
        rooms = re.compile(r"const ROOMS = (\[.*?\])")
        for path, page in self.pages.items():
            told = [s for s in page.scripts if f"{TALK}/page.js" in s.get("src", "")]
            if page.talks and not told:
                yield f"{self.name(path)}: a model should answer; no script brings it"
            elif told and not page.talks:
                yield f"{self.name(path)}: loads the model's script and has no model"
            for script in told:
                start = self.target(page, script["src"])
                code = start.read_text("utf-8") if start.is_file() else ""
                needed = json.loads(found[1]) if (found := rooms.search(code)) else []
                if not needed:
                    yield f"{self.name(path)}: {script['src']} names nothing to load"
                for model in script.get("data-models", "").split():
                    needed.append(f"weights/{model.split(':')[0]}")
                for name in needed:
                    if not (start.parent / f"{name}.js").is_file():
                        yield f"{self.name(path)}: {TALK}/{name}.js is missing"

    def weights(self) -> dict[str, int]:
        """Bytes of each page with all local files that it loads, uncompressed."""
        found = {}
        for page in self.book():
            files = {page.path, *(self.target(page, a) for a in page.loads if a)}
            sizes = (file.stat().st_size for file in files if file.is_file())
            found[self.name(page.path)] = sum(sizes)
        return found

    def pages_are_light(self) -> Iterator[str]:
        """No page is heavier than a telephone on a train should have to load."""
        for name, size in self.weights().items():
            page = self.pages[self.folder / name]
            formulas = any("mathjax" in address for address in page.loads)
            most = HEAVIEST + MATHEMATICS * formulas
            if size > most:
                yield f"{name}: {size / 1e6:.2f} MB, more than {most / 1e6:.2f} MB"

    RULES = (
        loads_nothing_remote, links_lead_somewhere, pictures_are_described,
        search_knows_each_page, previews_are_whole, buttons_lead_home,
        models_can_answer, pages_are_light,
    )  # fmt: skip

    def problems(self) -> list[str]:
        """Every problem of every rule; one more when there is nothing to check."""
        if not self.book():
            return [f"{self.folder}: no page of the book here"]
        return [line for rule in self.RULES for line in rule(self)]


def main() -> int:
    """Check a site and print what is wrong; 1 when something is."""
    parser = argparse.ArgumentParser(description="Examine the built site.")
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--no-browser", action="store_true")
    asked = parser.parse_args()
    site = Site(asked.site)
    found = site.problems()
    if site.book() and not asked.no_browser:
        import browser
        import looksite

        if what := browser.missing():
            print(f"No page was opened in a browser: {what}.")
        else:
            names = [site.name(page.path) for page in site.book()]
            found += looksite.problems(site.folder, names)
    print(*found, sep="\n", end="\n" if found else "")
    heaviest = max(site.weights().values(), default=0) / 1e6
    print(f"{len(site.book())} pages, the heaviest {heaviest:.2f} MB; "
          f"{len(found)} problems")  # fmt: skip
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
