"""The repository's tree: nothing lies about, and every page stands in the book."""

import re
import subprocess

import pytest
import yaml
from notebooks import ROOT

TOP = {
    *("README.md", "LICENSE", "course.py", "requirements.txt"),
    *("_config.yml", "_toc.yml", "book", "shared", "tests"),
}


def tracked():
    """The paths that git knows, or those of an unpacked archive."""
    call = ["git", "ls-files", "-z"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("this is no git checkout")
    return [path for path in done.stdout.split("\0") if path]


def stray(paths):
    """Top-level names that the plan of the tree does not know."""
    names = {path.split("/")[0] for path in paths}
    return sorted(name for name in names - TOP if not name.startswith("."))


def pages(node):
    """Every file that a table of contents names."""
    if isinstance(node, list):
        return [page for child in node for page in pages(child)]
    if isinstance(node, dict):
        own = [node[key] for key in ("root", "file") if key in node]
        return own + [p for child in node.values() for p in pages(child)]
    return []


def missing(found, toc):
    """Notebooks and pages that no reader of the site can reach."""
    return sorted(set(found) - set(pages(toc)))


def test_nothing_else_at_the_top_level():
    assert stray(tracked()) == []
    assert stray(["README.md", ".ci/run", "notes.txt"]) == ["notes.txt"]


def test_no_real_data_is_committed():
    names = {"tinyshakespeare.txt", "the-verdict.txt", "SMSSpamCollection"}
    assert not [path for path in tracked() if path.split("/")[-1] in names]


def test_every_page_stands_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    book = [p for p in (ROOT / "book").rglob("*") if p.suffix in {".ipynb", ".md"}]
    found = [p.relative_to(ROOT).with_suffix("").as_posix() for p in book]
    found = [p for p in found if not re.search(r"/[_.]|/figures/", p)]
    assert missing(found, toc) == []
    assert missing(["book/x"], toc) == ["book/x"]
