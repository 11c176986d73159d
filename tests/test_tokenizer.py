"""The tokenizers against Hugging Face tokenizers and tiktoken, and with bad input.

The comment above each test says which fault it is there to catch; each was planted once
and seen to be caught.
"""

import json
import os
import random
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import regex
import tiktoken
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from shared.tokenizer import (
    BPETokenizer,
    SmallBPE,
    Vocabulary,
    WordTokenizer,
    load_gpt2,
    long_words,
    unicode16,
)
from shared.tokenizer import files as tokenfile
from shared.tokenizer import merges as bpe

END = "<|endoftext|>"
MIRROR = Path(os.environ.get("BLOCKS_DATA") or "no mirror")
GPT2_FOLDER = Path(os.environ.get("TIKTOKEN_CACHE_DIR") or MIRROR / "tiktoken")
needs_mirror = pytest.mark.skipif(
    not (MIRROR / "tinyshakespeare.txt").exists(),
    reason="BLOCKS_DATA names no folder with tinyshakespeare.txt",
)
needs_gpt2 = pytest.mark.skipif(
    not (GPT2_FOLDER / "6d1cbeee0f20b3d9449abfede4726ed8212e3aee").exists(),
    reason="neither TIKTOKEN_CACHE_DIR nor BLOCKS_DATA holds GPT-2's files",
)

PROSE = (
    "Mara lost the brass key near the mill. \"Don't worry,\" said Tobin, who'd found "
    "3 shells and 14 feathers; they'll look for it together.\n\n"
    "Der Müller grüßt den Fuchs, 早上好世界, привет, мир! 🦊🦊 naïve café — ½ price…\n"
    "    if x == 10:\n\t\treturn  'snow'   \r\n\r\n"
)
CORPORA = {
    "prose": PROSE * 3,
    "ties": "ab ba ab ba cd dc zz za az",  # every pair is as frequent as another
    "runs": "aaaa aaa aa aaaaaaa bbbb abababab aabb " * 3,
    "bytes": "é è ê ë ∑ ∏ 🦊 🦔 🐿 \x00\x01 \x7f\xa0\xad",  # the order of the byte ids
    "one word": "mississippi",
    "letters": "".join(random.Random(5).choices("abc \n", k=4000)),
    "words": " ".join(random.Random(6).choices(PROSE.split(), k=3000)),
}


def hugging_face_merges(texts: list[str], how_many: int) -> list[tuple[str, str]]:
    """Merges that Hugging Face tokenizers learns, in GPT-2's visible characters."""
    model = Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + how_many,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator(texts, trainer)
    return [tuple(pair) for pair in json.loads(model.to_str())["model"]["merges"]]


def our_merges(texts: list[str], how_many: int) -> list[tuple[str, str]]:
    words = Counter(word for text in texts for word in bpe.split_words(text))
    merges = bpe.learn_merges(words, how_many)
    shown = {i: bpe.show_bytes(b) for i, b in bpe.build_vocab(merges).items()}
    return [(shown[left], shown[right]) for left, right in merges]


@pytest.fixture(scope="module")
def tok() -> BPETokenizer:
    return BPETokenizer.train(CORPORA["words"] + PROSE * 5, 420)


@pytest.fixture(scope="module")
def reference(tok) -> tiktoken.Encoding:
    return tok.to_tiktoken()


# --- Training ------------------------------------------------------------------------


# Catches: another rule for ties (first seen, largest bytes, plain byte order), counts
# that go stale after a merge, runs such as aaa merged twice, a merge too few or many.
@pytest.mark.parametrize("name", CORPORA)
def test_merges_are_those_of_hugging_face(name):
    expected = hugging_face_merges([CORPORA[name]], 300)
    assert our_merges([CORPORA[name]], 300) == expected
    assert len(expected) > 3


# Catches the same faults on texts that nobody thought of.
@settings(max_examples=150, deadline=None)
@given(st.lists(st.text("aabcé \n", max_size=40), min_size=1, max_size=4))
def test_merges_are_those_of_hugging_face_on_any_text(texts):
    assert our_merges(texts, 30) == hugging_face_merges(texts, 30)


