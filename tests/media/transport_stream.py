"""MPEG transport streams of any length, and damage to the timestamps inside them."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

PACKET = 188  # bytes
CLOCK = 90_000  # ticks a second
PIDS = {"video": 256, "audio": 257}  # by which FFmpeg's muxer tells the streams apart


def write_stream(path: Path, seconds: float, kinds: tuple[str, ...] = ("video", "audio"), start_sec: float = 0) -> Path:
    """Grey pictures (H.264 with B-frames, 25 a second) and a tone (MPEG audio, in packets of 24 ms)."""
    with av.open(str(path), "w", format="mpegts") as container:
        packets = []
        if "video" in kinds:
            video = container.add_stream("libx264", rate=25, options={"bf": "2", "g": "12"})
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for number in range(round(seconds * 25)):
                grey = np.full((48, 64, 3), 10 + 10 * (number % 24), np.uint8)
                picture = av.VideoFrame.from_ndarray(grey, format="rgb24")
                picture.pts, picture.time_base = number + round(start_sec * 25), Fraction(1, 25)
                packets += video.encode(picture)
            packets += video.encode(None)
        if "audio" in kinds:
            audio = container.add_stream("mp2", rate=48000, layout="mono")
            tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 48000)) / 48000)
            for start in range(0, len(tone) - 1151, 1152):
                samples = (tone[None, start : start + 1152] * 32767).astype(np.int16)
                sound = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                sound.sample_rate, sound.time_base = 48000, Fraction(1, 48000)
                sound.pts = start + round(start_sec * 48000)
                packets += audio.encode(sound)
            packets += audio.encode(None)
        packets.sort(key=lambda packet: packet.dts * packet.time_base)
        container.mux(packets)
    return path


def damage(path: Path, kind: str, which: Callable[[int], bool], by_sec: float, *, dts: bool = True) -> Path:
    """Move the timestamps of those packets of a stream, by their number, that ``which`` names."""
    data, number = bytearray(path.read_bytes()), -1
    for offset in range(0, len(data), PACKET):
        pid = (data[offset + 1] & 31) << 8 | data[offset + 2]
        payload = offset + 4 + (1 + data[offset + 4] if data[offset + 3] & 0x20 else 0)
        if pid != PIDS[kind] or not data[offset + 1] & 0x40:  # neither this stream's nor the start of a packet of it
            continue
        assert data[payload : payload + 3] == b"\0\0\1"
        number += 1
        if which(number):
            both = data[payload + 7] >> 6 == 3
            for place in (payload + 9, payload + 14)[: 2 if both and dts else 1]:
                data[place : place + 5] = moved(data[place : place + 5], round(by_sec * CLOCK))
    path.write_bytes(data)
    return path


def moved(stamp: bytearray, by: int) -> bytes:
    """A timestamp of 33 bits among its marker bits."""
    value = (stamp[0] >> 1 & 7) << 30 | stamp[1] << 22 | stamp[2] >> 1 << 15 | stamp[3] << 7 | stamp[4] >> 1
    value = (value + by) % 2**33
    return bytes([
        stamp[0] & 0xF1 | (value >> 30 & 7) << 1, value >> 22 & 255, (value >> 15 & 127) << 1 | 1,
        value >> 7 & 255, (value & 127) << 1 | 1,
    ])  # fmt: skip
