"""The benchmark's own arithmetic, with a clock that the test moves; and that what it
compares is equal: the contestants' losses, tokens and merges, on small sizes.
"""

from dataclasses import replace

import bench
import pytest
import torch


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless a contestant moves it."""
    now = [0.0]
    monkeypatch.setattr(bench.time, "perf_counter", lambda: now[0])

    def takes(*seconds: float):
        left = [0.0, *seconds]  # the first call is the warm-up

        def run() -> str:
            now[0] += left.pop(0)
            return "result"

        return run

    return takes


# Catches: ratios upside down, medians of the wrong numbers, a warm-up that counts.
def test_ratios_compare_the_same_round(clock):
    contestants = {"ours": clock(2, 8, 6), "theirs": clock(1, 2, 6)}
    task = bench.Task("toy", contestants, work=12, unit="MB")
    seconds = bench.measure(task, rounds=3)
    assert seconds == {"ours": [2, 8, 6], "theirs": [1, 2, 6]}
    ours, theirs = bench.rows(task, seconds)
    assert [cell.strip() for cell in ours] == ["toy", "ours", "6.000", "2.00 MB/s", ""]
    assert theirs[2].strip() == "2.000"
    assert theirs[4].strip() == "2.00  (1.00 to 4.00)"


# Catches: a speed table for code that gives other results than the reference.
def test_disagreement_stops_the_benchmark(clock):
    contestants = {"ours": clock(1), "theirs": clock(1)}
    task = bench.Task("toy", contestants, 1, "MB", same=lambda results: False)
    with pytest.raises(SystemExit, match="ours and the references disagree"):
        bench.measure(task, rounds=1)


@pytest.mark.parametrize("wrong", [["nothing"], ["bpe", "--rounds", "0"]])
def test_wrong_arguments(wrong, capsys):
    with pytest.raises(SystemExit) as stop:
        bench.main(wrong)
    assert stop.value.code == 2
    known = "the benchmarks are: bpe, train, generate, gpt2, tinyshakespeare"
    assert known in capsys.readouterr().err


def test_bpe_tasks_agree_and_print(capsys, monkeypatch):
    documents = ["the fox at the mill, the key in the fox's den. " * 30] * 4
    monkeypatch.setattr(bench, "VOCABULARY", 270)
    tasks = bench.bpe_tasks("toy", documents)
    bench.print_table(
        [row for t in tasks for row in bench.rows(t, bench.measure(t, 1))]
    )
    printed = capsys.readouterr().out
    assert printed.count("toy: ") == 2 and "tiktoken" in printed


@pytest.fixture
def transformers():
    """Importing it takes seconds: tests that need it are slow."""
    return pytest.importorskip("transformers", reason="it cannot be imported")


@pytest.fixture
def small(monkeypatch):
    """bench_models with sizes that take no time."""
    import bench_models

    sizes = {"vocab_size": 37, "n_layer": 2, "n_head": 3, "n_embd": 24}
    monkeypatch.setattr(bench_models, "SIZES", sizes)
    monkeypatch.setattr(bench_models, "SHAPES", ((2, 8), (3, 24)))
    monkeypatch.setattr(bench_models, "PROMPTS", (1, 3))
    monkeypatch.setattr(bench_models, "NEW", 20)
    return bench_models


@pytest.fixture
def races(monkeypatch):
    """bench_race with models that take no time."""
    import bench_race

    for name in ("THEIRS", "OURS"):
        config = replace(getattr(bench_race, name), layers=1, heads=2, width=32)
        monkeypatch.setattr(bench_race, name, config)
    return bench_race


# Catches: another contestant's weights, rows, decay, clipping or update than ours.
@pytest.mark.slow
def test_training_steps_agree(small, transformers, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda model, dynamic: model)  # it takes long
    tasks = list(small.bench_train())
    assert [task.work for task in tasks] == [4 * 2 * 8 / 1000, 4 * 3 * 24 / 1000]
    for task in tasks:
        results = [run() for run in task.contestants.values()]
        assert len(results) == 4 and task.same(results)
        assert len(set(results[0])) == small.STEPS  # it does train
        results[1][-1] += 1e-3
        assert not task.same(results)


# Catches: a benchmark that breaks off where there is no compiler.
def test_without_a_compiler_that_contestant_stays_away(small, monkeypatch, capsys):
    def refuse(model, dynamic):
        raise RuntimeError("no working C++ compiler\nlooked in many places")

    monkeypatch.setattr(torch, "compile", refuse)
    assert small.compiled(torch.nn.Linear(2, 2), torch.ones(1, 2)) is None
    said = capsys.readouterr().err
    assert "no working C++ compiler" in said and "many places" not in said


# Catches: rows written with other weights, lengths or choices than ours.
@pytest.mark.slow
def test_written_tokens_agree(small, transformers):
    for task, count in zip(small.bench_generate(), (1, 3), strict=True):
        results = [run() for run in task.contestants.values()]
        assert results[0].shape == (count, 16 + 20) and task.same(results)
        assert results[0][:, 16:].unique().numel() > 3  # not one token for ever
        results[1][0, -1] += 1
        assert not task.same(results)


# Catches: a number in the wrong column, times counted from the wrong contestant.
def test_a_race_finds_who_is_there_first(races, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(races.time, "process_time", lambda: now[0])
    losses = iter([2.0, 1.9, 1.8, 1.5])  # of both, in turn

    def step(model, rows, optimizers, recipe, number):
        now[0] += recipe.batch

    monkeypatch.setattr(races, "train_step", step)
    monkeypatch.setattr(races, "mean_loss", lambda model, rows: next(losses))
    config = races.Config(5, 4, 1, 1, 4)
    slow = races.Race("slow", config, races.Recipe(steps=4, batch=10))
    fast = races.Race("fast", config, races.Recipe(steps=6, batch=2))
    first, second = races.race([slow, fast], None, None, parts=2)
    assert first[:4] == ("slow", "4", "40.0", "1.00")
    assert first[5:] == ("1.800", "40.0", "1.00")
    assert second[:4] == ("fast", "6", "12.0", "0.30")
    assert second[5:] == ("1.500", "12.0", "0.30")
    assert slow.curve == [(2, 20.0, 2.0), (4, 40.0, 1.8)]


# Catches: a race that stops with an error, or whose contestants learn nothing.
def test_the_race_runs(races, capsys):
    text = "the fox at the mill, the key in the fox's den. " * 60
    races.run_tinyshakespeare(text, shorten=20)
    printed = capsys.readouterr().out.splitlines()
    assert "of reference" in printed[0] and printed[2].startswith("nanoGPT's recipe")
    curves = [line.partition(": ")[2].split(", ") for line in printed[-3:]]
    assert all(float(curve[-1]) < float(curve[0]) - 0.2 for curve in curves)


# Catches: rows of training that reach into the text that is kept for measuring.
def test_measuring_text_is_apart(races):
    text = "ab" * 900 + "cd" * 100
    rows, held_out = races.read_plays(text)
    assert rows[0].shape == (1800 - 64, 64) and rows[1].max() == 1
    assert held_out[0].min() == 2 and len(held_out[0]) == 3
    assert torch.equal(races.read_plays(text, every=2)[1][0], held_out[0][::2])
