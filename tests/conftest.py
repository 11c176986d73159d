"""Let tests import shared/ and the tools, and keep pytest out of the built site."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (HERE / "tools", HERE.parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def pytest_configure(config) -> None:
    """The built site holds copies of the notebooks; they are not tests."""
    config.addinivalue_line("norecursedirs", "_build")
