"""Reduced precision for inference: matrices in bf16, all else as it is. Where bf16 pays, ``device.py`` says."""

import torch
from torch import Tensor, nn


def matrices_to_bf16(module: nn.Module) -> None:
    """Convert every linear map, which then takes input of any precision and returns bf16.

    Embeddings, queries, normalisations and the states between layers keep fp32: with them in bf16 as well, the error
    of a Q-Former of 12 layers is three times as large, for nothing (``docs/performance.md``).
    """
    for part in module.modules():
        if isinstance(part, nn.Linear):
            part.to(torch.bfloat16).register_forward_pre_hook(_to_bf16)


def _to_bf16(_: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    return (inputs[0].to(torch.bfloat16),)
