"""One file from the network: resumed where it broke, never larger than it should be.

pooch keeps the cache, the draft beside the file and the hash; its own downloader starts
anew after a broken connection, and its Unzip puts members of any size into place before
their hash is known. So both are done here.
"""

import sys
import time
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from shared.data.sources import Source

ATTEMPTS = 3  # per download; a later attempt goes on where the earlier one stopped
PAUSE = 1.0  # seconds before the second attempt, doubled before each further one
SLOWEST = 600.0  # seconds that a file may take in all; the largest has about a megabyte
# An archive may hold more than the file that is wanted; this much more is accepted.
ARCHIVE = 10_000_000
DAMAGED = (zipfile.BadZipFile, KeyError, zlib.error, RuntimeError, EOFError)


class WrongContentError(ValueError):
    """What came is not the file that was asked for; the message says why."""


def receive(url: str, output: Path, wanted: "Source") -> None:
    """Download `url` to `output`; if it is an archive, keep only the wanted member.

    Raises:
        OSError: requests' own errors, and those of the disk.
        WrongContentError: too large, too slow, or an archive without the member.
    """
    if wanted.member is None:
        stream(url, output, wanted.size)
        return
    archive = output.with_name(output.name + ".zip")
    try:
        stream(url, archive, wanted.size + ARCHIVE)
        output.write_bytes(member(archive, wanted))
    finally:
        archive.unlink(missing_ok=True)


def member(archive: Path, wanted: "Source") -> bytes:
    """The wanted member of an archive; no more is unpacked than its known size."""
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(wanted.member) as file:
            content = file.read(wanted.size + 1)
    except DAMAGED as error:  # RuntimeError: encrypted, or an unknown method
        host = urlsplit(wanted.url).netloc
        what = f"the archive from {host} does not hold {wanted.member}"
        raise WrongContentError(what) from error
    check_size(len(content), wanted.size, wanted.url)
    return content


def check_size(size: int, most: int, url: str) -> None:
    """Raise WrongContentError where more came than the file has, in bytes."""
    if size > most:
        host = urlsplit(url).netloc
        raise WrongContentError(f"{host} sends more than the {most:,} bytes expected")


def stream(url: str, output: Path, most: int) -> None:
    """Write what `url` answers, at most `most` bytes, to `output`.

    A connection that breaks is taken up again where it broke, if the server can.
    """
    import requests

    end = time.monotonic() + SLOWEST
    with output.open("wb") as file:
        for attempt in range(ATTEMPTS):
            done = file.tell()
            headers = {"Accept-Encoding": "identity"}
            if done:
                headers["Range"] = f"bytes={done}-"
            try:
                answer = requests.get(
                    url, headers=headers, stream=True, timeout=(5, 60)
                )
                with answer:
                    answer.raise_for_status()
                    if done and answer.status_code != 206:  # it sends all of it again
                        file.seek(0)
                    save_chunks(answer, file, most, end)
                return
            except requests.RequestException as error:
                if attempt + 1 == ATTEMPTS or hopeless(error):
                    raise
                time.sleep(PAUSE * 2**attempt)


def save_chunks(answer: Any, file: BinaryIO, most: int, end: float) -> None:
    """Copy the body of an answer to the file, with one line of progress on stderr.

    Raises WrongContentError beyond `most` bytes or after `end`, in monotonic seconds.
    """
    total = file.tell() + int(answer.headers.get("Content-Length", 0))
    check_size(total, most, answer.url)
    shown = -1
    for chunk in answer.iter_content(65536):
        check_size(file.tell() + len(chunk), most, answer.url)
        if time.monotonic() > end:
            host = urlsplit(answer.url).netloc
            raise WrongContentError(f"{host} sends too slowly")
        file.write(chunk)
        percent = 100 * file.tell() // total if total else 0
        if percent // 5 > shown:
            shown = percent // 5
            line = f"\rfetching {answer.url.rsplit('/', 1)[-1]}: {percent:3d} %"
            print(line, end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def hopeless(error: Exception) -> bool:
    """Whether trying again at once is of no use: no such host, or no such file."""
    import requests
    from urllib3.exceptions import MaxRetryError

    if isinstance(error, requests.HTTPError):
        return 400 <= error.response.status_code < 500
    return isinstance(error, requests.ConnectionError) and any(
        isinstance(cause, MaxRetryError) for cause in error.args
    )


def explain(error: Exception, wanted: "Source") -> str:
    """The reason in a few words, for the sentence that the reader sees."""
    import requests

    host = urlsplit(wanted.url).netloc
    if isinstance(error, WrongContentError):
        return str(error)
    if isinstance(error, requests.HTTPError):
        return f"{host} answered {error.response.status_code}"
    if isinstance(error, requests.exceptions.SSLError):
        return f"the certificate of {host} was refused"
    if isinstance(error, requests.RequestException):
        return f"no connection to {host}, or it broke"
    if isinstance(error, OSError):
        return f"it cannot be written: {error}"
    return f"what {host} sent has another SHA-256 than {wanted.sha256[:8]}..."
