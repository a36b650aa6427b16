"""Vocal clues: pitch, its liveliness, vocal effort, loudness, rate and pauses of each utterance.

Each is measured against the clip's own median, held within what calm speech has, so that an only utterance can
still stand out. Loudness depends on the recording and is compared within the clip alone.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from microemo.schema import Clue, Utterance
from microemo.spans import Span, inside

if TYPE_CHECKING:
    from swift_f0 import SwiftF0

SAMPLE_RATE = 16_000
HOP = 256  # SwiftF0's step between frames, in samples
WINDOW = 2 * HOP
FRAME_SEC = HOP / SAMPLE_RATE
ONSET_STRENGTH = 0.2  # as for facial actions
PITCH_RANGE_HZ = (60.0, 600.0)
MIN_VOICED_FRAMES = 15  # a quarter of a second; of less, pitch and loudness say nothing
TYPICAL_PAUSE_SEC, LONG_PAUSE_SEC, PAUSE_SPAN_SEC = 0.25, 0.6, 1.25


@dataclass(frozen=True)
class VoiceFeature:
    """A measure of an utterance, and the kinds of clue that its two directions are.

    ``neutral`` is the range of calm speech (None: only the clip itself is the measure), ``span`` the deviation
    that counts as full strength. A direction that tells no emotion from calm speech is no clue (None).
    """

    raised: str
    lowered: str | None
    neutral: tuple[float, float] | None
    span: float


# Origin of the ranges: 10th and 90th percentile over the neutral and calm utterances of RAVDESS actors 1-18; of the
# spans: about the 98th percentile of the deviation over their six other emotions. Pitch has one range for low and
# one for high voices (there: men and women), told apart by the pitch that the voice falls to.
LOW_VOICE, HIGH_VOICE = (-1.2, 4.6), (9.9, 14.6)  # semitones over 100 Hz
HIGH_VOICE_FLOOR = 6.25  # semitones over 100 Hz
FEATURES = {
    "pitch": VoiceFeature("pitch_raised", None, LOW_VOICE, 12.0),  # semitones over 100 Hz
    "liveliness": VoiceFeature("pitch_lively", "pitch_flat", (3.7, 8.9), 8.0),  # semitones, 10th to 90th percentile
    "effort": VoiceFeature("voice_tense", "voice_soft", (-19.0, -10.8), 10.0),  # dB above 1 kHz over below
    "loudness": VoiceFeature("voice_loud", "voice_quiet", None, 20.0),  # dB of full scale
    "rate": VoiceFeature("speech_fast", "speech_slow", (3.4, 5.6), 4.0),  # syllables per second
}


@dataclass(frozen=True)
class Voice:
    """The voiced frames of one utterance."""

    utterance: Utterance
    times_sec: Float[np.ndarray, " N"]
    pitch: Float[np.ndarray, " N"]  # semitones over 100 Hz
    effort: Float[np.ndarray, " N"]  # dB
    loudness: Float[np.ndarray, " N"]  # dB

    @property
    def features(self) -> dict[str, float]:
        low, high = np.quantile(self.pitch, [0.1, 0.9])
        values = {
            "pitch": float(np.median(self.pitch)),
            "liveliness": float(high - low),
            "effort": float(np.median(self.effort)),
            "loudness": float(np.median(self.loudness)),
        }
        if num_syllables := count_syllables(self.utterance.text):
            values["rate"] = num_syllables / float(self.times_sec[-1] - self.times_sec[0] + FRAME_SEC)
        return values

    def apex_sec(self, feature: str, raised: bool) -> float:
        """The moment at which a feature is farthest out, single wrong frames aside; the middle for the rate."""
        series = {"effort": self.effort, "loudness": self.loudness, "rate": self.times_sec}.get(feature, self.pitch)
        quantile = 0.5 if feature == "rate" else 0.95 if raised else 0.05
        return float(self.times_sec[np.abs(series - np.quantile(series, quantile)).argmin()])


def voice_clues(
    waveform: Float[np.ndarray, " N"], utterances: Sequence[Utterance], speech: Sequence[Span]
) -> list[Clue]:
    """What stands out in the voice of each utterance, unnumbered.

    ``waveform`` is 16 kHz mono; ``speech`` are the spans (seconds from, to) in which somebody speaks: what
    sounds outside of them is not the voice. Only one utterance is held in memory at a time.
    """
    voices = [voice for utterance in utterances if (voice := listen(waveform, utterance, speech))]
    if not voices:
        return []
    measured = [voice.features for voice in voices]
    baselines = {name: _baseline(name, measured, voices) for name in FEATURES}
    clues = [
        clue
        for voice, features in zip(voices, measured, strict=True)
        for name, value in features.items()
        for clue in _deviation(voice, name, value, baselines[name])
    ]
    return clues + [clue for voice in voices for clue in _long_pause(voice)]


def listen(waveform: Float[np.ndarray, " N"], utterance: Utterance, speech: Sequence[Span]) -> Voice | None:
    """The voiced frames of one utterance; None where there are too few to measure."""
    first = int(utterance.start_sec * SAMPLE_RATE)
    samples = np.asarray(waveform[first : int(utterance.end_sec * SAMPLE_RATE)], np.float32)
    peak = float(np.abs(samples).max(initial=0.0))
    if len(samples) < WINDOW or peak < 1e-4:
        return None
    result = _detector().detect(
        samples / (2 * peak), SAMPLE_RATE, *PITCH_RANGE_HZ
    )  # pitch whatever the recording level
    times_sec = utterance.start_sec + result.timestamps
    voiced = (result.confidence >= 0.5) & inside(times_sec, speech)
    if voiced.sum() < MIN_VOICED_FRAMES:
        return None
    return Voice(
        utterance=utterance,
        times_sec=times_sec[voiced],
        pitch=12 * np.log2(result.pitch_hz[voiced] / 100),
        effort=_effort(samples, voiced),
        loudness=result.loudness_db[voiced] + 20 * np.log10(2 * peak),
    )


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


def _effort(samples: Float[np.ndarray, " n"], frames: Bool[np.ndarray, " m"]) -> Float[np.ndarray, " k"]:
    """Energy at 1-5 kHz over that at 50-1000 Hz in dB (the alpha ratio), which rises with vocal effort, not with gain.

    Eyben et al., The Geneva Minimalistic Acoustic Parameter Set, 2016.
    """
    padded = np.pad(samples, (HOP, WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: len(frames)][frames]
    power = np.abs(np.fft.rfft(windows * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2
    hertz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    low, high = (power[:, (hertz >= a) & (hertz < b)].sum(axis=1) for a, b in ((50, 1000), (1000, 5000)))
    return 10 * np.log10((high + 1e-12) / (low + 1e-12))


def _baseline(name: str, measured: Sequence[dict[str, float]], voices: Sequence[Voice]) -> float:
    """The clip's median of a feature, within what calm speech has."""
    values = [features[name] for features in measured if name in features]
    if not values:
        return 0.0
    median = float(np.median(values))
    neutral = FEATURES[name].neutral
    if name == "pitch" and np.quantile(np.concatenate([voice.pitch for voice in voices]), 0.1) > HIGH_VOICE_FLOOR:
        neutral = HIGH_VOICE
    return median if neutral is None else float(np.clip(median, *neutral))


