"""The recipes of the book's own models: what was trained, for how long, and how."""

from __future__ import annotations

from dataclasses import replace

from shared.model.decoder import DecoderConfig
from shared.train.optimizers import MuonRecipe
from shared.train.recipe import Recipe

#: Chapter 07: GPT-2's way with AdamW, on the page and behind the shipped "plain".
PLAIN_RUN = Recipe(steps=1800, batch=16, accumulate=2, rate=3e-3, warmup=100)
#: The book's model, as chapter 08 finds it; everybody's run and the shipped one alike.
BASE = DecoderConfig(
    context=512,
    layers=3,
    norm="bare layer",
    bias=False,
    tie=False,
    positions="rotary",
    attention="direct",
    activation="relu2",
    init="zero-out",
)
#: The run that chapter 08 makes on the page, and the long one behind the shipped model.
SHORT_RUN = MuonRecipe(
    steps=7000,
    batch=8,
    accumulate=2,
    rate=0.015,
    muon_rate=0.02,
    decay=0.0,
    clip=None,
    schedule="linear",
    warmup=140,
)
LONG_RUN = replace(
    SHORT_RUN, steps=15_000, batch=32, accumulate=4, warmup=300, mixed=False
)
#: How the assistant of chapter 10 is taught: the same recipe, at gentler rates.
CHAT_RUN = replace(
    SHORT_RUN, steps=8000, batch=16, rate=5e-3, muon_rate=0.012, clip=1.0, warmup=100
)
#: How the next assistant is taught, which talks with visitors: longer, in larger steps.
#: Its rows differ much in length; in eight parts of like lengths less padding is read.
TALK_RUN = replace(
    CHAT_RUN, steps=12_000, batch=32, accumulate=8, rate=6e-3, muon_rate=0.015
)
#: Of its rows, how many in a hundred are plain documents, which it shall not forget;
#: and of its lessons, how many are visits: small talk, plain stories, conversations.
TALK_REPLAY, TALK_VISITS = 0.1, 0.5
#: Chapters 11 and 12: preferences, in pairs; rewards, eight answers to each prompt.
DPO_RUN = Recipe(steps=100, rate=1e-4, decay=0.0, schedule="linear", warmup=5)
GRPO_RUN = replace(DPO_RUN, steps=150, batch=8, rate=3e-4)
