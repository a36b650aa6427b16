"""A media file's sound at 16 kHz on the clip's clock: each channel of it, and all as one."""

import tempfile
from typing import BinaryIO, NamedTuple

import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from jaxtyping import Float32

from microemo.media.container import Warn, decode, ignore, media_streams, open_media, time_sec
from microemo.media.downmix import mixed
from microemo.media.probe import MediaInfo

SAMPLE_RATE = 16000
GAP_SEC = 0.05  # smaller disagreement between timestamps and sample counts is rounding, not silence


class Sound(NamedTuple):
    """Sample n is heard n / 16000 s after the clip's first presented sample; values lie in [-1, 1].

    ``mono`` is all ``channels`` as one, in which no voice is lost (``downmix``). The arrays map unnamed temporary
    files, so memory does not grow with their length.
    """

    mono: Float32[np.ndarray, " N"]
    channels: tuple[Float32[np.ndarray, " N"], ...]


def read(info: MediaInfo, warn: Warn = ignore) -> Sound | None:
    """Decode and resample a probed file's sound; None where it holds none.

    A late start and gaps are filled with silence. Raises InputError as ``probe`` does.
    """
    with open_media(info.path) as container, tempfile.TemporaryFile() as file:
        stream = media_streams(container, info.audio_track).get("audio")
        if stream is None:
            return None
        timeline = _Timeline(file)
        for frame in decode(container, stream, info.correction("audio"), warn):
            container_sec = time_sec(frame, stream)
            timeline.add(frame, None if container_sec is None else container_sec - info.start_sec)
        return timeline.finish()


def waveform(info: MediaInfo, warn: Warn = ignore) -> Float32[np.ndarray, " N"] | None:
    """``read``, for those who want all channels as one and nothing else."""
    sound = read(info, warn)
    return None if sound is None else sound.mono


class _Timeline:
    """Writes sound to a file at 16 kHz, each piece at its time; a gap or a new sample rate starts a new piece."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.layout: AudioLayout | None = None  # of the first frame; others are mixed to that
        self.num_samples = 0
        self.rate = 0
        self.next_sec = 0.0
        self.resampler: soxr.ResampleStream | None = None

    def add(self, frame: AudioFrame, start_sec: float | None) -> None:
        self.layout = self.layout or frame.layout
        rate, samples = frame.sample_rate, frame_samples(frame, self.layout)
        start_sec = self.next_sec if start_sec is None else start_sec
        if rate != self.rate or abs(start_sec - self.next_sec) > GAP_SEC:
            self._flush()
            written_sec = self.num_samples / SAMPLE_RATE
            samples = samples[max(0, round((written_sec - start_sec) * rate)) :]  # what is heard already
            self.next_sec = max(start_sec, written_sec)
            self.num_samples = round(self.next_sec * SAMPLE_RATE)
            self.rate, self.resampler = rate, soxr.ResampleStream(rate, SAMPLE_RATE, self.layout.nb_channels)
        self.next_sec += len(samples) / rate
        self._write(samples)

    def finish(self) -> Sound | None:
        """What was written; None if that is nothing."""
        self._flush()
        if self.layout is None or self.num_samples == 0:
            return None
        channels = _mapped(self.file, (self.num_samples, self.layout.nb_channels))
        return Sound(_mono(channels), tuple(channels.T))

    def _flush(self) -> None:
        if self.resampler and self.layout:
            self._write(np.zeros((0, self.layout.nb_channels), np.float32), last=True)
            self.resampler = None

    def _write(self, samples: Float32[np.ndarray, "n C"], last: bool = False) -> None:
        assert self.resampler
        resampled = self.resampler.resample_chunk(samples, last)
        self.file.seek(self.num_samples * resampled.shape[1] * resampled.itemsize)  # a skipped stretch reads as zeros
        self.file.write(resampled.clip(-1, 1).tobytes())
        self.num_samples += len(resampled)


def frame_samples(frame: AudioFrame, layout: AudioLayout) -> Float32[np.ndarray, "n C"]:
    """A frame's samples in [-1, 1], in the channels of a layout."""
    if frame.layout.nb_channels != layout.nb_channels:
        (frame,) = AudioResampler(layout=layout).resample(frame)
    samples: np.ndarray = frame.to_ndarray()
    samples = samples.reshape(-1, layout.nb_channels) if frame.format.is_packed else samples.T
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if np.issubdtype(samples.dtype, np.integer):
        return samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    return np.nan_to_num(samples.astype(np.float32), nan=0, posinf=1, neginf=-1)


def _mono(channels: Float32[np.ndarray, "N C"]) -> Float32[np.ndarray, " N"]:
    if channels.shape[1] == 1:
        return channels[:, 0]
    with tempfile.TemporaryFile() as file:
        for second in mixed(channels, SAMPLE_RATE):
            file.write(second.clip(-1, 1).tobytes())
        return _mapped(file, (len(channels),))


def _mapped(file: BinaryIO, shape: tuple[int, ...]) -> Float32[np.ndarray, "..."]:
    # Copy on write: writable, as torch wants its arrays, without touching the file.
    return np.memmap(file, np.float32, mode="c", shape=shape)
