"""One channel out of several, in which no voice is lost: neither by channels in antiphase nor by idle ones.

A mean of the channels cancels a voice that is in antiphase in two of them (a wire the wrong way round), and makes a
voice in one of two channels half as loud. Judged is the band of the voice, since rumble and hum have phases of their
own.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Float32

DECIMATION = 4  # of 16 kHz: what is judged lies below 2 kHz; the difference of neighbours takes rumble away
FRAMES_PER_SEC = 10
CLEAR = 0.6  # correlation of two channels over a second from which on their phase is clear
QUIET = 0.01  # of the mean power: seconds below show no phase
STEADY = 0.5  # softest tenth of the frames to the mean: of noise about 0.9, of voices and music 0.3 and less
NOT_SOFT = 0.1  # of a noise's power, which the voice in another channel must reach to replace it


def mixed(channels: Float32[np.ndarray, "N C"], rate: int) -> Iterator[Float32[np.ndarray, " n"]]:
    """The channels as one, a second at a time, as loud as the loudest of them is on the whole.

    Channels of steady noise are left out where another has more than that. Memory: 40 C² bytes a second.
    """
    weights = _weights(np.stack([_products(second, rate) for second in _seconds(channels, rate)]))
    for second, weight in zip(_seconds(channels, rate), weights, strict=True):
        yield second @ weight


def _seconds(channels: Float32[np.ndarray, "N C"], rate: int) -> Iterator[Float32[np.ndarray, "n C"]]:
    for start in range(0, len(channels), rate):
        yield np.array(channels[start : start + rate])


def _products(second: Float32[np.ndarray, "n C"], rate: int) -> Float32[np.ndarray, "F C C"]:
    """Products of the channels' samples, summed over each frame of a second."""
    whole = np.pad(second, ((0, rate - len(second)), (0, 0)))
    low = whole.reshape(rate // DECIMATION, DECIMATION, -1).mean(axis=1)
    frames = np.diff(low, axis=0, prepend=low[:1]).reshape(FRAMES_PER_SEC, -1, second.shape[1])
    return frames.transpose(0, 2, 1) @ frames


def _weights(products: Float32[np.ndarray, "S F C C"]) -> Float32[np.ndarray, "S C"]:
    """What each channel is multiplied by in each second: one gain for all, 0 for noise, negative for antiphase."""
    powers = np.einsum("sfcc->sfc", products).reshape(-1, products.shape[-1])
    is_kept = ~_is_idle(powers)
    reference = int((powers.sum(axis=0) * is_kept).argmax())
    by_second = products.sum(axis=1)
    weights = _polarities(by_second, reference) * is_kept
    power = np.einsum("sc,scd,sd->", weights, by_second, weights)
    gain = np.sqrt(powers[:, reference].sum() / power) if power > 0 else 1.0
    return (gain * weights).astype(np.float32)


def _is_idle(powers: Float32[np.ndarray, "F C"]) -> Bool[np.ndarray, " C"]:
    """Channels of steady noise, where another has a sound that rises and falls, and is not much softer."""
    heard = powers[powers.any(axis=1)]
    if not len(heard):
        return np.zeros(powers.shape[1], bool)
    mean, floor = heard.mean(axis=0), np.quantile(heard, 0.1, axis=0)
    is_steady = floor > STEADY * mean
    rise = np.where(is_steady, 0.0, mean - floor).max()
    return is_steady & (rise > NOT_SOFT * mean)


def _polarities(products: Float32[np.ndarray, "S C C"], reference: int) -> Float[np.ndarray, "S C"]:
    """1, or -1 where a channel was last clearly in antiphase to the reference; before that, as it first clearly is."""
    powers = np.einsum("scc->sc", products)
    scale = np.sqrt(powers * powers[:, [reference]])
    correlation = np.divide(products[:, reference], scale, out=np.zeros_like(scale), where=scale > 0)
    is_clear = (np.abs(correlation) > CLEAR) & (scale > QUIET * scale.mean(axis=0))
    seconds = np.arange(len(products))[:, None]
    last = np.maximum.accumulate(np.where(is_clear, seconds, is_clear.argmax(axis=0)), axis=0)
    return np.where(np.take_along_axis(is_clear & (correlation < 0), last, axis=0), -1.0, 1.0)
