"""Exercises of chapter 02, Text into tokens."""

import codecs
import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import regex

from shared.check.asking import exercise
from shared.tokenizer.merges import GPT2_PATTERN, count_pairs, merge_pair, split_words

Merges = list[tuple[str, str]]


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


FIVE: Merges = [("l", "l"), ("e", "ll"), ("b", "ell"), ("a", "ll"), ("t", "all")]
HERE: Merges = [("h", "e"), ("T", "h"), ("Th", "e"), ("r", "e"), ("he", "re")]


def longest_first(word: str, merges: Merges) -> list[str]:
    """The mistake of taking the longest token that fits."""
    tokens = {left + right for left, right in merges} | set(word)
    pieces = []
    while word:
        pieces.append(max((t for t in tokens if word.startswith(t)), key=len))
        word = word[len(pieces[-1]) :]
    return pieces


def leftmost(word: str, merges: Merges) -> list[str]:
    """The mistake of merging the first pair from the left that was ever learned."""
    pieces = list(word)
    while at := [i for i, pair in enumerate(pairwise(pieces)) if pair in merges]:
        pieces[at[0] : at[0] + 2] = ["".join(pieces[at[0] : at[0] + 2])]
    return pieces


def first_place(word: str, merges: Merges) -> list[str]:
    """The mistake of merging each pair in one place only."""
    pieces = list(word)
    for pair in merges:
        if pair in list(pairwise(pieces)):
            at = list(pairwise(pieces)).index(pair)
            pieces[at : at + 2] = ["".join(pair)]
    return pieces


def until_one_fails(word: str, merges: Merges) -> list[str]:
    """The mistake of stopping at the first merge that finds nothing."""
    pieces = list(word)
    for pair in merges:
        if pair not in list(pairwise(pieces)):
            break
        pieces = merge_pair(pieces, pair, "".join(pair))
    return pieces


def join_badly(
    word: str, merges: Merges, step: int = 2, last: bool = True
) -> list[str]:
    """The mistake of a loop that goes on wrongly, or stops too early."""
    pieces = list(word)
    for pair in merges:
        row, i = [], 0
        while i < len(pieces) - (not last):
            if tuple(pieces[i : i + 2]) == pair:
                row.append("".join(pair))
                i += step
            else:
                row.append(pieces[i])
                i += 1
        pieces = row
    return pieces


def shrinking(word: str, merges: Merges) -> list[str]:
    """The mistake of a list that grows shorter under a loop over its old length."""
    pieces = list(word)
    for left, right in merges:
        for i in range(len(pieces) - 1):
            if pieces[i] == left and pieces[i + 1] == right:
                pieces[i : i + 2] = [left + right]
    return pieces


def from_the_right(word: str, merges: Merges) -> list[str]:
    """The mistake of joining a pair from right to left."""
    pieces = list(word)
    for pair in merges:
        for i in range(len(pieces) - 2, -1, -1):
            if tuple(pieces[i : i + 2]) == pair:
                pieces[i : i + 2] = ["".join(pair)]
    return pieces


