"""How long the offline judge and the lexicon's wheel take for a data set of clips, loading of the encoder included.

    python benchmarks/judge_speed.py [--clips 115000] [--words 3000]

Labels are drawn by Zipf's law, up to seven a clip, from words of the lexicon and, a fifth, phrases outside it.
"""

import argparse
import random
import resource
import time
from collections.abc import Callable

from microemo.evaluate.label_places import place_of_phrase
from microemo.evaluate.lexicon_wheel import LexiconWheel
from microemo.evaluate.offline_judge import OfflineJudge
from microemo.lexicon.labels import lexicon

LABELS_A_CLIP = 7
OUTSIDE = 0.2
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=115_000)
    parser.add_argument("--words", type=int, default=3_000)
    arguments = parser.parse_args()

    rng = random.Random(0)
    words = vocabulary(rng, arguments.words)
    weights = [1 / (rank + 1) for rank in range(len(words))]
    drawn = (rng.choices(words, weights, k=LABELS_A_CLIP) for _ in range(arguments.clips))
    labels = {f"clip{number}": tuple(dict.fromkeys(some)) for number, some in enumerate(drawn)}
    num_outside = sum(place_of_phrase(word) is None for word in words)
    print(f"{len(labels)} clips, {len(words)} words, {num_outside} outside the lexicon")
    timed("judge", lambda: OfflineJudge().group(labels))
    timed("wheel", lambda: LexiconWheel().clusters((label for some in labels.values() for label in some), level=2))


def timed(name: str, work: Callable[[], object]) -> None:
    before, wall, busy = peak_mb(), time.perf_counter(), time.process_time()
    work()
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    print(f"{name}: {wall:.1f} s, {busy:.1f} s of processor time, {peak_mb() - before:.0f} MB more")


def vocabulary(rng: random.Random, num: int) -> list[str]:
    """Distinct words in random order."""
    syllables = [consonant + vowel for consonant in CONSONANTS for vowel in VOWELS]
    outside = {"".join(rng.choices(syllables, k=4)) for _ in range(int(num * OUTSIDE))}
    return rng.sample(sorted({*rng.sample(sorted(lexicon()), num - len(outside)), *outside}), num)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
