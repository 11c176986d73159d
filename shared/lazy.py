"""How a room offers its names: a table of files and names, each file read when asked.

A room's `__init__` says which of its names others use and in which file each stands:

    __getattr__, __dir__, __all__ = offers(__name__, {"token_files": ("read_text",)})

So `from shared.data import read_text` loads one small file and not all of the room, and
a page that only reads text need not wait for torch. A file may not carry the name of
something it offers: once loaded, the file would stand in the room in the name's place.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

Offer = tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]


def offers(room: str, files: dict[str, tuple[str, ...]]) -> Offer:
    """A room's `__getattr__`, `__dir__` and `__all__`.

    room: the room's `__name__`. files: the names that each of its files offers. Raises
    ValueError for a name that is offered twice, or that is also the name of a file.
    """
    home: dict[str, str] = {}
    for file, names in files.items():
        for name in names:
            if name in home or name in files:
                raise ValueError(
                    f"{room} offers {name!r} twice, or has a file of that name; a "
                    "name stands in one file, and the file is called otherwise"
                )
            home[name] = file

    def find(name: str) -> Any:
        if name not in home:
            raise AttributeError(
                f"{room} offers no {name!r}; it has {', '.join(sorted(home))}"
            )
        return getattr(import_module(f"{room}.{home[name]}"), name)

    names = sorted(home)
    return find, lambda: names, names