@needs_mirror
def test_merges_are_those_of_hugging_face_on_tinyshakespeare():
    text = (MIRROR / "tinyshakespeare.txt").read_text(encoding="utf-8")
    tok = BPETokenizer.train(text, 1024)
    shown = {i: bpe.show_bytes(token) for i, token in tok.vocab.items()}
    ours = [(shown[left], shown[right]) for left, right in tok.merges]
    assert ours == hugging_face_merges([text], 1024 - 257)
    reference = tok.to_tiktoken()
    assert tok.encode(text) == reference.encode(text)


def merges_by_recounting(words: dict[str, int], how_many: int) -> list[bpe.Pair]:
    """The rule itself, slowly: count everything again for each merge."""
    ids = [(bpe.bytes_to_ids(w.encode("utf-8")), n) for w, n in words.items()]
    merges = []
    while len(merges) < how_many and (counts := bpe.count_pairs(ids)):
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(pair)
        ids = [(bpe.merge_pair(i, pair, 255 + len(merges)), n) for i, n in ids]
    return merges


# Catches: an incremental count that leaves out a word or counts a change twice.
def test_incremental_counts_equal_recounting():
    words = Counter(bpe.split_words(CORPORA["prose"] + CORPORA["words"]))
    assert bpe.learn_merges(words, 200) == merges_by_recounting(words, 200)


# Catches: a rule for ties of its own, a merge too few, words cut another way, bytes in
# another order, an encoder that is not "earliest merge first", a decoder that stops.
@pytest.mark.parametrize("name", CORPORA)
def test_the_small_one_equals_the_engineered_one(name):
    small = SmallBPE.train(CORPORA[name], 300)
    words = Counter(bpe.split_words(CORPORA[name]))
    assert list(small.ranks) == bpe.learn_merges(words, 300 - 256)
    large = BPETokenizer(list(small.ranks))
    assert small.vocab == large.vocab
    for text in [*CORPORA.values(), "", "\u200d", "x" * 300]:
        ids = small.encode(text)
        assert ids == large.encode(text) == large.to_tiktoken().encode(text)
        assert small.decode(ids) == text
    assert small.decode([200, 201]) == large.decode([200, 201])


# Catches: merging on when every word is one token already.
def test_the_small_one_stops_when_nothing_is_left():
    assert len(SmallBPE.train("ab ab", 1000).vocab) < 260
    assert SmallBPE.train("", 300).encode("ab") == bpe.bytes_to_ids(b"ab")


# Catches: merges across documents, or inside or across the end-of-text marker.
def test_training_sees_documents_and_special_tokens_as_borders():
    documents = ["the mill", "the fox the mill", "the fox"]
    apart = BPETokenizer.train(documents, 265)
    assert BPETokenizer.train(END.join(documents), 265).merges == apart.merges
    assert BPETokenizer.train(iter(documents), 265).merges == apart.merges
    assert not any(b"|" in apart.bytes_of(i) for i in range(256, 264))
    assert apart.special_tokens == {END: 264}
    first = BPETokenizer.train(["ab ab", "cd", "cd", "cd"], 257, special_tokens=())
    assert first.bytes_of(256) == b"cd"  # documents are counted together


# --- Encoding ------------------------------------------------------------------------

TRICKY = st.text(
    st.sampled_from(list("aàb'sltdve 1²٣.!\t\n\r\x0b\x1c\x85\xa0\u2003\u3000\ufeff"))
    | st.sampled_from("🦊👩‍🚀é́漢字ß½\u0558\u088f\U000323b0\U0001f9ff\u200b\x00")
    | st.characters(codec="utf-8"),
    max_size=60,
)
SENTENCES = st.lists(st.sampled_from(PROSE.split(" ")), max_size=30).map(" ".join)


# Catches: a wrong pattern (the ending 's, runs of spaces, other digits), merges in the
# wrong order, a pair merged from the right, a stale or mixed-up cache.
@settings(max_examples=600, deadline=None)
@given(text=st.text() | TRICKY | SENTENCES)
def test_encoding_equals_tiktoken(tok, reference, text):
    ids = tok.encode_ordinary(text)
    assert ids == reference.encode_ordinary(text)
    assert tok.decode(ids) == text


