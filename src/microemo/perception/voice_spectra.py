"""What the spectrum of a voice says, frame by frame: vocal effort, breathiness, and how clear its harmonics are.

Frames are those of the F0 track, ``HOP`` samples apart; frame i has its middle at sample i * HOP.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

SAMPLE_RATE = 16_000
HOP = 256  # SwiftF0's step between frames, in samples
FFT = 2048
HARMONICS_WINDOW = 1024  # 64 ms
CEPSTRUM_WINDOW = 1280  # 80 ms, about half of which the Gaussian window hears
CEPSTRUM_HZ = 5000  # spectrum of which the cepstrum is taken
CEPSTRUM_LINE_SEC = (0.001, 0.05)  # quefrencies through which the trend is laid
CEPSTRUM_PEAK_HZ = (60.0, 330.0)
SMOOTH_QUEFRENCY = 5  # steps of 0.1 ms
SMOOTH_FRAMES = 3
BLOCK = 512  # frames at once
HARMONIC_WIDTH = 0.1  # of F0, on either side of a harmonic

Frames = Int[np.ndarray, " K"]


def alpha_ratio(samples: Float[np.ndarray, " n"], frames: Frames) -> Float[np.ndarray, " K"]:
    """Energy at 1-5 kHz over that at 50-1000 Hz in dB (the alpha ratio), which rises with vocal effort, not with gain.

    Eyben et al., The Geneva Minimalistic Acoustic Parameter Set, 2016.
    """
    window = np.hanning(2 * HOP).astype(np.float32)
    hertz = np.fft.rfftfreq(2 * HOP, 1 / SAMPLE_RATE)
    ratios = [np.zeros(0)]
    for _, windows in _windows(samples, frames, 2 * HOP):
        power = np.abs(np.fft.rfft(windows * window, axis=1)) ** 2
        low, high = (power[:, (hertz >= a) & (hertz < b)].sum(axis=1) for a, b in ((50, 1000), (1000, 5000)))
        ratios.append(10 * np.log10((high + 1e-12) / (low + 1e-12)))
    return np.concatenate(ratios)


def h1_h2(samples: Float[np.ndarray, " n"], frames: Frames, f0_hz: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """Level of the first harmonic over that of the second in dB, high in breathy and low in pressed voices.

    As in eGeMAPS (logRelF0-H1-H2): the highest point near each harmonic, not corrected for formants.
    """
    levels = [np.zeros(0)]
    for rows, windows in _windows(samples, frames, HARMONICS_WINDOW):
        power = np.abs(np.fft.rfft(windows * np.hanning(HARMONICS_WINDOW), FFT)) ** 2
        first, second = (_peak_near(power, harmonic, f0_hz[rows]) for harmonic in (1, 2))
        levels.append(10 * np.log10((first + 1e-20) / (second + 1e-20)))
    return np.concatenate(levels)


def cepstral_peak(samples: Float[np.ndarray, " n"], frames: Frames) -> Float[np.ndarray, " K"]:
    """Smoothed cepstral peak prominence in dB: how far the voice's period stands out of the cepstrum; low in breath.

    Hillenbrand & Houde, Journal of Speech and Hearing Research 39, 1996; the peak over a straight line through the
    cepstrum in dB, as Praat has it.
    """
    emphasised = np.append(samples[:1], samples[1:] - 0.98 * samples[:-1])
    window = np.exp(-12 * np.linspace(-1, 1, CEPSTRUM_WINDOW) ** 2)
    prominence = [np.zeros(0)]
    beside = SMOOTH_FRAMES // 2
    for rows, _ in _windows(emphasised, frames, CEPSTRUM_WINDOW):
        smooth: Float[np.ndarray, "B Q"] = np.zeros(0)
        for shift in range(-beside, beside + 1):
            ((_, windows),) = _windows(emphasised, np.maximum(frames[rows] + shift, 0), CEPSTRUM_WINDOW)
            smooth = _cepstrum(windows * window) + (smooth if smooth.size else 0.0)
        prominence.append(_prominence(smooth / SMOOTH_FRAMES))
    return np.concatenate(prominence)


def _windows(
    samples: Float[np.ndarray, " n"], frames: Frames, length: int
) -> Iterator[tuple[slice, Float[np.ndarray, "B W"]]]:
    """Which of the frames, and the samples around the middle of each; a block at a time."""
    after = max(length, int(frames.max(initial=0)) * HOP + length - len(samples))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (length // 2, after)), length)
    for start in range(0, len(frames), BLOCK):
        rows = slice(start, start + BLOCK)
        yield rows, windows[frames[rows] * HOP]


def _peak_near(
    power: Float[np.ndarray, "B F"], harmonic: int, f0_hz: Float[np.ndarray, " B"]
) -> Float[np.ndarray, " B"]:
    bins = f0_hz[:, None] * FFT / SAMPLE_RATE
    first = np.floor(bins * (harmonic - HARMONIC_WIDTH)).astype(int)
    reach = np.arange(int(2 * HARMONIC_WIDTH * bins.max(initial=0.0)) + 3)
    index = np.minimum(first + reach, np.ceil(bins * (harmonic + HARMONIC_WIDTH)).astype(int))
    return np.take_along_axis(power, index.clip(0, power.shape[1] - 1), 1).max(1)


def _cepstrum(windows: Float[np.ndarray, "B W"]) -> Float[np.ndarray, "B Q"]:
    """Power cepstra with quefrencies 0.1 ms apart, smoothed over quefrency."""
    num_bins = CEPSTRUM_HZ * FFT // SAMPLE_RATE
    spectrum = np.fft.rfft(windows.astype(np.float32), FFT)[:, : num_bins + 1]
    decibels = 10 * np.log10(np.abs(spectrum) ** 2 + 1e-20)
    cepstra = np.fft.irfft(decibels)[:, : num_bins + 1] ** 2
    sums = np.cumsum(np.pad(cepstra, ((0, 0), (SMOOTH_QUEFRENCY // 2 + 1, SMOOTH_QUEFRENCY // 2))), axis=1)
    return (sums[:, SMOOTH_QUEFRENCY:] - sums[:, :-SMOOTH_QUEFRENCY]) / SMOOTH_QUEFRENCY


def _prominence(cepstra: Float[np.ndarray, "B Q"]) -> Float[np.ndarray, " B"]:
    decibels = 10 * np.log10(cepstra + 1e-20)
    quefrency = np.arange(decibels.shape[1]) / (2 * CEPSTRUM_HZ)
    on_line = (quefrency >= CEPSTRUM_LINE_SEC[0]) & (quefrency <= CEPSTRUM_LINE_SEC[1])
    design = np.stack([quefrency[on_line], np.ones(on_line.sum())], axis=1)
    slope, level = np.linalg.pinv(design) @ decibels[:, on_line].T
    searched = (quefrency >= 1 / CEPSTRUM_PEAK_HZ[1]) & (quefrency <= 1 / CEPSTRUM_PEAK_HZ[0])
    peak = decibels[:, searched].argmax(1)
    return decibels[:, searched].max(1) - slope * quefrency[searched][peak] - level
