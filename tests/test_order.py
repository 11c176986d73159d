"""No block is used before the chapter that builds it, by whatever road its name comes:
a room that offers it, an import of an import, a module's alias.
"""

import re

import blocks
import notebooks
import order
import pytest
import uses

TREES = blocks.modules(notebooks.ROOT)
ROOMS = [
    name for name in TREES if "." not in name and name and uses.is_room(TREES, name)
]
# How many exemptions there are: 53 in the first edition. They may only shrink.
MOST_HELPERS = 53
# Files with blocks whose other names (configs, tables) need no chapter. Two came with
# chapter 08, which builds the decoder and RMSNorm; it may only shrink.
NOT_TAUGHT = {
    "model.decoder",
    "model.norms",
    "checkpoint.gpt2_files",
    "data.token_windows",
    "evaluate.ngrams",
    "generate.streaming",
}
ROADS = {
    "from the room": "from shared.{room} import {name}",
    "under another name": "from shared.{room} import {name} as other",
    "the room's attribute": "from shared import {room}\nif True:\n    {room}.{name}",
    "an alias of the room": "import shared.{room} as it\nit.{name}",
    "the package's attribute": "import shared\nshared.{room}.{name}",
    "from the file": "from shared.{room}.{file} import {name}",
    "the file's attribute": "from shared.{room} import {file} as it\nit.{name}",
    "everything": "from shared.{room} import *",
}


# --- tracing a name to its definition ------------------------------------------------

SMALL = {
    "lazy": "def offers(room, files): ...",
    "model/__init__": (
        "from shared.lazy import offers\n"
        "a, b, c = offers(__name__, {'gpt': ('GPT', 'Block'), 'parts': ('Norm',)})"
    ),
    "model/gpt": "class GPT: ...\nBlock = 1\nfrom .parts import Norm as Layer",
    "model/parts": "class Norm:\n    size = 1",
    "train/__init__": "from .loop import train\nfrom . import loop as cycle\n",
    "train/loop": "def train(): ...\nfrom ..model.gpt import GPT as Net\n",
    "star/__init__": "from shared.model.gpt import *\nfrom shared.model import *",
    "again": (
        "from shared.model import GPT\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from shared.train import train as run\n"
        "from shared import model as m\nfrom os import path\n"
    ),
    "round": "from shared.trip import x",
    "trip": "from shared.round import x",
}


@pytest.fixture
def small(tree, monkeypatch):
    """A package of rooms that hand each other's names on."""
    monkeypatch.setattr(order, "TAUGHT", set())
    for name, text in SMALL.items():
        path = tree.root / "shared" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return tree


@pytest.mark.parametrize(
    ("name", "traced"),
    [
        ("model.gpt.GPT", "model.gpt.GPT"),
        ("model.GPT", "model.gpt.GPT"),
        ("model.GPT.forward", "model.gpt.GPT"),
        ("model.Norm", "model.parts.Norm"),
        ("model.gpt.Layer", "model.parts.Norm"),
        ("train.train", "train.loop.train"),
        ("train.cycle.train", "train.loop.train"),
        ("train.loop.Net", "model.gpt.GPT"),
        ("star.GPT", "model.gpt.GPT"),
        ("star.Layer", "model.parts.Norm"),
        ("star.Norm", "model.parts.Norm"),
        ("again.GPT", "model.gpt.GPT"),
        ("again.run", "train.loop.train"),
        ("again.m.Block", "model.gpt.Block"),
        ("again.m", "model"),
        ("again.path", "again.path"),
        ("model.nothing", "model.nothing"),
        ("round.x", "round.x"),
    ],
)
def test_a_name_is_traced_to_its_definition(small, name, traced):
    trees = blocks.modules(small.root)
    assert uses.origin(trees, name) == traced


def test_every_name_that_a_room_offers_leads_to_one_definition():
    assert len(ROOMS) >= 10
    for room in ROOMS:
        for name in uses.public(TREES, room) - {"offers"}:
            traced = uses.origin(TREES, f"{room}.{name}")
            assert traced.count(".") >= 2 and uses.is_defined(TREES, traced), traced


