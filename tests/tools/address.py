"""The repository's public address: one place, and every copy of it.

    course.py address              print it
    course.py address OWNER/NAME   write it everywhere it stands

It stands in shared/__init__.py (REPOSITORY); first cells, badges, links and the site's
configuration hold copies. Either every file is rewritten or none is.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import notebooks
from notebooks import ROOT

VALID = re.compile(
    r"(?P<owner>[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38})"
    r"/(?P<name>(?!\.\.?$)[A-Za-z0-9._-]{1,100})"
)
HOME = Path("shared", "__init__.py")
LINE = re.compile(r'^(REPOSITORY|RELEASE) = "([^"]+)"$', re.M)
KINDS = {".py", ".md", ".ipynb", ".yml", ".yaml", ".toml", ".html", ".js", ".css"}
FOLDERS = ("book", "shared", "tests", ".github", ".ci")


class AddressError(Exception):
    """An address that cannot be used; the message says why."""


def current(root: Path = ROOT) -> tuple[str, str]:
    """Return (repository, release) as shared/__init__.py has them."""
    found = dict(LINE.findall((root / HOME).read_text("utf-8")))
    try:
        return found["REPOSITORY"], found["RELEASE"]
    except KeyError as error:
        raise AddressError(f"{HOME.as_posix()} has no line {error} = ...") from None


def parse(text: str) -> tuple[str, str]:
    """Return (owner, name) of an address; AddressError if it is not OWNER/NAME."""
    match = VALID.fullmatch(text)
    if not match:
        raise AddressError(
            f"{text!r} is not OWNER/NAME as GitHub writes it: an owner of letters, "
            "digits and single hyphens, a slash, a name of letters, digits, '.', '_' "
            "and '-'; for https://github.com/ada/course give ada/course"
        )
    return match["owner"], match["name"]


def files(root: Path) -> list[Path]:
    """Return the text files that may hold the address."""
    found = [path for path in root.iterdir() if path.is_file()]
    for folder in FOLDERS:
        found += [path for path in (root / folder).rglob("*") if path.is_file()]
    return sorted(
        path
        for path in found
        if (path.suffix in KINDS or path.name == "run")
        and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
    )


def copies(repository: str) -> re.Pattern[str]:
    """Return what finds the copies of an address: OWNER/NAME, OWNER.github.io/NAME."""
    owner, name = map(re.escape, repository.split("/"))
    end = r"(?![\w-])"
    return re.compile(
        rf"(?<![\w.-]){owner}(?P<between>/|\.github\.io/){name}{end}", re.I
    )


def replaced(text: str, old: str, new: str, release: str) -> str:
    """Return `text` with every copy of the old address, and its folder, made new."""
    (_, old_name), (owner, name) = old.split("/"), new.split("/")

    def write(match: re.Match[str]) -> str:
        site = match["between"] != "/"
        return f"{owner.lower() if site else owner}{match['between']}{name}"

    folder = re.compile(rf"(?<![\w.-]){re.escape(f'{old_name}-{release}')}(?![\w-])")
    return folder.sub(f"{name}-{release}", copies(old).sub(write, text))


def rewrite(new: str, root: Path = ROOT) -> list[Path]:
    """Write a new address everywhere; return the files that changed.

    When a file cannot be written, those already written get their old text back.
    """
    parse(new)
    old, release = current(root)
    plans = []
    for path in files(root):
        before = path.read_bytes().decode("utf-8")
        after = replaced(before, old, new, release)
        if after != before:
            plans.append((path, before, after))
    done: list[tuple[Path, str]] = []
    try:
        for path, before, after in plans:
            notebooks.write(path, after)
            done.append((path, before))
    except BaseException:
        for path, before in done:
            notebooks.write(path, before)
        raise
    return [path for path, _, _ in plans]


def problems(root: Path = ROOT) -> list[str]:
    """Find copies of the address that differ from the one in shared/__init__.py."""
    repository, release = current(root)
    owner, name = repository.split("/")
    hosts = r"(?:github(?:usercontent)?\.com|google\.com/github)"
    other = re.compile(
        rf"(?:{hosts}/(?P<owner>[\w.-]+)/|(?P<site>[\w-]+)\.github\.io/)"
        rf"{re.escape(name)}(?![\w-])(?:/(?:blob|tree)/(?P<release>v\d[\w.]*))?"
    )
    found = []
    for path in files(root):
        for match in other.finditer(path.read_text("utf-8", errors="replace")):
            same = match["owner"] == owner
            if match["site"]:
                same = match["site"].lower() == owner.lower()
            if not same or match["release"] not in (None, release):
                found.append(
                    f"{notebooks.label(path, root)} has the address {match[0]!r}, "
                    f"the book's is {repository}, release {release}; "
                    f"run `course.py address {repository}` and `course.py sync`"
                )
    return found


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="course.py address", description=__doc__.splitlines()[0]
    )
    parser.add_argument("new", nargs="?", metavar="OWNER/NAME")
    options = parser.parse_args(arguments)
    try:
        if options.new is None:
            print(current(root)[0])
            return 0
        changed = rewrite(options.new, root)
    except (AddressError, OSError, UnicodeDecodeError) as error:
        print(f"Nothing was changed: {error}", file=sys.stderr)
        return 1
    for path in changed:
        print(f"{notebooks.label(path, root)} has the new address")
    print(f"The address is {options.new} in {len(changed)} files.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
