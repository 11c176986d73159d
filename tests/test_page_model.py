"""The model in the page: the ids, logits and filters of shared/, in Node and Chromium.

Node or a browser that is not installed skips its part and says so.
"""

import json
import re
import shutil
import struct
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from shared import RELEASE, checkpoint, tales
from shared.generate import generate, next_probabilities
from shared.model import Decoder, DecoderConfig, Reading
from shared.tokenizer import BPETokenizer, prompt_ids, recent, split_words

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "tools"), str(ROOT / "book" / "_theme")]

import blocks_talk  # noqa: E402 (the paths above come first)
import browser  # noqa: E402
import looksite  # noqa: E402

pytestmark = pytest.mark.slow  # browsers start; the full run has it

ROOMS, BASE = ROOT / "book" / "_static" / "model", checkpoint.where("base")
START = "<|endoftext|>"
CHAT = (START, "<|user|>", "<|assistant|>", "<|end|>")
TEXTS = [
    *("", " ", "a", "  two  spaces ", "\n\n\tx \n", "I'll we've it's 'LL don't"),
    "they're here, I'm not, he'd go",
    *("Ünïcödé straße ÅÄÖ", "日本語のテキスト", "हिन्दी में", "العربية", "½ ² Ⅷ ٣٤"),
    *("🙂👩‍👩‍👧 ok", "e\u0301 combining", "\r\n\r\n x", "tab\tand\x0bvt\x0cff"),
    *("a\u00a0b\u3000c\u2028d\u0085e\x1cf\ufeffg\u200bh", "\x00\x01\x7f", "ꟍ new 𐗀"),
    *("<|endoftext|> as text", "....!!??--", "snake_case CamelCase 3.14"),
    *("x" * 300, "9" * 120, " " * 40 + "end"),
]


@pytest.fixture(scope="module")
def node():
    """Run jobs in Node, together; see tests/tools/asknode.js."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("Node is not installed here: the page's code runs in no test")
    asked = [path, "--version"]
    version = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    if int(re.sub(r"\D.*", "", version.removeprefix("v")) or 0) < 18:
        pytest.skip(f"Node is {version} here; the page's code needs 18 or later")
    tool = str(ROOT / "tests" / "tools" / "asknode.js")

    def run(*jobs):
        done = subprocess.run(
            [path, tool, str(ROOMS)],
            input=json.dumps(jobs),
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def drawn(config, seed=0):
    """A model all of whose parameters are random, norms and biases too."""
    model = Decoder(config, seed=seed).eval()
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=draw)
            parameter.copy_(parameter + 0.15 * noise)
    return model


def saved(folder, config, special=(START,), half=False, name="own"):
    """A drawn model and the book's merges in a file: its path, model, tokenizer."""
    _, tok = checkpoint.load("base")
    tok = BPETokenizer(tok.merges, special)
    model = drawn(replace(config, vocab_size=len(tok) + 3))
    path = folder / f"{name}.safetensors"
    checkpoint.save(path, model, tok, half)
    return path, checkpoint.load(path)[0], tok


# The tokenizer


def test_encode_equals_ours(node):
    _, tok = checkpoint.load("base")
    texts = TEXTS + [d.text for d in tales.documents(seed=77, n=300)]
    texts += [tok.decode(range(i, i + 40)) for i in range(0, 1000, 40)]
    jobs = [{"job": "words", "text": text} for text in texts]
    ids, *words = node({"job": "encode", "file": str(BASE), "texts": texts}, *jobs)
    assert words == [split_words(text) for text in texts]
    assert ids == [tok.encode_ordinary(text) for text in texts]
    (back,) = node({"job": "decode", "file": str(BASE), "rows": ids})
    assert back == texts


def test_decode_of_broken_characters(node):
    _, tok = checkpoint.load("base")
    rows = [[i, j] for i in range(180, 256, 3) for j in (0, 130, 190, 255, 1023)]
    (found,) = node({"job": "decode", "file": str(BASE), "rows": rows})
    assert found == [tok.decode(row) for row in rows]
    ids = [*range(256), 1023]
    (shown,) = node({"job": "show", "file": str(BASE), "ids": ids})
    for i, text in zip(ids, shown):
        byte = tok.bytes_of(i)
        assert text == (byte.decode() if byte[0] < 128 else f"⟨{byte.hex()}⟩")


