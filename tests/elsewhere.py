"""A second device on a machine that has none: it computes here, and forbids to mix.

Inside `elsewhere()` a tensor that is sent to "meta" keeps its numbers, but says that it
is on that device, and meets only tensors that are there, too. As on a GPU, single
numbers and places to look up may come from the CPU, and nothing else. So code that
forgets to move its rows is seen without a GPU.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

PLACE = torch.device("meta")
LOOKS_UP = ("aten::index", "aten::index_put", "aten::index_put_")


class Far(torch.Tensor):
    """A tensor on the second device; `near` holds its numbers."""

    @staticmethod
    def __new__(cls, near):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            near.shape,
            strides=near.stride(),
            storage_offset=near.storage_offset(),
            dtype=near.dtype,
            device=PLACE,
            requires_grad=near.requires_grad,
        )

    def __init__(self, near):
        self.near = near

    def __repr__(self):
        return f"Far({self.near})"

    def __getitem__(self, key):  # torch would make the list a real tensor of "meta"
        key = torch.tensor(key) if isinstance(key, list) else key
        return super().__getitem__(key)

    def tolist(self):
        return self.near.tolist()

    def data_ptr(self):
        return self.near.data_ptr()

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return compute(func, args, kwargs or {})


class Border(TorchDispatchMode):
    """Watches every operation, also those that only make a tensor over there."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return compute(func, args, kwargs or {})


def compute(func, args, kwargs):
    """Do an operation with the numbers that are here, if all tensors are in one place.

    Raises RuntimeError, as torch does, for tensors of two devices.
    """
    name = func._schema.name
    flat = [*args, *kwargs.values()]
    lists = [value for value in flat if isinstance(value, list | tuple)]
    flat += [part for value in lists for part in value]
    tensors = [value for value in flat if isinstance(value, torch.Tensor)]
    far = any(isinstance(tensor, Far) for tensor in tensors)
    empty = [t for t in tensors if t.device == PLACE and not isinstance(t, Far)]
    assert not empty, f"{name} got a tensor without numbers; teach Far to make it"
    if far and name not in ("aten::copy_", "aten::_to_copy", *LOOKS_UP):
        for tensor in tensors:
            if not isinstance(tensor, Far) and tensor.dim():
                raise RuntimeError(
                    f"Expected all tensors to be on the same device: {name} has one of "
                    f"shape {tuple(tensor.shape)} on the CPU"
                )
    if kwargs.get("device") is not None:
        far = torch.device(kwargs["device"]) == PLACE
        kwargs = kwargs | {"device": "cpu"}
    args, kwargs = tree_map(near_of, (args, kwargs))
    found = func(*args, **kwargs)
    return tree_map(far_of, found) if far else found


def far_of(value):
    """A tensor on the second device, and everything else as it is."""
    return Far(value) if isinstance(value, torch.Tensor) else value


def near_of(value):
    """The numbers of a tensor that is far, and everything else as it is."""
    return value.near if isinstance(value, Far) else value


@contextmanager
def elsewhere() -> Iterator[torch.device]:
    """The second device, for as long as the block lasts.

    A model that goes there keeps its parameters as objects, tied ones too, as it does
    when it goes to a GPU.
    """
    future = torch.__future__
    before = future.get_swap_module_params_on_conversion()
    future.set_swap_module_params_on_conversion(True)
    try:
        with Border():
            yield PLACE
    finally:
        future.set_swap_module_params_on_conversion(before)
