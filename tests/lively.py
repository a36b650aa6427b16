"""Random weights at which a change of the input shows in the output, as it would not at a fresh model's small ones."""

from typing import TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)


@torch.no_grad()
def lively(module: Module) -> Module:
    """What is tuned, at random; what starts out at zero (LoRA, the local clues' output) too. In evaluation mode."""
    torch.manual_seed(1)
    for parameter in module.parameters():
        if parameter.requires_grad and (parameter.dim() > 1 or not parameter.any()):
            parameter.normal_(std=parameter.shape[-1] ** -0.5)
    return module.eval()
