"""A checkpoint: the tuned tensors in bf16 (``model.safetensors``) beside their ``config.json``. Nothing is pickled."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from microemo.config import ModelConfig
from microemo.errors import WeightsError
from microemo.model.microemo import MicroEmo

WEIGHTS, CONFIG = "model.safetensors", "config.json"
FROZEN = ("vision.backbone.", "audio.encoder.", "language.model.")  # frozen, apart from their LoRA


def is_tuned(name: str) -> bool:
    """The split of the paper's section 4.1: encoders and LLM frozen, all between them (and LoRA) tuned."""
    return "lora_" in name or not name.startswith(FROZEN)


def tuned_state(model: MicroEmo) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in model.state_dict().items() if is_tuned(name)}


def save(model: MicroEmo, directory: Path) -> None:
    """Write the tuned part of a model and its configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / CONFIG).write_text(model.config.model_dump_json(indent=2) + "\n")
    tensors = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in tuned_state(model).items()}
    save_file(tensors, directory / WEIGHTS)


def load(directory: Path, pretrained: Callable[[str], Path] | None) -> MicroEmo:
    """Build the model of a checkpoint directory. Raises ``WeightsError`` where a tensor is missing or unknown."""
    if not (directory / CONFIG).is_file() or not (directory / WEIGHTS).is_file():
        raise WeightsError(f"no model in {directory}: {CONFIG} and {WEIGHTS} are expected there")
    model = MicroEmo(ModelConfig.model_validate_json((directory / CONFIG).read_text()), pretrained)
    load_tuned(model, load_file(directory / WEIGHTS), str(directory))
    return model.eval()


def load_tuned(model: MicroEmo, tensors: dict[str, Tensor], source: str) -> None:
    """Set the tuned tensors; every key must be known and present."""
    missing = sorted(tuned_state(model).keys() - tensors.keys())
    unknown = sorted(tensors.keys() - tuned_state(model).keys())
    if missing or unknown:
        raise WeightsError(f"{source} does not fit the model: missing {missing[:3]}, unknown {unknown[:3]}")
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, strict=False)


def weights_sha256(directory: Path) -> str:
    """What identifies a model in a result."""
    return hashlib.sha256((directory / WEIGHTS).read_bytes()).hexdigest()
