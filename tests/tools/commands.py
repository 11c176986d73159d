"""The commands of course.py: reads the arguments, prepares .venv, starts the work."""

import argparse
import contextlib
import difflib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import suite
import website
from environment import Environment
from steps import Failure, Progress, Step

ROOT = Path(__file__).resolve().parents[2]
STOPPED = 130  # the exit code of a command ended by Ctrl+C


def main(arguments: list[str]) -> int:
    """Run one command; whatever goes wrong ends in one message.

    Args:
        arguments: the command's name and what follows it.

    Returns:
        0 when all went well; 1 when something failed; 2 for wrong arguments.
    """
    try:
        name, rest = arguments[0], arguments[1:]
        if name not in COMMANDS:
            raise unknown(name)
        return COMMANDS[name](rest)
    except Failure as failure:
        sys.stdout.flush()
        print(f"\n{failure.report()}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        print("\nStopped. Running the same command again continues.", file=sys.stderr)
        return STOPPED


def unknown(name: str) -> Failure:
    """The message for a command that does not exist, with the nearest that does."""
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    hint = f"Did you mean `python3 course.py {near[0]}`? " if near else ""
    return Failure(
        f"there is no command {name!r}.",
        f"{hint}The commands are: {', '.join(COMMANDS)}; "
        "`python3 course.py help` explains them.",
        code=2,
    )


def prepared(group: str, work: Callable[[Environment], list[Step]]) -> None:
    """Make the environment ready for a group, then do the steps of the work."""
    environment = Environment(ROOT)
    steps = work(environment)
    with environment.lock():
        setting_up = environment.steps(group)
        progress = Progress(len(setting_up) + len(steps))
        for step in setting_up:
            progress.run(step)
    for step in steps:
        progress.run(step)


def site(arguments: list[str]) -> int:
    """Build the book, and serve or open it if asked."""
    parser = argparse.ArgumentParser(prog="course.py site", description=site.__doc__)
    parser.add_argument("--serve", action="store_true", help="serve it on 127.0.0.1")
    parser.add_argument("--port", type=int, help="port for --serve; 8000 or the next")
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    options = parser.parse_args(arguments)
    website.need_whole_notebooks(ROOT)
    server = None
    if options.serve or options.port is not None:  # a taken port shows before the work
        server = website.listening(website.pages_folder(ROOT), options.port)
    prepared("site", lambda environment: website.steps(ROOT, environment))
    if server:
        website.serve(server, options.open)
    else:
        website.say_where(ROOT, options.open)
    return 0


def test(arguments: list[str]) -> int:
    """Prove the book right; pytest's own arguments select what is run."""
    parser = argparse.ArgumentParser(
        prog="course.py test", description=test.__doc__, allow_abbrev=False
    )
    parser.add_argument("--quick", action="store_true", help="under 3 minutes")
    options, chosen = parser.parse_known_args(arguments)
    website.need_whole_notebooks(ROOT)
    trial = suite.Suite(ROOT, quick=options.quick, chosen=chosen)
    prepared("test", trial.steps)
    return trial.close()


def lab(arguments: list[str]) -> int:
    """Start JupyterLab on the book; further arguments go to JupyterLab."""
    prepared("lab", lambda environment: [])
    start = "--LabApp.default_url=/lab/tree/book"
    return _inside("-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}", start, arguments)


def chat(arguments: list[str]) -> int:
    """Talk with a model; what is told while preparing stays out of the answers."""
    if not {"-h", "--help"} & set(arguments):
        with contextlib.redirect_stdout(sys.stderr):
            prepared("site", lambda environment: [])
    return _inside("-m", "shared.generate.terminal", arguments)


def train(arguments: list[str]) -> int:
    """Make a shipped model or a study again, or a model of one's own text."""
    own = arguments[:1] == ["own"]  # a reader's command: it needs no tools of tests
    if not {"-h", "--help"} & set(arguments):
        prepared("site" if own else "test", lambda environment: [])
    return _inside("-m", "shared.runs.models", from_here(arguments, "--text", "--out"))


def from_here(arguments: list[str], *names: str) -> list[str]:
    """The arguments with whole paths after these options, as work is done in ROOT."""
    found = list(arguments)
    for i, one in enumerate(found):
        name, given, value = one.partition("=")
        if name in names and given:
            found[i] = f"{name}={Path(value).absolute()}"
        elif i and found[i - 1] in names:
            found[i] = str(Path(one).absolute())
    return found


def tool(group: str, *files: str) -> Callable[[list[str]], int]:
    """A command that hands its arguments to scripts in tests/tools, in order."""

    def command(arguments: list[str]) -> int:
        for file in files:
            if not (ROOT / "tests" / "tools" / file).is_file():
                raise Failure(
                    f"tests/tools/{file} is not there.",
                    "This copy of the book is not whole; clone it again.",
                )
        if arguments not in (["-h"], ["--help"]):
            prepared(group, lambda environment: [])
        codes = [_inside(f"tests/tools/{file}", arguments) for file in files]
        return max(codes)

    return command


def doctor(arguments: list[str]) -> int:
    """Examine this machine; uses .venv where there is one, and installs nothing."""
    environment = Environment(ROOT)
    inside = environment.probe("site") is not None
    python = environment.python if inside else sys.executable
    script = [str(python), "-u", "tests/tools/doctor.py", *arguments]
    variables = environment.variables() if inside else None
    return subprocess.run(script, cwd=ROOT, env=variables).returncode


def _inside(*arguments: str | list[str]) -> int:
    """Run the environment's Python on arguments, with our own input and output."""
    environment = Environment(ROOT)
    flat = [environment.python]
    for argument in arguments:
        flat += argument if isinstance(argument, list) else [argument]
    program = subprocess.Popen(flat, cwd=ROOT, env=environment.variables())
    while True:
        try:
            return program.wait()
        except KeyboardInterrupt:  # it got the same Ctrl+C; let it end in its own way
            continue


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "site": site,
    "test": test,
    "lab": lab,
    "chat": chat,
    "bake": tool("site", "bake.py"),
    "sync": tool("site", "sync.py"),
    "student": tool("test", "student.py"),
    "gates": tool("test", "gates.py"),
    "address": tool("site", "address.py"),
    "bench": tool("test", "bench.py"),
    "train": train,
    "doctor": doctor,
}
