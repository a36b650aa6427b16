"""Expression adaptation of the vision backbone: DINOv2's last blocks are tuned, beyond the paper, before its stages.

DINOv2 sees faces but hardly their expressions (a linear probe of its class token gets 0.40 on seven classes of
FER2013). Its last blocks learn them from label supervision, and are frozen from then on. Half of the pictures are
aligned face views (what the local branch reads), half whole pictures (what the global branch reads). Random erasing of
the mouth teaches it to use the upper face too: a talking mouth is no expression.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.errors import InputError
from microemo.model.vision import VisionEncoder
from microemo.train.task import Scores

NUM_LABELS = 7
EVERY = slice(None)
ALIGNED_SHARE = 0.6  # of the pictures that are learnt from
LABEL_SMOOTHING = 0.1
Picture = tuple[Tensor, int]  # (1, S, S) in [0, 1], and its label


class Expression(nn.Module):
    """The adapted backbone under a linear head that reads the class token and the mean patch; the head is dropped."""

    def __init__(self, encoder: VisionEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.head = nn.Sequential(nn.LayerNorm(2 * width), nn.Dropout(0.2), nn.Linear(2 * width, NUM_LABELS))

    def forward(self, examples: Sequence[Picture]) -> Scores:
        device = self.encoder.mean.device
        pixels = torch.stack([picture for picture, _ in examples]).to(device)
        labels = torch.tensor([label for _, label in examples], device=device)
        tokens = self.encoder.encode(pixels.expand(-1, 3, -1, -1))  # (B, 1+P, D)
        logits = self.head(torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], dim=-1)).float()
        loss = F.cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING if self.training else 0.0)
        return Scores(loss, (logits.argmax(-1) == labels).sum().float(), loss.new_tensor(len(examples)))


def augment(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """(B, 1, S, S) in [0, 1]: flip, small similarity transform, contrast, blur, noise, erased patches or mouths."""
    num, _, size, _ = pictures.shape

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(num, *shape, generator=generator) * (high - low) + low

    angle, scale = uniform(-0.25, 0.25), uniform(0.8, 1.2)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    shift = uniform(-0.12, 0.12, 2)
    theta = torch.stack([cos * flip, -sin, shift[:, 0], sin * flip, cos, shift[:, 1]], dim=1).view(num, 2, 3)
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    pictures = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    pictures = (pictures - mean) * uniform(0.6, 1.4, 1, 1, 1) + mean + uniform(-0.15, 0.15, 1, 1, 1)
    noise = torch.randn(pictures.shape, generator=generator) * uniform(0, 0.04, 1, 1, 1)
    blurred = F.avg_pool2d(pictures, 5, 1, 2)
    pictures = torch.where(uniform(0, 1, 1, 1, 1) < 0.25, blurred, pictures) + noise
    rows, columns = torch.arange(size).view(1, 1, size, 1), torch.arange(size).view(1, 1, 1, size)
    erase = uniform(0, 1, 1, 1, 1)
    mouth = (erase < 0.15) & (rows > size * 0.62)
    top, left = (uniform(0, size * 0.7, 1, 1, 1), uniform(0, size * 0.7, 1, 1, 1))
    box = (rows >= top) & (rows < top + size * 0.3) & (columns >= left) & (columns < left + size * 0.3)
    return pictures.masked_fill(mouth | (box & (erase > 0.75)), 0.5).clamp(0, 1)


class Faces:
    """Pictures and labels of FER2013 as ``fer2013.prepare`` leaves them: raw and aligned views, (N, S, S) uint8.

    ``augmented`` ones are drawn anew each time; the others are aligned views, where a face was found. ``which`` are
    the pictures that are taken.
    Raises ``InputError`` where the file is none of that kind.
    """

    def __init__(self, file: Path, augmented: bool, which: slice = EVERY) -> None:
        try:
            with np.load(file) as arrays:
                self.raw, self.view = (torch.from_numpy(arrays[name][which]) for name in ("raw", "crop"))
                self.found, self.labels = arrays["ok"][which].tolist(), arrays["y"][which].tolist()
        except (OSError, KeyError, ValueError) as error:
            raise InputError(
                f"{file}: no prepared faces ({error}); python -m microemo.train.fer2013 writes them"
            ) from None
        self.augmented = augmented

    def __len__(self) -> int:
        return len(self.labels)

    def example(self, index: int, rng: Random) -> Picture:
        aligned = self.found[index] and (not self.augmented or rng.random() < ALIGNED_SHARE)
        picture = (self.view if aligned else self.raw)[index][None].float() / 255
        if self.augmented:
            picture = augment(picture[None], torch.Generator().manual_seed(rng.getrandbits(63)))[0]
        return picture, self.labels[index]
