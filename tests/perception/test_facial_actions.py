"""Series of facial actions: on made shapes, by side, whatever the pose; and wrinkles of drawn noses."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.clues import facial_actions
from microemo.perception.face_shape import SHAPE_POINTS, frontal_shape
from microemo.perception.facial_actions import MEASURES, MIRRORED, activations, mirrored
from microemo.perception.landmarks import BLENDSHAPES, Face
from microemo.perception.nose_folds import nose_folds
from microemo.perception.regions import LEFT_EYE, REGION_NAMES, RIGHT_EYE
from microemo.perception.series import facial_series
from microemo.schema import FaceTrack

ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 26, 27, 28, 43, 45)


def any_shapes(seed: int, num_rows: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.5, (num_rows, len(SHAPE_POINTS), 3)).astype(np.float32)


def track(shape: np.ndarray, blendshapes: np.ndarray | None = None, **columns: np.ndarray) -> FaceTrack:
    blendshapes = np.zeros((len(shape), len(BLENDSHAPES)), np.float32) if blendshapes is None else blendshapes
    return FaceTrack(np.arange(len(shape)) / 25, np.zeros((len(shape), 4)), blendshapes, shape=shape, **columns)


def other_side(name: str) -> str:
    return name.replace("Left", "LEFT").replace("Right", "Left").replace("LEFT", "Right")


def test_every_action_unit_has_its_columns() -> None:
    columns = facial_series(track(any_shapes(0)))
    names = [f"au{unit:02d}" for unit in ACTION_UNITS]
    assert columns.keys() >= {name + end for name in names for end in ("", "_intensity")}
    sided = {name[:-5] for name in columns if name.endswith("_left")}
    assert columns.keys() >= {name + end for name in sided for end in ("_left", "_right", "_asymmetry")}
    assert "au12" in sided and not {"au18", "au26"} & sided  # blendshapes alone tell no sides
    known = {name: values for name, values in columns.items() if not name.startswith("au09")}
    for name, values in known.items():
        assert np.isfinite(values).all() and np.abs(values).max() <= (5 if name.endswith("_intensity") else 1)


def test_intensity_is_above_the_person_s_own_rest() -> None:
    shown = np.zeros((100, len(BLENDSHAPES)), np.float32)
    smile = [BLENDSHAPES.index(f"mouthSmile{side}") for side in ("Left", "Right")]
    shown[:, smile] = 0.06  # as resting faces have it
    shown[50:75, smile] = 0.933
    told = facial_series(FaceTrack(np.arange(100) / 25, np.zeros((100, 4)), shown))["au12_intensity"]
    assert told[:50].max() == 0 and told[60] == pytest.approx(5, abs=0.05)


def test_the_sides_of_a_turned_face_are_not_compared() -> None:
    pose = np.zeros((4, 3), np.float32)
    pose[2:, 1] = 30
    told = facial_series(track(any_shapes(2), pose=pose))["au12_asymmetry"]
    assert np.isfinite(told).tolist() == [True, True, False, False]


def test_mirrored_points_are_each_others() -> None:
    assert sorted(MIRRORED) == list(range(len(SHAPE_POINTS)))
    assert [MIRRORED[other] for other in MIRRORED] == list(range(len(SHAPE_POINTS)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_mirrored_face_swaps_its_sides(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape, folds = any_shapes(seed), rng.uniform(0, 3, (4, 2)).astype(np.float32)
    blendshapes = rng.uniform(0, 1, (4, len(BLENDSHAPES))).astype(np.float32)
    swapped = blendshapes[:, [BLENDSHAPES.index(other_side(name)) for name in BLENDSHAPES]]
    one = activations(track(shape, blendshapes, folds=folds))
    other = activations(track(mirrored(shape), swapped, folds=folds[:, ::-1]))
    for kind, sides in one.items():
        np.testing.assert_allclose(sides.both, other[kind].both, atol=1e-5)
        np.testing.assert_allclose(sides.left, other[kind].right, atol=1e-5)
        np.testing.assert_allclose(sides.right, other[kind].left, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 3), st.floats(-30, 30), st.floats(-20, 20), st.floats(-40, 40))
def test_measures_are_of_the_shape_whatever_the_pose(
    seed: int, scale: float, yaw: float, pitch: float, roll: float
) -> None:
    rng = np.random.default_rng(seed)
    face = rng.normal(0, 100, (478, 3))
    turn = cv2.Rodrigues(np.radians([pitch, yaw, roll]))[0]
    matrix = np.eye(4)
    matrix[:3, :3] = np.diag([1, -1, -1]) @ turn @ np.diag([1, -1, -1])
    ahead = frontal_shape(face, np.eye(4))[0][None]
    posed = frontal_shape(scale * face @ turn.T + rng.normal(0, 200, 3), matrix)[0][None]
    for name, measure in MEASURES.items():
        np.testing.assert_allclose(measure(ahead), measure(posed), rtol=1e-2, atol=1e-3, err_msg=name)


def test_a_raised_inner_brow_is_told_by_side() -> None:
    """Its blendshape has no sides: the shape has."""
    shape = np.zeros((2, len(SHAPE_POINTS), 3), np.float32)
    shape[:, [40, 41, 46, 47], 1] = 0.35  # open eyes
    shape[:, [20, 21, 22, 23], 1] = -0.5
    shape[1, [22, 23], 1] -= 0.28  # the left brow's inner end, upwards
    blendshapes = np.zeros((2, len(BLENDSHAPES)), np.float32)
    blendshapes[1, BLENDSHAPES.index("browInnerUp")] = 0.5
    sides = activations(track(shape, blendshapes))["inner_brow_raiser"]
    assert sides.both.tolist() == [0.0, 0.5]
    assert sides.left[1] > 0.8 and sides.right[1] < 0.2


def test_hidden_and_unknown_actions_are_not_told() -> None:
    hidden = np.zeros((4, len(REGION_NAMES)), bool)
    hidden[2:, REGION_NAMES.index("mouth")] = True
    told = facial_series(track(any_shapes(1), hidden=hidden))
    for name in ("au12", "au25", "au25_left", "au16_asymmetry"):
        assert np.isfinite(told[name]).tolist() == [True, True, False, False]
    assert np.isfinite(told["au04"]).all()
    assert np.isnan(told["au09"]).all()


def test_tracks_without_shapes_are_told_by_blendshapes() -> None:
    told = activations(FaceTrack(np.arange(3) / 25, np.zeros((3, 4)), np.full((3, len(BLENDSHAPES)), 0.4)))
    for action in facial_actions():
        assert np.isfinite(told[action.kind].both).all() == bool(action.blendshapes)


def nose(folds_left: float, folds_right: float, scale: float = 1.0, light: float = 1.0) -> tuple[np.ndarray, Face]:
    """A grey face of 200 pixels with dark creases across either half of the nose's root."""
    image = np.full((200, 200), 150.0)
    image[:, :20] = 60
    image[80:120, 50:70] = image[80:120, 130:150] = 70
    for half, depth in ((slice(86, 100), folds_right), (slice(100, 114), folds_left)):
        for row in range(92, 114, 6):
            image[row : row + 2, half] -= depth
    picture = np.repeat(np.clip(image * light, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    landmarks = np.full((478, 2), 0.5, np.float32)
    landmarks[list(RIGHT_EYE)], landmarks[list(LEFT_EYE)] = (0.3, 0.5), (0.7, 0.5)
    return picture, Face(landmarks, np.zeros(52, np.float32))


def test_wrinkles_are_seen_by_side_in_any_light_and_size() -> None:
    smooth, both = nose_folds(*nose(0, 0)), nose_folds(*nose(60, 60))
    assert (both > 3 * smooth).all()
    left, right = nose_folds(*nose(60, 0))
    assert left > 3 * right
    assert nose_folds(*nose(60, 60, light=0.6)) == pytest.approx(both, rel=0.2)
    assert nose_folds(*nose(60, 60, scale=2)) == pytest.approx(both, rel=0.25)


def test_hidden_and_small_noses_have_no_wrinkles() -> None:
    picture, face = nose(60, 60)
    assert np.isnan(nose_folds(picture, face._replace(hidden=frozenset({"nose"})))).all()
    assert np.isnan(nose_folds(*nose(60, 60, scale=0.2))).all()


def test_rows_of_hours_are_measured_some_at_a_time(monkeypatch):
    rng = np.random.default_rng(0)
    track = FaceTrack(
        np.arange(25) / 25, np.zeros((25, 4)), rng.uniform(0, 1, (25, 52)).astype(np.float32),
        shape=rng.normal(0, 1, (25, 70, 3)).astype(np.float16),
    )  # fmt: skip
    whole = activations(track)
    monkeypatch.setattr("microemo.perception.facial_actions.BLOCK", 10)
    for kind, sides in activations(track).items():
        np.testing.assert_array_equal(sides, whole[kind])
