"""A reader's own texts: files of a folder, read exactly, cut into documents."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.data.token_files import read_text

ENDINGS = (".txt", ".md")
BREAK = "<|endoftext|>"  # divides documents wherever it stands
SPLITS = ("files", "blank", "lines")


class TextProblem(ValueError):
    """Texts that cannot be used; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Written:
    """A text and where it comes from: a path below the folder, with a number or not."""

    name: str
    text: str


def find_texts(path: Path) -> tuple[list[Path], Counter[str]]:
    """The text files of a folder, in order, and how many others there are by ending.

    A single file is taken whatever it is called. Hidden files and folders are not.
    Raises TextProblem where there is nothing to read.
    """
    if path.is_file():
        return [path], Counter()
    if not path.is_dir():
        raise TextProblem(f"there is no file or folder {path}; look for a slip in it")
    found, others = [], Counter()
    for one in sorted(path.rglob("*"), key=lambda one: one.relative_to(path).parts):
        hidden = any(part.startswith(".") for part in one.relative_to(path).parts)
        if hidden or not one.is_file():
            continue
        if one.suffix.lower() in ENDINGS:
            found.append(one)
        else:
            others[one.suffix.lower() or "no ending"] += 1
    if not found:
        there = f"{others.total()} other files" if others else "no file at all"
        raise TextProblem(
            f"{path} holds no file that ends in {' or '.join(ENDINGS)}, but {there}; "
            "save your texts as plain text in UTF-8"
        )
    return found, others


def read_exactly(path: Path) -> str:
    """The text of a file. Raises TextProblem, naming the byte, where it is none."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TextProblem(f"{path} cannot be read: {error.strerror}") from None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise TextProblem(
            f"{path} is UTF-16 (byte 0 is 0x{raw[0]:02x}); save it as UTF-8 in an "
            "editor"
        )
    if b"\0" in raw:
        raise TextProblem(
            f"{path} is no text but binary: byte {raw.index(0)} is 0x00; leave it out"
        )
    try:
        return read_text(path)
    except ValueError as error:
        raise TextProblem(str(error)) from None


def read_folder(
    path: str | Path, skip: bool = False
) -> tuple[list[Written], list[str], str]:
    """All texts of a folder, or of one file; what was left out; a SHA-256 of the rest.

    skip: leave out files that are no text in UTF-8. Without it, or when no file is
    left, raises TextProblem that tells each of them with the byte.
    """
    path = Path(path)
    paths, others = find_texts(path)
    texts, faults, digest = [], [], hashlib.sha256()
    for one in paths:
        try:
            text = read_exactly(one)
        except TextProblem as fault:
            faults.append(str(fault))
            continue
        name = one.relative_to(path).as_posix() if one != path else one.name
        texts.append(Written(name, text))
        for part in (name, text):
            digest.update(hashlib.sha256(part.encode()).digest())
    if faults and not (skip and texts):
        more = f"\n  and {len(faults) - 5} more" if len(faults) > 5 else ""
        listed = "".join(f"\n  {fault}" for fault in faults[:5]) + more
        cure = "" if skip else "\nMend them, or leave them out with --skip-unreadable"
        what = f"{len(faults)} of {len(paths)} files cannot be used"
        raise TextProblem(f"{what}:{listed}{cure}")
    listed = ", ".join(f"{kind} ({n})" for kind, n in sorted(others.items()))
    left = [f"files that end otherwise: {listed}"] if others else []
    return texts, faults + left, digest.hexdigest()


def cut_documents(
    texts: Sequence[Written], way: str, clean: Callable[[str], str]
) -> list[Written]:
    """Documents of cleaned texts; those that are empty then are not among them.

    way: "files" (each is one), "blank" (empty lines divide them) or "lines".
    <|endoftext|> divides in any case.
    """
    if way not in SPLITS:
        raise ValueError(f"the way is {way!r}; expected one of {SPLITS}")
    apart = {"files": None, "blank": r"\n[ \t]*\n", "lines": r"\n"}[way]
    found = []
    for one in texts:
        pieces = [clean(piece) for piece in one.text.split(BREAK)]
        if apart:
            pieces = [part for piece in pieces for part in re.split(apart, piece)]
        pieces = [piece for piece in map(str.strip, pieces) if piece]
        numbered = len(pieces) > 1
        found += [
            Written(f"{one.name}#{i}" if numbered else one.name, piece)
            for i, piece in enumerate(pieces, 1)
        ]
    return found


def split_documents(
    documents: Sequence[Written], most: int = 500_000
) -> tuple[list[Written], list[Written]]:
    """Training and validation documents: every tenth is for validation.

    Of a large text it is a smaller share, about `most` characters in all. Where the
    documents are fewer, or these are very short ones, the last part of each is for
    validation instead, from a line's or a word's beginning.
    """
    whole = sum(len(one.text) for one in documents)
    every = max(10, -(-whole // most))
    valid = list(documents[every - 1 :: every])
    if sum(len(one.text) for one in valid) >= whole / every / 5:
        train = [one for i, one in enumerate(documents) if (i + 1) % every]
        return train, valid
    train, valid = [], []
    for one in documents:
        at = len(one.text) - len(one.text) // every
        ends = [one.text.find(mark, at, at + 200) for mark in ("\n", " ")]
        at = next((end for end in ends if end >= 0), at)
        train.append(Written(one.name, one.text[:at].rstrip()))
        if rest := one.text[at:].strip():
            valid.append(Written(f"{one.name}, its end", rest))
    return train, valid
