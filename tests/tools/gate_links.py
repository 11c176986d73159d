"""Gates over what a page points at: pictures, what a browser would load, and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import notebooks
from loads import LOADS
from page import Markdown, Page, Problem, html_tags, texts

from shared import contents

SCHEMES = ("http", "https", "ftp")
ALT = 20  # characters; less cannot say what a figure shows
CSS_URL = re.compile(r"url\(\s*['\"]?\s*([^'\")\s]+)")


CHAPTERS = r"\b[Cc]hapters?\s+"
JOIN = r"(?:,| and| to| or)+ "
JOINED = rf"(?:{JOIN}\d\d\b)"
NAMED = re.compile(rf"(?:{CHAPTERS}|^)(\d\d)\b(?!\.\d)")


# --- pictures ------------------------------------------------------------------------


def _remote(address: str) -> bool:
    address = address.strip()
    return address.startswith("//") or urlparse(address).scheme in SCHEMES


def _loaded(html: str) -> Iterator[str]:
    """Addresses that a browser would fetch when it shows this HTML or SVG."""
    for tag in html_tags(html):
        for name in LOADS.get(tag.name, ()):
            yield from tag.attributes.get(name, "").split(",")
        yield from CSS_URL.findall(tag.attributes.get("style", ""))
    for style in re.findall(r"<style[^>]*>(.*?)</style>", html, re.S | re.I):
        yield from CSS_URL.findall(style)
        yield from re.findall(r"@import\s+['\"]([^'\"]+)", style)


def remote_images(page: Page) -> list[Problem]:
    """Nothing that a page shows comes from elsewhere, in Markdown or in outputs."""
    found = []
    for i, text in page.markdown:
        shown = [src for src, _ in text.images] + list(_loaded(text.source))
        for src in dict.fromkeys(filter(_remote, shown)):
            what = f"{src.strip()} is loaded from elsewhere"
            found.append(page.problem(i, what, "Draw it by code in the repository"))
    for i, cell in page.code:
        for output in cell.outputs:
            for kind, text in texts(output):
                if kind not in ("text/html", "text/markdown", "image/svg+xml"):
                    continue
                shown = list(_loaded(text))
                if kind == "text/markdown":
                    shown += [src for src, _ in Markdown(text).images]
                for src in dict.fromkeys(filter(_remote, shown)):
                    what = f"the output loads {src.strip()} from elsewhere"
                    found.append(page.problem(i, what, "Draw it by code"))
    return found


def _weak(alt: str) -> str:
    """Why an alternative text is none; empty when it is one."""
    alt = " ".join(alt.split())
    if not alt:
        return "has no alternative text"
    if re.fullmatch(r"[\w./-]+\.(svg|png|jpe?g|gif|webp)", alt, re.I):
        return "has its file name for an alternative text"
    if len(alt) < ALT:
        return f"has the alternative text {alt!r}, under {ALT} characters"
    return ""


def alt_text(page: Page) -> list[Problem]:
    """Every picture says in words what it shows."""
    found, do = [], "Say in a sentence what the picture shows"
    for i, text in page.markdown:
        for src, alt in text.images:
            if why := _weak(alt):
                found.append(page.problem(i, f"the image {src[:60]} {why}", do))
    for i, cell in page.code:
        kinds = [kind for out in cell.outputs for kind, _ in texts(out)]
        if any(kind.startswith("image/") for kind in kinds):
            image = cell.metadata.get("mystnb", {}).get("image", {})
            if why := _weak(str(image.get("alt", ""))):
                how = 'Set metadata {"mystnb": {"image": {"alt": "..."}}}; '
                how += "a plot.Drawing(alt=...) brings it along when it is baked"
                found.append(page.problem(i, f"the figure {why}", how))
        found += [page.problem(i, what, do) for what in _unnamed_html(cell)]
    return found


def _unnamed_html(cell: notebooks.NotebookNode) -> Iterator[str]:
    """Images and drawings inside HTML outputs that have no words for them."""
    html = [t for out in cell.outputs for kind, t in texts(out) if kind == "text/html"]
    for text in html:
        for tag in html_tags(text):
            get = tag.attributes.get
            if tag.name == "img" and (why := _weak(get("alt", ""))):
                yield f"an <img> in the output {why}"
            named = get("aria-label") or get("aria-labelledby") or get("aria-hidden")
            if tag.name == "svg" and not named and "<title" not in text:
                yield "an <svg> in the output has neither aria-label nor <title>"


# --- links ---------------------------------------------------------------------------


def slug(title: str) -> str:
    """The anchor of a heading, as GitHub and MyST make it."""
    return re.sub(r"[^\w\u4e00-\u9fff\- ]", "", title.lower().replace(" ", "-"))


def anchors(page: Page) -> set[str]:
    """Anchors that a link to this page may name: headings of three levels, and ids."""
    found: set[str] = set()
    for _, text in page.markdown:
        for level, title in text.headings:
            base, count = slug(title), 0
            if level > 3:
                continue
            while (name := f"{base}-{count}" if count else base) in found:
                count += 1
            found.add(name)
        found |= {tag.attributes["id"] for tag in text.tags if "id" in tag.attributes}
    return found


@cache
def _anchors_of(path: Path, changed: float) -> frozenset[str]:
    return frozenset(anchors(Page.read(path)))


def links(page: Page) -> list[Problem]:
    """Every link inside the repository leads to a file, and to a heading in it."""
    found = []
    for i, text in page.markdown:
        images = [src for src, _ in text.images]
        for link in dict.fromkeys(text.links + images):
            if _remote(link) or urlparse(link).scheme in (
                "mailto",
                "data",
                "attachment",
            ):
                continue
            if why := _broken(page, link):
                found.append(page.problem(i, f"the link {link} {why}", "Correct it"))
    return found


def _broken(page: Page, link: str) -> str:
    file, anchor = urldefrag(link)
    if file.startswith("/"):
        return "begins with /, which means something else on every host"
    path = (page.path.parent / unquote(file)).resolve() if file else page.path
    if not path.is_file():
        if path.is_dir():  # which the README's readers, on GitHub, see as a list
            return "" if page.name == "README.md" else "leads to a folder"
        return "leads to no file"
    if page.root not in path.parents:
        return "leads out of the repository"
    if anchor and path.suffix in (".md", ".ipynb"):
        try:
            there = _anchors_of(path, path.stat().st_mtime_ns)
        except notebooks.NotebookError:
            return "leads to a notebook that cannot be read"
        if unquote(anchor) not in there:
            return f"names a heading that is not in {path.name}"
    return ""


# --- chapters that are mentioned -----------------------------------------------------


def mentions(page: Page) -> list[Problem]:
    """Every mention of another chapter of the book in the prose is a link to it.

    Headings, code and chapters that are not written yet are left alone.
    """
    try:
        known = {one.number: one for one in contents.chapters(page.root)}
    except contents.ContentsError as error:
        do = "Mentions of chapters were not looked at"
        return [page.problem(None, str(error), do)]
    found = []
    for i, text in page.markdown:
        for pieces in _paragraphs(text):
            for number in _unlinked(pieces):
                if number in known and number != page.chapter:
                    what = f"chapter {number} is mentioned without a link"
                    do = f"Link {known[number].name}.ipynb, best with #its-section"
                    found.append(page.problem(i, what, do))
            for number, href in _linked(pieces):
                if number in known and not _leads_to(page, href, known[number].file):
                    what = f"the link on chapter {number} leads to {href}"
                    found.append(page.problem(i, what, f"Link {known[number].name}"))
    return found


def _paragraphs(text: Markdown) -> Iterator[list[tuple[str, str]]]:
    """Each paragraph as pieces (text, address): the address of its link, or ""."""
    before = None
    for block in text.blocks:
        if block.type == "inline" and before.type != "heading_open":
            pieces, href = [], ""
            for token in block.children or []:
                if token.type in ("link_open", "link_close"):
                    href = str(token.attrs.get("href", ""))
                elif token.type in ("text", "softbreak", "hardbreak"):
                    pieces.append((token.content or " ", href))
                elif token.type not in ("em_open", "em_close"):
                    pieces.append(("…", href))
            yield pieces
        before = block


def _unlinked(pieces: list[tuple[str, str]]) -> Iterator[str]:
    """Numbers of chapters outside links, as in "chapter 05" and "chapters 05 to 07"."""
    plain = "".join("@" if href and NAMED.search(t) else t for t, href in pieces)
    for match in re.finditer(rf"(?:{CHAPTERS}|@{JOIN})(\d\d{JOINED}*)", plain):
        yield from re.findall(r"\d\d", match[1])


def _linked(pieces: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Pairs (number, address) of links whose text names a chapter."""
    for text, href in pieces:
        if href and (match := NAMED.search(text)):
            yield match[1], href


def _leads_to(page: Page, href: str, file: str) -> bool:
    path = unquote(urldefrag(href)[0])
    there = (page.path.parent / path).resolve() if path else page.path
    return there == page.root / file


GATES = (remote_images, alt_text, links, mentions)
