"""Talk with a model at the command line: `python3 course.py chat`.

    python3 course.py chat --model grpo --temperature 0.5 --seed 1
    echo "How much is seven and five?" | python3 course.py chat

One line in, one answer out, token by token; /quit or the end of the input ends it. A
line that ends in a backslash goes on in the next. A chat model remembers what was said,
as far as its context reaches, until /new; a base model goes on with what it is given.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

import torch

from shared import checkpoint
from shared.checkpoint import int8
from shared.generate.guards import check_sampling
from shared.generate.known import within
from shared.generate.streaming import STYLE, Style, as_text, stream
from shared.model.gpt import GPT
from shared.tokenizer.bpe import BPETokenizer
from shared.tokenizer.template import MARKS, STOP, prompt_ids, recent

QUIT, NEW = "/quit", "/new"
ROOM = 4  # a quarter of a model's context is kept for an answer
#: The shipped models that talk, the one to choose first in front.
TALKERS = ("grpo", "dpo", "chat", "base", "plain")
#: How `generate` names things, and how the command line does.
TYPED = {
    "max_new_tokens is": "--most is",
    "temperature is": "--temperature is",
    "top_k is": "--top-k is",
    "top_p is": "--top-p is",
    "None for all": "leave it out for all",
}


def is_chat(tok: BPETokenizer) -> bool:
    """Whether a model with this tokenizer has learned to answer."""
    return all(mark in tok.special_tokens for mark in MARKS)


def opening(
    tok: BPETokenizer, said: str, before: Sequence[tuple[str, str]] = ()
) -> tuple[list[int], int | None]:
    """The ids to go on from, and the id at which to stop; before: the earlier turns."""
    if is_chat(tok):
        return prompt_ids(tok, said, before), tok.special_tokens[STOP]
    end = tok.special_tokens.get("<|endoftext|>")
    start = [] if end is None else [end]
    return [*start, *tok.encode_ordinary(said)], end


def answer(
    model: GPT,
    tok: BPETokenizer,
    said: str,
    style: Style = STYLE,
    generator: torch.Generator | None = None,
    before: Sequence[tuple[str, str]] = (),
) -> Iterator[str]:
    """Yield the answer to `said` piece by piece; see stream for errors.

    before: the earlier turns, pairs (said, answered); the oldest are left out where
    there would be no room for an answer.
    """
    if is_chat(tok):
        most = model.config.context - min(style.most, model.config.context // ROOM)
        before = recent(tok, said, before, most)
    ids, stop = opening(tok, said, before)
    if len(ids) > model.config.context:
        raise ValueError(
            f"that is {len(ids)} tokens long; this model reads "
            f"{model.config.context} at once, its answer included. Say less"
        )
    drawn = stream(within(model, len(tok)), ids, style, stop, generator)
    yield from as_text(tok, drawn)


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
    style: Style = STYLE,
    generator: torch.Generator | None = None,
    prompt: str = "",
) -> None:
    """Answer every message of `source` on standard output, a line or more each.

    A chat model hears each after what was said before; /new forgets that. Ctrl+C stops
    an answer. What cannot be answered is told on standard error, and not remembered.
    """
    before: list[tuple[str, str]] = []
    for said in messages(source, prompt):
        if said == NEW:
            before = []
            continue
        told = ""
        try:
            for piece in answer(model, tok, said, style, generator, before):
                told += piece
                print(piece, end="", flush=True)
            print(flush=True)
        except ValueError as error:
            print(f"chat: {error}.", file=sys.stderr)
            continue
        except KeyboardInterrupt:
            print(" ...", flush=True)
        before.append((said, told))


def default_model() -> str:
    """The best model that is here."""
    here = [name for name in TALKERS if checkpoint.where(name).exists()]
    return here[0] if here else TALKERS[0]


def load(name: str) -> tuple[GPT, BPETokenizer]:
    """A model to talk with. Raises CheckpointError for one that cannot."""
    if name in checkpoint.MAKERS and name not in TALKERS:
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
    parser.add_argument("--seed", type=seed, help="for the same answers each time")
    parser.add_argument(
        "--int8", action="store_true", help="use weights of one byte (chapter 14)"
    )
    options = parser.parse_args(arguments)
    try:
        sampling = options.temperature, options.top_k, options.top_p
        check_sampling(options.most, *sampling)
    except ValueError as error:
        told = str(error)
        for name, typed in TYPED.items():
            told = told.replace(name, typed)
        parser.error(told)
    return options


def seed(text: str) -> int:
    """A seed as it is typed. Raises ArgumentTypeError for one that torch cannot use."""
    try:
        torch.Generator().manual_seed(int(text))
    except (ValueError, OverflowError, RuntimeError):
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is no seed; give a whole number from 0 to {2**64 - 1}"
        ) from None
    return int(text)


def welcome(name: str, model: GPT, tok: BPETokenizer) -> str:
    """What a person sees first; the model as it was loaded, not its small copy."""
    size = sum(weights.numel() for weights in model.parameters())
    how = "It goes on with what you begin."
    if is_chat(tok):
        how = "Tell it a short tale and ask about it, or give it a sum."
    keys = f"A \\ at the end of a line: more comes. {NEW} begins anew, {QUIT} ends."
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
    used = int8.int8_model(model) if options.int8 else model
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
        converse(used, tok, sys.stdin, style, generator, "> " if person else "")
    except KeyboardInterrupt:
        print()
    except BrokenPipeError:  # whoever read our answers has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
