"""What a model costs, by formula: parameters, arithmetic, memory.

Each formula is compared with the code itself in tests/test_model.py. The counting of
operations follows Kaplan et al. (2020), "Scaling laws for neural language models".
"""

from __future__ import annotations

from shared.model.parts import Config


def count_parameters(config: Config) -> int:
    """How many numbers a model of this config learns, by formula."""
    C, D, bias = config.width, config.width // config.heads, int(config.bias)
    norm = C if config.norm == "rms" else (1 + bias) * C
    attention = 4 * C * C + bias * 4 * C + (2 * D if config.qk_norm else 0)
    attention += int(config.direct)
    mlp = 8 * C * C + bias * 5 * C
    positions = config.context * C if config.positions == "learned" else 0
    tables = config.vocab_size * C * (1 if config.tie else 2) + positions
    return tables + config.layers * (2 * norm + attention + mlp) + norm


def count_flops(config: Config, length: int) -> int:
    """Floating-point operations of one forward pass per token, in rows of `length`.

    A product with a matrix of n numbers takes 2n. Attention is counted as the whole
    square, without saving its masked half. A training step takes three times as much.
    """
    C, L = config.width, config.layers
    matrices = 12 * C * C * L + config.vocab_size * C
    return 2 * matrices + 4 * L * C * length


def count_memory(config: Config, number: int = 4) -> dict[str, int]:
    """Bytes for weights, gradients, AdamW's two averages, and one row's full cache.

    number: bytes per number, 4 in single precision. Activations come on top.
    """
    weights = number * count_parameters(config)
    cache = number * 2 * config.layers * config.context * config.width
    return {
        "weights": weights,
        "gradients": weights,
        "optimizer": 2 * weights,
        "cache": cache,
    }
