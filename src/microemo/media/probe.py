"""What a media file holds."""

from dataclasses import dataclass
from pathlib import Path

import av

from microemo.media.container import Warn, ignore, measure_extent, media_streams, open_media
from microemo.media.video import upright_size

TRUNCATED_SEC = 1.0


@dataclass(frozen=True)
class MediaInfo:
    """What can be decoded from a file; width and height are those of the frames read, 0 without video."""

    path: Path
    duration_sec: float
    has_video: bool
    has_audio: bool
    width: int
    height: int


def probe(path: Path | str, warn: Warn = ignore) -> MediaInfo:
    """Find out what can be decoded from a media file, and how long it truly lasts.

    The whole file is read (not decoded), since headers lie about truncated files and some containers give no
    duration. Raises InputError where the file is missing, unreadable, encrypted or holds neither video nor audio;
    warns where it is shorter than announced or where one of its streams cannot be decoded.
    """
    with open_media(path) as container:
        streams = media_streams(container)
        announced_sec = (container.duration or 0) / av.time_base
        extent = measure_extent(container, warn=warn)
        duration_sec = extent.end_sec - extent.start_sec
        for kind in streams.keys() - extent.first_frames.keys():
            warn(f"The {kind} of {path} cannot be decoded and is left out")
        if duration_sec < announced_sec - TRUNCATED_SEC:
            warn(f"{path} announces {announced_sec:.1f} s but holds {duration_sec:.1f} s: it may be cut short")
        frame = extent.first_frames.get("video")
        width, height = upright_size(frame, streams["video"]) if frame else (0, 0)
        return MediaInfo(
            path=Path(path),
            duration_sec=duration_sec,
            has_video=frame is not None,
            has_audio="audio" in extent.first_frames,
            width=width,
            height=height,
        )
