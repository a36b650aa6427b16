"""What a media file holds, and when: every file is opened and timed here first."""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet

from microemo.errors import InputError
from microemo.media.container import Warn, decoded, ignore, media_streams, open_media, packets, time_sec
from microemo.media.timecode import start_timecode_sec
from microemo.media.timestamps import NOTHING_WRONG, STEP_SEC, Correction, Packets, StreamTimes, correct
from microemo.media.upright import upright_size

TRUNCATED_SEC = 1.0


@dataclass(frozen=True)
class MediaInfo:
    """What can be decoded from a file; width and height are those of the frames read, 0 without video.

    start_sec    time of the first presented sample on the container's own clock: where the package's clock starts
    audio_track  which of the file's sounds is read, counted from 1; None: the one that FFmpeg takes
    timecode_sec what the file's timecode says at its beginning; None where it has none
    corrections  by "video" and "audio", what is wrong with their timestamps
    """

    path: Path
    duration_sec: float
    start_sec: float
    has_video: bool
    has_audio: bool
    width: int
    height: int
    audio_track: int | None = None
    timecode_sec: float | None = None
    corrections: Mapping[str, Correction] = field(default_factory=dict)

    def correction(self, kind: str) -> Correction:
        return self.corrections.get(kind, NOTHING_WRONG)


def probe(path: Path | str, warn: Warn = ignore, audio_track: int | None = None) -> MediaInfo:
    """Find out what can be decoded from a media file, and how long it truly lasts.

    The whole file is read (not decoded), since headers lie about truncated files and some containers give no
    duration, and no single timestamp is believed that the others contradict. ``audio_track`` counts from 1; by default
    it is the one that FFmpeg takes. Raises InputError where the file is missing, unreadable, encrypted or holds
    neither video nor audio, or not this track; warns where it is shorter than announced, where timestamps are damaged,
    or where one of its streams cannot be decoded.
    """
    with open_media(path) as container:
        streams = media_streams(container, audio_track)
        announced_sec = _announced_sec(container, streams)
        first_frames, stamped = _read(container, streams, warn)
        times = correct({kind: packets for kind, packets in stamped.items() if kind in first_frames})
        starts_sec = [_start_sec(frame, streams[kind], times.get(kind)) for kind, frame in first_frames.items()]
        start_sec = min(starts_sec)
        duration_sec = max((extent.end_sec for extent in times.values()), default=0.0) - start_sec
        for kind in streams.keys() - first_frames.keys():
            warn(f"The {kind} of {path} cannot be decoded and is left out")
        corrections = {kind: extent.correction for kind, extent in times.items()}
        for kind, correction in corrections.items():
            _warn_of(correction, kind, path, warn)
        sound = all(correction == NOTHING_WRONG for correction in corrections.values())
        held_sec = max(duration_sec, start_sec + duration_sec)  # some containers count from 0, whenever they begin
        if sound and held_sec < announced_sec - TRUNCATED_SEC:
            warn(f"{path} announces {announced_sec:.1f} s but holds {duration_sec:.1f} s: it may be cut short")
        frame = first_frames.get("video")
        width, height = upright_size(frame, streams["video"]) if frame else (0, 0)
        return MediaInfo(
            path=Path(path),
            duration_sec=duration_sec,
            start_sec=start_sec,
            has_video=frame is not None,
            has_audio="audio" in first_frames,
            width=width,
            height=height,
            audio_track=audio_track,
            timecode_sec=start_timecode_sec(container),
            corrections=corrections,
        )


def _announced_sec(container: InputContainer, streams: Mapping[str, Any]) -> float:
    """How long video and sound last as the header has it; 0 where it tells nothing of them.

    Subtitles, timecode and the like may last longer, and are not what a cut file lacks.
    """
    if lengths := [float(stream.duration * stream.time_base) for stream in streams.values() if stream.duration]:
        return max(lengths)
    if len(container.streams) > len(streams):
        return 0.0
    starts_late = "matroska" in container.format.name  # whose duration counts from zero
    return ((container.duration or 0) - (container.start_time or 0) * starts_late) / av.time_base


def _read(
    container: InputContainer, streams: Mapping[str, Any], warn: Warn
) -> tuple[dict[str, Any], dict[str, Packets]]:
    """The first frame of each stream that can be decoded, and the timestamps of all packets.

    Raises InputError where no stream can be decoded or one is encrypted.
    """
    first_frames: dict[str, Any] = {}
    stamps = {kind: (array("d"), array("d"), array("d")) for kind in streams}
    for packet in packets(container, list(streams.values()), warn):
        kind = packet.stream.type
        if packet.has_sidedata("encryption_info"):
            raise InputError(f"{container.name} is encrypted; give a copy without protection")
        for values, value in zip(stamps[kind], _times_sec(packet), strict=True):
            values.append(value)
        if kind not in first_frames:
            first_frames.update((kind, frame) for frame in decoded(packet)[:1])
    if not first_frames:
        raise InputError(f"{container.name} cannot be decoded: it is damaged, encrypted or of an unsupported codec")
    return first_frames, {kind: Packets(*map(np.array, values)) for kind, values in stamps.items()}


def _start_sec(frame: Any, stream: Any, times: StreamTimes | None) -> float:
    """When a stream's first frame is presented, on the corrected clock."""
    at_sec = time_sec(frame, stream)
    if times is None:
        return at_sec or 0.0
    if at_sec is None:
        return times.start_sec - times.lead_sec
    shifts = times.correction.shifts
    at_sec += shifts[0][1] if shifts and shifts[0][0] == 0 else 0.0
    within = times.start_sec - STEP_SEC <= at_sec <= times.end_sec
    return at_sec if within else times.start_sec - times.lead_sec


def _warn_of(correction: Correction, kind: str, path: Path | str, warn: Warn) -> None:
    if number := len(correction.damaged):
        warn(f"{path}: {number} timestamps of the {kind} are damaged and were estimated from those around them")
    if correction.shifts:
        warn(f"{path}: the clock of the {kind} jumps; its times were joined without the jump and may be inexact")


def _times_sec(packet: "Packet[Any]") -> tuple[float, float, float]:
    """When the packet is decoded, presented and over; a frame without a duration lasts as the stream's rate has it."""
    unit = packet.time_base
    shown = packet.dts if packet.pts is None else packet.pts
    rate = packet.stream.average_rate if packet.stream.type == "video" else None
    if shown is None:
        end_sec = math.nan
    elif packet.duration or not rate:
        end_sec = (shown + (packet.duration or 0)) * unit.numerator / unit.denominator
    else:
        end_sec = float(shown * unit + 1 / rate)
    dts_sec, pts_sec = (
        math.nan if ticks is None else ticks * unit.numerator / unit.denominator for ticks in (packet.dts, packet.pts)
    )
    return dts_sec, pts_sec, end_sec
