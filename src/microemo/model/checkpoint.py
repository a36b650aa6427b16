"""A checkpoint: the tuned tensors (``model.safetensors``) beside their ``config.json``. Nothing is pickled.

They are in bf16 as training leaves them, and with matrices in int8 as they are given away (``compress``).
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from microemo import files, memory
from microemo.config import ModelConfig
from microemo.device import CPU, compute_dtype
from microemo.errors import WeightsError
from microemo.model import audio, auto_map, int8, lora, vision
from microemo.model.layout import by_columns
from microemo.model.microemo import MicroEmo
from microemo.model.registry import VISION_ENCODERS

WEIGHTS, CONFIG, WORDS = "model.safetensors", "config.json", "words.txt"
LANGUAGE = "language.model."  # names of the LLM's tensors in the whole model
FROZEN = (vision.NAMES, audio.NAMES, LANGUAGE)


def is_tuned(config: ModelConfig, name: str) -> bool:
    """The split of the paper's section 4.1: encoders and LLM frozen, all between them (and LoRA) tuned.

    Beyond the paper: the vision encoder's blocks that know expressions.
    """
    if name.startswith(vision.NAMES):
        return VISION_ENCODERS[config.vision.kind].is_tuned(config.vision, name.removeprefix(vision.NAMES))
    return lora.MARK in name or not name.startswith(FROZEN)


def tuned_state(model: MicroEmo) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in model.state_dict().items() if is_tuned(model.config, name)}


def save(model: MicroEmo, directory: Path) -> None:
    """Write the tuned part of a model and its configuration."""
    _write(directory, model.config, {name: tensor.to(torch.bfloat16) for name, tensor in tuned_state(model).items()})
    if model.words is not None:
        write_words(directory, model.words)


def compress(source: Path, directory: Path) -> None:
    """Write a checkpoint again with its matrices in int8, half the size. Raises ``WeightsError`` as ``load`` does."""
    _write(directory, read_config(source), int8.compress(read_tensors(source)))
    words = read_words(source)
    if words is not None:
        write_words(directory, words)


def write_words(directory: Path, words: Collection[str]) -> None:
    """The words of the texts that a model was taught, in order, a line each."""
    files.write(directory / WORDS, "".join(f"{word}\n" for word in sorted(words)).encode())


def read_words(directory: Path) -> frozenset[str] | None:
    """None where a model's folder has none: any word will do."""
    path = directory / WORDS
    return frozenset(path.read_text(encoding="utf-8").split()) if path.is_file() else None


def _write(directory: Path, config: ModelConfig, tensors: Mapping[str, Tensor]) -> None:
    write_config(directory, config)
    temporary = directory / f"{WEIGHTS}.tmp"
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary)
    temporary.replace(directory / WEIGHTS)


def write_config(directory: Path, config: ModelConfig) -> None:
    """With what ``transformers`` asks of a model's folder (``microemo.hub``)."""
    fields = {**auto_map.FIELDS, **config.model_dump(mode="json")}
    files.write(directory / CONFIG, (json.dumps(fields, indent=2) + "\n").encode())
    files.write(directory / auto_map.CODE_FILE, auto_map.CODE_TEXT.encode())


def read_config(directory: Path) -> ModelConfig:
    """The configuration of a checkpoint directory. Raises ``WeightsError`` where it holds no model."""
    if not (directory / CONFIG).is_file() or not (directory / WEIGHTS).is_file():
        raise WeightsError(f"no model in {directory}: {CONFIG} and {WEIGHTS} are expected there")
    path = directory / CONFIG
    try:
        fields = json.loads(path.read_bytes())
    except ValueError as error:
        raise WeightsError(f"{path} is not a model's configuration: not JSON ({error})") from None
    if isinstance(fields, dict):
        fields = {key: value for key, value in fields.items() if key not in auto_map.FIELDS}
    try:
        return ModelConfig.model_validate(fields)
    except ValidationError as error:
        raise WeightsError(f"{path} is not a model's configuration: {error.errors()[0]['msg']}") from None


