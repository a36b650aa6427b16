"""Wrinkles across the root of the nose (AU9), which neither landmarks nor blendshapes tell: their contrast by side.

How steep brightness is down the face, between the inner corners of the eyes, over the spread of brightness in the
middle of the face. Nothing is learned here; heads that were trained on pictures of disgust did worse on other people's
videos (docs/validity.md).
"""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from microemo.perception.face_shape import NO_FOLDS
from microemo.perception.landmarks import Face
from microemo.perception.regions import LEFT_EYE, RIGHT_EYE, warp

SIZE = 64  # pixels of the view; in it, the eyes' middles are EYES_APART from each other, at EYES_HEIGHT
EYES_APART, EYES_HEIGHT = 40, 24
ROOT = slice(20, 32)  # rows
RIGHT_HALF, LEFT_HALF = slice(25, 32), slice(32, 39)  # columns: the person's right is on the picture's left
MIN_EYES_APART = 20  # pixels of the picture: smaller faces show no wrinkles
LEAST_SPREAD = 5.0  # levels of brightness


def nose_folds(image: UInt8[np.ndarray, "h w 3"], face: Face) -> Float[np.ndarray, " 2"]:
    """Contrast on the person's left and right; NaN where eyes or nose are hidden or the face is too small."""
    points = face.landmarks * np.array(image.shape[1::-1], np.float32)
    right, left = points[list(RIGHT_EYE)].mean(0), points[list(LEFT_EYE)].mean(0)
    apart = float(np.linalg.norm(left - right))
    if apart < MIN_EYES_APART or face.hidden & {"eyes", "nose"}:
        return NO_FOLDS
    corner = np.maximum((right + left) / 2 - 2 * apart, 0).astype(int)
    near = image[corner[1] : corner[1] + int(4 * apart), corner[0] : corner[0] + int(4 * apart)]
    if not near.size:
        return NO_FOLDS
    view = cv2.cvtColor(warp(near, _level(right - corner, left - corner), SIZE), cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(view.astype(np.float32), (0, 0), 0.8)
    steepness = np.abs(cv2.Sobel(smooth, cv2.CV_32F, 0, 1)) / (smooth.std() + LEAST_SPREAD)
    return np.array([steepness[ROOT, half].mean() for half in (LEFT_HALF, RIGHT_HALF)], np.float32)


def _level(right: Float[np.ndarray, " 2"], left: Float[np.ndarray, " 2"]) -> Float[np.ndarray, "2 3"]:
    """The map to the view, in which the eyes are level, at their places."""
    along = (left - right) * EYES_APART / float(((left - right) ** 2).sum())
    turned = np.array([[along[0], along[1]], [-along[1], along[0]]])
    offset = np.array([SIZE / 2, EYES_HEIGHT]) - turned @ (right + left) / 2
    return np.hstack([turned, offset[:, None]]).astype(np.float32)
