"""Vocal clues: F0, its range and contour, vocal effort, loudness, quality, rate and pauses of each utterance.

Each is measured against the clip's own median, held within what calm speech has, so that an only utterance can
still stand out. The kinds are rows of the table of clues (``clues/vocal.toml``); a row names its measure, a function
that is ``registered`` here.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from microemo.clues import ONSET_STRENGTH, VocalKind, vocal_kinds
from microemo.perception.voice_quality import VoiceQuality, voice_quality
from microemo.perception.voice_spectra import HOP, SAMPLE_RATE
from microemo.perception.voice_spectra import alpha_ratio as spectral_alpha_ratio
from microemo.schema import Clue, Utterance
from microemo.spans import Span, inside

if TYPE_CHECKING:
    from swift_f0 import SwiftF0

WINDOW = 2 * HOP
PAUSE_SEC = 0.25  # a longer silence is a pause, no consonant (Goldman-Eisler 1968)
FINAL_SEC = 0.4  # of voice, in which the pitch is said to end
FRAME_SEC = HOP / SAMPLE_RATE
F0_RANGE_HZ = (60.0, 600.0)
MIN_VOICED_FRAMES = 15  # a quarter of a second; of less, F0 and loudness say nothing
HIGH_VOICE_FLOOR = 6.25  # semitones over 100 Hz to which a high voice falls, between men's and women's in RAVDESS


@dataclass(frozen=True)
class Voice:
    """The voiced frames of one utterance."""

    utterance: Utterance
    times_sec: Float[np.ndarray, " N"]
    f0: Float[np.ndarray, " N"]  # semitones over 100 Hz
    alpha_ratio: Float[np.ndarray, " N"]  # dB
    loudness: Float[np.ndarray, " N"]  # dB of full scale
    quality: VoiceQuality = field(default_factory=VoiceQuality)

    @property
    def span(self) -> Span:
        return Span(float(self.times_sec[0]), float(self.times_sec[-1]) + FRAME_SEC)


class Reading(NamedTuple):
    """A measure of an utterance: its value, the span that it was read from, and when it is lowest and highest."""

    value: float
    span: Span
    lowest_sec: float
    highest_sec: float


class PitchTrack(NamedTuple):
    """F0 in hertz, which frames are voiced, and the level in dB of full scale; frames ``FRAME_SEC`` apart."""

    f0_hz: Float[np.ndarray, " N"]
    voiced: Bool[np.ndarray, " N"]
    loudness_db: Float[np.ndarray, " N"]


Measure = Callable[[Voice], Reading | None]
MEASURES: dict[str, Measure] = {}


def registered(measure: Measure) -> Measure:
    """Registers a function under its name, for the table of clues; it returns None where it has nothing to measure."""
    MEASURES[measure.__name__] = measure
    return measure


@registered
def f0_median(voice: Voice) -> Reading:
    """Median, in semitones over 100 Hz."""
    return _reading(voice, float(np.median(voice.f0)), voice.f0)


@registered
def f0_range(voice: Voice) -> Reading:
    """Semitones from the 10th to the 90th percentile."""
    low, high = np.quantile(voice.f0, [0.1, 0.9])
    return _reading(voice, float(high - low), voice.f0)


@registered
def alpha_ratio(voice: Voice) -> Reading:
    """Median ratio of the energy above 1 kHz to that below, in dB; it rises with vocal effort."""
    return _reading(voice, float(np.median(voice.alpha_ratio)), voice.alpha_ratio)


@registered
def loudness(voice: Voice) -> Reading:
    """Median, in dB of full scale."""
    return _reading(voice, float(np.median(voice.loudness)), voice.loudness)


@registered
def articulation_rate(voice: Voice) -> Reading | None:
    """Syllables of the text per second of speech, pauses aside; no moment is faster than another."""
    num_syllables = count_syllables(voice.utterance.text)
    if not num_syllables:
        return None
    steps_sec = np.diff(voice.times_sec, append=voice.times_sec[-1] + FRAME_SEC)
    return _throughout(voice, num_syllables / float(steps_sec[steps_sec < PAUSE_SEC].sum()))


@registered
def longest_pause(voice: Voice) -> Reading:
    """Seconds of the longest silence within the utterance, with a span of its own."""
    longest = int(np.diff(voice.times_sec).argmax())
    span = Span(float(voice.times_sec[longest]) + FRAME_SEC, float(voice.times_sec[longest + 1]))
    middle_sec = (span.start_sec + span.end_sec) / 2
    return Reading(span.end_sec - span.start_sec, span, middle_sec, middle_sec)


@registered
def f0_final(voice: Voice) -> Reading | None:
    """Semitones by which the pitch rises (a straight line) in the last 0.4 s of voice, pauses aside."""
    last = slice(-round(FINAL_SEC / FRAME_SEC), None)
    times_sec, f0 = voice.times_sec[last], voice.f0[last]
    if times_sec[-1] - times_sec[0] > 2 * FINAL_SEC:
        return None
    slope = float(np.polyfit(times_sec, f0, 1)[0])
    span = Span(float(times_sec[0]), voice.span.end_sec)
    return Reading(slope * FINAL_SEC, span, span.end_sec, span.end_sec)


@registered
def shimmer(voice: Voice) -> Reading | None:
    """Percent, local."""
    return _throughout(voice, voice.quality.shimmer)


def voice_clues(
    waveform: Float[np.ndarray, " N"], utterances: Sequence[Utterance], speech: Sequence[Span]
) -> list[Clue]:
    """What stands out in the voices of utterances; arguments as ``voices_in`` has them."""
    return clues_of(voices_in(waveform, utterances, speech))


def voices_in(
    waveform: Float[np.ndarray, " N"], utterances: Sequence[Utterance], speech: Sequence[Span]
) -> list[Voice]:
    """The voice of each utterance that has enough of it.

    ``waveform`` is 16 kHz mono; ``speech`` are the spans (seconds from, to) in which somebody speaks: what
    sounds outside of them is not the voice. Only one utterance's sound is held in memory at a time.
    """
    return [voice for utterance in utterances if (voice := voice_in(waveform, utterance, speech))]


def clues_of(voices: Sequence[Voice]) -> list[Clue]:
    """What stands out in each voice, against the speaker's own, unnumbered and kind by kind."""
    by_speaker: defaultdict[str | None, list[Voice]] = defaultdict(list)
    for voice in voices:
        by_speaker[voice.utterance.speaker].append(voice)
    return [clue for kind in vocal_kinds() for own in by_speaker.values() for clue in _deviations(kind, own)]


