"""ImageBind's view of sound: clips of 2 s as Kaldi filter banks (the audio encoder of paper 4.1)."""

import math
from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from microemo.spans import Span

SAMPLE_RATE = 16_000
CLIP_SEC = 2.0
MIN_CLIPS = 8  # of anything longer than one, as in training
FRAME, HOP, FFT = 400, 160, 512  # samples: windows of 25 ms, 100 a second
PRE_EMPHASIS = 0.97
MEAN, STD = -4.268, 9.138  # of the training data's filter banks; twice its deviation, as upstream counts


def even_spans(duration_sec: float) -> list[Span]:
    """Start and end of clips of 2 s, evenly placed from the first moment to the last: all of the sound is heard."""
    if duration_sec <= CLIP_SEC:
        return [Span(0.0, CLIP_SEC)]
    num_clips = max(MIN_CLIPS, math.ceil(duration_sec / CLIP_SEC))
    step = (duration_sec - CLIP_SEC) / (num_clips - 1)
    return [Span(index * step, index * step + CLIP_SEC) for index in range(num_clips)]


def clip_mels(
    waveform: Float[Tensor, " N"], spans: Sequence[Span], num_mels: int = 128, num_frames: int = 204
) -> Float[Tensor, "S 1 M F"]:
    """The normalised filter banks of clips of a 16 kHz mono waveform, each without its mean; short ones are padded."""
    return torch.stack([centred_mel(cut(waveform, span), num_mels, num_frames) for span in spans])


def cut(waveform: Float[Tensor, " N"], span: Span) -> Float[Tensor, " K"]:
    """The samples of a span, as far as there are any; a view, not a copy."""
    start, end = (int(second * SAMPLE_RATE) for second in span)
    return waveform[start:end]


def centred_mel(clip: Float[Tensor, " K"], num_mels: int, num_frames: int) -> Float[Tensor, "1 M F"]:
    return normalised_mel(clip - clip.mean(), num_mels, num_frames)


def normalised_mel(clip: Float[Tensor, " K"], num_mels: int, num_frames: int) -> Float[Tensor, "1 M F"]:
    """Padding goes in before the normalisation, as in training: silence is not what the encoder saw there."""
    mel = filter_banks(F.pad(clip, (0, max(0, FRAME - len(clip)))), num_mels)[:num_frames]
    padded = F.pad(mel, (0, 0, 0, num_frames - len(mel)))
    return ((padded - MEAN) / STD).T[None]


def filter_banks(waveform: Float[Tensor, " K"], num_mels: int) -> Float[Tensor, "F M"]:
    """Log energies in ``num_mels`` bands, 100 frames a second, as Kaldi's ``fbank`` with hanning windows, no dither.

    Only whole frames: at least 400 samples are needed for the first.
    """
    frames = waveform.unfold(0, FRAME, HOP)
    frames = frames - frames.mean(1, keepdim=True)
    frames = frames - PRE_EMPHASIS * torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
    spectrum = (
        torch.fft.rfft(frames * torch.hann_window(FRAME, periodic=False, device=frames.device), n=FFT).abs().square()
    )
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
