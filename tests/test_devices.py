"""The model on another device than the rows: the same numbers, and nobody's crash.

Every test runs twice: with a second device that is played on the CPU (`elsewhere`), and
on a real one, marked gpu, where there is one.
"""

import contextlib

import pytest
import torch
from elsewhere import Far, elsewhere
from modelchecks import small_chat
from test_preference import PAIRS
from test_train import Stopped, a_recipe, make_model, make_rows, run, stop_at

from shared import checkpoint, evaluate, tales
from shared.checkpoint import count_bytes, int8_model
from shared.data import IGNORE
from shared.evaluate import exam, mean_loss, skills
from shared.finetune import assistant, classifier, preferences, rewards
from shared.generate import generate, replies
from shared.model import beside, device_of, evaluating, moved, swap_head
from shared.train import Recipe, train

TEXTS = ["Mara lost a key.\n", "Rain.\n", "Finn found the brass key near the mill.\n"]
LABELS = torch.tensor([1, 0, 1])


@pytest.fixture(params=["elsewhere", pytest.param("cuda", marks=pytest.mark.gpu)])
def there(request):
    """Another device than the CPU, played or real."""
    if request.param == "cuda":
        yield torch.device("cuda")
        return
    with elsewhere() as device:
        yield device


def near(a, b, most=2e-4):
    """Whether numbers are equal up to rounding; a GPU adds up in another order."""
    a, b = torch.as_tensor(a), torch.as_tensor(b)
    assert a.device.type == b.device.type == "cpu", "results come back to the rows"
    assert torch.allclose(a, b, rtol=1e-4, atol=most), (a, b)


def weights(model):
    return torch.cat([p.detach().cpu().flatten() for p in model.parameters()])


def chats(there):
    """Two equal small chat models, one here and one there, and their tokenizer."""
    ours, tok = small_chat()
    theirs, _ = small_chat()
    return ours, theirs.to(there), tok


# --- the second device itself ---------------------------------------------------------


def test_the_played_device_forbids_to_mix():
    """As a GPU does; single numbers and places to look up may come from the CPU."""
    with elsewhere() as there:
        far = torch.arange(4.0).to(there)
        assert isinstance(far, Far) and far.device == there
        assert (far * 2).cpu().tolist() == [0.0, 2.0, 4.0, 6.0]
        assert far[torch.tensor([3])].item() == 3.0 and (far + torch.tensor(1.0)).sum()
        for mix in (far.__add__, far.__mul__):
            with pytest.raises(RuntimeError, match="same device"):
                mix(torch.ones(4))
        model = make_model().to(there)
        with pytest.raises(RuntimeError, match="same device"):
            model(make_rows()[0])


def test_where_a_model_is(there):
    model = make_model()
    assert device_of(model).type == "cpu"
    assert device_of(torch.nn.Identity()).type == "cpu"
    held = list(model.parameters())
    with contextlib.suppress(Stopped), moved(model, there):
        assert device_of(model).type == there.type
        small = torch.ones(2, 3, dtype=torch.uint8)
        [moved_rows] = beside(model, small)
        assert moved_rows.device.type == there.type
        assert moved_rows.dtype == torch.long
        raise Stopped
    assert device_of(model).type == "cpu"
    assert all(a is b for a, b in zip(held, model.parameters()))


# --- training -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_training_there_is_training_here(there, name):
    change = {"optimizer": name, "mixed": False}
    here, one = run(change, device="cpu", validation=make_rows(5), every=3)
    model = make_model()
    far, two = run(
        change, model=model, device=there.type, validation=make_rows(5), every=3
    )
    near(two["loss"], one["loss"])
    near(two["validation"][2], one["validation"][2])
    near(far, here, 5e-3)
    assert device_of(model).type == "cpu", "it comes back"


def test_a_model_that_was_there_stays_there(there):
    model = make_model().to(there)
    train(model, make_rows(), a_recipe(steps=2), every=0, device=there.type)
    assert device_of(model).type == there.type


def test_a_run_goes_on_there(there, tmp_path):
    """Begun there and stopped, it goes on there, and also here, from the same file."""
    path, change = tmp_path / "state.safetensors", {"mixed": False}
    whole, _ = run(change, device=there.type)
    with pytest.raises(Stopped):
        stopped = stop_at(make_model(), 6)
        run(change, model=stopped, path=path, every=2, device=there.type)
    good = path.read_bytes()
    for device in (there.type, "cpu"):
        path.write_bytes(good)
        other = make_model(seed=9)
        found, _ = run(
            change, model=other, path=path, every=2, resume=True, device=device
        )
        near(found, whole, 5e-3)


# --- measuring ------------------------------------------------------------------------


def test_measuring_there(there):
    ours, theirs, tok = chats(there)
    texts = [d.text for d in tales.documents(5, 60) if len(tok.encode(d.text)) < 60]
    rows = assistant.chat_rows(tales.lessons(3, 4, "sum"), tok)
    near(mean_loss(theirs, rows), mean_loss(ours, rows))
    near(evaluate.bill(theirs, tok, texts[0]), evaluate.bill(ours, tok, texts[0]))
    test = skills.make_skill_test(texts, tok)
    assert skills.grade(theirs, test).keys() == skills.grade(ours, test).keys()
    asked = tales.Lesson("sum", "What is two and two?", "Four.")
    nats, tokens = exam.answer_nats(theirs, tok, asked, "Four.")
    wanted, same = exam.answer_nats(ours, tok, asked, "Four.")
    near(nats, wanted, 1e-2)
    assert tokens == same


