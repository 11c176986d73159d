"""Checks of drawing for rows of different lengths and of each row's own generator.

test_generate_batches.py runs each on the real code; test_mutations.py runs them on code
with faults planted in it, so each takes the file it looks at.
"""

import torch
from modelchecks import MODERN, SCORES, SMALL, kept, make, near, some_ids
from modelchecks import real as parts

#: Prompts: one of a single token, one that fills a context of 24, two alike.
LENGTHS = (3, 24, 1, 17, 3)
#: GPT-2's way without a cache, the same as a decoder, and the book's own model.
KINDS = {
    "gpt": {},
    "decoder": {"general": True},
    "modern": {name: value for name, value in MODERN.items() if name not in SMALL},
}


def prompts(lengths=LENGTHS):
    """Rows of ids as lists."""
    rows = some_ids(len(lengths), max(lengths)).tolist()
    return [row[:length] for row, length in zip(rows, lengths)]


def seeded(seed):
    """A generator."""
    return torch.Generator().manual_seed(seed)


def check_together(g, model, rows, new, **how):
    """Each row of a batch is what it is alone; returns the batch's new tokens.

    how: settings; with `seeds`, a row has a generator of its own, alone and together.
    """
    seeds, eos = how.pop("seeds", None), how.get("eos")
    T = max(map(len, rows))
    all_of_them = {} if seeds is None else {"generator": [seeded(s) for s in seeds]}
    found = g.generate(model, rows, new, **how, **all_of_them)
    ends = []
    for i, row in enumerate(rows):
        own = {} if seeds is None else {"generator": seeded(seeds[i])}
        alone = g.generate(model, row, new, **how, **own)[0].tolist()
        together = found[i].tolist()
        assert together[: T - len(row)] == [eos or 0] * (T - len(row)), "the filling"
        together = together[T - len(row) :]
        assert together[: len(alone)] == alone, f"row {i} is another than alone"
        assert set(together[len(alone) :]) <= {eos}, f"row {i} went on after its end"
        ends.append(len(alone) - len(row))
    assert found.shape[1] == T + max(ends), "it went on after all rows had ended"
    return found[:, T:], ends


def check_unequal(g):
    """The likeliest tokens of rows of any lengths, far beyond the context's end."""
    for name, fields in KINDS.items():
        model = make(parts, context=24, **fields)
        for use_cache in (True, False):
            how = {"temperature": 0, "use_cache": use_cache}
            check_together(g, model, prompts(), 30, **how)
            short = check_together(g, model, prompts((5, 1, 9)), 8, **how)[0]
            assert len({tuple(row) for row in short.tolist()}) == 3, name


def check_row_seeds(g):
    """Drawn tokens, each row from its own generator, until each row's own end."""
    for fields in KINDS.values():
        model = make(parts, context=24, **fields)
        for use_cache in (True, False):
            how = {"temperature": 1.7, "top_k": 20, "use_cache": use_cache}
            how["seeds"] = range(len(LENGTHS))
            drawn = check_together(g, model, prompts(), 30, **how)[0]
            ends = check_together(
                g, model, prompts(), 30, eos=drawn[1, 6].item(), **how
            )[1]
            assert len(set(ends)) > 2, "a test in which all rows end alike"


def check_likeliest(g):
    """Temperature 0 is the likeliest token, of equals the first, with any filters."""
    sure = g.next_probabilities(SCORES, 0)
    assert kept(sure.log()) == [[1], [2]]
    near(sure.sum(-1), torch.ones(2))
    tied = torch.tensor([[0.0, 2.0, 2.0, -1.0]]).half()
    assert kept(g.next_probabilities(tied, 0.0, 3, 0.99).log()) == [[1]]
    model, ids = make(parts, general=True), some_ids(3, 9)
    first = g.generate(model, ids, 20, temperature=0)
    assert torch.equal(first, g.generate(model, ids, 20, top_k=1))


def check_loop(g):
    """The loop reads what it was given and has drawn, and nothing twice."""
    read, starts = [], torch.tensor([[5, 6], [7, 8]])

    def scores(ids):
        read.append(ids.tolist())
        return ids[:, -1:] + 1

    def pick(logits):
        return logits.clone()

    found = torch.cat(list(g.draw_tokens(scores, pick, starts, 4)), 1).tolist()
    assert found == [[7, 8, 9, 10], [9, 10, 11, 12]]
    assert [len(rows[0]) for rows in read] == [2, 3, 4, 5]
    assert read[2] == [[5, 6, 7, 8], [7, 8, 9, 10]]
    assert list(g.draw_tokens(scores, pick, starts, 0)) == []
    ended = torch.cat(list(g.draw_tokens(scores, pick, starts, 9, eos=10)), 1)
    assert ended.tolist() == [[7, 8, 9, 10], [9, 10, 10, 10]]


def check_window(p):
    """The last tokens of each row, from place 0 on, and where each row ends."""
    ids = torch.tensor([[0, 0, 0, 4, 5], [0, 7, 8, 9, 10], [1, 2, 3, 4, 5]])
    pad = torch.tensor([3, 1, 0])
    for context, wanted in (
        (9, [[4, 5], [7, 8, 9, 10], [1, 2, 3, 4, 5]]),
        (5, [[4, 5], [7, 8, 9, 10], [1, 2, 3, 4, 5]]),
        (4, [[4, 5], [7, 8, 9, 10], [2, 3, 4, 5]]),
        (3, [[4, 5], [8, 9, 10], [3, 4, 5]]),
        (1, [[5], [10], [5]]),
    ):
        found, last = p.last_window(ids, pad, context)
        assert found.shape == (3, min(context, 5))
        rows = [row[: end + 1] for row, end in zip(found.tolist(), last.tolist())]
        assert rows == wanted, context
        found, last = p.last_window(ids, None, context)
        assert found.tolist() == ids[:, -context:].tolist()
        assert last.tolist() == [found.shape[1] - 1] * 3


def check_draws(d):
    """A row's own generator decides for it; a single one decides for all in turn."""
    probs = SCORES.softmax(-1)
    for seed in range(20):
        own = [seeded(seed), seeded(seed + 100)]
        alone = [
            torch.multinomial(probs[i : i + 1], 1, generator=seeded(s)).item()
            for i, s in enumerate((seed, seed + 100))
        ]
        assert d.draw_each(probs, own).tolist() == [[i] for i in alone]
        one = torch.multinomial(probs, 1, generator=seeded(seed))
        assert torch.equal(d.draw_each(probs, seeded(seed)), one)


SAMPLING = [check_unequal, check_row_seeds, check_likeliest, check_loop]

