"""Public files, text files, token files and batches, with good and bad input.

Downloads come from a server on this machine, so no test needs a network. The comment
above a test says which fault it is there to catch.
"""

import contextlib
import hashlib
import html
import io
import os
import re
import socket
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from shared import data
from shared.data import downloads

CONTENT = bytes(range(256)) * 1200  # 300 kB: several chunks
MIRROR = Path(os.environ.get("BLOCKS_DATA") or "no mirror")


class Site(BaseHTTPRequestHandler):
    """Answers as the server's script says, one step per request."""

    tells_length = True

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        step = server.script.pop(0) if server.script else "whole"
        if isinstance(step, int):
            self.send_error(step)
            return
        body, start = server.content, 0
        if self.headers.get("Range") and server.resumes:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        if self.tells_length:
            self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        end = len(body) // 2 if step == "broken" else len(body)
        with contextlib.suppress(ConnectionError):  # the reader has had enough
            self.wfile.write(body[start:end])

    def log_message(self, *args):
        """Keep the test's output clean."""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A server with one file, registered as toy.bin; an empty cache; no mirror."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.content, server.script, server.asked = CONTENT, [], []
    server.resumes = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    server.cache = tmp_path / "cache"
    monkeypatch.setenv("BLOCKS_CACHE", str(server.cache))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("BLOCKS_DATA", raising=False)
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.setattr(downloads, "PAUSE", 0.01)
    entry = data.Source(
        path="toy.bin",
        url=f"http://127.0.0.1:{server.server_port}/toy.bin",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="none",
        attribution="nobody",
    )
    monkeypatch.setitem(data.REGISTRY, "toy.bin", entry)
    yield server
    server.shutdown()
    server.server_close()


def files_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


# --- Fetching ------------------------------------------------------------------------


# Catches: a download on every call, and files left beside the right one.
def test_fetch_downloads_once(site, capsys):
    assert not data.available("toy.bin")
    path = data.fetch("toy.bin")
    assert path.read_bytes() == CONTENT and path.parent == site.cache
    assert data.fetch("toy.bin") == path == data.try_fetch("toy.bin")
    assert len(site.asked) == 1 and data.available("toy.bin")
    assert files_below(site.cache) == ["toy.bin"]
    seen = capsys.readouterr()
    assert seen.out == "" and "100 %" in seen.err


# Catches: giving up at a server's first hiccup.
def test_fetch_tries_again_after_a_server_error(site):
    site.script = [500, 503]
    assert data.fetch("toy.bin").read_bytes() == CONTENT
    assert len(site.asked) == 3


# Catches: starting from nothing after a broken connection, or a hole or a repeated
# piece where it broke.
@pytest.mark.parametrize("resumes", [True, False])
def test_fetch_goes_on_where_the_connection_broke(site, resumes):
    site.script, site.resumes = ["broken"], resumes
    assert data.fetch("toy.bin").read_bytes() == CONTENT
    first, second = site.asked
    assert first is None and 0 < int(second[6:-1]) <= len(CONTENT) // 2


# Catches: half a file in the cache, or a raw traceback.
def test_fetch_gives_up_without_leaving_half_a_file(site):
    site.script = ["broken", 500, 500, "whole"]
    with pytest.raises(data.DataUnavailable, match="answered 500.*BLOCKS_DATA"):
        data.fetch("toy.bin")
    assert len(site.asked) == downloads.ATTEMPTS
    assert files_below(site.cache) == []
    assert data.fetch("toy.bin").read_bytes() == CONTENT


# Catches: asking three times for what is not there.
def test_missing_file_is_asked_for_once(site):
    site.script = [404]
    with pytest.raises(data.DataUnavailable, match=r"127.0.0.1:\d+ answered 404"):
        data.fetch("toy.bin")
    assert len(site.asked) == 1


# Catches: a wrong file that is used, or that replaces what was there.
def test_download_with_the_wrong_hash(site):
    site.content = CONTENT[:-1] + b"x"
    with pytest.raises(data.DataUnavailable, match="has another SHA-256 than"):
        data.fetch("toy.bin")
    assert files_below(site.cache) == [] and not data.available("toy.bin")
    (site.cache / "toy.bin").write_bytes(b"the reader's own")
    with pytest.raises(data.DataUnavailable, match="has another SHA-256 than"):
        data.fetch("toy.bin")
    assert (site.cache / "toy.bin").read_bytes() == b"the reader's own"