def test_every_character_is_cut_as_ours(node):
    """Letters, digits and white space are those of Unicode 16 in every browser."""
    known = "process.versions.unicode"
    asked = [shutil.which("node"), "-p", known]
    version = subprocess.run(asked, capture_output=True, text=True).stdout
    if float(version) < 16:
        pytest.skip(f"this Node knows Unicode {version.strip()} only")
    whole = [*range(0x3000), *range(0x3000, 0x110000, 5), *newest()]
    text = "".join(f"a{chr(c)}1 " for c in whole if not 0xD800 <= c < 0xE000)
    (words,) = node({"job": "words", "text": text})
    assert words == split_words(text)


def newest():
    """Code points at the borders of those that are younger than Unicode 16."""
    from shared.tokenizer import NEW_CHARACTERS

    escapes = re.findall(r"\\u([\da-f]{4})|\\U([\da-f]{8})", NEW_CHARACTERS)
    borders = [int(short or long, 16) for short, long in escapes]
    return [c + k for c in borders for k in (-1, 0, 1)]


# The forward pass

CONFIGS = {
    "GPT-2's way": DecoderConfig(layers=2, heads=2, width=32, context=48),
    "no bias, head of its own": DecoderConfig(
        layers=2, heads=4, width=32, context=48, norm="bare layer", bias=False,
        tie=False,
    ),
    "modern": DecoderConfig(
        *(1024, 48, 3, 4, 32), bias=False, tie=False, norm="rms", positions="rotary",
        activation="relu2", qk_norm="head", attention="direct",
    ),
    "rotary with bias": DecoderConfig(
        layers=2, heads=2, width=12, context=48, positions="rotary"
    ),
    "direct and learned": DecoderConfig(
        layers=2, heads=2, width=32, context=48, attention="direct"
    ),
    "norms on queries": DecoderConfig(
        layers=1, heads=2, width=10, context=48, qk_norm="head"
    ),
}  # fmt: skip


# Catches: a field that the page does not know, or whose default it takes for another.
def test_the_page_has_the_decoders_defaults(node):
    (defaults,) = node({"job": "defaults"})
    assert defaults == asdict(DecoderConfig())


def read_by_torch(model, ids):
    """Logits without a cache; for short rows also with one, which must agree."""
    row = torch.tensor([ids])
    with torch.no_grad():
        whole, cache = model(row)[0], model.new_cache()
        if len(ids) > 60:
            return whole
        parts = [model(row[:, i : i + 1], cache)[0, 0] for i in range(len(ids))]
    torch.testing.assert_close(torch.stack(parts), whole, atol=1e-4, rtol=1e-4)
    return whole


@pytest.mark.parametrize("half", [False, True], ids=["float32", "float16"])
@pytest.mark.parametrize("name", CONFIGS)
def test_logits_equal_torchs(node, tmp_path, name, half):
    path, model, _ = saved(tmp_path, CONFIGS[name], half=half)
    ids = torch.randint(1024, (48,), generator=torch.Generator().manual_seed(3))
    (found,) = node({"job": "logits", "file": str(path), "ids": ids.tolist()})
    wanted = read_by_torch(model, ids.tolist())
    assert wanted.std() > 0.3, "a model that says nothing proves nothing"
    assert (torch.tensor(found) - wanted).abs().max() < 1e-3


@pytest.mark.parametrize("name", blocks_talk.NAMES)
def test_logits_of_the_shipped_models(node, name):
    path = checkpoint.where(name)
    if not path.exists():
        pytest.skip(f"the model {name} is not shipped yet")
    model, tok = checkpoint.load(path)
    documents = tales.documents(seed=5, n=3)
    rows = [[1023, *tok.encode(document.text)] for document in documents]
    rows.append([(7 * i * i) % 1024 for i in range(512)])  # its whole window
    jobs = [{"job": "logits", "file": str(path), "ids": row} for row in rows]
    for row, found in zip(rows, node(*jobs)):
        assert (torch.tensor(found) - read_by_torch(model, row)).abs().max() < 1e-3


