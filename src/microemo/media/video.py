"""Frames of a video with their presentation times, upright and in RGB."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from av.video.reformatter import VideoReformatter
from jaxtyping import UInt8

from microemo.media.container import Warn, decode, ignore, media_streams, open_media, time_sec
from microemo.media.probe import MediaInfo
from microemo.media.upright import upright_rgb

NATIVE_FPS = 120.0  # up to here perception sees every frame: what lasts a 25th of a second shows in few of them


class Frame(NamedTuple):
    """One frame: its time in seconds from the clip's first presented sample, and its upright RGB picture."""

    time_sec: float
    image: UInt8[np.ndarray, "h w 3"]


def frames(info: MediaInfo, max_fps: float = 30.0, warn: Warn = ignore) -> Iterator[Frame]:
    """Stream the frames of a video that was probed, in presentation order; nothing where the file holds no video.

    Times increase strictly. Of frames that come faster than ``max_fps`` every second, third, … one is kept, judged by
    time, so that steps stay even and a variable frame rate is honoured. Rotation, flips and non-square pixels are
    undone, and frames are scaled down to ``upright.MAX_SIDE`` at most. Raises InputError as ``probe`` does.
    """
    last_sec, last_slot = -math.inf, -1
    with open_media(info.path) as container:
        stream = media_streams(container).get("video")
        if stream is None:
            return
        stream.thread_type = "AUTO"
        reformatter = VideoReformatter()
        rate = float(stream.guessed_rate or max_fps)
        frame_sec, kept_fps = 1 / rate, rate / math.ceil(rate / max_fps - 0.05) if rate > max_fps else max_fps
        for frame in decode(container, stream, info.correction("video"), warn):
            container_sec = time_sec(frame, stream)
            now_sec = max(0.0, last_sec + frame_sec) if container_sec is None else container_sec - info.start_sec
            # 0.3 of a frame absorbs jitter and times rounded to 1 ms
            slot = math.floor(now_sec * kept_fps + 0.3 * min(1.0, kept_fps * frame_sec))
            if now_sec > last_sec and slot > last_slot:
                last_sec, last_slot = now_sec, slot
                yield Frame(now_sec, upright_rgb(frame, stream, reformatter))
