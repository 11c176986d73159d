"""A reader's own texts: read exactly or refused by file and byte, cleaned, divided."""

import argparse
import html
import math
import re

import nbformat
import numpy as np
import pytest
import torch
from coursecall import ROOT

from shared import data, tales
from shared.data import TextProblem, Written
from shared.evaluate import (
    NgramModel,
    Uniform,
    count_ladder,
    mean_surprise,
    near_pairs,
    without_copies,
)
from shared.runs import own_text

TALES = [document.text for document in tales.documents(seed=21, n=60)]


def read(path, **more):
    """What the command makes of a folder."""
    given = {"skip_unreadable": False, "clean": "text", "split": "files", **more}
    return own_text.read_own(argparse.Namespace(text=path, **given), tell=print)


# Cleaning


@pytest.mark.parametrize(
    "raw, wanted",
    [
        ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("\ufeffa\u00adb\u200bc", "abc"),
        ("“It’s”, ‘so’", "\"It's\", 'so'"),
        ("a\u00a0b\u3000c  d \t\ne", "a b c d\ne"),
        ("    indented\n\n\n\n\nnext", "indented\n\nnext"),
        ("x\n    indented", "x\n    indented"),
        ("e\u0301\x00\x1b[0m", "\u00e9[0m"),
        ("3 < 4 and <b> stays, 3.50, NASA", "3 < 4 and <b> stays, 3.50, NASA"),
    ],
)
def test_what_nobody_sees_goes(raw, wanted):
    assert data.clean_text(raw) == wanted
    assert data.clean_text(wanted) == wanted


def cleaner_of_chapter_02():
    """`clean` as the page builds it."""
    book = nbformat.read(ROOT / "book" / "02_text_into_tokens.ipynb", 4)
    [cell] = [one for one in book.cells if one.id == "ch02-cleaner"]
    names = {"re": re, "html": html}
    exec(cell.source.split("\n\n\nprint")[0], names)
    return names["clean"]


# Catches: a cleaner that forgets what the chapter has taught.
def test_a_page_is_cleaned_as_in_chapter_02():
    clean, pages = cleaner_of_chapter_02(), data.web_pages(TALES)
    assert [data.clean_page(page) for page in pages] == [clean(page) for page in pages]


def test_a_real_page_keeps_its_paragraphs():
    page = (
        "<!DOCTYPE html><head><title>x</title></head><style>p {}</style><body>\n"
        "<h1>A\n tale</h1><!-- no --><p>One&nbsp;&lt;b&gt;<br/>two</p>\n<p>three</p>"
    )
    assert data.clean_page(page) == "A tale\n\nOne <b>\ntwo\n\nthree"
    assert data.count_tags(page) == 8 and not data.count_tags("a < b, <endoftext>")
    loud = "<HEAD>x</HEAD><SCRIPT>var a;</SCRIPT><P>One<BR>two</P><P>three"
    assert data.clean_page(loud) == "One\ntwo\n\nthree"
    assert data.count_tags(loud) == 4


# Reading


