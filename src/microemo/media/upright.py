"""Frames as they are meant to be seen: upright, with square pixels, in RGB of BT.709, of a size that is of use."""

from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8

from microemo.media.hdr import is_hdr, to_sdr

MAX_SIDE = 1280  # pixels; perception gains nothing above, and a frame of an 8K video would take 100 MB
HIGH_DEFINITION = 720  # lines; from here on, pictures that name no matrix are BT.709's, below BT.601's
UNSPECIFIED = 2  # colour matrix of a frame (ITU-T H.273)


def upright_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Width and height with which the frame is read."""
    width, height = _square_pixel_size(frame, stream)
    return (height, width) if _is_turned(_display_matrix(frame)) else (width, height)


def upright_rgb(frame: VideoFrame, stream: VideoStream, reformatter: VideoReformatter) -> UInt8[np.ndarray, "h w 3"]:
    """The frame's picture."""
    width, height = _square_pixel_size(frame, stream)
    hdr, matrix = is_hdr(frame), _colour_matrix(frame)
    # One thread: the decoder has the others, and setting up more takes longer than most frames do.
    rgb = reformatter.reformat(
        frame, width, height, "rgb48le" if hdr else "rgb24", src_colorspace=matrix, interpolation="AREA", threads=1
    ).to_ndarray()
    return _apply_display_matrix(to_sdr(rgb, frame.color_trc) if hdr else rgb, _display_matrix(frame))


def _colour_matrix(frame: VideoFrame) -> Colorspace | None:
    """Of the conversion to RGB, where the frame does not name its own."""
    if frame.colorspace != UNSPECIFIED:
        return None
    if is_hdr(frame):
        return Colorspace.BT2020
    return Colorspace.ITU709 if min(frame.width, frame.height) >= HIGH_DEFINITION else None


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
