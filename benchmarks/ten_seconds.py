"""A 10-second talking clip through ``microemo bench``, weights in the cache: wall time by stage, and peak memory.

    python benchmarks/ten_seconds.py FACE_PICTURE SPEECH_FILE [--runs 3]

The clip is made here: a still face and the first ten seconds of the speech. Each run is a process of its own.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from clips import SAMPLE_RATE, still, write

SECONDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("speech", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()

    from microemo.media.audio import waveform
    from microemo.media.probe import probe

    sound = waveform(probe(arguments.speech))
    picture = cv2.imread(str(arguments.picture))
    if sound is None or picture is None or len(sound) < SECONDS * SAMPLE_RATE:
        sys.exit(f"a picture, and at least {SECONDS} s of speech, are needed")
    with tempfile.TemporaryDirectory() as scratch:
        frame = still(picture[..., ::-1])
        clip = write(Path(scratch, "clip.mp4"), [(frame, SECONDS)], np.asarray(sound[: SECONDS * SAMPLE_RATE]))
        runs = [_run(clip) for _ in range(arguments.runs)]
    for number, stage in enumerate(runs[0]["stages"]):
        print(f"{stage['name']:14}{statistics.median(run['stages'][number]['seconds'] for run in runs):8.2f} s")
    print(
        f"{'wall in all':14}{statistics.median(run['wall'] for run in runs):8.2f} s, {runs[0]['utterances']} utterances"
    )
    peak_mb = max(stage["peak_mb"] for run in runs for stage in run["stages"])
    print(f"{'peak memory':14}{peak_mb / 1e3:8.2f} GB")


def _run(clip: Path) -> dict[str, Any]:
    start = time.perf_counter()
    command = [sys.executable, "-m", "microemo", "bench", str(clip), "--json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {**json.loads(printed), "wall": time.perf_counter() - start}


if __name__ == "__main__":
    main()
