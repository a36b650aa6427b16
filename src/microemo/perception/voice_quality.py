"""Voice quality of an utterance: rough, breathy, trembling; each a number by its standard definition."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from microemo.perception.glottal_pulses import glottal_pulses, jitter, shimmer
from microemo.perception.periodicity import periodicity
from microemo.perception.voice_spectra import HOP, SAMPLE_RATE, cepstral_peak, h1_h2
from microemo.spans import runs

TREMOR_HZ = np.arange(3.0, 12.25, 0.25)
MIN_TREMOR_SEC = 0.4  # of voice without a break; in less, no rate from 3 Hz on can be told from melody


@dataclass(frozen=True)
class VoiceQuality:
    """None where it cannot be measured.

    jitter       percent, local: cycle to cycle changes of the period
    shimmer      percent, local: cycle to cycle changes of the amplitude
    hnr          dB, mean harmonics-to-noise ratio
    h1_h2        dB, median level of the first harmonic over the second, not corrected for formants
    cpp          dB, mean smoothed cepstral peak prominence
    tremor       percent of F0, depth of its modulation at the strongest rate of 3 to 12 Hz
    tremor_hz    that rate
    """

    jitter: float | None = None
    shimmer: float | None = None
    hnr: float | None = None
    h1_h2: float | None = None
    cpp: float | None = None
    tremor: float | None = None
    tremor_hz: float | None = None


def voice_quality(
    samples: Float[np.ndarray, " n"],
    f0_hz: Float[np.ndarray, " N"],
    voiced: Bool[np.ndarray, " N"],
    spoken: Bool[np.ndarray, " N"],
) -> VoiceQuality:
    """Of 16 kHz mono with its F0 track, frames ``HOP`` samples apart; somebody speaks in those that are ``spoken``.

    Periods have a voicing of their own (``periodicity``): the F0 track's leaves out just the irregular ones.
    """
    frames = np.flatnonzero(voiced)
    found = periodicity(samples, SAMPLE_RATE)
    heard = np.interp(found.times_sec, np.arange(len(spoken)) * HOP / SAMPLE_RATE, spoken) >= 0.5
    periods_hz = np.where(heard, found.f0_hz, np.nan)
    hnr_db = found.hnr_db[np.isfinite(periods_hz)]
    pulses_sec = glottal_pulses(samples, SAMPLE_RATE, found.times_sec, periods_hz)
    depth, rate = tremor(f0_hz, voiced)
    return VoiceQuality(
        jitter=jitter(pulses_sec),
        shimmer=shimmer(samples, SAMPLE_RATE, pulses_sec),
        hnr=float(hnr_db.mean()) if len(hnr_db) else None,
        h1_h2=float(np.median(h1_h2(samples, frames, f0_hz[frames]))) if len(frames) else None,
        cpp=float(cepstral_peak(samples, frames).mean()) if len(frames) else None,
        tremor=depth,
        tremor_hz=rate,
    )


def tremor(f0_hz: Float[np.ndarray, " N"], voiced: Bool[np.ndarray, " N"]) -> tuple[float, float] | tuple[None, None]:
    """Depth (percent of F0) and rate (Hz) of the strongest modulation of F0; None where no voice is long enough.

    After Brückl (Interspeech 2012): the contour relative to its mean, less its trend. In running speech the trend is
    melody, here a parabola in each voiced stretch; the stretches count by their length.
    """
    step_sec = HOP / SAMPLE_RATE
    power, seconds = np.zeros(len(TREMOR_HZ)), 0.0
    for first, end in runs(voiced):
        times_sec = np.arange(end - first) * step_sec
        if times_sec.size * step_sec < MIN_TREMOR_SEC:
            continue
        contour = f0_hz[first:end] / f0_hz[first:end].mean()
        melody = np.polynomial.Polynomial.fit(times_sec, contour, 2)(times_sec)
        window = np.hanning(len(contour) + 2)[1:-1]
        waves = np.exp(-2j * np.pi * TREMOR_HZ[:, None] * times_sec)
        amplitude = 2 * np.abs(waves @ (window * (contour - melody))) / window.sum()
        power += amplitude**2 * len(contour) * step_sec
        seconds += len(contour) * step_sec
    if not seconds:
        return None, None
    return float(100 * np.sqrt(power.max() / seconds)), float(TREMOR_HZ[power.argmax()])