def folder(root, **files):
    """A folder of files; names have __ for /, and . for the last _."""
    for name, content in files.items():
        path = root / ".".join(name.replace("__", "/").rsplit("_", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def test_files_come_in_order_and_others_are_told(tmp_path):
    place = folder(tmp_path, b_txt="B", a__z_md="Z", c_TXT="C", d_pdf=b"\0", e_txt="é")
    folder(tmp_path, _git__x_txt="hidden")
    (tmp_path / "_git").rename(tmp_path / ".git")
    texts, left, digest = data.read_folder(place)
    named = {one.name: one.text for one in texts}
    assert named == {"a/z.md": "Z", "b.txt": "B", "c.TXT": "C", "e.txt": "é"}
    assert list(named) == sorted(named)
    assert left == ["files that end otherwise: .pdf (1)"]
    assert data.read_folder(place)[2] == digest
    folder(place, b_txt="B!")
    assert data.read_folder(place)[2] != digest
    [one], *_ = data.read_folder(place / "b.txt")
    assert one == Written("b.txt", "B!")


# Catches: a fault without the file or the place, and one fault told at a time.
def test_unfit_files_are_told_by_file_and_byte(tmp_path):
    place = folder(
        tmp_path, good_txt="good", latin_txt="line\ncaf\xe9".encode("latin-1"),
        sixteen_txt="hello".encode("utf-16"), binary_md=b"PNG\0\1",
    )  # fmt: skip
    with pytest.raises(TextProblem) as told:
        data.read_folder(place)
    said = str(told.value)
    assert "3 of 4 files" in said and "--skip-unreadable" in said
    assert "latin.txt is not UTF-8 text: byte 8 (line 2) is 0xe9" in said
    assert "binary.md is no text but binary: byte 3 is 0x00" in said
    assert "sixteen.txt is UTF-16" in said
    texts, left, _ = data.read_folder(place, skip=True)
    assert [one.name for one in texts] == ["good.txt"] and len(left) == 3
    (place / "good.txt").unlink()
    with pytest.raises(TextProblem, match="3 of 3 files"):
        data.read_folder(place, skip=True)


def test_nothing_to_read(tmp_path):
    with pytest.raises(TextProblem, match="no file or folder .*nowhere"):
        data.read_folder(tmp_path / "nowhere")
    with pytest.raises(TextProblem, match="but no file at all"):
        data.read_folder(tmp_path)
    folder(tmp_path, a_pdf="x", b_docx="y")
    with pytest.raises(TextProblem, match=r"\.txt or \.md, but 2 other files"):
        data.read_folder(tmp_path)


# Documents


def test_documents_are_cut(tmp_path):
    given = {"a": "one\ntwo\n\n\n three", "b": " \n", "c": "x"}
    texts = [Written(name, text) for name, text in given.items()]
    cut = data.cut_documents

    def found(way, given=texts):
        return [(one.name, one.text) for one in cut(given, way, data.clean_text)]

    assert found("files") == [("a", "one\ntwo\n\n three"), ("c", "x")]
    assert found("blank") == [("a#1", "one\ntwo"), ("a#2", "three"), ("c", "x")]
    assert [text for _, text in found("lines")] == ["one", "two", "three", "x"]
    ended = [Written("t", "A\n<|endoftext|>\nB<|endoftext|>")]
    assert found("files", ended) == [("t#1", "A"), ("t#2", "B")]
    with pytest.raises(ValueError, match="'pages'; expected one of"):
        cut(texts, "pages", str)


def test_a_tenth_is_for_validation():
    many = [Written(str(i), "x" * i) for i in range(1, 26)]
    train, valid = data.split_documents(many)
    assert [one.name for one in valid] == ["10", "20"] and len(train) == 23
    long = "".join(f"line {i}\n" for i in range(1000)).strip()
    [train], [valid] = data.split_documents([Written("a", long)])
    assert f"{train.text}\n{valid.text}" == long
    assert len(valid.text) == pytest.approx(len(long) / 10, rel=0.02)
    short = [Written(str(i), "x" if i == 9 else long) for i in range(12)]
    assert len(data.split_documents(short)[1]) == 11  # not the x alone
    _, [valid] = data.split_documents([Written("a", long)], most=200)
    assert len(valid.text) == pytest.approx(200, abs=20)


def test_copies_are_dropped_and_the_first_stays():
    near = TALES[3].replace("the", "THE", 1) + " Well"
    texts = [*TALES[:9], TALES[2], near, TALES[2]]
    own = {(i, j) for i, j, _ in near_pairs(TALES[:9], TALES[:9]) if i < j}
    assert not own, "the trial's texts must differ"
    kept, copies = without_copies(texts)
    assert kept == list(range(9))
    assert [(j, i) for j, i, _ in copies] == [(9, 2), (10, 3), (11, 2)]
    assert copies[0][2] == 1 and 0.7 <= copies[1][2] < 1
    assert without_copies(texts, least=1)[0] == [*range(9), 10]


def test_what_is_read_is_told(tmp_path, capsys):
    place = folder(tmp_path, **{f"t{i:02}_txt": text for i, text in enumerate(TALES)})
    folder(place, z_txt=TALES[4], y_html="<p>")
    with pytest.raises(TextProblem, match=r"after cleaning; at least 20,000 are"):
        read(place)
    big = [document.text for document in tales.documents(seed=22, n=90)]
    folder(place, big_md="\n\n".join(big) + "<p>x</p>" * 60)
    own = read(place)
    said = capsys.readouterr().out
    assert "62 files" in said and "files that end otherwise: .html (1)" in said
    assert "z.txt is like t04.txt (100%)" in said
    assert "120 tags of HTML; --clean pages" in said
    assert own.facts["copies"] >= 1 and own.facts["train_documents"] == len(own.train)
    assert {one.text for one in own.train}.isdisjoint(own.texts("valid"))


def test_the_text_that_stands_in_is_clean_and_has_a_floor():
    own = read(None)
    assert own.nats and all(text in own.nats for text in own.texts("valid"))
    assert len(own.valid) > 150 and own.facts["cleaned"] > 500_000


# Tokens


def test_rows_lie_in_the_file(tmp_path):
    ids = np.arange(1000) % 700
    data.save_ids(tmp_path / "ids.npy", ids)
    rows, wanted = data.mapped_rows(tmp_path / "ids.npy", 30), data.windows(ids, 30)
    for found, right in zip(rows, wanted):
        assert found.dtype == torch.int16 and torch.equal(found.long(), right)
    rows[0][0, 0] = 5  # a slip changes no file
    assert data.open_ids(tmp_path / "ids.npy")[0] == 0
    data.save_ids(tmp_path / "large.npy", ids + 70_000)
    assert data.mapped_rows(tmp_path / "large.npy", 30)[0][0, 0] == 70_000
    data.save_ids(tmp_path / "odd.npy", ids + 40_000)
    with pytest.raises(ValueError, match="id 40699, too large"):
        data.mapped_rows(tmp_path / "odd.npy", 30)
    with pytest.raises(ValueError, match="there are 1000 tokens"):
        data.mapped_rows(tmp_path / "ids.npy", 1000)


def test_the_ladder_is_that_of_the_counts():
    size, draw = 12, np.random.default_rng(3)
    documents = [draw.integers(0, size - 1, n).tolist() for n in (30, 1, 50, 7)]
    train, valid = documents[:3], [*documents[3:], [10, 10, 3]]

    def row(parts):
        return np.array([size - 1, *(i for part in parts for i in [*part, size - 1])])

    die = Uniform(["", *range(size - 1)])
    single = NgramModel(train, 1, die)
    counts = {"uniform": die, "unigram": single, "bigram": NgramModel(train, 2, single)}
    found = count_ladder(row(train).astype("u2"), row(valid), size, size - 1)
    for name, model in counts.items():
        assert found[name] == pytest.approx(mean_surprise(model, valid), abs=1e-9), name
    assert found["uniform"] == pytest.approx(math.log(size))


def test_ids_stand_between_borders():
    texts = ["one two", "", "three é"]
    own = own_text.OwnText([Written("a", "one two three é one two")], [], {})
    tok = own_text.learn_tokenizer(own, 260)
    end = len(tok) - 1
    wanted = [part for text in texts for part in (end, *tok.encode(text))] + [end]
    assert own_text.encode(texts, tok).tolist() == wanted
    with pytest.raises(TextProblem, match=r"cannot be reached.*\(--vocab N\)"):
        own_text.learn_tokenizer(own, 5000)
