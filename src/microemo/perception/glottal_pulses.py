"""Glottal pulses of a voice, and how irregular they are in time (jitter) and in strength (shimmer).

Pulses are found by cross-correlation, as Praat's manual describes "To PointProcess (cc)": from the strongest sample in
the middle of a voiced stretch, each next pulse is where one period of the waveform is most like the period before.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

from microemo.spans import runs

LEAST_LIKENESS = 0.3  # correlation of two periods below which there is no pulse
LEAST_LIKENESS_BEYOND = 0.7  # the same just outside of the voiced stretch
LEAST_PEAK, LEAST_PEAK_BEYOND = 0.01, 0.0233  # of the loudest sample
PERIOD_CHANGE = (0.8, 1.25)  # of the expected period, within which the next pulse is looked for
# What counts as two neighbouring periods (Praat's defaults).
PERIODS_SEC = (0.0001, 0.02)
MOST_PERIOD_RATIO = 1.3
MOST_AMPLITUDE_RATIO = 1.6
PULSE_SHARE = 0.2  # of the periods on both sides of a pulse, over which its strength is measured


def glottal_pulses(
    samples: Float[np.ndarray, " n"],
    sample_rate: int,
    times_sec: Float[np.ndarray, " N"],
    f0_hz: Float[np.ndarray, " N"],
) -> Float[np.ndarray, " P"]:
    """Times of the pulses in seconds, in order, by an F0 track at even times (NaN where unvoiced)."""
    search = _Search(samples, sample_rate)
    pulses: list[float] = []
    step_sec = float(times_sec[1] - times_sec[0]) if len(times_sec) > 1 else 0.0
    for first, end in runs(np.isfinite(f0_hz)):
        stretch = slice(first, end)
        track = times_sec[stretch] * sample_rate, sample_rate / f0_hz[stretch]
        edges = track[0][0] - step_sec * sample_rate / 2, track[0][-1] + step_sec * sample_rate / 2
        start = search.strongest(sum(edges) / 2, float(np.interp(sum(edges) / 2, *track)))
        before = [*search.walk(start, *track, edges[0], -1)][::-1]
        own = [*before, start, *search.walk(start, *track, edges[1], 1)]
        pulses += [each for each in own if not pulses or each > pulses[-1]]
    return np.array(pulses) / sample_rate


class _Search:
    """Looks for pulses in one waveform; positions and periods are in samples."""

    def __init__(self, samples: Float[np.ndarray, " n"], sample_rate: int) -> None:
        self._margin = 3 * sample_rate // 50  # three of the longest periods
        self._samples = np.pad(samples.astype(np.float64), self._margin)
        self._energy = np.concatenate([[0.0], np.cumsum(self._samples**2)])
        self._peak = float(np.abs(samples).max(initial=0.0))

    def strongest(self, middle: float, period: float) -> float:
        """The extreme sample in the period around a position."""
        first = round(middle - period / 2) + self._margin
        return float(first + np.abs(self._samples[first : first + round(period) + 1]).argmax() - self._margin)

    def walk(
        self, start: float, positions: Float[np.ndarray, " N"], periods: Float[np.ndarray, " N"], edge: float, way: int
    ) -> Iterator[float]:
        """Pulses from ``start`` on (way 1) or back (-1), one beyond the edge at most."""
        at = start
        while True:
            period = float(np.interp(at, positions, periods))
            found, likeness, peak = self._next(at, period, way)
            beyond = (found - edge) * way > 0
            least, quiet = (LEAST_LIKENESS_BEYOND, LEAST_PEAK_BEYOND) if beyond else (LEAST_LIKENESS, LEAST_PEAK)
            if likeness > least and peak > quiet * self._peak:
                yield found
            if beyond:
                return
            at = found

    def _next(self, at: float, period: float, way: int) -> tuple[float, float, float]:
        """Where the waveform is most like that around ``at``, how like it is there, and the peak there."""
        length = round(period)
        own = round(at - period / 2) + self._margin
        nearest, farthest = (int(np.floor(share * period)) for share in PERIOD_CHANGE)
        lags = (nearest - 1, farthest + 2) if way > 0 else (-farthest - 2, -nearest + 1)
        first, num_lags = own + lags[0], lags[1] - lags[0] + 1
        if first < 0 or first + num_lags + length > len(self._samples):
            return at + way * period, 0.0, 0.0
        span = self._samples[first : first + num_lags + length - 1]
        energy = self._energy[first + length : first + length + num_lags] - self._energy[first : first + num_lags]
        norm = np.sqrt(np.maximum(energy * (self._energy[own + length] - self._energy[own]), 1e-30))
        likeness = np.correlate(span, self._samples[own : own + length], "valid") / norm
        inner = likeness[1:-1]
        tops = (inner >= likeness[:-2]) & (inner >= likeness[2:])
        if not tops.any():
            return at + way * period, 0.0, 0.0
        best = int(np.where(tops, inner, -2.0).argmax()) + 1
        before, top, after = likeness[best - 1 : best + 2]
        bend = 2 * top - before - after
        shift = float((after - before) / (2 * bend)) if bend > 0 else 0.0
        window = self._samples[first + best : first + best + length]
        peak = float(max(window.max(), -window.min()))
        return at + lags[0] + best + shift, float(top + (after - before) * shift / 4), peak


def jitter(pulses_sec: Float[np.ndarray, " P"]) -> float | None:
    """Local jitter in percent: the mean difference of neighbouring periods, of the mean period; None without any."""
    periods = np.diff(pulses_sec)
    pairs = _neighbours(periods)
    if not pairs.any():
        return None
    within = (periods >= PERIODS_SEC[0]) & (periods <= PERIODS_SEC[1])
    in_pairs = within & (np.pad(pairs, (0, 1)) | np.pad(pairs, (1, 0)))
    return float(100 * np.abs(np.diff(periods))[pairs].mean() / periods[in_pairs].mean())


def shimmer(samples: Float[np.ndarray, " n"], sample_rate: int, pulses_sec: Float[np.ndarray, " P"]) -> float | None:
    """Local shimmer in percent: the mean difference of neighbouring pulses' amplitudes, of the mean amplitude."""
    periods = np.diff(pulses_sec)
    inner = np.flatnonzero(_neighbours(periods)) + 1  # pulses with a period on either side
    if len(inner) < 2:
        return None
    amplitudes = _amplitudes(samples, pulses_sec[inner] * sample_rate, periods[inner - 1] * sample_rate,
                             periods[inner] * sample_rate)  # fmt: skip
    ratio = amplitudes[1:] / amplitudes[:-1]
    gap_sec = np.diff(pulses_sec[inner])
    counted = (np.maximum(ratio, 1 / ratio) <= MOST_AMPLITUDE_RATIO) & (gap_sec <= PERIODS_SEC[1])
    if not counted.any():
        return None
    return float(100 * np.abs(np.diff(amplitudes))[counted].mean() / amplitudes[:-1].mean())


