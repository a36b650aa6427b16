"""How periodic a voice is, and with which period: forward cross-correlation and the cheapest path (Boersma 1993).

P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
sound", IFA Proceedings 17: 97-110; the costs are those that Praat has for voices. Jitter, shimmer and the
harmonics-to-noise ratio depend on which stretches count as voiced, so they are measured in these, the customary ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

RANGE_HZ = (60.0, 600.0)
STEP_SEC = 0.25 / RANGE_HZ[0]
VOICING, SILENCE = 0.45, 0.03  # the least correlation; the least peak, of the loudest
OCTAVE_COST, OCTAVE_JUMP_COST, VOICING_CHANGE_COST = 0.01, 0.35, 0.14
COST_STEP_SEC = 0.01  # for which the costs of a change hold
NUM_CANDIDATES = 6
BLOCK = 512  # frames at once
REACH = 8  # samples on either side, for the correlation between two lags
FINE = np.linspace(-1, 1, 41)  # lags between samples that are tried


@dataclass(frozen=True)
class Periodicity:
    """Frames at even times; ``f0_hz`` and ``hnr_db`` (harmonics-to-noise ratio) are NaN where unvoiced."""

    times_sec: Float[np.ndarray, " N"]
    f0_hz: Float[np.ndarray, " N"]
    hnr_db: Float[np.ndarray, " N"]


@dataclass(frozen=True)
class _Candidates:
    """Of each frame: periods in samples (1 where there is none), correlations, and the strength of being unvoiced."""

    lags: Float[np.ndarray, "N K"]
    likeness: Float[np.ndarray, "N K"]
    unvoiced: Float[np.ndarray, " N"]


def periodicity(samples: Float[np.ndarray, " n"], sample_rate: int) -> Periodicity:
    """Frames 4.2 ms apart, as many as fit, in the middle of the sound; none where it is shorter than a window."""
    window = int(sample_rate / RANGE_HZ[0])
    count = int((len(samples) - 2 * window) / (STEP_SEC * sample_rate)) + 1 if len(samples) > 2 * window else 0
    times_sec = (len(samples) / sample_rate - (count - 1) * STEP_SEC) / 2 + np.arange(count) * STEP_SEC
    peak = float(np.abs(samples - samples.mean()).max(initial=0.0)) if count else 0.0
    if peak <= 0.0:
        return Periodicity(times_sec, np.full(count, np.nan), np.full(count, np.nan))
    blocks = list(_candidates(samples.astype(np.float64) / peak, sample_rate, times_sec))
    found = _Candidates(*(np.concatenate([getattr(block, name) for block in blocks]) for name in vars(blocks[0])))
    path = _cheapest_path(found, sample_rate)
    chosen = np.maximum(path - 1, 0)[:, None]
    lags, likeness = (np.take_along_axis(each, chosen, 1)[:, 0] for each in (found.lags, found.likeness))
    r = np.clip(likeness, 1e-6, 1 - 1e-6)
    return Periodicity(
        times_sec,
        np.where(path > 0, sample_rate / lags, np.nan),
        np.where(path > 0, 10 * np.log10(r / (1 - r)), np.nan),
    )


def _candidates(
    samples: Float[np.ndarray, " n"], sample_rate: int, times_sec: Float[np.ndarray, " N"]
) -> Iterator[_Candidates]:
    """Block by block; the samples' peak is 1."""
    window = int(sample_rate / RANGE_HZ[0])
    span = 2 * window + REACH
    padded = np.pad(samples, span)
    spans = np.lib.stride_tricks.sliding_window_view(padded, span)
    first = np.round(times_sec * sample_rate).astype(int) + span - span // 2
    for start in range(0, len(first), BLOCK):
        frames = spans[first[start : start + BLOCK]]
        around = frames - frames.mean(1, keepdims=True)
        period = slice(span // 2 - window // 2, span // 2 + window // 2)
        peaks = np.abs(around[:, period]).max(1)
        unvoiced = VOICING + np.maximum(0, 2 - peaks / SILENCE * (1 + VOICING))
        yield _Candidates(*_tops(_correlation(around, window), sample_rate), unvoiced)


def _correlation(frames: Float[np.ndarray, "N S"], window: int) -> Float[np.ndarray, "N L"]:
    """Of each frame's first window with the windows that come 0 to S - W samples later, -1 to 1."""
    size = 1 << (frames.shape[1] - 1).bit_length()
    spectrum, own = np.fft.rfft(frames, size), np.fft.rfft(frames[:, :window], size)
    products = np.fft.irfft(own.conj() * spectrum, size)[:, : frames.shape[1] - window + 1]
    sums = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    energy = sums[:, window:] - sums[:, :-window]
    return products / np.sqrt(np.maximum(energy[:, :1] * energy, 1e-12))


def _tops(
    correlation: Float[np.ndarray, "N L"], sample_rate: int
) -> tuple[Float[np.ndarray, "N K"], Float[np.ndarray, "N K"]]:
    """Lags and heights of the highest tops of each frame's correlation, between the samples (sinc interpolation)."""
    inner = correlation[:, 1:-1]
    lags = np.arange(1, correlation.shape[1] - 1)
    in_range = (lags >= sample_rate / RANGE_HZ[1]) & (lags <= sample_rate / RANGE_HZ[0])
    is_top = (inner > correlation[:, :-2]) & (inner >= correlation[:, 2:]) & (inner > VOICING / 2) & in_range
    score = np.where(is_top, inner - OCTAVE_COST * np.log2(lags), -1.0)
    best = np.argpartition(-score, NUM_CANDIDATES, axis=1)[:, :NUM_CANDIDATES]
    exists = np.take_along_axis(score, best, 1) > -1
    near = np.arange(-REACH, REACH + 1)
    index = (lags[best][..., None] + near).clip(0, correlation.shape[1] - 1)
    offset = FINE - near[:, None]
    kernel = np.sinc(offset) * (0.5 + 0.5 * np.cos(np.pi * offset / (REACH + 1)))
    between = np.take_along_axis(correlation[:, None, :], index, 2) @ kernel
    heights = between.max(2)
    heights = np.where(heights > 1, 1 / np.maximum(heights, 1), heights)
    fine = lags[best] + FINE[between.argmax(2)]
    return np.where(exists, fine, 1.0), np.where(exists, heights, -np.inf)


def _cheapest_path(found: _Candidates, sample_rate: int) -> Int[np.ndarray, " N"]:
    """Of each frame 0 for unvoiced or the number of a candidate, so that voices neither jump nor flicker (Viterbi)."""
    strength = found.likeness - OCTAVE_COST * np.log2(RANGE_HZ[1] * found.lags / sample_rate)
    strength = np.concatenate([found.unvoiced[:, None], strength], axis=1)
    octaves = np.log2(found.lags)
    scale = COST_STEP_SEC / STEP_SEC
    cost = np.full((strength.shape[1],) * 2, VOICING_CHANGE_COST * scale)
    cost[0, 0] = 0.0
    total = strength[0]
    came_from = np.zeros(strength.shape, int)
    for frame in range(1, len(strength)):
        cost[1:, 1:] = OCTAVE_JUMP_COST * scale * np.abs(octaves[frame - 1][:, None] - octaves[frame])
        ways = total[:, None] - cost
        came_from[frame] = ways.argmax(0)
        total = ways.max(0) + strength[frame]
    path = np.zeros(len(strength), int)
    path[-1] = total.argmax()
    for frame in range(len(strength) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path
