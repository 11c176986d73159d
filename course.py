"""Block by Block: the one command of the book.

    python3 course.py site      make .venv, build the book, say where to open it
    python3 course.py test      make .venv, run everything that proves the book right

Both are safe to run again: nothing is installed twice. `python3 course.py help` lists
the other commands. Only Python 3.11, 3.12 or 3.13 is needed; the work itself is done by
the tools in tests/tools. This file keeps to words that Python 2.7 can read, so that an
old interpreter says that it is too old instead of showing a syntax error.
"""

from __future__ import print_function  # noqa: UP010 (see above)

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OLDEST, NEWEST = (3, 11), (3, 13)

HELP = """\
Block by Block: build a language model from scratch.

usage: python3 course.py COMMAND [options]

for readers
  site [--serve] [--port N] [--open]
           build the book and print where to open it; --serve serves it on this
           machine only, --open opens it in the browser
  lab      JupyterLab on the book's notebooks
  chat [--model NAME] [--temperature T] [--seed N] ...
           talk with a model of the book, or with your own; works in a pipe, too
  doctor   versions, threads, memory, device, folders, a 1-second self-test;
           installs nothing

for authors
  test [--quick] [PYTEST ARGUMENTS]
           everything that proves the book right; --quick takes under 3 minutes;
           with pytest's own arguments only what they select
  bake [--time] [FILES]
           run notebooks from top to bottom and store their outputs; --time stores
           none and records how long the cells of chapters run, on two quiet cores
  sync [--check | --to-shared | --to-notebook] [FILES]
           keep notebook cells and shared/ equal, first cells and minutes too
  student [FILES]
           make the exercises from the solved notebooks
  gates [FILES | exercises [NN] | --propose FILES]
           what every page must keep to, and what to do where one does not; over all
           pages without FILES; "exercises" tries every known mistake; --propose names
           the cells that the figures of the prose come from
  address [OWNER/REPOSITORY]
           show the book's public address, or write a new one everywhere
  train own [--text FOLDER] [--minutes M] ...
           a model of your own text, made to be talked with: from a folder of .txt
           and .md files, or one file; a text of ours stands in. It can be stopped
           and goes on; `train own --help` has the rest
  train NAME [--steps N]
           make a shipped model again (base), or a study (study-08); takes hours;
           with --steps a short trial that ships nothing
  bench [bpe] [train] [generate] [tinyshakespeare] [--rounds N]
           our code's speed beside others', measured now, as ratios: tokenizer,
           training steps, writing; and the loss per minute on tinyshakespeare
           (this one takes minutes)

The environment is made in .venv; BLOCKS_VENV names another folder. README.md and the
appendix on set-up and troubleshooting say more.
"""


def other_pythons():
    """Commands for fitting versions of Python that work beside this one."""
    found = []
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        try:
            with open(os.devnull, "w") as nowhere:
                question = [name, "-c", "import ensurepip, venv"]
                if not subprocess.call(question, stdout=nowhere, stderr=nowhere):
                    found.append(name)
        except OSError:  # not there
            pass
    return found


def check_python(version):
    """Stop with one message where this Python is not one of those that we test."""
    if OLDEST <= version[:2] <= NEWEST:
        return
    if version[:2] > NEWEST and os.environ.get("BLOCKS_ANY_PYTHON") == "1":
        return
    lines = [
        "course.py failed: this is Python %d.%d; the book needs Python 3.11, 3.12 or "
        "3.13." % version[:2],
    ]
    others = other_pythons()
    if others:
        again = " ".join([others[0], "course.py"] + sys.argv[1:])
        lines.append("  What to do:  another Python is here; run: " + again)
    else:
        lines.append(
            "  What to do:  install Python 3.13 from https://www.python.org/downloads/ "
            "and run course.py with it"
        )
        lines.append(
            "               (Windows: py -3.13 course.py site; elsewhere: python3.13 "
            "course.py site)."
        )
    if version[:2] > NEWEST:
        lines.append(
            "               BLOCKS_ANY_PYTHON=1 tries this newer one all the same."
        )
    sys.stderr.write("\n".join(lines) + "\n")
    sys.exit(2)


def main(arguments):
    """Check the Python, then hand the command to tests/tools/commands.py."""
    check_python(sys.version_info)
    if not arguments or arguments[0] in ("help", "-h", "--help"):
        print(HELP, end="")
        return 0
    sys.path.insert(0, os.path.join(HERE, "tests", "tools"))
    import commands

    return commands.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
