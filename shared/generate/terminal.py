"""Talk with a model at the command line: `python3 course.py chat`.

    python3 course.py chat --model grpo --temperature 0.5 --seed 1
    echo "How much is seven and five?" | python3 course.py chat

One line in, one answer out, token by token; /quit or the end of the input ends it. A
line that ends in a backslash goes on in the next. A chat model answers each message by
itself, in the template of a chat; a base model goes on with what it is given.
"""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

import torch

from shared import checkpoint
from shared.checkpoint import int8
from shared.generate.sampling import next_logits, next_probabilities
from shared.model.gpt import GPT
from shared.model.guards import check_end, check_prompt, check_sampling
from shared.model.modes import evaluating
from shared.tokenizer.bpe import BPETokenizer
from shared.tokenizer.template import MARKS, STOP, prompt_ids

QUIT = "/quit"
#: The shipped models that talk, the one to choose first in front.
TALKERS = ("grpo", "dpo", "chat", "base")


@dataclass(frozen=True)
class Style:
    """How tokens are drawn, as in `generate`, and how many there may be at most."""

    most: int = 200
    temperature: float = 0.7
    top_k: int | None = None
    top_p: float | None = None


def stream(
    model: GPT,
    ids: list[int],
    style: Style = Style(),
    stop: int | None = None,
    generator: torch.Generator | None = None,
) -> Iterator[int]:
    """Yield new token ids as they are drawn: those of `generate`, up to `stop`.

    ids: the prompt, one row. The end also comes when the model's context is full.
    Raises ValueError for bad settings and for a prompt without room for an answer.
    """
    check_sampling(style.most, style.temperature, style.top_k, style.top_p)
    check_end(stop, model.config)
    row, room = check_prompt(ids, model.config), model.config.context - len(ids)
    if room < 1:
        raise ValueError(
            f"{len(ids)} tokens fill the model's context of {model.config.context}; "
            "say less, so that there is room for an answer"
        )
    cache = model.new_cache()
    for _ in range(min(style.most, room)):
        with evaluating(model):
            logits = next_logits(model, row, cache)
            how = style.temperature, style.top_k, style.top_p
            token = torch.multinomial(
                next_probabilities(logits, *how), 1, generator=generator
            )
        if token.item() == stop:
            return
        yield int(token)
        row = torch.cat([row, token], dim=1)


