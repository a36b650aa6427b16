"""Stage 1: expression adaptation of the vision backbone, a LoRA on DINOv2 (design, table of presets).

DINOv2 sees faces but hardly their expressions (a linear probe of its class token gets 0.40 on seven classes of
FER2013). A low-rank adapter in its last blocks learns them from label supervision; the backbone stays frozen. Half
of the pictures are aligned face views (what the local branch reads), half whole pictures (what the global branch
reads). Random erasing of the mouth teaches it to use the upper face too: a talking mouth is no expression.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from microemo import weights
from microemo.config import NANO
from microemo.model.vision import VisionEncoder
from microemo.train.loop import Schedule, fit

NUM_LABELS = 7


class ExpressionClassifier(nn.Module):
    """The adapted backbone under a linear head that reads the class token and the mean patch; the head is dropped."""

    def __init__(self, encoder: VisionEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.head = nn.Sequential(nn.LayerNorm(2 * width), nn.Dropout(0.2), nn.Linear(2 * width, NUM_LABELS))

    def forward(self, pixels: Tensor) -> Tensor:
        tokens = self.encoder.encode(pixels.expand(-1, 3, -1, -1))  # (B, 1+P, D)
        return self.head(torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], dim=-1))


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
    """Pictures and labels of FER2013 as ``fer2013.prepare`` leaves them: raw and aligned views, (N, S, S) uint8."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as arrays:
            self.raw, self.view = torch.from_numpy(arrays["raw"]), torch.from_numpy(arrays["crop"])
            self.found, self.labels = torch.from_numpy(arrays["ok"]), torch.from_numpy(arrays["y"])

    def __len__(self) -> int:
        return len(self.labels)

    def pictures(self, index: Tensor, aligned: Tensor) -> Tensor:
        """(B, 1, S, S) in [0, 1]: the aligned view where asked for and found, else the raw picture."""
        use_view = (aligned & self.found[index]).view(-1, 1, 1)
        return torch.where(use_view, self.view[index], self.raw[index]).unsqueeze(1).float() / 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--batch", type=int, default=32)
    arguments = parser.parse_args()

    torch.manual_seed(0)
    model = ExpressionClassifier(VisionEncoder(NANO.vision, weights.path("dinov2_vits14")))
    train, test = Faces(arguments.train), Faces(arguments.test)
    tuned = [parameter for parameter in model.parameters() if parameter.requires_grad]

    def loss_of_step(step: int) -> Tensor:
        model.train()
        generator = torch.Generator().manual_seed(step)
        index = _batch(len(train), step, arguments.batch)
        aligned = torch.rand(len(index), generator=generator) < 0.6
        pixels = augment(train.pictures(index, aligned), generator)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(pixels)
        return F.cross_entropy(logits.float(), train.labels[index], label_smoothing=0.1)

    @torch.inference_mode()
    def evaluate() -> dict[str, float]:
        model.eval()
        index = torch.arange(0, len(test), 3)
        aligned = torch.ones(len(test), dtype=torch.bool)
        hits = [model(test.pictures(part, aligned[part])).argmax(-1) == test.labels[part] for part in index.split(64)]
        lora = {name: value for name, value in model.encoder.state_dict().items() if "lora_" in name}
        save_file(lora, arguments.run / "lora.safetensors")
        return {"public_test_every_third": torch.cat(hits).float().mean().item()}

    steps = int(arguments.epochs * len(train) / arguments.batch)
    schedule = Schedule(num_steps=steps, learning_rate=8e-4, warmup_steps=80)
    fit(tuned, loss_of_step, schedule, arguments.run, evaluate=evaluate, evaluate_every=steps // 4)


def _batch(num: int, step: int, size: int) -> Tensor:
    """Indices of a step's batch: every epoch a new permutation, seeded by its number."""
    per_epoch = num // size
    epoch, place = divmod(step, per_epoch)
    order = torch.randperm(num, generator=torch.Generator().manual_seed(epoch))
    return order[place * size : (place + 1) * size]


if __name__ == "__main__":
    main()
