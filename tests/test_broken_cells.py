"""The pages' models and losses are made of the pages' own cells.

For every chapter a proof from the text (own_cells.py); for the blocks of the model and
the losses also a run, cut short, in which each cell is broken in turn
(broken_cells.py): a number that is printed later must move, and nothing may raise.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import notebooks  # noqa: E402
import own_cells  # noqa: E402
from broken_cells import Plan  # noqa: E402

# Blocks that are for show in a page of the first edition, and why that may be so until
# the page is rewritten. None is of the model or a loss; the list may only shrink.
FOR_SHOW = {
    "tokenizer.": "chapter 02 loads GPT-2's tokenizer with the engineered class",
    "train.optimizers.": "make_optimizers gives parameters to shared's own classes",
    "model.heads.swap_head": "the shipped classifier is loaded with shared's own",
    "checkpoint.int8.": "files of bytes are loaded with shared's own",
    "model.positions.Rotary": "only in ScaledRotary, a kind that no page uses yet",
    "model.norms.RMSNorm": "only in OnePlusRMSNorm, a kind that no page uses yet",
}
ONLY_IN = {
    "model.positions.Rotary": "ScaledRotary -> model.positions.Rotary",
    "model.norms.RMSNorm": "OnePlusRMSNorm -> model.norms.RMSNorm",
}


@pytest.fixture(scope="module")
def edges():
    return own_cells.edges(ROOT)


@pytest.mark.parametrize("name", notebooks.chapters(ROOT))
def test_blocks_are_used_and_not_copies(name, edges):
    found = own_cells.findings(ROOT, notebooks.chapters(ROOT)[name], edges)
    unknown = [str(f) for f in found if not f.name.startswith(tuple(FOR_SHOW))]
    assert not unknown, "\n".join(unknown)
    for finding in found:
        assert ONLY_IN.get(finding.name, "") in finding.why


# Catches: an excuse that nothing needs any more.
def test_every_excuse_is_needed(edges):
    paths = notebooks.chapters(ROOT).values()
    names = [f.name for path in paths for f in own_cells.findings(ROOT, path, edges)]
    for start in FOR_SHOW:
        assert any(name.startswith(start) for name in names), start


# --- planted ------------------------------------------------------------------------

# Chapter 05 of the first edition in small: the block is made by functions of shared/.
OLD = {
    "parts": "class Norm:\n    def forward(self, x):\n        return x / 2",
    "modern": "from shared.parts import Norm\n\n\ndef make_norm():\n    return Norm()",
    "gpt": (
        "from shared.modern import make_norm\n\n\nclass Block:\n"
        "    def __init__(self):\n        self.norm = make_norm()\n\n"
        "    def forward(self, x):\n        return self.norm.forward(x)"
    ),
}
HEAD = (  # the page finds the planted package, not the book's
    "import sys\nsys.path.insert(0, {root!r})\n"
    "for name in [n for n in sys.modules if n.startswith('shared')]:\n"
    "    del sys.modules[name]\n"
)


def planted(tmp_path, maker, block=None):
    """A page with a norm and a block, and the folder shared/ that it imports from."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "__init__.py").write_text("")
    made = dict(OLD)
    if block:
        made["gpt"] = block
    for name, text in made.items():
        (shared / f"{name}.py").write_text(text + "\n")
    cells = [
        new_code_cell(HEAD.format(root=str(tmp_path)) + maker),
        new_code_cell(OLD["parts"], metadata={"tags": ["shared:parts.Norm"]}),
        new_code_cell("print('the norm alone', Norm().forward(3.0))"),
        new_code_cell(
            made["gpt"].split("\n\n\n")[-1], metadata={"tags": ["shared:gpt.Block"]}
        ),
        new_code_cell("print('the block', Block().forward(5.0))"),
    ]
    book = tmp_path / "book"
    book.mkdir()
    path = book / "06_sample.ipynb"
    path.write_text(notebooks.dumps(new_notebook(cells=cells)))
    return path


