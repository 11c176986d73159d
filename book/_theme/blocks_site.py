"""What the book's site adds to the theme: links, previews, the map of chapters.

- The Colab button opens the notebook of the release (the first cell fetches the same
  release), while "edit" and "report an error" point at the branch main.
- The edit link of a generated exercise leads to its source, the solved notebook.
- The project's address comes from shared/__init__.py, so that it stands in one place.
- Each page carries a description and a preview for chats and networks.
- Directives for the prose pages: {chapter-map} draws the chapters with the minutes that
  the tests measured, {commands} shows lines for a terminal that contain the address,
  {box} puts Markdown into a <div>.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path
from urllib.parse import quote

from blocks_path import minutes_of, total
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from shared import RELEASE, REPOSITORY, contents  # noqa: E402

OWNER, NAME = REPOSITORY.split("/")
HOME = f"https://github.com/{REPOSITORY}"
COLAB = "https://colab.research.google.com/github"
SITE = f"https://{OWNER}.github.io/{NAME}/"
LONG_LINE = 88  # characters; a printed line beyond that is prose, not a table
PITCH = (
    "Build a language model from scratch: an executable book. Every block is written, "
    "proved and run on your own laptop, without a download or an account."
)


def description(doctree: nodes.document | None) -> str:
    """The page's first real paragraph, cut at a word; the book's own line without."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree is not None else ():
        text = " ".join(paragraph.astext().split())
        if len(text) > 60:
            return text if len(text) <= 200 else text[:200].rsplit(" ", 1)[0] + " …"
    return PITCH


def links(page: str, suffix: str) -> dict[str, str]:
    """The addresses at the foot of a page, which is named by its path and suffix."""
    source = page.replace("book/exercises/", "book/solutions/", 1)
    title = quote(f"Error on page {page}")
    body = quote(
        f"Page: {page}{suffix} (release {RELEASE})\n\n"
        "What it says, and what it should say:\n\n"
    )
    found = {
        "edit": f"{HOME}/edit/main/{source}{suffix}",
        "report": f"{HOME}/issues/new?title={title}&body={body}",
    }
    if suffix == ".ipynb":
        found["colab"] = f"{COLAB}/{REPOSITORY}/blob/{RELEASE}/{page}{suffix}"
    return found


def preview(page: str, title: str, text: str) -> str:
    """The meta elements that describe the page to searches, chats and networks."""
    here = f"{SITE}{page}.html"
    named = {"description": text, "theme-color": "#0067a5"}
    named |= {"twitter:card": "summary_large_image"}
    about = {
        "og:type": "book" if page == "book/index" else "article",
        "og:site_name": "Block by Block",
        "og:title": title,
        "og:description": text,
        "og:url": here,
        "og:image": f"{SITE}_static/social.png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Word blocks: Block by block, a small model learned to speak",
    }
    rows = [("name", *pair) for pair in named.items()]
    rows += [("property", *pair) for pair in about.items()]
    return "".join(
        f'<meta {kind}="{key}" content="{html.escape(value)}" />\n'
        for kind, key, value in rows
    )


