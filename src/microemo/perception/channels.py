"""Recordings with one speaker a channel (telephone, interviews with two microphones): the channels say who speaks."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float32

from microemo.filter_banks import SAMPLE_RATE
from microemo.perception.asr import find_voice
from microemo.perception.diarisation import Diarisation, from_spans
from microemo.spans import Span, inside, runs

FRAME = SAMPLE_RATE // 20  # samples of which a level is taken
FLOOR_DB = -60.0
APART_DB = 10.0  # a channel so much louder than the others has the only speaker; one so much softer, only cross-talk
MIN_APART = 0.8  # share of voiced frames in which one channel is that much louder
MIN_SHARE, MIN_SEC = 0.03, 1.0  # for which every channel must be the loudest
LOUD_DB = 25.0  # below the loudest moments; what is softer is a pause


def find_turns(channels: Sequence[Float32[np.ndarray, " N"]], duration_sec: float) -> Diarisation | None:
    """``diarise_channels`` of all channels that are not silent, with the voice that is heard in each (silero VAD).

    Nobody listens where the levels alone say that it is another kind of recording, as those of ordinary stereo do.
    """
    leveled = [(channel, levels_db(channel)) for channel in channels] if len(channels) > 1 else []
    used = [(channel, levels) for channel, levels in leveled if levels.max(initial=FLOOR_DB) > FLOOR_DB]
    if len(used) < 2:
        return None
    levels = np.stack([levels for _, levels in used])
    if not has_speaker_each(levels, np.ones(levels.shape, bool), MIN_APART / 2):  # half: music comes from both sides
        return None
    return diarise_channels(
        [channel for channel, _ in used], [find_voice(channel, duration_sec) for channel, _ in used]
    )


def diarise_channels(
    channels: Sequence[Float32[np.ndarray, " N"]], voiced: Sequence[Sequence[Span]]
) -> Diarisation | None:
    """Turns out of the channels of a recording (16 kHz each) with one speaker each; None where it is another kind.

    ``voiced`` are the spans of each channel in which a voice is heard. What is softer than in another channel by
    ``APART_DB`` is cross-talk; the same voice in all channels, however it is mixed, is no recording of this kind.
    """
    if len(channels) < 2:
        return None
    levels = np.stack([levels_db(channel) for channel in channels])
    times_sec = (np.arange(levels.shape[1]) + 0.5) * FRAME / SAMPLE_RATE
    is_voiced = np.stack([inside(times_sec, spans) for spans in voiced])
    if not has_speaker_each(levels, is_voiced):
        return None
    active = is_voiced & (levels > levels.max(axis=0) - APART_DB)
    return from_spans([(channel, span) for channel, frames in enumerate(active) for span in _spans(frames)])


def has_speaker_each(
    levels: Float[np.ndarray, "C F"], is_voiced: Bool[np.ndarray, "C F"], min_apart: float = MIN_APART
) -> bool:
    """Whether the voice comes now from the one channel, now from the other, hardly ever from several alike.

    The pauses in it do not count.
    """
    heard = levels[:, is_voiced.any(axis=0)]
    if heard.size:
        loudest = heard.max(axis=0)
        heard = heard[:, loudest > np.quantile(loudest, 0.99) - LOUD_DB]
    second, loudest = np.sort(heard, axis=0)[-2:]
    is_apart = loudest - second >= APART_DB
    if not is_apart.size or is_apart.mean() < min_apart:
        return False
    turns = np.bincount(heard.argmax(axis=0)[is_apart], minlength=len(levels))
    return bool(turns.min() >= max(MIN_SEC * SAMPLE_RATE / FRAME, MIN_SHARE * len(is_apart)))


def levels_db(channel: Float32[np.ndarray, " N"]) -> Float[np.ndarray, " F"]:
    """The level of each twentieth of a second in dB of full scale; a minute is in memory at a time."""
    num_frames, step = len(channel) // FRAME, 60 * SAMPLE_RATE
    found = np.empty(num_frames)
    for first in range(0, num_frames, step // FRAME):
        last = min(first + step // FRAME, num_frames)
        samples = np.array(channel[first * FRAME : last * FRAME], np.float32).reshape(last - first, FRAME)
        found[first:last] = np.square(samples).mean(axis=1)
    return np.maximum(10 * np.log10(found + 1e-12), FLOOR_DB)


def _spans(frames: Bool[np.ndarray, " F"]) -> list[Span]:
    return [Span(start * FRAME / SAMPLE_RATE, end * FRAME / SAMPLE_RATE) for start, end in runs(frames)]
