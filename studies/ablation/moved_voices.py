"""How close a voice's features that were moved in time (``Conversations``) are to ones that were encoded there.

    python -m studies.ablation.moved_voices RAVDESS_FOLDER

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
from microemo.config import NANO, WhisperConfig
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.model.audio import FEATURES_PER_SEC
from microemo.model.whisper import WhisperEncoder
from recipes.nano.features import actor_of, takes_in
from studies.ablation.conversations import QUIET_LEVEL, noise

ACTORS = (19, 20)
NUM_TAKES = 24
STARTS_SEC = (4, 9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ravdess", type=Path)
    held_out = [take for take in takes_in(parser.parse_args().ravdess) if actor_of(take) in ACTORS]
    takes = [take.path for take in sorted(held_out, key=actor_of)]
    assert isinstance(NANO.audio, WhisperConfig)
    encoder = WhisperEncoder(NANO.audio, weights.path(NANO.audio.weights or "")).eval()
    with torch.inference_mode():
        room = encoder(noise())
        pairs = random.Random(0).sample(takes, 2 * NUM_TAKES)
        found = [
            features(encoder, room, sound(before), sound(take), start_sec)
            for before, take in zip(pairs[::2], pairs[1::2], strict=True)
            for start_sec in STARTS_SEC
        ]
    there = torch.cat([there for there, _, _ in found])
    for name, which in (("as recorded", 1), ("moved", 2)):
        guessed = torch.cat([triple[which] for triple in found])
        cosines = torch.cosine_similarity(there - there.mean(0), guessed - there.mean(0), dim=-1).mean(0)
        print(f"{name}: {', '.join(f'{cosine:.2f}' for cosine in cosines.tolist())} (n={len(found)} takes and places)")


def sound(take: Path) -> Tensor:
    return torch.from_numpy(np.asarray(waveform(probe(take)), np.float32))


def features(
    encoder: WhisperEncoder, room: Tensor, before: Tensor, take: Tensor, start_sec: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The take's features as encoded there, as encoded alone, and these moved."""
    hush = QUIET_LEVEL * torch.randn(start_sec * SAMPLE_RATE, generator=torch.Generator().manual_seed(1))
    lead = torch.cat([before, hush])[: start_sec * SAMPLE_RATE]
    first, alone = start_sec * FEATURES_PER_SEC, encoder(take)
    there = encoder(torch.cat([lead, take]))[first : first + len(alone)]
    return there, alone, alone - room[: len(alone)] + room[first : first + len(alone)]


if __name__ == "__main__":
    main()
