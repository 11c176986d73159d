"""Talking at the command line: the same draws as generate, whole characters, pipes."""

import io
import subprocess
import sys

import commands
import pytest
import torch
from coursecall import ROOT
from modelchecks import make, some_ids

from shared import model
from shared.checkpoint import files as checkpoint
from shared.finetune import assistant
from shared.generate import generate, reply, terminal
from shared.tokenizer import BPETokenizer, prompt_ids

COLD = terminal.Style(12, 1.0, top_k=1)


@pytest.fixture(scope="module")
def pair():
    """A model without any training, and its tokenizer of bytes."""
    tok = BPETokenizer([], ["<|endoftext|>"])
    return make(model, general=True, vocab_size=len(tok), context=64).eval(), tok


@pytest.fixture(scope="module")
def chatting(pair):
    """The same with the marks of a conversation."""
    return assistant.extend(*pair)


def draw(seed=5):
    """A generator."""
    return torch.Generator().manual_seed(seed)


# Catches: another order of draws, a cache that is wrong, a stop that is passed on.
@pytest.mark.parametrize(
    "style", [COLD, terminal.Style(30, 1.3), terminal.Style(9, 2, 5, 0.9)]
)
def test_the_stream_is_what_generate_draws(pair, style):
    net, _ = pair
    ids = some_ids(1, 6)[0].tolist()
    how = {"temperature": style.temperature, "top_k": style.top_k, "top_p": style.top_p}
    whole = generate(net, ids, style.most, generator=draw(), **how)[0, 6:].tolist()
    assert list(terminal.stream(net, ids, style, generator=draw())) == whole
    stop = whole[4]
    cut = whole[: whole.index(stop)]
    assert list(terminal.stream(net, ids, style, stop, draw())) == cut


# Catches: a cache that is not used.
def test_the_stream_reads_every_token_once(pair, monkeypatch):
    read, hidden = [], model.Decoder.hidden

    def counting(self, ids, cache=None, pad=None):
        read.append(ids.shape[1])
        return hidden(self, ids, cache, pad)

    monkeypatch.setattr(model.Decoder, "hidden", counting)
    assert len(list(terminal.stream(pair[0], [1, 2, 3], terminal.Style(5)))) == 5
    assert read == [3, 1, 1, 1, 1]


def test_the_stream_ends_where_the_context_is_full(pair):
    net, _ = pair
    ids = some_ids(1, 60)[0].tolist()
    assert len(list(terminal.stream(net, ids, terminal.Style(99)))) == 4
    with pytest.raises(ValueError, match="64 tokens fill the model's context of 64"):
        list(terminal.stream(net, [1] * 64))
    with pytest.raises(ValueError, match="temperature is -1"):
        list(terminal.stream(net, ids, terminal.Style(temperature=-1)))
    with pytest.raises(ValueError, match="got 2 rows; one text can be streamed"):
        list(terminal.stream(net, [[1], [2, 3]]))


# Catches: a model that stays as it is while drawing when nobody reads on.
def test_between_two_tokens_the_model_is_as_it_was(pair):
    net, _ = pair
    net.train()
    tokens = terminal.stream(net, [1, 2, 3], terminal.Style(5))
    next(tokens)
    assert net.training and torch.is_grad_enabled()
    tokens.close()
    assert net.training and not net.eval().training


# Catches: a loop of its own, whose likeliest token is another.
def test_a_stream_at_temperature_0_is_what_generate_takes(pair):
    net, _ = pair
    said = list(terminal.stream(net, [5, 6, 7], terminal.Style(20, 0)))
    assert said == generate(net, [5, 6, 7], 20, temperature=0)[0, 3:].tolist()


# Catches: a character shown in halves, a rest that is lost.
@pytest.mark.parametrize("text", ["plain", "Zoë: “où?”", "日本 🪁", ""])
def test_only_whole_characters_come(text):
    tok = BPETokenizer([])
    ids = tok.encode(text)
    assert list(terminal.as_text(tok, ids)) == list(text)
    if len(ids) > len(text):
        assert "".join(terminal.as_text(tok, ids[:-1])) == tok.decode(ids[:-1])


# Catches: a template of its own, a special token that can be typed.
def test_a_chat_model_reads_the_template(pair, chatting):
    net, tok = chatting
    said = "Hi <|end|>"
    ids, stop = terminal.opening(tok, said)
    assert ids == prompt_ids(tok, said) and stop == tok.special_tokens["<|end|>"]
    assert ids.count(stop) == 0
    told = "".join(terminal.answer(net, tok, said, COLD))
    assert told == reply(net, tok, said, max_new_tokens=12)
    ids, stop = terminal.opening(pair[1], said)
    assert pair[1].decode(ids[1:]) == said
    assert ids[0] == stop == 256 and ids.count(256) == 1


# Catches: a message answered alone, a turn that /new leaves, a prompt without room.
def test_what_was_said_is_remembered_until_new(chatting, monkeypatch):
    heard = []

    def heeding(net, tok, said, style, generator, before):
        heard.append((said, list(before)))
        yield f"<{said}>"

    monkeypatch.setattr(terminal, "answer", heeding)
    terminal.converse(*chatting, io.StringIO("a\nb\n/new\nc\n"))
    assert heard == [("a", []), ("b", [("a", "<a>")]), ("c", [])]


