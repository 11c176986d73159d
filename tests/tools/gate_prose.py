"""Gates over what a reader reads: markup, words and spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import notebooks
from page import Markdown, Page, Problem

# Words that tell readers that something is easy, or that say nothing.
FORBIDDEN = (
    "simply", "obviously", "obvious", "of course", "trivially", "trivial", "clearly",
    "merely", "needless to say", "as everyone knows", "as you know", "easily",
    "straightforward", "delve", "leverage", "utilize", "utilise", "seamless",
    "seamlessly", "cutting-edge", "game-changer", "dive into", "deep dive", "unleash",
    "in today's world", "it is worth noting", "it should be noted", "blazingly",
)  # fmt: skip
TAGS = set(
    "a b br code details div em h2 h3 h4 hr i img kbd li ol p pre small span strong "
    "sub summary sup table tbody td th thead tr ul".split()
)
DIRECTIVE = re.compile(r"^\s*(?:`{3,}|~{3,}|:{3,})\s*\{[\w:-]+\}", re.M)
ROLE = re.compile(r"\{[\w:-]+\}`[^`]+`")
TARGET = re.compile(r"^\([\w-]+\)=\s*$", re.M)
ATTRIBUTES = re.compile(r"[\])`]\{[.#]?[\w-]+[^}\n]*\}")
FOOTNOTE = re.compile(r"\[\^\w+\]")
ALERT = re.compile(r"^\s*>\s*\[!\w+\]", re.M)
RAW = re.compile(r"(</summary>|class=\"admonition-title\">.*</p>)[ \t]*\n(?=[^\s<])")


# --- markup and words ----------------------------------------------------------------


def markup(page: Page) -> list[Problem]:
    """Markdown and the HTML of the list only: other marks are raw text in Colab."""
    if not page.is_notebook:
        return []
    found = []
    for i, text in page.markdown:
        bare = re.sub(r"^(```+|~~~+)(?!\{).*?^\1", "", text.source, flags=re.S | re.M)
        for pattern, what, do in (
            (DIRECTIVE, "a MyST directive", "Use Markdown or an admonition <div>"),
            (ROLE, "a MyST role", "Use a Markdown link"),
            (TARGET, "a MyST target", "Link to a heading"),
            (ATTRIBUTES, "MyST attributes", "Use plain Markdown"),
            (FOOTNOTE, "a footnote", "Say it in the text; Jupyter has no footnotes"),
            (ALERT, "a GitHub alert", 'Use <div class="admonition tip">'),
            (RAW, "Markdown right under HTML", "Put a blank line between"),
        ):
            if match := pattern.search(bare):
                mark = match[0].strip()[:40]
                found.append(page.problem(i, f"{what} ({mark!r})", do))
        found += [page.problem(i, what, do) for what, do in _bad_html(text)]
    return found


def _bad_html(text: Markdown) -> Iterator[tuple[str, str]]:
    for tag in text.tags:
        if tag.name not in TAGS:
            yield f"the HTML tag <{tag.name}>", "Use only the tags of gate_prose.TAGS"
        handlers = [name for name in tag.attributes if name.startswith("on")]
        if handlers or tag.attributes.get("href", "").startswith("javascript:"):
            yield f"a script in <{tag.name}>", "Pages have no scripts of their own"
    html = "\n".join(t.content for t in text.inline if t.type.startswith("html"))
    for name in ("details", "div", "table"):
        opened = len(re.findall(rf"<{name}\b", html, re.I))
        closed = len(re.findall(rf"</{name}\s*>", html, re.I))
        if opened != closed:
            what = f"{opened} <{name}> and {closed} </{name}>"
            yield what, "Close each in the cell that opens it"


def forbidden_words(page: Page) -> list[Problem]:
    """None of the words that belittle the reader's work or fill the page."""
    found = []
    pattern = re.compile(rf"(?<![\w-])({'|'.join(FORBIDDEN)})(?![\w-])", re.I)
    for i, text in page.markdown:
        for match in pattern.finditer(" ".join(text.prose.split())):
            what = f"the word {match[0]!r}"
            found.append(page.problem(i, what, "Leave it out, or say it exactly"))
    return found


@cache
def _dictionary() -> frozenset[str]:
    from spellchecker import SpellChecker

    own = (notebooks.ROOT / "tests" / "words.txt").read_text("utf-8").split("\n")
    own = {line.strip().lower() for line in own if line.strip()}
    return frozenset(SpellChecker(distance=1).word_frequency.dictionary) | own


def _spellings(word: str) -> set[str]:
    """The word, its singular, and how they are spelled in America."""
    forms = {word, word.removesuffix("s"), word.removesuffix("es")}
    american = {re.sub("our", "or", form) for form in forms}
    american |= {re.sub(r"is(e|ed|es|ing|er|ers|ation)$", r"iz\1", f) for f in forms}
    american |= {re.sub(r"ll(ed|ing|er|ers)$", r"l\1", form) for form in forms}
    american |= {re.sub(r"(?<=[bt])re(d?)$", r"er\1", form) for form in forms}
    return forms | american


def unknown_words(text: str, known: set[str]) -> list[str]:
    """Words of `text` in no list: not English, not the book's, not `known`.

    British and American spellings both pass, and so do words in capitals (GPT, GPTs).
    """
    found = {}
    for word in re.findall(r"(?<![A-Za-z\d])[A-Za-z]+(?:['’][a-z]+)?(?!\d)", text):
        low = word.lower().replace("’", "'")
        base = re.sub(r"'(s|re|ll|ve|d|t|m)$", "", low)
        if len(base) < 3 or word.isupper() or {low, base} & known:
            continue
        if not _spellings(base) & _dictionary() and not word[:-1].isupper():
            found[word] = None
    return list(found)


def spelling(page: Page) -> list[Problem]:
    """Every word of the prose is English, in tests/words.txt, or in the page's code."""
    own = [cell.source for _, cell in page.code]
    for _, text in page.markdown:
        own += [t.content for t in text.inline if t.type == "code_inline"]
    known = {word.lower() for word in re.findall(r"[A-Za-z]+", " ".join(own))}
    found = []
    for i, text in page.markdown:
        prose = re.sub(r"\S*(?://|@|\.\w+/)\S*", " ", text.prose)
        for word in unknown_words(prose, known):
            what = f"the word {word!r} is in no list"
            found.append(page.problem(i, what, "Correct it or add to tests/words.txt"))
    return found


GATES = (markup, forbidden_words, spelling)
