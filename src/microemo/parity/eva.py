"""EVA's vision transformer as BLIP-2 has it, and the norm over it."""

import re
from collections.abc import Iterator

from torch import Tensor, nn

from microemo.config import EvaConfig
from microemo.model.eva import EvaEncoder
from microemo.parity.fixture import Fixture, loaded
from microemo.weights.convert import eva

INPUTS = re.compile(r"pixels")


def outputs(fixture: Fixture) -> Iterator[tuple[str, Tensor]]:
    """``vit_out`` of the encoder, ``ln_out`` of the norm that the image Q-Former has over it."""
    ours = eva.from_upstream(fixture.state)
    size = fixture.size("config", "embed_dim")
    config = EvaConfig(
        weights=None,
        hidden_size=size,
        num_layers=fixture.size("config", "depth"),
        num_heads=fixture.size("config", "num_heads"),
        image_size=fixture.size("config", "img_size"),
        patch_size=fixture.size("config", "patch_size"),
        feed_forward_size=int(size * fixture.size("config", "mlp_ratio")),
    )
    encoder = loaded(EvaEncoder(config), ours, "vision.")
    norm = loaded(nn.LayerNorm(size), ours, "image_qformer.vision_norm.")
    features = encoder.backbone(pixel_values=fixture.input("pixels")).last_hidden_state
    yield "vit_out", features
    yield "ln_out", norm(features)
