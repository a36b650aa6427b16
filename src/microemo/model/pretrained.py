"""Tensors of pretrained parts."""

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor


def tensors_below(file: Path, prefix: str) -> dict[str, Tensor]:
    """A file's tensors whose names begin with a prefix, as ``microemo weights convert`` writes them, without it."""
    tensors = load_file(file)
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
