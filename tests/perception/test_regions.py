import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.perception.regions import (
    FACE_MARGIN,
    LEFT_EYE,
    OVAL_EXTREMES,
    REGION_NAMES,
    RIGHT_EYE,
    aligned_view,
    region_masks,
    transform,
    warp,
)


@pytest.fixture
def face():
    """478 points in a face 100 wide and 120 high around the origin: eyes level, extremes on its edge."""
    rng = np.random.default_rng(0)
    points = rng.uniform([-40, -50], [40, 50], (478, 2)).astype(np.float32)
    points[list(RIGHT_EYE)] = [-20, -15]
    points[list(LEFT_EYE)] = [20, -15]
    points[list(OVAL_EXTREMES)] = [[0, -60], [0, 60], [-50, 0], [50, 0]]
    return points


def turned(points, degrees, scale=1.0, shift=(0.0, 0.0)):
    angle = np.deg2rad(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (scale * points @ rotation.T + shift).astype(np.float32)


def test_masks_are_area_fractions(face):
    """A region that fills the view covers every patch, one that lies outside of it none."""
    points = np.full((478, 2), 5.0, np.float32)
    assert region_masks(points, 8).max() == 0
    masks = region_masks(face / 150 + 0.5, 8)
    assert masks.shape == (len(REGION_NAMES), 64)
    assert masks.min() >= 0 and masks.max() <= 1
    assert (masks.sum(axis=1) > 0).all()


def test_masks_do_not_depend_on_the_grid(face):
    coarse, fine = (region_masks(face / 150 + 0.5, grid).mean(axis=1) for grid in (8, 16))
    assert coarse == pytest.approx(fine, abs=0.02)


@settings(deadline=None)
@given(st.floats(-180, 180), st.floats(0.05, 20), st.floats(-500, 500))
def test_view_is_upright_centred_and_of_one_size(degrees, scale, shift):
    rng = np.random.default_rng(0)
    points = rng.uniform(-40, 40, (478, 2)).astype(np.float32)
    points[list(RIGHT_EYE)], points[list(LEFT_EYE)] = [-20, -15], [20, -15]
    points[list(OVAL_EXTREMES)] = [[0, -60], [0, 60], [-50, 0], [50, 0]]
    moved = turned(points, degrees, scale, (shift, -shift))
    seen = transform(moved, aligned_view(moved, 112))
    right, left = seen[list(RIGHT_EYE)].mean(0), seen[list(LEFT_EYE)].mean(0)
    assert left[1] == pytest.approx(right[1], abs=0.5)
    assert left[0] > right[0]
    top, bottom = seen[list(OVAL_EXTREMES)[:2]]
    assert bottom[1] - top[1] == pytest.approx(112 / FACE_MARGIN, abs=0.5)
    assert (top + bottom) / 2 == pytest.approx([56, 56], abs=0.5)


def test_large_faces_do_not_alias():
    """Single-pixel stripes become their mean grey, not stripes of another width."""
    stripes = np.zeros((1000, 1000, 3), np.uint8)
    stripes[:, ::2] = 200
    shrink = np.array([[0.1, 0, 0], [0, 0.1, 0]], np.float32)
    view = warp(stripes, shrink, 100)
    assert view.std() < 6
    assert view.mean() == pytest.approx(100, abs=2)


def test_shrinking_keeps_places():
    image = np.zeros((600, 800, 3), np.uint8)
    image[300:340, 400:440] = 255
    affine = np.array([[0.2, 0, -20], [0, 0.2, 10]], np.float32)
    rows, columns = np.nonzero(warp(image, affine, 112)[..., 0] > 127)
    expected = transform(np.array([[419.5, 319.5]], np.float32), affine)[0]
    assert [columns.mean(), rows.mean()] == pytest.approx(expected, abs=0.5)


def test_beyond_the_image_its_border_repeats():
    image = np.full((40, 40, 3), 90, np.uint8)
    assert (warp(image, np.array([[1, 0, 30], [0, 1, 30]], np.float32), 112) == 90).all()
