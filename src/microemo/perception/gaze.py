"""The eyes: how far the lids are open, where the gaze goes, and when the person blinks.

The gaze within the head is told by MediaPipe's eight scores of looking in, out, up and down, which follow the pupils
between the corners of the eyes (correlation 0.92 on PEDFE), and turned by the head's pose into the camera's view. A
score of 1 is ``FULL_LOOK_DEG``: so far, people who turn or lower their heads turn their eyes back to what they look at
(PEDFE: 0.032 a degree of yaw within clips, 0.028 a degree of pitch between them); as an eyeball of 0.4 times the eye's
width has it, the pupils move by 0.0072 widths a degree.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.regions import REGION_NAMES
from microemo.schema import FaceTrack
from microemo.spans import Span, runs

FULL_LOOK_DEG = 32.0
MAX_YAW_DEG, MAX_PITCH_DEG = 40.0, 35.0  # in heads turned further, the far eye or the lids hide the pupils
RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)  # in ``FaceTrack.shape``: corner, two of the upper lid, and so on
OPEN_QUANTILE = 0.7  # of the lid aperture over the track: the eyes are open at least for the rest of it
LEAST_OPEN = 0.2  # lids' distance over the eye's width, of eyes that are ever open
SHUT = 0.35  # of the person's open eyes: below that no gaze can be told
BLINK_FALL = 0.3  # a blink takes away at least as much of the aperture
BLINK_SEC = Span(0.05, 0.4)  # VanderWerf et al., J Neurophysiol 2003: closing 0.1 s, opening about 0.2 s
LEAST_USUAL = 0.55  # of the open eyes, before and after it: eyes that are nearly shut do not blink
AROUND_SEC = 0.4  # the aperture before and after a blink is the greatest within as long


class Gaze(NamedTuple):
    """What the eyes do, a row per frame in which the face was found; NaN where they cannot be seen.

    aperture    (N, 2)  distance of the lids over the width of the eye, right and left
    in_head     (N, 2)  pitch (above 0 down) and yaw (above 0 to the person's left), in degrees relative to the head
    to_camera   (N, 2)  the same relative to the camera's axis, 0 and 0 ahead into it: OpenFace's gaze_angle_y and _x
    blinks      from, to in seconds
    """

    aperture: Float[np.ndarray, "N 2"]
    in_head: Float[np.ndarray, "N 2"]
    to_camera: Float[np.ndarray, "N 2"]
    blinks: tuple[Span, ...]


def gaze(track: FaceTrack) -> Gaze:
    """Of one person's track. Eyes that are shut look nowhere."""
    aperture = np.where(_eyes_seen(track)[:, None], lid_aperture(track.shape), np.nan)
    openness = aperture.mean(axis=1) / open_aperture(aperture)
    in_head = np.where((openness > SHUT)[:, None], looking(track.blendshapes), np.nan)
    return Gaze(aperture, in_head, turned(in_head, track.pose), blinks(track.times_sec, openness))


def lid_aperture(shape: Float[np.ndarray, "N 70 3"]) -> Float[np.ndarray, "N 2"]:
    """The lids' distance over the width of the eye, right and left (Soukupova and Cech, 2016)."""
    eyes = np.stack([shape[:, RIGHT_EYE], shape[:, LEFT_EYE]], axis=1).astype(np.float64)
    outer, upper_one, upper_two, inner, lower_two, lower_one = np.moveaxis(eyes, 2, 0)  # right eye; left from inside
    lids = np.linalg.norm(upper_one - lower_one, axis=2) + np.linalg.norm(upper_two - lower_two, axis=2)
    return lids / 2 / np.maximum(np.linalg.norm(outer - inner, axis=2), 1e-6)


def open_aperture(aperture: Float[np.ndarray, "N 2"]) -> float:
    """The person's own, of both eyes when they are open."""
    both = aperture.mean(axis=1)
    seen = both[np.isfinite(both)]
    return max(float(np.quantile(seen, OPEN_QUANTILE)), LEAST_OPEN) if len(seen) else LEAST_OPEN


def looking(blendshapes: Float[np.ndarray, "N 52"]) -> Float[np.ndarray, "N 2"]:
    """Pitch and yaw of the gaze in degrees relative to the head, the mean of both eyes."""

    def score(*names: str) -> Float[np.ndarray, " N"]:
        return blendshapes[:, [BLENDSHAPES.index(f"eyeLook{name}") for name in names]].mean(axis=1)

    down = score("DownLeft", "DownRight") - score("UpLeft", "UpRight")
    left = score("OutLeft", "InRight") - score("InLeft", "OutRight")
    return FULL_LOOK_DEG * np.stack([down, left], axis=1)


def turned(in_head: Float[np.ndarray, "N 2"], pose: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 2"]:
    """The gaze's pitch and yaw relative to the camera's axis, by the head's pose (``face_shape.head_pose``)."""
    down, left = np.radians(in_head).T
    x, y, z = np.sin(left) * np.cos(down), np.sin(down), -np.cos(left) * np.cos(down)  # right, down, away
    pitch, yaw, roll = np.radians(pose).T
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    x, z = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    y, z = y * np.cos(pitch) - z * np.sin(pitch), y * np.sin(pitch) + z * np.cos(pitch)
    return np.degrees(np.stack([np.arctan2(y, np.hypot(x, z)), np.arctan2(x, -z)], axis=1))


def blinks(times_sec: Float[np.ndarray, " N"], openness: Float[np.ndarray, " N"]) -> tuple[Span, ...]:
    """Short falls of the openness (1: the person's open eyes), from and to where ``BLINK_FALL`` of it is gone."""
    row_sec = float(np.median(np.diff(times_sec))) if len(times_sec) > 1 else 0.0
    usual = np.minimum(_greatest(times_sec, openness, -1), _greatest(times_sec, openness, 1))
    fallen = (openness < (1 - BLINK_FALL) * usual) & (usual > LEAST_USUAL)
    spans = [Span(float(times_sec[first]), float(times_sec[end - 1]) + row_sec) for first, end in runs(fallen)]
    shortest, longest = BLINK_SEC
    return tuple(span for span in spans if shortest <= round(span.end_sec - span.start_sec, 3) <= longest)


def _greatest(
    times_sec: Float[np.ndarray, " N"], values: Float[np.ndarray, " N"], step: int
) -> Float[np.ndarray, " N"]:
    """Of each row: the greatest value of the rows within ``AROUND_SEC`` after it (step 1) or before it (step -1)."""
    greatest, shifted = np.full(len(values), np.nan), np.arange(len(values))
    while True:
        shifted = shifted + step
        within = (shifted >= 0) & (shifted < len(values))
        row = np.where(within, shifted, 0)
        within &= np.abs(times_sec[row] - times_sec) <= AROUND_SEC
        if not within.any():
            return greatest
        greatest = np.fmax(greatest, np.where(within, values[row], np.nan))


def _eyes_seen(track: FaceTrack) -> Bool[np.ndarray, " N"]:
    pitch, yaw, _ = np.abs(track.pose).T
    ahead = (pitch <= MAX_PITCH_DEG) & (yaw <= MAX_YAW_DEG)
    return ahead if track.hidden is None else ahead & ~track.hidden[:, REGION_NAMES.index("eyes")]
