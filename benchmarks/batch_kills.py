"""Kill a batch at random moments, go on, and compare its data set with that of a batch that nobody disturbed.

    python benchmarks/batch_kills.py OUT [--kills 10] [--engine local ray] [--seed 0] [--json FILE]

The study has 20 files: ten videos and eight voices of two seconds, from the fetched demonstration clip and speech
samples, the last video a copy of the first, a video that is cut off, and a text. The command itself runs, with nano,
and is killed (SIGKILL, of its process alone) at a moment drawn from the time that the undisturbed run took. Then it is
started again on the same folder; where it finishes before its moment has come, the data set is compared, and another
folder begun. So until the kills are used up; the last run may finish. Of each engine: how often the data set was
compared and was the same byte for byte, and how many finished clips were lost, or done again, after a kill. Where the
machine is too busy Ray may not start at all; such starts are counted and made again.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from clips import SAMPLE_RATE, still, write

from microemo import files, weights
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.media.video import frames

OPTIONS = ("--no-asr", "--formats", "json", "--workers", "2")
SEC = 2.0


@dataclass
class Found:
    """What the kills of one engine did; ``kills_at_sec`` from the start of each run."""

    engine: str
    undisturbed_sec: float = 0
    kills_at_sec: tuple[float, ...] = ()
    done_at_kills: tuple[int, ...] = ()
    compared: int = 0
    same: int = 0
    lost: int = 0
    repeated: int = 0
    not_started: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--engine", nargs="+", default=["local", "ray"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    study = given.out / "study"
    if not study.exists():
        make(study)
    found = [kill(study, given.out / engine, engine, given.kills, random.Random(given.seed)) for engine in given.engine]
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")


def kill(study: Path, out: Path, engine: str, kills: int, rng: random.Random) -> Found:
    shutil.rmtree(out, ignore_errors=True)
    found, begun = Found(engine), time.monotonic()
    while start(study, out / "undisturbed", engine).wait() == 2:  # 1: some failed, as they should
        found.not_started, begun = found.not_started + 1, time.monotonic()
    found.undisturbed_sec = round(time.monotonic() - begun, 1)
    expected = dataset(out / "undisturbed")
    while True:
        folder = out / f"killed-{found.compared}"
        before = done(folder)
        moment = rng.uniform(0, found.undisturbed_sec) if len(found.kills_at_sec) < kills else None
        process = start(study, folder, engine)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        after = done(folder)
        found.lost += len(before.keys() - after.keys())
        found.repeated += sum(after[key] != before[key] for key in before.keys() & after.keys())
        if process.returncode == 1:
            found.compared += 1
            found.same += dataset(folder) == expected
        elif process.returncode == 2:
            found.not_started += 1
            continue
        else:
            assert moment is not None, process.returncode
            found.kills_at_sec += (round(moment, 1),)
            found.done_at_kills += (len(after),)
        print(found, flush=True)
        if moment is None and process.returncode == 1:
            return found


def start(study: Path, out: Path, engine: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "microemo", "batch", str(study), "--out", str(out), "--engine", engine, *OPTIONS]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def done(out: Path) -> dict[str, int]:
    """Clips that are done, and when that was."""
    return {job.parent.name: job.stat().st_mtime_ns for job in out.glob("clips/[!.]*/job.json")}


def dataset(out: Path) -> dict[str, str]:
    return {file.name: files.sha256(file) for file in (out / "dataset").iterdir()}


def make(study: Path) -> None:
    study.mkdir(parents=True)
    speech = waveform(probe(weights.path("speech_samples") / "two_cities.wav"))
    assert speech is not None
    length = int(SEC * SAMPLE_RATE)
    voices = [np.asarray(speech[number * length : (number + 1) * length]) for number in range(17)]
    for number, face in enumerate(faces(9)):
        write(study / f"video-{number}.mp4", [(face, SEC)], voices[number])
    for number in range(8):
        write(study / f"voice-{number}.m4a", [(None, 0)], voices[9 + number])
    shutil.copy(study / "video-0.mp4", study / "video-9.mp4")
    (study / "broken.mp4").write_bytes((study / "video-1.mp4").read_bytes()[:5000])
    (study / "text.mp4").write_text("No video, whatever its name says.\n")


def faces(number: int) -> Iterator[np.ndarray]:
    """Pictures of the demonstration clip, a second apart."""
    due_sec = 4.0
    for time_sec, image in frames(probe(next(weights.path("demo_clip").glob("*.mp4")))):
        if time_sec >= due_sec and due_sec < 4 + number:
            left = (image.shape[1] - image.shape[0]) // 2
            yield still(image[:, left : left + image.shape[0]])
            due_sec += 1


if __name__ == "__main__":
    main()
