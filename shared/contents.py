"""The list of the book's chapters, read from `_toc.yml`: no other list is kept.

The map at the head of a chapter, the passport's page, the README's table, the minutes
and every tool that goes through the chapters ask `chapters()`. So a new chapter is a
notebook and an entry in `_toc.yml`. `python -m shared.contents` prints the list and
says what does not fit together.
"""

from __future__ import annotations

import fnmatch
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILE = "_toc.yml"
BOOK = re.compile(r"book/((\d\d)_[a-z0-9_]+)")
SUFFIXES = (".ipynb", ".md")


class ContentsError(ValueError):
    """`_toc.yml` cannot be used; the message says which entry, why and what to do."""


@dataclass(frozen=True)
class Chapter:
    """One chapter: number "06", name "06_the_gpt", title "The GPT", its part."""

    number: str
    name: str
    title: str
    part: str

    @property
    def file(self) -> str:
        """The notebook's path from the repository's root."""
        return f"book/{self.name}.ipynb"


def chapters(root: Path = ROOT) -> list[Chapter]:
    """The chapters in reading order.

    Raises:
        ContentsError: when `_toc.yml` is absent, no YAML, or names a chapter in a way
            that does not fit its file.
    """
    found: list[Chapter] = []
    for part in _parts(root):
        for entry in part.get("chapters") or []:
            if match := BOOK.fullmatch(_file(entry)):
                found.append(_chapter(match[1], match[2], entry, part, found))
    return found


def chapter(number: str, root: Path = ROOT) -> Chapter:
    """The chapter with a number such as "06".

    Raises:
        ValueError: no chapter has this number.
    """
    known = {one.number: one for one in chapters(root)}
    if number not in known:
        raise ValueError(
            f"no chapter {number!r} in {FILE}; give one of "
            f"{', '.join(known)}, in quotation marks"
        )
    return known[number]


def parts(root: Path = ROOT) -> dict[str, list[Chapter]]:
    """The parts that have chapters: each part's name with its chapters, in order."""
    found: dict[str, list[Chapter]] = {}
    for one in chapters(root):
        found.setdefault(one.part, []).append(one)
    return found


# --- reading -------------------------------------------------------------------------


def _parts(root: Path) -> list[dict[str, Any]]:
    import yaml  # comes with jupyter-book; Colab has it

    try:
        # libyaml's loader is ten times as quick; tools ask for the list often.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        whole = yaml.load((root / FILE).read_text("utf-8"), Loader=loader)
    except FileNotFoundError:
        raise ContentsError(
            f"{FILE} is not in {root}: it lists the book's chapters; "
            f"restore it with `git checkout {FILE}`"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or "it cannot be read"
        raise ContentsError(f"{FILE} is no YAML{line}: {why}; correct it") from None
    found = whole.get("parts") if isinstance(whole, dict) else None
    if not isinstance(found, list) or not all(isinstance(p, dict) for p in found):
        raise ContentsError(
            f"{FILE} has no list `parts:` whose items have `caption:` and `chapters:`"
        )
    return found


def _file(entry: Any) -> str:
    if not isinstance(entry, dict) or not {"file", "glob"} & entry.keys():
        raise ContentsError(
            f"{FILE} has the entry {entry!r} where `file: book/NN_name` is expected"
        )
    return str(entry.get("file", ""))


def _chapter(
    name: str, number: str, entry: dict, part: dict, before: list[Chapter]
) -> Chapter:
    title, caption = str(entry.get("title", "")), str(part.get("caption") or "")
    wrong = ""
    if not caption:
        wrong = "stands in a part without `caption:`, the part's name"
    elif not title.startswith(f"{number} ") or not title[3:].strip():
        wrong = f'has the title "{title}"; begin it with the number: "{number} ..."'
    elif before and number <= before[-1].number:
        wrong = f"comes after chapter {before[-1].number}; numbers must rise"
    if wrong:
        raise ContentsError(f"{FILE}: book/{name} {wrong}")
    return Chapter(number, name, title[3:].strip(), caption)


# --- files and entries ---------------------------------------------------------------


def problems(root: Path = ROOT) -> list[str]:
    """Entries without a file and files without an entry, one sentence each.

    Raises:
        ContentsError: as `chapters` does.
    """
    chapters(root)
    files = {
        path.relative_to(root).with_suffix("").as_posix()
        for folder in ("", "exercises", "solutions")
        for path in (root / "book" / folder).glob("*")
        if path.suffix in SUFFIXES and path.name[0] not in "._"
    }
    found, named = [], {"book/index"}
    for kind, value in _entries(_parts(root)):
        there = fnmatch.filter(files, value) if kind == "glob" else {value} & files
        if not there:
            what = "a notebook or a Markdown page of that name"
            found.append(
                f"{FILE} names {value}, and there is no such file: add {what}, or take "
                "the entry out"
            )
        named |= set(there)
    for name in sorted(files - named):
        found.append(
            f"{name} has no entry in {FILE}, so no reader can reach it: add "
            f"`- file: {name}` where it belongs"
        )
    return found


def _entries(node: Any) -> Iterator[tuple[str, str]]:
    """Every pair ("file" or "glob", what it names), wherever it stands."""
    for child in node if isinstance(node, list) else []:
        yield from _entries(child)
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("file", "glob"):
                yield key, str(value)
            yield from _entries(value)


def main() -> int:
    """Print the chapters by part, then what is wrong; return 1 if anything is."""
    try:
        for part, found in parts().items():
            print(part)
            for one in found:
                print(f"  {one.number} {one.title} ({one.file})")
        wrong = problems()
    except ContentsError as error:
        wrong = [str(error)]
    for line in wrong:
        print(line, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