def _neighbours(periods: Float[np.ndarray, " Q"]) -> Bool[np.ndarray, " R"]:
    """Which periods and the next ones are both glottal and of like length; R is Q - 1."""
    within = (periods >= PERIODS_SEC[0]) & (periods <= PERIODS_SEC[1])
    ratio = periods[1:] / periods[:-1]
    return within[1:] & within[:-1] & (np.maximum(ratio, 1 / ratio) <= MOST_PERIOD_RATIO)


def _amplitudes(
    samples: Float[np.ndarray, " n"],
    positions: Float[np.ndarray, " K"],
    before: Float[np.ndarray, " K"],
    after: Float[np.ndarray, " K"],
) -> Float[np.ndarray, " K"]:
    """Root mean square around each pulse, weighted by half a Hann window over a fifth of the period on either side."""
    reach = int(np.ceil(PULSE_SHARE * max(before.max(), after.max()))) + 1
    index = np.round(positions).astype(int)[:, None] + np.arange(-reach, reach + 1)
    offset = index - positions[:, None]
    width = PULSE_SHARE * np.where(offset < 0, before[:, None], after[:, None])
    weight = np.where(np.abs(offset) <= width, 0.5 + 0.5 * np.cos(np.pi * offset / width), 0.0)
    values = np.pad(samples.astype(np.float64), reach)[(index + reach).clip(0, len(samples) + 2 * reach - 1)]
    return np.sqrt(np.maximum((weight * values**2).sum(1) / weight.sum(1), 1e-20))
