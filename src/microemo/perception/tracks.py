"""Which face is whose from frame to frame: detections joined to tracks, by place, size and looks.

A track ends where its face could be another's: at a cut, after a gap, where two faces met, where a face suddenly looks
unlike itself. Whose tracks are one person's is for ``identities`` to say.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from microemo.media.video import Frame
from microemo.perception.face_shape import SHAPE_POINTS
from microemo.perception.landmarks import BLENDSHAPES, Face
from microemo.perception.regions import REGION_NAMES
from microemo.schema import FaceTrack
from microemo.spans import Span, inside

Box = Float[np.ndarray, " 4"]
Looks = Float[np.ndarray, " cells"]

MAX_GAP_SEC = 0.5  # a face that is lost for longer starts a new track
REACH = 0.6  # how far a face may be from where it was last seen: offset in its sizes + log ratio of the sizes
LOOKS_GRID = 16
MIN_LIKENESS = 0.85  # correlation of a face with itself in the frame before
MIN_TRACK_SEC = 0.3  # what is seen for less may be no face at all


@dataclass
class _Rows:
    """One track's rows, as numbers that lie close together: hours of them fit into memory."""

    times_sec: "array[float]" = field(default_factory=lambda: array("d"))
    boxes: "array[float]" = field(default_factory=lambda: array("f"))
    blendshapes: "array[float]" = field(default_factory=lambda: array("f"))
    hidden: "array[int]" = field(default_factory=lambda: array("B"))
    pose: "array[float]" = field(default_factory=lambda: array("f"))
    shape: bytearray = field(default_factory=bytearray)  # of float16
    place: "array[float]" = field(default_factory=lambda: array("f"))
    folds: "array[float]" = field(default_factory=lambda: array("f"))
    touched: "array[float]" = field(default_factory=lambda: array("f"))
    looks: Looks | None = None
    met: bool = False  # whether another face was within reach in the last frame

    def append(self, time_sec: float, face: Face, looks: Looks | None) -> None:
        self.times_sec.append(time_sec)
        self.boxes.extend(face.box)
        self.blendshapes.extend(face.blendshapes)
        self.hidden.extend(region in face.hidden for region in REGION_NAMES)
        self.pose.extend(face.pose)
        self.folds.extend(face.folds)
        self.touched.extend(math.nan if face.touched is None else region in face.touched for region in REGION_NAMES)
        self.shape += face.shape.astype(np.float16).tobytes()
        self.place.extend(face.place)
        self.looks = looks

    @property
    def last_box(self) -> Box:
        return np.array(self.boxes[-4:], np.float32)

    def track(self) -> FaceTrack:
        """The rows, not copied: there are to be no more."""
        return FaceTrack(
            np.frombuffer(self.times_sec, np.float64),
            np.frombuffer(self.boxes, np.float32).reshape(-1, 4),
            np.frombuffer(self.blendshapes, np.float32).reshape(-1, len(BLENDSHAPES)),
            np.frombuffer(self.hidden, bool).reshape(-1, len(REGION_NAMES)),
            np.frombuffer(self.pose, np.float32).reshape(-1, 3),
            np.frombuffer(self.shape, np.float16).reshape(-1, len(SHAPE_POINTS), 3),
            np.frombuffer(self.place, np.float32).reshape(-1, 3),
            np.frombuffer(self.folds, np.float32).reshape(-1, 2),
            np.frombuffer(self.touched, np.float32).reshape(-1, len(REGION_NAMES)),
        )