def test_writing_there(there):
    ours, theirs, tok = chats(there)
    ids = torch.tensor([tok.encode("the goat")])
    expected = generate(ours, ids, 8, top_k=1)
    assert generate(theirs, ids, 8, top_k=1).tolist() == expected.tolist()
    prompts = ["Hello!", "Who are you?"]
    assert replies(theirs, tok, prompts, 8) == replies(ours, tok, prompts, 8)


# --- fine-tuning ----------------------------------------------------------------------


def test_a_classifier_there(there):
    ours, theirs, tok = chats(there)
    rows = classifier.label_rows(TEXTS, LABELS, tok, 64)
    near(classifier.features(theirs, rows), classifier.features(ours, rows))
    swap_head(ours, 2), swap_head(theirs, 2)
    near(classifier.class_logits(theirs, rows), classifier.class_logits(ours, rows))
    states = classifier.features(ours, rows)
    head = classifier.fit_linear(states.to(there), LABELS, steps=5)
    near(head.weight.cpu(), classifier.fit_linear(states, LABELS, steps=5).weight)
    assert classifier.hit_rate(head(states.to(there)), LABELS) >= 0
    classifier.freeze(theirs, "head", "norm")
    history = train(theirs, rows, a_recipe(batch=2), every=0, device=there.type)
    assert history["loss"][-1] == history["loss"][-1]


def test_dpo_there(there):
    ours, theirs, tok = chats(there)
    recipe = Recipe(steps=3, batch=2, rate=1e-3, decay=0.0)
    one = preferences.train_dpo(ours, tok, PAIRS, recipe)
    two = preferences.train_dpo(theirs, tok, PAIRS, recipe)
    for name in ("loss", "margin"):
        near(two[name], one[name], 2e-3)
    near(weights(theirs), weights(ours), 5e-3)


def test_grpo_there(there):
    ours, theirs, tok = chats(there)
    asked = tales.lessons(1, 2, "chain")
    recipe = Recipe(steps=2, batch=1, rate=1e-3, decay=0.0)

    def reward(lesson, answer):
        return float(len(answer) % 2)

    one = rewards.train_grpo(ours, tok, asked, reward, recipe, 3, max_new_tokens=5)
    two = rewards.train_grpo(theirs, tok, asked, reward, recipe, 3, max_new_tokens=5)
    assert len(one["reward"]) == len(two["reward"]) == 2
    near(two["divergence"], one["divergence"], 1e-2)


# --- files ----------------------------------------------------------------------------


def test_saving_and_shrinking_there(there, tmp_path):
    ours, theirs, tok = chats(there)
    files = [tmp_path / f"{name}.safetensors" for name in ("ours", "theirs")]
    checkpoint.save(files[0], ours, tok)
    checkpoint.save(files[1], theirs, tok)
    assert files[0].read_bytes() == files[1].read_bytes()
    again, _ = checkpoint.load(files[1], there.type)
    assert device_of(again).type == there.type
    assert count_bytes(int8_model(theirs)) == count_bytes(int8_model(ours))
    larger, longer = assistant.extend(theirs, tok, ["<|x|>"])
    assert device_of(larger).type == there.type
    assert len(longer) == larger.config.vocab_size == len(tok) + 1


# --- modes ----------------------------------------------------------------------------


def raising(*_):
    raise Stopped


#: Everything that measures, on a model that raises when it is read.
MEASURES = {
    "mean_loss": lambda m, t, rows: mean_loss(m, rows),
    "bill": lambda m, t, rows: evaluate.bill(m, t, "the goat"),
    "features": lambda m, t, rows: classifier.features(m, rows),
    "class_logits": lambda m, t, rows: classifier.class_logits(m, rows),
    "reference": lambda m, t, rows: preferences.reference_logprobs(m, rows),
    "generate": lambda m, t, rows: generate(m, rows[0][:1, :2], 3),
    "grade": lambda m, t, rows: skills.grade(
        m, skills.SkillTest(rows, torch.full_like(rows[1], -1))
    ),
}


# Catches: a measuring function that sets the modes of the model's parts by itself.
@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("fails", [False, True], ids=["well", "failing"])
def test_measuring_leaves_every_part_in_its_mode(name, fails):
    model, tok = small_chat()
    model.train()
    model.blocks[0].eval()  # frozen parts are often kept so
    rows = assistant.chat_rows(tales.lessons(3, 4, "sum"), tok)
    inside, last = [], model.blocks[-1]
    last.register_forward_pre_hook(lambda *_: inside.append(last.training))
    if fails:
        last.register_forward_pre_hook(raising)
    modes = [part.training for part in model.modules()]
    with pytest.raises(Stopped) if fails else contextlib.nullcontext():
        MEASURES[name](model, tok, rows)
    assert [part.training for part in model.modules()] == modes
    assert torch.is_grad_enabled()
    assert inside[0] is False, "no dropout while it is measured"


def test_evaluating_is_left_as_it_was_by_an_error():
    model = make_model().train()
    with pytest.raises(Stopped), evaluating(model):
        raise Stopped
    assert model.training


def test_rows_of_small_numbers():
    """Rows of one or two bytes a number are read as those of eight."""
    model, (inputs, targets) = make_model(), make_rows()
    expected = mean_loss(model, (inputs, targets))
    for kind in (torch.int8, torch.int16, torch.int32):
        assert mean_loss(model, (inputs.to(kind), targets.to(kind))) == expected
    assert mean_loss(model, (inputs.to(torch.uint8), targets)) == expected
    assert (targets == IGNORE).any()
