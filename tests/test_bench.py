"""The benchmark's own arithmetic, with a clock that the test moves."""

import bench
import pytest


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
    assert "the benchmarks are: bpe" in capsys.readouterr().err


def test_bpe_tasks_agree_and_print(capsys, monkeypatch):
    documents = ["the fox at the mill, the key in the fox's den. " * 30] * 4
    monkeypatch.setattr(bench, "VOCABULARY", 270)
    tasks = bench.bpe_tasks("toy", documents)
    bench.print_table(
        [row for t in tasks for row in bench.rows(t, bench.measure(t, 1))]
    )
    printed = capsys.readouterr().out
    assert printed.count("toy: ") == 2 and "tiktoken" in printed
