"""Faces that move, for pages that draw over the recording: their tracks, as perception has them."""

import numpy as np
from people_samples import FACES
from report_samples import DURATION_SEC

from microemo.schema import FaceTrack, KeyFrame, Series

WIDTH, HEIGHT = 160, 120
SIZE = 18.0  # of each face in pixels
RATE = 30


def make_track(x: float, speed: float) -> FaceTrack:
    """A face that begins at x and moves on by so many pixels a second."""
    times_sec = np.arange(0, DURATION_SEC, 1 / RATE)
    place = np.column_stack([x + speed * times_sec, np.full(len(times_sec), 60.0), np.full(len(times_sec), SIZE)])
    return FaceTrack(
        times_sec, np.zeros((len(times_sec), 4), np.float32), np.zeros((len(times_sec), 52), np.float32),
        pose=np.zeros((len(times_sec), 3), np.float32), place=place.astype(np.float32),
    )  # fmt: skip


def series_of(person: str, track: FaceTrack) -> Series:
    return Series(person, {}, {}, {}, track, track.times_sec)


SERIES = (series_of("P1", make_track(40.0, 2.0)), series_of("P2", make_track(120.0, 0.0)))
SEEN: tuple[KeyFrame, ...] = FACES
