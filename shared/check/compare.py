"""Compare an answer with what was expected, and say in words where they differ.

Knows numbers, text, bytes, lists, tuples, sets, dictionaries, numpy arrays and torch
tensors, nested as deep as you like. Neither numpy nor torch is imported here: they
matter only when a value of theirs comes in, and then they are loaded already.
"""

import math
import re
import reprlib
import sys
from collections.abc import Iterator, Mapping, Set
from typing import Any

SINGLE = 1e-5  # float32 keeps about 7 digits: arrays are never compared closer


class _Short(reprlib.Repr):
    """repr() that fits on a line; floats with six digits, arrays with their shape."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 4, 60, 60
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 8

    def repr_float(self, x: float, level: int) -> str:
        text = f"{x + 0.0:.6g}"  # adding 0.0 turns -0.0 into 0.0
        return text + ".0" if text.lstrip("-").isdigit() else text

    def repr_function(self, x: Any, level: int) -> str:
        return f"the function {x.__name__}"

    repr_builtin_function_or_method = repr_function

    def repr_type(self, x: Any, level: int) -> str:
        return f"the class {x.__name__}"

    def repr_Tensor(self, x: Any, level: int) -> str:
        return f"tensor{tuple(x.shape)} {self.repr1(x.tolist(), level)}"

    def repr_ndarray(self, x: Any, level: int) -> str:
        return f"array{tuple(x.shape)} {self.repr1(x.tolist(), level)}"


def short(value: Any, width: int = 76) -> str:
    """`value` on one line of at most `width` characters, whatever it is."""
    try:
        text = _Short().repr(value)
    except Exception:  # a learner's own class may have a broken __repr__
        text = f"<{type(value).__name__}>"
    return cut(re.sub(r" at 0x[0-9a-fA-F]+", "", text), width)


def cut(text: str, width: int = 76) -> str:
    """`text` on one line, cut to `width` characters."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 3] + "..."


def kind(value: Any) -> str:
    """What `value` is, in the words of the book: "a list", "a number", ..."""
    if value is None:
        return "None"
    if is_array(value) and value.ndim:
        name = "a tensor" if type(value).__module__.startswith("torch") else "an array"
        return f"{name} of shape {tuple(value.shape)}"
    for kinds, word in (
        (bool, "True or False"), (int, "a whole number"), (float, "a number"),
        (str, "text"), (bytes, "bytes"), (list, "a list"), (tuple, "a tuple"),
        (Mapping, "a dictionary"), (Set, "a set"), (type, "a class"),
        (range, "a range"), (Iterator, "an iterator"),
    ):  # fmt: skip
        if isinstance(value, kinds):
            return word
    if number(value) is not None:
        return "a number"
    return "a function" if callable(value) else f"an object of {type(value).__name__}"


def is_array(value: Any) -> bool:
    """Whether `value` is a torch tensor or a numpy array (or numpy scalar)."""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None and isinstance(value, torch.Tensor):
        return True
    return numpy is not None and isinstance(value, numpy.ndarray | numpy.generic)


def plain(value: Any) -> Any:
    """A tensor or array that holds one number without a shape becomes that number."""
    return value.item() if is_array(value) and value.ndim == 0 else value


