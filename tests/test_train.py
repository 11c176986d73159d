"""The training loop against references, by hand, after a kill, and with bad input.

Checks named check_... take nothing and are run twice: once on the code as it is, and
once for each fault of FAULTS that they must catch.
"""

import importlib
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from shared import evaluate, train
from shared.checkpoint import run_state
from shared.data import rows as order
from shared.evaluate import losses
from shared.model import Decoder, DecoderConfig
from shared.tokenizer import BPETokenizer
from shared.train import History, optimizers, recipe, sessions

ROOT = Path(__file__).resolve().parents[1]
V, T, N = 40, 12, 21  # vocabulary, tokens per row, rows


def config(**change):
    small = {"vocab_size": V, "context": T, "layers": 2, "heads": 2, "width": 16}
    return DecoderConfig(**(small | change))


def make_model(seed=0, **change):
    """A small model in which no parameter is 0 or 1, so that all of them matter."""
    model, draw = Decoder(config(**change)), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=draw)
            parameter.mul_(0.5).add_(0.15 * noise)
    return model


def make_rows(n=N, seed=1, padded=True):
    """Random rows; with padding, later rows count fewer targets."""
    draw = torch.Generator().manual_seed(seed)
    ids = torch.randint(V, (n, T + 1), generator=draw)
    targets = ids[:, 1:].clone()
    if padded:
        for i in range(n):
            targets[i, T - i % (T - 1) :] = order.IGNORE
    return ids[:, :-1].clone(), targets


def a_recipe(**change):
    usual = {"steps": 7, "batch": 6, "warmup": 2, "rate": 3e-2, "clip": 0.2, "seed": 3}
    kind = recipe.Recipe
    if change.get("optimizer") == "muon" or "muon_rate" in change:
        kind = optimizers.MuonRecipe
    return kind(**(usual | change))


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def visible(model):
    """All weights but the keys' biases: softmax cancels these, so AdamW, which makes
    every step equally long, moves them by rounding errors alone."""
    kept = []
    for name, p in model.named_parameters():
        parts = p.detach().chunk(3) if name.endswith("qkv.bias") else [p.detach()]
        kept += [part.flatten() for i, part in enumerate(parts) if i != 1]
    return torch.cat(kept)


def run(change=None, model=None, rows=None, **options):
    """Train a small model quietly; returns its weights and its history."""
    model = make_model() if model is None else model
    rows = make_rows() if rows is None else rows
    history = train.train(
        model, rows, a_recipe(**(change or {})), **({"every": 0} | options)
    )
    return weights(model), history


def near(a, b, most=1e-6):
    assert torch.allclose(torch.as_tensor(a), torch.as_tensor(b), rtol=1e-5, atol=most)


# --- The whole loop, written a second time by hand ------------------------------------


def by_hand(model, rows, r):
    """AdamW with decay groups, schedule and clipping in plain formulas; the trace."""
    state = {n: (torch.zeros_like(p), torch.zeros_like(p))
             for n, p in model.named_parameters()}  # fmt: skip
    matrices = ("qkv.weight", "out.weight", "up.weight", "down.weight", "head.weight")
    losses, norms, rates = [], [], []
    for step in range(1, r.steps + 1):
        places = order.step_rows(step, len(rows[0]), r.batch, r.seed)
        x, y = rows[0][places], rows[1][places]
        logits = model(x)
        price = -logits.log_softmax(-1).gather(-1, y.clamp(min=0)[..., None])[..., 0]
        loss = price[y != -100].mean()
        model.zero_grad()
        loss.backward()
        norm = sum((p.grad**2).sum() for p in model.parameters()).sqrt()
        scale = min(1.0, r.clip / norm.item())
        fallen = step - r.warmup - (step == r.steps) / 2  # the last has a use, too
        angle = math.pi * fallen / (r.steps - r.warmup)
        share = step / r.warmup if step < r.warmup else (1 + math.cos(angle)) / 2
        with torch.no_grad():
            for name, p in model.named_parameters():
                m, v = state[name]
                g = p.grad * scale
                m.mul_(r.betas[0]).add_((1 - r.betas[0]) * g)
                v.mul_(r.betas[1]).add_((1 - r.betas[1]) * g * g)
                if name.endswith(matrices):
                    p.mul_(1 - r.rate * share * r.decay)
                m_hat = m / (1 - r.betas[0] ** step)
                v_hat = v / (1 - r.betas[1] ** step)
                p.sub_(r.rate * share * m_hat / (v_hat.sqrt() + 1e-8))
        losses.append(loss.item())
        norms.append(norm.item())
        rates.append(r.rate * share)
    return losses, norms, rates


def check_adamw_by_hand():
    for tie in (True, False):
        ours, hand, rows = make_model(tie=tie), make_model(tie=tie), make_rows()
        _, history = run(model=ours, rows=rows)
        losses, norms, rates = by_hand(hand, rows, a_recipe())
        assert min(norms) > a_recipe().clip, "clipping must have been at work"
        near(visible(ours), visible(hand), 1e-4)
        near(history["loss"], losses, 1e-5)
        near(history["norm"], norms, 1e-4)
        near(history["rate"], rates)


