"""The repository's tree: nothing lies about, and every page stands in the book."""

import subprocess

import pytest
from notebooks import ROOT

from shared import contents

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


def test_nothing_else_at_the_top_level():
    assert stray(tracked()) == []
    assert stray(["README.md", ".ci/run", "notes.txt"]) == ["notes.txt"]


def test_no_real_data_is_committed():
    names = {"tinyshakespeare.txt", "the-verdict.txt", "SMSSpamCollection"}
    assert not [path for path in tracked() if path.split("/")[-1] in names]


def test_every_page_stands_in_the_table_of_contents():
    assert contents.problems() == []
