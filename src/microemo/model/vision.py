"""What every vision encoder does (paper 3.2): pictures in, patch tokens out. The kinds are in ``model/registry.py``."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from microemo.config import VisionConfig

NAMES = "vision.backbone."  # of its tensors in the whole model

RGB = tuple[float, float, float]


class VisionEncoder(nn.Module, ABC):
    """Pictures to patch tokens, class token first: (T, 3, S, S) -> (T, 1+P, D)."""

    pixel_mean: ClassVar[RGB]
    pixel_std: ClassVar[RGB]
    mean: Tensor
    std: Tensor

    def __init__(self, config: Any, pretrained: Path | None = None) -> None:
        super().__init__()
        self.config: VisionConfig = config
        self.backbone = self.build(config, pretrained)
        for name, parameter in self.backbone.named_parameters():
            parameter.requires_grad_(self.is_tuned(config, name))
        for name, values in (("mean", self.pixel_mean), ("std", self.pixel_std)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    @staticmethod
    @abstractmethod
    def build(config: Any, pretrained: Path | None) -> Any:
        """The backbone: normalised ``pixel_values`` to ``.last_hidden_state``, as in ``transformers``."""

    @staticmethod
    def is_tuned(config: Any, name: str) -> bool:
        """Whether expression adaptation tunes the backbone's tensor of that name; others are frozen."""
        return False

    def forward(self, pictures: UInt8[Tensor, "T S S 3"]) -> Float[Tensor, "T N D"]:
        pixels = pictures.to(self.mean.device).permute(0, 3, 1, 2).float() / 255
        return self.encode(pixels)

    def encode(self, pixels: Float[Tensor, "T 3 S S"]) -> Float[Tensor, "T N D"]:
        """``pixels`` in [0, 1]."""
        normalised = ((pixels - self.mean) / self.std).to(next(self.backbone.parameters()).dtype)
        return self.backbone(pixel_values=normalised).last_hidden_state.float()
