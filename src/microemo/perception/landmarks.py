"""Faces in single frames: MediaPipe's 478 landmarks and 52 blendshapes (FaceLandmarker, Tasks API)."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from microemo.media.video import Frame
from microemo.perception.face_shape import NO_FOLDS, NO_PLACE, NO_POSE, NO_SHAPE, frontal_shape, head_pose
from microemo.perception.tasks import mediapipe, picture_of

NUM_FACES = 4
RETRY_SEC = 0.5  # while no face is known, the other views are tried this often
MARGIN = 1 / 3  # of the padded view on each side: the detector misses faces that fill the frame
# Sides of tiles over the frame's shorter side, and their confidence: a face of less than a tenth of them is missed.
TILES = {2 / 3: 0.5, 1 / 3: 0.7}
TILE_OVERLAP = 0.15
CLOSE_CONFIDENCE = 0.3  # in tiles, lettering and patterns are taken for faces below theirs

# fmt: off
BLENDSHAPES: tuple[str, ...] = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen",
    "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight",
    "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight",
)
# fmt: on


class Face(NamedTuple):
    """One face in one frame; ``landmarks`` are x, y in [0, 1] of the frame, and beyond where the face is cut off.

    ``hidden`` are the names of the clue regions that cannot be seen (``visibility``), ``touched`` of those among them
    that a hand covers (``hands``); ``pose``, ``shape`` and ``place`` (pixels) are as ``face_shape`` has them, ``folds``
    as ``nose_folds``.
    """

    landmarks: Float[np.ndarray, "478 2"]
    blendshapes: Float[np.ndarray, " 52"]
    hidden: frozenset[str] = frozenset()
    pose: Float[np.ndarray, " 3"] = NO_POSE
    shape: Float[np.ndarray, "70 3"] = NO_SHAPE
    place: Float[np.ndarray, " 3"] = NO_PLACE
    folds: Float[np.ndarray, " 2"] = NO_FOLDS
    touched: frozenset[str] | None = None

    @property
    def box(self) -> Float[np.ndarray, " 4"]:
        """Left, top, right, bottom in [0, 1] of the frame."""
        return np.clip(np.concatenate([self.landmarks.min(axis=0), self.landmarks.max(axis=0)]), 0, 1)


class View(NamedTuple):
    """A part of the frame in pixels that the detector looks at; beyond the frame, its border is repeated."""

    left: int
    top: int
    width: int
    height: int
    confidence: float

    def crop(self, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "H W 3"]:
        height, width = image.shape[:2]
        right, bottom = self.left + self.width, self.top + self.height
        inside = image[max(0, self.top) : bottom, max(0, self.left) : right]
        top, left = max(0, -self.top), max(0, -self.left)
        bottom, right = max(0, bottom - height), max(0, right - width)
        return cv2.copyMakeBorder(inside, top, bottom, left, right, cv2.BORDER_REPLICATE)


@lru_cache(maxsize=8)
def views(width: int, height: int) -> tuple[View, ...]:
    """Where to look for faces: the whole frame, with a margin around it, then in overlapping tiles, large first."""
    tiles = [(max(1, round(tile * min(width, height))), confidence) for tile, confidence in TILES.items()]
    across, down = round(MARGIN * width), round(MARGIN * height)
    return (
        View(0, 0, width, height, CLOSE_CONFIDENCE),
        View(-across, -down, width + 2 * across, height + 2 * down, CLOSE_CONFIDENCE),
        *(
            View(x, y, side, side, confidence)
            for side, confidence in tiles
            for y in _starts(height, side)
            for x in _starts(width, side)
        ),
    )


def _starts(length: int, side: int) -> list[int]:
    """Where tiles of a side begin that cover a length, evenly and with some overlap."""
    num_tiles = max(1, math.ceil((length / side - TILE_OVERLAP) / (1 - TILE_OVERLAP)))
    return [round(start) for start in np.linspace(0, length - side, num_tiles)]


class Landmarker:
    """Finds the faces in the frames of one video, given in order of time. To be closed after use.

    A view in which a face was found is kept until the face is lost. ``model_file`` is MediaPipe's
    ``face_landmarker.task``.
    """

    def __init__(self, model_file: Path) -> None:
        self._model_file = model_file
        self._landmarkers: dict[float, Any] = {}  # by confidence, made when first needed
        self._view = 0
        self._retry_sec = -math.inf
        self._clock_ms = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for landmarker in self._landmarkers.values():
            landmarker.close()
        self._landmarkers.clear()

    def forget(self) -> None:
        """Look for faces anew: where they were in the last frame says nothing of the next one, of another shot."""
        self._clock_ms += 1
        blank = picture_of(np.zeros((64, 64, 3), np.uint8))
        for landmarker in self._landmarkers.values():
            landmarker.detect_for_video(blank, self._clock_ms)
        self._retry_sec = -math.inf

    def detect(self, frame: Frame) -> list[Face]:
        """At most ``NUM_FACES`` faces, in no order."""
        height, width = frame.image.shape[:2]
        candidates = views(width, height)
        current = min(self._view, len(candidates) - 1)
        faces = self._look(frame, candidates[current])
        if faces or frame.time_sec < self._retry_sec:
            return faces
        self._retry_sec = frame.time_sec + RETRY_SEC
        for index, view in enumerate(candidates):
            if index != current and (faces := self._look(frame, view)):
                self._view = index
                return faces
        return []

    def _look(self, frame: Frame, view: View) -> list[Face]:
        self._clock_ms = max(self._clock_ms + 1, round(frame.time_sec * 1000))  # MediaPipe wants strictly rising times
        picture = picture_of(view.crop(frame.image))
        found = self._landmarker(view.confidence).detect_for_video(picture, self._clock_ms)
        frame_size = np.array(frame.image.shape[1::-1], np.float32)
        size = np.array([view.width, view.height, view.width], np.float32)  # depths are in widths
        origin = np.array([view.left, view.top, 0], np.float32)
        return [
            _face(
                np.array([(at.x, at.y, at.z) for at in points], np.float32) * size + origin, shapes, matrix, frame_size
            )
            for points, shapes, matrix in zip(
                found.face_landmarks, found.face_blendshapes, found.facial_transformation_matrixes, strict=True
            )
        ]

    def _landmarker(self, confidence: float) -> Any:
        if confidence not in self._landmarkers:
            tasks = mediapipe().tasks
            vision = tasks.vision
            options = vision.FaceLandmarkerOptions(
                base_options=tasks.BaseOptions(model_asset_path=str(self._model_file)),
                running_mode=vision.RunningMode.VIDEO,
                num_faces=NUM_FACES,
                min_face_detection_confidence=confidence,
                min_face_presence_confidence=confidence,
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
            )
            with quiet_stderr():
                self._landmarkers[confidence] = vision.FaceLandmarker.create_from_options(options)
        return self._landmarkers[confidence]


def _face(
    points: Float[np.ndarray, "478 3"],
    blendshapes: Sequence[Any],
    matrix: Float[np.ndarray, "4 4"],
    frame_size: Float[np.ndarray, " 2"],
) -> Face:
    """``points`` and ``frame_size`` (width, height) are in pixels."""
    shape, place = frontal_shape(points, matrix)
    return Face(
        landmarks=points[:, :2] / frame_size,
        blendshapes=np.array([blendshape.score for blendshape in blendshapes], np.float32),
        pose=head_pose(matrix),
        shape=shape,
        place=place,
    )


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drops what libraries write to the process's standard error behind Python's back, for as long as it is open."""
    stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)
