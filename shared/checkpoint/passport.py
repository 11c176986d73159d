"""The model's passport: what has been measured about it, one stamp per chapter.

A stamp is a small dictionary of names and values, and a title. The shipped stamps lie
in ``shared/models/passport.json``; a chapter that is run again compares what it has
measured with them. So the passport is a list of claims that anybody can check. Beside
the stamps it tells of each shipped model how it was made: its data, recipe and hash.
"""

from __future__ import annotations

import html
import json
import math
import os
from pathlib import Path
from typing import Any

from shared.contents import Chapter, chapters
from shared.contents import chapter as chapter_of
from shared.whole_files import write_whole

PATH = Path(__file__).parents[1] / "models" / "passport.json"
TOLERANCE = 2e-3  # relative: measured decimals differ a little between machines


class PassportError(ValueError):
    """The passport file cannot be read; the message says why and what to do."""


def read(path: Path = PATH) -> dict[str, dict[str, Any]]:
    """The shipped stamps: chapter to {name: value}; empty when there is no file.

    Raises:
        PassportError: when the file is not a passport.
    """
    return read_page("stamps", path)


def models(path: Path = PATH) -> dict[str, dict[str, Any]]:
    """How the shipped models were made: name to {name: value}, "sha256" among them.

    Raises:
        PassportError: when the file is not a passport.
    """
    return read_page("models", path)


def read_page(page: str, path: Path) -> dict[str, dict[str, Any]]:
    """One of the two dictionaries of the file, "stamps" or "models"."""
    if not path.exists():
        return {}
    try:
        whole = json.loads(path.read_text("utf-8"))
        entries = whole["stamps"] if page == "stamps" else whole.get(page, {})
        if not all(isinstance(entry, dict) for entry in entries.values()):
            raise TypeError(f"each entry under {page!r} must be a dictionary")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PassportError(
            f"{path} is not a passport ({error}). Restore it with "
            "`git checkout shared/models/passport.json`."
        ) from error
    return entries


def same(a: Any, b: Any) -> bool:
    """Whether two stamped values agree; decimals within :data:`TOLERANCE`."""
    if isinstance(a, float) or isinstance(b, float):
        numbers = isinstance(a, (int, float)) and isinstance(b, (int, float))
        return numbers and math.isclose(a, b, rel_tol=TOLERANCE)
    return a == b


def stamp(chapter: str, path: Path = PATH, title: str = "", **facts: Any) -> bool:
    """Compare what a chapter has measured with the shipped passport, and say so.

    Args:
        chapter: two digits, such as "01".
        path: the passport file.
        title: what the passport's page calls this stamp; the chapter's title if empty.
        facts: names and values: text, whole numbers or decimals.

    Returns:
        True when every value, and the title, agrees with the shipped one.

    Raises:
        ValueError: `_toc.yml` has no such chapter.

    With ``BLOCKS_STAMP=write`` in the environment (the book's makers do this when they
    change the language or a recipe) the values are written into the passport instead.
    """
    page = chapter_of(chapter).title
    facts = {k: round(v, 3) if isinstance(v, float) else v for k, v in facts.items()}
    claims = {"title": title, **facts} if title else facts
    if os.environ.get("BLOCKS_STAMP") == "write":
        write({**read(path), chapter: claims}, path)
    shipped = read(path).get(chapter, {})
    print(f"Stamp of chapter {chapter}: {(title or page).lower()}")
    good = True
    for name, value in claims.items():
        agrees = name in shipped and same(value, shipped[name])
        good = good and agrees
        verdict = "agrees"
        if not agrees:
            verdict = f"the passport says {shipped.get(name, 'nothing')}"
        if name != "title" or not agrees:
            print(f"  {name.replace('_', ' ')}: {value} ({verdict})")
    return good


def note_model(name: str, path: Path = PATH, **facts: Any) -> None:
    """Write down how a shipped model was made, in place of what was noted before."""
    save(read(path), {**models(path), name: facts}, path)


def write(stamps: dict[str, dict[str, Any]], path: Path = PATH) -> None:
    """Write the stamps; what is noted of the models stays."""
    save(stamps, models(path), path)


def save(stamps: dict[str, Any], models: dict[str, Any], path: Path) -> None:
    """Write the passport, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"format": 1, "stamps": dict(sorted(stamps.items()))}
    if models:
        whole["models"] = dict(sorted(models.items()))
    write_whole(path, json.dumps(whole, indent=1) + "\n")


def summary(chapter: str, path: Path | None = None) -> str:
    """One line: which pages are stamped before a chapter begins.

    Raises:
        PassportError: there is no passport, or the file is none.
    """
    path = path or PATH
    if not path.is_file():
        raise PassportError(
            f"{path} is missing, so nothing is known of the book's models. Restore it "
            "with `git checkout shared/models/passport.json`, or clone the book again."
        )
    stamps = read(path)
    done = [
        title_of(one, stamps).lower()
        for one in chapters()
        if one.number < chapter and one.number in stamps
    ]
    if not done:
        return "Nothing has been measured before this chapter."
    return f"Stamped in the passport so far: {', '.join(done)}."


def title_of(one: Chapter, stamps: dict[str, dict[str, Any]]) -> str:
    """What the passport's page calls a stamp: by its own title, else the chapter's."""
    return str(stamps.get(one.number, {}).get("title", one.title))


def show(path: Path = PATH) -> Page:
    """The passport's page, with the stamps it has and those that are still missing."""
    return Page(path)


class Page:
    """The passport as a table: HTML in a notebook, text elsewhere."""

    def __init__(self, path: Path = PATH) -> None:
        self.stamps = read(path)

    def rows(self) -> list[tuple[str, str, str]]:
        """Chapter, page and what is stamped on it."""
        return [
            (
                one.number,
                title_of(one, self.stamps),
                "; ".join(entries(self.stamps.get(one.number, {}))),
            )
            for one in chapters()
        ]

    def __repr__(self) -> str:
        return "\n".join(f"{c}  {p}: {t or 'no stamp yet'}" for c, p, t in self.rows())

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td>{c}</td><td>{html.escape(p)}</td>"
            f"<td>{html.escape(t) or '<em>no stamp yet</em>'}</td></tr>"
            for c, p, t in self.rows()
        )
        head = "<tr><th>Chapter</th><th>Page</th><th>Stamp</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def entries(facts: dict[str, Any]) -> list[str]:
    """The names and values of a stamp as short phrases, without its title."""
    return [
        f"{name.replace('_', ' ')} {value}"
        for name, value in facts.items()
        if name != "title"
    ]