# Catches: characters that `regex` and tiktoken put into different classes because one
# of them knows a newer Unicode. If it fails after an update of either, NEW_CHARACTERS
# in tokenizer/unicode16.py needs the ranges that this test prints.
@pytest.mark.parametrize("kind", [r"\p{L}", r"\p{N}", r"\s"])
def test_every_character_is_in_tiktokens_class(kind):
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    single = {bytes([byte]): byte for byte in range(256)}
    theirs = tiktoken.Encoding(
        "one class", pat_str=kind, mergeable_ranks=single, special_tokens={}
    )
    expected = set(bytes(theirs.encode_ordinary(text)).decode("utf-8"))
    ours = set(regex.findall(kind, text))
    if kind != r"\s":
        ours -= set(regex.findall(unicode16.NEW_CHARACTERS, text))
    assert ours == expected, sorted(hex(ord(c)) for c in ours ^ expected)


# Catches: letters and digits newer than Unicode 16 glued to their neighbours. The only
# merges join "a" or "1" with the first byte of a character, so a wrong cut shows.
def test_new_characters_are_cut_as_tiktoken_cuts_them():
    heads = bpe.bytes_to_ids(bytes(range(0xC2, 0xF5)))
    glue = [(left, head) for left in bpe.bytes_to_ids(b"a1") for head in heads]
    ours = BPETokenizer(glue)
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    new = regex.findall(unicode16.NEW_CHARACTERS, text)
    text = "".join(f"a{c} 1{c}é" for c in new)
    assert ours.encode(text) == ours.to_tiktoken().encode(text)
    assert ours.encode("aé 1é") != bpe.bytes_to_ids("aé 1é".encode())


LONG = {
    "one letter": "a" * 20_000,
    "two letters": "ab" * 10_000,
    "spaces": " " * 30_000,
    "line ends": "x" + "\n" * 20_000 + "y",
    "any letters": "".join(random.Random(1).choices("themilfoxan", k=20_000)),
    "emoji": "🦊" * 5_000,
    "Chinese": "早上好世界" * 4_000,
}


# Catches: a long word handled otherwise than a short one, or by the slow way (one pass
# over the word per merge), which would take minutes for such text.
@pytest.mark.parametrize("name", LONG)
def test_very_long_words(tok, reference, name, monkeypatch):
    slow = bpe.encode_word

    def only_short(ids, ranks):
        assert len(ids) <= 100, "a long word came to the slow way"
        return slow(ids, ranks)

    monkeypatch.setattr(bpe, "encode_word", only_short)
    assert tok.encode(LONG[name]) == reference.encode(LONG[name])


# Catches: an error in the linked list or the heap (a dead neighbour, the last id).
@settings(max_examples=300, deadline=None)
@given(st.text("themilfox' aé", max_size=80))
def test_both_ways_to_encode_a_word_agree(tok, word):
    ids = bpe.bytes_to_ids(word.encode("utf-8"))
    before = list(ids)
    assert long_words.encode_long_word(ids, tok.ranks) == bpe.encode_word(
        ids, tok.ranks
    )
    assert ids == before  # neither changes what it was given


# Catches: a cache that grows without bound, or that returns a list others may change.
def test_cache_is_bounded_and_private(tok, reference):
    text = " ".join(map(str, range(100_300)))
    assert tok.encode(text) == reference.encode(text)
    assert len(tok.cache) <= 100_000
    first = tok.encode("the")
    first.append(0)
    assert tok.encode("the") == first[:-1]


# Catches: GPT-2's own merges misread, or bytes in another order.
@needs_gpt2
@settings(max_examples=200, deadline=None)
@given(text=st.text() | TRICKY | SENTENCES)
def test_gpt2_equals_tiktoken(gpt2, text):
    ours, theirs = gpt2
    assert ours.encode_ordinary(text) == theirs.encode_ordinary(text)


@pytest.fixture(scope="module")
def gpt2():
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(GPT2_FOLDER)
    try:
        yield load_gpt2(), tiktoken.get_encoding("gpt2")
    finally:
        os.environ.pop("TIKTOKEN_CACHE_DIR")
        if before is not None:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


@needs_gpt2
def test_gpt2_vocabulary_and_long_words(gpt2):
    ours, theirs = gpt2
    assert len(ours) == theirs.n_vocab == 50_257
    assert all(ours.bytes_of(i) == theirs.decode_bytes([i]) for i in range(50_257))
    assert ours.encode(END, "all") == [50_256]
    for text in LONG.values():
        assert ours.encode(text) == theirs.encode(text)