def check_decay_groups():
    names = {False: {"head.weight"}, True: set()}
    for tie, more in names.items():
        model = make_model(tie=tie)
        of = {id(p): n for n, p in model.named_parameters()}
        decaying, others = optimizers.decay_groups(model, 0.3)
        assert (decaying["weight_decay"], others["weight_decay"]) == (0.3, 0.0)
        found = {of[id(p)] for p in decaying["params"]}
        inside = ("attention.qkv", "attention.out", "mlp.up", "mlp.down")
        expected = {f"blocks.{i}.{n}.weight" for i in range(2) for n in inside}
        assert found == expected | more
        rest = {of[id(p)] for p in others["params"]}
        assert rest == set(of.values()) - found
        model.tokens.weight.requires_grad = False
        groups = optimizers.decay_groups(model, 0.3)
        assert not any(p is model.tokens.weight for g in groups for p in g["params"])


def check_frozen_stay():
    model = make_model()
    for p in model.blocks[0].parameters():
        p.requires_grad = False
    before = [p.detach().clone() for p in model.parameters()]
    run(model=model)
    for p, old in zip(model.parameters(), before):
        assert torch.equal(p, old) != p.requires_grad


# --- Schedules ------------------------------------------------------------------------


def check_schedule_values():
    for shape, middle in (("cosine", 0.5), ("linear", 0.5)):
        r = a_recipe(steps=110, warmup=10, schedule=shape)
        shares = [recipe.rate_share(step, r) for step in range(1, 150)]
        near(shares[:10], [k / 10 for k in range(1, 11)])
        near(shares[59], middle)
        assert shares[109:] == [shares[109]] * 40, "clamped after the end"
        assert 0 < shares[109] < shares[108] and shares[109] < 0.01
        assert shares[10:110] == sorted(shares[10:110], reverse=True)
        r = a_recipe(steps=110, warmup=10, hold=40, final=0.2, schedule=shape)
        shares = [recipe.rate_share(step, r) for step in range(1, 150)]
        assert shares[9:50] == [1.0] * 41 and shares[50] < 1
        near(shares[79], 0.6)
        near(shares[120], 0.2, 1e-2)
        near(shares[119], recipe.rate_share(999, r))
    r = a_recipe(steps=100, warmup=0, schedule="cosine")
    near(recipe.rate_share(25, r), 0.5 * (1 + math.sqrt(0.5)))
    r = a_recipe(steps=5, warmup=5)
    near(recipe.rate_share(5, r), 1.0)


def check_last_step():
    """No step is wasted: whatever the schedule, the last one moves the weights."""
    for shape in ("cosine", "linear"):
        for change in ({"steps": 1, "warmup": 0}, {"steps": 4}, {"hold": 5}):
            r = a_recipe(schedule=shape, **change)
            shares = [recipe.rate_share(step, r) for step in range(1, r.steps + 1)]
            assert min(shares) > 0, (shape, change)
        model = make_model()
        before = weights(model)
        run({"steps": 1, "warmup": 0, "schedule": shape}, model=model)
        assert not torch.equal(weights(model), before), "Recipe(steps=1) trains"


def test_schedules_are_those_of_transformers():
    reference = pytest.importorskip("transformers.optimization")
    make = {
        "cosine": reference.get_cosine_schedule_with_warmup,
        "linear": reference.get_linear_schedule_with_warmup,
    }
    for shape, schedule in make.items():
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
        theirs = schedule(optimizer, 13, 90).lr_lambdas[0]
        r = a_recipe(steps=90, warmup=13, schedule=shape)
        for step in range(1, 90):
            assert abs(recipe.rate_share(step, r) - theirs(step)) < 1e-12, (shape, step)
        # Theirs begins with a step of rate 0 (their 0), ours would end with one (90).
        assert theirs(0) == 0 and theirs(90) == pytest.approx(0)
        assert recipe.rate_share(90, r) == pytest.approx(theirs(89.5))
        # After its end theirs rises again (cosine); ours stays where it is.
        assert recipe.rate_share(140, r) == recipe.rate_share(90, r)


# --- Clipping, accumulation, padding --------------------------------------------------


def check_clipping():
    draw = torch.Generator().manual_seed(2)
    shapes = [(3, 4), (5,), (2, 2, 2), (1,)]
    for most in (0.1, 1.0, 5.0, 1e3, None):
        pair = []
        for _ in range(2):
            draw.manual_seed(2)
            ps = [nn.Parameter(torch.zeros(s)) for s in shapes]
            for p in ps[:3]:  # the last has no gradient
                p.grad = torch.randn(p.shape, generator=draw)
            pair.append(ps)
        ours, theirs = pair
        limit = math.inf if most is None else most
        expected = nn.utils.clip_grad_norm_(theirs, limit)
        near(train.clip_gradients(ours, most), expected)
        for p, q in zip(ours[:3], theirs[:3]):
            near(p.grad, q.grad, 1e-7)


def check_accumulation():
    rows, whole = make_rows(), make_model()
    _, one = run(model=whole, rows=rows)
    for parts in (2, 3, 6):
        model = make_model()
        _, history = run({"accumulate": parts}, model=model, rows=rows)
        near(visible(model), visible(whole), 1e-4)
        near(history["loss"], one["loss"], 1e-5)
        near(history["norm"], one["norm"], 1e-5)
        assert history["tokens"] == one["tokens"]
    calls = count_calls(model := make_model())
    run({"accumulate": 3, "steps": 2}, model=model)
    assert len(calls) == 6, "read in parts, to save memory"
    for step in (calls[:3], calls[3:]):
        assert all(rows == 2 for rows, _ in step)
        widths = [width for _, width in step]
        assert widths == sorted(widths) and widths[0] < T, "the padding was read"


