import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from turning_head import OPEN, between, head

from microemo.perception.face_shape import head_pose
from microemo.perception.gaze import FULL_LOOK_DEG, SHUT, blinks, gaze, turned
from microemo.spans import Span

SHALLOW = st.floats(-30, 30)


def test_who_faces_the_camera_and_looks_ahead_looks_into_it() -> None:
    eyes = gaze(head())
    assert eyes.to_camera == pytest.approx(0)
    assert eyes.aperture == pytest.approx(OPEN, abs=0.01)
    assert eyes.blinks == ()


def test_signs_are_those_of_openface() -> None:
    eyes = gaze(head(down=0.5, left=0.25))
    assert eyes.in_head[0] == pytest.approx([FULL_LOOK_DEG / 2, FULL_LOOK_DEG / 4])
    lowered, to_the_right = gaze(head(pitch=20)).to_camera[0], gaze(head(yaw=20)).to_camera[0]
    assert lowered == pytest.approx([20, 0], abs=1e-4)
    assert to_the_right == pytest.approx([0, -20], abs=1e-4)


def test_eyes_that_turn_back_as_far_as_the_head_turns_stay_on_the_camera() -> None:
    back = gaze(head(yaw=20, left=20 / FULL_LOOK_DEG)).to_camera[0]
    assert back == pytest.approx([0, 0], abs=1e-4)


@given(SHALLOW, SHALLOW, SHALLOW, SHALLOW, SHALLOW)
def test_the_gaze_turns_as_the_head_does(pitch: float, yaw: float, roll: float, down: float, left: float) -> None:
    """Against the rotation that ``head_pose`` reads its angles from."""
    a, b, c = np.radians([pitch, yaw, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    rotation, flip = about_x @ about_y @ about_z, np.diag([1.0, -1.0, -1.0])
    matrix = np.eye(4)
    matrix[:3, :3] = flip @ rotation @ flip
    assert head_pose(matrix) == pytest.approx([pitch, yaw, roll], abs=1e-3)
    d, e = np.radians([down, left])
    x, y, z = rotation @ [np.sin(e) * np.cos(d), np.sin(d), -np.cos(e) * np.cos(d)]
    expected = np.degrees([np.arcsin(y), np.arctan2(x, -z)])
    assert turned(np.array([[down, left]]), np.array([[pitch, yaw, roll]]))[0] == pytest.approx(expected, abs=1e-6)


def test_hidden_and_far_turned_eyes_are_not_told() -> None:
    for unseen in (head(hidden=["eyes"]), head(yaw=60), head(pitch=50)):
        eyes = gaze(unseen)
        assert np.isnan(eyes.to_camera).all() and np.isnan(eyes.aperture).all() and eyes.blinks == ()


def test_shut_eyes_look_nowhere() -> None:
    eyes = gaze(head(aperture=between(2, 4, 0.5 * SHUT * OPEN, OPEN)))
    assert np.isnan(eyes.to_camera[60]).all() and np.isfinite(eyes.to_camera[10]).all()


@pytest.mark.parametrize("fps", [24, 30, 60, 120])
@pytest.mark.parametrize("closed_sec", [0.1, 0.2, 0.35])
def test_a_blink_has_a_start_and_an_end(fps: float, closed_sec: float) -> None:
    (blink,) = gaze(head(fps=fps, aperture=between(2, 2 + closed_sec, 0.05, OPEN))).blinks
    assert blink == pytest.approx((2, 2 + closed_sec), abs=1.01 / fps)


def test_what_is_no_blink() -> None:
    for still in (
        between(2, 3, 0.05, OPEN),  # eyes closed
        between(2, 9, 0.05, OPEN),  # closed to the end
        between(2, 2.2, 0.8 * OPEN, OPEN),  # a flutter
        lambda t: np.where(t < 1, OPEN, between(3, 3.2, 0.02, 0.1)(t)),  # nearly shut before and after
    ):
        assert gaze(head(aperture=still)).blinks == ()


def test_a_frame_without_eyes_is_no_blink() -> None:
    times_sec = np.arange(50) / 25
    openness = np.where(np.arange(50) == 20, np.nan, 1.0)
    assert blinks(times_sec, openness) == ()
    assert blinks(times_sec[:1], openness[:1]) == ()
    assert blinks(np.zeros(0), np.zeros(0)) == ()
    openness[30:33] = 0.2
    assert blinks(times_sec, openness) == (Span(pytest.approx(1.2), pytest.approx(1.32)),)
