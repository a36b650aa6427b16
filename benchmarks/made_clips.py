"""Five small clips of every kind, made from the fetched demonstration clip and speech samples.

    python benchmarks/made_clips.py OUT

Together with the demonstration clip they show what a change to the code does to results: analyze them before and
after, and compare with ``benchmarks/compare_results.py``.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from clips import SAMPLE_RATE, still, write

from microemo import weights
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.media.video import frames

FPS = 25
SRT = "1\n00:00:00,500 --> 00:00:03,000\nI am so happy!\n\n2\n00:00:03,500 --> 00:00:07,500\nNo. Leave me alone.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for path in make(out):
        print(path)


def make(out: Path) -> Iterator[Path]:
    """A face that moves and talks, a voice alone, a silent face, a voice without a face, given subtitles."""
    demo = next(weights.path("demo_clip").glob("*.mp4"))
    samples = weights.path("speech_samples")
    speech, dialogue = (_sound(samples / name) for name in ("two_cities.wav", "endgame_nagg_nell.wav"))
    moving = [(still(_square(image)), 1 / FPS) for image in _pictures(demo, 4.0, 12.0)]
    smiling = still(_square(next(_pictures(demo, 14.0, 15.0))))
    grey = np.full(smiling.shape, 90, np.uint8)
    yield write(out / "moving_and_talking.mp4", moving, speech[: 8 * SAMPLE_RATE])
    yield write(out / "voice_alone.m4a", [(None, 0)], dialogue[: 20 * SAMPLE_RATE])
    yield write(out / "silent_face.mp4", [(smiling, 3.0)])
    yield write(out / "voice_without_face.mp4", [(grey, 10.0)], speech[10 * SAMPLE_RATE : 20 * SAMPLE_RATE])
    yield write(out / "subtitled.mp4", [(smiling, 8.0)], dialogue[: 8 * SAMPLE_RATE])
    (out / "subtitled.srt").write_text(SRT)


def _pictures(path: Path, start_sec: float, end_sec: float) -> Iterator[np.ndarray]:
    """Frames at 25 a second."""
    due_sec = start_sec
    for time_sec, image in frames(probe(path)):
        if time_sec >= end_sec:
            return
        while due_sec <= time_sec:
            yield image
            due_sec += 1 / FPS


def _sound(path: Path) -> np.ndarray:
    sound = waveform(probe(path))
    assert sound is not None
    return np.asarray(sound)


def _square(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    side = min(height, width)
    left = (width - side) // 2
    return image[:side, left : left + side]


if __name__ == "__main__":
    main()
