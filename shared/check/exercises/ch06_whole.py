"""The last exercise of chapter 06: the GPT from an empty cell. torch waits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.check.asking import exercise

if TYPE_CHECKING:
    from torch import Tensor, nn

    from shared.model.gpt import Config


def shapes() -> list[tuple]:
    """Configs whose sizes all differ, with rows shorter than the context."""
    from shared.model.gpt import Config

    return [
        (Config(vocab_size=29, context=12, layers=2, heads=2, width=16), 2, 7),
        (Config(vocab_size=23, context=10, layers=3, heads=3, width=18), 1, 9),
    ]


def sized(name: str, weights: Tensor, layers: int) -> str:
    """How a parameter's first values are spread, in words that do not hang on luck."""
    std = weights.std().item() if weights.numel() > 1 else 0.0
    known = {
        "0": 0.0,
        "0.02": 0.02,
        "0.02 / root(2 layers)": 0.02 / (2 * layers) ** 0.5,
    }
    near = [word for word, size in known.items() if abs(std - size) <= 0.25 * size]
    return near[0] if near else "another size"


class NoBlocks(ValueError):
    """The blocks are no part of the model."""


class HeadBias(ValueError):
    """The head has a bias."""


def as_ours(net: nn.Module, ours: nn.Module) -> None:
    """Raise ValueError at the first parameter whose name or shape is not ours."""
    theirs = net.state_dict()
    if not any(name.startswith("blocks.") for name in theirs):
        raise NoBlocks("the model has no parameters in blocks")
    if "head.bias" in theirs:
        raise HeadBias("one parameter too many: head.bias")
    for name, weights in ours.state_dict().items():
        if name not in theirs:
            raise ValueError(f"no parameter {name}")
        if theirs[name].shape != weights.shape:
            found, wanted = tuple(theirs[name].shape), tuple(weights.shape)
            raise ValueError(f"{name} is {found}, not {wanted}")
    known = ours.state_dict().keys()
    for name, _ in net.named_parameters():
        if name not in known:
            raise ValueError(f"one parameter too many: {name}")


def try_model(Answer: Any, config: Config, B: int, T: int) -> dict[str, Any]:
    """Build the answer; count and look at its first weights, then give it drawn ones.

    A model whose parameters have other names or shapes than ours raises ValueError.
    """
    import torch

    from shared.model.gpt import GPT

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(1)
        net, ours = Answer(config).eval(), GPT(config)
        as_ours(net, ours)
        kept = dict(net.named_parameters())
        drawn = {n: sized(n, w, config.layers) for n, w in kept.items() if w.dim() == 2}
        draw, state = torch.Generator().manual_seed(config.width), {}
        for name, weights in ours.state_dict().items():
            noise = torch.randn(weights.shape, generator=draw)
            is_norm = "norm" in name and name.endswith("weight")
            state[name] = 0.3 * noise + is_norm
        state["head.weight"] = state["tokens.weight"]
        net.load_state_dict(state, strict=False)
        ids = torch.randint(config.vocab_size, (B, T), generator=draw)
        logits = net(ids)
        count = sum(weights.numel() for weights in kept.values())
        return {"parameters": count, "logits": logits, "first weights": drawn}


