"""The head's turn, and the face's shape without it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.perception.face_shape import FLIP, PUPILS, SHAPE_POINTS, frontal_shape, head_pose, in_picture

FACE = np.random.default_rng(0).uniform(-1, 1, (478, 3))
ANGLES = st.floats(-40, 40)


def turned(pitch, yaw, roll):
    """A transformation as MediaPipe has it (y up), of a turn in image coordinates (y down)."""
    (sx, cx), (sy, cy), (sz, cz) = ((np.sin(a), np.cos(a)) for a in np.radians([pitch, yaw, roll]))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    rotation = about_x @ about_y @ about_z
    matrix = np.eye(4)
    matrix[:3, :3] = 3 * FLIP @ rotation @ FLIP
    return matrix, rotation


@given(ANGLES, ANGLES, ANGLES)
def test_angles_are_found_again(pitch, yaw, roll):
    assert head_pose(turned(pitch, yaw, roll)[0]) == pytest.approx([pitch, yaw, roll], abs=1e-3)


@given(ANGLES, ANGLES, ANGLES, st.floats(5, 500))
def test_a_face_has_the_same_shape_wherever_it_is_turned_and_however_large_it_is(pitch, yaw, roll, size):
    matrix, rotation = turned(pitch, yaw, roll)
    seen = size * FACE @ rotation.T + [100, 50, 0]
    shape, place = frontal_shape(seen, matrix)
    assert shape == pytest.approx(frontal_shape(FACE, np.eye(4))[0], abs=1e-4)
    again = in_picture(shape[None], np.array([[pitch, yaw, roll]]), place[None])[0]
    assert again == pytest.approx(seen[list(SHAPE_POINTS), :2], abs=1e-3 * size)


def test_signs_are_those_of_openface():
    ahead = np.array([0, 0, -1.0])  # where a nose points that is turned to the camera
    assert (turned(20, 0, 0)[1] @ ahead)[1] > 0  # the head is lowered: down in the image
    assert (turned(0, 20, 0)[1] @ ahead)[0] < 0  # to the person's right: left in the image
    assert (turned(0, 0, 20)[1] @ [0, -1, 0])[0] > 0  # tilted to the person's left: the crown goes right in the image


def test_the_shape_has_68_points_and_the_pupils():
    assert len(set(SHAPE_POINTS)) == len(SHAPE_POINTS) == 70
    assert SHAPE_POINTS[-2:] == PUPILS
