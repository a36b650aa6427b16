"""A media file's sound as one 16 kHz mono waveform on the clip's clock."""

import tempfile
from typing import BinaryIO

import numpy as np
import soxr
from av.audio.frame import AudioFrame
from jaxtyping import Float32

from microemo.media.container import Warn, decode, ignore, media_streams, open_media, time_sec
from microemo.media.probe import MediaInfo

SAMPLE_RATE = 16000
GAP_SEC = 0.05  # smaller disagreement between timestamps and sample counts is rounding, not silence


def waveform(info: MediaInfo, warn: Warn = ignore) -> Float32[np.ndarray, " N"] | None:
    """Decode, downmix (mean of the channels) and resample a probed file's sound; None where it holds none.

    Sample n is heard n / 16000 s after the clip's first presented sample: a late start and gaps are filled with
    silence. Values lie in [-1, 1]. The array maps an unnamed temporary file, so memory does not grow with its length.
    Raises InputError as ``probe`` does.
    """
    with open_media(info.path) as container, tempfile.TemporaryFile() as file:
        stream = media_streams(container).get("audio")
        if stream is None:
            return None
        timeline = _Timeline(file)
        for frame in decode(container, stream, info.correction("audio"), warn):
            container_sec = time_sec(frame, stream)
            timeline.add(
                _mono(frame), frame.sample_rate, None if container_sec is None else container_sec - info.start_sec
            )
        timeline.flush()
        if timeline.num_samples == 0:
            return None
        # Copy on write: writable, as torch wants its arrays, without touching the file.
        return np.memmap(file, np.float32, mode="c", shape=(timeline.num_samples,))


class _Timeline:
    """Writes sound to a file at 16 kHz, each piece at its time; a gap or a new sample rate starts a new piece."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.num_samples = 0
        self.rate = 0
        self.next_sec = 0.0
        self.resampler: soxr.ResampleStream | None = None

    def add(self, samples: Float32[np.ndarray, " n"], rate: int, start_sec: float | None) -> None:
        start_sec = self.next_sec if start_sec is None else start_sec
        if rate != self.rate or abs(start_sec - self.next_sec) > GAP_SEC:
            self.flush()
            written_sec = self.num_samples / SAMPLE_RATE
            samples = samples[max(0, round((written_sec - start_sec) * rate)) :]  # what is heard already
            self.next_sec = max(start_sec, written_sec)
            self.num_samples = round(self.next_sec * SAMPLE_RATE)
            self.rate, self.resampler = rate, soxr.ResampleStream(rate, SAMPLE_RATE, num_channels=1)
        self.next_sec += len(samples) / rate
        self._write(samples)

    def flush(self) -> None:
        if self.resampler:
            self._write(np.zeros(0, np.float32), last=True)
            self.resampler = None

    def _write(self, samples: Float32[np.ndarray, " n"], last: bool = False) -> None:
        assert self.resampler
        resampled = self.resampler.resample_chunk(samples, last)
        self.file.seek(self.num_samples * resampled.itemsize)  # a skipped stretch reads as zeros
        self.file.write(resampled.clip(-1, 1).tobytes())
        self.num_samples += len(resampled)


def _mono(frame: AudioFrame) -> Float32[np.ndarray, " n"]:
    samples: np.ndarray = frame.to_ndarray()
    if frame.format.is_packed:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    mono = samples.mean(axis=0, dtype=np.float32)
    if samples.dtype == np.uint8:
        return (mono - 128) / 128
    if np.issubdtype(samples.dtype, np.integer):
        return mono / -float(np.iinfo(samples.dtype).min)
    return np.nan_to_num(mono, nan=0, posinf=1, neginf=-1)