# Catches: a loader that reads only tiktoken's cache names, or skips encoder.json.
def test_gpt2_files_under_their_own_names(tok, tmp_path):
    shown = {i: bpe.show_bytes(b) for i, b in bpe.build_vocab(tok.merges).items()}
    lines = [f"{shown[left]} {shown[right]}" for left, right in tok.merges]
    text = "\n".join(["#version: 0.2", *lines, ""])
    (tmp_path / "vocab.bpe").write_text(text, encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="encoder.json is not in"):
        load_gpt2(tmp_path)
    ids = {token: i for i, token in shown.items()} | {END: len(shown)}
    (tmp_path / "encoder.json").write_text(json.dumps(ids), encoding="utf-8")
    assert load_gpt2(tmp_path).vocab == tok.vocab
    ids["th"], ids["he"] = 1, 2
    (tmp_path / "encoder.json").write_text(json.dumps(ids), encoding="utf-8")
    with pytest.raises(ValueError, match="does not fit"):
        load_gpt2(tmp_path)


# --- Ids and special tokens ----------------------------------------------------------


# Catches: bytes in numerical order, special tokens before the merges, holes.
def test_layout_of_ids(tok, reference):
    assert [bytes([b]) for b in bpe.BYTES] == [tok.bytes_of(i) for i in range(256)]
    assert tok.bytes_of(0) == b"!" and tok.bytes_of(220) == b" "
    assert list(tok.vocab) == list(range(420)) and len(tok) == 420
    assert tok.bytes_of(419) == END.encode()
    assert tok.vocab[256] == tok.vocab[tok.merges[0][0]] + tok.vocab[tok.merges[0][1]]
    assert sorted(bpe.BYTES) == list(range(256))
    assert bpe.show_bytes(b" t\n") == "ĠtĊ"
    assert all(unicodedata.category(c)[0] not in "CZ" for c in bpe.BYTE_CHAR.values())


# Catches: a special token recognised without being asked for, or not when asked for.
def test_special_tokens_follow_tiktokens_rule(tok):
    ours = tok.with_special_tokens(["<|user|>", "<|user|>:"])
    theirs = ours.to_tiktoken()
    text = f"{END}fox{END}{END} <|user|> mill"
    for allowed in ("all", {END, "<|user|>"}):
        expected = theirs.encode(text, allowed_special=allowed)
        assert ours.encode(text, allowed) == expected
        assert expected.count(419) == 3 and expected.count(420) == 1
    plain = theirs.encode(text, disallowed_special=())
    assert (
        ours.encode_ordinary(text) == plain == ours.to_tiktoken().encode_ordinary(text)
    )
    for allowed in ((), {END}):
        with pytest.raises(ValueError, match="special token"):
            ours.encode(text, allowed)
        with pytest.raises(ValueError, match="special token"):
            theirs.encode(text, allowed_special=set(allowed))
    assert ours.encode("<|user|>:", "all") == [421]  # the longer one wins
    assert ours.decode([419, 420]) == END + "<|user|>"
    assert ours.encode(END, END) == [419]  # one name may be given as it is


# Catches: old ids that move, and names that cannot work.
def test_more_special_tokens_keep_every_old_id(tok):
    more = tok.with_special_tokens(["<|user|>", "<|assistant|>"])
    assert {i: more.vocab[i] for i in tok.vocab} == tok.vocab
    assert more.special_tokens == {END: 419, "<|user|>": 420, "<|assistant|>": 421}
    assert tok.special_tokens == {END: 419} and type(more) is BPETokenizer
    with pytest.raises(ValueError, match="given twice"):
        tok.with_special_tokens([END])
    with pytest.raises(ValueError, match="is empty"):
        tok.with_special_tokens([""])
    with pytest.raises(TypeError, match="expected a list of special tokens"):
        tok.with_special_tokens("<|user|>")


def test_asking_for_a_special_token_that_does_not_exist(tok):
    with pytest.raises(ValueError, match=r"\['<\|user\|>'\] are no special tokens"):
        tok.encode("fox", {"<|user|>"})


# Catches: decoding that stops at half a character, or differs from tiktoken's.
@settings(max_examples=150, deadline=None)
@given(ids=st.lists(st.integers(0, 419), max_size=30))
def test_decoding_any_ids_equals_tiktoken(tok, reference, ids):
    assert tok.decode(ids) == reference.decode(ids)


