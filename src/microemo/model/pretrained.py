"""Tensors of pretrained parts, and modules made of them."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


def tensors_below(file: Path, prefix: str) -> dict[str, Tensor]:
    """A file's tensors whose names begin with a prefix, as ``microemo weights convert`` writes them, without it."""
    tensors = load_file(file)
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def made_of(file: Path | None, build: Callable[[], M]) -> M:
    """A module with a file's tensors, in single precision; without a file with random ones, which are slow to draw."""
    if file is None:
        return build()
    with torch.device("meta"):
        module = build()
    tensors = {name: tensor.float() for name, tensor in load_file(file).items()}
    module.load_state_dict(tensors, assign=True)
    return module
