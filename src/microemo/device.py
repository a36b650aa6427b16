"""Where the model runs."""

import torch

from microemo.errors import InputError


def resolve(name: str) -> torch.device:
    if name not in ("auto", "cpu"):
        raise InputError(f"{name}: no such device here")
    return torch.device("cpu")