def number(value: Any) -> int | float | None:
    """`value` as a Python number, None when it is none; True and False are none."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def difference(
    expected: Any, got: Any, close: float = 1e-6, where: str = ""
) -> str | None:
    """Say where `got` first differs from `expected`; None when they agree.

    close: numbers agree when they differ by at most this much, absolutely or relatively
    (arrays: at least 1e-5). A list and a tuple of the same items agree, and so do 3,
    3.0 and a tensor that holds nothing but 3. `where` is the path to the two values.
    """
    expected, got = plain(expected), plain(got)
    at = f"at {where}: " if where else ""
    if number(expected) is not None and number(got) is not None:
        same = math.isclose(expected, got, rel_tol=close, abs_tol=close)
        same = same or (expected != expected and got != got)  # both are nan
        return None if same else f"{at}expected {_two(expected, got)}"
    for test, compare in (
        (lambda x: isinstance(x, str), _text),
        (is_array, _arrays),
        (lambda x: isinstance(x, list | tuple), _sequences),
        (lambda x: isinstance(x, Mapping), _mappings),
        (lambda x: isinstance(x, Set), _sets),
    ):
        if test(expected) and test(got):
            return compare(expected, got, close, where)
    if _types_differ(expected, got):
        return f"{at}expected {kind(expected)}, got {kind(got)}{_cure(expected, got)}"
    try:
        same = bool(expected == got)
    except Exception:
        same = False
    return None if same else f"{at}expected {_two(expected, got)}"


def _types_differ(expected: Any, got: Any) -> bool:
    groups = (bool, str, bytes, list | tuple, Mapping, Set)
    tests = [lambda x: x is None, is_array, callable, lambda x: number(x) is None]
    tests += [lambda x, group=group: isinstance(x, group) for group in groups]
    return any(test(expected) != test(got) for test in tests)


def _cure(expected: Any, got: Any) -> str:
    """What to do about a value of the wrong type, where that is known."""
    wants_items = isinstance(expected, list | tuple)
    if got is None:
        return " (does every way through your code end in a return?)"
    if callable(got) and not callable(expected):
        return " (call it, and hand over what it returns)"
    if wants_items and isinstance(got, Iterator | range | Set):
        return " (wrap it in list(...))"
    if wants_items and is_array(got):
        return " (use .tolist())"
    if is_array(expected) and isinstance(got, list | tuple):
        return " (make a tensor of it)"
    if number(expected) is not None and isinstance(got, str):
        return " (a number, not its text)"
    return ""


def _two(expected: Any, got: Any) -> str:
    """Both values; with all their digits when rounding would make them look alike."""
    left, right = short(expected, 40), short(got, 40)
    if left == right and isinstance(expected, float | int):
        left, right = repr(expected), repr(got)
    return f"{left}, got {right}"


def _text(expected: str, got: str, close: float, where: str) -> str | None:
    if expected == got:
        return None
    at = f"in {where}, " if where else ""
    pairs = enumerate(zip(expected, got, strict=False))
    i = next((i for i, (a, b) in pairs if a != b), min(len(expected), len(got)))
    if i == len(got):
        return f"{at}the text ends too early: {short(expected[i : i + 20])} is missing"
    if i == len(expected):
        return f"{at}the text should end where yours goes on: {short(got[i : i + 20])}"
    left, right = short(expected[i : i + 12]), short(got[i : i + 12])
    return f"{at}from character {i} on: expected {left}, got {right}"


def _sequences(expected: Any, got: Any, close: float, where: str) -> str | None:
    for i, (a, b) in enumerate(zip(expected, got, strict=False)):
        found = difference(a, b, close, f"{where}[{i}]")
        if found:
            if len(expected) == len(got):
                return found
            return f"{found} (and {len(expected)} items were expected, not {len(got)})"
    if len(expected) != len(got):
        at = f"at {where}: " if where else ""
        return f"{at}expected {len(expected)} items, got {len(got)}"
    return None


def _mappings(expected: Mapping, got: Mapping, close: float, where: str) -> str | None:
    at = f"at {where}: " if where else ""
    for key in expected:
        if key not in got:
            return f"{at}the key {short(key, 40)} is missing"
        found = difference(expected[key], got[key], close, f"{where}[{short(key, 30)}]")
        if found:
            return found
    extra = [key for key in got if key not in expected]
    return f"{at}the key {short(extra[0], 40)} should not be there" if extra else None


def _sets(expected: Set, got: Set, close: float, where: str) -> str | None:
    at = f"at {where}: " if where else ""
    for left, right, words in (
        (expected, got, "is missing"),
        (got, expected, "should not be there"),
    ):
        odd = sorted(left - right, key=repr)
        if odd:
            return f"{at}the element {short(odd[0], 40)} {words}"
    return None


def _arrays(expected: Any, got: Any, close: float, where: str) -> str | None:
    at = f"at {where}: " if where else ""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    torchy = torch is not None and isinstance(expected, torch.Tensor)
    if torchy != (torch is not None and isinstance(got, torch.Tensor)):
        return f"{at}expected {kind(expected)}, got {kind(got)}"
    if tuple(expected.shape) != tuple(got.shape):
        return f"{at}expected shape {tuple(expected.shape)}, got {tuple(got.shape)}"
    library = torch if torchy else numpy
    if torchy:
        expected, got = expected.detach().cpu(), got.detach().cpu()
    if _family(expected) != _family(got):
        return f"{at}expected dtype {expected.dtype}, got {got.dtype}"
    if _family(expected) == "floats":
        near = max(close, SINGLE)
        a, b = (x.double() if torchy else x.astype(float) for x in (expected, got))
        same = library.isclose(a, b, rtol=near, atol=near, equal_nan=True)
    else:
        same = expected == got
    wrong = (~same).nonzero() if torchy else numpy.argwhere(~same)
    if len(wrong) == 0:
        return None
    index = [int(i) for i in wrong[0]]
    pair = _two(expected[tuple(index)].item(), got[tuple(index)].item())
    count = math.prod(same.shape)
    return f"at {where}{index}: expected {pair} ({len(wrong)} of {count} differ)"


def _family(array: Any) -> str:
    """floats, whole numbers, or bools: what a dtype is for, whatever its precision."""
    name = str(array.dtype)
    if "bool" in name:
        return "bools"
    return "floats" if "float" in name else "whole numbers"
