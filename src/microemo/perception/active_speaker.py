"""Whose face speaks: the motion of each mouth against the loudness of the voice, gathered over all of a voice's turns.

A mouth that speaks opens with the voice, syllable by syllable; one that smiles or chews does not. What counts is the
correlation, never how much the mouth moves. A voice that no mouth goes with is off screen.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float32

from microemo.filter_banks import SAMPLE_RATE
from microemo.perception.diarisation import Diarisation
from microemo.perception.landmarks import BLENDSHAPES
from microemo.schema import FaceTrack
from microemo.spans import Span, outside

# A mouth's opening, however it is shaped; smiling and pressing the lips are not in it.
OPENING = [BLENDSHAPES.index(name) for name in ("jawOpen", "mouthLowerDownLeft", "mouthLowerDownRight")]
RATE = 25.0  # a second, at which mouth and voice are compared
SMOOTH_SEC = 0.08  # less is noise of the landmarks, and hardly a syllable
DRIFT_SEC = 1.0  # what changes more slowly is an expression, not a syllable
LAGS_SEC = (-0.12, -0.08, -0.04, 0.0, 0.04, 0.08)  # by which the voice may follow the mouth
INDEPENDENT_PER_SEC = 5.0  # syllables, roughly: how many observations a second of speech is worth
MIN_SEC = 0.8  # of a face in a span
MAX_STEP_SEC = 0.25  # a longer gap between frames is not bridged
SPEAKS = 3.0  # evidence from which on a face is the speaker's, in standard deviations of chance
AHEAD = 1.0  # and by how much it must be ahead of the next face's


def bind_speakers(
    diarisation: Diarisation, faces: Sequence[FaceTrack], waveform: Float32[np.ndarray, " N"]
) -> tuple[int | None, ...]:
    """The face (its index) of each speaker, by all that the speaker says alone; None where the voice is off screen.

    ``faces`` are one track a person, at the video's own rate; ``waveform`` is 16 kHz mono. Two speakers may get the
    same face: then they are one person, whose voice was taken for two. A voice that goes with several mouths is that of
    the one which goes with no other voice.
    """
    alone: list[list[Span]] = [[] for _ in range(diarisation.num_speakers)]
    overlaps = diarisation.overlaps
    for speaker, span in diarisation.turns:
        alone[speaker] += outside([span], overlaps)
    evidence = [[speech_evidence(spans, face, waveform) for face in faces] for spans in alone]
    clear = [_clearest(of, range(len(faces))) for of in evidence]
    free = [face for face in range(len(faces)) if face not in clear]
    return tuple(_clearest(of, free) if face is None else face for face, of in zip(clear, evidence, strict=True))


def _clearest(evidence: Sequence[float], among: Sequence[int]) -> int | None:
    """The face with enough evidence that is well ahead of the others among which it is."""
    order = sorted(among, key=lambda face: -evidence[face])
    if not order or evidence[order[0]] < SPEAKS:
        return None
    is_clear = len(order) == 1 or evidence[order[0]] - evidence[order[1]] >= AHEAD
    return order[0] if is_clear else None


def speech_evidence(spans: Sequence[Span], face: FaceTrack, waveform: Float32[np.ndarray, " N"]) -> float:
    """How well a mouth goes with the voice of these spans, in standard deviations of chance.

    The correlations of the spans (Fisher's z), each by the independent observations in it, at the lag that suits all
    of them best.
    """
    total, weight = np.zeros(len(LAGS_SEC)), 0.0
    for span in spans:
        mouth, times_sec = mouth_opening(face, span)
        observations = INDEPENDENT_PER_SEC * len(times_sec) / RATE - 3
        if len(times_sec) < MIN_SEC * RATE or observations <= 0 or mouth.std() < 1e-4:
            continue
        for index, lag_sec in enumerate(LAGS_SEC):
            voice = loudness(waveform, times_sec - lag_sec)
            correlation = np.corrcoef(mouth, voice)[0, 1] if voice.std() > 0 else 0.0
            total[index] += np.arctanh(np.clip(correlation, -0.99, 0.99)) * observations
        weight += observations
    return float(total.max() / np.sqrt(weight)) if weight else 0.0


def mouth_opening(face: FaceTrack, span: Span) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """How far the mouth is open, less its slow drift, at even times of the span at which the face is seen."""
    times_sec = np.arange(span.start_sec, span.end_sec, 1 / RATE)
    if len(face.times_sec) < 2 or not len(times_sec):
        return np.zeros(0), np.zeros(0)
    after = np.searchsorted(face.times_sec, times_sec).clip(1, len(face.times_sec) - 1)
    is_seen = (face.times_sec[after] - face.times_sec[after - 1] <= MAX_STEP_SEC) & (
        (times_sec >= face.times_sec[0]) & (times_sec <= face.times_sec[-1])
    )
    around = slice(after[0] - 1, after[-1] + 1)
    opening = np.interp(times_sec, face.times_sec[around], face.blendshapes[around][:, OPENING].sum(axis=1))
    return syllabic(opening)[is_seen], times_sec[is_seen]


def loudness(waveform: Float32[np.ndarray, " N"], times_sec: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """The voice's loudness at these times, less its slow drift."""
    half = round(SAMPLE_RATE / RATE)
    centres = (times_sec * SAMPLE_RATE).round().astype(int)
    first, last = max(0, int(centres.min()) - half), int(centres.max()) + half
    power = np.cumsum(np.square(np.array(waveform[first:last], np.float64)), dtype=np.float64)
    power = np.concatenate([[0.0], power])
    low, high = ((centres + side - first).clip(0, len(power) - 1) for side in (-half, half))
    level = np.sqrt((power[high] - power[low]) / (2 * half))
    return syllabic(np.sqrt(level))


def syllabic(series: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """What changes at the pace of syllables: smoothed, less its running mean."""
    return _running_mean(series, SMOOTH_SEC) - _running_mean(series, DRIFT_SEC)


def _running_mean(series: Float[np.ndarray, " K"], width_sec: float) -> Float[np.ndarray, " K"]:
    width = max(1, round(width_sec * RATE / 2)) * 2 + 1
    sums = np.cumsum(np.pad(series, (1, 0)))
    index = np.arange(len(series))
    low, high = (index - width // 2).clip(0), (index + width // 2 + 1).clip(max=len(series))
    return (sums[high] - sums[low]) / (high - low)
