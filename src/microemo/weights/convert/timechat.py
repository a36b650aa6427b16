"""TimeChat: image Q-Former, video Q-Former and projection in one file, and the LoRA of its LLM if it was trained."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from microemo.config import PAPER
from microemo.weights.convert import instructblip, lora, videollama_vision
from microemo.weights.convert.renaming import inverse, renamed


def recognises(keys: Iterable[str]) -> bool:
    keys = set(keys)
    return instructblip.recognises(keys) and videollama_vision.recognises(keys)


def names(keys: Iterable[str]) -> dict[str, str]:
    keys = set(keys)
    adapters = lora.names(keys) if lora.recognises(keys) else {}
    return {**instructblip.names(keys), **videollama_vision.names(keys), **adapters}


def from_upstream(tensors: Mapping[str, Tensor], num_positions: int = PAPER.max_positions) -> dict[str, Tensor]:
    """``num_positions`` of frames: TimeChat's table has 96 as ours, a shorter one is extended."""
    ours = renamed(tensors, names(tensors))
    positions = videollama_vision.extended(ours[videollama_vision.POSITIONS], num_positions)
    return {**ours, videollama_vision.POSITIONS: positions}


def to_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return renamed(tensors, inverse(names(tensors)))