def gpt_with(slip: str = "") -> Callable[[Any], Any]:
    """Make the GPT of the chapter, right or with one slip in it."""

    def build(config: Any) -> Any:
        import torch
        from torch import nn
        from torch.nn import functional as F

        from shared.model.gpt import Attention

        C, V = config.width, config.vocab_size

        class OpenAttention(Attention):
            def forward(self, x: Tensor) -> Tensor:
                q, k, v = (self.split(part) for part in self.qkv(x).chunk(3, dim=-1))
                y = F.scaled_dot_product_attention(q, k, v)
                return self.out(y.transpose(1, 2).flatten(2))

        class Work(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.up, self.down = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

            def forward(self, x: Tensor) -> Tensor:
                x = self.up(x)
                if slip == "relu":
                    x = x.relu()
                elif slip != "flat":
                    x = F.gelu(x, approximate="none" if slip == "exact" else "tanh")
                return self.down(x)

        class Round(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.norm1, self.norm2 = nn.LayerNorm(C), nn.LayerNorm(C)
                kind = OpenAttention if slip == "open" else Attention
                self.attention, self.mlp = kind(config), Work()

            def forward(self, x: Tensor) -> Tensor:
                f, g, a, b = self.attention, self.mlp, self.norm1, self.norm2
                if slip == "post":
                    x = a(x + f(x))
                    return b(x + g(x))
                if slip == "no sums":
                    return g(b(f(a(x))))
                if slip == "second lost":
                    return g(b(x + f(a(x))))
                if slip == "bare":
                    x = x + f(x)
                    return x + g(x)
                if slip == "beside":
                    return x + f(a(x)) + g(b(x))
                if slip == "one norm":
                    x = x + f(a(x))
                    return x + g(a(x))
                if slip == "normed stream":
                    x = a(x)
                    x = b(x + f(x))
                    return x + g(x)
                x = x + f(a(x))
                return x + g(b(x))

        class Whole(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.tokens = nn.Embedding(V, C)
                self.positions = nn.Embedding(config.context, C)
                blocks = [Round() for _ in range(config.layers)]
                if slip == "one block":
                    blocks = config.layers * [blocks[0]]
                self.blocks = blocks if slip == "list" else nn.ModuleList(blocks)
                self.norm = nn.LayerNorm(C)
                self.head = nn.Linear(C, V, bias=slip == "biased")
                if slip != "untied":
                    self.head.weight = self.tokens.weight
                if slip != "as torch draws":
                    self.draw()

            def draw(self) -> None:
                less = 0.02 if slip == "even" else 0.02 / math.sqrt(2 * config.layers)
                less = 0.02 / math.sqrt(config.layers) if slip == "once" else less
                for name, weights in self.named_parameters():
                    if weights.dim() == 2:
                        added = name.endswith(("attention.out.weight", "down.weight"))
                        nn.init.normal_(weights, 0.0, less if added else 0.02)
                    elif name.endswith("bias"):
                        nn.init.zeros_(weights)

            def forward(self, ids: Tensor) -> Tensor:
                x = self.tokens(ids)
                T = ids.shape[1]
                if slip == "from the end":
                    x = x + self.positions.weight[-T:]
                elif slip == "from one":
                    x = x + self.positions.weight[1 : T + 1]
                elif slip != "nowhere":
                    x = x + self.positions(torch.arange(T))
                for block in self.blocks:
                    x = block(x)
                x = x if slip == "no last norm" else self.norm(x)
                logits = self.head(x)
                if slip == "last":
                    return logits[:, -1]
                if slip == "log":
                    return logits.log_softmax(-1)
                return logits.softmax(-1) if slip == "softmax" else logits

        return Whole()

    return build


@exercise(
    "06.9",
    "The GPT, from an empty cell",
    inputs=shapes,
    use=try_model,
    close=1e-4,
    seconds=60,
    mistakes={
        "no positions": (
            gpt_with("nowhere"),
            "Add positions.weight[:T] to the embeddings, or order is lost.",
        ),
        "positions counted from the end": (
            gpt_with("from the end"),
            "The first token has place 0: positions.weight[:T].",
        ),
        "positions counted from 1": (
            gpt_with("from one"),
            "The first token has place 0: positions.weight[:T].",
        ),
        "no norm before the head": (
            gpt_with("no last norm"),
            "At the top the stream has no known size: self.norm(x) before the head.",
        ),
        "the norm after the sum": (
            gpt_with("post"),
            "That is post-norm: norm what a part reads, x + part(norm(x)).",
        ),
        "a stream that is normed": (
            gpt_with("normed stream"),
            "Give the part norm1(x), but add its result to x, which stays as it is.",
        ),
        "no residual connections": (
            gpt_with("no sums"),
            "What a part returns is added to the stream: x = x + part(norm(x)).",
        ),
        "the second sum forgotten": (
            gpt_with("second lost"),
            "What the feed-forward layer returns is added to the stream, too.",
        ),
        "blocks in a Python list": (
            gpt_with("list"),
            "A list hides them from torch: put them into an nn.ModuleList.",
        ),
        "a head with a bias": (
            gpt_with("biased"),
            "The head is a Linear with bias=False.",
        ),
        "log-probabilities": (
            gpt_with("log"),
            "Return logits: the loss takes the softmax itself.",
        ),
        "blocks without norms": (
            gpt_with("bare"),
            "Each part reads a normed copy: attention(norm1(x)), mlp(norm2(x)).",
        ),
        "both parts read the same x": (
            gpt_with("beside"),
            "The feed-forward layer reads the stream after attention has been added.",
        ),
        "one norm for both parts": (
            gpt_with("one norm"),
            "norm1 is attention's, norm2 the feed-forward layer's.",
        ),
        "ReLU in the place of GELU": (
            gpt_with("relu"),
            "GPT-2 bends with F.gelu(x, approximate='tanh').",
        ),
        "no activation": (
            gpt_with("flat"),
            "Bend between up and down: F.gelu(x, approximate='tanh').",
        ),
        "GELU with the exact chance": (
            gpt_with("exact"),
            "Nearly the same, and not the same: F.gelu(x, approximate='tanh').",
        ),
        "no mask": (
            gpt_with("open"),
            "No token may see a later one: is_causal=True, or your own mask.",
        ),
        "a head of its own": (
            gpt_with("untied"),
            "Tie it: self.head.weight = self.tokens.weight.",
        ),
        "one block again and again": (
            gpt_with("one block"),
            "Each layer has weights of its own: make a new Block for each of them.",
        ),
        "first weights as torch draws them": (
            gpt_with("as torch draws"),
            "Draw every matrix anew: 0.02, and less where a result is added.",
        ),
        "0.02 everywhere": (
            gpt_with("even"),
            "attention.out and mlp.down are drawn smaller, by the root of 2 layers.",
        ),
        "one result per layer": (
            gpt_with("once"),
            "Each layer adds two results: divide by the root of 2 layers.",
        ),
        "probabilities": (
            gpt_with("softmax"),
            "Return logits: the loss takes the softmax itself.",
        ),
        "the last place alone": (
            gpt_with("last"),
            "Every place bets on its next token: logits are (B, T, vocab).",
        ),
    },
)
def OwnGPT(config: Config) -> Any:  # noqa: N802 (it stands for a class)
    """GPT-2's way: ids (B, T) -> logits (B, T, vocab_size)."""
    return gpt_with()(config)
