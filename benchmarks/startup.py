"""What starting costs: ``import microemo.pipeline``, and ``microemo analyze`` of a voice of three seconds.

    python benchmarks/startup.py SPEECH_FILE [--runs 5] [--against OTHER/src]

Wall times of processes of their own, weights in the cache, medians. ``--against`` measures other sources in turns with
these: on a machine that others use, only the ratio counts.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from clips import SAMPLE_RATE, write

SECONDS = 3
SOURCES = Path(__file__).parents[1] / "src"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("speech", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--against", type=Path, help="another checkout's src")
    arguments = parser.parse_args()

    from microemo.media.audio import waveform
    from microemo.media.probe import probe

    sound = waveform(probe(arguments.speech))
    if sound is None or len(sound) < SECONDS * SAMPLE_RATE:
        sys.exit(f"at least {SECONDS} s of speech are needed")
    with tempfile.TemporaryDirectory() as scratch:
        voice = write(Path(scratch, "voice.m4a"), [(None, 0)], np.asarray(sound[: SECONDS * SAMPLE_RATE]))
        commands = {
            "python, torch": ["-c", "import torch"],
            "import microemo.pipeline": ["-c", "import microemo.pipeline"],
            "analyze 3 s of voice": ["-m", "microemo", "analyze", str(voice), "--out", str(Path(scratch, "out"))],
        }
        print("| what | s (median) |" + (" s (other) | ratio |" if arguments.against else ""))
        print("|---|---|" + ("---|---|" if arguments.against else ""))
        for name, command in commands.items():
            compare(name, command, arguments.against, arguments.runs)


def compare(name: str, command: list[str], against: Path | None, runs: int) -> None:
    sources = [SOURCES, *([against] if against else [])]
    taken = [[seconds(command, source) for source in sources] for _ in range(runs)]
    medians = [statistics.median(column) for column in zip(*taken, strict=True)]
    ratio = f" {medians[1] / medians[0]:.2f} |" if against else ""
    print(f"| {name} | {' | '.join(f'{median:.2f}' for median in medians)} |{ratio}", flush=True)


def seconds(command: list[str], source: Path) -> float:
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(source)}
    subprocess.run([sys.executable, *command], env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
