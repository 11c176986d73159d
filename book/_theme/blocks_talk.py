"""What the site needs for the model in the page: a script where it is asked, weights.

A page asks by a block of HTML with the class "talk"; book/_static/model/page.js says
which attributes it may have. Only such pages load that script, and only a reader who
presses the button loads the rest. The weights are the shipped files themselves, which
are not committed a second time: the build writes each as a script, since a page that is
opened from a file may load scripts and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from shared.checkpoint.makers import maker  # noqa: E402

ROOMS = ROOT / "book" / "_static" / "model"
MODELS = ROOT / "shared" / "models"
NAMES = ("base", "chat", "dpo", "grpo")  # the models that write; a classifier does not
ASKS = re.compile(r"""<div\b[^>]*\bclass=["']talk["']""")


def shipped(models: Path = MODELS) -> dict[str, Path]:
    """The models that a page may load and that are there, name -> file."""
    found = {name: models / f"{name}.safetensors" for name in NAMES}
    return {name: path for name, path in found.items() if path.is_file()}


def as_script(name: str, path: Path) -> str:
    """A model's file as a script that hands its bytes, in base64, to page.js."""
    text = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'BlockByBlock.receive({json.dumps(name)}, "{text}");\n'


def write_weights(place: Path, models: Path = MODELS) -> None:
    """Write NAME.js into a folder for every model that is shipped."""
    place.mkdir(parents=True, exist_ok=True)
    for name, path in shipped(models).items():
        (place / f"{name}.js").write_text(as_script(name, path), "ascii", newline="\n")


@cache
def attributes(models: Path = MODELS) -> dict[str, str]:
    """What page.js must know: models with bytes and version, and who makes each."""
    told = []
    for name, path in shipped(models).items():
        script = as_script(name, path).encode("ascii")
        told.append(f"{name}:{len(script)}:{hashlib.sha256(script).hexdigest()[:8]}")
    rooms = b"".join(path.read_bytes() for path in sorted(ROOMS.glob("*.js")))
    version = hashlib.sha256(rooms).hexdigest()[:8]
    makers = " ".join(f"{name}:{maker(name)}" for name in NAMES)
    known = {"data-models": " ".join(told), "data-chapters": makers}
    return {**known, "data-version": version}


def asks(doctree: nodes.document | None) -> bool:
    """Whether a page has a block for the model."""
    raw = doctree.findall(nodes.raw) if doctree is not None else ()
    return any(ASKS.search(node.astext()) for node in raw)


def bring_script(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add the script and the style to a page that asks, and to no other."""
    if asks(doctree):
        app.add_js_file("model/page.js", loading_method="defer", **attributes())
        app.add_css_file("model/model.css")


def bring_weights(app: Sphinx, error: Exception | None) -> None:
    """Write the weights into the built site."""
    if not error and app.builder.name == "html":
        write_weights(Path(app.outdir) / "_static" / "model" / "weights")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both with Sphinx."""
    app.connect("html-page-context", bring_script)
    app.connect("build-finished", bring_weights)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
