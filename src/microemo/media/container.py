"""Open a media file, decode its streams and read its clock; the one place where input files are checked.

Times everywhere in the package are seconds from the clip's first presented sample, be it a frame or a sound: video
and audio share that clock, so a container that delays one against the other is honoured.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame

from microemo.errors import InputError

Warn = Callable[[str], None]


def ignore(message: str) -> None:
    """The default for ``warn``: says nothing."""


@contextmanager
def open_media(path: Path | str) -> Iterator[InputContainer]:
    """Open a local file that holds video or audio; raises InputError with the reason where it cannot be."""
    path = Path(path)
    try:
        if not path.exists():
            raise InputError(f"{path} does not exist; check the path")
        if not path.is_file():
            raise InputError(f"{path} is not a file; give a video or audio file")
        if path.stat().st_size == 0:
            raise InputError(f"{path} is empty; copy or download it again")
        # An absolute path and a single protocol: no name or playlist may make FFmpeg reach for the network.
        container = av.open(str(path.absolute()), options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except PermissionError:
        raise InputError(f"{path} may not be read; change its permissions") from None
    except (av.FFmpegError, OSError):
        raise InputError(f"{path} cannot be opened: it is damaged, cut short or neither video nor audio") from None
    with container:
        _check_streams(container, path)
        yield container


def _check_streams(container: InputContainer, path: Path) -> None:
    if container.format.name == "tty":  # FFmpeg would render any .txt file as a terminal session
        raise InputError(f"{path} is a text file; give a video or audio file")
    if not media_streams(container):
        held = "only subtitles" if container.streams.subtitles else "neither video nor audio"
        raise InputError(f"{path} holds {held}; give a video or audio file")


def media_streams(container: InputContainer) -> dict[str, Any]:
    """The main "video" and "audio" stream, where there is one; cover art and thumbnails do not count."""
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    best = {kind: container.streams.best(kind) for kind in ("video", "audio")}
    return {kind: stream for kind, stream in best.items() if stream and not stream.disposition & pictures}


def decode(container: InputContainer, stream: Stream, warn: Warn = ignore) -> Iterator[Any]:
    """All frames of a stream that can be decoded; damage is stepped over and reported once, at the end."""
    num_damaged = 0
    shift: int | None = None
    for packet in _packets(container, [stream], warn):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            num_damaged += 1
            continue
        for frame in frames:
            if container.format.name == "avi":
                # AVI stores no presentation times: FFmpeg's are in decoding order, its dts count frames as they come.
                if shift is None and frame.pts is not None and frame.dts is not None:
                    shift = frame.pts - frame.dts
                frame.pts = None if shift is None or frame.dts is None else frame.dts + shift
            yield frame
    if num_damaged:
        warn(f"{num_damaged} damaged packets of the {stream.type} are left out")


def time_sec(frame: VideoFrame | AudioFrame, stream: Stream) -> float | None:
    """Presentation time of a decoded frame on the container's own clock."""
    return None if frame.pts is None or stream.time_base is None else float(frame.pts * stream.time_base)


class Extent(NamedTuple):
    """The first decoded frame of each stream that can be decoded, and the time all of them span."""

    first_frames: dict[str, Any]
    start_sec: float
    end_sec: float


def start_sec(path: Path | str) -> float:
    """Time of the first presented sample on the container's own clock: where the package's clock starts."""
    with open_media(path) as container:
        return measure_extent(container, to_end=False).start_sec


def measure_extent(container: InputContainer, to_end: bool = True, warn: Warn = ignore) -> Extent:
    """Read until each stream has given its first frame and, if asked, on to the last packet.

    Raises InputError where no stream can be decoded or one is encrypted.
    """
    streams = media_streams(container)
    first_frames: dict[str, Any] = {}
    ends_sec = dict.fromkeys(streams, 0.0)
    for packet in _packets(container, list(streams.values()), warn):
        kind = packet.stream.type
        if packet.has_sidedata("encryption_info"):
            raise InputError(f"{container.name} is encrypted; give a copy without protection")
        ends_sec[kind] = max(ends_sec[kind], _end_sec(packet))
        if kind not in first_frames:
            first_frames.update((kind, frame) for frame in _try_decode(packet)[:1])
        elif not to_end and len(first_frames) == len(streams):
            break
    if not first_frames:
        raise InputError(f"{container.name} cannot be decoded: it is damaged, encrypted or of an unsupported codec")
    return Extent(
        first_frames,
        start_sec=min(time_sec(frame, streams[kind]) or 0.0 for kind, frame in first_frames.items()),
        end_sec=max(ends_sec[kind] for kind in first_frames),
    )


def _packets(container: InputContainer, streams: list[Stream], warn: Warn) -> Iterator["Packet[Any]"]:
    try:
        yield from container.demux(streams)
    except av.FFmpegError:
        warn(f"{container.name} cannot be read to its end: it is damaged or cut short")


def _try_decode(packet: "Packet[Any]") -> list[Any]:
    try:
        return packet.decode()
    except av.FFmpegError:
        return []


def _end_sec(packet: "Packet[Any]") -> float:
    """End of the packet's presentation; containers that store no durations give frames of the stream's rate."""
    time = packet.dts if packet.pts is None else packet.pts
    if time is None:
        return 0.0
    rate = packet.stream.average_rate if packet.stream.type == "video" else None
    seconds = packet.duration * packet.time_base if packet.duration else 1 / rate if rate else 0
    return float(time * packet.time_base + seconds)
