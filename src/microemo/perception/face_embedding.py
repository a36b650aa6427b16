"""Who a face is, as a point: dlib's face recognition network (ResNet with 29 convolutions, King 2017), 128-d.

Two faces of one person lie nearer to each other than faces of two people. The network was trained on pictures cut out
by dlib's landmarks; ``aligned_chip`` cuts them out by MediaPipe's.
"""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from microemo.perception.regions import LEFT_EYE, LIPS, RIGHT_EYE, Affine, Points, warp

CHIP_SIZE = 150  # pixels
DIM = 128
MEAN_RGB = (122.782, 117.001, 104.298)
# Of eyes and mouth in the chip, in its sides: their distance, and the middle of the three. As in face-api.
EYE_TO_MOUTH, MIDDLE = 0.45, (0.5, 0.43)
STAGES = (  # channels in and out, and whether the block halves its picture
    *((32, 32, False),) * 3,
    (32, 64, True),
    *((64, 64, False),) * 3,
    (64, 128, True),
    *((128, 128, False),) * 2,
    (128, 256, True),
    *((256, 256, False),) * 2,
    (256, 256, True),
)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions (their norms folded in) beside a shortcut, which is averaged and padded, not learned."""

    def __init__(self, dim_in: int, dim_out: int, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        self.conv1 = nn.Conv2d(dim_in, dim_out, 3, stride=2 if halves else 1, padding=0 if halves else 1)
        self.conv2 = nn.Conv2d(dim_out, dim_out, 3, padding=1)

    def forward(self, pictures: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d i j"]:
        learned = self.conv2(self.conv1(pictures).relu())
        shortcut = functional.avg_pool2d(pictures, 2) if self.halves else pictures
        shortcut = functional.pad(shortcut, (0, 0, 0, 0, 0, learned.shape[1] - shortcut.shape[1]))
        missing = [big - small for big, small in zip(shortcut.shape[:1:-1], learned.shape[:1:-1], strict=True)]
        return (functional.pad(learned, (0, missing[0], 0, missing[1])) + shortcut).relu()


class FaceEmbedding(nn.Module):
    """Chips of faces in, a point of 128 dimensions for each out."""

    mean_rgb: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, stride=2)
        self.blocks = nn.ModuleList(ResidualBlock(*stage) for stage in STAGES)
        self.head = nn.Linear(256, DIM, bias=False)
        self.register_buffer("mean_rgb", torch.tensor(MEAN_RGB).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Float[Tensor, "n 3 150 150"]) -> Float[Tensor, "n 128"]:
        """``pictures`` are RGB in 0-255."""
        hidden = functional.max_pool2d(self.stem((pictures - self.mean_rgb) / 255).relu(), 3, 2)
        for block in self.blocks:
            hidden = block(hidden)
        return self.head(hidden.mean((2, 3)))

    @torch.inference_mode()
    def embed(self, chips: UInt8[np.ndarray, "n 150 150 3"]) -> Float[np.ndarray, "n 128"]:
        """As ``forward``, for pictures as OpenCV has them."""
        return self(torch.from_numpy(chips).permute(0, 3, 1, 2).float()).numpy()


def load(folder: Path) -> FaceEmbedding:
    """The trained network out of its part's folder."""
    from safetensors.torch import load_file

    network = FaceEmbedding()
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network.eval()


def aligned_chip(image: UInt8[np.ndarray, "h w 3"], points: Points) -> UInt8[np.ndarray, "150 150 3"]:
    """The picture of a face as the network knows them: upright, eyes and mouth at their heights.

    ``points`` are its 478 landmarks in pixels.
    """
    return warp(image, chip_affine(points), CHIP_SIZE)


def chip_affine(points: Points) -> Affine:
    """The similarity from image pixels to the chip: eyes level, their distance from the mouth and the middle fixed."""
    right, left, mouth = (points[list(group)].mean(0) for group in (RIGHT_EYE, LEFT_EYE, LIPS))
    along = (left - right) / max(float(np.linalg.norm(left - right)), 1e-6)
    rotation = np.array([[along[0], along[1]], [-along[1], along[0]]])
    eye_to_mouth = (np.linalg.norm(mouth - right) + np.linalg.norm(mouth - left)) / 2
    scale = EYE_TO_MOUTH * CHIP_SIZE / max(float(eye_to_mouth), 1e-6)
    offset = np.array(MIDDLE) * CHIP_SIZE - scale * (rotation @ (right + left + mouth) / 3)
    return np.hstack([scale * rotation, offset[:, None]]).astype(np.float32)
