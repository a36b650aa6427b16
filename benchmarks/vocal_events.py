"""Vocal events: how many are found, and how many are told of in plain speech.

    python benchmarks/vocal_events.py DEEPLY_FOLDER SPEECH_FOLDER... [--half report] [--most 300] [--out FILE]

DEEPLY_FOLDER has a folder of short recordings for each kind of nonverbal sound; names begin with the speaker. The
thresholds (``clues/events.toml``) were chosen on every other speaker ("choose"), on 360 RAVDESS takes and on all of the
Urdu talk shows. SPEECH_FOLDERs have acted speech; nobody listened whether somebody laughs or sighs in it. ``--most`` of
each are drawn by chance, so that some of RAVDESS's are among those of the choice.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path

from microemo import weights
from microemo.clues import event_kinds
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.perception.vocal_events import vocal_events

FOLDERS = {"laughter": "laughing", "crying": "crying", "sigh": "sighing", "scream": "screaming"}
SOUNDS = {".flac", ".opus", ".wav"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deeply", type=Path)
    parser.add_argument("speech", type=Path, nargs="+")
    parser.add_argument("--half", choices=("choose", "report"), default="report")
    parser.add_argument("--most", type=int, default=300)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/vocal_events.json"))
    arguments = parser.parse_args()
    part = weights.path("yamnet")
    results = {
        "half": arguments.half,
        "events": recall(arguments.deeply, arguments.half, part),
        "speech": [false_events(folder, arguments.most, arguments.seed, part) for folder in arguments.speech],
    }
    print(json.dumps(results, indent=2))
    arguments.out.write_text(json.dumps(results, indent=2) + "\n")


def recall(deeply: Path, half: str, part: Path) -> dict[str, dict[str, object]]:
    """Of each kind: recordings, those in which it is found, and the other recordings in which it is told of."""
    paths = sorted(path for path in deeply.rglob("*") if path.suffix in SOUNDS)
    speakers = sorted({path.name.split("_")[0] for path in paths})
    chosen = set(speakers[0 if half == "choose" else 1 :: 2])
    told = [(path.parent.name, heard(path, part)[0]) for path in paths if path.name.split("_")[0] in chosen]
    return {
        kind.kind: {
            "recordings": sum(folder == FOLDERS.get(kind.kind) for folder, _ in told),
            "found": sum(folder == FOLDERS.get(kind.kind) and kind.kind in kinds for folder, kinds in told),
            "elsewhere": Counter(f for f, kinds in told if f != FOLDERS.get(kind.kind) and kind.kind in kinds),
            "others": sum(folder != FOLDERS.get(kind.kind) for folder, _ in told),
        }
        for kind in event_kinds()
    }


def false_events(folder: Path, most: int, seed: int, part: Path) -> dict[str, object]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix in SOUNDS)
    some = random.Random(seed).sample(paths, min(most, len(paths)))
    told = [heard(path, part) for path in some]
    counts = Counter(kind for kinds, _ in told for kind in kinds)
    return {
        "corpus": folder.name,
        "clips": len(some),
        "minutes": round(sum(seconds for _, seconds in told) / 60, 1),
        "events": counts,
    }


def heard(path: Path, part: Path) -> tuple[list[str], float]:
    samples = waveform(probe(path))
    return [clue.kind for clue in vocal_events(samples, part)], len(samples) / SAMPLE_RATE


if __name__ == "__main__":
    main()
