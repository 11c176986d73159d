"""What a model of GPT-2's way costs, by formula: parameters, arithmetic, memory.

Each formula is compared with the code itself in tests/test_model.py; of another model,
count the parameters themselves. The counting of operations follows Kaplan et al.
(2020), "Scaling laws for neural language models".
"""

from __future__ import annotations

from shared.model.gpt import Config
from shared.model.guards import check_formula


def count_parameters(config: Config) -> int:
    """How many numbers a GPT of this config learns, by formula."""
    check_formula(config)
    C, L = config.width, config.layers
    tables = (config.vocab_size + config.context) * C
    return tables + L * (12 * C * C + 13 * C) + 2 * C


def count_flops(config: Config, length: int) -> int:
    """Floating-point operations of one forward pass per token, in rows of `length`.

    A product with a matrix of n numbers takes 2n. Attention is counted as the whole
    square, without saving its masked half. A training step takes three times as much.
    """
    check_formula(config, "operations")
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