# Catches: a damaged file in the cache that is used, or that blocks for ever.
def test_damaged_file_in_the_cache_is_fetched_again(site):
    path = data.fetch("toy.bin")
    path.write_bytes(CONTENT[:1000])
    assert not data.available("toy.bin")
    assert data.fetch("toy.bin").read_bytes() == CONTENT
    assert files_below(site.cache) == ["toy.bin"]


# Catches: a traceback, or a long wait, where there is no network.
def test_no_network(site, monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    entry = replace(data.REGISTRY["toy.bin"], url=f"http://127.0.0.1:{port}/toy.bin")
    monkeypatch.setitem(data.REGISTRY, "toy.bin", entry)
    monkeypatch.setattr(downloads, "PAUSE", 3600)  # it must not even wait once
    with pytest.raises(data.DataUnavailable, match="no connection to 127.0.0.1"):
        data.fetch("toy.bin")
    assert data.try_fetch("toy.bin") is None
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and out.startswith("Skipped: toy.bin is not on this")
    assert files_below(site.cache) == [] and not data.available("toy.bin")


# Catches: keeping the archive, or trusting whatever is inside it.
def test_member_of_an_archive(site, monkeypatch):
    entry = replace(data.REGISTRY["toy.bin"], member="inside/toy")
    monkeypatch.setitem(data.REGISTRY, "toy.bin", entry)
    for name, expected in (("inside/toy", None), ("other", "does not hold inside/toy")):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(name, CONTENT)
        site.content = packed.getvalue()
        if expected is None:
            assert data.fetch("toy.bin").read_bytes() == CONTENT
            assert files_below(site.cache) == ["toy.bin"]
            (site.cache / "toy.bin").unlink()
        else:
            with pytest.raises(data.DataUnavailable, match=expected):
                data.fetch("toy.bin")
    site.content = b"no archive at all"
    with pytest.raises(data.DataUnavailable, match="does not hold"):
        data.fetch("toy.bin")
    assert files_below(site.cache) == []


def zipped(content: bytes) -> bytes:
    """An archive with one member, inside/toy."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside/toy", content)
    return packed.getvalue()


def flagged(archive: bytes, place: int, value: int) -> bytes:
    """The archive with one 16-bit field of both of its headers set: bit flags are at
    6 in the first one, the method at 8; the central one is two bytes further on."""
    changed, central = bytearray(archive), archive.index(b"PK\x01\x02")
    for at in (place, central + place + 2):
        changed[at : at + 2] = value.to_bytes(2, "little")
    return bytes(changed)


# Catches: memory or a disk filled by a member that unpacks to gigabytes, a member that
# leaves the folder, and the raw errors of damaged, encrypted and strange archives.
@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        (zipped(bytes(50_000_000)), "sends more than the 307,200 bytes expected"),
        (zipped(CONTENT)[:60] + b"!" * 20 + zipped(CONTENT)[80:], "does not hold"),
        (flagged(zipped(CONTENT), 6, 1), "does not hold inside/toy"),
        (flagged(zipped(CONTENT), 8, 99), "does not hold inside/toy"),
        (zipped(CONTENT).replace(b"inside/toy", b"../../.toy"), "does not hold"),
    ],
    ids=["bomb", "damaged", "encrypted", "unknown method", "slip"],
)
def test_hostile_archives(site, monkeypatch, packed, expected):
    entry = replace(data.REGISTRY["toy.bin"], member="inside/toy")
    monkeypatch.setitem(data.REGISTRY, "toy.bin", entry)
    site.content = packed
    with pytest.raises(data.DataUnavailable, match=expected):
        data.fetch("toy.bin")
    assert data.try_fetch("toy.bin") is None
    assert files_below(site.cache.parent) == []


# Catches: a disk filled by a server that sends more than the file has, whether it says
# so at once or not.
@pytest.mark.parametrize("tells", [True, False])
def test_no_more_is_written_than_the_file_has(site, monkeypatch, tells):
    sizes, check = [], downloads.check_size

    def spy(size, *rest):
        sizes.append(size)
        check(size, *rest)

    monkeypatch.setattr(downloads, "check_size", spy)
    site.content = CONTENT * 100
    monkeypatch.setattr(Site, "tells_length", tells, raising=False)
    with pytest.raises(data.DataUnavailable, match="sends more than the 307,200 bytes"):
        data.fetch("toy.bin")
    assert len(site.asked) == 1
    assert len(sizes) == 1 if tells else max(sizes) <= len(CONTENT) + 65536
    assert files_below(site.cache) == []


# Catches: waiting for ever for a server that sends a byte now and then.
def test_a_server_that_is_too_slow(site, monkeypatch):
    monkeypatch.setattr(downloads, "SLOWEST", -1.0)
    with pytest.raises(data.DataUnavailable, match="127.0.0.1:.* sends too slowly"):
        data.fetch("toy.bin")
    assert files_below(site.cache) == []


# Catches: a traceback for a home folder that does not exist.
def test_a_folder_of_nobody(site, monkeypatch):
    monkeypatch.setenv("BLOCKS_DATA", "~no-such-user/x")
    assert data.fetch("toy.bin").parent == site.cache


# Catches: the network used although the file lies in the reader's folder.
def test_mirror_comes_first_and_is_checked(site, tmp_path, monkeypatch):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    monkeypatch.setenv("BLOCKS_DATA", str(mirror))
    (mirror / "toy.bin").write_bytes(CONTENT)
    assert data.available("toy.bin")
    assert data.fetch("toy.bin") == mirror / "toy.bin"
    (mirror / "toy.bin").write_bytes(b"something else")
    for use in (data.fetch, data.available):
        with pytest.raises(data.DataUnavailable, match="is not the toy.bin that the"):
            use("toy.bin")
    assert (mirror / "toy.bin").read_bytes() == b"something else"
    assert site.asked == []
    (mirror / "toy.bin").unlink()
    assert data.fetch("toy.bin").parent == site.cache  # an empty mirror is no obstacle


@pytest.mark.skipif(os.name == "nt", reason="a read-only folder is another thing there")
def test_cache_folder_that_cannot_be_made(site, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("BLOCKS_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(data.DataUnavailable, match="it cannot be written"):
        data.fetch("toy.bin")


@pytest.mark.parametrize("use", [data.fetch, data.try_fetch, data.available])
def test_unknown_name(use):
    with pytest.raises(
        ValueError, match="named 'tiny shakespeare'; did you mean 'tiny"
    ):
        use("tiny shakespeare")
    with pytest.raises(ValueError, match="named 'qqqq' Known names: tinyshakespeare"):
        use("qqqq")


def test_registry_is_complete():
    for name, entry in data.REGISTRY.items():
        assert entry.url.startswith("https://") and len(entry.sha256) == 64, name
        assert entry.size > 0 and entry.licence and entry.attribution, name
        int(entry.sha256, 16)


@pytest.mark.skipif(not MIRROR.is_dir(), reason="BLOCKS_DATA names no folder")
@pytest.mark.parametrize("name", data.REGISTRY)
def test_registry_agrees_with_the_mirror(name):
    path = data.fetch(name)
    assert path.is_relative_to(MIRROR)
    assert path.stat().st_size == data.REGISTRY[name].size


# Catches: GPT-2's two files looked for under other names than tiktoken's.
def test_gpt2_folder(site, tmp_path, monkeypatch, capsys):
    contents = {"vocab.bpe": b"#version: 0.2\n", "encoder.json": b"{}"}
    folder = tmp_path / "for tiktoken"
    folder.mkdir()
    for name, content in contents.items():
        digest = hashlib.sha256(content).hexdigest()
        url = data.REGISTRY[name].url
        own = hashlib.sha1(url.encode()).hexdigest()
        assert data.REGISTRY[name].path == f"tiktoken/{own}"
        local = url.replace("https://", f"http://127.0.0.1:{site.server_port}/")
        entry = replace(data.REGISTRY[name], sha256=digest, url=local)
        monkeypatch.setitem(data.REGISTRY, name, entry)
        (folder / own).write_bytes(content)
    site.script = [404]
    assert data.gpt2_folder() is None
    assert capsys.readouterr().out.startswith("Skipped: vocab.bpe")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
    assert data.gpt2_folder() == folder


# --- Text files ----------------------------------------------------------------------


def test_read_text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("línea uno\r\nzwei 🦊\n".encode())
    assert (
        data.read_text(path) == "línea uno\r\nzwei 🦊\n"
    )  # line ends stay as they are
    path.write_bytes(b"good\nbad \xff here")
    with pytest.raises(
        ValueError, match=r"byte 9 \(line 2\) is 0xff\. Save it as UTF-8"
    ):
        data.read_text(path)
    with pytest.raises(FileNotFoundError):
        data.read_text(tmp_path / "nowhere.txt")


# --- Windows and batches -------------------------------------------------------------


# Catches: targets shifted the wrong way or by two, a stride ignored, a last whole
# window lost, one too many.
@pytest.mark.parametrize(
    ("length", "stride"), [(4, None), (4, 1), (3, 2), (4, 7), (9, 1)]
)
def test_windows(length, stride):
    ids = [7, 1, 4, 4, 2, 9, 8, 3, 0, 6]
    inputs, targets = data.windows(ids, length, stride)
    starts = range(0, len(ids) - length, stride or length)
    assert inputs.tolist() == [ids[s : s + length] for s in starts]
    assert targets.tolist() == [ids[s + 1 : s + 1 + length] for s in starts]
    assert inputs.dtype == targets.dtype == torch.int64
    for same in (np.array(ids, dtype=np.uint16), torch.tensor(ids)):
        assert torch.equal(data.windows(same, length, stride)[1], targets)


@pytest.mark.parametrize(
    ("count", "length", "stride", "message"),
    [
        (4, 4, 1, "there are 4 tokens, but a window of 4 .* need 5"),
        (0, 1, 1, "there are 0 tokens"),
        (9, 0, 1, "window length is 0; it must be at least 1"),
        (9, 2, 0, "the stride is 0; it must be at least 1"),
        (9, 2, -1, "the stride is -1"),
    ],
)
def test_windows_that_cannot_be(count, length, stride, message):
    with pytest.raises(ValueError, match=message):
        data.windows(range(count), length, stride)


# Catches: targets that are not one later, a first or last start never drawn, windows
# beyond the end, and the global random state used or moved.
def test_random_batches():
    ids = np.arange(100, 108, dtype=np.uint16)
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(3)
    inputs, targets = data.random_batch(ids, 200, 5, generator)
    assert inputs.shape == targets.shape == (200, 5) and inputs.dtype == torch.int64
    assert torch.equal(inputs + 1, targets)
    assert set(inputs[:, 0].tolist()) == {100, 101, 102}
    assert torch.equal(before, torch.get_rng_state())
    again = data.random_batch(ids.tolist(), 200, 5, torch.Generator().manual_seed(3))
    assert torch.equal(inputs, again[0])
    stream = data.batches(ids, 2, 5, torch.Generator().manual_seed(3))
    drawn = [batch[0] for batch in islice(stream, 3)]
    assert not torch.equal(drawn[0], drawn[1]) or not torch.equal(drawn[1], drawn[2])
    first = data.random_batch(ids, 2, 5, torch.Generator().manual_seed(3))
    assert torch.equal(drawn[0], first[0])


def test_batches_that_cannot_be():
    generator = torch.Generator()
    with pytest.raises(ValueError, match="there are 5 tokens, but a window of 5"):
        data.batches(range(5), 1, 5, generator)  # at once, before a batch is asked for
    with pytest.raises(ValueError, match="batch_size is 0"):
        data.random_batch(range(9), 0, 5, generator)
    with pytest.raises(ValueError, match="generator is None"):
        data.random_batch(range(9), 1, 5, None)


# --- Token files ---------------------------------------------------------------------


@pytest.mark.parametrize(("largest", "dtype"), [(65_535, "uint16"), (65_536, "uint32")])
def test_token_files(tmp_path, largest, dtype):
    path = tmp_path / "train.ids"
    data.save_ids(path, [0, largest, 3])
    ids = data.open_ids(path)
    assert ids.tolist() == [0, largest, 3] and ids.dtype == dtype
    assert isinstance(ids, np.memmap) and not ids.flags.writeable
    assert files_below(tmp_path) == ["train.ids"]
    del ids
    data.save_ids(path, (i for i in [5, 6, 7, 8]))
    batch = data.random_batch(data.open_ids(path), 2, 3, torch.Generator())
    assert batch[1].tolist() == [[6, 7, 8]] * 2


@pytest.mark.parametrize("wrong", [[], [[1, 2]], [1.5], ["a"], [True], 7])
def test_what_is_no_row_of_ids(tmp_path, wrong):
    with pytest.raises(ValueError, match="expected one row of token ids"):
        data.save_ids(tmp_path / "train.ids", wrong)
    assert files_below(tmp_path) == []


def test_ids_that_fit_no_file(tmp_path):
    for wrong in ([-1, 2], [2**32]):
        with pytest.raises(ValueError, match="fit no token file"):
            data.save_ids(tmp_path / "train.ids", wrong)


# Catches: a file cut off by a full disk that is read as a shorter text, and pickles.
def test_damaged_token_files(tmp_path):
    path = tmp_path / "train.ids"
    data.save_ids(path, range(1000))
    whole = path.read_bytes()
    for content in (whole[:-2], whole[:50], b"", b"no token file at all", whole[3:]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no whole token file"):
            data.open_ids(path)
    np.save(tmp_path / "other.npy", np.zeros((2, 2)))
    with pytest.raises(ValueError, match="holds no row of token ids"):
        data.open_ids(tmp_path / "other.npy")
    np.save(tmp_path / "pickle.npy", np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="is no whole token file"):
        data.open_ids(tmp_path / "pickle.npy")


# Catches: an old token file lost because the new one could not be finished.
def test_failed_save_leaves_the_old_ids(tmp_path, monkeypatch):
    path = tmp_path / "train.ids"
    data.save_ids(path, [1, 2])
    monkeypatch.setattr(np, "save", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        data.save_ids(path, [3])
    assert data.open_ids(path).tolist() == [1, 2]
    assert files_below(tmp_path) == ["train.ids"]


# --- a made web site -----------------------------------------------------------------

CLEANED = re.compile(r"<(nav|footer)>.*?</\1>|<[^>]+>")


def cleaned(page):
    page = re.sub(r" *<br> *", "\n", " ".join(page.split()))
    page = html.unescape(CLEANED.sub("", page))
    plain = dict.fromkeys([0xAD, 0x200B, 0xFEFF])
    return page.translate(plain | {0x201C: '"', 0x201D: '"', 0x2019: "'"}).strip()


# Catches: a page from which the text cannot be had back, a dress that is never chosen,
# copies that look alike before they are cleaned, a seed that does not decide all.
def test_web_pages_hold_the_texts_and_more():
    texts = ['Ada said: "I can\'t."\nTom <did> & went everywhere at once.'] * 1
    texts += [f"Number {i}, and so on, something longer." for i in range(200)]
    pages = data.web_pages(texts)
    assert pages == data.web_pages(texts) != data.web_pages(texts, seed=1)
    found = [cleaned(page) for page in pages]
    assert set(texts) == {text for text in found if "could not be found" not in text}
    assert 220 < len(pages) < 280 and found.count("This page could not be found.") == 11
    twice = [text for text in texts if found.count(text) == 2]
    assert 20 < len(twice) < 60
    assert len(set(pages)) > len(set(found)) + len(twice) // 2
    joined = "".join(data.web_pages(texts * 5))
    for mark in ("\u201c", "\u2019", "&quot;", "&#x27;", "\xa0", "\xad", "\u200b",
                 "\ufeff", "\r\n", "\t", "<br>", "&lt;did&gt;"):
        assert mark in joined, ascii(mark)
