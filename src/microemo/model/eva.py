"""EVA-CLIP as vision encoder (paper 4.1), as BLIP-2 and its heirs read it."""

from pathlib import Path

from torch import nn

from microemo.config import EvaConfig
from microemo.model.pretrained import tensors_below
from microemo.model.vision import NAMES, VisionEncoder


class EvaEncoder(VisionEncoder):
    """EVA-CLIP, frozen: the last block's output, not normalised.

    The norm over these features, ``ln_vision`` upstream, is tuned, and the image Q-Former's own.
    """

    pixel_mean, pixel_std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # CLIP's

    @staticmethod
    def build(config: EvaConfig, pretrained: Path | None) -> nn.Module:
        from transformers import InstructBlipVisionConfig, InstructBlipVisionModel

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
            backbone.load_state_dict(tensors_below(pretrained / "model.safetensors", NAMES))
        return backbone
