"""Arithmetic with known answers, for the doctor; each test takes the module torch."""

import math
import time


def product_is_exact(torch) -> bool:
    """Whole numbers below 2**24 multiply and add without any rounding."""
    rows = torch.arange(64 * 96).reshape(64, 96) % 13
    columns = torch.arange(96 * 48).reshape(96, 48) % 11
    return bool(torch.equal((rows.float() @ columns.float()).long(), rows @ columns))


def softmax_is_right(torch) -> bool:
    """softmax([ln 1, ln 2, ln 5]) is [1/8, 2/8, 5/8]."""
    got = torch.softmax(torch.tensor([1.0, 2.0, 5.0]).log(), dim=0)
    return bool(torch.allclose(got, torch.tensor([0.125, 0.25, 0.625]), atol=1e-6))


def gradient_is_right(torch) -> bool:
    """The gradient of cross-entropy is the softmax minus one at the target."""
    logits = torch.tensor([[1.0, 2.0, 5.0]]).log().requires_grad_()
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([1]))
    loss.backward()
    expected = torch.tensor([[0.125, -0.75, 0.625]])
    near = torch.allclose(logits.grad, expected, atol=1e-6)
    return bool(near) and math.isclose(loss.item(), math.log(4), abs_tol=1e-6)


def draws_are_the_books(torch) -> bool:
    """A seeded generator draws the same whole numbers on every machine."""
    generator = torch.Generator().manual_seed(2026)
    return torch.randint(1000, (6,), generator=generator).tolist() == DRAWN


DRAWN = [305, 774, 898, 336, 421, 917]
TESTS = {
    "matrix product": product_is_exact,
    "softmax": softmax_is_right,
    "gradient": gradient_is_right,
    "seeded draws": draws_are_the_books,
}


def speed(torch) -> float:
    """Billions of float32 operations a second, over about a third of a second."""
    size = 384
    a, b = torch.ones(size, size), torch.ones(size, size)
    a @ b  # the first product also starts the threads
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < 0.3:
        a @ b
        count += 1
    return 2 * size**3 * count / (time.perf_counter() - start) / 1e9
