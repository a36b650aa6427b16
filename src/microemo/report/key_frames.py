"""Key frames for the page: a square view of each frame around the face, and the outlines of the clue regions on it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from microemo.perception.regions import outlines
from microemo.schema import Clue, KeyFrame

MAX_KEY_FRAMES = 24
FACE_SHARE = 0.55  # of the view's side that the face fills, where the frame is large enough


@dataclass(frozen=True)
class Polygon:
    region: str
    points: str  # of an SVG polygon, in pixels of the frame
    active: bool


@dataclass(frozen=True)
class KeyFrameView:
    """A key frame as the template draws it; ``view_box`` is the square around the face, in pixels of the frame."""

    time_sec: float
    source: str
    width: int
    height: int
    view_box: str
    polygons: tuple[Polygon, ...]
    clues: tuple[Clue, ...]  # of the face, going on at this time


def views(key_frames: Sequence[KeyFrame], clues: Sequence[Clue]) -> tuple[KeyFrameView, ...]:
    """At most ``MAX_KEY_FRAMES`` key frames in time order, those with the strongest facial clues first to be kept."""
    active = {frame.time_sec: _active(clues, frame.time_sec) for frame in key_frames}
    strength = {time: sum(clue.strength for clue in at_once) for time, at_once in active.items()}
    kept = sorted(key_frames, key=lambda frame: -strength[frame.time_sec])[:MAX_KEY_FRAMES]
    return tuple(_view(frame, active[frame.time_sec]) for frame in sorted(kept, key=lambda frame: frame.time_sec))


def _active(clues: Sequence[Clue], time_sec: float) -> tuple[Clue, ...]:
    return tuple(clue for clue in clues if clue.modality == "face" and clue.start_sec <= time_sec <= clue.end_sec)


def _view(frame: KeyFrame, clues: tuple[Clue, ...]) -> KeyFrameView:
    width, height = _size(frame.jpeg)
    points = None if frame.landmarks is None else frame.landmarks * (width, height)
    return KeyFrameView(
        time_sec=frame.time_sec,
        source=f"data:image/jpeg;base64,{base64.b64encode(frame.jpeg).decode()}",
        width=width,
        height=height,
        view_box=_view_box(points, width, height),
        polygons=() if points is None else _polygons(points, {clue.region for clue in clues}),
        clues=clues,
    )


def _size(jpeg: bytes) -> tuple[int, int]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError("a key frame is not a picture")
    return image.shape[1], image.shape[0]


def _view_box(points: Float[np.ndarray, "478 2"] | None, width: int, height: int) -> str:
    side, centre = float(min(width, height)), np.array([width / 2, height / 2])
    if points is not None:
        low, high = points.min(0), points.max(0)
        side = min(side, float((high - low).max()) / FACE_SHARE)
        centre = (low + high) / 2
    left, top = np.clip(centre - side / 2, 0, np.array([width, height]) - side)
    return f"{left:.1f} {top:.1f} {side:.1f} {side:.1f}"


def _polygons(points: Float[np.ndarray, "478 2"], active: set[str]) -> tuple[Polygon, ...]:
    return tuple(
        Polygon(region, " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon), region in active)
        for region, polygons in outlines(points).items()
        for polygon in polygons
    )