def test_decoding_arrays_and_half_characters(tok):
    ids = tok.encode("the fox 🦊")
    assert tok.decode(np.array(ids, dtype=np.uint16)) == "the fox 🦊"
    assert tok.decode(torch.tensor(ids)) == "the fox 🦊"
    assert tok.decode(bpe.bytes_to_ids("🦊".encode()[:3])) == "\ufffd"
    assert tok.decode([]) == "" and tok.encode("") == []


# --- Files ---------------------------------------------------------------------------


def test_save_and_load(tok, tmp_path):
    path = tmp_path / "tokenizer.json"
    tok.save(path)
    assert type(again := BPETokenizer.load(path)) is BPETokenizer
    assert (again.merges, again.special_tokens) == (tok.merges, tok.special_tokens)
    assert again.encode(PROSE) == tok.encode(PROSE)
    assert [p.name for p in tmp_path.iterdir()] == ["tokenizer.json"]
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["merges"][0].count(" ") == 1 and content["version"] == 1
    first = path.read_bytes()
    again.save(path)
    assert path.read_bytes() == first  # the same tokenizer gives the same bytes
    plain = BPETokenizer([])
    plain.save(path)
    assert len(BPETokenizer.load(path)) == 256


# Catches: any damage that passes unseen. Each byte is changed in turn (every 7th, to be
# quick): the file is refused, or, where only white space changed, means the same.
def test_no_damaged_byte_passes_unseen(tmp_path):
    path = tmp_path / "tokenizer.json"
    tok = BPETokenizer.train("the fox, the mill", 262)
    tok.save(path)
    whole = path.read_bytes()
    refused = 0
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= 1 + position % 255
        path.write_bytes(damaged)
        try:
            again = BPETokenizer.load(path)
        except ValueError as error:
            assert str(path) in str(error)
            refused += 1
        else:
            assert (again.merges, again.vocab) == (tok.merges, tok.vocab)
    assert refused > len(whole) // 7 // 2
    path.write_bytes(whole[:-20])
    with pytest.raises(ValueError, match="is not valid JSON"):
        BPETokenizer.load(path)


def damaged_file(tok: Vocabulary, path: Path, **changes) -> Path:
    """A tokenizer file with other values (None: without the key)."""
    tok.save(path)
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    content = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"merges": None}, "'merges' is missing"),
        ({"sha256": None}, "'sha256' is missing"),
        ({"version": 2}, "version 2; this code reads"),
        ({"format": "another"}, "format 'another'"),
        ({"merges": ["t h", "h e"]}, "changed or damaged: its checksum"),
        ({"special_tokens": ["<|other|>"]}, "changed or damaged"),
    ],
)
def test_corrupted_tokenizer_file(tok, tmp_path, changes, message):
    path = damaged_file(tok, tmp_path / "tokenizer.json", **changes)
    with pytest.raises(ValueError, match=message):
        BPETokenizer.load(path)


