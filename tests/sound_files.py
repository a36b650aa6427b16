"""Writes sound files of every kind that people have: several tracks, gaps, clocks that start anywhere."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 16_000
PIECE = 1024  # samples
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def write_tracks(
    path: Path,
    tracks: Sequence[np.ndarray],
    codec: str = "flac",
    rate: int = RATE,
    starts_sec: Sequence[float] = (0.0,),
) -> Path:
    """Tracks of (channels, samples) or (samples), interleaved; each is heard again at every one of ``starts_sec``."""
    with av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as container:
        sounds = [np.atleast_2d(track) for track in tracks]
        streams = [container.add_stream(codec, rate=rate, layout=LAYOUTS[len(sound)]) for sound in sounds]
        packets = []
        for sound, stream in zip(sounds, streams, strict=True):
            for frame in frames(sound, rate, starts_sec, stream.format.name, stream.codec_context.frame_size or PIECE):
                packets += stream.encode(frame)
            packets += stream.encode(None)
        packets.sort(key=lambda packet: packet.dts * packet.time_base)
        container.mux(packets)
    return path


def frames(sound: np.ndarray, rate: int, starts_sec: Sequence[float], form: str, size: int) -> list[av.AudioFrame]:
    layout, made = LAYOUTS[len(sound)], []
    for start_sec in starts_sec:
        for first in range(0, sound.shape[1], size):
            samples = np.ascontiguousarray(sound[:, first : first + size], np.float32)
            frame = av.AudioFrame.from_ndarray(samples, "fltp", layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = round(start_sec * rate) + first
            made += av.AudioResampler(form, layout, rate).resample(frame)
    return made