def test_attention_equals_torchs(node, tmp_path):
    """What the page shows is softmax(q k / sqrt(D)), recomputed here from the parts."""
    path, model, _ = saved(tmp_path, CONFIGS["modern"])
    ids = list(range(5, 45))
    (looks,) = node({"job": "looks", "file": str(path), "ids": ids})
    found = torch.tensor(looks).view(3, 4, 40)
    with torch.no_grad():
        row = Reading(torch.tensor([ids]))
        x = row.first = model.tokens(torch.tensor([ids]))
        for layer, block in enumerate(model.blocks):
            part = block.attention
            qk, _ = part.project(block.norm1(x), row)
            q, k = part.turn(part.normed(qk), row).chunk(2, dim=1)
            weights = (q[0, :, -1:] @ k[0].mT / q.shape[-1] ** 0.5).softmax(-1)
            torch.testing.assert_close(found[layer], weights[:, 0], atol=1e-4, rtol=0)
            x = block(x, row)


def test_all_half_precision_numbers(node):
    bits = list(range(0, 0x7C00)) + list(range(0x8000, 0xFC00))
    (found,) = node({"job": "halves", "bits": bits})
    wanted = torch.tensor(bits, dtype=torch.int32).to(torch.int16).view(torch.float16)
    assert torch.equal(torch.tensor(found, dtype=torch.float64), wanted.double())


# Drawing


@pytest.mark.parametrize(
    "ours, theirs",
    [
        ({}, {}),
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"temperature": 2.0, "top_k": 3}, {"temperature": 2, "topK": 3}),
        ({"top_k": 1}, {"temperature": 0}),
        ({"top_k": 5000}, {"topK": 5000}),
        ({"top_p": 0.9}, {"topP": 0.9}),
        ({"top_p": 1e-6}, {"topP": 1e-6}),
        (
            {"temperature": 1.3, "top_k": 40, "top_p": 0.6},
            {"temperature": 1.3, "topK": 40, "topP": 0.6},
        ),
    ],
)
def test_filters_equal_ours(node, ours, theirs):
    draw = torch.Generator().manual_seed(1)
    logits = 3 * torch.randn(40, 200, generator=draw)
    if "topP" not in theirs and theirs.get("temperature") != 0:
        logits[1] = 0.0  # all are equal: none of them may go
    job = {"job": "probabilities", "rows": logits.tolist(), "settings": theirs}
    found = torch.tensor(node(job)[0], dtype=torch.float32)
    wanted = next_probabilities(logits, **ours)
    assert torch.equal(found > 0, wanted > 0)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_draws_follow_probabilities_and_seed(node):
    probs = [0.1, 0.0, 0.6, 0.3]
    job = {"job": "draws", "probs": probs, "seed": 4, "count": 20_000}
    first, again, other = node(job, job, job | {"seed": 5})
    assert first == again != other
    for place, p in enumerate(probs):
        assert first.count(place) / 20_000 == pytest.approx(p, abs=0.015)


# Writing


def greedy(model, ids, count, end):
    """The row that torch writes when it always takes the likeliest."""
    row = generate(model, ids, count, top_k=1, eos=end)[0].tolist()
    return row[: row.index(end, len(ids)) + 1] if end in row[len(ids) :] else row


def test_greedy_text_and_costs(node):
    model, tok = checkpoint.load("base")
    end, jobs = tok.special_tokens[START], []
    for prompt in tales.PROMPTS:
        jobs.append({"job": "write", "file": str(BASE), "text": prompt, "count": 150})
        jobs[-1] |= {"settings": {"temperature": 0}, "seed": 1, "chat": False}
    for prompt, found in zip(tales.PROMPTS, node(*jobs)):
        ids = greedy(model, [end, *tok.encode(prompt)], 150, end)
        assert found["ids"] == ids
        assert found["given"] == 1 + len(tok.encode(prompt))
        body = [i for i in ids[found["given"] :] if i != end]
        assert found["answer"] == tok.decode(body)
        logs = read_by_torch(model, ids)[:-1].log_softmax(-1)
        costs = -logs[range(len(ids) - 1), ids[1:]]
        assert found["costs"][0] is None
        assert found["costs"][1:] == pytest.approx(costs.tolist(), abs=2e-3)
        best = read_by_torch(model, ids[:1])[0].softmax(-1).topk(10)
        assert [i for i, _ in found["bets"]] == best.indices.tolist()