def describe_page(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Set what our templates read, before the theme drops those that come out empty."""
    suffix = context.get("page_source_suffix") or ""
    title = html.unescape(context.get("title") or "Block by Block")
    context["release_name"], context["home"] = RELEASE, HOME
    context["page_links"] = links(page, suffix) if doctree and suffix else {}
    found = description(doctree) if page != "book/index" else PITCH
    context["metatags"] = context.get("metatags", "") + preview(page, title, found)


def repoint_buttons(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give the theme's buttons the same addresses and clear names, once they exist."""
    names = {
        "source-edit-button": ("edit", "Edit this page"),
        "source-issues-button": ("report", "Report an error"),
    }
    found = context["page_links"]
    groups = context.get("header_buttons", [])
    for button in (one for group in groups for one in group.get("buttons", [])):
        key, text = names.get(button.get("label"), ("", ""))
        if button.get("text") == "Colab":
            key, text = "colab", "Open in Colab"
        if key in found:
            button.update(url=found[key], text=text, tooltip=text)


def name_toggles(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Name the side bar's arrows (they show the pages below) for screen readers."""
    made = context.get("generate_toctree_html")
    if made is None:
        return

    def named(*words: object, **options: object) -> object:
        tree = made(*words, **options)
        for toggle in tree.find_all("summary") if tree else ():
            above = toggle.find_parent("li").find("a").get_text(" ", strip=True)
            toggle["aria-label"] = f"Pages below: {above}"
        return tree

    context["generate_toctree_html"] = named


def wrap_prose(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Mark printed texts with long lines, so that they wrap instead of scrolling."""
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code_output":
            for block in cell.findall(nodes.literal_block):
                if max(map(len, block.astext().split("\n"))) > LONG_LINE:
                    block["classes"].append("long-lines")


class Box(Directive):
    """A plain <div> with the classes that are given; what is inside is Markdown."""

    has_content, required_arguments = True, 1

    def run(self) -> list[nodes.Node]:
        """Return the opening tag, what is inside, the closing tag."""
        inside = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, inside)
        opening = f'<div class="{html.escape(self.arguments[0])}">'
        first, last = (nodes.raw("", t, format="html") for t in (opening, "</div>"))
        return [first, *inside.children, last]


class Commands(Directive):
    """Lines for a terminal, in which HOME and NAME stand for the project's own."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return one block of code."""
        text = "\n".join(self.content).replace("HOME", HOME).replace("NAME", NAME)
        return [nodes.literal_block(text, text, language="bash")]


class ChapterMap(Directive):
    """The chapters, part by part: a link with its minutes."""

    def run(self) -> list[nodes.Node]:
        """Return one raw list; a missing minutes.json only leaves the minutes out."""
        maps = ""
        for part, found in contents.parts().items():
            rows = "".join(_row(one, minutes_of(one.name)) for one in found)
            maps += f'<p class="bbb-part">{html.escape(part)}</p>'
            maps += f'<ol class="bbb-map">{rows}</ol>'
        return [nodes.raw("", maps, format="html")]


def _row(one: contents.Chapter, minutes: dict) -> str:
    label = (
        f'<b aria-hidden="true">{one.number}</b><span>{html.escape(one.title)}</span>'
    )
    time = "here"
    if minutes:
        path, whole = total(minutes["path"]), total(minutes["whole"])
        time = f"{path} minutes" + (f", all {whole}" if whole > path else "")
    return f'<li><a href="{one.name}.html">{label}<small>{time}</small></a></li>'


def front_door(app: Sphinx, error: Exception | None) -> None:
    """Write index.html at the site's root: the preview, then straight to the book."""
    if error or app.builder.name != "html":
        return
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8" /><title>Block by Block</title>
<meta http-equiv="refresh" content="0; url=book/index.html" />
{preview("index", "Block by Block", PITCH)}</head>
<body><p><a href="book/index.html">Block by Block</a></p></body></html>
"""
    (Path(app.outdir) / "index.html").write_text(page, "utf-8")


def address(app: Sphinx, config: Config) -> None:
    """Tell the theme where the project lives; shared.REPOSITORY is the one place."""
    config.html_baseurl = SITE
    config.html_theme_options["repository_url"] = HOME
    first = contents.chapters()[0]
    colab = (
        f"[Open chapter {first.number} in Colab]"
        f"({COLAB}/{REPOSITORY}/blob/{RELEASE}/{first.file})"
    )
    config.myst_substitutions = {"home": HOME, "colab": colab}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register everything with Sphinx."""
    app.connect("config-inited", address, priority=100)
    app.connect("doctree-resolved", wrap_prose)
    app.add_directive("chapter-map", ChapterMap)
    app.add_directive("commands", Commands)
    app.add_directive("box", Box)
    app.connect("html-page-context", describe_page, priority=100)
    app.connect("html-page-context", repoint_buttons, priority=900)
    app.connect("html-page-context", name_toggles, priority=900)
    app.connect("build-finished", front_door, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
