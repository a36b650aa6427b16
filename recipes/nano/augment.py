"""Pictures of faces, varied at random, as no two frames of a video are alike."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

FACE_HEIGHT, SQUEEZED = (0.35, 1.0), (0.55, 1.0)  # of a face in its frame; its width over that, squeezed
GREY = 0.5
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
COARSE = (36, 48, 64)  # pixels of a side, of pictures that lose their detail


def draw(num: int, generator: torch.Generator, low: float, high: float, *shape: int) -> Float[Tensor, "B *shape"]:
    """Uniform in [low, high), (num, *shape)."""
    return torch.rand(num, *shape, generator=generator) * (high - low) + low


def augment(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """(B, C, S, S) in [0, 1]: flip, similarity transform, contrast, colour and detail lost, noise, parts erased."""
    size = pictures.shape[-1]
    uniform = partial(draw, len(pictures), generator)
    angle, scale = uniform(-0.25, 0.25), uniform(0.8, 1.2)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    shift = uniform(-0.12, 0.12, 2)
    theta = torch.stack([cos * flip, -sin, shift[:, 0], sin * flip, cos, shift[:, 1]], dim=1).unflatten(1, (2, 3))
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    pictures = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    pictures = (pictures - mean) * uniform(0.6, 1.4, 1, 1, 1) + mean + uniform(-0.15, 0.15, 1, 1, 1)
    noise = torch.randn(pictures.shape, generator=generator) * uniform(0, 0.04, 1, 1, 1)
    coarse = F.interpolate(pictures, COARSE[int(uniform(0, len(COARSE))[0])], mode="area")
    blurred = F.interpolate(coarse, size, mode="bilinear")
    pictures = torch.where(uniform(0, 1, 1, 1, 1) < 0.25, blurred, pictures) + noise
    if pictures.shape[1] == 3:
        luma = (pictures * torch.tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
        pictures = torch.where(uniform(0, 1, 1, 1, 1) < 0.3, luma, pictures * uniform(0.9, 1.1, 3, 1, 1))
    rows, columns = torch.arange(size).view(1, 1, size, 1), torch.arange(size).view(1, 1, 1, size)
    erase = uniform(0, 1, 1, 1, 1)
    mouth = (erase < 0.15) & (rows > size * 0.62)
    top, left = (uniform(0, size * 0.7, 1, 1, 1), uniform(0, size * 0.7, 1, 1, 1))
    box = (rows >= top) & (rows < top + size * 0.3) & (columns >= left) & (columns < left + size * 0.3)
    return pictures.masked_fill(mouth | (box & (erase > 0.75)), 0.5).clamp(0, 1)


def in_frames(pictures: Float[Tensor, "B C S S"], generator: torch.Generator) -> Float[Tensor, "B C S S"]:
    """Faces somewhere in a grey frame of some format that is squeezed into a square, as frames of a video are."""
    uniform = partial(draw, len(pictures), generator)
    height = uniform(*FACE_HEIGHT)
    width = height * uniform(*SQUEEZED)
    free = torch.stack([1 - width, 1 - height], dim=1)  # of the frame, on either side of a face in the middle
    place = free * uniform(-1, 1, 2)
    zero = torch.zeros_like(width)
    theta = torch.stack(
        [1 / width, zero, -place[:, 0] / width, zero, 1 / height, -place[:, 1] / height], dim=1
    ).unflatten(1, (2, 3))
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures - GREY, grid, align_corners=False) + GREY
