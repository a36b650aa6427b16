"""Examples without face or voice: what is said of either is then made up, and can be told (``rewards.faithfulness``).

Modality dropout, as Neverova et al. (ModDrop, 2016) have it for features; here the clues that were measured of it go as
well, from the prompt and from the evidence.
"""

from dataclasses import replace
from random import Random

from microemo.model.features import Features
from microemo.schema import Modality
from microemo.train.encoded import Facts


def draw(features: Features, share: float, rng: Random) -> frozenset[Modality]:
    """Face or voice in a ``share`` of cases, where both are there; else nothing. Without a share, nothing is drawn."""
    if not share or rng.random() >= share or features.frames is None or features.audio is None:
        return frozenset()
    return frozenset({rng.choice(("face", "voice"))})


def without(features: Features, facts: Facts, missing: frozenset[Modality]) -> tuple[Features, Facts]:
    """A chunk's features, and the clip's facts, as they are where face or voice is missing."""
    if "face" in missing:
        features = replace(features, times_sec=(), frames=None, faces=None, region_masks=None)
    if "voice" in missing:
        features = replace(features, audio=None, audio_times_sec=None)
    clues = tuple(clue for clue in facts.clues if clue.modality not in missing)
    speech = () if "voice" in missing else facts.speech
    return features, facts.model_copy(update={"clues": clues, "speech": speech})
