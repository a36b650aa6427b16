"""A 10-second talking clip through ``microemo analyze``, weights in the cache: wall time by step, and peak memory.

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

MEASURED = """
import json, resource, sys, time
start = time.perf_counter()
steps, last = {}, ["start", start]
def hook(step, completed, total):
    now = time.perf_counter()
    steps[last[0]] = steps.get(last[0], 0) + now - last[1]
    last[:] = [step, now]
from microemo import pipeline
analyzer = pipeline.load()
hook("perceive", 0, None)
clip = analyzer.perceive(sys.argv[1], hook=hook)
hook("load model", 0, None)
analyzer.model
hook("understand", 0, None)
result = analyzer.understand(clip, hook)
hook("report", 0, None)
result.save(sys.argv[2])
hook("end", 0, None)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"steps": steps, "peak_gb": peak, "utterances": len(result.utterances)}))
"""


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
        runs = [_run(clip, Path(scratch, "out")) for _ in range(arguments.runs)]
    for name in runs[0]["steps"]:
        print(f"{name:14}{statistics.median(run['steps'].get(name, 0) for run in runs):8.2f} s")
    print(
        f"{'wall in all':14}{statistics.median(run['wall'] for run in runs):8.2f} s, {runs[0]['utterances']} utterances"
    )
    print(f"{'peak memory':14}{max(run['peak_gb'] for run in runs):8.2f} GB")


def _run(clip: Path, out: Path) -> dict[str, Any]:
    start = time.perf_counter()
    command = [sys.executable, "-c", MEASURED, str(clip), str(out)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {**json.loads(printed.splitlines()[-1]), "wall": time.perf_counter() - start}


if __name__ == "__main__":
    main()