def test_files_that_are_no_tokenizer(tmp_path):
    path = tmp_path / "tokenizer.json"
    for content in (b"", b"{", b"\xff\xfe\x00", b"no", b"\x80\x81"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not valid JSON"):
            BPETokenizer.load(path)
    for content in ("[]", "3", '"merges"', "{}"):
        path.write_text(content)
        with pytest.raises(ValueError, match="is no tokenizer file"):
            BPETokenizer.load(path)
    with pytest.raises(FileNotFoundError):
        BPETokenizer.load(tmp_path / "nowhere.json")


# Catches: a merge of tokens that do not exist yet, or one that is there twice.
@pytest.mark.parametrize("lines", [["th e"], ["t h", "t h"], ["th"], ["t h e"]])
def test_merges_that_cannot_be(lines):
    with pytest.raises(ValueError, match="does not join two tokens made before"):
        tokenfile.parse_merges(lines)


# Catches: a save that destroys the old file when the disk is full or power is cut.
def test_failed_save_leaves_the_old_file(tok, tmp_path, monkeypatch):
    path = tmp_path / "tokenizer.json"
    tok.save(path)
    before = path.read_bytes()

    def full(*args):
        raise OSError("no space left on device")

    monkeypatch.setattr(tokenfile.os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        BPETokenizer([]).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["tokenizer.json"]


# --- Bad input -----------------------------------------------------------------------


def test_text_that_utf8_cannot_hold(tok):
    for encode in (tok.encode, tok.encode_ordinary):
        with pytest.raises(ValueError, match=r"character 4 is U\+D83E, half of a"):
            encode("fox \ud83e")
    with pytest.raises(ValueError, match="surrogate"):
        BPETokenizer.train("fox \udc80", 300)


@pytest.mark.parametrize("wrong", [b"fox", None, 7, ["fox"], np.array(["fox"])])
def test_text_that_is_no_text(tok, wrong):
    for encode in (tok.encode, tok.encode_ordinary):
        with pytest.raises(TypeError, match=r"expected text \(str\), got"):
            encode(wrong)


@pytest.mark.parametrize("wrong", [b"the fox", None, [b"fox"], ["fox", 3]])
def test_training_on_what_is_no_text(wrong):
    with pytest.raises(TypeError, match=r"expected text \(str\), got"):
        BPETokenizer.train(wrong, 300)


@pytest.mark.parametrize("empty", ["", [], [""], END, [END, ""], iter(())])
def test_empty_corpus(empty):
    with pytest.raises(ValueError, match="the corpus is empty"):
        BPETokenizer.train(empty, 300)


def test_vocabulary_too_small_or_too_large():
    for size in (0, -5, 255, 256):
        with pytest.raises(ValueError, match=f"vocab_size is {size}, .* at least 257"):
            BPETokenizer.train("the fox", size)
    assert len(BPETokenizer.train("the fox", 257)) == 257
    assert len(BPETokenizer.train("the fox", 256, special_tokens=())) == 256
    with pytest.raises(ValueError, match="after 5 merges .* at most vocab_size=262"):
        BPETokenizer.train("the fox", 300)
    assert len(BPETokenizer.train("the fox", 262)) == 262
    with pytest.raises(TypeError):
        BPETokenizer.train("the fox", 262.0)


# Catches: negative ids that count from the end, as a Python list would take them.
@pytest.mark.parametrize("wrong", [-1, 420, 10**9])
def test_ids_outside_the_vocabulary(tok, wrong):
    message = rf"token id {wrong} is outside the vocabulary of 420 tokens \(0 to 419\)"
    with pytest.raises(ValueError, match=message):
        tok.decode([5, wrong])
    with pytest.raises(ValueError, match=message):
        tok.bytes_of(wrong)


@pytest.mark.parametrize("wrong", ["fox", [1.5], 3, None, torch.ones(2, 2)])
def test_ids_that_are_no_ids(tok, wrong):
    with pytest.raises(TypeError, match="expected a sequence of token ids"):
        tok.decode(wrong)


def test_merges_given_in_the_wrong_order():
    with pytest.raises(ValueError, match="merge 0 joins ids 256 and 3"):
        BPETokenizer([(256, 3), (1, 2)])


# --- Words ---------------------------------------------------------------------------


def test_word_tokenizer():
    tok = WordTokenizer(sorted(set(bpe.split_words(PROSE))))
    ids = tok.encode(PROSE)
    assert tok.decode(ids) == PROSE and max(ids) == len(set(ids)) - 1
    assert tok.words == sorted(tok.words)
    with pytest.raises(ValueError, match="' dragon' is not in the vocabulary"):
        tok.encode(" the dragon")
    lenient = WordTokenizer(tok.words, unknown="<|unknown|>")
    assert lenient.decode(lenient.encode(" the dragon")) == " the<|unknown|>"
    with pytest.raises(ValueError, match="outside the vocabulary"):
        tok.decode([-1])
    with pytest.raises(TypeError, match="expected text"):
        tok.encode(b" the")


# Catches: a cut that loses, doubles or changes a character.
@settings(max_examples=200, deadline=None)
@given(st.text() | TRICKY)
def test_words_joined_are_the_text(text):
    assert "".join(bpe.split_words(text)) == text


def test_pattern_on_known_text():
    expected = [
        "I",
        "'ll",
        " see",
        " 20",
        " foxes",
        "!!",
        "  ",
        " ok",
        "\n\n",
        "\n",
        "x",
    ]
    assert bpe.split_words("I'll see 20 foxes!!   ok\n\n\nx") == expected


# --- Pieces --------------------------------------------------------------------------


def test_count_and_merge():
    counts = bpe.count_pairs([([1, 2, 1, 2], 3), ([2, 1], 1), ([7], 9)])
    assert counts == {(1, 2): 6, (2, 1): 4}
    assert bpe.merge_pair([1, 1, 1, 2, 1], (1, 1), 9) == [9, 1, 2, 1]
    assert bpe.merge_pair([], (1, 1), 9) == []
