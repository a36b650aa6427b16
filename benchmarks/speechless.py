"""Sounds in which nobody speaks, to see whether speech recognition invents words.

    python benchmarks/speechless.py OUT [--voices DIR] [--seed N]

Writes a minute of each kind, and OUT/clips.tsv for ``benchmarks/recognition.py``. ``--voices`` is a folder of spoken
recordings, of which 24 at once make babble.
"""

import argparse
import csv
import wave
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe

SECONDS = 60
NUM_SAMPLES = SECONDS * SAMPLE_RATE
TIMES_SEC = np.arange(NUM_SAMPLES) / SAMPLE_RATE
LOUDNESS = 0.1  # root mean square
NUM_VOICES = 24

Sound = Float[np.ndarray, " N"]
Maker = Callable[[np.random.Generator], Sound]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--voices", type=Path)
    parser.add_argument("--seed", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / "clips.tsv").open("w") as table:
        for number, (name, maker) in enumerate(_makers(args.voices)):
            sound = maker(np.random.default_rng([args.seed, number]))
            file = _write(args.out / f"{name}.wav", sound)
            csv.writer(table, delimiter="\t", lineterminator="\n").writerow(["made sound", "-", file, ""])


def _makers(voices: Path | None) -> Iterator[tuple[str, Maker]]:
    yield "silence", lambda rng: np.zeros(NUM_SAMPLES)
    yield "hiss", lambda rng: 1e-3 * rng.standard_normal(NUM_SAMPLES)
    for name, slope in (("white", 0), ("pink", 1), ("brown", 2)):
        yield name, partial(noise, slope=slope)
    yield from {"tones": tones, "chords": chords, "melody": melody, "drums": drums, "engine": engine}.items()
    yield from {"crackle": crackle, "sweep": sweep}.items()
    yield "music", lambda rng: level(0.6 * chords(rng) + 0.4 * drums(rng) + 0.5 * melody(rng))
    if voices:
        files = sorted(path for path in voices.rglob("*") if path.suffix in {".flac", ".wav", ".opus"})
        yield "babble", lambda rng: babble(rng, files)


def level(sound: Sound) -> Sound:
    """The sound at the usual loudness."""
    return sound * LOUDNESS / np.sqrt((sound**2).mean())


def noise(rng: np.random.Generator, slope: float) -> Sound:
    """Noise whose power falls by 1 / f ** slope."""
    spectrum = np.fft.rfft(rng.standard_normal(NUM_SAMPLES))
    return level(np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** (slope / 2), NUM_SAMPLES))


def _notes(rng: np.random.Generator, shortest_sec: float, longest_sec: float, rest_sec: float) -> Iterator[slice]:
    start = 0
    while start < NUM_SAMPLES - SAMPLE_RATE:
        length = int(SAMPLE_RATE * rng.uniform(shortest_sec, longest_sec))
        yield slice(start, min(start + length, NUM_SAMPLES))
        start += length + int(SAMPLE_RATE * rng.uniform(0, rest_sec))


def tones(rng: np.random.Generator) -> Sound:
    sound = np.zeros(NUM_SAMPLES)
    for note in _notes(rng, 0.1, 0.8, 0.5):
        sound[note] = np.sin(2 * np.pi * rng.choice([220, 330, 440, 660, 880, 1000]) * TIMES_SEC[note])
    return level(sound)


def chords(rng: np.random.Generator) -> Sound:
    """Major chords of eight harmonics, with vibrato."""
    sound = np.zeros(NUM_SAMPLES)
    for note in _notes(rng, 2.0, 2.0, 0.0):
        times_sec = TIMES_SEC[note] - TIMES_SEC[note][0]
        root = 110 * 2 ** (rng.integers(12) / 12)
        for step in (0, 4, 7, 12):
            pitch = root * 2 ** (step / 12)
            phase = 2 * np.pi * pitch * times_sec + 0.003 * pitch * np.sin(2 * np.pi * 5.5 * times_sec)
            sound[note] += sum(np.sin(h * phase) / h for h in range(1, 9)) * np.exp(-times_sec / 1.5)
    return level(sound)


def melody(rng: np.random.Generator) -> Sound:
    """A solo with vibrato and a formant: the nearest to a singing voice."""
    sound = np.zeros(NUM_SAMPLES)
    for note in _notes(rng, 0.2, 1.2, 0.2):
        times_sec = TIMES_SEC[note] - TIMES_SEC[note][0]
        pitch = 220 * 2 ** (rng.integers(-5, 12) / 12)
        phase = 2 * np.pi * pitch * times_sec + pitch / 60 * np.sin(2 * np.pi * 5.5 * times_sec)
        formant = [np.exp(-(((h * pitch - 800) / 700) ** 2)) for h in range(1, 15)]
        fade = np.minimum(1, np.minimum(times_sec, times_sec[::-1]) / 0.05)
        sound[note] = fade * sum(gain * np.sin(h * phase) for h, gain in enumerate(formant, start=1))
    return level(sound)


def drums(rng: np.random.Generator) -> Sound:
    sound = np.zeros(NUM_SAMPLES)
    beat = int(SAMPLE_RATE * 30 / rng.uniform(90, 140))
    times_sec = TIMES_SEC[: SAMPLE_RATE // 2]
    for number, start in enumerate(range(0, NUM_SAMPLES - len(times_sec), beat)):
        hit = slice(start, start + len(times_sec))
        if number % 4 == 0:
            sound[hit] += np.sin(2 * np.pi * (60 * times_sec + 30 * np.exp(-20 * times_sec))) * np.exp(-12 * times_sec)
        if number % 4 == 2:
            sound[hit] += 0.6 * rng.standard_normal(len(times_sec)) * np.exp(-18 * times_sec)
        sound[hit] += 0.2 * np.diff(rng.standard_normal(len(times_sec) + 1)) * np.exp(-60 * times_sec)
    return level(sound)


def engine(rng: np.random.Generator) -> Sound:
    speed = 40 + 15 * np.sin(2 * np.pi * TIMES_SEC / 17) + 5 * np.sin(2 * np.pi * TIMES_SEC / 3)
    phase = 2 * np.pi * np.cumsum(speed) / SAMPLE_RATE
    hum = sum(np.sin(h * phase + rng.uniform(0, 6)) / h**0.7 for h in range(1, 25))
    return level(hum * (1 + 0.3 * np.sin(phase / 2)) + 5 * noise(rng, 1))


def crackle(rng: np.random.Generator) -> Sound:
    clicks = np.zeros(NUM_SAMPLES)
    clicks[rng.integers(0, NUM_SAMPLES, 400)] = rng.standard_normal(400)
    return level(np.convolve(clicks, np.exp(-np.arange(200) / 30) * rng.standard_normal(200), "same"))


def sweep(rng: np.random.Generator) -> Sound:
    pitch = 200 + 1500 * (1 + np.sin(2 * np.pi * TIMES_SEC / rng.uniform(2, 7)))
    return level(np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE))


def babble(rng: np.random.Generator, files: list[Path]) -> Sound:
    """So many voices at once that none is understood."""
    sound = np.zeros(NUM_SAMPLES)
    for _ in range(NUM_VOICES):
        start = 0
        while start < NUM_SAMPLES:
            voice = waveform(probe(files[rng.integers(len(files))]))
            assert voice is not None
            voice = level(np.asarray(voice))[: NUM_SAMPLES - start]
            sound[start : start + len(voice)] += voice
            start += len(voice)
    return level(sound)


def _write(file: Path, sound: Sound) -> Path:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return file


if __name__ == "__main__":
    main()
