"""Where a model runs, and in which precision it calculates there."""

import torch

from microemo.errors import MicroEmoError

CPU = torch.device("cpu")
NAMES = ("auto", "cpu", "cuda", "mps")


def resolve(name: str = "auto") -> torch.device:
    """The device of a name; ``auto`` is the best that there is. Raises ``MicroEmoError`` where it is not there."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name not in NAMES:
        raise MicroEmoError(f"{name}: no such device; known are {', '.join(NAMES)}")
    if name == "auto":
        name = next(candidate for candidate, is_there in available.items() if is_there)
    if not available[name]:
        there = ", ".join(candidate for candidate, is_there in available.items() if is_there)
        raise MicroEmoError(f"{name}: this machine, or this build of torch, has no such device; there is {there}")
    return torch.device(name)


def compute_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device calculates in it; elsewhere it would take several times as long as float32."""
    calculates_in_bf16 = {
        "cuda": torch.cuda.is_bf16_supported,
        "cpu": torch.cpu._is_avx512_bf16_supported,
    }.get(device.type, lambda: False)
    return torch.bfloat16 if calculates_in_bf16() else torch.float32