def _deviation(voice: Voice, name: str, value: float, baseline: float) -> Iterator[Clue]:
    feature = FEATURES[name]
    strength = abs(value - baseline) / feature.span
    raised = value > baseline
    kind = feature.raised if raised else feature.lowered
    if kind is None or strength < ONSET_STRENGTH:
        return
    if name == "pitch":
        value, baseline = (100 * 2 ** (semitones / 12) for semitones in (value, baseline))
    yield _clue(
        kind=kind,
        start_sec=float(voice.times_sec[0]),
        apex_sec=voice.apex_sec(name, raised),
        end_sec=float(voice.times_sec[-1]) + FRAME_SEC,
        value=value,
        baseline=baseline,
        strength=strength,
    )


def _long_pause(voice: Voice) -> Iterator[Clue]:
    """The longest silence within an utterance, if it is long."""
    gaps_sec = np.diff(voice.times_sec)
    longest = int(gaps_sec.argmax())
    start_sec, end_sec = float(voice.times_sec[longest]) + FRAME_SEC, float(voice.times_sec[longest + 1])
    if end_sec - start_sec >= LONG_PAUSE_SEC:
        yield _clue(
            kind="long_pause",
            start_sec=start_sec,
            apex_sec=(start_sec + end_sec) / 2,
            end_sec=end_sec,
            value=end_sec - start_sec,
            baseline=TYPICAL_PAUSE_SEC,
            strength=(end_sec - start_sec - TYPICAL_PAUSE_SEC) / PAUSE_SPAN_SEC,
        )


def _clue(*, kind: str, strength: float, **numbers: float) -> Clue:
    rounded = {name: round(number, 3) for name, number in {**numbers, "strength": min(strength, 1.0)}.items()}
    return Clue.model_validate({"id": 1, "modality": "voice", "region": "voice", "kind": kind, **rounded})