def run(path, plan):
    """What breaking the plan's blocks moves, from a process of its own."""
    tool = ROOT / "tests" / "tools" / "broken_cells.py"
    done = subprocess.run(
        [sys.executable, str(tool), str(path), json.dumps(asdict(plan))],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
SAMPLE = Plan(["Norm", "Block"], root="Block", parts=["Norm", "Block"])


# Catches: the fault for which this file was written: a page whose model comes from
# shared/, so that its cells can return zeros without a change.
@FORK
def test_the_first_editions_fault_is_seen(tmp_path):
    path = planted(tmp_path, "from shared.modern import make_norm")
    (found,) = own_cells.findings(tmp_path, path)
    assert found.name == "parts.Norm"
    assert "shared's own copy in modern.make_norm -> parts.Norm" in found.why
    assert run(path, SAMPLE) == {
        "Norm": "moves no printed number",
        "Block": "moves code cell 5",
    }


CLEAN = OLD["gpt"].split("\n\n\n")[1].replace("make_norm()", "Norm()")


@FORK
def test_a_page_of_its_own_cells_passes(tmp_path):
    path = planted(tmp_path, "", f"from shared.parts import Norm\n\n\n{CLEAN}")
    assert own_cells.findings(tmp_path, path) == []
    assert set(run(path, SAMPLE).values()) == {"moves code cell 5"}


# Catches: a break that stops the page, taken for a number that has moved.
@FORK
def test_what_raises_is_told(tmp_path):
    path = planted(tmp_path, "from shared.modern import make_norm")
    text = path.read_text().replace("Norm().forward(3.0)", "1 / Norm().forward(3.0)")
    path.write_text(text)
    told = run(path, Plan(["Norm"]))["Norm"]
    assert told == "code cell 3 raises ZeroDivisionError: float division by zero"


def test_a_block_that_nothing_uses(tmp_path):
    path = planted(tmp_path, "from shared.modern import make_norm")
    path.write_text(path.read_text().replace("Block().forward(5.0)", "5.0"))
    found = [str(finding) for finding in own_cells.findings(tmp_path, path)]
    assert "06_sample: gpt.Block is used by no later cell" in found


# --- the book's pages, run ------------------------------------------------------------

MODEL = ["LayerNorm", "FeedForward", "Block", "GPT", "initialise"]
OURS = ["DirectAttention", "squared_relu", "zero_out"]
PREFERRED = [
    *("token_logprobs", "answer_logprobs", "margins", "dpo_loss"),
    "reference_logprobs",
]
REWARDED = ["group_advantages", "divergence", "grpo_loss"]
PLANS = {
    "05_attention_slowly": Plan(
        ["Attention"],
        cuts=[("for step in range(steps):", "for step in range(4):")],
        end="def taught(memory, seed):",
    ),
    "06_the_gpt": Plan(
        MODEL,
        root="GPT",
        parts=MODEL,
        cuts=[("rounds=12", "rounds=2")],
        drop=["bends = {"],
        end="def drawn(",
    ),
    "07_pretraining": Plan(
        ["summed_loss", "mean_loss", "train_step"],
        cuts=[
            (
                "steps=1800, batch=16, accumulate=2, rate=0.003, warmup=100",
                "steps=6, batch=8, rate=0.003, warmup=1",
            ),
            *(("n=28_800", "n=96"), ("n=200", "n=12"), ("n=1000", "n=20")),
            *(("n=8000", "n=40"), ("valid[:100]", "valid[:6]")),
            ("valid[:20]", "valid[:6]"),
            *(("steps=100, batch=8", "steps=4, batch=8"), ("resume=True,", "")),
            *(("range(1, 101)", "range(1, 5)"), ("in [1, 2, 3, 4, 5]", "in [1]")),
            ('path=checkpoint.kept_run("07"), ', ""),
        ],
        end="seen = pandas.DataFrame(history)",
    ),
    "08_to_the_floor": Plan(
        [*OURS, "Muon", "muon"],
        root="Decoder",
        parts=OURS,
        cuts=[
            (
                "n = SHORT_RUN.steps * SHORT_RUN.batch",
                "from dataclasses import replace\n"
                "SHORT_RUN = replace(SHORT_RUN, steps=24, warmup=1)\nn = 192",
            ),
            *(("n=400", "n=12"), ("valid_texts[:100]", "valid_texts[:12]")),
            *(("resume=True,", ""), ('path=checkpoint.kept_run("08"), ', "")),
            ("every=250", "every=12"),
        ],
        drop=["for optimizer in ["],
        end="table = pandas.DataFrame(history)",
        faults={
            "Muon": ("p.add_(orthogonalise(ahead)", "p.add_(0 * ahead"),
            "muon": ("recipe.muon_rate,", "recipe.muon_rate / 9,"),
        },
    ),
    "11_preferences": Plan(
        PREFERRED,
        cuts=[
            *(("n=600", "n=60"), ("[:150]", "[:12]"), ("92, 150", "92, 16")),
            *(
                ("steps=40", "steps=6"),
                ("steps=80", "steps=12"),
                ("range(3)", "range(1)"),
            ),
        ],
        end="def spoiled(",
    ),
    "12_rewards": Plan(
        REWARDED,
        cuts=[
            *(("909, 600", "909, 40"), ("[:150]", "[:12]"), ("100_000", "1000")),
            *(("range(2000)", "range(20)"), ("careless, 24", "careless, 6")),
        ],
        end="for lesson, answer in zip(exam[:3]",
    ),
    "14_ship_it": Plan(["KeyValues"], end="class Placeless"),
}


@FORK
@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_breaking_a_cell_moves_a_number(name):
    (path,) = (p for p in notebooks.chapters(ROOT).values() if p.stem == name)
    told = run(path, PLANS[name])
    assert told.keys() == set(PLANS[name].names)
    wrong = {
        key: text for key, text in told.items() if not text.startswith("moves code")
    }
    assert not wrong, wrong