def read_tensors(directory: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint directory. Raises ``WeightsError`` where the file is damaged."""
    try:
        return int8.expand(load_file(directory / WEIGHTS))
    except SafetensorError as error:
        raise WeightsError(f"{directory / WEIGHTS} cannot be read, write or fetch it again: {error}") from None


def load(directory: Path, pretrained: Callable[[str], Path] | None, device: torch.device = CPU) -> MicroEmo:
    """Build the model of a checkpoint directory, ready for inference: LoRA merged, the LLM in bf16 where that pays.

    Raises ``WeightsError`` where the file is damaged, or a tensor missing, unknown or of another shape.
    """
    model = MicroEmo(read_config(directory), pretrained, trainable_lora=False)
    model.words = read_words(directory)
    _set_merged(model, directory)
    memory.give_back()
    if compute_dtype(device) == torch.bfloat16:
        model.language.to(torch.bfloat16)
    elif device == CPU:
        by_columns(model.language.model)
    model = model.to(device).eval()
    memory.give_back()
    return model


def _set_merged(model: MicroEmo, directory: Path) -> None:
    """Set the tuned tensors of a checkpoint directory, and merge its LoRA, of which a model for inference has none."""
    language = model.language
    adapters = {LANGUAGE + name: shape for name, shape in lora.shapes(language.model, language.config).items()}
    tensors = read_tensors(directory)
    check_fit(tensors, {**shapes(tuned_state(model)), **adapters}, str(directory))
    set_tensors(model, {name: tensor for name, tensor in tensors.items() if name not in adapters})
    merged = {name.removeprefix(LANGUAGE): tensor for name, tensor in tensors.items() if name in adapters}
    lora.merge(language.model, language.config, merged)


def load_tuned(model: MicroEmo, tensors: dict[str, Tensor], source: str) -> None:
    """Set the tuned tensors; every key must be known and present, every shape the model's."""
    check_fit(tensors, shapes(tuned_state(model)), source)
    set_tensors(model, tensors)


def shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def check_fit(tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]], source: str) -> None:
    """Raises ``WeightsError`` where a tensor is missing, unknown or of another shape than expected."""
    missing = sorted(expected.keys() - tensors.keys())
    unknown = sorted(tensors.keys() - expected.keys())
    if missing or unknown:
        raise WeightsError(f"{source} does not fit the model: missing {missing[:3]}, unknown {unknown[:3]}")
    reshaped = [name for name, shape in shapes(tensors).items() if shape != expected[name]]
    if reshaped:
        raise WeightsError(f"{source} does not fit the model: other shapes of {sorted(reshaped)[:3]}")


def set_tensors(model: MicroEmo, tensors: Mapping[str, Tensor]) -> None:
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, strict=False)


def start_from(model: MicroEmo, directories: Sequence[Path]) -> list[str]:
    """Set what converted checkpoints hold (``microemo weights convert``); the tuned tensors that none of them has.

    Those are MicroEmo's own (local clue attention, fusion), and start so that the model does what upstream does.
    Raises ``WeightsError`` where a tensor is unknown, or of another shape than the model's.
    """
    state, found = model.state_dict(), set[str]()
    model.image_qformer.pass_through()
    for directory in directories:
        tensors = read_tensors(directory)
        wrong = [name for name in sorted(tensors) if name not in state or state[name].shape != tensors[name].shape]
        if wrong:
            raise WeightsError(f"{directory / WEIGHTS} does not fit the model: unknown or of other shapes {wrong[:3]}")
        model.load_state_dict(tensors, strict=False)
        found |= tensors.keys()
    return sorted(tuned_state(model).keys() - found)


def weights_sha256(directory: Path) -> str:
    """What identifies a model in a result."""
    return hashlib.sha256((directory / WEIGHTS).read_bytes()).hexdigest()