class FaceTracker:
    """Joins the faces of successive frames to tracks; keeps numbers only, never pictures."""

    def __init__(self) -> None:
        self._rows: list[_Rows] = []
        self.live: list[int] = []  # tracks that can still go on

    def update(
        self, time_sec: float, faces: Sequence[Face], looks: Sequence[Looks] | None = None, starts_shot: bool = False
    ) -> list[int]:
        """The index of each face's track, the nearest pairs of face and track first.

        ``looks`` (one a face, as ``looks_of`` has them) tell faces at the same place apart.
        """
        lately = [track for track in self.live if time_sec - self._rows[track].times_sec[-1] <= MAX_GAP_SEC]
        self.live = [] if starts_shot else lately
        pairs = sorted(
            (gap, track, face)
            for face, found in enumerate(faces)
            for track in self.live
            if (gap := distance(self._rows[track].last_box, found.box)) < REACH
        )
        owner: dict[int, int] = {}
        for _, track, face in pairs:
            if face not in owner and track not in owner.values():
                owner[face] = track
        met = _met([(track, face) for _, track, face in pairs])
        return [
            self._append(owner.get(face), time_sec, found, looks[face] if looks else None, owner.get(face) in met)
            for face, found in enumerate(faces)
        ]

    def tracks(self) -> list[FaceTrack]:
        """All tracks, in the order of their indices; the tracker's last word."""
        return [rows.track() for rows in self._rows]

    def has_met(self, track: int) -> bool:
        """Whether another face is so near that the track may hold either."""
        return self._rows[track].met

    def _append(self, track: int | None, time_sec: float, face: Face, looks: Looks | None, meets: bool) -> int:
        if track is None or self._rows[track].met > meets or _unlike(self._rows[track].looks, looks):
            self.live = [other for other in self.live if other != track]
            track = len(self._rows)
            self.live.append(track)
            self._rows.append(_Rows())
        self._rows[track].append(time_sec, face, looks)
        self._rows[track].met = meets
        return track


def _met(pairs: Sequence[tuple[int, int]]) -> set[int]:
    """Tracks that share a face within reach with another, or have several in reach."""
    tracks, faces = [track for track, _ in pairs], [face for _, face in pairs]
    return {track for track, face in pairs if tracks.count(track) > 1 or faces.count(face) > 1}


def looks_of(frame: Frame, face: Face) -> Looks:
    """The face in brief: brightness within its box in a coarse grid, mean 0 and norm 1."""
    height, width = frame.image.shape[:2]
    left, top, right, bottom = (face.box * [width, height, width, height]).astype(int)
    inside_box: UInt8[np.ndarray, "h w 3"] = frame.image[top : max(bottom, top + 1), left : max(right, left + 1)]
    small = cv2.resize(inside_box, (LOOKS_GRID, LOOKS_GRID), interpolation=cv2.INTER_AREA)
    looks = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32).ravel()
    looks -= looks.mean()
    return looks / max(float(np.linalg.norm(looks)), 1e-6)


def _unlike(before: Looks | None, now: Looks | None) -> bool:
    if before is None or now is None or not before.any() or not now.any():
        return False
    return float(before @ now) < MIN_LIKENESS


def distance(one: Box, other: Box) -> float:
    """Between the centres in sizes of the face, plus the log ratio of the sizes."""
    sizes = np.maximum([one[2:] - one[:2], other[2:] - other[:2]], 1e-6)
    offset = (one[:2] + one[2:] - other[:2] - other[2:]) / 2 / sizes.mean(axis=0)
    return float(np.hypot(*offset) + np.abs(np.log(sizes[0] / sizes[1])).max())


def choose_main(people: Sequence[FaceTrack], speech: Sequence[Span]) -> int | None:
    """The index of the main person: the largest product of face height, time seen and 1 + share in the talking."""
    scores = [_height(track) * seen_sec(track) * (1 + _voice_match(track, speech)) for track in people]
    return max(range(len(people)), key=lambda index: scores[index], default=None)


def is_seen(track: FaceTrack, duration_sec: float) -> bool:
    """Whether the face was there for long enough to be one."""
    return seen_sec(track) >= min(MIN_TRACK_SEC, duration_sec / 2)


def seen_sec(track: FaceTrack) -> float:
    """For how long the face was in the picture."""
    if len(track.times_sec) < 2:
        return 0.0
    steps_sec = np.diff(track.times_sec)
    step_sec = float(np.median(steps_sec))
    return float(steps_sec[steps_sec <= max(MAX_GAP_SEC, 2 * step_sec)].sum()) + step_sec


def _height(track: FaceTrack) -> float:
    return float(np.median(track.boxes[:, 3] - track.boxes[:, 1]))


def _voice_match(track: FaceTrack, speech: Sequence[Span]) -> float:
    """0 to 1: how much more the jaw moves while somebody speaks than while nobody does."""
    speaking = inside(track.times_sec, speech)[1:]
    moves = np.abs(np.diff(track.blendshapes[:, BLENDSHAPES.index("jawOpen")]))
    during = float(moves[speaking].mean()) if speaking.any() else 0.0
    outside = float(moves[~speaking].mean()) if not speaking.all() else 0.0
    return max(0.0, during - outside) / (during + outside + 1e-3)
