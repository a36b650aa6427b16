"""The vision encoder (paper 3.2): a pretrained ViT that encodes each frame; nano's last blocks know expressions."""

import re
from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import Dinov2Config, Dinov2Model, InstructBlipVisionConfig, InstructBlipVisionModel, PreTrainedModel

from microemo.config import DinoConfig, EvaConfig

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
NAMES = "vision.backbone."  # of its tensors in the whole model
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


class VisionEncoder(nn.Module):
    """Pictures to patch tokens, class token first: (T, 3, S, S) -> (T, 1+P, D)."""

    luma: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, config: DinoConfig | EvaConfig, pretrained: Path | None = None) -> None:
        super().__init__()
        self.config = config
        if isinstance(config, DinoConfig):
            self.backbone = dinov2(config, pretrained)
            mean, std = IMAGENET_MEAN, IMAGENET_STD
        else:
            self.backbone = eva(config, pretrained)
            mean, std = CLIP_MEAN, CLIP_STD
        self.register_buffer("luma", torch.tensor(LUMA).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, pictures: UInt8[Tensor, "T S S 3"]) -> Float[Tensor, "T N D"]:
        pixels = pictures.to(self.mean.device).permute(0, 3, 1, 2).float() / 255
        if self.config.grey:
            pixels = (pixels * self.luma).sum(1, keepdim=True).expand(-1, 3, -1, -1)
        if self.config.detail_size:
            coarse = F.interpolate(pixels, self.config.detail_size, mode="bilinear", antialias=True)
            pixels = F.interpolate(coarse, self.config.image_size, mode="bicubic").clamp(0, 1)
        return self.encode(pixels)

    def encode(self, pixels: Float[Tensor, "T 3 S S"]) -> Float[Tensor, "T N D"]:
        """``pixels`` in [0, 1]."""
        normalised = ((pixels - self.mean) / self.std).to(self.backbone.dtype)
        return self.backbone(pixel_values=normalised).last_hidden_state.float()


def dinov2(config: DinoConfig, pretrained: Path | None) -> PreTrainedModel:
    """DINOv2, frozen but for the blocks that expression adaptation tunes (``is_tuned``)."""
    backbone = Dinov2Model(
        Dinov2Config(
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            image_size=config.position_size,
            patch_size=config.patch_size,
        )
    )
    if pretrained:
        backbone.load_state_dict(load_file(pretrained / "model.safetensors"))
    for name, parameter in backbone.named_parameters():
        parameter.requires_grad_(is_tuned(config, name))
    return backbone


def is_tuned(config: DinoConfig | EvaConfig, name: str) -> bool:
    """Whether expression adaptation tunes that tensor of the backbone: the last blocks, and the norm behind them."""
    if not isinstance(config, DinoConfig):
        return False
    block = re.match(r"encoder\.layer\.(\d+)\.", name)
    return int(block[1]) >= config.first_tuned_block if block else name.startswith("layernorm.")


def eva(config: EvaConfig, pretrained: Path | None) -> PreTrainedModel:
    """EVA-CLIP as BLIP-2 and its heirs read it (paper 4.1), frozen: the last block's output, not normalised.

    The norm over these features, ``ln_vision`` upstream, is tuned, and the image Q-Former's own.
    """
    backbone = InstructBlipVisionModel(
        InstructBlipVisionConfig(
            hidden_size=config.hidden_size,
            intermediate_size=config.feed_forward_size,
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            image_size=config.image_size,
            patch_size=config.patch_size,
        )
    )
    backbone.set_submodule("post_layernorm", nn.Identity())
    if pretrained:
        tensors = load_file(pretrained / "model.safetensors")  # as ``microemo weights convert`` names them
        backbone.load_state_dict(
            {name.removeprefix(NAMES): tensor for name, tensor in tensors.items() if name.startswith(NAMES)}
        )
    return backbone.requires_grad_(False)
