"""Matrices in eight bits: each row in whole steps of a 127th of its largest value, and the step beside it.

A checkpoint of what is tuned is half the size so; reading gives single precision back: nothing computes in eight bits.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

STEP = ".int8_step"  # what is appended to a matrix's name for its rows' steps
LEAST_COLUMNS = 64  # of a matrix: in narrower ones the steps would weigh more


def compress(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same names with wide matrices in int8, (N, M), and their steps, (N, 1); the rest in bf16."""
    compressed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim != 2 or tensor.shape[1] < LEAST_COLUMNS:
            compressed[name] = tensor.to(torch.bfloat16)
            continue
        step = tensor.float().abs().amax(1, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny) / 127
        compressed[name] = (tensor.float() / step).round().to(torch.int8)
        compressed[name + STEP] = step
    return compressed


def expand(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What ``compress`` made, in single precision; tensors that it did not make are returned as they are."""
    return {
        name: tensor.float() * tensors[name + STEP] if name + STEP in tensors else tensor
        for name, tensor in tensors.items()
        if not name.endswith(STEP)
    }
