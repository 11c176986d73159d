"""Exercises of chapter 02 on text: 02.1 to 02.3, and 02.7."""

import re
import statistics
import unicodedata
from collections.abc import Callable
from typing import Any

import regex

from shared.check.asking import exercise
from shared.check.exercises import ch02_bytes, ch02_merges  # noqa: F401 (02.4 to 02.6)
from shared.tokenizer.merges import GPT2_PATTERN, split_words


def same_in(form: str, a: str, b: str) -> bool:
    """Whether two texts are equal in a normal form of Unicode."""
    return unicodedata.normalize(form, a) == unicodedata.normalize(form, b)


def same_form(text: str) -> str:
    """A text with its letters in one spelling, as NFC has them."""
    return unicodedata.normalize("NFC", text)


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
        ("e\u0301e", "ee\u0301"),
        ("a\u0323\u0307", "a\u0307\u0323"),
        ("Stra\u00dfe", "Strasse"),
        ("a  bell", "a bell"),
        ("\u212bland", "\u00c5land"),
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
        "the characters compared without their order": (
            lambda a, b: sorted(same_form(a)) == sorted(same_form(b)),
            "An accent belongs to the letter before it: compare the texts in order.",
        ),
        "small and capital letters taken for the same": (
            lambda a, b: same_in("NFC", a.casefold(), b.casefold()),
            "A reader sees the difference between E and e: do not change the case.",
        ),
        "capitals made small": (
            lambda a, b: same_form(a).lower() == same_form(b).lower(),
            "A reader sees the difference between E and e: do not change the case.",
        ),
        "the answer turned round": (
            lambda a, b: not same_in("NFC", a, b),
            "True means that the texts look the same: use ==, not !=.",
        ),
        "one text normalised, the other not": (
            lambda a, b: unicodedata.normalize("NFC", a) == b,
            "Bring both texts to the same form before you compare them.",
        ),
        "lengths compared, not texts": (
            lambda a, b: len(same_form(a)) == len(same_form(b)),
            "Two texts of one length may differ: compare the texts with ==.",
        ),
        "white space made equal": (
            lambda a, b: same_form(a).split() == same_form(b).split(),
            "A reader sees the second space: change the spelling of letters only.",
        ),
        "everything outside of English dropped": (
            lambda a, b: a.encode("ascii", "ignore") == b.encode("ascii", "ignore"),
            "Drop nothing: cafe and café are different words.",
        ),
        "related letters and accents taken for the same": (
            lambda a, b: (
                unicodedata.normalize("NFKD", a).encode("ascii", "ignore")
                == unicodedata.normalize("NFKD", b).encode("ascii", "ignore")
            ),
            "cafe and café are different words: use NFC, and drop nothing.",
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
    """A tokenizer for the trials: every two characters of a word are one token."""

    def encode(self, text: str) -> list[int]:
        """One id per two characters of each word; none reaches over its end."""
        return [ord(c) for word in split_words(text) for c in word[::2]]


@exercise(
    "02.2",
    "Tokens per word",
    inputs=lambda: [
        (HalfWords(), "Mara had a bell."),
        (HalfWords(), "One, two, two, three!"),
        (HalfWords(), "Tom's  kite flew\n"),
        (HalfWords(), "everywhere"),
        (HalfWords(), "Well - no!"),
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
        "divided without a remainder": (
            lambda tok, text: len(tok.encode(text)) // len(split_words(text)),
            "// throws the remainder away: divide with /.",
        ),
        "each different word counted once": (
            lambda tok, text: len(tok.encode(text)) / len(set(split_words(text))),
            "A word that comes twice counts twice.",
        ),
        "the mean over different words": (
            lambda tok, text: statistics.mean(
                len(tok.encode(word)) for word in sorted(set(split_words(text)))
            ),
            "A word that comes twice counts twice, with its tokens.",
        ),
        "different tokens counted once": (
            lambda tok, text: len(set(tok.encode(text))) / len(split_words(text)),
            "A token that comes twice costs twice: count all ids.",
        ),
        "rounded": (
            lambda tok, text: round(len(tok.encode(text)) / len(split_words(text))),
            "Return the quotient as it is, without rounding.",
        ),
        "the difference": (
            lambda tok, text: len(tok.encode(text)) - len(split_words(text)),
            "Divide: so many tokens per word.",
        ),
        "the most on one word": (
            lambda tok, text: max(len(tok.encode(word)) for word in split_words(text)),
            "On average: all tokens divided by all words.",
        ),
        "the median": (
            lambda tok, text: statistics.median(
                len(tok.encode(word)) for word in split_words(text)
            ),
            "On average means the mean here: all tokens divided by all words.",
        ),
        "words without punctuation": (
            lambda tok, text: len(tok.encode(text)) / len(re.findall(r"\w+", text)),
            "Punctuation is a word of its own here: use split_words.",
        ),
        "characters per word": (
            lambda tok, text: len(text) / len(split_words(text)),
            "Count what tok.encode(text) returns, not the characters.",
        ),
        "a number for each word": (
            lambda tok, text: [len(tok.encode(word)) for word in split_words(text)],
            "One number is wanted, the mean over all words.",
        ),
        "the ids added up": (
            lambda tok, text: sum(tok.encode(text)) / len(split_words(text)),
            "len counts the ids; sum adds their values, which mean nothing.",
        ),
        "spaces counted in place of words": (
            lambda tok, text: len(tok.encode(text)) / (text.count(" ") + 1),
            "Punctuation is a word of its own: use split_words.",
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
        "a space before every digit": (
            find_with(r" ?\p{N}+", r" \p{N}"),
            "The space may be missing: leave the ? behind it.",
        ),
        "any number of digits, even none": (
            find_with(r" ?\p{N}+", r" ?\p{N}*"),
            "* takes as many as there are: take one digit, without + or *.",
        ),
        "digits by threes": (
            find_with(r" ?\p{N}+", r" ?\p{N}{1,3}"),
            "Every digit is a piece of its own: take one.",
        ),
        "the space before a number lost": (
            lambda text: [
                part
                for piece in split_words(text)
                for part in (piece.strip() if piece.strip().isdigit() else [piece])
            ],
            "Joining the pieces must give the text again: the space stays in front.",
        ),
        "spaces put between the digits": (
            lambda text: split_words(re.sub(r"(\d)", r"\1 ", text)),
            "Do not change the text: cut it with another pattern.",
        ),
        "every character on its own": (
            list,
            "Only digits stand alone; the other words stay as split_words cuts them.",
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


def squeezed(text: str) -> str:
    """A text with one space wherever there is white space."""
    return " ".join(text.split())


def choosing(pages: list[str], least: int, key: Callable = squeezed) -> list[str]:
    """The first page of each kind, if it has `least` words."""
    first: dict[str, str] = {}
    for page in pages:
        first.setdefault(key(page), page)
    return [page for page in first.values() if len(page.split()) >= least]


@exercise(
    "02.7",
    "Choose the pages",
    inputs=[
        (["Tom saw  a boat.", "Rain.", "Tom saw a boat.", "Ada has a bell."], 3),
        (["b c", "a b", "b c", "b"], 2),
        (["One two\tthree", "one two three", "One two three"], 3),
        ([], 1),
        (["x", "y\n", "y"], 1),
        (["now here it is", "nowhere it is", "it is now here"], 3),
        (["a   bell rings", "a  bell"], 3),
    ],
    mistakes={
        "copies that differ in white space kept": (
            lambda pages, least: choosing(pages, least, str),
            "Compare the pages with their white space made equal.",
        ),
        "every copy kept": (
            lambda pages, least: [p for p in pages if len(p.split()) >= least],
            "Of pages that differ in white space at most, keep only the first.",
        ),
        "the last copy in the place of the first": (
            lambda pages, least: [
                page
                for page in {squeezed(page): page for page in pages}.values()
                if len(page.split()) >= least
            ],
            "A dictionary keeps the last value of a key: ask first if it is there.",
        ),
        "the last copy kept": (
            lambda pages, least: choosing(pages[::-1], least)[::-1],
            "Keep the page that comes first, and drop the later ones.",
        ),
        "a page of exactly `least` words dropped": (
            lambda pages, least: choosing(pages, least + 1),
            "A page with `least` words is long enough: use >=.",
        ),
        "characters counted in place of words": (
            lambda pages, least: [
                page for page in choosing(pages, 0) if len(page) >= least
            ],
            "`least` is a number of words: len(page.split()).",
        ),
        "white space taken away altogether": (
            lambda pages, least: choosing(pages, least, lambda p: "".join(p.split())),
            "now here is not nowhere: put one space where there is white space.",
        ),
        "the order of the words ignored": (
            lambda pages, least: choosing(
                pages, least, lambda p: tuple(sorted(set(p.split())))
            ),
            "Tom saw Ada is not Ada saw Tom: compare the words in their order.",
        ),
        "capital letters ignored": (
            lambda pages, least: choosing(pages, least, lambda p: squeezed(p.lower())),
            "Only white space makes no difference: do not change the letters.",
        ),
        "white space at the ends only": (
            lambda pages, least: choosing(pages, least, str.strip),
            "strip() leaves the spaces inside of a page: join its words anew.",
        ),
        "double spaces only": (
            lambda pages, least: choosing(pages, least, lambda p: p.replace("  ", " ")),
            "Tabs, line ends and three spaces are white space, too: use split().",
        ),
        "words counted between single spaces": (
            lambda pages, least: [
                page for page in choosing(pages, 0) if len(page.split(" ")) >= least
            ],
            'split(" ") counts empty words between two spaces: use split().',
        ),
        "every copy dropped": (
            lambda pages, least: [
                page
                for page in pages
                if len(page.split()) >= least
                and sum(squeezed(page) == squeezed(other) for other in pages) == 1
            ],
            "Keep the first of several equal pages, and drop only the later ones.",
        ),
        "the pages sorted": (
            lambda pages, least: sorted(choosing(pages, least)),
            "Keep the order in which the pages came.",
        ),
        "short pages kept": (
            lambda pages, least: choosing(pages, 0),
            "Leave out the pages with fewer than `least` words, too.",
        ),
        "the kept pages changed": (
            lambda pages, least: [squeezed(page) for page in choosing(pages, least)],
            "Return the pages as they came: make only the comparison regular.",
        ),
    },
)
def choose(pages: list[str], least: int) -> list[str]:
    """Pages with `least` words or more, the first of equal ones, in their order."""
    return choosing(pages, least)
