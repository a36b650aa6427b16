"""A voice frame by frame through a whole recording: what clues are made of, for those who measure themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float

from microemo.perception.periodicity import STEP_SEC, periodicity
from microemo.perception.voice_clues import FRAME_SEC, pitch_track
from microemo.perception.voice_spectra import HOP, SAMPLE_RATE, alpha_ratio, cepstral_peak, h1_h2
from microemo.spans import Span, inside

BLOCK = 1875  # frames measured at once, 30 s
MARGIN = 32  # frames before and after a block that are measured with it


@dataclass(frozen=True)
class VoiceSeries:
    """One row every 16 ms, in blocks in which somebody speaks. All but time and loudness are NaN without a voice.

    time_sec        seconds, the middle of the frame
    f0_hz           fundamental frequency, hertz
    loudness_db     level, dB of full scale (32 ms)
    alpha_ratio_db  energy at 1-5 kHz over that at 50-1000 Hz, dB (eGeMAPS alphaRatio)
    hnr_db          harmonics-to-noise ratio, dB; of the periodicity analysis, so NaN where that finds no period
    h1_h2_db        level of the first harmonic over the second, dB, not corrected for formants (eGeMAPS logRelF0-H1-H2)
    cpp_db          smoothed cepstral peak prominence, dB
    """

    time_sec: Float[np.ndarray, " N"]
    f0_hz: Float[np.ndarray, " N"]
    loudness_db: Float[np.ndarray, " N"]
    alpha_ratio_db: Float[np.ndarray, " N"]
    hnr_db: Float[np.ndarray, " N"]
    h1_h2_db: Float[np.ndarray, " N"]
    cpp_db: Float[np.ndarray, " N"]


def voice_series(waveform: Float[np.ndarray, " n"], speech: Sequence[Span]) -> VoiceSeries:
    """Of 16 kHz mono in which somebody speaks in the spans of ``speech`` (seconds); 30 s at a time are in memory."""
    blocks = list(_blocks(waveform, speech))
    if not blocks:
        return VoiceSeries(*(np.zeros(0) for _ in fields(VoiceSeries)))
    return VoiceSeries(
        *(np.concatenate([getattr(block, field.name) for block in blocks]) for field in fields(VoiceSeries))
    )


def _blocks(waveform: Float[np.ndarray, " n"], speech: Sequence[Span]) -> Iterator[VoiceSeries]:
    for start in range(0, len(waveform) // HOP, BLOCK):
        first, last = max(0, start - MARGIN), min(start + BLOCK + MARGIN, len(waveform) // HOP)
        samples = np.asarray(waveform[first * HOP : last * HOP], np.float32)
        times_sec = np.arange(first, last) * FRAME_SEC
        spoken = inside(times_sec, speech)
        if not spoken.any():
            continue
        measured = _measured(samples, times_sec, spoken)
        yield _rows(measured, slice(start - first, start - first + BLOCK))


def _measured(
    samples: Float[np.ndarray, " n"], times_sec: Float[np.ndarray, " N"], spoken: Bool[np.ndarray, " N"]
) -> VoiceSeries:
    track = pitch_track(samples)
    voiced = track.voiced & spoken
    frames = np.flatnonzero(voiced)

    def placed(values: Float[np.ndarray, " K"]) -> Float[np.ndarray, " N"]:
        column = np.full(len(times_sec), np.nan)
        column[frames] = values
        return column

    return VoiceSeries(
        time_sec=times_sec,
        f0_hz=placed(track.f0_hz[frames]),
        loudness_db=track.loudness_db,
        alpha_ratio_db=placed(alpha_ratio(samples, frames)),
        hnr_db=placed(_hnr_at(samples, frames * FRAME_SEC)),
        h1_h2_db=placed(h1_h2(samples, frames, track.f0_hz[frames])),
        cpp_db=placed(cepstral_peak(samples, frames)),
    )


def _hnr_at(samples: Float[np.ndarray, " n"], times_sec: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """Of the nearest frame of the periodicity analysis; NaN beyond its ends."""
    found = periodicity(samples, SAMPLE_RATE)
    if not len(found.times_sec):
        return np.full(len(times_sec), np.nan)
    place = np.round((times_sec - found.times_sec[0]) / STEP_SEC).astype(int)
    known = (place >= 0) & (place < len(found.times_sec))
    return np.where(known, found.hnr_db[place.clip(0, len(found.times_sec) - 1)], np.nan)


def _rows(series: VoiceSeries, rows: slice) -> VoiceSeries:
    return VoiceSeries(*(getattr(series, field.name)[rows] for field in fields(VoiceSeries)))
