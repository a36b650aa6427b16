"""Paper 3.2: "we use a pre-trained ViT to encode each frame and obtain frame features"."""

import torch

from microemo.config import TINY
from microemo.model.dinov2 import Dinov2Encoder

SIDE = TINY.vision.image_size


def encoder(**changes: object) -> Dinov2Encoder:
    torch.manual_seed(0)
    return Dinov2Encoder(TINY.vision.model_copy(update=changes)).eval()


def pictures(number: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (number, SIDE, SIDE, 3), dtype=torch.uint8, generator=generator)


@torch.inference_mode()
def test_a_picture_becomes_a_class_token_and_its_patches_whatever_stands_beside_it() -> None:
    vision = encoder()
    tokens = vision(pictures(3))
    assert tokens.shape == (3, 1 + TINY.vision.grid**2, TINY.vision.hidden_size)
    torch.testing.assert_close(tokens[1:2], vision(pictures(3)[1:2]), atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_pictures_are_normalised_as_the_encoder_expects() -> None:
    vision = encoder()
    pixels = torch.full((1, SIDE, SIDE, 3), 255, dtype=torch.uint8)
    torch.testing.assert_close(vision(pixels), vision.encode(torch.ones(1, 3, SIDE, SIDE)))
    normalised = (1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    expected = vision.backbone(pixel_values=normalised.view(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)).last_hidden_state
    torch.testing.assert_close(vision(pixels), expected)


@torch.inference_mode()
def test_a_position_table_for_larger_pictures_serves_smaller_ones() -> None:
    assert encoder(position_size=2 * SIDE)(pictures(1)).shape == (1, 17, 32)


def test_only_the_last_blocks_and_the_norm_behind_them_are_tuned() -> None:
    tuned = {name for name, parameter in encoder().backbone.named_parameters() if parameter.requires_grad}
    assert {name.split(".")[0] for name in tuned} == {"encoder", "layernorm"}
    assert all(name.startswith(("encoder.layer.1.", "layernorm.")) for name in tuned)
    assert len(tuned) == 2 + sum(name.startswith("encoder.layer.1.") for name in encoder().backbone.state_dict())
