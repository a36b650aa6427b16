"""What of a face cannot be seen: regions behind a mask, a microphone or sunglasses, and all of a face in profile.

Skin and lips of every colour give back more red light than green. Where that surplus is gone, measured by the person's
own brow and cheeks in the same picture, something else is in front. A landmarker draws lips and eyes there all the
same. What has the colour of skin, as hands have (``hands`` sees them), is not told from it, nor is anything in a
picture without colour.
"""

import math

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from microemo.perception.face_shape import (
    BROW_LINES,
    EYE_LINES,
    JAW_LINE,
    LIP_LINES,
    NOSE_LINES,
    PUPILS,
    SHAPE_POINTS,
)
from microemo.perception.landmarks import BLENDSHAPES, Face
from microemo.perception.regions import LEFT_EYE, OVAL_EXTREMES, REGION_NAMES, RIGHT_EYE
from microemo.schema import FaceTrack

Points = Float[np.ndarray, "L 2"]

OUTER_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 95, 88, 178, 87, 14, 317, 402, 318, 324)
LIDS = (22, 23, 24, 26, 110, 222, 223, 224, 252, 253, 254, 256, 339, 442, 443, 444)  # and what is below them
NOSE_TIP = (1, 4, 5, 45, 195, 275)
CHEEKS = (36, 50, 205, 266, 280, 425)
BROW_SKIN = (6, 8, 9, 108, 118, 119, 151, 168, 197, 337, 347, 348)  # around the brows, above any mask
CHEEK_SKIN = (4, 36, 50, 108, 151, 195, 205, 266, 280, 337, 425)  # around any glasses

# What the sign of a region is looked for at: the middles between two landmarks each.
SPOTS = {
    "eyes": (LIDS, LIDS),
    "nose": (NOSE_TIP, NOSE_TIP),
    "mouth": (OUTER_LIPS, INNER_LIPS),
    "cheeks": (CHEEKS, CHEEKS),
}
# Median surplus of red over that of the person's skin, below which a region is covered: chosen on PEDFE.
# Moustaches and hollow eyes in poor light come nearest to these.
LEAST_RED = {"eyes": 0.14, "nose": 0.4, "mouth": 0.25, "cheeks": 0.4}
LEAST_COLOUR = 0.12  # surplus of red over brightness, of skin that can be measured by
SIDE = 80  # pixels to which a larger face is averaged down
MAX_YAW = 45.0  # degrees: in faces turned further, the jaw and the far brow hardly tell what they do seen from ahead
NOSE_DEPTH = 1.3  # how far the nose's tip is before the sides of MediaPipe's canonical face, over half their distance

# Whose movement a blendshape tells, by the beginning of its name.
TELLS = {"brow": "brows", "eye": "eyes", "nose": "nose", "cheek": "cheeks", "jaw": "mouth", "mouth": "mouth"}


def hidden_regions(image: UInt8[np.ndarray, "h w 3"], face: Face) -> frozenset[str]:
    """The names of the clue regions (``regions.REGIONS``) that cannot be seen of a face in an RGB image."""
    points = face.landmarks * np.array(image.shape[1::-1], np.float32)
    if abs(yaw(points)) > MAX_YAW:
        return frozenset(REGION_NAMES)
    covered = {region for region, red in redness(image, points).items() if red < LEAST_RED[region]}
    return frozenset(covered | {"jaw"} if "mouth" in covered else covered)  # a beard alone hides no jaw


def yaw(points: Points) -> float:
    """How far the head is turned to its right or left (below 0), in degrees, by the nose between the face's sides.

    ``points`` are landmarks in pixels.
    """
    along = points[list(LEFT_EYE)].mean(0) - points[list(RIGHT_EYE)].mean(0)
    right, left = points[list(OVAL_EXTREMES[2:])] @ along
    nose = points[1] @ along
    return math.degrees(math.atan2(2 * nose - right - left, NOSE_DEPTH * max(left - right, 1e-6)))


