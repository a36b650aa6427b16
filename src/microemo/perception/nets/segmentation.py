"""pyannote's segmentation-3.0: which of up to three voices, two at once at most, speak in 10 s of sound.

Sinc filters, convolutions, a bidirectional LSTM, and one class for each set of speakers (Plaquet and Bredin 2023,
arXiv:2310.13025). Which voice is the first in a window says nothing of the next window.
"""

import math
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

SAMPLE_RATE = 16_000
WINDOW = 10 * SAMPLE_RATE  # samples
NUM_VOICES = 3
VOICES = ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2))  # the sets that the classes stand for
FRAME_STEP, FRAME_OFFSET = 270, 495  # in samples: between frames, and of the first one's centre

NUM_FILTERS, KERNEL, STRIDE = 80, 251, 10
MIN_HZ = 50.0  # of a filter's lower edge, and of its width
HIDDEN = 128


class SincFilters(nn.Module):
    """Band-pass filters with learnt edges, a cosine and a sine each (Ravanelli and Bengio 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.low_hz = nn.Parameter(torch.zeros(NUM_FILTERS // 2, 1))
        self.band_hz = nn.Parameter(torch.zeros(NUM_FILTERS // 2, 1))

    def forward(self, waveforms: Float[Tensor, "B 1 N"]) -> Float[Tensor, "B 80 F"]:
        return F.conv1d(waveforms, self.kernels(), stride=STRIDE)

    def kernels(self) -> Float[Tensor, "80 1 251"]:
        half = KERNEL // 2
        low = MIN_HZ + self.low_hz.abs()
        high = (low + MIN_HZ + self.band_hz.abs()).clamp(MIN_HZ, SAMPLE_RATE / 2)
        radians = 2 * math.pi * torch.arange(-half, 0, device=low.device) / SAMPLE_RATE
        window = torch.hamming_window(KERNEL, periodic=False, device=low.device)[:half]
        scale = window / (radians / 2) / (2 * (high - low))
        cosines = ((high * radians).sin() - (low * radians).sin()) * scale
        sines = ((low * radians).cos() - (high * radians).cos()) * scale
        centre = torch.ones_like(low)
        even = torch.cat([cosines, centre, cosines.flip(1)], dim=1)
        odd = torch.cat([sines, 0 * centre, -sines.flip(1)], dim=1)
        return torch.cat([even, odd])[:, None]


class Segmentation(nn.Module):
    """Waveforms of 10 s to log-probabilities of the sets in ``VOICES``, a frame every 270 samples."""

    def __init__(self) -> None:
        super().__init__()
        self.input_norm = nn.InstanceNorm1d(1, affine=True)
        self.filters = SincFilters()
        self.convs = nn.ModuleList([nn.Conv1d(NUM_FILTERS, 60, 5), nn.Conv1d(60, 60, 5)])
        self.norms = nn.ModuleList([nn.InstanceNorm1d(width, affine=True) for width in (NUM_FILTERS, 60, 60)])
        self.lstm = nn.LSTM(60, HIDDEN, num_layers=4, bidirectional=True, batch_first=True)
        self.linears = nn.ModuleList([nn.Linear(2 * HIDDEN, HIDDEN), nn.Linear(HIDDEN, HIDDEN)])
        self.classifier = nn.Linear(HIDDEN, len(VOICES))

    def forward(self, waveforms: Float[Tensor, "B N"]) -> Float[Tensor, "B F 7"]:
        x = self.filters(self.input_norm(waveforms[:, None])).abs()
        x = F.leaky_relu(self.norms[0](F.max_pool1d(x, 3)))
        for conv, norm in zip(self.convs, self.norms[1:], strict=True):
            x = F.leaky_relu(norm(F.max_pool1d(conv(x), 3)))
        x, _ = self.lstm(x.transpose(1, 2))
        for linear in self.linears:
            x = F.leaky_relu(linear(x))
        return self.classifier(x).log_softmax(-1)


def load(directory: Path) -> Segmentation:
    """The net with the weights of the part's folder, in evaluation mode on the CPU."""
    from safetensors.torch import load_file

    net = Segmentation()
    net.load_state_dict(load_file(directory / "model.safetensors"))
    return net.eval()


def speakers(log_probabilities: Float[Tensor, "F 7"]) -> Bool[Tensor, "F 3"]:
    """Which voices the likeliest set of each frame has."""
    sets = torch.tensor([[voice in voices for voice in range(NUM_VOICES)] for voices in VOICES])
    return sets[log_probabilities.argmax(-1)]
