"""Hands before the face: which of its regions they cover, by MediaPipe's hand landmarks (HandLandmarker, Tasks API).

A hand has the colour of the face, so the measure of ``visibility`` cannot tell it, and what landmarkers then draw of
mouth and eyes is made up. A hand that comes up is found when all of it is in view, and then followed by its landmarks,
even when the frame's border cuts it off: in single pictures most hands at faces are missed.
"""

import math
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from microemo.media.video import Frame
from microemo.perception.landmarks import Face, quiet_stderr
from microemo.perception.regions import REGIONS
from microemo.perception.tasks import mediapipe, picture_of
from microemo.perception.tracks import REACH, Box, distance

LOOK_SEC = 0.4  # how often hands are looked for: 11 ms each, less than 1 ms a frame
VIEW = 2.0  # side of the square that is searched, over the face's
BELOW = 0.3  # how far its centre is below the face's, whence hands come
SIDE = 256  # pixels of that square for the detector
# At 0.3, a hand is told in 3 of 358 clips without any; at 0.5 in 2, but hands are missed in videos of few frames.
CONFIDENCE = 0.3
FLESH = 1.3  # how much larger a hand is than the hull of its joints
LEAST_SHARE = 1 / 3  # of a region's landmarks that lie behind the hand

Points = Float[np.ndarray, "K 2"]


class HandWatch:
    """Looks for a hand at the largest face of one video's frames, given in order of time. To be closed after use.

    ``model_file`` is MediaPipe's ``hand_landmarker.task``; without, no hand is ever seen.
    """

    def __init__(self, model_file: Path | None) -> None:
        self._model_file = model_file
        self._landmarker: Any = None
        self._next_sec = -math.inf
        self._clock_ms = -1
        self._touched: frozenset[str] = frozenset()
        self._box: Box | None = None  # of the face that was looked at

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None

    def forget(self) -> None:
        """Another shot begins: the hand of the last one is in no face of it."""
        self._box = None
        if self._landmarker is not None:
            self._hand(np.zeros((SIDE, SIDE, 3), np.uint8), 0.0)

    def mark(self, frame: Frame, faces: Sequence[Face]) -> list[Face]:
        """The faces, the largest with the regions that a hand covers, as seen in this frame or shortly before."""
        if self._model_file is None or not faces:
            return list(faces)
        largest = max(range(len(faces)), key=lambda index: _size(faces[index]))
        box = faces[largest].box
        is_another = self._box is None or distance(self._box, box) > REACH
        if frame.time_sec >= self._next_sec or is_another:
            self._next_sec, self._box = frame.time_sec + LOOK_SEC, box
            self._touched = self._look(frame, faces[largest])
        return [
            face._replace(touched=self._touched, hidden=face.hidden | self._touched) if index == largest else face
            for index, face in enumerate(faces)
        ]

    def _look(self, frame: Frame, face: Face) -> frozenset[str]:
        points = face.landmarks * np.array(frame.image.shape[1::-1], np.float32)
        corner, side = searched(points)
        hand = self._hand(close_up(frame.image, corner, side), frame.time_sec)
        return frozenset() if hand is None else covered(points, corner + side * hand)

    def _hand(self, picture: UInt8[np.ndarray, "s s 3"], time_sec: float) -> Points | None:
        """The hand's landmarks in [0, 1] of the picture."""
        self._clock_ms = max(self._clock_ms + 1, round(time_sec * 1000))  # MediaPipe wants strictly rising times
        is_first = self._landmarker is None
        landmarker = self._ready()
        with quiet_stderr() if is_first else nullcontext():  # later looks say nothing, and other threads may
            found = landmarker.detect_for_video(picture_of(picture), self._clock_ms).hand_landmarks
        return np.array([(point.x, point.y) for point in found[0]], np.float32) if found else None

    def _ready(self) -> Any:
        if self._landmarker is None:
            tasks = mediapipe().tasks
            vision = tasks.vision
            options = vision.HandLandmarkerOptions(
                base_options=tasks.BaseOptions(model_asset_path=str(self._model_file)),
                running_mode=vision.RunningMode.VIDEO,
                num_hands=1,
                min_hand_detection_confidence=CONFIDENCE,
                min_hand_presence_confidence=CONFIDENCE,
                min_tracking_confidence=CONFIDENCE,
            )
            with quiet_stderr():
                self._landmarker = vision.HandLandmarker.create_from_options(options)
        return self._landmarker


def searched(points: Points) -> tuple[Float[np.ndarray, " 2"], float]:
    """Upper left corner and side, in pixels, of the square around a face in which hands are looked for."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = VIEW * max(float((high - low).max()), 1.0)
    return (low + high) / 2 + np.array([0, BELOW * side / VIEW]) - side / 2, side


def close_up(
    image: UInt8[np.ndarray, "h w 3"], corner: Float[np.ndarray, " 2"], side: float
) -> UInt8[np.ndarray, "s s 3"]:
    """A square of the image in ``SIDE`` pixels, black beyond the frame."""
    scale = SIDE / side
    affine = np.hstack([np.eye(2) * scale, -scale * corner[:, None]])
    return cv2.warpAffine(image, affine, (SIDE, SIDE), flags=cv2.INTER_AREA)


def covered(face: Points, hand: Points) -> frozenset[str]:
    """The clue regions of a face that lie behind a hand; landmarks of both in pixels."""
    outline = cv2.convexHull(hand.astype(np.float32))[:, 0]
    outline = outline.mean(axis=0) + FLESH * (outline - outline.mean(axis=0))

    def share(group: Sequence[int]) -> float:
        return float(
            np.mean([cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0 for x, y in face[list(group)]])
        )

    return frozenset(name for name, groups in REGIONS.items() if max(map(share, groups)) >= LEAST_SHARE)


def _size(face: Face) -> float:
    left, top, right, bottom = face.box
    return float((right - left) * (bottom - top))
