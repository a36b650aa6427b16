"""Which face is whose: detections joined to one track per person, and the main person among them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from microemo.perception.landmarks import BLENDSHAPES, Face
from microemo.schema import FaceTrack
from microemo.spans import Span, inside

Box = Float[np.ndarray, " 4"]

# How far a face may be from where it was last seen, in sizes of itself (offset + log ratio of sizes), by the length
# of the gap: it moves within a short one; after a longer one, only a face that comes back to its place is known.
REACH = ((0.5, 0.6), (3.0, 0.25))  # gap in seconds, distance
MIN_TRACK_SEC = 0.3  # what is seen for less may be no face at all


class FaceTracker:
    """Joins the faces of successive frames to tracks by place and size; keeps numbers only, never pictures."""

    def __init__(self) -> None:
        self._times: list[list[float]] = []
        self._boxes: list[list[Box]] = []
        self._blendshapes: list[list[Float[np.ndarray, " 52"]]] = []
        self._live: list[int] = []  # tracks that can still go on

    def update(self, time_sec: float, faces: Sequence[Face]) -> list[int]:
        """The index of each face's track, the nearest pairs of face and track first."""
        self._live = [track for track in self._live if self._reach(time_sec, track) > 0]
        pairs = sorted(
            (distance, track, face)
            for face, found in enumerate(faces)
            for track in self._live
            if (distance := _distance(self._boxes[track][-1], found.box)) < self._reach(time_sec, track)
        )
        owner: dict[int, int] = {}
        for _, track, face in pairs:
            if face not in owner and track not in owner.values():
                owner[face] = track
        return [self._append(owner.get(face), time_sec, found) for face, found in enumerate(faces)]

    def tracks(self) -> list[FaceTrack]:
        """All tracks so far, in the order of their indices."""
        return [
            FaceTrack(np.array(times), np.array(boxes), np.array(blendshapes))
            for times, boxes, blendshapes in zip(self._times, self._boxes, self._blendshapes, strict=True)
        ]

    def _reach(self, time_sec: float, track: int) -> float:
        gap_sec = time_sec - self._times[track][-1]
        return next((distance for longest_sec, distance in REACH if gap_sec <= longest_sec), 0.0)

    def _append(self, track: int | None, time_sec: float, face: Face) -> int:
        if track is None:
            track = len(self._times)
            self._live.append(track)
            self._times.append([])
            self._boxes.append([])
            self._blendshapes.append([])
        self._times[track].append(time_sec)
        self._boxes[track].append(face.box)
        self._blendshapes[track].append(face.blendshapes)
        return track


def _distance(one: Box, other: Box) -> float:
    """Between the centres in sizes of the face, plus the log ratio of the sizes."""
    sizes = np.maximum([one[2:] - one[:2], other[2:] - other[:2]], 1e-6)
    offset = (one[:2] + one[2:] - other[:2] - other[2:]) / 2 / sizes.mean(axis=0)
    return float(np.hypot(*offset) + np.abs(np.log(sizes[0] / sizes[1])).max())


def choose_main(tracks: Sequence[FaceTrack], speech: Sequence[Span], duration_sec: float) -> int | None:
    """The index of the main person: the largest product of face height, time seen and 1 + share in the talking."""
    scores = [_height(track) * seen_sec(track) * (1 + _voice_match(track, speech)) for track in tracks]
    shortest_sec = min(MIN_TRACK_SEC, duration_sec / 2)
    candidates = [index for index, track in enumerate(tracks) if seen_sec(track) >= shortest_sec]
    return max(candidates, key=lambda index: scores[index], default=None)


def count_others(tracks: Sequence[FaceTrack], main: int) -> int:
    """How many people beside the main one were seen, at the least: as many as at one time, or one in other scenes."""
    others = [track for index, track in enumerate(tracks) if index != main and seen_sec(track) >= MIN_TRACK_SEC]
    if not others:
        return 0
    _, at_once = np.unique(np.concatenate([track.times_sec for track in others]), return_counts=True)
    return int(at_once.max())


def seen_sec(track: FaceTrack) -> float:
    """For how long the face was in the picture."""
    if len(track.times_sec) < 2:
        return 0.0
    steps_sec = np.diff(track.times_sec)
    step_sec = float(np.median(steps_sec))
    return float(steps_sec[steps_sec <= max(REACH[0][0], 2 * step_sec)].sum()) + step_sec


def _height(track: FaceTrack) -> float:
    return float(np.median(track.boxes[:, 3] - track.boxes[:, 1]))


def _voice_match(track: FaceTrack, speech: Sequence[Span]) -> float:
    """0 to 1: how much more the jaw moves while somebody speaks than while nobody does."""
    speaking = inside(track.times_sec, speech)[1:]
    moves = np.abs(np.diff(track.blendshapes[:, BLENDSHAPES.index("jawOpen")]))
    during = float(moves[speaking].mean()) if speaking.any() else 0.0
    outside = float(moves[~speaking].mean()) if not speaking.all() else 0.0
    return max(0.0, during - outside) / (during + outside + 1e-3)
