"""High dynamic range (ITU-R BT.2100: PQ and HLG) brought to the BT.709 picture that perception was trained on.

Signal to light (BT.2100), highlights rolled off for a display whose white is a sheet of paper's (BT.2390's curve, by
the brightest channel, so that hues stay), BT.2020's colours to BT.709's, light to signal (BT.1886). All of it goes by
tables: a picture of 1280 x 720 takes some 17 ms.
"""

from functools import cache

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc
from jaxtyping import Float, Float32, Shaped, UInt8, UInt16

WHITE_NITS = 203.0  # a sheet of paper in HDR (BT.2408), the white of SDR
PEAK_NITS = 1000.0  # of HLG's reference display and of most PQ masters; what is brighter is white
HEADROOM = PEAK_NITS / WHITE_NITS
SYSTEM_GAMMA = 1.2  # of HLG at a peak of 1000 nits
STRIP = 32  # rows that are worked on at a time: their numbers stay in the processor's cache, a third of the time
STEPS = 1 << 16  # of the tables: codes of 16 bits
LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)  # of BT.2020's red, green and blue
TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)  # BT.2087


def is_hdr(frame: VideoFrame) -> bool:
    return frame.color_trc in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)


def to_sdr(signal: UInt16[np.ndarray, "h w 3"], transfer: int) -> UInt8[np.ndarray, "h w 3"]:
    """R'G'B' of BT.2020, full range, by ``transfer`` (PQ or HLG), as R'G'B' of BT.709."""
    strips = [_strip_to_sdr(signal[top : top + STRIP], transfer) for top in range(0, len(signal), STRIP)]
    return np.concatenate(strips)


def _strip_to_sdr(signal: UInt16[np.ndarray, "h w 3"], transfer: int) -> UInt8[np.ndarray, "h w 3"]:
    import cv2  # heavy; other pictures do without

    light = _look_up(_light(transfer), signal)
    if transfer == ColorTrc.ARIB_STD_B67:
        _multiply(light, _look_up(_system_gain(), _codes(cv2.transform(light, LUMINANCE[None]))))
    brightest = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2]) / np.float32(HEADROOM)
    _multiply(light, _look_up(_roll_off(), _codes(brightest)))
    return _look_up(_signal(), _codes(cv2.transform(light, TO_BT709)))


def _look_up(table: Shaped[np.ndarray, " steps"], codes: UInt16[np.ndarray, "*shape"]) -> Shaped[np.ndarray, "*shape"]:
    return np.take(table, codes, mode="wrap")  # five times as fast as to check each code


def _multiply(light: Float32[np.ndarray, "h w 3"], gain: Float32[np.ndarray, "h w"]) -> None:
    for channel in range(3):  # seven times as fast as all of them at once
        light[..., channel] *= gain


def _codes(share: Float32[np.ndarray, "*shape"]) -> UInt16[np.ndarray, "*shape"]:
    return (share.clip(0, 1) * np.float32(STEPS - 1) + np.float32(0.5)).astype(np.uint16)


@cache
def _light(transfer: int) -> Float32[np.ndarray, " steps"]:
    """Of PQ the display's light in units of ``WHITE_NITS``; of HLG the scene's, of its peak."""
    signal = np.linspace(0, 1, STEPS)
    if transfer == ColorTrc.SMPTE2084:
        return (_pq_nits(signal) / WHITE_NITS).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12).astype(np.float32)


@cache
def _system_gain() -> Float32[np.ndarray, " steps"]:
    """From HLG's light of the scene to that of the display in units of ``WHITE_NITS``, by the scene's luminance."""
    return (HEADROOM * np.linspace(0, 1, STEPS) ** (SYSTEM_GAMMA - 1)).astype(np.float32)


@cache
def _roll_off() -> Float32[np.ndarray, " steps"]:
    """By what light is multiplied so that ``PEAK_NITS`` becomes white (BT.2390, 5.4.1), over its share of the peak."""
    nits = np.linspace(1 / STEPS, 1, STEPS) * PEAK_NITS
    top = _pq(np.array(PEAK_NITS))
    source, white = _pq(nits) / top, _pq(np.array(WHITE_NITS)) / top
    knee = 1.5 * white - 0.5
    t = ((source - knee) / (1 - knee)).clip(0, 1)
    curve = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * white
    return (_pq_nits(np.where(source < knee, source, curve) * top) / nits).astype(np.float32)


@cache
def _signal() -> UInt8[np.ndarray, " steps"]:
    return np.round(255 * np.linspace(0, 1, STEPS) ** (1 / 2.4)).astype(np.uint8)


M1, M2, C1, C2, C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128  # of PQ


def _pq_nits(signal: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    root = signal ** (1 / M2)
    return 10000 * (np.maximum(root - C1, 0) / (C2 - C3 * root)) ** (1 / M1)


def _pq(nits: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    root = (nits / 10000) ** M1
    return ((C1 + C2 * root) / (1 + C3 * root)) ** M2
