"""Still pictures in a video: a face that does not move, whatever the encoder's noise makes of its landmarks.

Landmarks cannot tell: on a small or poorly encoded picture blendshapes waver by half of their range. So each face is
watched where it was first seen: its brightness there, in a coarse grid, says how far it was moved (a least-squares fit
of shifts) and how much it was changed. A living head does not keep still to a 400th of its size for some seconds.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from jaxtyping import Float, Float64, UInt8

from microemo.media.video import Frame
from microemo.perception.face_clues import smooth
from microemo.perception.landmarks import Face
from microemo.perception.tracks import Box
from microemo.perception.visibility import mostly
from microemo.schema import FaceTrack

GRID = 16  # cells a side
COARSE = 8  # of the measure of change: finer cells show more of the noise
MAX_SHIFT = 0.0022  # of the face's size, between the extremes
MAX_CHANGE = 0.004  # 1 - correlation with the usual picture
WATCHED_ROWS = 1500  # a minute: who has moved by then is watched no longer, so that memory does not grow
SURE_SEC = 3.0  # the limits are for as long; in less time a living face moves less
TAIL = 5  # per cent of the rows at either end that may be anything: a flash, an encoder's first frames


@dataclass
class Place:
    """One track's part of the frame, where the face was first seen: its brightness in every frame, until it moves."""

    box: Box
    times_sec: "array[float]" = field(default_factory=lambda: array("d"))
    grids: "array[int]" = field(default_factory=lambda: array("B"))
    has_moved: bool = False

    def see(self, time_sec: float, image: UInt8[np.ndarray, "h w 3"]) -> None:
        if self.has_moved:
            return
        height, width = image.shape[:2]
        left, top, right, bottom = (self.box * [width, height, width, height]).astype(int)
        inside = image[top : max(bottom, top + 1), left : max(right, left + 1)]
        small = cv2.resize(inside, (GRID, GRID), interpolation=cv2.INTER_AREA)
        self.times_sec.append(time_sec)
        self.grids.frombytes(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).tobytes())
        if len(self.times_sec) == WATCHED_ROWS and not self.is_still():
            self.has_moved, self.grids = True, array("B")

    @property
    def pictures(self) -> UInt8[np.ndarray, "N g g"]:
        return np.frombuffer(self.grids, np.uint8).reshape(-1, GRID, GRID)

    def is_still(self) -> bool:
        return not self.has_moved and is_still(np.array(self.times_sec), self.pictures)


class Stills:
    """Watches the faces of one video, and says which tracks show a still picture."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}

    def see(self, frame: Frame, faces: Mapping[int, Face]) -> None:
        """The faces of a frame by the index of their track."""
        for track, face in faces.items():
            self.places.setdefault(track, Place(face.box)).see(frame.time_sec, frame.image)

    def held(self, tracks: Sequence[FaceTrack]) -> list[FaceTrack]:
        """The tracks, by index; those of still pictures with all rows alike, so that nothing in them moves."""
        return [_held(track) if self.places[index].is_still() else track for index, track in enumerate(tracks)]


def is_still(times_sec: Float[np.ndarray, " N"], pictures: UInt8[np.ndarray, "N g g"]) -> bool:
    """Whether pictures of the same place, in grey, show nothing that moves."""
    smoothed = np.stack([smooth(times_sec, cell) for cell in pictures.reshape(len(pictures), -1).T], axis=1)
    usual = np.median(smoothed, axis=0)
    patience = min(1.0, (times_sec[-1] - times_sec[0]) / SURE_SEC)
    return bool(_shift(smoothed, usual) <= patience * MAX_SHIFT and _change(smoothed, usual) <= patience * MAX_CHANGE)


def _shift(pictures: Float64[np.ndarray, "N cells"], usual: Float64[np.ndarray, " cells"]) -> float:
    """How far the picture moves to and fro, in its own sizes; its brightness, contrast, size and turn may change."""
    down, across = np.gradient(usual.reshape(GRID, GRID) * GRID)
    y, x = (np.mgrid[:GRID, :GRID] - (GRID - 1) / 2) / GRID
    fields = [across, down, across * x + down * y, down * x - across * y, usual.reshape(GRID, GRID), np.ones_like(x)]
    ways = np.stack([way.ravel() for way in fields], axis=1)
    moves = np.linalg.lstsq(ways, (pictures - usual).T, rcond=None)[0][:2]
    low, high = np.percentile(moves, [TAIL, 100 - TAIL], axis=1)
    return float((high - low).max())


def _change(pictures: Float64[np.ndarray, "N cells"], usual: Float64[np.ndarray, " cells"]) -> float:
    likeness = _structure(pictures) @ _structure(usual[None])[0]
    return float(np.percentile(1 - likeness, 100 - TAIL))


def _structure(pictures: Float64[np.ndarray, "N cells"]) -> Float64[np.ndarray, "N coarse"]:
    """Without brightness and contrast: mean 0 and norm 1."""
    step = GRID // COARSE
    coarse = pictures.reshape(-1, COARSE, step, COARSE, step).mean(axis=(2, 4)).reshape(-1, COARSE**2)
    coarse = coarse - coarse.mean(axis=1, keepdims=True)
    return coarse / np.maximum(np.linalg.norm(coarse, axis=1, keepdims=True), 1e-6)


def _held(track: FaceTrack) -> FaceTrack:
    """The usual row, at all times."""

    def held(columns: list[np.ndarray]) -> np.ndarray:
        (rows,) = columns
        usual = mostly(rows) if rows.dtype == bool else _median(rows)
        return np.repeat(usual[None], len(rows), axis=0).astype(rows.dtype)

    return replace(FaceTrack.made_of([track], held), times_sec=track.times_sec)


def _median(rows: np.ndarray) -> np.ndarray:
    """Of what is known; NaN where nothing is."""
    known = np.isfinite(rows).any(axis=0)
    return np.where(known, np.nanmedian(np.where(known, rows, 0), axis=0), np.nan)
