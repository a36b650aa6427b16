"""The sampled frames: numbers in memory, pictures and what belongs to them in temporary files."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from microemo.config import LocalView
from microemo.media.video import Frame
from microemo.perception.array_file import ArrayFile
from microemo.perception.identities import quality
from microemo.perception.landmarks import Face
from microemo.perception.regions import REGION_NAMES, aligned_view, region_masks, transform, warp
from microemo.schema import KeyFrame

KEY_FRAME_WIDTH, KEY_FRAME_QUALITY = 480, 80


@dataclass(frozen=True)
class FaceView:
    """One face in one sampled frame: its place in the files of ``Samples``, and how well it is seen, 0 to 1."""

    index: int
    quality: float


@dataclass(frozen=True)
class Sample:
    """One sampled frame; ``views`` by index of the track, since people are only known at the end."""

    time_sec: float
    index: int
    jpeg: slice
    views: dict[int, FaceView]


class Samples:
    """Sampled frames, as a model reads them that takes pictures of ``size`` pixels square; ``taken`` in order of time.

    pictures   (size, size, 3)   whole frames, squashed
    views      (size, size, 3)   faces: aligned or, if ``local_view`` is "frame", the whole frame again
    masks      (R, P)            soft masks of the clue regions in ``views``, on a grid of ``patch`` pixels; 0: hidden
    landmarks  (478, 2)          of the same faces, in [0, 1] of the frame
    """

    def __init__(self, size: int, patch: int, local_view: LocalView = "face") -> None:
        self.size, self.grid, self.local_view = size, size // patch, local_view
        self.taken: list[Sample] = []
        self.pictures = ArrayFile((size, size, 3), np.uint8)
        self.views = ArrayFile((size, size, 3), np.uint8)
        self.masks = ArrayFile((len(REGION_NAMES), self.grid**2), np.float32)
        self.landmarks = ArrayFile((478, 2), np.float32)
        self._jpegs = ArrayFile((), np.uint8)

    def take(self, frame: Frame, faces: Sequence[Face], owners: Sequence[int]) -> None:
        """Keep a frame of a time not kept yet, with its faces and the tracks that these belong to."""
        picture = cv2.resize(frame.image, (self.size, self.size), interpolation=cv2.INTER_AREA)
        jpeg = _jpeg(frame.image)
        first = self._jpegs.extend(jpeg)
        views = {owner: self._view(frame, face, picture) for owner, face in zip(owners, faces, strict=True)}
        index = self.pictures.extend(picture[None])
        sample = Sample(frame.time_sec, index, slice(first, first + len(jpeg)), views)
        insort(self.taken, sample, key=lambda one: one.time_sec)

    def key_frame(self, sample: Sample, view: FaceView | None) -> KeyFrame:
        """A sampled frame for the report, with the landmarks of one of its faces."""
        landmarks = self.landmarks[view.index] if view is not None else None
        return KeyFrame(sample.time_sec, self._jpegs[sample.jpeg].tobytes(), landmarks)

    def _view(self, frame: Frame, face: Face, picture: UInt8[np.ndarray, "S S 3"]) -> FaceView:
        height, width = frame.image.shape[:2]
        points = face.landmarks * np.array([width, height], np.float32)
        view, in_view = picture, face.landmarks
        if self.local_view == "face":
            affine = aligned_view(points, self.size)
            view, in_view = warp(frame.image, affine, self.size), transform(points, affine) / self.size
        is_seen = np.array([region not in face.hidden for region in REGION_NAMES])
        self.masks.extend(region_masks(in_view, self.grid)[None] * is_seen[:, None])
        self.landmarks.extend(face.landmarks[None])
        return FaceView(self.views.extend(view[None]), quality(points))


def _jpeg(image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, " n"]:
    height, width = image.shape[:2]
    scale = min(1.0, KEY_FRAME_WIDTH / width)
    small = cv2.resize(image, (round(width * scale), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, KEY_FRAME_QUALITY])[1].ravel()
