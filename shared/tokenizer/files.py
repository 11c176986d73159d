"""Tokenizer files: our readable JSON, and GPT-2's vocab.bpe with encoder.json.

Merges are written as in GPT-2's files: two tokens in visible characters, so that "Ġ t"
joins a space and a t. Everything else follows from the merges and their order.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from shared.tokenizer.guards import number_special
from shared.tokenizer.merges import BYTE_CHAR, BYTES, Pair, build_vocab, show_bytes
from shared.whole_files import write_whole


def checksum(content: dict) -> str:
    """SHA-256 of everything in a tokenizer file but the checksum itself."""
    rest = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def write_tokenizer(
    path: str | Path, merges: Sequence[Pair], special_tokens: Iterable[str]
) -> None:
    """Write a readable JSON file: merges as in GPT-2's vocab.bpe, and a checksum."""
    shown = {i: show_bytes(token) for i, token in build_vocab(merges).items()}
    content = {
        "format": "block-by-block tokenizer",
        "version": 1,
        "special_tokens": list(special_tokens),
        "merges": [f"{shown[left]} {shown[right]}" for left, right in merges],
    }
    content["sha256"] = checksum(content)
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


class Stored:
    """The part of a tokenizer that goes to a file and comes back.

    merges and special_tokens, in their order, are the whole of a tokenizer: everything
    else is made from them again.
    """

    merges: list[Pair]
    special_tokens: dict[str, int]

    def __init__(self, merges: list[Pair], special_tokens: Iterable[str] = ()) -> None:
        raise NotImplementedError

    def with_special_tokens(self, more: Iterable[str]) -> Self:
        """A copy with more special tokens at the end; old ids keep their meaning."""
        return type(self)(self.merges, [*self.special_tokens, *number_special(more, 0)])

    def save(self, path: str | Path) -> None:
        """Write a readable JSON file with a checksum."""
        write_tokenizer(path, self.merges, self.special_tokens)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file that save wrote. Raises ValueError if it is damaged."""
        return cls(*read_tokenizer(path))


def parse_merges(lines: Iterable[str]) -> list[Pair]:
    """Pairs of ids from merges written as in GPT-2's vocab.bpe, such as "Ġ t"."""
    id_of = {BYTE_CHAR[byte]: i for i, byte in enumerate(BYTES)}
    merges: list[Pair] = []
    for line in lines:
        left, _, right = line.partition(" ")
        if left not in id_of or right not in id_of or left + right in id_of:
            raise ValueError(
                f"merge {len(merges)} is {line!r}, which does not join two tokens made "
                "before it into a new one"
            )
        id_of[left + right] = 256 + len(merges)
        merges.append((id_of[left], id_of[right]))
    return merges


def read_tokenizer(path: str | Path) -> tuple[list[Pair], list[str]]:
    """Merges and special tokens from a file that write_tokenizer made.

    Raises ValueError, with the file's name and a cure, if it is damaged.
    """
    cure = "fetch the file again, or train the tokenizer and save it anew"
    try:
        content = json.loads(Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON ({error}); {cure}") from None
    keys = ("format", "version", "special_tokens", "merges", "sha256")
    missing = [
        key for key in keys if not isinstance(content, dict) or key not in content
    ]
    if missing:
        raise ValueError(
            f"{path} is no tokenizer file: {missing[0]!r} is missing; {cure}"
        )
    if (content["format"], content["version"]) != ("block-by-block tokenizer", 1):
        raise ValueError(
            f"{path} has format {content['format']!r}, version {content['version']!r}; "
            "this code reads 'block-by-block tokenizer', version 1"
        )
    if content["sha256"] != checksum(content):
        raise ValueError(
            f"{path} was changed or damaged: its checksum is {checksum(content)[:8]}, "
            f"not {str(content['sha256'])[:8]} as noted in it; {cure}"
        )
    return parse_merges(content["merges"]), content["special_tokens"]


def read_gpt2(folder: str | Path | None = None) -> tuple[list[Pair], list[str]]:
    """Merges and special tokens of GPT-2, from vocab.bpe checked with encoder.json.

    folder: where tiktoken keeps them under its cache names (TIKTOKEN_CACHE_DIR when
    None), or where they lie under their own. Raises FileNotFoundError without them.
    """
    site = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"
    folder = Path(folder or os.environ.get("TIKTOKEN_CACHE_DIR", "."))
    content = {}
    for name in ("vocab.bpe", "encoder.json"):
        cached = folder / hashlib.sha1((site + name).encode()).hexdigest()
        path = cached if cached.exists() else folder / name
        if not path.exists():
            raise FileNotFoundError(
                f"GPT-2's {name} is not in {folder}; with a network, "
                'tiktoken.get_encoding("gpt2") fetches it into TIKTOKEN_CACHE_DIR'
            )
        content[name] = path.read_text(encoding="utf-8")
    merges = parse_merges(content["vocab.bpe"].split("\n")[1:-1])
    ids = {show_bytes(token): i for i, token in build_vocab(merges).items()}
    if json.loads(content["encoder.json"]) != ids | {"<|endoftext|>": len(ids)}:
        raise ValueError(
            f"in {folder}, encoder.json does not fit vocab.bpe; delete and fetch both"
        )
    return merges, ["<|endoftext|>"]
