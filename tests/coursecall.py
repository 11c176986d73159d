"""How the tests of course.py call it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def course(*arguments, root=ROOT, python=sys.executable, **variables):
    """Run course.py as a person would; returns the finished process."""
    return subprocess.run(
        [python, str(root / "course.py"), *arguments],
        cwd=root,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
