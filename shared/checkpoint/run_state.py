"""The state of a training run in one file: saved in one step, checked when it is read.

The file is safetensors: weights, optimizer averages and, as text beside them, the
history and what the run was. Random generators need no place in it, because
`shared.train` seeds them anew at each step.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from shared.whole_files import whole_file

BUILT = Path(__file__).resolve().parents[2] / "_build"
FORMAT = "block-by-block training state 2"
PART = 4096  # rows that are hashed at once
CURE = "delete it and train from the beginning"


def kept_run(chapter: str) -> Path:
    """The file in which a chapter keeps its training run; the folder is made if needed.

    The folder is _build at the book's root, or the one that BLOCKS_RUNS names.
    """
    folder = Path(os.environ.get("BLOCKS_RUNS") or BUILT)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"chapter{chapter}.safetensors"


def fingerprint(rows: Tensor) -> str:
    """The first 16 hexadecimal digits of a SHA-256 of the shape and of all numbers.

    rows: whole numbers (N, T), of any integer type: equal numbers have one hash.
    """
    digest = hashlib.sha256(str(tuple(rows.shape)).encode())
    for part in rows.split(PART):
        digest.update(part.to("cpu", torch.int64).contiguous().numpy())
    return digest.hexdigest()[:16]


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter and every lasting buffer by name, tied ones once.

    Buffers that a model does not keep (the angles of rotary positions, for instance)
    follow from its config; how they are laid out may change with the code.
    """
    kept = model.state_dict().keys()
    buffers = {name: b for name, b in model.named_buffers() if name in kept}
    return dict(model.named_parameters()) | buffers


def averages_of(
    model: nn.Module, optimizers: list[torch.optim.Optimizer]
) -> Iterator[tuple[str, torch.optim.Optimizer, Tensor]]:
    """A name for what an optimizer remembers of a parameter, both, and the next."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    for i, optimizer in enumerate(optimizers):
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                yield f"optimizer.{i}.{names[id(parameter)]}", optimizer, parameter


def checksum(tensors: dict[str, Tensor], history: str) -> str:
    """SHA-256 of the tensors' names and bytes, in order, and of the history."""
    digest = hashlib.sha256(history.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return digest.hexdigest()


def save_state(
    path: str | Path,
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    run: dict[str, Any],
    history: dict[str, list[float]],
) -> None:
    """Write the state of a run; a crash or a full disk leaves the old file whole.

    run: what the run is (recipe, rows), in values that JSON can hold.
    """
    tensors = {f"model.{name}": t for name, t in weights_of(model).items()}
    for name, optimizer, parameter in averages_of(model, optimizers):
        for part, value in optimizer.state[parameter].items():
            tensors[f"{name}.{part}"] = value
    tensors = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    texts = {"format": FORMAT, "run": json.dumps(run), "history": json.dumps(history)}
    texts["sha256"] = checksum(tensors, texts["history"])
    try:
        with whole_file(path) as draft:
            save_file(tensors, draft, texts)
    except SafetensorError as error:
        raise OSError(f"{path} could not be saved: {error}") from None


def read_state(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and texts of a state file. Raises ValueError if it is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            texts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is no whole state file ({error}); {CURE}") from None
    if texts.get("format") != FORMAT:
        raise ValueError(
            f"{path} is not the state of a training run of this edition: its format is "
            f"{texts.get('format')!r}, not {FORMAT!r}; {CURE}"
        )
    if texts["sha256"] != checksum(tensors, texts["history"]):
        raise ValueError(f"{path} was changed or damaged (wrong checksum); {CURE}")
    return tensors, texts


@torch.no_grad()
def load_state(
    path: str | Path,
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    run: dict[str, Any],
) -> dict[str, list[float]]:
    """Put model and optimizers where save_state left them; returns the history.

    Raises ValueError if the file is damaged or belongs to another run; then nothing
    has been changed.
    """
    tensors, texts = read_state(path)
    check_run(path, json.loads(texts["run"]), json.loads(json.dumps(run)))
    averages = list(averages_of(model, optimizers))
    check_shapes(path, tensors, model, averages)
    for name, weight in weights_of(model).items():
        weight.copy_(tensors[f"model.{name}"])
    for name, optimizer, parameter in averages:
        optimizer.state[parameter] = {
            key.rpartition(".")[2]: value.to(parameter.device)
            for key, value in tensors.items()
            if key.rpartition(".")[0] == name
        }
    return json.loads(texts["history"])


def check_run(path: str | Path, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    """Raise ValueError, naming what differs, unless both runs are the same."""
    for name in theirs | ours:
        there, here = theirs.get(name, "as usual"), ours.get(name, "as usual")
        if there == here:
            continue
        if name == "frozen":  # among many names only those that differ
            there, here = sorted({*there} - {*here}), sorted({*here} - {*there})
        raise ValueError(
            f"{path} belongs to another run: its {name} is {there!r}, not {here!r}; "
            "give another path, or resume=False"
        )


def check_shapes(
    path: str | Path,
    tensors: dict[str, Tensor],
    model: nn.Module,
    averages: list[tuple[str, torch.optim.Optimizer, Tensor]],
) -> None:
    """Raise ValueError unless all tensors of a file have a place of their shape here.

    Of a parameter an optimizer remembers numbers in its shape, and single ones.
    """
    wanted = {f"model.{n}": tuple(t.shape) for n, t in weights_of(model).items()}
    known = {name: tuple(parameter.shape) for name, _, parameter in averages}
    for key, tensor in tensors.items():
        about = key.rpartition(".")[0]
        if about in known:
            wanted[key] = known[about] if tensor.dim() else ()
    for name in wanted | tensors:
        there = tuple(tensors[name].shape) if name in tensors else None
        if there != wanted.get(name):
            raise ValueError(
                f"{path} belongs to another model, or to older code: {name} has shape "
                f"{there} in the file and {wanted.get(name)} here; {CURE}"
            )