def as_text(tok: BPETokenizer, ids: Iterable[int]) -> Iterator[str]:
    """Yield the text of ids as soon as its characters are whole.

    A token may end inside a character; its first bytes wait for the others.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for i in ids:
        if piece := decoder.decode(tok.bytes_of(i)):
            yield piece
    if rest := decoder.decode(b"", final=True):
        yield rest


def is_chat(tok: BPETokenizer) -> bool:
    """Whether a model with this tokenizer has learned to answer."""
    return all(mark in tok.special_tokens for mark in MARKS)


def opening(tok: BPETokenizer, said: str) -> tuple[list[int], int | None]:
    """The ids to go on from, and the id at which to stop."""
    if is_chat(tok):
        return prompt_ids(tok, said), tok.special_tokens[STOP]
    end = tok.special_tokens.get("<|endoftext|>")
    start = [] if end is None else [end]
    return [*start, *tok.encode_ordinary(said)], end


def answer(
    model: GPT,
    tok: BPETokenizer,
    said: str,
    style: Style = Style(),
    generator: torch.Generator | None = None,
) -> Iterator[str]:
    """Yield the answer to `said` piece by piece; see stream for errors."""
    ids, stop = opening(tok, said)
    if len(ids) > model.config.context:
        raise ValueError(
            f"that is {len(ids)} tokens long; this model reads "
            f"{model.config.context} at once, its answer included. Say less"
        )
    yield from as_text(tok, stream(model, ids, style, stop, generator))


# --- the conversation ----------------------------------------------------------------


def messages(source: TextIO, prompt: str = "") -> Iterator[str]:
    """Yield what is said, line by line, until the end or /quit; empty lines are not."""
    said = ""
    while True:
        print(prompt, end="", flush=True)
        line = source.readline()
        said += line.rstrip("\r\n")
        if line and said.endswith("\\"):
            said = said[:-1] + "\n"
            continue
        if said.strip() == QUIT:
            return
        if said.strip():
            yield said.strip()
        if not line:
            return
        said = ""


def converse(
    model: GPT,
    tok: BPETokenizer,
    source: TextIO,
    style: Style = Style(),
    generator: torch.Generator | None = None,
    prompt: str = "",
) -> None:
    """Answer every message of `source` on standard output, a line or more each.

    Ctrl+C stops an answer. What cannot be answered is told on standard error.
    """
    for said in messages(source, prompt):
        try:
            for piece in answer(model, tok, said, style, generator):
                print(piece, end="", flush=True)
            print(flush=True)
        except ValueError as error:
            print(f"chat: {error}.", file=sys.stderr)
        except KeyboardInterrupt:
            print(" ...", flush=True)


def default_model() -> str:
    """The best model that is here."""
    here = [name for name in TALKERS if checkpoint.where(name).exists()]
    return here[0] if here else TALKERS[0]


def load(name: str) -> tuple[GPT, BPETokenizer]:
    """A model to talk with. Raises CheckpointError for one that cannot."""
    if name in checkpoint.CHAPTERS and name not in TALKERS:
        raise checkpoint.CheckpointError(
            f"{name!r} sorts messages and does not talk; give one of {list(TALKERS)}"
        )
    return checkpoint.load(name)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line; argparse itself ends the program for a wrong one."""
    about = __doc__.split("\n\n")[-1] if __doc__ else ""
    parser = argparse.ArgumentParser(prog="course.py chat", description=about)
    known = ", ".join(TALKERS)
    parser.add_argument("--model", help=f"{known}, or a .safetensors file of your own")
    parser.add_argument(
        "--temperature", type=float, default=0.7, help="0 takes the likeliest token"
    )
    parser.add_argument("--top-k", type=int, help="draw among so many tokens only")
    parser.add_argument("--top-p", type=float, help="draw among the likeliest only")
    parser.add_argument("--most", type=int, default=200, help="tokens of an answer")
    parser.add_argument("--seed", type=int, help="for the same answers each time")
    parser.add_argument(
        "--int8", action="store_true", help="use weights of one byte (chapter 14)"
    )
    options = parser.parse_args(arguments)
    if options.temperature == 0:
        options.temperature, options.top_k = 1.0, 1
    try:
        sampling = options.temperature, options.top_k, options.top_p
        check_sampling(options.most, *sampling)
    except ValueError as error:
        parser.error(str(error).replace("top_k=1", "--temperature 0"))
    return options


def welcome(name: str, model: GPT, tok: BPETokenizer) -> str:
    """What a person sees first."""
    size = sum(t.numel() for t in model.state_dict().values())
    how = "It goes on with what you begin."
    if is_chat(tok):
        how = "It sees one message at a time: put a tale and its question into one."
    keys = f"A \\ at the end of a line: more comes. {QUIT} ends."
    return f"{name}: {size:,} numbers. {how}\n{keys}"


def main(arguments: list[str] | None = None) -> int:
    """Talk until the input ends; 0 when all went well, 2 for a model that is not."""
    options = read_arguments(arguments)
    for file in (sys.stdin, sys.stdout):
        if hasattr(file, "reconfigure"):
            file.reconfigure(errors="replace")
    name = options.model or default_model()
    try:
        model, tok = load(name)
    except checkpoint.CheckpointError as error:
        print(f"chat: {error}.", file=sys.stderr)
        return 2
    model = int8.int8_model(model) if options.int8 else model
    generator = torch.Generator()
    if options.seed is None:
        generator.seed()
    else:
        generator.manual_seed(options.seed)
    style = Style(options.most, options.temperature, options.top_k, options.top_p)
    person = sys.stdin.isatty()
    if person:
        print(welcome(name, model, tok), file=sys.stderr)
    try:
        converse(model, tok, sys.stdin, style, generator, "> " if person else "")
    except KeyboardInterrupt:
        print()
    except BrokenPipeError:  # whoever read our answers has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
