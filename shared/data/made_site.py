"""A made web site: documents of the book as a careless site would show them.

Chapter 02 cleans these pages. They hold what real ones hold, and nothing has to be
fetched: markup, a menu and a footer around every text, characters written as entities,
curly quotation marks, spaces that are no spaces, marks that nobody sees, pages without
a text, and texts that stand on two pages.
"""

import html
import random
from collections.abc import Iterable

MENU = "<nav>Home | Stories | Shop</nav>"
FOOTER = "<footer>&copy; 2026 The Village. All rights reserved.</footer>"
MISSING = "<p>This page could not be found.</p>"
CURLY = {'"': "\u201c\u201d", "'": "\u2019\u2019"}  # opening and closing


def web_pages(texts: Iterable[str], seed: int = 0) -> list[str]:
    """One page of HTML for each text, and more: one text in five stands on a second
    page in another dress, and for each twenty texts there is a page without any. The
    order is random; the seed decides everything."""
    draw = random.Random(seed)
    pages = []
    for i, text in enumerate(texts):
        pages += [_page(text, draw) for _ in range(1 + (draw.random() < 0.2))]
        if i % 20 == 0:
            pages.append(_around(MISSING, draw))
    draw.shuffle(pages)
    return pages


def _page(text: str, draw: random.Random) -> str:
    """One text in a dress that the generator chooses."""
    style = draw.choice(["plain", "curly", "entities"])
    if style == "curly":
        text = _curly(text)
    text = html.escape(text, quote=style == "entities")
    words = [_spoiled(word, draw) for word in text.split(" ")]
    spaces = draw.choices([" ", "\u00a0", "  "], [0.9, 0.05, 0.05], k=len(words))
    body = "".join(word + space for word, space in zip(words, spaces)).rstrip()
    body = body.replace("\n", "<br>")
    return _around(f"<p>{body}</p>", draw)


def _around(body: str, draw: random.Random) -> str:
    """Menu and footer around a body, with this page's own kind of line end."""
    end = draw.choice(["\n", "\r\n", "\n\t"])
    mark = draw.choice(["", "\ufeff"])
    return f"{mark}{end.join([MENU, body, FOOTER])}{end}"


def _curly(text: str) -> str:
    """Quotation marks as a word processor sets them, opening and closing in turn."""
    for mark, pair in CURLY.items():
        pieces = text.split(mark)
        text = pieces[0]
        for i, piece in enumerate(pieces[1:]):
            text += pair[i % 2] + piece
    return text


def _spoiled(word: str, draw: random.Random) -> str:
    """A long word now and then with a soft hyphen, another with a mark of width 0."""
    if len(word) > 5 and word.isalpha() and draw.random() < 0.2:
        return word[:3] + draw.choice(["\u00ad", "\u200b"]) + word[3:]
    return word
