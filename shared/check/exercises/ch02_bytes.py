"""Exercise of chapter 02 on bytes, 02.5: text while it streams."""

import codecs
from collections.abc import Sequence

from shared.check.asking import exercise


def decode_all(pieces: Sequence[bytes], errors: str) -> list[str]:
    """Each piece decoded by itself."""
    return [piece.decode("utf-8", errors) for piece in pieces]


def text_so_far(pieces: Sequence[bytes]) -> list[str]:
    """The mistake of showing everything again with each token."""
    shown = stream(pieces)
    return ["".join(shown[: i + 1]) for i in range(len(shown))]


def waiting(
    pieces: Sequence[bytes], forget: bool = True, silent: bool = True
) -> list[str]:
    """The mistakes of a buffer: whole tokens held back, or never emptied."""
    shown, held = [], b""
    for piece in pieces:
        held += piece
        try:
            shown.append(held.decode())
            held = b"" if forget else held
        except UnicodeDecodeError:
            shown += [""] * silent
    return shown


@exercise(
    "02.5",
    "Text while it streams",
    inputs=[
        ([b"The", b" fox", b"."],),
        ([b"A \xf0\x9f", b"\xa6", b"\x8a", b"!"],),
        ([b"Zo\xc3", b"\xab's caf\xc3", b"\xa9"],),
        ([b"\xe2", b"\x82\xac3", b".50", b" \xf0\x9f\xa6\x8a"],),
    ],
    mistakes={
        "every token decoded by itself": (
            lambda pieces: decode_all(pieces, "replace"),
            "Half a character is no text yet: keep its bytes until the rest comes.",
        ),
        "half characters that cannot be decoded": (
            lambda pieces: decode_all(pieces, "strict"),
            "Half a character is no text yet: keep its bytes until the rest comes.",
        ),
        "half characters thrown away": (
            lambda pieces: decode_all(pieces, "ignore"),
            "Bytes that are no whole character yet must wait, not disappear.",
        ),
        "the whole text shown each time": (
            text_so_far,
            "Show only what is new with this token.",
        ),
        "a buffer that is never emptied": (
            lambda pieces: waiting(pieces, forget=False),
            "What was shown must leave the buffer: keep only the bytes that wait.",
        ),
        "whole tokens held back": (
            waiting,
            "Show the characters before the half one at once: decode as much as works.",
        ),
        "no text for a token that shows nothing": (
            lambda pieces: [text for text in stream(pieces) if text],
            "One text per token: an empty one where nothing became whole.",
        ),
        "whole tokens held back, and no empty texts": (
            lambda pieces: waiting(pieces, silent=False),
            "One text per token, an empty one where nothing is whole; and show the "
            "characters before a half one at once.",
        ),
        "one text, half characters thrown away": (
            lambda pieces: "".join(decode_all(pieces, "ignore")),
            "Return a list with one text per token; half characters must wait.",
        ),
        "one text for all tokens": (
            lambda pieces: b"".join(pieces).decode(),
            "Return a list with one text per token.",
        ),
        "a list of characters": (
            lambda pieces: list(b"".join(pieces).decode()),
            "Return one text per token, not one per character.",
        ),
        "every byte taken for a character": (
            lambda pieces: [piece.decode("latin-1") for piece in pieces],
            "The bytes are UTF-8: a character may take up to four of them.",
        ),
        "everything held back until the end": (
            lambda pieces: [""] * (len(pieces) - 1) + [b"".join(pieces).decode()],
            "Show each character as soon as its last byte is there.",
        ),
    },
)
def stream(pieces: Sequence[bytes]) -> list[str]:
    """What to show after each token: the characters that have become whole."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    return [decoder.decode(piece) for piece in pieces]
