"""Kaldi's filter banks, which pretrained nets of sound read: ImageBind with hanning windows, CAM++ with Povey's."""

import math
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

SAMPLE_RATE = 16_000
FRAME, HOP, FFT = 400, 160, 512  # samples: windows of 25 ms, 100 a second
PRE_EMPHASIS = 0.97
HANNING, POVEY = 1.0, 0.85  # powers of the hanning window


def filter_banks(waveform: Float[Tensor, " K"], num_mels: int, window: float = HANNING) -> Float[Tensor, "F M"]:
    """Log energies in ``num_mels`` bands, 100 frames a second, as Kaldi's ``fbank`` without dither.

    Only whole frames: at least 400 samples are needed for the first.
    """
    frames = waveform.unfold(0, FRAME, HOP)
    frames = frames - frames.mean(1, keepdim=True)
    frames = frames - PRE_EMPHASIS * torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
    hann = torch.hann_window(FRAME, periodic=False, device=frames.device)
    spectrum = torch.fft.rfft(frames * hann**window, n=FFT).abs().square()
    return (spectrum @ _filters(num_mels).to(spectrum.device)).clamp_min(torch.finfo(torch.float32).eps).log()


@cache
def _filters(num_mels: int) -> Float[Tensor, "257 M"]:
    """Triangles between equal steps of the mel scale, 20 Hz to 8 kHz; in single precision, step by step as Kaldi."""
    low, high = (1127 * math.log(1 + hertz / 700) for hertz in (20, SAMPLE_RATE / 2))
    corners = low + torch.arange(num_mels + 2, dtype=torch.float32, device="cpu") * ((high - low) / (num_mels + 1))
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    hertz = torch.arange(FFT // 2 + 1, dtype=torch.float32, device="cpu")[:, None] * (SAMPLE_RATE / FFT)
    bins = 1127 * (1 + hertz / 700).log()
    return torch.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clamp_min(0)
