"""The path and its detours on the site: which sections are detours, and the switch.

A notebook's heading cell that carries the tag `detour` makes its section one. Jupyter
Book drops the tags of Markdown cells, so they are read here from the notebook itself:
MyST-NB gives every node of a notebook the line 10,000 × (cell's position) + (line in
the cell). Pages with a detour get a switch, which a script (book/_static/path.js) wakes
up; without a script all is visible and no switch is there. `minutes_of` tells the
minutes that the tests have counted to every part of the site.
"""

from __future__ import annotations

import html
import json
import math
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
LINES_A_CELL = 10_000
DETOUR = "detour"
WAYS = ("path", "whole")
SWITCH = """\
<fieldset class="blocks-path" hidden>
<legend>This page has {detours}. Show</legend>
<label><input type="radio" name="blocks-path" value="all" checked />
<span>everything{whole}</span></label>
<label><input type="radio" name="blocks-path" value="path" />
<span>only the path{path}</span></label>
<p role="status"></p>
</fieldset>"""


def minutes_of(name: str, book: Path = ROOT / "book") -> dict[str, Any]:
    """Return a chapter's row of book/minutes.json, {} where there is none."""
    try:
        table = json.loads((book / "minutes.json").read_text("utf-8"))["chapters"]
    except (OSError, ValueError, KeyError):
        return {}
    return table.get(name, {})


def total(row: dict[str, Any]) -> int:
    """Return whole minutes of reading and running together."""
    return math.ceil(row["reading"] + (row["running"] or 0))


def find_detours(app: Sphinx, doctree: nodes.document) -> None:
    """Give the sections of a notebook that are detours the class `detour`."""
    source = Path(app.env.doc2path(app.env.docname))
    if source.suffix != ".ipynb":
        return
    cells = json.loads(source.read_text("utf-8"))["cells"]
    tagged = [DETOUR in cell["metadata"].get("tags", []) for cell in cells]
    if not any(tagged):
        return
    found = []
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        position = (title.line or section.line or 0) // LINES_A_CELL - 1
        if 0 <= position < len(tagged) and tagged[position]:
            tagged[position] = False  # a heading further down in the cell is none
            section["classes"].append(DETOUR)
            found.append(section)
    for section in found:
        add_way_back(section)
    add_switch(doctree, source.stem, len(found))


def add_way_back(section: nodes.section) -> None:
    """Say below a detour's heading where the path goes on, with a link."""
    here: nodes.Node = section
    while not isinstance(here, nodes.document):
        for other in here.findall(nodes.section, descend=False, siblings=True):
            if other is not here and DETOUR not in other["classes"]:
                title = html.escape(other.next_node(nodes.title).astext())
                link = f'<a href="#{other["ids"][0]}">{title}</a>'
                text = f'<p class="detour-back">The path goes on at {link}.</p>'
                place = 2 if isinstance(section[1], nodes.raw) else 1
                section.insert(place, nodes.raw("", text, format="html"))
                return
        here = here.parent


def add_switch(doctree: nodes.document, name: str, count: int) -> None:
    """Put the switch below the page's title."""
    row = minutes_of(name)
    times = {way: f" ({total(row[way])} minutes)" if row else "" for way in WAYS}
    detours = "a detour" if count == 1 else f"{count} detours"
    text = SWITCH.format(detours=detours, **times)
    page = doctree.next_node(nodes.section)
    page.insert(1, nodes.raw("", text, format="html"))


def bring_script(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Load the script on pages that have the switch, and on no other."""
    sections = doctree.findall(nodes.section) if doctree is not None else ()
    if any(DETOUR in section["classes"] for section in sections):
        app.add_js_file("path.js")  # not deferred: nothing may flash up and vanish


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both with Sphinx."""
    app.connect("doctree-read", find_detours)
    app.connect("html-page-context", bring_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