@exercise(
    "02.4",
    "Replay the merges",
    inputs=[
        ("ball", FIVE),
        ("bells", FIVE),
        ("There", HERE),
        ("aaa", [("a", "a")]),
        ("banana", [("a", "n"), ("an", "a"), ("b", "an")]),
        ("abc", [("b", "c"), ("a", "b"), ("a", "bc")]),
        ("", FIVE),
        ("here", [("r", "e"), ("e", "r"), ("h", "e"), ("he", "re")]),
    ],
    mistakes={
        "the longest token first": (
            longest_first,
            "Do not look for long tokens: go through the merges, in their order.",
        ),
        "the first pair from the left": (
            leftmost,
            "The loop goes over the merges, not over the places in the word.",
        ),
        "the latest merge first": (
            lambda word, merges: replay(word, merges[::-1]),
            "The merges come in the order in which they were learned: begin at 0.",
        ),
        "each merge in one place only": (
            first_place,
            "A merge joins the pair wherever it stands: go on to the word's end.",
        ),
        "the last piece lost, and halves copied again": (
            lambda word, merges: join_badly(word, merges, step=1, last=False),
            "Copy the last piece, too, and go on by two places after a join.",
        ),
        "the last piece lost": (
            lambda word, merges: join_badly(word, merges, last=False),
            "The loop ends one place too early: the last piece must be copied, too.",
        ),
        "the second half of a pair copied again": (
            lambda word, merges: join_badly(word, merges, step=1),
            "After a join go on by two places: its second half is used up.",
        ),
        "joining from right to left": (
            from_the_right,
            "Of three equal letters the first two are joined: go from left to right.",
        ),
        "a list that shrinks under the loop": (
            shrinking,
            "range has fixed the old length: use while, or let a new list grow.",
        ),
        "the whole word as one piece": (
            lambda word, merges: [word],
            "Begin with list(word), the letters, and join only what a merge names.",
        ),
        "one text in place of pieces": (
            lambda word, merges: word,
            "Return the list of pieces; nothing is put together at the end.",
        ),
        "a text with spaces between the pieces": (
            lambda word, merges: " ".join(replay(word, merges)),
            "Return a list of pieces, not a text: .split() would make one.",
        ),
        "stopping at the first merge that finds nothing": (
            until_one_fails,
            "A merge that finds nothing is skipped: go on with the next one.",
        ),
    },
)
def replay(word: str, merges: Merges) -> list[str]:
    """The pieces of a word after all merges, in the order learned."""
    pieces = list(word)
    for pair in merges:
        pieces = merge_pair(pieces, pair, "".join(pair))
    return pieces


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


Words = dict[str, int]


def learning(
    counts: Words,
    how_many: int,
    count: Callable[[list], Counter] = count_pairs,
    choose: Callable[[Counter], tuple] | None = None,
) -> Merges:
    """The training loop, with its two decisions open to a mistake."""
    words = [(list(word), n) for word, n in counts.items()]
    merges: Merges = []
    while len(merges) < how_many and (found := count(words)):
        pair = (choose or first_of_the_best)(found)
        words = [(merge_pair(row, pair, "".join(pair)), n) for row, n in words]
        merges.append(pair)
    return merges


def first_of_the_best(found: Counter) -> tuple:
    """The pair with the highest count; among equals the first in the alphabet."""
    return min(found, key=lambda pair: (-found[pair], pair))


def count_on() -> Callable[[list], Counter]:
    """The mistake of a counter that is not made anew."""
    found: Counter = Counter()

    def count(words: list) -> Counter:
        found.update(count_pairs(words))
        return found

    return count


def never_empty(counts: Words, how_many: int) -> Merges:
    """The mistake of choosing among no pairs at all."""
    learned = learning(counts, how_many)
    return [*learned, min([])] if len(learned) < how_many else learned


def in_one_place(counts: Words, how_many: int) -> Merges:
    """The mistake of joining a pair only once in each word."""
    words = [(list(word), n) for word, n in counts.items()]
    merges: Merges = []
    while len(merges) < how_many and (found := count_pairs(words)):
        merges.append(first_of_the_best(found))
        words = [(first_place_of(row, merges[-1]), n) for row, n in words]
    return merges


def first_place_of(row: list[str], pair: tuple[str, str]) -> list[str]:
    """A word's pieces, with the pair joined where it stands first."""
    found = list(pairwise(row))
    i = found.index(pair) if pair in found else len(row)
    return [*row[:i], *(["".join(pair)] if i < len(row) else []), *row[i + 2 :]]


def count_once(words: list) -> Counter:
    """The mistake of counting a pair once in each word that holds it."""
    found: Counter = Counter()
    for row, n in words:
        for pair in set(pairwise(row)):
            found[pair] += n
    return found