def redness(image: UInt8[np.ndarray, "h w 3"], points: Points) -> dict[str, float]:
    """How red each region's spots are, in the median, over the person's skin; infinite where that has no colour.

    ``points`` are landmarks in pixels.
    """
    pixels, points = _close_up(image, points)
    skin = [_surplus(pixels, points[list(spots)]) for spots in (BROW_SKIN, CHEEK_SKIN)]
    own_red, brightness = max((float(np.median(red)), float(np.median(bright))) for red, bright in skin)
    if own_red < LEAST_COLOUR * brightness or own_red <= 0:
        return dict.fromkeys(SPOTS, math.inf)
    return {
        region: float(np.median(_surplus(pixels, (points[list(one)] + points[list(other)]) / 2)[0])) / own_red
        for region, (one, other) in SPOTS.items()
    }


def seen_blendshapes(track: FaceTrack) -> Float[np.ndarray, "N 52"]:
    """A track's blendshapes, NaN where the region that they tell of could not be seen."""
    if track.hidden is None or not track.hidden.any():
        return track.blendshapes
    return np.where(track.hidden @ HIDES, np.float32(np.nan), track.blendshapes)


def seen_shape(track: FaceTrack) -> Float[np.ndarray, "N 70 3"]:
    """A track's shape, NaN at the points of regions that could not be seen."""
    shape = np.asarray(track.shape, np.float32)
    if track.hidden is None or not track.hidden.any():
        return shape
    return np.where((track.hidden @ HIDES_POINTS)[..., None], np.float32(np.nan), shape)


def mostly_hidden(track: FaceTrack) -> Bool[np.ndarray, " R"]:
    """Which regions could not be seen for more than half of the track."""
    return mostly(track.hidden)


def mostly(mask: Bool[np.ndarray, "N R"] | None) -> Bool[np.ndarray, " R"]:
    """Which regions a track's mask has for more than half of its rows."""
    return mask.mean(axis=0) > 0.5 if mask is not None and len(mask) else np.zeros(len(REGION_NAMES), bool)


def _hides() -> Bool[np.ndarray, "R 52"]:
    told = [next((region for start, region in TELLS.items() if name.startswith(start)), "") for name in BLENDSHAPES]
    return np.array([[region == name for region in told] for name in REGION_NAMES])


def _hides_points() -> Bool[np.ndarray, "R 70"]:
    of_region = {"jaw": JAW_LINE, "brows": BROW_LINES, "nose": NOSE_LINES, "eyes": (*EYE_LINES, *PUPILS),
                 "mouth": LIP_LINES}  # fmt: skip
    return np.array([[point in of_region.get(name, ()) for point in SHAPE_POINTS] for name in REGION_NAMES])


HIDES = _hides()
HIDES_POINTS = _hides_points()


def _close_up(image: UInt8[np.ndarray, "h w 3"], points: Points) -> tuple[Float[np.ndarray, "H W 3"], Points]:
    """The face's part of the image, in few pixels each of which is the mean of its neighbourhood, and its points."""
    height, width = image.shape[:2]
    low = np.clip(points.min(0).astype(int), 0, [width - 1, height - 1])
    high = np.clip(points.max(0).astype(int) + 1, low + 1, [width, height])
    across, down = high - low
    scale = min(1.0, SIDE / max(across, down))
    size = max(1, round(across * scale)), max(1, round(down * scale))
    step = max(1, int(1 / (2 * scale)))  # two to four pixels a side are enough for a mean
    part = image[low[1] : high[1] : step, low[0] : high[0] : step]
    small = cv2.blur(cv2.resize(part, size, interpolation=cv2.INTER_AREA), (3, 3))
    return small.astype(np.float32), (points - low) * scale


def _surplus(
    pixels: Float[np.ndarray, "H W 3"], points: Points
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """Of each point: how much more red than green there is, none beyond the frame, and how bright it is."""
    size = np.array(pixels.shape[1::-1])
    column, row = np.clip(points.astype(int), 0, size - 1).T
    colours = pixels[row, column]
    is_inside = ((points > -1) & (points < size + 1)).all(axis=1)
    return np.where(is_inside, colours[:, 0] - colours[:, 1], 0), colours @ np.array([0.3, 0.59, 0.11], np.float32)
