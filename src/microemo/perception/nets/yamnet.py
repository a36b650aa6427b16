"""YAMNet: which of AudioSet's 521 kinds of sound is heard (Plakal & Ellis 2019; a MobileNet, arXiv:1704.04861).

Batch norms are folded into the convolutions. Padding is TensorFlow's: where a layer halves, on the far side alone.
"""

import math
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

SAMPLE_RATE = 16_000
FRAME, HOP, FFT = 400, 160, 512  # samples: windows of 25 ms, 100 a second
NUM_MELS = 64
MEL_RANGE = (125.0, 7500.0)  # Hz
LOG_OFFSET = 0.001
PATCH_FRAMES = 96  # that are heard at once, 0.96 s
NUM_CLASSES = 521
STEM = 32
LAYERS = (  # channels, and whether the layer halves its picture
    (64, False), (128, True), (128, False), (256, True), (256, False), (512, True), *((512, False),) * 5,
    (1024, True), (1024, False),
)  # fmt: skip


class Layer(nn.Module):
    """A depthwise convolution and a pointwise one."""

    def __init__(self, dim_in: int, dim_out: int, halves: bool) -> None:
        super().__init__()
        self.padding = (0, 1, 0, 1) if halves else (1, 1, 1, 1)
        self.depthwise = nn.Conv2d(dim_in, dim_in, 3, 2 if halves else 1, groups=dim_in)
        self.pointwise = nn.Conv2d(dim_in, dim_out, 1)

    def forward(self, x: Float[Tensor, "B C T M"]) -> Float[Tensor, "B D S N"]:
        x = F.relu(self.depthwise(F.pad(x, self.padding)))
        return F.relu(self.pointwise(x))


class YamNet(nn.Module):
    """Patches of log mel energies in, a logit for each kind of sound out; the sigmoids do not exclude each other."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, STEM, 3, 2)
        dims = [STEM, *(dim for dim, _ in LAYERS)]
        self.layers = nn.Sequential(*(Layer(dim, *layer) for dim, layer in zip(dims, LAYERS, strict=False)))
        self.classifier = nn.Linear(dims[-1], NUM_CLASSES)

    def forward(self, patches: Float[Tensor, "B 96 64"]) -> Float[Tensor, "B 521"]:
        x = F.relu(self.stem(F.pad(patches[:, None], (0, 1, 0, 1))))
        return self.classifier(self.layers(x).mean((2, 3)))


@cache
def load(folder: Path) -> YamNet:
    """The trained network out of its part's folder."""
    from safetensors.torch import load_file

    with torch.device("meta"):
        network = YamNet()
    network.load_state_dict(load_file(folder / "model.safetensors"), assign=True)
    return network.eval()


def log_mels(samples: Float[Tensor, " K"]) -> Float[Tensor, "T 64"]:
    """Log mel energies of 16 kHz mono, 100 frames a second; only whole frames of 400 samples."""
    frames = samples.unfold(0, FRAME, HOP) * torch.hann_window(FRAME)
    return (torch.fft.rfft(frames, n=FFT).abs() @ _filters() + LOG_OFFSET).log()


@cache
def _filters() -> Float[Tensor, "257 64"]:
    """Triangles of height 1 between equal steps of the mel scale."""
    low, high = (1127 * math.log(1 + hertz / 700) for hertz in MEL_RANGE)
    corners = torch.linspace(low, high, NUM_MELS + 2)
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    hertz = torch.arange(FFT // 2 + 1)[:, None] * (SAMPLE_RATE / FFT)
    bins = 1127 * (1 + hertz / 700).log()
    return torch.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clamp_min(0)