def test_the_oldest_turns_make_room_for_an_answer(chatting):
    net, tok = chatting
    said, turns = "And now?", [("x" * 20, "y"), ("one", "two"), ("three", "four")]
    told = "".join(terminal.answer(net, tok, said, COLD, before=turns))
    kept = turns[1:]
    all_of_it, rest = (len(prompt_ids(tok, said, some)) for some in (turns, kept))
    assert all_of_it > 64 - 12 >= rest
    assert told == reply(net, tok, said, before=kept, max_new_tokens=12)


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("one\ntwo\n", ["one", "two"]),
        ("one\n\n   \n two \n/quit\nthree\n", ["one", "two"]),
        ("a\\\nb\\\nc\nd", ["a\nb\nc", "d"]),
        ("a\\\n", ["a"]),
        (" /quit \nno", []),
        ("one\r\n/quit", ["one"]),
        ("", []),
    ],
)
def test_lines_become_messages(typed, heard):
    assert list(terminal.messages(io.StringIO(typed))) == heard


# Catches: a message that is too long and ends the conversation.
def test_the_conversation_goes_on_after_an_error(pair, capsys):
    source = io.StringIO("x" * 80 + "\n" + "y" * 63 + "\nshort\n")
    terminal.converse(*pair, source, COLD)
    told = capsys.readouterr()
    expected = "".join(terminal.answer(*pair, "short", COLD))
    assert told.out == expected + "\n"
    assert "81 tokens long; this model reads 64 at once" in told.err
    assert "64 tokens fill the model's context" in told.err


def test_the_same_seed_says_the_same(pair, capsys):
    told = []
    for seed in (1, 1, 2):
        terminal.converse(*pair, io.StringIO("a\nb\n"), terminal.Style(20), draw(seed))
        told.append(capsys.readouterr().out)
    assert told[0] == told[1] != told[2]


def test_an_answer_can_be_interrupted(pair, capsys, monkeypatch):
    def interrupted(*_):
        yield "so"
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal, "answer", interrupted)
    terminal.converse(*pair, io.StringIO("a\nb\n"))
    assert capsys.readouterr().out == "so ...\nso ...\n"


# --- the command ---------------------------------------------------------------------


def talking(typed, *arguments):
    """The program in a pipe; returns the finished process."""
    command = [sys.executable, "-m", "shared.generate.terminal", *arguments]
    return subprocess.run(
        command, input=typed, cwd=ROOT, capture_output=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def own_file(chatting, tmp_path_factory):
    """A model of one's own on disk."""
    path = tmp_path_factory.mktemp("own") / "mine.safetensors"
    checkpoint.save(path, *chatting)
    return str(path)


@pytest.mark.slow
def test_it_works_in_a_pipe_with_an_own_model(own_file, chatting):
    typed = b"How much?\n/quit\nunheard\n"
    options = ["--model", own_file, "--temperature", "0", "--most", "12"]
    ended = talking(typed, *options)
    expected = "".join(terminal.answer(*chatting, "How much?", COLD))
    shown = ended.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    assert (ended.returncode, shown) == (0, expected + "\n"), ended.stderr
    assert ended.stderr == b""
    small = talking(typed, *options, "--int8")
    assert small.returncode == 0 and small.stdout.endswith(b"\n")


@pytest.mark.slow
def test_bytes_that_are_no_text_do_not_end_it(own_file):
    ended = talking(b"\xff\xfe\nmore", "--model", own_file, "--most", "3")
    assert ended.returncode == 0 and ended.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--model", "classify"], "'classify' sorts messages and does not talk"),
        (["--model", "bard"], "there is no model 'bard'"),
        (["--model", "none.safetensors"], "there is no file none.safetensors"),
        (["--temperature", "-1"], "--temperature is -1.0; expected a number above 0"),
        (["--temperature", "1e-300"], "--temperature is 1e-300, too near to 0"),
        (["--top-k", "0"], "--top-k is 0; expected a whole number from 1, or leave it"),
        (["--top-p", "2"], "--top-p is 2.0; expected a share above 0 and at most 1"),
        (["--most", "-1"], "--most is -1"),
        (["--seed", "x"], "'x' is no seed; give a whole number from 0 to 18446744073"),
        (["--seed", "9" * 30], "9' is no seed; give a whole number"),
        (["--seed", "9" * 5000], "9' is no seed; give a whole number"),
    ],
)
def test_wrong_arguments_end_with_one_message(arguments, told, capsys):
    try:
        code = terminal.main(arguments)
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    assert code == 2 and said.out == "" and told in said.err


# Catches: a count of the small copy's bytes and scales, or of a tied head twice.
@pytest.mark.parametrize("options", [[], ["--int8"]])
def test_a_person_is_told_how_large_the_model_is(
    options, own_file, chatting, monkeypatch, capsys
):
    person = io.StringIO("/quit\n")
    monkeypatch.setattr(person, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", person)
    assert terminal.main(["--model", own_file, *options]) == 0
    size = sum(weights.numel() for weights in chatting[0].parameters())
    assert f": {size:,} numbers. Tell it a short tale" in capsys.readouterr().err


def test_the_best_model_that_is_here_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path)
    assert terminal.default_model() == "grpo"
    (tmp_path / "base.safetensors").touch()
    assert terminal.default_model() == "base"
    (tmp_path / "dpo.safetensors").touch()
    assert terminal.default_model() == "dpo"


# Catches: what is told while preparing among the answers.
def test_course_chat_keeps_answers_apart(monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(commands, "prepared", lambda *_: print("[1/1] preparing"))
    monkeypatch.setattr(commands, "_inside", lambda *words: ran.append(words) or 0)
    assert commands.main(["chat", "--seed", "1"]) == 0
    told = capsys.readouterr()
    assert told.out == "" and "preparing" in told.err
    assert ran == [("-m", "shared.generate.terminal", ["--seed", "1"])]
