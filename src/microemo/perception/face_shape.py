"""The face in three dimensions: where the head is turned, and the face's shape as if it were turned to the camera.

The shape is the 68 points of the iBUG scheme, which OpenFace and dlib have as well, and both pupils.
"""

import math

import numpy as np
from jaxtyping import Float

# fmt: off
JAW_LINE = (127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356)
BROW_LINES = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
NOSE_LINES = (168, 6, 195, 4, 98, 97, 2, 326, 327)
EYE_LINES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
LIP_LINES = (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87)
PUPILS = (468, 473)  # right, left
# fmt: on
SHAPE_POINTS = (*JAW_LINE, *BROW_LINES, *NOSE_LINES, *EYE_LINES, *LIP_LINES, *PUPILS)
"""Of MediaPipe's landmarks, in the order of the iBUG scheme, the person's right side first; then the pupils."""
ANCHORS = (33, 133, 362, 263, 168, 6, 197, 195, 127, 356, 234, 454)  # eye corners, nose bridge, sides: they hold still
NO_POSE = np.full(3, np.nan, np.float32)
NO_PLACE = np.full(3, np.nan, np.float32)
NO_FOLDS = np.full(2, np.nan, np.float32)
NO_SHAPE = np.full((len(SHAPE_POINTS), 3), np.nan, np.float32)

FLIP = np.diag([1.0, -1.0, -1.0])  # from x right, y up, z to the viewer to x right, y down, z away, and back


def head_pose(matrix: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, " 3"]:
    """Pitch, yaw and roll in degrees, as OpenFace has them: above 0 the head is lowered, is turned to the person's
    right, is tilted to their left. ``matrix`` is MediaPipe's facial transformation; angles are R = Rx Ry Rz.
    """
    r = _rotation(matrix)
    pitch, yaw, roll = math.atan2(-r[1, 2], r[2, 2]), math.asin(np.clip(r[0, 2], -1, 1)), math.atan2(-r[0, 1], r[0, 0])
    return np.degrees([pitch, yaw, roll]).astype(np.float32)


def frontal_shape(
    points: Float[np.ndarray, "478 3"], matrix: Float[np.ndarray, "4 4"]
) -> tuple[Float[np.ndarray, "70 3"], Float[np.ndarray, " 3"]]:
    """The shape with the head's turn, place and size taken away, and the place: x, y of the middle, and the size.

    ``points`` are landmarks in pixels, z too. In the shape x is to the person's left, y down, z away; its unit, the
    size, is the anchors' root mean square distance from their middle, a little more than half of the distance between
    the outer corners of the eyes.
    """
    anchors = points[list(ANCHORS)]
    middle = anchors.mean(axis=0)
    size = math.sqrt(float(((anchors - middle) ** 2).sum(axis=1).mean()))
    shape = (points[list(SHAPE_POINTS)] - middle) @ _rotation(matrix) / max(size, 1e-6)
    return shape.astype(np.float32), np.array([*middle[:2], size], np.float32)


def in_picture(
    shape: Float[np.ndarray, "N 70 3"], pose: Float[np.ndarray, "N 3"], place: Float[np.ndarray, "N 3"]
) -> Float[np.ndarray, "N 70 2"]:
    """Where the points of shapes lie in their pictures, x and y in pixels: ``frontal_shape`` undone."""
    pitch, yaw, roll = np.radians(pose.astype(np.float64)).T
    turned = np.einsum("nij,njk,nkl,npl->npi", _about(0, pitch), _about(1, yaw), _about(2, roll), shape)
    return turned[..., :2] * place[:, None, 2:] + place[:, None, :2]


def _about(axis: int, angles: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N 3 3"]:
    """Turns about one axis, by radians."""
    turn = np.zeros((len(angles), 3, 3))
    one, other = (axis + 1) % 3, (axis + 2) % 3
    turn[:, axis, axis] = 1
    turn[:, one, one] = turn[:, other, other] = np.cos(angles)
    turn[:, other, one] = np.sin(angles)
    turn[:, one, other] = -turn[:, other, one]
    return turn


def _rotation(matrix: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "3 3"]:
    turned = np.asarray(matrix[:3, :3], np.float64)
    return FLIP @ (turned / np.cbrt(np.linalg.det(turned))) @ FLIP