def test_chat_template_and_plain_models(node, tmp_path):
    path, _, tok = saved(tmp_path, CONFIGS["GPT-2's way"], special=CHAT)
    job = {"job": "write", "text": "Hi, <|end|>?", "chat": True, "seed": 1, "count": 0}
    job |= {"settings": {}}
    own, plain = node(job | {"file": str(path)}, job | {"file": str(BASE)})
    special, text = tok.special_tokens, tok.encode_ordinary("Hi, <|end|>?")
    turn = [special[START], special["<|user|>"], *text, special["<|assistant|>"]]
    assert own["ids"] == turn == prompt_ids(tok, "Hi, <|end|>?")
    _, base = checkpoint.load("base")
    assert plain["ids"] == [1023, *base.encode_ordinary("Hi, <|end|>?")]


# Catches: another template than ours, turns that are lost, an answer without room.
@pytest.mark.parametrize("room", [1, 24])
def test_a_conversation_is_the_row_of_prompt_ids(node, tmp_path, room):
    path, model, tok = saved(tmp_path, CONFIGS["GPT-2's way"], special=CHAT)
    turns = [("Hi", "Hello!"), ("Who is Mara?", "A girl."), ("Why?", "Why not?")]
    turns += [("And who are you?", "I am a small model."), ("Good.", "Thank you!")]
    job = {"job": "write", "file": str(path), "chat": True, "seed": 1, "count": 0}
    job |= {"settings": {}, "room": room, "text": "Thanks"}
    found = node(*(job | {"before": turns[:n]} for n in range(6)))
    most = model.config.context - room
    for n, one in enumerate(found):
        kept = recent(tok, "Thanks", turns[:n], most)
        assert one["ids"] == prompt_ids(tok, "Thanks", kept)
        assert len(one["ids"]) <= most
    assert len(found[0]["ids"]) < len(found[1]["ids"])
    assert len(recent(tok, "Thanks", turns, most)) < 5, "the window was never too small"


def test_the_window_ends_the_text(node, tmp_path):
    path, _, _ = saved(tmp_path, CONFIGS["GPT-2's way"])
    job = {"job": "write", "file": str(path), "chat": False, "seed": 1, "count": 99}
    job |= {"settings": {"temperature": 0}}
    full, long = node(job | {"text": "One"}, job | {"text": "word " * 100})
    assert full["full"] and len(full["ids"]) == 48
    assert "the model sees only 48 at once" in long["error"]


# Wrong files


