"""Key frames for reports: a square view of each frame around the face, with the outlines of the clue regions on it,
and the portraits of the people.
"""

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from microemo.perception.regions import outlines
from microemo.schema import Clue, KeyFrame, PersonAnswer

MAX_KEY_FRAMES = 24
PORTRAIT_SIDE, PORTRAIT_QUALITY = 192, 85  # pixels; of JPEG
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
    person: str | None
    source: str
    width: int
    height: int
    view_box: str
    polygons: tuple[Polygon, ...]
    clues: tuple[Clue, ...]  # of this person's face, going on at this time


def views(key_frames: Sequence[KeyFrame], clues: Sequence[Clue]) -> tuple[KeyFrameView, ...]:
    """At most ``MAX_KEY_FRAMES`` key frames in time order, of each person those with the strongest facial clues."""
    pairs = [(frame, _active(clues, frame)) for frame in key_frames]
    num_people = max(1, len({frame.person for frame in key_frames}))
    kept = list(_strongest(pairs, max(1, MAX_KEY_FRAMES // num_people)))
    return tuple(_view(*pair) for pair in sorted(kept, key=lambda pair: pair[0].time_sec))


def portrait(key_frames: Sequence[KeyFrame], person: PersonAnswer) -> KeyFrame | None:
    """The frame that shows the person best, if it was kept."""
    of_person = (frame for frame in key_frames if frame.person == person.id)
    return next((frame for frame in of_person if frame.time_sec == person.key_frame_sec), None)


def portraits(key_frames: Sequence[KeyFrame], people: Sequence[PersonAnswer]) -> dict[str, str]:
    """Small pictures of the faces, by the ids of those who have one."""
    frames = {person.id: portrait(key_frames, person) for person in people}
    return {id_: _cropped(frame) for id_, frame in frames.items() if frame is not None}


def _active(clues: Sequence[Clue], frame: KeyFrame) -> tuple[Clue, ...]:
    return tuple(
        clue
        for clue in clues
        if clue.modality == "face"
        and clue.start_sec <= frame.time_sec <= clue.end_sec
        and (frame.person is None or clue.person == frame.person)
    )


def _strongest(
    pairs: Sequence[tuple[KeyFrame, tuple[Clue, ...]]], num_each: int
) -> Iterator[tuple[KeyFrame, tuple[Clue, ...]]]:
    kept: Counter[str | None] = Counter()
    for frame, clues in sorted(pairs, key=lambda pair: -sum(clue.strength for clue in pair[1])):
        kept[frame.person] += 1
        if kept[frame.person] <= num_each:
            yield frame, clues


def _view(frame: KeyFrame, clues: tuple[Clue, ...]) -> KeyFrameView:
    height, width = _image(frame.jpeg).shape[:2]
    points = _pixels(frame, width, height)
    left, top, side = _square(points, width, height)
    return KeyFrameView(
        time_sec=frame.time_sec,
        person=frame.person,
        source=_data_uri(frame.jpeg),
        width=width,
        height=height,
        view_box=f"{left:.1f} {top:.1f} {side:.1f} {side:.1f}",
        polygons=() if points is None else _polygons(points, {clue.region for clue in clues}),
        clues=clues,
    )


def _cropped(frame: KeyFrame) -> str:
    """The ``data:`` URI of a small square picture of the face, without what stands around it."""
    image = _image(frame.jpeg)
    height, width = image.shape[:2]
    left, top, side = map(round, _square(_pixels(frame, width, height), width, height))
    size = (PORTRAIT_SIDE, PORTRAIT_SIDE)
    face = cv2.resize(image[top : top + side, left : left + side], size, interpolation=cv2.INTER_AREA)
    return _data_uri(cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, PORTRAIT_QUALITY])[1].tobytes())


def _image(jpeg: bytes) -> UInt8[np.ndarray, "h w 3"]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("a key frame is not a picture")
    return np.asarray(image, np.uint8)


def _data_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _pixels(frame: KeyFrame, width: int, height: int) -> Float[np.ndarray, "478 2"] | None:
    return None if frame.landmarks is None else frame.landmarks * (width, height)


def _square(points: Float[np.ndarray, "478 2"] | None, width: int, height: int) -> tuple[float, float, float]:
    """Left, top and side of a square around the face, or of the middle of the picture."""
    side, centre = float(min(width, height)), np.array([width / 2, height / 2])
    if points is not None:
        low, high = points.min(0), points.max(0)
        side = min(side, float((high - low).max()) / FACE_SHARE)
        centre = (low + high) / 2
    left, top = np.clip(centre - side / 2, 0, np.array([width, height]) - side)
    return float(left), float(top), side


def _polygons(points: Float[np.ndarray, "478 2"], active: set[str]) -> tuple[Polygon, ...]:
    return tuple(
        Polygon(region, " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon), region in active)
        for region, polygons in outlines(points).items()
        for polygon in polygons
    )
