"""Features of clips that never were, in the sizes of the ``tiny`` preset."""

import torch

from microemo.config import TINY
from microemo.model.features import Features

NUM_PATCHES = TINY.vision.grid**2
SIZE = TINY.vision.hidden_size


def region_masks(num_frames: int, seed: int = 0) -> torch.Tensor:
    """(T, R, P) soft masks, most of them zero."""
    coverage = torch.rand(num_frames, TINY.num_regions, NUM_PATCHES, generator=torch.Generator().manual_seed(seed))
    return coverage * (coverage > 0.8)


def toy_features(
    num_frames: int = 4, audio_sec: float = 4.0, seed: int = 0, faceless: tuple[int, ...] = (1,)
) -> Features:
    """A frame a second; no frames: no video, no seconds: no audio."""
    generator = torch.Generator().manual_seed(seed)
    regions = region_masks(num_frames, seed)
    regions[[frame for frame in faceless if frame < num_frames]] = 0
    audio = torch.randn(int(audio_sec * 50), len(TINY.audio.read_layers), SIZE, generator=generator)
    if not num_frames:
        return Features(audio=audio if audio_sec else None)
    return Features(
        times_sec=tuple(map(float, range(num_frames))),
        frames=torch.randn(num_frames, 1 + NUM_PATCHES, SIZE, generator=generator),
        faces=torch.randn(num_frames, 1 + NUM_PATCHES, SIZE, generator=generator),
        region_masks=regions,
        audio=audio if audio_sec else None,
    )
