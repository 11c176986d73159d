"""Public files by name: where they come from, and how to get them safely.

The book's own language needs none of them: they are the extra path. `fetch` looks first
in the folder that BLOCKS_DATA names (an offline classroom's copy), then in the cache
folder (BLOCKS_CACHE, or the system's own), and only then on the network. Each file is
compared with its SHA-256, wherever it comes from. Chapters reach these names through
`shared.data`.
"""

import hashlib
import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from shared.data.downloads import explain, receive


class DataUnavailable(OSError):
    """A public file can be had neither from a folder nor from the network."""


@dataclass(frozen=True)
class Source:
    """Where a public file comes from, and how to know that it is the right one.

    size is in bytes; path is the file's place in the cache and in a mirror; member is
    the file's name inside the zip archive at `url`, where there is one.
    """

    path: str
    url: str
    size: int
    sha256: str
    licence: str
    attribution: str
    member: str | None = None


GITHUB = "https://raw.githubusercontent.com/"
TINYLLAMAS = "https://huggingface.co/karpathy/tinyllamas/resolve/main/stories260K/"
VERDICT = "rasbt/LLMs-from-scratch/main/ch02/01_main-chapter-code/the-verdict.txt"
GPT2 = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"

REGISTRY = {
    "tinyshakespeare.txt": Source(
        "tinyshakespeare.txt",
        GITHUB + "karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        1_115_394,
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        "public domain",
        "William Shakespeare; this selection by Andrej Karpathy (char-rnn)",
    ),
    "the-verdict.txt": Source(
        "the-verdict.txt",
        GITHUB + VERDICT,
        20_479,
        "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f",
        "public domain",
        "Edith Wharton, The Verdict (1908); file by Sebastian Raschka",
    ),
    "SMSSpamCollection": Source(
        "SMSSpamCollection",
        "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",
        477_907,
        "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
        "CC BY 4.0",
        "Tiago Almeida and Jose Hidalgo, SMS Spam Collection, UCI data set 228",
        member="SMSSpamCollection",
    ),
    "stories260K.bin": Source(
        "stories260K.bin",
        TINYLLAMAS + "stories260K.bin",
        1_056_540,
        "b0a507e7ad0f626624f17112325e66691f9076d622e1d3274d103d00299f2696",
        "MIT",
        "Andrej Karpathy, tinyllamas",
    ),
    "tok512.bin": Source(
        "tok512.bin",
        TINYLLAMAS + "tok512.bin",
        6_227,
        "037cb335abb25d1fa9e8ecae30ed2a3a8ace9302862ebcdc05d51a6bbb10c312",
        "MIT",
        "Andrej Karpathy, tinyllamas",
    ),
    "vocab.bpe": Source(
        "tiktoken/6d1cbeee0f20b3d9449abfede4726ed8212e3aee",  # tiktoken's own name
        GPT2 + "vocab.bpe",
        456_318,
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        "modified MIT",
        "OpenAI, GPT-2",
    ),
    "encoder.json": Source(
        "tiktoken/6c7ea1a7e38e3a7f062df639a5b80947f075ffe6",
        GPT2 + "encoder.json",
        1_042_301,
        "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        "modified MIT",
        "OpenAI, GPT-2",
    ),
}

def source(name: str) -> Source:
    """The registry's entry. Raises ValueError, with the nearest name, if none."""
    if name in REGISTRY:
        return REGISTRY[name]
    near = get_close_matches(str(name), REGISTRY, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"there is no data set named {name!r}{hint} Known names: {', '.join(REGISTRY)}."
    )


def cache_folder() -> Path:
    """Where fetched files are kept: BLOCKS_CACHE, or the system's folder for caches."""
    import pooch

    chosen = os.environ.get("BLOCKS_CACHE") or pooch.os_cache("block-by-block")
    return Path(os.path.expanduser(chosen)).absolute()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_in_mirror(name: str) -> Path | None:
    """The file in a folder that the user named, checked; None if it is not there."""
    wanted = source(name)
    places = []
    if os.environ.get("BLOCKS_DATA"):
        # os.path's way leaves "~nosuchuser" as it is, where Path's own would raise.
        folder = os.path.expanduser(os.environ["BLOCKS_DATA"])
        places.append(Path(folder) / wanted.path)
    if wanted.path.startswith("tiktoken/") and os.environ.get("TIKTOKEN_CACHE_DIR"):
        places.append(Path(os.environ["TIKTOKEN_CACHE_DIR"]) / Path(wanted.path).name)
    for path in places:
        if path.is_file():
            if sha256_of(path) != wanted.sha256:
                raise DataUnavailable(
                    f"{path} is not the {name} that the book was written with: its "
                    f"SHA-256 starts with {sha256_of(path)[:8]}, not "
                    f"{wanted.sha256[:8]}. Replace that file, or take it away."
                )
            return path
    return None


def available(name: str) -> bool:
    """Whether `fetch` would find the right file without using the network."""
    wanted = source(name)
    path = find_in_mirror(name) or cache_folder() / wanted.path
    return path.is_file() and sha256_of(path) == wanted.sha256


def fetch(name: str) -> Path:
    """Path of a public file, fetched on first use and checked each time.

    Raises ValueError for an unknown name, and DataUnavailable, with one sentence on
    what to do, when the file cannot be had. A file never appears half written.
    """
    import pooch

    wanted, path = source(name), find_in_mirror(name)
    if path:
        return path
    shelf = pooch.create(
        path=cache_folder(),
        base_url="",
        registry={wanted.path: f"sha256:{wanted.sha256}"},
        urls={wanted.path: wanted.url},
    )

    def get(url: str, output: str, _: pooch.Pooch) -> None:
        receive(url, Path(output), wanted)

    pooch.get_logger().setLevel("WARNING")
    try:
        return Path(shelf.fetch(wanted.path, downloader=get))
    except (OSError, ValueError) as error:
        raise DataUnavailable(
            f"{name} is not on this machine and could not be fetched "
            f"({explain(error, wanted)}). The book goes on without it; to have it, "
            f"run this again with a network, or put the file into a folder as "
            f"{wanted.path} and set the variable BLOCKS_DATA to that folder."
        ) from error


def try_fetch(name: str) -> Path | None:
    """As fetch, but when the file cannot be had print one line and return None."""
    try:
        return fetch(name)
    except DataUnavailable as error:
        print(f"Skipped: {error}")
        return None


def gpt2_folder() -> Path | None:
    """The folder with GPT-2's vocab.bpe and encoder.json, for tokenizer.load_gpt2.

    None, after one printed line, when they cannot be had.
    """
    vocab = try_fetch("vocab.bpe")
    encoder = try_fetch("encoder.json") if vocab else None
    return encoder.parent if encoder and encoder.parent == vocab.parent else None
