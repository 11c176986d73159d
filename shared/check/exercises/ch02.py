"""Exercises of chapter 02, Text into tokens."""

import codecs
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import regex

from shared.check.asking import exercise
from shared.tokenizer.merges import GPT2_PATTERN, split_words

Windows = list[tuple[list[int], list[int]]]


def same_in(form: str, a: str, b: str) -> bool:
    """Whether two texts are equal in a normal form of Unicode."""
    return unicodedata.normalize(form, a) == unicodedata.normalize(form, b)


def without_accents(text: str) -> str:
    """Letters alone: everything that combines with a letter is dropped."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(c for c in apart if not unicodedata.combining(c))


@exercise(
    "02.1",
    "The same to a reader",
    inputs=[
        ("Zoe\u0308", "Zo\u00eb"),
        ("fish", "fish"),
        ("cafe", "caf\u00e9"),
        ("10\u00b2", "102"),
        ("\ufb01sh", "fish"),
        ("E\u0301tienne", "\u00e9tienne"),
    ],
    mistakes={
        "comparing the characters as they are": (
            lambda a, b: a == b,
            "Bring both texts to one normal form first: unicodedata.normalize.",
        ),
        "NFKC in place of NFC": (
            lambda a, b: same_in("NFKC", a, b),
            "NFKC makes 10 squared equal to 102; NFC and NFD keep what a reader sees.",
        ),
        "small and capital letters taken for the same": (
            lambda a, b: same_in("NFC", a.casefold(), b.casefold()),
            "A reader sees the difference between E and e: do not change the case.",
        ),
        "the accents dropped": (
            lambda a, b: without_accents(a) == without_accents(b),
            "cafe and café are different words: normalize, and drop nothing.",
        ),
    },
)
def looks_same(a: str, b: str) -> bool:
    """Whether two texts differ at most in how Unicode spells their letters."""
    return same_in("NFC", a, b)


class HalfWords:
    """A tokenizer for the trials: every two characters of a text are one token."""

    def encode(self, text: str) -> list[int]:
        """One id per two characters."""
        return [ord(c) for c in text[::2]]


@exercise(
    "02.2",
    "Tokens per word",
    inputs=lambda: [
        (HalfWords(), "Mara had a bell."),
        (HalfWords(), "One, two; three!"),
        (HalfWords(), "Tom's  kite flew\n"),
    ],
    mistakes={
        "words per token": (
            lambda tok, text: len(split_words(text)) / len(tok.encode(text)),
            "It is upside down: divide the tokens by the words.",
        ),
        "tokens per character": (
            lambda tok, text: len(tok.encode(text)) / len(text),
            "len(text) counts characters; count the words that split_words cuts.",
        ),
        "words cut at white space": (
            lambda tok, text: len(tok.encode(text)) / len(text.split()),
            "text.split() leaves punctuation on its word: use split_words.",
        ),
    },
)
def fertility(tok: Any, text: str) -> float:
    """Tokens per word of a text."""
    return len(tok.encode(text)) / len(split_words(text))


def find_with(old: str, new: str) -> Callable[[str], list[str]]:
    """GPT-2's split with one part of its pattern replaced."""
    return lambda text: regex.findall(GPT2_PATTERN.replace(old, new), text)


@exercise(
    "02.3",
    "One digit at a time",
    inputs=[
        ("Tom had 42 plums.",),
        ("in 1994 and 2016",),
        ("3.14159",),
        ("x2y33 don't",),
    ],
    mistakes={
        "numbers left whole": (
            split_words,
            "This is GPT-2's own split. Which part of its pattern takes digits?",
        ),
        "the space before a number on its own": (
            find_with(r" ?\p{N}+", r"\p{N}"),
            'A word keeps the space before it: " 4" and "2". Leave the " ?" in place.',
        ),
        "letters cut apart as well": (
            find_with(r"+", r""),
            "Only the part for digits (\\p{N}) may change.",
        ),
        "digits lost": (
            find_with(r"| ?\p{N}+", ""),
            "Joining the pieces must give the text again; here the digits are missing.",
        ),
        "everything but the digits lost": (
            lambda text: regex.findall(r" ?\p{N}", text),
            "Joining the pieces must give the text again: change one part of the "
            "pattern and keep the others.",
        ),
    },
)
def split_digits(text: str) -> list[str]:
    """GPT-2's words, but with every digit on its own."""
    return regex.findall(GPT2_PATTERN.replace(r" ?\p{N}+", r" ?\p{N}"), text)


def cut(ids: list[int], length: int, short: int = 0, shift: int = 1) -> Windows:
    """Windows of one row and their targets; `short` leaves out that many at the end."""
    starts = range(0, len(ids) - length - short, length)
    return [(ids[s : s + length], ids[s + shift : s + length + shift]) for s in starts]


def each(documents: Sequence[list[int]], *arguments: int) -> Windows:
    """`cut` for every document by itself."""
    return [pair for ids in documents for pair in cut(ids, *arguments)]


def ragged(documents: Sequence[list[int]], length: int) -> Windows:
    """The mistake of keeping what is left at a document's end."""
    return [
        (ids[s : s + length][: len(ids) - s - 1], ids[s + 1 : s + length + 1])
        for ids in documents
        for s in range(0, len(ids) - 1, length)
    ]


@exercise(
    "02.4",
    "Windows that stay in their document",
    inputs=[
        ([[1, 2, 3, 4, 5, 6, 7], [11, 12, 13, 14], [21, 22]], 3),
        ([[1, 2, 3, 4, 5], [11, 12, 13, 14, 15]], 2),
        ([[5, 6, 7], [8, 9, 10, 11, 12, 13]], 4),
    ],
    mistakes={
        "targets equal to the inputs": (
            lambda documents, length: each(documents, length, 0, 0),
            "A target is the token after its input: start the targets one later.",
        ),
        "targets shifted the wrong way": (
            lambda documents, length: [(y, x) for x, y in each(documents, length)],
            "The inputs come first, and the targets begin one token later.",
        ),
        "windows that reach over the end of a document": (
            lambda documents, length: cut(sum(documents, []), length),
            "Cut every document by itself, and do not join them first.",
        ),
        "the last full window forgotten": (
            lambda documents, length: each(documents, length, 1),
            "A document of length + 1 tokens holds one window: look at your range.",
        ),
        "windows that are too short kept": (
            ragged,
            "Leave out what is left when fewer than length + 1 tokens remain.",
        ),
    },
)
def document_windows(documents: Sequence[list[int]], length: int) -> Windows:
    """Inputs and targets of `length` tokens, none over the end of a document."""
    return each(documents, length)


def decode_all(pieces: Sequence[bytes], errors: str) -> list[str]:
    """Each piece decoded by itself."""
    return [piece.decode("utf-8", errors) for piece in pieces]


def text_so_far(pieces: Sequence[bytes]) -> list[str]:
    """The mistake of showing everything again with each token."""
    shown = stream(pieces)
    return ["".join(shown[: i + 1]) for i in range(len(shown))]


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
        "half characters thrown away": (
            lambda pieces: decode_all(pieces, "ignore"),
            "Bytes that are no whole character yet must wait, not disappear.",
        ),
        "the whole text shown each time": (
            text_so_far,
            "Show only what is new with this token.",
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
