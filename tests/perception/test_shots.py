"""Cuts, and what looks like them."""

import numpy as np
import pytest

from microemo.media.video import Frame
from microemo.perception.shots import AHEAD, mark_cuts, shots
from microemo.spans import Span

SCENES = [np.kron(np.random.default_rng(seed).integers(0, 256, (6, 9, 3)), np.ones((40, 40, 1))).astype(np.uint8)
          for seed in range(3)]  # fmt: skip


def cuts(images, fps=25):
    return [index for index, (_, is_cut) in enumerate(mark_cuts(video(images, fps))) if is_cut]


def video(images, fps=25):
    return [Frame(index / fps, image) for index, image in enumerate(images)]


def noisy(image, count, seed=0):
    rng = np.random.default_rng(seed)
    return [np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8) for _ in range(count)]


def test_cuts_are_found_where_they_are():
    images = [*noisy(SCENES[0], 20), *noisy(SCENES[1], 30), *noisy(SCENES[2], 9), *noisy(SCENES[0], 20)]
    assert cuts(images) == [20, 50, 59]


def test_every_frame_comes_out_once_and_in_order():
    given = video(noisy(SCENES[0], 2 * AHEAD))
    assert [frame.time_sec for frame, _ in mark_cuts(given)] == [frame.time_sec for frame in given]
    assert list(mark_cuts([])) == []
    assert [is_cut for _, is_cut in mark_cuts(given[:1])] == [False]


def test_frames_are_not_held_back_for_long():
    read = []
    stream = mark_cuts(read.append(frame) or frame for frame in video(noisy(SCENES[0], 30)))
    for index, _ in enumerate(stream):
        assert len(read) <= index + 1 + AHEAD


def test_one_scene_with_camera_motion_is_one_shot():
    wide = np.concatenate([SCENES[0], SCENES[1], SCENES[2]], axis=1)
    for step in (4, 12, 24):
        assert cuts([wide[:, x : x + 360] for x in range(0, 720, step)]) == []


@pytest.mark.parametrize("flash", [[255], [255, 200], [0]])
def test_a_flash_is_no_cut(flash):
    images = noisy(SCENES[0], 40)
    for index, level in enumerate(flash):
        images[20 + index] = np.full_like(images[0], level)
    assert cuts(images) == []


def test_fades_and_dissolves_are_no_cuts():
    one, other = SCENES[0].astype(float), SCENES[1].astype(float)
    fade = [one * level for level in [*np.linspace(1, 0, 25), *np.linspace(0, 1, 25)]]
    dissolve = [one * (1 - share) + other * share for share in np.linspace(0, 1, 25)]
    assert cuts([image.astype(np.uint8) for image in [*[one] * 10, *fade, *[one] * 10]]) == []
    assert cuts([image.astype(np.uint8) for image in [*[one] * 10, *dissolve, *[other] * 10]]) == []


def test_a_still_picture_and_a_black_one_are_one_shot():
    assert cuts([SCENES[0]] * 20) == []
    assert cuts([np.zeros_like(SCENES[0])] * 20) == []


def test_shots_lie_between_cuts():
    assert shots([0.0, 1.5, 3.0], 4.0) == (Span(0.0, 1.5), Span(1.5, 3.0), Span(3.0, 4.0))
    assert shots([], 0.0) == ()
