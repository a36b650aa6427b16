"""A minute of each audio track of a file, taken here and there: enough to hear what a track holds."""

from collections.abc import Iterator
from contextlib import suppress

import av
import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.container import InputContainer
from jaxtyping import Float32

from microemo.media.audio import SAMPLE_RATE, frame_samples
from microemo.media.container import decoded, packets

NUM_EXCERPTS, EXCERPT_SEC = 8, 8.0
SKEW_SEC = 2.0  # by which one track may come later in the file than another


def excerpts(container: InputContainer) -> list[Float32[np.ndarray, " N"]]:
    """What is heard of each audio track, 16 kHz, of its loudest channel; nothing of what cannot be decoded."""
    heard = list(zip(*(_listen(container) for _ in _places(container)), strict=True))
    return [np.concatenate(pieces) for pieces in heard]


def _places(container: InputContainer) -> Iterator[int]:
    """Sets the container to one place after the other, evenly over a long file; a short one is heard right through."""
    duration = container.duration or 0  # in microseconds, as seek wants them
    for number in range(NUM_EXCERPTS):
        if duration > NUM_EXCERPTS * EXCERPT_SEC * av.time_base:
            with suppress(av.FFmpegError):  # reads on where it is
                container.seek((container.start_time or 0) + duration * (2 * number + 1) // (2 * NUM_EXCERPTS))
        yield number


def _listen(container: InputContainer) -> list[Float32[np.ndarray, " n"]]:
    """The next seconds of each audio track."""
    tracks = container.streams.audio
    frames: dict[int, list[AudioFrame]] = {track.index: [] for track in tracks}
    read_sec = dict.fromkeys(frames, 0.0)
    for packet in packets(container, list(tracks)):
        number = packet.stream.index
        read_sec[number] += float((packet.duration or 0) * packet.time_base)
        if read_sec[number] <= EXCERPT_SEC:
            frames[number] += decoded(packet)
        if min(read_sec.values()) > EXCERPT_SEC or max(read_sec.values()) > EXCERPT_SEC + SKEW_SEC:
            break
    return [_loudest_channel(frames[track.index]) for track in tracks]


def _loudest_channel(frames: list[AudioFrame]) -> Float32[np.ndarray, " n"]:
    if not frames:
        return np.zeros(0, np.float32)
    rate, layout = frames[0].sample_rate, frames[0].layout
    channels = np.concatenate([frame_samples(frame, layout) for frame in frames if frame.sample_rate == rate])
    return soxr.resample(channels[:, np.square(channels).sum(axis=0).argmax()], rate, SAMPLE_RATE)
