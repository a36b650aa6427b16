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
from recipes.nano.augment import augment
from recipes.nano.fer2013 import EVERY

NUM_LABELS = 7
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


class Faces:
    """Pictures and labels of FER2013 as ``fer2013.prepare`` leaves them: raw and aligned views, (N, S, S) uint8.

    ``augmented`` ones vary each time; the others are aligned views, where a face was found. ``which`` selects pictures.
    Raises ``InputError`` where the file is not of that kind.
    """

    def __init__(self, file: Path, augmented: bool, which: slice = EVERY) -> None:
        try:
            with np.load(file) as arrays:
                self.raw, self.view = (torch.from_numpy(arrays[name][which]) for name in ("raw", "crop"))
                self.has_face, self.labels = arrays["ok"][which].tolist(), arrays["y"][which].tolist()
        except (OSError, KeyError, ValueError) as error:
            raise InputError(
                f"{file}: no prepared faces ({error}); python -m recipes.nano.fer2013 writes them"
            ) from None
        self.augmented = augmented

    def __len__(self) -> int:
        return len(self.labels)

    def example(self, index: int, rng: Random) -> Picture:
        aligned = self.has_face[index] and (not self.augmented or rng.random() < ALIGNED_SHARE)
        picture = (self.view if aligned else self.raw)[index][None].float() / 255
        if self.augmented:
            picture = augment(picture[None], torch.Generator().manual_seed(rng.getrandbits(63)))[0]
        return picture, self.labels[index]