# --- a planted fault per room --------------------------------------------------------


def built_in(room):
    """One name of each file of a room, as (file, name): one that a cell can build."""
    found = {}
    for name in sorted(uses.public(TREES, room)):
        module, _, leaf = uses.origin(TREES, f"{room}.{name}").rpartition(".")
        body = TREES[module].body if module.startswith(f"{room}.") else []
        if leaf == name and any(name in blocks.names_of(node) for node in body):
            found.setdefault(module.removeprefix(f"{room}."), name)
    return sorted(found.items())


@pytest.mark.parametrize("room", ROOMS)
def test_an_early_use_behind_a_rooms_name_is_found(tree, room, monkeypatch):
    monkeypatch.setattr(order, "HELPERS", {})
    monkeypatch.setattr(blocks, "modules", lambda root: TREES)
    names = built_in(room)
    assert names, f"{room} offers nothing"
    cells = []
    for file, name in names:
        block = f"{room}.{file}.{name}"
        cells.append((blocks.find(notebooks.ROOT, block).text, [f"shared:{block}"]))
    tree.page("02_text_into_tokens", "# Text", *cells)
    ways = [(road, file, name) for road in ROADS for file, name in names]
    early = [ROADS[road].format(room=room, file=f, name=n) for road, f, n in ways]
    tree.page("01_guessing_the_next_word", "# Guess", *early)
    found = "\n".join(order.early_uses(tree.root))
    for position, (road, _, name) in enumerate(ways, start=2):
        what = rf"code cell {position} uses shared\.[\w.]*\b{name}, which is built in"
        assert re.search(what, found), f"{road}: {name} of {room} is not found"
    tree.page("01_guessing_the_next_word", "# Guess", "1")
    tree.page("03_batches_and_vectors", "# Net", *early)
    assert not [text for text in order.early_uses(tree.root) if "is built in" in text]


def test_a_name_that_leads_nowhere_is_found(small):
    small.page("01_guess", "# Guess", "from shared import model\nmodel.nothing")
    assert "model.nothing, which cannot be traced" in order.early_uses(small.root)[0]
    small.page("01_guess", "# Guess", "from shared.model import GPT")
    assert order.early_uses(small.root) == []


# Catches: a parameter or a variable that is taken for the room of the same name.
@pytest.mark.parametrize(
    "source",
    [
        "def f(model):\n    return model.nothing",
        "f = lambda model: model.nothing",
        "model = model.GPT()\nmodel.nothing",
        "for model in [1]:\n    model.nothing",
    ],
)
def test_a_name_of_ones_own_is_no_room(small, source):
    small.page("01_guess", "# Guess", "from shared import model", source)
    assert order.early_uses(small.root) == []
    small.page("01_guess", "# Guess", f"{source}\nfrom shared import model\nmodel.no")
    assert "model.no, which cannot" in "\n".join(order.early_uses(small.root))


# --- exemptions ----------------------------------------------------------------------


def test_exemptions_only_shrink(monkeypatch):
    helpers = dict(order.HELPERS)
    assert len(helpers) <= MOST_HELPERS
    assert all(reason.strip() for reason in helpers.values())
    monkeypatch.setattr(order, "HELPERS", {})
    found = "\n".join(order.early_uses(notebooks.ROOT))
    written = re.findall(r"uses shared\.(\S+), which", found)
    needed = {uses.origin(TREES, name) for name in written}
    assert helpers.keys() - needed == set(), "no page needs these any more"


# Catches: a file that was renamed, and whose names are free from then on.
def test_what_is_taught_is_there_and_what_has_blocks_is_taught():
    assert order.TAUGHT - TREES.keys() == set()
    chapters = list(notebooks.chapters().values())
    files = set()
    for item in blocks.tagged(chapters):
        path, inner = blocks.split_name(notebooks.ROOT, item.name)
        files.add(item.name.removesuffix("." + ".".join(inner)))
    assert files - order.TAUGHT <= NOT_TAUGHT
    assert NOT_TAUGHT <= files - order.TAUGHT, "take it out of NOT_TAUGHT"
