"""Frames of a video with their presentation times, upright and in RGB."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8

from microemo.media.container import Warn, decode, ignore, media_streams, open_media, start_sec, time_sec

MAX_SIDE = 1280  # pixels; perception gains nothing above, and a frame of an 8K video would take 100 MB


class Frame(NamedTuple):
    """One frame: its time in seconds from the clip's first presented sample, and its upright RGB picture."""

    time_sec: float
    image: UInt8[np.ndarray, "h w 3"]


def frames(path: Path | str, max_fps: float = 30.0, warn: Warn = ignore) -> Iterator[Frame]:
    """Stream the frames of a video in presentation order; nothing where the file holds no video.

    Times increase strictly. Of frames that come faster than ``max_fps`` the first in each 1/max_fps seconds is kept,
    judged by time, so a variable frame rate is honoured. Rotation, flips and non-square pixels are undone, and
    frames are scaled down to ``MAX_SIDE`` at most. Raises InputError as ``probe`` does.
    """
    clock_start_sec = start_sec(path)
    last_sec, last_slot = -math.inf, -1
    with open_media(path) as container:
        stream = media_streams(container).get("video")
        if stream is None:
            return
        stream.thread_type = "AUTO"
        reformatter = VideoReformatter()
        frame_sec = 1 / float(stream.guessed_rate or max_fps)
        for frame in decode(container, stream, warn):
            container_sec = time_sec(frame, stream)
            now_sec = max(0.0, last_sec + frame_sec) if container_sec is None else container_sec - clock_start_sec
            slot = math.floor(now_sec * max_fps + 0.3)  # 0.3 of a slot absorbs jitter and times rounded to 1 ms
            if now_sec > last_sec and slot > last_slot:
                last_sec, last_slot = now_sec, slot
                yield Frame(now_sec, _upright_rgb(frame, stream, reformatter))


def upright_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Width and height with which the frame is read."""
    width, height = _square_pixel_size(frame, stream)
    return (height, width) if _is_turned(_display_matrix(frame)) else (width, height)


def _upright_rgb(frame: VideoFrame, stream: VideoStream, reformatter: VideoReformatter) -> UInt8[np.ndarray, "h w 3"]:
    width, height = _square_pixel_size(frame, stream)
    # One thread: the decoder has the others, and setting up more takes longer than most frames do.
    rgb = reformatter.reformat(frame, width, height, "rgb24", interpolation="AREA", threads=1)
    return _apply_display_matrix(rgb.to_ndarray(), _display_matrix(frame))


def _square_pixel_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Width and height as stored, before rotation, with square pixels and sides of at most ``MAX_SIDE``."""
    width, height = frame.width * float(stream.sample_aspect_ratio or 1), float(frame.height)
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _display_matrix(frame: VideoFrame) -> Float[np.ndarray, "2 2"]:
    """Matrix from stored to upright (x, y) directions, in which phones record rotation and flips."""
    side_data: Any = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return np.eye(2)
    return np.frombuffer(side_data, np.int32).reshape(3, 3)[:2, :2].T / 65536


def _is_turned(matrix: Float[np.ndarray, "2 2"]) -> bool:
    """Whether the matrix exchanges the axes: a turn by 90 or 270 degrees."""
    return bool(abs(matrix[1, 0]) > abs(matrix[0, 0]))


def _apply_display_matrix(
    image: UInt8[np.ndarray, "h w 3"], matrix: Float[np.ndarray, "2 2"]
) -> UInt8[np.ndarray, "H W 3"]:
    if _is_turned(matrix):
        image, matrix = image.swapaxes(0, 1), matrix[:, ::-1]
    flips = (slice(None, None, -1 if matrix[1, 1] < 0 else 1), slice(None, None, -1 if matrix[0, 0] < 0 else 1))
    return np.ascontiguousarray(image[flips])