def voice_in(waveform: Float[np.ndarray, " N"], utterance: Utterance, speech: Sequence[Span]) -> Voice | None:
    """The voiced frames of one utterance; None where there are too few to measure."""
    first = int(utterance.start_sec * SAMPLE_RATE)
    samples = np.asarray(waveform[first : int(utterance.end_sec * SAMPLE_RATE)], np.float32)
    peak = float(np.abs(samples).max(initial=0.0))
    if len(samples) < WINDOW or peak < 1e-4:
        return None
    track = pitch_track(samples)
    times_sec = utterance.start_sec + np.arange(len(track.f0_hz)) * FRAME_SEC
    spoken = inside(times_sec, speech)
    voiced = track.voiced & spoken
    if voiced.sum() < MIN_VOICED_FRAMES:
        return None
    return Voice(
        utterance=utterance,
        times_sec=times_sec[voiced],
        f0=12 * np.log2(track.f0_hz[voiced] / 100),
        alpha_ratio=spectral_alpha_ratio(samples, np.flatnonzero(voiced)),
        loudness=track.loudness_db[voiced],
        quality=voice_quality(samples, track.f0_hz, voiced, spoken),
    )


def pitch_track(samples: Float[np.ndarray, " n"]) -> PitchTrack:
    """SwiftF0's, whatever the recording level; of silence, none is voiced."""
    level = 2 * float(np.abs(samples).max(initial=0.0)) or 1.0
    result = _detector().detect(samples / level, SAMPLE_RATE, *F0_RANGE_HZ)
    return PitchTrack(result.pitch_hz, result.confidence >= 0.5, result.loudness_db + 20 * np.log10(level))


def count_syllables(text: str) -> int:
    """Syllables by groups of vowels, a final silent e aside; 0 for scripts without vowel letters."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(letter)
    )
    return sum(
        max(1, len(re.findall("[aeiouy]+", re.sub(r"(?<=[^aeiouyl])e$", "", word))))
        for word in re.findall("[a-z']+", plain)
        if re.search("[aeiouy]", word)
    )


@cache
def _detector() -> "SwiftF0":
    from swift_f0 import SwiftF0

    return SwiftF0(threads=1, spin=False)


def _reading(voice: Voice, value: float, series: Float[np.ndarray, " N"]) -> Reading:
    """A value of a series over the voiced frames; farthest out is where it is so, single wrong frames aside."""
    return Reading(value, voice.span, _nearest(voice, series, 0.05), _nearest(voice, series, 0.95))


def _throughout(voice: Voice, value: float | None) -> Reading | None:
    """A value of the whole utterance, which no moment has more than another: it is told of in the middle."""
    if value is None:
        return None
    middle_sec = _nearest(voice, voice.times_sec, 0.5)
    return Reading(value, voice.span, middle_sec, middle_sec)


def _nearest(voice: Voice, series: Float[np.ndarray, " N"], quantile: float) -> float:
    """The time at which a series is nearest to a quantile of it."""
    return float(voice.times_sec[np.abs(series - np.quantile(series, quantile)).argmin()])


def _deviations(kind: VocalKind, voices: Sequence[Voice]) -> Iterator[Clue]:
    """Those of a speaker's utterances in which a measure deviates far enough in the kind's direction."""
    readings = [reading for voice in voices if (reading := MEASURES[kind.measure](voice))]
    if not readings:
        return
    high = bool(np.quantile(np.concatenate([voice.f0 for voice in voices]), 0.1) > HIGH_VOICE_FLOOR)
    baseline = _baseline(kind, [reading.value for reading in readings], high)
    for reading in readings:
        deviation = baseline - reading.value if kind.lowered else reading.value - baseline
        strength = deviation / kind.span
        if strength >= ONSET_STRENGTH if kind.least is None else reading.value >= kind.least:
            yield _clue(kind, reading, baseline, strength)


def _baseline(kind: VocalKind, values: Sequence[float], high: bool) -> float:
    """The speaker's median of a measure, within what calm speech has."""
    median = float(np.median(values))
    neutral = (kind.neutral_high_voice if high else None) or kind.neutral
    return median if neutral is None else float(np.clip(median, *neutral))


def _clue(kind: VocalKind, reading: Reading, baseline: float, strength: float) -> Clue:
    value = reading.value
    if kind.scale == "semitones":
        value, baseline = (100 * 2 ** (semitones / 12) for semitones in (value, baseline))
    return Clue(
        id=1,
        modality="voice",
        region=kind.region,
        kind=kind.kind,
        start_sec=round(reading.span.start_sec, 3),
        apex_sec=round(reading.lowest_sec if kind.lowered else reading.highest_sec, 3),
        end_sec=round(reading.span.end_sec, 3),
        value=round(value, 3),
        baseline=round(baseline, 3),
        strength=round(min(strength, 1.0), 3),
    )
