"""Clue regions of the face: landmark polygons, the aligned face view, and soft patch masks (paper 3.2).

"We use the keypoint indices of the MediaPipe face mesh [...] to define different facial regions as subtle
emotional clue regions, which are predefined on facial anatomy. Then, the patches are combined to create masks."
Left and right are the person's own.
"""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

Points = Float[np.ndarray, "L 2"]
Affine = Float[np.ndarray, "2 3"]

RIGHT_EYE = (7, 33, 133, 144, 145, 153, 154, 155, 157, 158, 159, 160, 161, 163, 173, 246)
LEFT_EYE = (249, 263, 362, 373, 374, 380, 381, 382, 384, 385, 386, 387, 388, 390, 398, 466)
RIGHT_BROW = (46, 52, 53, 55, 63, 65, 66, 70, 105, 107)
LEFT_BROW = (276, 282, 283, 285, 293, 295, 296, 300, 334, 336)
NOSE = (1, 2, 4, 5, 6, 19, 45, 48, 64, 94, 97, 98, 115, 168, 195, 197, 220, 275, 278, 294, 326, 327, 344, 440)
# fmt: off
LIPS = (0, 13, 14, 17, 37, 39, 40, 61, 78, 80, 81, 82, 84, 87, 88, 91, 95, 146, 178, 181, 185, 191, 267, 269, 270,
        291, 308, 310, 311, 312, 314, 317, 318, 321, 324, 375, 402, 405, 409, 415)
FOREHEAD = (21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 300, 293, 334, 296, 336, 9, 107, 66, 105, 63, 70)
RIGHT_CHEEK = (127, 234, 93, 132, 58, 172, 61, 64, 133, 155, 154, 153, 145, 144, 163, 7, 33)
LEFT_CHEEK = (356, 454, 323, 361, 288, 397, 291, 294, 362, 382, 381, 380, 374, 373, 390, 249, 263)
JAW = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 291, 375, 321, 405, 314, 17, 84, 181, 91,
       146, 61)
# fmt: on
OVAL_EXTREMES = (10, 152, 234, 454)  # forehead, chin, right and left edge of the face

# A region is one or two polygons; those that are only groups of points are filled as their convex hull.
REGIONS: dict[str, tuple[tuple[int, ...], ...]] = {
    "brows": (RIGHT_BROW, LEFT_BROW),
    "eyes": (RIGHT_EYE, LEFT_EYE),
    "nose": (NOSE,),
    "mouth": (LIPS,),
    "cheeks": (RIGHT_CHEEK, LEFT_CHEEK),
    "forehead": (FOREHEAD,),
    "jaw": (JAW,),
}
ORDERED = {FOREHEAD, RIGHT_CHEEK, LEFT_CHEEK, JAW}  # already outlines, which need not be convex
REGION_NAMES = tuple(REGIONS)

SUPERSAMPLE = 16  # raster points a patch side: area fractions to 1/256
FACE_MARGIN = 1.25  # side of the aligned view over the face's own height or width


def outlines(points: Points) -> dict[str, list[Float[np.ndarray, "K 2"]]]:
    """Region outlines, in the units of ``points``: one or two polygons a region."""
    return {
        name: [points[list(group)] if group in ORDERED else _hull(points[list(group)]) for group in groups]
        for name, groups in REGIONS.items()
    }


def _hull(points: Points) -> Points:
    return cv2.convexHull(points.astype(np.float32))[:, 0]


def region_masks(points: Points, grid: int) -> Float[np.ndarray, "R P"]:
    """The fraction of each patch that each clue region covers, (R, P) in [0, 1], patches row by row.

    ``points`` are the 478 landmarks (x, y) in [0, 1] of the view that the encoder reads; what lies outside the
    view is cut off. ``grid`` is the number of patches a side, P = grid².
    """
    side = grid * SUPERSAMPLE
    masks = np.zeros((len(REGIONS), side, side), np.uint8)
    for mask, polygons in zip(masks, outlines(points * side).values(), strict=True):
        for polygon in polygons:
            cv2.fillPoly(mask, [np.round(polygon).astype(np.int32)], 1)
    cells = masks.reshape(len(REGIONS), grid, SUPERSAMPLE, grid, SUPERSAMPLE)
    return cells.mean(axis=(2, 4), dtype=np.float32).reshape(len(REGIONS), grid * grid)


def aligned_view(points: Points, size: int) -> Affine:
    """The affine map from image pixels to an upright view of the face, ``size`` pixels square.

    Eyes level, face centred, the larger of its height and width filling 1 / FACE_MARGIN of the view.
    ``points`` are landmarks in pixels.
    """
    right, left = points[list(RIGHT_EYE)].mean(0), points[list(LEFT_EYE)].mean(0)
    along = (left - right) / max(float(np.linalg.norm(left - right)), 1e-6)
    rotation = np.array([[along[0], along[1]], [-along[1], along[0]]])
    extremes = points[list(OVAL_EXTREMES)] @ rotation.T
    low, high = extremes.min(0), extremes.max(0)
    scale = size / (FACE_MARGIN * max(float((high - low).max()), 1e-6))
    offset = size / 2 - scale * (low + high) / 2
    return np.hstack([scale * rotation, offset[:, None]]).astype(np.float32)


def warp(image: UInt8[np.ndarray, "h w 3"], affine: Affine, size: int) -> UInt8[np.ndarray, "s s 3"]:
    """The aligned face view of an image; what lies outside the image repeats its border.

    A face more than twice the view's size is first averaged down: warping reads single pixels, which would alias.
    """
    height, width = image.shape[:2]
    shrink = int(1 / max(float(np.sqrt(abs(np.linalg.det(affine[:, :2])))), 1e-6))
    if shrink > 1:
        small = max(1, width // shrink), max(1, height // shrink)
        ratio = np.array([width / small[0], height / small[1]], np.float32)
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        offset = transform((ratio - 1)[None] / 2, affine)[0]  # where the first small pixel's centre goes
        affine = np.hstack([affine[:, :2] * ratio, offset[:, None]]).astype(np.float32)
    return cv2.warpAffine(image, affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def transform(points: Points, affine: Affine) -> Points:
    """Landmarks in pixels, moved by an affine map."""
    return points @ affine[:, :2].T + affine[:, 2]