def repack(data, change):
    """A file's bytes after a change of its header (header, about) in place."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    about = json.loads(header["__metadata__"]["about"])
    change(header, about)
    header.get("__metadata__", {})["about"] = json.dumps(about)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def set_config(**fields):
    """A change that sets fields of the config."""
    return lambda header, about: about["config"].update(fields)


def set_shape(name, shape):
    """A change that gives a tensor another shape."""
    return lambda header, about: header[name].update(shape=shape)


WRONG = {
    "empty": (lambda d: b"", "no safetensors file"),
    "text": (lambda d: b"<!DOCTYPE html>" * 9, "no safetensors file"),
    "header cut": (lambda d: d[:200], "no safetensors file"),
    "numbers cut": (lambda d: d[:-1000], "cut off or damaged"),
    "another maker": (
        lambda d: repack(d, lambda h, a: a.update(format="x")),
        'its format is "x"',
    ),
    "no metadata": (
        lambda d: repack(d, lambda h, a: h.pop("__metadata__")),
        "not written by the book",
    ),
    "a classifier": (
        lambda d: repack(d, lambda h, a: a.update(classes=2)),
        "a classifier: it sorts texts and cannot write any",
    ),
    "strange norm": (lambda d: repack(d, set_config(norm="cold")), 'norm is "cold"'),
    "unknown field": (
        lambda d: repack(d, set_config(experts=4)),
        f'field experts, which version "{RELEASE}" of the book has written',
    ),
    "field like a built-in": (
        lambda d: repack(d, set_config(constructor=4)),
        "field constructor",
    ),
    "first edition": (
        lambda d: repack(d, lambda h, a: a.update(format="block-by-block model 1")),
        "first edition. Load it with checkpoint.load and write it",
    ),
    "a window": (
        lambda d: repack(d, set_config(window=8)),
        "window is 8; it knows null",
    ),
    "a pattern": (
        lambda d: repack(d, set_config(positions=["none", "rotary"])),
        'positions is ["none","rotary"]',
    ),
    "shared heads": (lambda d: repack(d, set_config(kv_heads=1)), "kv_heads is 1"),
    "no layers": (lambda d: repack(d, set_config(layers=0)), "layers is 0"),
    "odd heads": (lambda d: repack(d, set_config(heads=5)), "among 5 heads"),
    "too large": (
        lambda d: repack(d, set_config(vocab_size=10**7)),
        "more than 60 million",
    ),
    "one layer more": (
        lambda d: repack(d, set_config(layers=3)),
        "blocks.2.attention.out.bias should be (32) and is nothing",
    ),
    "turned matrix": (
        lambda d: repack(d, set_shape("blocks.0.mlp.up.weight", [32, 128])),
        "blocks.0.mlp.up.weight should be (128, 32) and is (32, 128)",
    ),
    "strange numbers": (
        lambda d: repack(d, lambda h, a: h["norm.bias"].update(dtype="BF16")),
        "stored as BF16",
    ),
    "not finite": (lambda d: d[:-4] + struct.pack("<f", float("nan")), "infinite"),
    "no merges": (lambda d: repack(d, lambda h, a: a.pop("merges")), "no tokenizer"),
    "larger tokenizer": (
        lambda d: repack(d, lambda h, a: a.update(special_tokens=list("abcdefgh"))),
        "its model only",
    ),
    "merge of nothing": (
        lambda d: repack(d, lambda h, a: a["merges"].insert(0, [5, 999])),
        "merge 0 joins ids 5 and 999",
    ),
}


def test_wrong_files_say_what_is_wrong(node, tmp_path):
    path, _, _ = saved(tmp_path, CONFIGS["GPT-2's way"])
    whole, jobs = path.read_bytes(), []
    for name, (damage, _) in WRONG.items():
        file = tmp_path / f"{name}.bin"
        file.write_bytes(damage(whole))
        jobs.append({"job": "encode", "file": str(file), "texts": [""]})
    for (name, (_, expected)), found in zip(WRONG.items(), node(*jobs)):
        assert isinstance(found, dict) and expected in found["error"], (name, found)


# The build


def test_only_pages_that_ask_get_the_script(tmp_path):
    """A small Sphinx project: one page with the block, one that only speaks of it."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    source, out = tmp_path / "source", tmp_path / "out"
    (source / "_static").mkdir(parents=True)
    shutil.copytree(ROOMS, source / "_static" / "model")
    (source / "conf.py").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT / 'book' / '_theme')!r})\n"
        "extensions, html_static_path = ['blocks_talk'], ['_static']\n"
    )
    block = '.. raw:: html\n\n   <div class="talk" data-model="base"><p>x</p></div>\n'
    (source / "index.rst").write_text(f"A\n=\n\n{block}\n.. toctree::\n\n   other\n")
    (source / "other.rst").write_text('B\n=\n\nSay ``<div class="talk">``.\n')
    with docutils_namespace():
        dirs = source, source, out, tmp_path / "trees"
        app = Sphinx(*map(str, dirs), "html", status=None, warning=None)
        app.build()
    asking, other = ((out / f"{n}.html").read_text() for n in ("index", "other"))
    assert "model/page.js" in asking and "model/model.css" in asking
    assert "model/page.js" not in other and "model/model.css" not in other
    told = re.search(r'data-models="base:(\d+):', asking)
    script = out / "_static" / "model" / "weights" / "base.js"
    assert script.stat().st_size == int(told[1])
    assert not list(out.rglob("chat.js")) or "chat:" in asking