def count_calls(model):
    """A list that grows by the shape of the ids at each call of the model."""
    shapes, inner = [], model.forward

    def forward(ids):
        shapes.append(tuple(ids.shape))
        return inner(ids)

    model.forward = forward
    return shapes


def check_padding_changes_nothing():
    inputs, targets = make_rows(padded=False)
    inputs, targets = inputs[:, :8], targets[:, :8]
    more = torch.full((N, 4), 7)
    long = torch.cat([inputs, more], 1), torch.cat([targets, more * 0 - 100], 1)
    plain, padded = make_model(), make_model()
    _, one = run(model=plain, rows=(inputs, targets))
    _, two = run(model=padded, rows=long)
    near(visible(padded), visible(plain), 1e-4)
    near(one["loss"], two["loss"], 1e-5)
    assert one["tokens"] == two["tokens"] == [48 * k for k in range(1, 8)]
    near(evaluate.mean_loss(plain, long), evaluate.mean_loss(plain, (inputs, targets)))


def check_mean_loss():
    model, rows = make_model(dropout=0.3), make_rows()
    model.eval()
    with torch.no_grad():
        flat = model(rows[0]).flatten(0, 1)
        expected = F.cross_entropy(flat, rows[1].flatten()).item()
    for batch in (1, 4, 100):
        model.train()
        near(evaluate.mean_loss(model, rows, batch), expected)
        assert model.training, "the mode must be as before"
        model.eval()
        evaluate.mean_loss(model, rows, batch)
        assert not model.training
    assert all(p.grad is None for p in model.parameters())


def check_evaluation_leaves_no_trace():
    model, rows = make_model(dropout=0.3), make_rows()
    model.train()
    before = torch.get_rng_state()
    evaluate.mean_loss(model, rows)
    assert torch.equal(torch.get_rng_state(), before)
    plain, one = run(model=make_model(dropout=0.3))
    check = make_rows(9, seed=5)
    looked, two = run(model=make_model(dropout=0.3), validation=check, every=2)
    assert torch.equal(plain, looked) and one["loss"] == two["loss"]
    measured = [not math.isnan(v) for v in two["validation"]]
    assert measured == [False, True, False, True, False, True, True]
    assert all(math.isnan(v) for v in one["validation"])


# --- Randomness -----------------------------------------------------------------------


def check_generators():
    torch.manual_seed(123)
    state = torch.get_rng_state()
    first, history = run(model=make_model(dropout=0.3))
    assert torch.equal(torch.get_rng_state(), state), "the caller's generator is his"
    torch.manual_seed(999)
    assert torch.equal(first, run(model=make_model(dropout=0.3))[0])
    assert not torch.equal(first, run({"seed": 4}, model=make_model(dropout=0.3))[0])
    # Dropout is another at each step: with no updates, the same row costs otherwise.
    rows = tuple(t[:1] for t in make_rows())
    slow = {"rate": 1e-12, "decay": 0.0, "batch": 1}
    losses = run(slow, model=make_model(dropout=0.3), rows=rows)[1]["loss"]
    assert len({round(loss, 4) for loss in losses}) == 7
    losses = run(slow, rows=rows)[1]["loss"]
    assert max(losses) - min(losses) < 1e-5


