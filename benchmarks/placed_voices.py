"""How near a voice that is put somewhere else in time (``Conversations``) comes to one that was encoded there.

    python benchmarks/placed_voices.py RAVDESS_FOLDER

Takes of actors 19-20 are encoded behind another take and a pause, and alone. Printed for every layer that is read: the
mean cosine between the two, features less their mean over all, before and after the take is moved.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from microemo import weights
from microemo.config import NANO, AudioConfig
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.model.audio import FEATURES_PER_SEC, AudioEncoder
from microemo.train.conversations import QUIET_LEVEL, noise

NUM_TAKES = 24
PLACES_SEC = (4, 9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ravdess", type=Path)
    takes = [take for actor in (19, 20) for take in sorted(parser.parse_args().ravdess.glob(f"03-01-*-{actor}.flac"))]
    assert isinstance(NANO.audio, AudioConfig)
    encoder = AudioEncoder(NANO.audio, weights.path(NANO.audio.weights or "")).eval()
    with torch.inference_mode():
        room = encoder(noise())
        pairs = random.Random(0).sample(takes, 2 * NUM_TAKES)
        found = [
            placed(encoder, room, sound(before), sound(take), place)
            for before, take in zip(pairs[::2], pairs[1::2], strict=True)
            for place in PLACES_SEC
        ]
    there = torch.cat([features for features, _, _ in found])
    for name, which in (("as recorded", 1), ("moved", 2)):
        guessed = torch.cat([features[which] for features in found])
        cosines = torch.cosine_similarity(there - there.mean(0), guessed - there.mean(0), dim=-1).mean(0)
        print(f"{name}: {', '.join(f'{cosine:.2f}' for cosine in cosines.tolist())} (n={len(found)} takes and places)")


def sound(take: Path) -> Tensor:
    return torch.from_numpy(np.asarray(waveform(probe(take)), np.float32))


def placed(
    encoder: AudioEncoder, room: Tensor, before: Tensor, take: Tensor, place_sec: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The take's features as encoded there, as encoded alone, and these moved."""
    hush = QUIET_LEVEL * torch.randn(place_sec * SAMPLE_RATE, generator=torch.Generator().manual_seed(1))
    lead = torch.cat([before, hush])[: place_sec * SAMPLE_RATE]
    first, alone = place_sec * FEATURES_PER_SEC, encoder(take)
    there = encoder(torch.cat([lead, take]))[first : first + len(alone)]
    return there, alone, alone - room[: len(alone)] + room[first : first + len(alone)]


if __name__ == "__main__":
    main()
