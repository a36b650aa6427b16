"""Where a run stands: all that is needed to go on as if nothing had happened (``state.pt``)."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from microemo.errors import InputError

FILE = "state.pt"


@dataclass
class Progress:
    """Steps done; the best validation so far, and how many came after it without a better one."""

    step: int = 0
    best: float | None = None
    num_worse: int = 0


def save(directory: Path, progress: Progress, objective: nn.Module, optimizer: Optimizer) -> None:
    """Write the state whole or not at all; frozen weights are not part of it."""
    parameters = {name: parameter.detach() for name, parameter in trained(objective)}
    content = {"progress": asdict(progress), "parameters": parameters, "optimizer": optimizer.state_dict()}
    temporary = directory / f"{FILE}.tmp"
    with temporary.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(directory / FILE)


def load(directory: Path, objective: nn.Module, optimizer: Optimizer) -> Progress:
    """Set parameters and optimiser to where the run stood; the start if it has not begun.

    Raises ``InputError`` where the state is damaged or is another model's.
    """
    path = directory / FILE
    if not path.exists():
        return Progress()
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        _set(objective, content["parameters"])
        optimizer.load_state_dict(content["optimizer"])
    except Exception as error:  # torch raises whatever the damage leads it to
        raise InputError(f"{path}: cannot be resumed from ({error}); remove it to start anew") from error
    return Progress(**content["progress"])


def trained(objective: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, parameter) for name, parameter in objective.named_parameters() if parameter.requires_grad)


@torch.no_grad()
def _set(objective: nn.Module, values: dict[str, Tensor]) -> None:
    parameters = dict(trained(objective))
    if parameters.keys() != values.keys():
        raise ValueError(f"it has other parameters: {sorted(parameters.keys() ^ values.keys())[:3]}")
    for name, value in values.items():
        parameters[name].copy_(value)
