"""ImageBind's view of sound: clips of 2 s as Kaldi filter banks (the audio encoder of paper 4.1)."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from microemo.filter_banks import FRAME, SAMPLE_RATE, filter_banks
from microemo.spans import Span

CLIP_SEC = 2.0
MIN_CLIPS = 8  # of anything longer than one, as in training
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
