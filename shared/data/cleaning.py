"""Cleaning: what no reader of a text would miss goes away, the rest stays.

`clean_page` is the `clean` of chapter 02, made fit for real pages of HTML; `clean_text`
is the part of it that plain text needs, in which a line end means something.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable

#: Curly quotation marks made straight; marks that nobody sees; all kinds of line end.
ODD = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "\u00ad": None, "\u200b": None,
     "\ufeff": None, "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n",
     "\u2029": "\n"}
)  # fmt: skip
HIDDEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # control characters
SPACES = re.compile(r"[^\S\n\t ]")  # white space of other kinds than these
TAGS = re.compile(
    r"</?(?:a|body|br|div|h[1-6]|html|i|li|p|span|table|td|ul)\b[^>]*>", re.IGNORECASE
)


def clean_text(text: str) -> str:
    """Plain text without what nobody sees; lines, case and punctuation stay.

    Line ends become one kind, every odd space an ordinary one, and a letter with an
    accent one character (NFC). Spaces at a line's end go, and of several empty lines
    one stays.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(ODD)
    text = HIDDEN.sub("", SPACES.sub(" ", text))
    text = re.sub(r"(?<=\S) {2,}", " ", re.sub(r"[ \t]+(?=\n|\Z)", "", text))
    text = re.sub(r"\n{3,}", "\n\n", text)
    return unicodedata.normalize("NFC", text).strip()


def clean_page(text: str) -> str:
    """The text of a page of HTML: chapter 02's `clean`, with paragraphs and `&nbsp;`.

    Menu, footer, scripts and other markup go; an entity becomes its character.
    """
    text = " ".join(text.split())  # a line end means nothing in HTML
    apart = "nav|footer|script|style|head"
    text = re.sub(rf"(?i)<({apart})\b[^>]*>.*?</\1>|<!--.*?-->", "", text)
    text = re.sub(r"(?i) *<br ?/?> *", "\n", text)
    text = re.sub(r"(?i) *</(?:p|div|h[1-6]|li|tr|blockquote)> *", "\n\n", text)
    text = html.unescape(re.sub(r"<[^>]+>", "", text))  # "&lt;" gives "<" afterwards
    return clean_text(re.sub(r"\n +", "\n", text))


def count_tags(text: str) -> int:
    """How many tags of HTML stand in a text: many say that it is a page."""
    return len(TAGS.findall(text))


#: What `course.py train own --clean NAME` does with each file.
CLEANERS: dict[str, Callable[[str], str]] = {
    "text": clean_text,
    "pages": clean_page,
    "none": str,
}
