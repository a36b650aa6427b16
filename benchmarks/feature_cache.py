"""An epoch's clips out of the feature cache against perceiving and encoding them again, with nano's encoders.

    python benchmarks/feature_cache.py MANIFEST [--clips 60] [--rounds 3] [--workers 2]

MANIFEST is what ``microemo data import`` writes. Rounds are interleaved; each fills an empty cache by one process and
another one by several workers, whose start is counted, then reads the first twice: as a new process does (every file is
hashed), and as every later epoch does. Each process has one thread. ``encoders`` is the part of the first that the
neural encoders take, perception left out. What the model itself costs is in none of them.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from microemo import weights
from microemo.chunks import encode, judged, scene_of
from microemo.config import NANO
from microemo.data import manifest
from microemo.data.manifest import Sample
from microemo.data.measure import cues_of
from microemo.model.microemo import MicroEmo
from microemo.pipeline import perceive
from microemo.train.cache import FeatureCache
from microemo.train.encoded import ClipEncoder
from microemo.train.facts import facts_of


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


@torch.no_grad()
def encoders_alone(model: MicroEmo, samples: list[Sample]) -> float:
    """Seconds of the encoders on clips that are perceived already."""
    model.eval()
    clips = [perceive(sample.path, NANO, cues_of(sample), asr=False) for sample in samples]
    scenes = [
        scene_of(NANO, clip, person, chunk) for clip in clips if (person := clip.main) for chunk in judged(clip, person)
    ]
    return seconds(lambda: [encode(model, scene) for scene in scenes])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    everything = manifest.read(arguments.manifest).samples
    samples = random.Random(0).sample(everything, min(arguments.clips, len(everything)))
    model = MicroEmo(NANO, weights.path)
    encoders_alone(model, samples[:2])  # what is loaded once

    times: dict[str, list[float]] = {"encode": [], "workers": [], "encoders": [], "first": [], "later": []}
    num_bytes = 0
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            cache = FeatureCache(Path(folder), 10**11)
            encoder = ClipEncoder(model, cache, asr=False)
            times["encode"].append(seconds(lambda encoder=encoder: facts_of(samples, encoder)))
            other = ClipEncoder(model, FeatureCache(Path(folder) / "other", 10**11), asr=False)
            times["workers"].append(seconds(lambda other=other: facts_of(samples, other, workers=arguments.workers)))
            times["encoders"].append(encoders_alone(model, samples))
            again = ClipEncoder(model, cache, asr=False)
            times["first"].append(seconds(lambda again=again: [again(sample) for sample in samples]))
            times["later"].append(seconds(lambda again=again: [again(sample) for sample in samples]))
            num_bytes = sum(path.stat().st_size for path in Path(folder).glob("??/*"))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{len(samples)} clips, {arguments.rounds} rounds, {arguments.workers} workers; {num_bytes / 1e6:.1f} MB")
    for name, values in times.items():
        print(f"{name:>9} {medians[name]:8.2f} s, from {min(values):.2f} to {max(values):.2f}")
    print(f"{arguments.workers} workers: {medians['encode'] / medians['workers']:.2f} times as fast as one process")
    print(f"cache, later epochs: {medians['encode'] / medians['later']:.1f} times as fast as encoding")
    print(f"cache, first epoch of a run: {medians['encode'] / medians['first']:.1f} times")
    print(f"cache against the encoders alone: {medians['encoders'] / medians['later']:.1f} times")


if __name__ == "__main__":
    main()
