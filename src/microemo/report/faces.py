"""Where each face is in the picture at every moment, so that a page can draw the clue regions over the recording.

Outlines are those of the key frames, which have all landmarks; between them they follow the face's place, size and
tilt, which were measured in every frame. A turn of the head or an open mouth shows at the next key frame only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from microemo.perception.regions import outlines
from microemo.schema import ClipInfo, FaceTrack, KeyFrame, Series

MAX_PER_SEC = 10
MAX_ROWS = 6000  # of all faces on a page: 150 kB
TIME, X, Y, SIZE, TILT = range(5)

Path = Float[np.ndarray, "M 5"]


@dataclass(frozen=True)
class Face:
    """One person's face as the page gets it.

    person    their number on the page; 0 where nobody has one
    shapes    of each key frame the time, and the polygons of each region, in units of the face's size about its place
    motion    rows of time, x, y, size (pixels of the recording) and tilt (degrees)
    """

    person: int
    shapes: list[tuple[float, dict[str, list[str]]]]
    motion: list[list[float]]


def followed(key_frames: Sequence[KeyFrame], series: Sequence[Series]) -> tuple[KeyFrame, ...]:
    """The key frames, each with the path of its face from there to the same person's next one."""
    paths = {one.person: path_of(one.track) for one in series}
    found = {person: _cut(path, own) for person, path in paths.items() if (own := _of(key_frames, person))}
    return tuple(
        replace(frame, path=found[frame.person][frame.time_sec]) if frame.person in found else frame
        for frame in key_frames
    )


def path_of(track: FaceTrack) -> Path:
    """The rows of a track in which the face's place is known."""
    path = np.column_stack([track.times_sec, track.place, track.pose[:, 2]]).astype(np.float64)
    return path[np.isfinite(path).all(axis=1)]


def faces(key_frames: Sequence[KeyFrame], clip: ClipInfo, number: Mapping[str, int]) -> list[Face]:
    """The faces that can be followed; people by their ``number``."""
    people = {frame.person: _of(key_frames, frame.person) for frame in key_frames if frame.path is not None}
    every_sec = max(1 / MAX_PER_SEC, clip.duration_sec * len(people) / MAX_ROWS)
    made = [_face(number.get(person or "", 0), own, clip, every_sec) for person, own in people.items()]
    return [face for face in made if face.shapes]


def _of(key_frames: Sequence[KeyFrame], person: str | None) -> list[KeyFrame]:
    return sorted((frame for frame in key_frames if frame.person == person), key=lambda frame: frame.time_sec)


def _cut(path: Path, own: Sequence[KeyFrame]) -> dict[float, Path]:
    """A path by the key frames' times; what is before the first one is the first one's."""
    pieces = np.split(path, np.searchsorted(path[:, TIME], [frame.time_sec for frame in own[1:]]))
    return {frame.time_sec: piece for frame, piece in zip(own, pieces, strict=True)}


def _face(person: int, own: Sequence[KeyFrame], clip: ClipInfo, every_sec: float) -> Face:
    path = np.concatenate([frame.path for frame in own if frame.path is not None])
    shapes = [
        (round(frame.time_sec, 2), dict(_outlines(frame.landmarks * (clip.width, clip.height), path, frame.time_sec)))
        for frame in own
        if frame.landmarks is not None and len(path)
    ]
    return Face(person, shapes, [_rounded(row) for row in _thinned(path, every_sec)])


def _outlines(points: Float[np.ndarray, "478 2"], path: Path, time_sec: float) -> Iterator[tuple[str, list[str]]]:
    """Polygons as SVG has them, with the face's place, size and tilt at this time taken away."""
    row = path[np.abs(path[:, TIME] - time_sec).argmin()]
    angle = np.radians(row[TILT])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    upright = (points - row[[X, Y]]) @ turn / row[SIZE]
    for region, polygons in outlines(upright).items():
        yield region, [" ".join(f"{x:.2f},{y:.2f}" for x, y in polygon) for polygon in polygons]


def _thinned(path: Path, every_sec: float) -> Iterator[Any]:
    last = -np.inf
    for row in path:
        if row[TIME] >= last + every_sec - 1e-6:
            last = row[TIME]
            yield row


def _rounded(row: Any) -> list[float]:
    time, x, y, size, tilt = row.tolist()
    return [round(time, 2), round(x), round(y), round(size, 1), round(tilt, 1)]
