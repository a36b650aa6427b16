"""DINOv2 as vision encoder: pretrained, its last blocks tuned on expressions, which it does not know by itself."""

import re
from pathlib import Path

from torch import nn

from microemo.config import DinoConfig
from microemo.model.pretrained import made_of
from microemo.model.vision import VisionEncoder


class Dinov2Encoder(VisionEncoder):
    """DINOv2, frozen but for the blocks that expression adaptation tunes."""

    pixel_mean, pixel_std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's

    @staticmethod
    def build(config: DinoConfig, pretrained: Path | None) -> nn.Module:
        from transformers import Dinov2Config, Dinov2Model

        size = Dinov2Config(
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            image_size=config.position_size,
            patch_size=config.patch_size,
        )
        return made_of(pretrained / "model.safetensors" if pretrained else None, lambda: Dinov2Model(size))

    @staticmethod
    def is_tuned(config: DinoConfig, name: str) -> bool:
        """The last blocks, and the norm behind them."""
        block = re.match(r"encoder\.layer\.(\d+)\.", name)
        return int(block[1]) >= config.first_tuned_block if block else name.startswith("layernorm.")