def check_row_order():
    stream = [i for step in range(1, 22) for i in order.step_rows(step, N, 5, 0)]
    epochs = [stream[k : k + N] for k in range(0, len(stream), N)]
    assert all(sorted(epoch) == list(range(N)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 5, "each epoch has its own order"
    assert order.step_rows(1, N, N, 0) != order.step_rows(1, N, N, 1)
    assert len(order.step_rows(1, 2, 5, 0)) == 5, "a corpus of fewer rows than a batch"


# --- Stopping and going on ------------------------------------------------------------


class Stopped(Exception):
    """What stands for a reader who interrupts the run."""


def stop_at(model, calls):
    """Make the model's forward raise at its n-th call."""
    inner, count = model.forward, [0]

    def forward(ids):
        count[0] += 1
        if count[0] == calls:
            raise Stopped
        return inner(ids)

    model.forward = forward
    return model


def stop_and_go(path, change):
    kinds = {"dropout": 0.2, "positions": "rotary"}
    whole, one = run(change, model=make_model(**kinds))
    path.unlink(missing_ok=True)
    with pytest.raises(Stopped):
        stopped = stop_at(make_model(**kinds), 6)
        run(change, model=stopped, path=path, every=2)
    assert path.exists()
    other = make_model(seed=9, **kinds)  # its weights must not matter
    gone_on, two = run(change, model=other, path=path, every=2, resume=True)
    assert torch.equal(whole, gone_on)
    for name in ("step", "tokens", "loss", "rate", "norm"):
        assert one[name] == two[name], name
    assert two["seconds"] == sorted(two["seconds"])
    again = make_model(seed=8, **kinds)  # a finished run is there at once
    assert torch.equal(run(change, model=again, path=path, resume=True)[0], whole)
    fresh, _ = run(change, model=make_model(**kinds), path=path, every=7)
    assert torch.equal(fresh, whole), "without resume it begins anew"


def check_stop_and_go():
    with tempfile.TemporaryDirectory() as folder:
        for change in ({}, {"optimizer": "muon"}):
            stop_and_go(Path(folder) / "state.safetensors", change)


CHILD = """
import sys, time
sys.path[:0] = [{root!r}, {tests!r}]
import torch
torch.set_num_threads({threads})
import test_train as t
from shared.train import sessions
inner, sessions.save_state = sessions.save_state, None
def save(path, *rest):
    inner(path, *rest)
    print("saved", flush=True)
    time.sleep(0.05)  # so that the kill comes in the middle
sessions.save_state = save
t.run({change!r}, model=t.make_model(dropout=0.2), path={path!r}, every=1)
"""


@pytest.mark.slow
def test_a_killed_process_goes_on_to_the_same_weights(tmp_path):
    path, change = tmp_path / "state.safetensors", {"steps": 60}
    code = CHILD.format(
        root=str(ROOT),
        tests=str(ROOT / "tests"),
        change=change,
        path=str(path),
        threads=torch.get_num_threads(),  # sums in another order end on other bits
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    saved = 0
    for line in child.stdout:
        saved += line.startswith(b"saved")
        if saved == 5:
            child.kill()
            break
    child.stdout.close()
    assert child.wait(30) != 0
    tensors, texts = run_state.read_state(path)
    assert 5 <= len(json.loads(texts["history"])["step"]) < 60
    whole, _ = run(change, model=make_model(dropout=0.2))
    gone_on, _ = run(change, model=make_model(dropout=0.2), path=path, resume=True)
    assert torch.equal(whole, gone_on)


def test_a_chapters_run_is_kept_where_the_variable_says(tmp_path, monkeypatch):
    monkeypatch.setenv("BLOCKS_RUNS", str(tmp_path / "made" / "when needed"))
    assert (
        run_state.kept_run("07") == tmp_path / "made/when needed/chapter07.safetensors"
    )
    assert run_state.kept_run("07").parent.is_dir()
    monkeypatch.delenv("BLOCKS_RUNS")
    monkeypatch.setattr(run_state, "BUILT", tmp_path / "built")
    assert run_state.kept_run("07") == tmp_path / "built/chapter07.safetensors"


# --- Muon -----------------------------------------------------------------------------


def check_orthogonalise():
    draw = torch.Generator().manual_seed(0)
    for shape in ((16, 48), (48, 16), (24, 24)):
        matrix = torch.randn(shape, generator=draw)
        made = optimizers.orthogonalise(matrix, steps=5)
        assert made.shape == matrix.shape and made.dtype == torch.float32
        near(made.double(), newton_schulz(matrix, 5), 1e-5)
        sizes = torch.linalg.svdvals(made)
        assert 0.6 < sizes.min() and sizes.max() < 1.3
        # It keeps the directions: U V^T of the matrix, nearly.
        u, _, v = torch.linalg.svd(matrix, full_matrices=False)
        assert (made * (u @ v)).sum() / made.norm() / (u @ v).norm() > 0.97
        # Three steps, the book's choice, end on the same way.
        quick = torch.linalg.svdvals(optimizers.orthogonalise(matrix))
        assert quick.min() / quick.max() > 1.5 * singular_ratio(matrix)


def newton_schulz(matrix, steps):
    """The same by its formula, applied to the singular values in double precision."""
    x = matrix.double()
    u, sizes, v = torch.linalg.svd(x / (x.norm() + 1e-7), full_matrices=False)
    for _ in range(steps):
        sizes = 3.4445 * sizes - 4.7750 * sizes**3 + 2.0315 * sizes**5
    return u @ torch.diag(sizes) @ v


def singular_ratio(matrix):
    sizes = torch.linalg.svdvals(matrix)
    return sizes.min() / sizes.max()


def check_muon_by_hand():
    draw = torch.Generator().manual_seed(0)
    p = nn.Parameter(torch.randn(48, 16, generator=draw))
    q, moment = p.detach().clone(), torch.zeros(48, 16)
    muon = optimizers.Muon([p], lr=0.1, momentum=0.9, weight_decay=0.2)
    for _ in range(3):
        p.grad = torch.randn(p.shape, generator=draw)
        g = p.grad.clone()
        muon.step()
        moment = 0.9 * moment + 0.1 * g
        x = 0.1 * g + 0.9 * moment
        x = (x / x.norm()).T
        for _ in range(3):
            a = x @ x.T
            x = 3.4445 * x - 4.7750 * a @ x + 2.0315 * a @ a @ x
        q = q * (1 - 0.1 * 0.2) - 0.1 * math.sqrt(3) * x.T
        near(p.detach(), q, 1e-4)


def check_muon_takes_the_matrices():
    for tie in (True, False):
        model = make_model(tie=tie)
        of = {id(p): n for n, p in model.named_parameters()}
        muon, rest = optimizers.make_optimizers(model, a_recipe(optimizer="muon"))
        inside = {of[id(p)] for g in muon.param_groups for p in g["params"]}
        assert len(inside) == 8 and all(n.startswith("blocks.") for n in inside)
        outside = [of[id(p)] for g in rest.param_groups for p in g["params"]]
        assert sorted([*inside, *outside]) == sorted(of.values())
    _, history = run({"optimizer": "muon"})
    assert history["rate"][1] == a_recipe().rate


# --- It learns, and says so -----------------------------------------------------------


def check_it_learns():
    """Rows that count up: the next token is certain after the first one."""
    start = torch.arange(N)[:, None]
    ids = (start + torch.arange(T + 1)) % V
    rows = ids[:, :-1], ids[:, 1:]
    for name in ("adamw", "muon"):
        change = {"optimizer": name, "steps": 60, "batch": 16, "clip": 1.0}
        model = Decoder(config())
        run(change, model=model, rows=rows)
        assert evaluate.mean_loss(model, rows) < 0.5 < math.log(V)
        assert not model.training


def test_a_table_that_pandas_reads(capsys):
    import pandas

    _, history = run({}, validation=make_rows(5), every=3, floor=0.25)
    table = pandas.DataFrame(history)
    assert list(table.columns) == list(History.COLUMNS)
    assert len(table) == 7 and table["step"].tolist() == [*range(1, 8)]
    counted = [int((make_rows()[1][order.step_rows(s, N, 6, 3)] >= 0).sum())
               for s in range(1, 8)]  # fmt: skip
    assert table["tokens"].diff().tolist()[1:] == counted[1:]
    assert table["tokens"][0] == counted[0]
    assert table["seconds"].is_monotonic_increasing
    out, err = capsys.readouterr()
    lines, checked = out.splitlines(), table["validation"][2]
    assert [line.split()[1] for line in lines] == ["3", "6", "7"]
    assert f"validation {checked:.3f}  above the floor {checked - 0.25:.3f}" in lines[0]
    assert "tokens/s" in err and "above the floor" in err and "tokens/s" not in out
    run({}, every=0)
    assert capsys.readouterr() == ("", "")


def check_probe():
    """A probe sees the model as it is to be used, and its numbers are columns."""
    seen = []

    def probe(model):
        assert not model.training and not torch.is_grad_enabled()
        seen.append(weights(model))
        return {"size": float(len(seen))}

    model = make_model(dropout=0.3)
    plain, _ = run(model=make_model(dropout=0.3))
    looked, history = run(model=model, every=3, probe=probe)
    assert torch.equal(plain, looked) and torch.equal(seen[-1], looked)
    assert [math.isnan(n) for n in history["size"]] == [1, 1, 0, 1, 1, 0, 0]
    assert history["size"][2::3] + history["size"][-1:] == [1.0, 2.0, 3.0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        run(path=path, every=3, probe=probe)
        _, again = run(path=path, resume=True, every=3, probe=probe)
        assert again["size"][-1] == 6.0 and len(again["size"]) == 7


def test_the_device_is_never_mps_unless_asked(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert train.pick_device().type == "cpu"
    assert train.pick_device("mps").type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert train.pick_device().type == "cuda"


def test_bf16_only_where_the_device_computes_in_it(monkeypatch):
    assert not evaluate.precision(make_model())._enabled
    monkeypatch.setattr(losses, "device_of", lambda model: torch.device("cuda"))
    for able in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_, able=able: able)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda.amp.common, "amp_definitely_not_available", bool)
        assert evaluate.precision(make_model())._enabled is able
        assert not evaluate.precision(make_model(), False)._enabled


# --- Rows from documents --------------------------------------------------------------


def a_tokenizer():
    return BPETokenizer.train("the goat and the boat and the coat. " * 3, 270)


def check_single_rows():
    tok = a_tokenizer()
    texts = ["the goat", "a boat and a coat", "x", "the the the and and", "zz."]
    model = Decoder(config(vocab_size=len(tok), context=24), seed=3)
    rows = order.single_rows(texts, tok, 24)
    assert rows[0].shape == rows[1].shape == (5, 24)
    near(evaluate.mean_loss(model, rows), evaluate.loss(model, tok, texts), 1e-5)
    more = order.single_rows(texts, tok, 24, ending=True)
    assert (more[1] != order.IGNORE).sum() == (rows[1] != order.IGNORE).sum() + 5
    end = tok.special_tokens["<|endoftext|>"]
    assert [row[row >= 0][-1].item() for row in more[1]] == [end] * 5
    assert all(end not in row for row in rows[1])
    with pytest.raises(ValueError, match="does not fit a row of 5"):
        order.single_rows(texts, tok, 5)


def test_a_corpus_of_one_short_row_and_of_none():
    tok = a_tokenizer()
    rows = order.single_rows(["the goat"], tok, 12)
    model = Decoder(config(vocab_size=len(tok)))
    history = train.train(model, rows, a_recipe(steps=3), every=0)
    assert history["loss"][-1] < history["loss"][0]
    with pytest.raises(ValueError, match="shorter than one row"):
        train.train(model, order.single_rows([], tok, 12), a_recipe(), every=0)


# --- Bad input ------------------------------------------------------------------------

BAD_RECIPES = [
    ({"steps": 0}, "steps is 0"),
    ({"steps": 2.5}, "steps is 2.5"),
    ({"batch": 0}, "batch is 0"),
    ({"accumulate": 0}, "accumulate is 0"),
    ({"accumulate": 4}, "multiple of accumulate"),
    ({"warmup": -1}, "warmup is -1"),
    ({"warmup": 6, "hold": 2}, "take 8 steps"),
    ({"seed": -1}, "seed is -1"),
    ({"rate": 0.0}, "rate is 0.0"),
    ({"muon_rate": math.nan}, "muon_rate is nan"),
    ({"clip": 0.0}, "clip is 0.0"),
    ({"schedule": "cosin"}, "expected one of .*cosine"),
]


@pytest.mark.parametrize("change, message", BAD_RECIPES)
def test_a_recipe_that_cannot_be(change, message):
    with pytest.raises(ValueError, match=message):
        a_recipe(**change)


def test_rows_that_cannot_be_read():
    inputs, targets = make_rows()
    with pytest.raises(ValueError, match="expected the same"):
        run(rows=(inputs, targets[:-1]))
    with pytest.raises(ValueError, match="context is 8"):
        run(model=make_model(context=8))
    with pytest.raises(ValueError, match="context is 8"):
        check = make_rows()
        run(model=make_model(context=8), rows=(inputs[:, :8], targets[:, :8]),
            validation=check)  # fmt: skip
    nothing = torch.full_like(targets, order.IGNORE)
    with pytest.raises(ValueError, match="all padding"):
        run(rows=(inputs, nothing))
    with pytest.raises(ValueError, match="no target counts"):
        evaluate.mean_loss(make_model(), (inputs, nothing))
    with pytest.raises(ValueError, match="outside the vocabulary"):
        run(rows=(inputs + V, targets))


def test_optimizers_that_cannot_be():
    known = "is 'adam'; expected one of .*'adamw', 'muon'"
    with pytest.raises(ValueError, match=known):
        optimizers.make_optimizers(make_model(), a_recipe(optimizer="adam"))
    with pytest.raises(ValueError, match="give a MuonRecipe"):
        optimizers.make_optimizers(make_model(), recipe.Recipe(optimizer="muon"))


# Catches: a default that is absent from a file means another thing in a newer class.
def test_a_run_is_named_as_it_always_was():
    """States of runs with Muon, saved when Recipe had its fields, still go on."""
    kept = sessions.named_fields(a_recipe(optimizer="muon", rate=0.015, decay=0.0))
    assert kept == {
        "steps": 7, "batch": 6, "warmup": 2, "rate": 0.015, "clip": 0.2, "seed": 3,
        "decay": 0.0, "optimizer": "muon",
    }  # fmt: skip
    assert "optimizer" not in sessions.named_fields(a_recipe())
    assert sessions.named_fields(a_recipe(muon_rate=0.1))["muon_rate"] == 0.1


def test_nothing_to_train():
    model = make_model()
    model.requires_grad_(False)
    with pytest.raises(ValueError, match="frozen"):
        run(model=model)
    with pytest.raises(ValueError, match="muon found no matrix"):
        run({"optimizer": "muon"}, model=model)


def test_a_loss_that_blows_up():
    model = make_model()
    with torch.no_grad():
        model.tokens.weight[3] = math.inf
    with pytest.raises(FloatingPointError, match="step 1 is nan.*lower"):
        run(model=model)


def saved(tmp_path, **change):
    path = tmp_path / "state.safetensors"
    run({"steps": 3, "warmup": 1} | change, path=path, every=1)
    return path


def test_a_state_holds_what_the_model_keeps_and_no_tables():
    """A table that follows from the config is not kept; a running mean is."""
    rotary = Decoder(
        DecoderConfig(context=8, layers=1, heads=2, width=8, positions="rotary")
    )
    rotary.register_buffer("angles", torch.ones(8), persistent=False)
    assert run_state.weights_of(rotary).keys() == dict(rotary.named_parameters()).keys()
    counting = nn.BatchNorm1d(2)
    assert {"weight", "running_mean"} <= run_state.weights_of(counting).keys()


def spoiled_rows():
    """The usual rows with one target more that does not count."""
    inputs, targets = make_rows()
    targets[N // 2, 0] = order.IGNORE
    return inputs, targets


def frozen(model, *names):
    for name in names:
        model.get_submodule(name).requires_grad_(False)
    return model


def test_a_run_with_frozen_parts_goes_on_only_with_the_same(tmp_path):
    path, change = tmp_path / "state.safetensors", {"steps": 3, "warmup": 1}
    run(change, model=frozen(make_model(), "norm", "tokens"), path=path, every=1)
    run(change, model=frozen(make_model(), "norm", "tokens"), path=path, resume=True)
    with pytest.raises(ValueError, match=r"frozen is \['norm.bias', .*, not \[\]"):
        run(change, model=frozen(make_model(), "tokens"), path=path, resume=True)


# Catches: a sample for a hash. Of 500 rows one number differs, whichever it is.
@pytest.mark.parametrize("place", [(0, 0), (1, 3), (251, 7), (499, T - 1)])
def test_one_number_of_the_rows_changes_their_hash(place):
    rows, _ = make_rows(500)
    other = rows.clone()
    other[place] += 1
    assert run_state.fingerprint(rows) != run_state.fingerprint(other)
    for kind in (torch.uint8, torch.int16, torch.int32):
        assert run_state.fingerprint(rows.to(kind)) == run_state.fingerprint(rows)
    wide, cut = rows.repeat(1, 3), rows.repeat(1, 3)[:, :T]  # another layout in memory
    assert run_state.fingerprint(cut) == run_state.fingerprint(rows)
    assert run_state.fingerprint(wide) != run_state.fingerprint(rows)
    long = torch.arange(3 * run_state.PART)[:, None] % V  # more than is hashed at once
    other = long.clone()
    other[-1] += 1
    assert run_state.fingerprint(long) != run_state.fingerprint(other)
    shape = rows.view(250, -1)
    assert run_state.fingerprint(shape) != run_state.fingerprint(rows)


def test_averages_that_do_not_fit_their_parameters(tmp_path):
    """A file whose optimizer knew other shapes, or parameters that are not here."""
    from safetensors.torch import save_file

    path = saved(tmp_path)
    tensors, texts = run_state.read_state(path)
    name = "optimizer.0.norm.weight.exp_avg"
    for change, message in (
        ({name: torch.zeros(3)}, rf"{name} has shape \(3,\) in .* and \(16,\) here"),
        ({"optimizer.0.nowhere.exp_avg": torch.zeros(3)}, "nowhere.*and None here"),
        ({"optimizer.1.norm.weight.average": torch.zeros(16)}, r"\.1\..*and None here"),
    ):
        other = tensors | change
        texts["sha256"] = run_state.checksum(other, texts["history"])
        save_file(other, path, texts)
        model = make_model(seed=5)
        before = weights(model)
        with pytest.raises(ValueError, match=message):
            run({"steps": 3, "warmup": 1}, model=model, path=path, resume=True)
        assert torch.equal(weights(model), before), "nothing was changed"


def test_a_state_of_the_first_edition_is_told(tmp_path):
    from safetensors.torch import save_file

    path = saved(tmp_path)
    tensors, texts = run_state.read_state(path)
    save_file(tensors, path, texts | {"format": "block-by-block training state 1"})
    with pytest.raises(ValueError, match="of this edition: its format is .* state 1"):
        run({"steps": 3, "warmup": 1}, path=path, resume=True)


def test_a_state_of_another_run(tmp_path):
    path = saved(tmp_path)
    same = {"steps": 3, "warmup": 1}
    cases = [
        (same | {"rate": 0.5}, {}, "its rate is 0.03, not 0.5"),
        (same | {"betas": (0.95, 0.9)}, {}, "its betas is 'as usual', not"),
        (same, {"rows": make_rows(seed=2)}, "its inputs"),
        (same, {"rows": spoiled_rows()}, "its targets"),
        (same, {"model": make_model(heads=4)}, "its config"),
        (same, {"model": frozen(make_model(), "tokens")},
         r"its frozen is \[\], not \['tokens.weight'\]"),
    ]  # fmt: skip
    for change, other, message in cases:
        model = other.pop("model", make_model(seed=5))
        before = weights(model)
        with pytest.raises(ValueError, match=message):
            run(change, model=model, path=path, resume=True, **other)
        assert torch.equal(weights(model), before), "nothing was changed"
    wider = Decoder(config(width=32))
    made = optimizers.make_optimizers(wider, a_recipe())
    _, texts = run_state.read_state(path)
    with pytest.raises(ValueError, match="older code: model.tokens.weight has"):
        run_state.load_state(path, wider, made, json.loads(texts["run"]))


def test_a_damaged_state(tmp_path):
    path = saved(tmp_path)
    good = path.read_bytes()
    flipped = bytearray(good)
    flipped[-100] ^= 1
    for bad, message in (
        (bytes(flipped), "wrong checksum"),
        (good[: len(good) // 2], "no whole state file"),
        (b"", "no whole state file"),
        (b"not a state at all, whatever its name says", "no whole state file"),
    ):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match=message):
            run({"steps": 3, "warmup": 1}, path=path, resume=True)
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="not the state of a training run"):
        run({"steps": 3, "warmup": 1}, path=path, resume=True)


def test_a_save_that_fails_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = saved(tmp_path)
    good = path.read_bytes()

    def full(tensors, where, texts):
        Path(where).write_bytes(b"half")
        raise run_state.SafetensorError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(run_state, "save_file", full)
        with pytest.raises(OSError, match="could not be saved.*No space"):
            saved(tmp_path)
    assert path.read_bytes() == good
    assert [p.name for p in tmp_path.iterdir()] == ["state.safetensors"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="could not be saved"):
        run({"steps": 1, "warmup": 0}, path=tmp_path / "no" / "state", every=1)


# --- The checks, and the faults that they must catch ----------------------------------

CHECKS = {name: f for name, f in list(globals().items()) if name.startswith("check_")}


@pytest.mark.parametrize("name", CHECKS)
def test_it_is_right(name):
    CHECKS[name]()


# Module, a line of it, a fault in its place, and the check that must fail.
FAULTS = [
    ("recipe", "step < recipe.warmup", "step <= recipe.warmup // 2", "schedule_values"),
    ("recipe", "min(fall - 0.5, max(0", "min(2 * fall, max(0", "schedule_values"),
    ("recipe", "(1 - recipe.final) * left", "left", "schedule_values"),
    ("recipe", "recipe.warmup + recipe.hold\n    fall", "recipe.warmup\n    fall",
     "schedule_values"),
    ("recipe", "math.cos(math.pi * fallen)", "math.cos(math.pi * left)",
     "schedule_values"),
    ("optim", '"weight_decay": 0.0}', '"weight_decay": decay}', "decay_groups"),
    ("optim", "parameter.dim() >= 2 and", "parameter.dim() >= 1 and", "decay_groups"),
    ("optim", "if parameter.requires_grad:", "if True:", "decay_groups"),
    ("optim", '"betas": betas', '"betas": betas[::-1]', "adamw_by_hand"),
    ("optim", "a, b, c = 3.4445, -4.7750, 2.0315", "a, b, c = 3.4445, -4.7750, 2.6315",
     "orthogonalise"),
    ("optim", "return x.T if tall else x", "return x", "orthogonalise"),
    ("optim", "mix @ square @ mix", "mix @ square", "orthogonalise"),
    ("optim", "else mix @ whole", "else mix", "orthogonalise"),
    ("optim", "p.grad.lerp(average, group[\"momentum\"])", "average", "muon_by_hand"),
    ("optim", "max(1, p.shape[0] / p.shape[1]) ** 0.5", "1", "muon_by_hand"),
    ("optim", "p is not head and", "", "muon_takes_the_matrices"),
    ("train", "model.zero_grad()", "pass", "adamw_by_hand"),
    ("train", 'rate_share(step, recipe) * group["peak"]', 'group["peak"]',
     "adamw_by_hand"),
    ("train", "clip_gradients(model.parameters(), recipe.clip)",
     "clip_gradients(model.parameters(), None)", "adamw_by_hand"),
    ("train", "norm > most", "norm < most", "clipping"),
    ("train", "loss = summed_loss(model, x, y) / count",
     "loss = summed_loss(model, x, y) / (y >= 0).sum() / recipe.accumulate",
     "accumulation"),
    ("losses", "ignore_index=IGNORE", "ignore_index=-1", "mean_loss"),
    ("rows", "targets[i, : len(row) - 1] = torch.tensor(row[1:])",
     "targets[i, : len(row) - 1] = torch.tensor(row[:-1])", "single_rows"),
    ("rows", "rows = [[end, *tokenizer", "rows = [[*tokenizer", "single_rows"),
    ("rows", "int(used[chosen].max())", "int(used[chosen].min())", "adamw_by_hand"),
    ("rows", "yield inputs[chosen,", "yield inputs[: len(chosen),", "adamw_by_hand"),
    ("rows", "after = [end] if ending else []", "after = [end]", "single_rows"),
    ("rows", "used.argsort(stable=True).chunk(parts)",
     "torch.arange(len(used)).chunk(parts)", "accumulation"),
    ("history", "[math.nan] * rows", "[]", "probe"),
    ("session", "with evaluating(self.model):", "if True:", "probe"),
    ("losses", "with evaluating(model):  # no", "if True:  # no",
     "evaluation_leaves_no_trace"),
    ("losses", "with evaluating(model):  # no", "if [model.eval()]:  # no",
     "mean_loss"),
    ("session", ", torch.random.fork_rng():", ":", "generators"),
    ("session", "    seed_dropout(step, recipe.seed)\n", "", "generators"),
    ("session", "(1_000_003 * seed + step) + 1", "(1_000_003 * seed) + 1",
     "generators"),
    ("rows", "(1_000_003 * seed + epoch)", "(1_000_003 * seed)", "row_order"),
    ("rows", "[place % n]", "[0]", "row_order"),
    ("train", "range(run.done + 1,", "range(1,", "stop_and_go"),
    ("session", "history = History(load_state(path, model, optimizers, about))\n",
     "load_state(path, model, optimizers, about)\n", "stop_and_go"),
    ("resume", 'weight.copy_(tensors[f"model.{name}"])', "pass", "stop_and_go"),
    ("resume", "optimizer.state[parameter] = {", "_ = {", "stop_and_go"),
    ("recipe", "fall - 0.5", "fall", "last_step"),
    ("recipe", "fall - 0.5", "fall - 1.0", "schedule_values"),
]  # fmt: skip
CAUGHT = (AssertionError, LookupError, RuntimeError, ValueError)
MODULES = {
    "rows": "data.rows",
    "recipe": "train.recipe",
    "optim": "train.optimizers",
    "resume": "checkpoint.run_state",
    "history": "train.log",
    "losses": "evaluate.losses",
    "session": "train.sessions",
    "train": "train.loop",
}


def rebuild(faulty="", old="", new=""):
    """Execute the modules again in place, one of them with a line changed."""
    for name, file in MODULES.items():
        module = importlib.import_module(f"shared.{file}")
        source = Path(module.__file__).read_text("utf-8")
        if name == faulty:
            assert source.count(old) == 1, f"{old!r} is not once in {name}.py"
            source = source.replace(old, new)
        exec(compile(source, module.__file__, "exec"), module.__dict__)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f[0]}:{f[1].strip()[:40]}")
def test_each_fault_is_caught_by_its_check(fault):
    module, old, new, check = fault
    homes = [importlib.import_module(f"shared.{file}") for file in MODULES.values()]
    before = [dict(vars(home)) for home in homes]
    try:
        rebuild(module, old, new)
        with pytest.raises(CAUGHT):
            CHECKS[f"check_{check}"]()
    finally:  # the very same classes: another test may hold them already
        for home, names in zip(homes, before, strict=True):
            vars(home).clear()
            vars(home).update(names)
