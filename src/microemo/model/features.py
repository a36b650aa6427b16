"""What the encoders make of a clip, and which of it belongs to an utterance (paper 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from microemo.model.audio import FEATURES_PER_SEC
from microemo.spans import Span


@dataclass(frozen=True)
class Features:
    """What the frozen encoders make of a clip: all that training needs to keep of its pictures and its sound.

    times_sec      T times         of the sampled frames
    frames         (T, 1+P, D)     patch tokens of the whole frames; None without video
    faces          (T, 1+P, D)     patch tokens of the aligned face views
    region_masks   (T, R, P)       soft coverage by clue regions; zeros where no face was found
    audio          (F, L, E)       layers of the audio encoder; None without audio
    audio_times_sec  F times       of the audio features; None: F = 50 a second
    """

    times_sec: tuple[float, ...] = ()
    frames: Float[Tensor, "T N D"] | None = None
    faces: Float[Tensor, "T N D"] | None = None
    region_masks: Float[Tensor, "T R P"] | None = None
    audio: Float[Tensor, "F L E"] | None = None
    audio_times_sec: tuple[float, ...] | None = None

    def to(self, device: torch.device) -> "Features":
        """In single precision, where the model is."""

        def moved(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(device, torch.float32)

        return replace(
            self,
            frames=moved(self.frames),
            faces=moved(self.faces),
            region_masks=moved(self.region_masks),
            audio=moved(self.audio),
        )


def sound_in(clip: Features, span: Span) -> list[int]:
    """Indices of the audio features of an utterance, at least one."""
    if clip.audio_times_sec is not None:
        return frames_in(clip.audio_times_sec, span)
    num_features = 0 if clip.audio is None else len(clip.audio)
    within = features_in(num_features, span)
    return list(range(within.start, within.stop))


def frames_in(times_sec: Sequence[float], span: Span) -> list[int]:
    """Indices of the frames with start <= t < end, the nearest one if there is none (paper 3.3)."""
    start, end = span
    inside = [index for index, time in enumerate(times_sec) if start <= time < end]
    middle = (start + end) / 2
    return inside or [min(range(len(times_sec)), key=lambda index: abs(times_sec[index] - middle))]


def features_in(num_features: int, span: Span) -> slice:
    """The audio features of an utterance, at least one."""
    start = min(int(span[0] * FEATURES_PER_SEC), num_features - 1)
    return slice(start, max(start + 1, min(round(span[1] * FEATURES_PER_SEC), num_features)))
