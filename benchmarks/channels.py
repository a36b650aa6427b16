"""Recordings of two channels: how much of the voice is left in the one that is heard, and who speaks by the channels.

    python benchmarks/channels.py RAVDESS_FOLDER URDU_FOLDER [--rounds 40]

Made conversations (``diarisation.conversation``) of the half of the speakers that nothing was chosen on. First, both
speakers together in two channels wired in every way: seconds of voice that the voice activity detection finds, of those
that it finds in the one microphone alone, after a plain mean of the channels and after ``downmix``. Then a microphone
for each of two speakers, with cross-talk, and ordinary stereo of two places: utterances with the right speaker, and how
many recordings are taken for the one kind and the other. Intervals are 95 %, by a bootstrap over recordings.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from diarisation import Conversation, conversation, errors, half, ravdess, urdu

from microemo.media.audio import SAMPLE_RATE
from microemo.media.downmix import mixed
from microemo.perception.asr import find_voice
from microemo.perception.channels import find_turns

Array = np.ndarray
Wiring = Callable[[Array, np.random.Generator], tuple[Array, Array]]
CROSS_TALK_DB = (-30.0, -20.0, -15.0, -12.0)
PANNED = (0.0, 0.3, 0.6)  # how loud each voice is on the other side, to its own
NUM_RESAMPLES = 2000


def noise(sound: Array, rng: np.random.Generator, db: float) -> Array:
    """White noise, so loud to the sound."""
    level = np.sqrt(np.mean(sound**2)) * 10 ** (db / 20)
    return (level * rng.standard_normal(len(sound))).astype(np.float32)


def hum(sound: Array) -> Array:
    """Of the mains, as loud as the sound."""
    times_sec = np.arange(len(sound)) / SAMPLE_RATE
    level = np.sqrt(2 * np.mean(sound**2))
    return (level * sum(np.sin(2 * np.pi * h * 50 * times_sec) / h for h in (1, 2, 3))).astype(np.float32)


WIRINGS: dict[str, Wiring] = {
    "the same in both": lambda sound, rng: (sound, sound),
    "antiphase": lambda sound, rng: (sound, -sound),
    "antiphase, 3 dB apart": lambda sound, rng: (sound, -0.7 * sound),
    "antiphase, each in noise of -20 dB": lambda sound, rng: (
        sound + noise(sound, rng, -20), -sound + noise(sound, rng, -20),
    ),
    "antiphase, each in noise of -6 dB": lambda sound, rng: (
        sound + noise(sound, rng, -6), -sound + noise(sound, rng, -6),
    ),
    "hum in antiphase": lambda sound, rng: (sound + hum(sound), sound - hum(sound)),
    "the right silent": lambda sound, rng: (sound, 0 * sound),
    "the right noise of -20 dB": lambda sound, rng: (sound, noise(sound, rng, -20)),
    "the right noise of 0 dB": lambda sound, rng: (sound, noise(sound, rng, 0)),
    "two places, 0.5 ms apart": lambda sound, rng: (sound, np.roll(sound, 8)),
    "antiphase in the second half": lambda sound, rng: (
        sound, np.where(np.arange(len(sound)) < len(sound) // 2, sound, -sound),
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("urdu", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    pools = [half(takes, "report") for takes in (ravdess(arguments.ravdess), urdu(arguments.urdu))]
    rng = np.random.default_rng(4)
    made = [conversation(pools[number % 2], 2, "two", rng) for number in range(arguments.rounds)]
    for name, wiring in WIRINGS.items():
        kept = np.array([voice_kept(one, wiring, rng) for one in made])
        print(f"{name}: mean {share(kept[:, 0], kept[:, 2])}, downmix {share(kept[:, 1], kept[:, 2])}", flush=True)
    for db in CROSS_TALK_DB:
        print(f"a microphone each, cross-talk {db:.0f} dB: {by_channel(made, 10 ** (db / 20), rng)}", flush=True)
    for side in PANNED[1:]:
        print(f"ordinary stereo, {side} on the other side: {by_channel(made, side, rng)}", flush=True)
    print(f"the same in both: {by_channel(made, 1.0, rng)}")


def voice_kept(made: Conversation, wiring: Wiring, rng: np.random.Generator) -> tuple[float, float, float]:
    """Seconds of voice found in the mean of two channels, in their downmix, and in the sound itself; in common."""
    channels = np.stack(wiring(made.waveform, rng), axis=1).astype(np.float32)
    seconds = len(channels) / SAMPLE_RATE
    times_sec = np.arange(0, seconds, 0.01)
    whole = is_voice(made.waveform, times_sec)
    mean = is_voice(channels.mean(axis=1), times_sec)
    downmix = is_voice(np.concatenate(list(mixed(channels, SAMPLE_RATE))), times_sec)
    return float((mean & whole).sum()), float((downmix & whole).sum()), float(whole.sum())


def is_voice(sound: Array, times_sec: Array) -> Array:
    found = np.zeros(len(times_sec), bool)
    for start_sec, end_sec in find_voice(sound, len(sound) / SAMPLE_RATE):
        found |= (times_sec >= start_sec) & (times_sec < end_sec)
    return found


def by_channel(made: list[Conversation], side: float, rng: np.random.Generator) -> str:
    """Each speaker in a channel, and so loud in the other."""
    rows, cost_sec, sound_sec = [], 0.0, 0.0
    for one in made:
        left, right = one.tracks
        channels = [(own + side * other).astype(np.float32) for own, other in ((left, right), (right, left))]
        channels = [channel + rng.normal(0, 3e-4, len(channel)).astype(np.float32) for channel in channels]
        started = time.process_time()
        found = find_turns(channels, len(left) / SAMPLE_RATE)
        cost_sec, sound_sec = cost_sec + time.process_time() - started, sound_sec + len(left) / SAMPLE_RATE
        rows.append((*errors(one, found)[:2], 1.0) if found else (0.0, 0.0, 0.0))
    right, said, taken = np.array(rows).T
    told = f", of their utterances right {share(right, said)}" if taken.any() else ""
    return f"{taken.sum():.0f} of {len(made)} told apart by channel{told}; {cost_sec / sound_sec * 60:.3f} s a minute"


def share(part: Array, whole: Array) -> str:
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(whole), size=(NUM_RESAMPLES, len(whole)))
    low, high = np.quantile(part[drawn].sum(1) / np.maximum(whole[drawn].sum(1), 1e-9), (0.025, 0.975))
    return f"{part.sum() / max(whole.sum(), 1e-9):.1%} [{low:.1%}, {high:.1%}] of {whole.sum():.0f}"


if __name__ == "__main__":
    main()
