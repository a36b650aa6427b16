"""Published checkpoints, in whatever form they come, to tensors under our names: ``microemo weights convert``."""

import pickle
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from microemo.errors import InputError
from microemo.weights.convert import eva, imagebind, instructblip, lora, timechat, videollama_audio, videollama_vision

FILE = "model.safetensors"
Kind = Literal["timechat", "instructblip", "videollama_vision", "videollama_audio", "eva", "imagebind", "lora"]


class Converter(Protocol):
    """One kind of checkpoint. Both directions raise ``InputError``, which names missing and unknown keys."""

    def recognises(self, keys: Iterable[str]) -> bool: ...

    def from_upstream(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]: ...

    def to_upstream(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]: ...


# A file may hold several kinds' keys: the first that recognises its own wins, the largest comes first.
CONVERTERS: dict[Kind, Converter] = {
    "timechat": timechat,
    "instructblip": instructblip,
    "videollama_audio": videollama_audio,
    "videollama_vision": videollama_vision,
    "eva": eva,
    "imagebind": imagebind,
    "lora": lora,
}


def convert(source: Path, out: Path, kind: str | None = None) -> tuple[Kind, Path]:
    """Write ``out/model.safetensors`` with the tensors of ``source`` under our names; its kind and the file.

    Raises ``InputError`` where the source cannot be read, is of no known kind, or lacks keys or has unknown ones.
    """
    tensors = read(source)
    found = named(kind) if kind else recognised(tensors, source)
    try:
        ours = CONVERTERS[found].from_upstream(tensors)
    except InputError as error:
        raise InputError(f"{source} cannot be converted as {found}: {error}") from None
    out.mkdir(parents=True, exist_ok=True)
    temporary = out / f"{FILE}.tmp"
    save_file({name: tensor.contiguous() for name, tensor in ours.items()}, temporary, metadata={"kind": found})
    temporary.replace(out / FILE)
    return found, out / FILE


def named(kind: str) -> Kind:
    for known in get_args(Kind):
        if kind == known:
            return known
    raise InputError(f"{kind}: no such kind of checkpoint; known are {', '.join(CONVERTERS)}")


def recognised(keys: Iterable[str], source: Path) -> Kind:
    """The kind of a checkpoint, by its keys. Raises ``InputError`` where it is none that we know."""
    keys = set(keys)
    for kind, converter in CONVERTERS.items():
        if converter.recognises(keys):
            return kind
    raise InputError(f"{source}: no kind of checkpoint that is known here; known are {', '.join(CONVERTERS)}")


def read(source: Path) -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` or a PyTorch file, of which nothing but tensors is unpickled."""
    if not source.is_file():
        raise InputError(f"{source}: no such file")
    try:
        if source.suffix == ".safetensors":
            return load_file(source)
        content = torch.load(source, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, OSError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InputError(f"{source} is no checkpoint that can be read safely: {reason}") from None
    return _tensors(content, source)


def _tensors(content: Any, source: Path) -> dict[str, Tensor]:
    """A state dict, bare or under the name that LAVIS ("model") or others ("state_dict") give it."""
    for name in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(name), dict):
            content = content[name]
    if not isinstance(content, dict) or not all(isinstance(tensor, Tensor) for tensor in content.values()):
        raise InputError(f"{source} holds no state dict of tensors")
    return dict(content)
