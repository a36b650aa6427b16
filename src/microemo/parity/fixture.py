"""A parity fixture: state dict, inputs and outputs, and the sizes in the file's metadata."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from microemo.errors import InputError

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Fixture:
    """``state`` has upstream's keys; ``tensors`` are the inputs and outputs."""

    path: Path
    state: dict[str, Tensor]
    tensors: dict[str, Tensor]
    metadata: dict[str, Any]

    def input(self, name: str) -> Tensor:
        if name not in self.tensors:
            raise InputError(f"there is no {name}")
        return self.tensors[name]

    def size(self, *path: str) -> Any:
        """An entry of the metadata, by its name and those of the objects that it is in."""
        value: Any = self.metadata
        for name in path:
            if not isinstance(value, dict) or name not in value:
                raise InputError(f"the metadata has no {'.'.join(path)}")
            value = value[name]
        return value


def read(path: Path) -> Fixture:
    """Raises ``InputError`` where the file cannot be read."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = {name: _decoded(value) for name, value in (file.metadata() or {}).items()}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is no safetensors file: {error}") from None
    state = {name.removeprefix("sd."): tensor for name, tensor in tensors.items() if name.startswith("sd.")}
    others = {name: tensor for name, tensor in tensors.items() if not name.startswith("sd.")}
    return Fixture(path, state, others, metadata)


def loaded(module: Module, tensors: dict[str, Tensor], prefix: str) -> Module:
    """The module with its converted tensors, ready for inference; what upstream does not have stays as it is.

    Raises ``RuntimeError`` where the weights' shapes are not those that the metadata says.
    """
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    module.load_state_dict({**module.state_dict(), **own})
    return module.eval()


def _decoded(value: str) -> Any:
    """An entry of the metadata; what is not JSON (safetensors' own ``format``) as it is."""
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