def test_a_model_that_is_not_there_is_left_out(tmp_path):
    assert blocks_talk.attributes(tmp_path)["data-models"] == ""
    blocks_talk.write_weights(tmp_path / "out", tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


# In a browser

SHELL = """<!DOCTYPE html><html lang="en" data-theme="light"><head><title>T</title>
<meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="_static/book.css">
<link rel="stylesheet" href="_static/model/model.css">
<script defer src="_static/model/page.js" {told}></script>
<style>body {{ background: var(--pst-color-background);
color: var(--pst-color-text-base) }}</style></head>
<body><main class="bd-article"><h1>T</h1>{body}</main></body></html>"""
BLOCK = '<div class="talk" {}><p>Here the model answers.</p></div>'
ASKED = "document.querySelector('.talk')"
STILL = f"{ASKED}.getAttribute('aria-busy') === 'false'"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with pages that ask, as the build would make it, and own models."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOMS, folder / "_static" / "model")
    shutil.copy(ROOT / "book" / "_static" / "book.css", folder / "_static")
    shutil.copytree(ROOT / "book" / "_static" / "fonts", folder / "_static" / "fonts")
    blocks_talk.write_weights(folder / "_static" / "model" / "weights")
    told = blocks_talk.attributes().items()
    told = " ".join(f'{key}="{value}"' for key, value in told)
    pages = {
        "one": 'data-model="base" data-prompt="One windy morning, Mara"',
        "two": 'data-compare="base nobody" data-chat data-prompt="Who has it?"',
        "none": 'data-model="nobody"',
        "chat": 'data-model="chat" data-chat data-temperature="0" data-prompt="Hello!"',
    }
    for name, attributes in pages.items():
        page = SHELL.format(told=told, body=BLOCK.format(attributes))
        (folder / f"{name}.html").write_text(page, "utf-8")
    saved(folder, CONFIGS["modern"])
    (folder / "wrong.safetensors").write_bytes(b"not a model at all")
    return folder


@pytest.fixture(scope="module")
def opened():
    """A browser, or a skip."""
    if what := browser.missing():
        pytest.skip(what)
    with browser.started() as opened:
        yield opened


def until(page, condition):
    """Wait until a JavaScript condition holds; Playwright's error after a minute."""
    page.wait_for_function(condition, timeout=60_000)


def status(page):
    """The sentence under the buttons."""
    return page.evaluate(f"{ASKED}.querySelector('.talk-status').textContent")


@pytest.mark.parametrize("way", ["served", "from a file"])
def test_a_reader_types_and_the_model_answers(opened, site, way):
    model, tok = checkpoint.load("base")
    end = tok.special_tokens[START]
    prompt = "Nell had five plums. She ate two of them. Now Nell had"
    with looksite.served(site) as home:
        home = home if way == "served" else site.as_uri()
        page = browser.tab(opened, *looksite.DESK)
        log = browser.Log(page)
        browser.go(page, f"{home}/one.html")
        assert [a for a in log.requests if a.endswith(".js")] == [
            f"{home}/_static/model/page.js"
        ], "a page that is only read loads one script"
        assert "loads the model once" in status(page)
        heat = f"{ASKED}.querySelector('input[type=range]')"
        page.evaluate(f"{heat}.value = 0; {heat}.dispatchEvent(new Event('input'))")
        page.locator(".talk textarea").fill("")
        page.locator(".talk textarea").press_sequentially(prompt)
        page.keyboard.press("Enter")
        until(page, f"{ASKED}.talk.begun && {STILL}")
        ids = page.evaluate(f"{ASKED}.talk.columns[0].writer.ids")
        page.context.close()
    assert ids == greedy(model, [end, *tok.encode(prompt)], 150, end)
    assert all(a.startswith((home, "data:")) for a in log.requests)
    assert any("weights/base.js" in address for address in log.requests)
    assert log.problems(home) == []


def test_tokens_appear_one_by_one_where_motion_is_welcome(opened, site):
    """The same text as at once; half way, only a part of it stands there."""
    page = browser.tab(opened, *looksite.DESK, still=False)
    browser.go(page, f"{site.as_uri()}/one.html")
    page.evaluate(f"{ASKED}.querySelector('input[type=range]').value = 0")
    page.click(".talk-go")
    shown = f"{ASKED}.querySelectorAll('[role=option]').length"
    until(page, f"{shown} > 12")
    assert page.evaluate(f"{ASKED}.getAttribute('aria-busy')") == "true"
    until(page, STILL)
    ids = page.evaluate(f"{ASKED}.talk.columns[0].writer.ids")
    assert page.evaluate(shown) == len(ids)
    page.context.close()
    model, tok = checkpoint.load("base")
    begun = [1023, *tok.encode("One windy morning, Mara")]
    assert ids == greedy(model, begun, 150, 1023)


@pytest.fixture
def answered(opened, site):
    """A tab in which the base model has answered, at temperature 0."""
    page = browser.tab(opened, *looksite.DESK)
    browser.go(page, f"{site.as_uri()}/one.html")
    page.evaluate(f"{ASKED}.querySelector('input[type=range]').value = 0")
    page.click(".talk-go")
    until(page, f"{ASKED}.talk.begun && {STILL}")
    yield page
    page.context.close()


def test_arrow_keys_choose_a_token(answered):
    page = answered
    page.focus(".talk [role=listbox]")
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    chosen = f"{ASKED}.querySelector('[aria-selected=true]')"
    assert page.evaluate(f"{chosen}.id") == page.evaluate(
        "document.activeElement.getAttribute('aria-activedescendant')"
    )
    told = page.evaluate(f"{chosen}.getAttribute('aria-label')")
    place = page.evaluate(f"{ASKED}.talk.look.view.chosen")
    cost = page.evaluate(f"{ASKED}.talk.columns[0].writer.costs[3]")
    assert place == 3 and told.endswith(f"cost {cost:.2f} nats")
    rows = f"[...{ASKED}.querySelectorAll('.talk-next li')].map(row => row.innerText)"
    shown = page.evaluate(rows)
    assert len(shown) in (10, 11) and any("came" in row for row in shown)
    heads = f"{ASKED}.querySelectorAll('.talk-selects select')[1].options.length"
    assert page.evaluate(heads) == 5  # the mean, and each of four heads
    page.keyboard.press("ArrowDown")
    assert page.evaluate(f"{ASKED}.talk.look.view.chosen") > 3


def test_what_is_shown_can_be_read(answered):
    """Costs as colours with words beside them, labels; nothing faint or too wide."""
    page = answered
    costs = page.evaluate(f"{ASKED}.talk.columns[0].writer.costs")
    levels = page.evaluate(
        f"[...{ASKED}.querySelectorAll('[role=option]')].map(t => t.dataset.cost)"
    )
    borders = (0.1, 0.6931, 2.3026, 4.6052)
    wanted = [str(sum(c >= b for b in borders)) if c is not None else "" for c in costs]
    assert levels == wanted and len(set(levels)) > 3
    assert "nats" in page.evaluate(f"{ASKED}.querySelector('.talk-legend').textContent")
    unnamed = f"""[...{ASKED}.querySelectorAll('input, select, textarea')]
        .filter(e => !e.labels.length).length"""
    assert page.evaluate(unnamed) == 0
    spoken = page.evaluate(f"{ASKED}.querySelector('[aria-live]').textContent")
    assert page.evaluate(f"{ASKED}.talk.columns[0].writer.answer") in spoken
    assert "tokens per second" in status(page)
    assert looksite.accessibility(page) == []
    assert page.evaluate(looksite.OVERFLOW) == ""
    page.click(".talk input[value=looks]")
    looked = f"""[...{ASKED}.querySelectorAll('[role=option]')]
        .map(t => Number(t.style.getPropertyValue('--looked')) ** 2)"""
    assert sum(page.evaluate(looked)) == pytest.approx(1, abs=0.02)


def test_going_on_and_starting_again(answered):
    page = answered
    begun = "document.querySelector('.talk').talk"
    first = page.evaluate(f"{begun}.columns[0].writer.ids")
    assert "next seed" in status(page)
    page.evaluate(f"{ASKED}.querySelector('input[type=range]').value = 1.5")
    page.click(".talk-go")
    until(page, f"{begun}.begun && {STILL}")
    assert page.evaluate(f"{begun}.seed.value") == "2"
    assert page.evaluate(f"{begun}.columns[0].writer.ids") != first
    page.click(".talk-again")
    assert page.evaluate(f"{ASKED}.querySelectorAll('[role=option]').length") == 0
    buttons = [f"{ASKED}.querySelector('.talk-{name}')" for name in ("go", "stop")]
    page.evaluate("; ".join(f"{button}.click()" for button in buttons))
    until(page, STILL)
    assert "Stopped" in status(page)


def send(page, text):
    """Type a message and wait until it is answered; returns (ids, answer)."""
    page.locator(".talk textarea").fill(text)
    page.keyboard.press("Enter")
    talk = f"{ASKED}.talk"
    until(page, f"{talk}.message === {json.dumps(text)} && {STILL}")
    return page.evaluate(
        f"[{talk}.columns[0].writer.ids, {talk}.columns[0].writer.answer]"
    )


# Catches: a conversation that forgets, or that keeps what was to be forgotten.
def test_a_conversation_of_several_turns(opened, site):
    tok = checkpoint.load("chat")[1]
    page = browser.tab(opened, *looksite.PHONE)
    browser.go(page, f"{site.as_uri()}/chat.html")
    _, hello = send(page, "Hello!")
    ids, said = send(page, "Who are you?")
    turns = [("Hello!", hello)]
    asked = prompt_ids(tok, "Who are you?", turns)
    assert ids[: len(asked)] == asked and said
    again, _ = send(page, "Who are you?")  # the same words: another try, no new turn
    assert again[: len(asked)] == asked
    third, _ = send(page, "Thank you")
    turns.append(
        ("Who are you?", page.evaluate(f"{ASKED}.talk.columns[0].before[1][1]"))
    )
    asked = prompt_ids(tok, "Thank you", turns)
    assert third[: len(asked)] == asked
    page.click(".talk-again")
    alone, _ = send(page, "Thank you")
    assert alone[: len(prompt_ids(tok, "Thank you"))] == prompt_ids(tok, "Thank you")
    faults = looksite.accessibility(page), page.evaluate(looksite.OVERFLOW)
    long = "Mara had a boat. " * 200  # refused: it may not be remembered
    for _ in range(2):
        page.locator(".talk textarea").fill(long)
        page.keyboard.press("Enter")
        until(page, f"{ASKED}.textContent.includes('Shorten it')")
    assert page.evaluate(f"{ASKED}.talk.columns[0].before.length") == 0
    page.locator(".talk textarea").fill(" ")
    page.keyboard.press("Enter")
    until(page, f"{ASKED}.textContent.includes('Write a message first')")
    page.context.close()
    assert faults == ([], "")


def test_an_example_is_sent_by_a_press(opened, site):
    page = browser.tab(opened, *looksite.DESK)
    browser.go(page, f"{site.as_uri()}/chat.html")
    buttons = page.locator(".talk-example")
    assert buttons.count() == 3
    wanted = buttons.nth(1).inner_text()
    buttons.nth(1).click()
    until(page, f"{ASKED}.talk.message !== null && {STILL}")
    assert page.evaluate(f"{ASKED}.talk.message") == wanted
    assert page.evaluate(f"{ASKED}.talk.columns[0].writer.answer")
    browser.go(page, f"{site.as_uri()}/one.html")
    assert page.locator(".talk-example").count() == 0
    page.context.close()


def test_a_model_of_ones_own(opened, site):
    page = browser.tab(opened, *looksite.PHONE)
    browser.go(page, f"{site.as_uri()}/none.html")
    assert "“nobody” is not in this build" in page.evaluate(f"{ASKED}.textContent")
    page.evaluate(f"{ASKED}.querySelector('textarea').value = 'Mara'")
    page.click(".talk-go")
    until(page, STILL)
    assert "not in this build" in status(page)
    page.set_input_files(".talk input[type=file]", site / "wrong.safetensors")
    until(page, f"{ASKED}.textContent.includes('no safetensors file')")
    page.set_input_files(".talk input[type=file]", site / "own.safetensors")
    until(page, f"{ASKED}.textContent.includes('own.safetensors is ready')")
    page.evaluate(f"{ASKED}.querySelector('input[type=range]').value = 0")
    page.click(".talk-go")
    until(page, f"{ASKED}.talk.begun && {STILL}")
    ids = page.evaluate(f"{ASKED}.talk.columns[0].writer.ids")
    wide = page.evaluate(looksite.OVERFLOW)
    page.context.close()
    model, tok = checkpoint.load(site / "own.safetensors")
    end = tok.special_tokens[START]
    begun = [end, *tok.encode("Mara")]
    assert ids == greedy(model, begun, 48 - len(begun), end)
    assert wide == ""


def test_side_by_side_with_one_missing(opened, site):
    page = browser.tab(opened, *looksite.PHONE, dark=True)
    browser.go(page, f"{site.as_uri()}/two.html")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.click(".talk-go")
    until(page, f"{ASKED}.talk.begun && {STILL}")
    texts = page.evaluate(
        f"[...{ASKED}.querySelectorAll('.talk-column')].map(c => c.innerText)"
    )
    faults = looksite.accessibility(page), page.evaluate(looksite.OVERFLOW)
    page.context.close()
    assert "has not learned to chat" in texts[0] and "Who" in texts[0]
    assert "“nobody” is not in this build" in texts[1]
    assert faults == ([], "")
