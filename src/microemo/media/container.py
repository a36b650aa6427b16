"""Open a media file, read and decode its streams; the one place where input files are checked.

Times everywhere in the package are seconds from the clip's first presented sample, be it a frame or a sound: video
and audio share that clock, so a container that delays one against the other is honoured.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame

from microemo.errors import InputError
from microemo.media.timestamps import NOTHING_WRONG, Correction

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
        if path.is_dir():
            raise InputError(f"{path} is a folder; give a video or audio file, or all of its files to microemo batch")
        if not path.is_file():
            raise InputError(f"{path} is not a file; give a video or audio file")
        if path.stat().st_size == 0:
            raise InputError(f"{path} is empty; copy or download it again")
        # An absolute path and a single protocol: no name or playlist may make FFmpeg reach for the network.
        container = av.open(str(path.absolute()), options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except PermissionError:
        raise InputError(f"{path} may not be read; change its permissions") from None
    except (av.FFmpegError, OSError):
        raise InputError(
            f"{path} cannot be opened: it is damaged, cut short or neither video nor audio; see whether it plays"
        ) from None
    with container:
        _check_streams(container, path)
        yield container


def _check_streams(container: InputContainer, path: Path) -> None:
    if container.format.name == "tty":  # FFmpeg would render any .txt file as a terminal session
        raise InputError(f"{path} is a text file; give a video or audio file")
    if not media_streams(container):
        held = "only subtitles" if container.streams.subtitles else "neither video nor audio"
        raise InputError(f"{path} holds {held}; give a video or audio file")


def media_streams(container: InputContainer, audio_track: int | None = None) -> dict[str, Any]:
    """The main "video" and "audio" stream, where there is one; cover art and thumbnails do not count.

    ``audio_track`` counts from 1, in the file's order; by default it is the one that FFmpeg takes. Raises InputError
    where there is no such track.
    """
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    best = {kind: container.streams.best(kind) for kind in ("video", "audio")}
    if audio_track is not None:
        best["audio"] = _audio_track(container, audio_track)
    return {kind: stream for kind, stream in best.items() if stream and not stream.disposition & pictures}


def _audio_track(container: InputContainer, number: int) -> Stream:
    tracks = container.streams.audio
    if not 1 <= number <= len(tracks):
        held = {0: "no audio track", 1: "a single audio track"}.get(len(tracks), f"{len(tracks)} audio tracks")
        raise InputError(f"{container.name} has {held}; there is no audio track {number} to be taken")
    return tracks[number - 1]


def decode(
    container: InputContainer, stream: Stream, correction: Correction = NOTHING_WRONG, warn: Warn = ignore
) -> Iterator[Any]:
    """All frames of a stream that can be decoded, their timestamps corrected; those left out are None.

    Damage is stepped over and reported once, at the end.
    """
    num_damaged = 0
    shift: int | None = None
    for packet in _corrected(packets(container, [stream], warn), correction):
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


def decoded(packet: "Packet[Any]") -> list[Any]:
    """The frames that a packet completes; none where it is damaged, or its codec unknown."""
    try:
        return packet.decode()
    except av.FFmpegError:
        return []


def packets(container: InputContainer, streams: list[Stream], warn: Warn = ignore) -> Iterator["Packet[Any]"]:
    """The streams' packets in the file's order, as far as it can be read."""
    try:
        yield from container.demux(streams)
    except av.FFmpegError:
        warn(f"{container.name} cannot be read to its end: it is damaged or cut short")


def _corrected(packets: Iterator["Packet[Any]"], correction: Correction) -> Iterator["Packet[Any]"]:
    shifts = list(correction.shifts)
    shift_sec = 0.0
    for number, packet in enumerate(packets):
        if shifts and number >= shifts[0][0]:
            shift_sec = shifts.pop(0)[1]
        if number in correction.damaged:
            packet.pts = packet.dts = None
        elif shift_sec:
            shift = round(shift_sec / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts + shift
            packet.dts = None if packet.dts is None else packet.dts + shift
        yield packet


def time_sec(frame: VideoFrame | AudioFrame, stream: Stream) -> float | None:
    """Presentation time of a decoded frame on the container's own clock."""
    return None if frame.pts is None or stream.time_base is None else float(frame.pts * stream.time_base)