@exercise(
    "02.6",
    "Learn the merges",
    inputs=[
        ({"bell": 5, "bells": 2, "tell": 3, "tall": 4, "wall": 1}, 5),
        ({"banana": 2, "cab": 3, "bad": 2}, 4),
        ({"cd": 1, "ab": 1}, 5),
        ({"moon": 1, "noon": 9, "on": 2}, 3),
        ({"so": 4}, 0),
        ({"anan": 5}, 3),
        ({"dc": 2, "ab": 2, "xyz": 1}, 3),
    ],
    mistakes={
        "every word counted once": (
            lambda counts, how_many: learning(dict.fromkeys(counts, 1), how_many),
            "A word that occurs five times brings its pairs five times.",
        ),
        "a pair counted once in a word": (
            lambda counts, how_many: learning(counts, how_many, count_once),
            "banana holds the pair a n twice: count both.",
        ),
        "pairs counted only at the start": (
            lambda counts, how_many: sorted(
                found := count_pairs([(list(w), n) for w, n in counts.items()]),
                key=lambda pair: (-found[pair], pair),
            )[:how_many],
            "Each merge changes the pairs: count anew before the next one.",
        ),
        "pairs counted at the start, equals as met": (
            lambda counts, how_many: [
                pair
                for pair, _ in count_pairs(
                    [(list(w), n) for w, n in counts.items()]
                ).most_common(how_many)
            ],
            "Each merge changes the pairs: count anew before the next one.",
        ),
        "the last of equals": (
            lambda counts, how_many: learning(
                counts, how_many, choose=lambda c: max(c, key=lambda p: (c[p], p))
            ),
            "Among pairs with the same count take the first in the alphabet.",
        ),
        "the rarest pair": (
            lambda counts, how_many: learning(
                counts, how_many, choose=lambda c: min(c, key=lambda p: (c[p], p))
            ),
            "Take the pair with the highest count.",
        ),
        "one merge too many": (
            lambda counts, how_many: learning(counts, how_many + 1),
            "how_many merges, and no more: look at your loop's end.",
        ),
        "merges without end": (
            lambda counts, how_many: learning(counts, 99),
            "Stop after how_many merges.",
        ),
        "nothing joined": (
            lambda counts, how_many: [
                pair for pair in learning(counts, 1) for _ in range(how_many)
            ],
            "Put the joined words in the place of the old ones before you count anew.",
        ),
        "one merge too few": (
            lambda counts, how_many: learning(counts, how_many - 1),
            "how_many merges are wanted: look at your loop's end.",
        ),
        "the first met of equals": (
            lambda counts, how_many: learning(
                counts, how_many, choose=lambda found: max(found, key=found.get)
            ),
            "Among equals the first in the alphabet wins, not the one met first.",
        ),
        "the longest of equals": (
            lambda counts, how_many: learning(
                counts,
                how_many,
                choose=lambda c: min(c, key=lambda p: (-c[p], -len("".join(p)), p)),
            ),
            "Among equals take the first in the alphabet, however long it is.",
        ),
        "counts that pile up": (
            lambda counts, how_many: learning(counts, how_many, count_on()),
            "Make the Counter anew in every round: old pairs are gone.",
        ),
        "choosing when no pair is left": (
            never_empty,
            "Stop when the counter is empty: there is nothing to choose from.",
        ),
        "a pair joined only once in a word": (
            in_one_place,
            "Join the pair in every place of the word, not in the first alone.",
        ),
        "pairs with their counts": (
            lambda counts, how_many: [(pair, 1) for pair in learning(counts, how_many)],
            "Return the pairs alone: take the pair out of (pair, count).",
        ),
        "the new tokens in place of the pairs": (
            lambda counts, how_many: ["".join(p) for p in learning(counts, how_many)],
            "Return the pairs, such as (l, l), not the tokens that they make.",
        ),
    },
)
def learn(counts: Words, how_many: int) -> Merges:
    """The merges of a small text: pairs of pieces, in the order learned."""
    return learning(counts, how_many)


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
