import subprocess
import sys
import threading
from itertools import pairwise

import cv2
import numpy as np
import pytest
from drawn_faces import FoundFaces, face
from hypothesis import given
from hypothesis import strategies as st

from microemo import weights
from microemo.errors import InputError
from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception import faces as faces_module
from microemo.perception.faces import NUM_KEY_FRAMES, scan
from microemo.perception.landmarks import Landmarker, View, quiet_stderr, views
from microemo.perception.regions import region_masks


class FakeLandmarker(FoundFaces):
    """Finds one face where the picture is not black, a second one where it is bright."""

    def detect(self, frame):
        level = int(frame.image.max())
        return [face(0.4, 0.5)] * (level > 0) + [face(0.8, 0.3, 0.2)] * (level > 200)


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(faces_module, "Landmarker", FakeLandmarker)


def video(levels, fps=10, shape=(90, 160, 3)):
    return (Frame(index / fps, np.full(shape, level, np.uint8)) for index, level in enumerate(levels))


def test_scan_samples_the_first_frame_from_each_time_on(fake, tmp_path):
    seen = scan(video([100] * 30), [0.0, 0.55, 0.6, 1.0, 99.0], 56, 14, tmp_path)
    assert seen.frame_times_sec == pytest.approx([0.0, 0.6, 1.0, 2.9])
    person = seen.main_person
    assert seen.frames.shape == person.views.shape == (4, 56, 56, 3)
    assert person.view_masks.shape == (4, 7, 16)
    assert person.face_mask.all() and (person.views[:] == 100).all()
    assert person.view_masks[:].max() <= 1 and (person.view_masks[:].sum(axis=2) > 0).all()
    assert len(person.track.times_sec) == 30
    assert person.face_seconds == pytest.approx(3.0)


def test_threads_see_what_one_sees(fake, tmp_path, monkeypatch):
    levels, times = [0] * 5 + [100] * 9 + [255] * 6 + [100] * 5, np.arange(0, 3, 0.4)

    def seen():
        return scan(video(levels), times, 56, 14, tmp_path)

    in_threads = seen()
    monkeypatch.setattr(faces_module, "ahead", lambda items, size: (item for item in items))
    alone = seen()
    assert len(in_threads.people) == len(alone.people) == 2 and in_threads.shots == alone.shots
    np.testing.assert_array_equal(in_threads.frames[:], alone.frames[:])
    for one, other in zip(in_threads.people, alone.people, strict=True):
        np.testing.assert_array_equal(one.track.times_sec, other.track.times_sec)
        np.testing.assert_array_equal(one.track.boxes, other.track.boxes)
        np.testing.assert_array_equal(one.track.hidden, other.track.hidden)
        np.testing.assert_array_equal(one.views[:], other.views[:])


def test_frames_that_cannot_be_read_end_the_pass_and_its_threads(fake, tmp_path):
    def torn():
        yield from video([100] * 5)
        raise InputError("torn.mp4 is damaged")

    with pytest.raises(InputError, match="damaged"):
        scan(torn(), [0.0], 56, 14, tmp_path)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_the_clue_regions_may_lie_in_the_frame_itself(fake, tmp_path):
    levels, times = [0] * 5 + [100] * 5, [0.0, 0.5]
    seen, aligned = (scan(video(levels), times, 56, 14, tmp_path, local_view=view) for view in ("frame", "face"))
    assert list(seen.main_person.face_mask) == [False, True]
    assert (seen.main_person.views[:] == seen.frames[1:]).all()
    (expected,) = FakeLandmarker(None).detect(Frame(0.5, np.full((90, 160, 3), 100, np.uint8)))
    np.testing.assert_array_equal(seen.main_person.view_masks, region_masks(expected.landmarks, 4)[None])
    assert not np.array_equal(seen.main_person.view_masks, aligned.main_person.view_masks)


def test_scan_of_faceless_and_empty_videos(fake, tmp_path):
    seen = scan(video([0] * 10), [0.0, 0.5], 56, 14, tmp_path)
    assert seen.main_person is None and seen.people == ()
    assert seen.nobody.face_seconds == 0 and list(seen.nobody.face_mask) == [False, False]
    assert seen.nobody.views.shape == (0, 56, 56, 3) and seen.nobody.view_masks.shape == (0, 7, 16)
    assert [key.landmarks for key in seen.all_key_frames] == [None, None]
    empty = scan(iter(()), [0.0, 0.5], 56, 14, tmp_path)
    assert empty.frames.shape == (0, 56, 56, 3) and empty.all_key_frames == ()


def test_scan_keeps_to_the_main_person(fake, tmp_path):
    seen = scan(video([0] * 10 + [100] * 20 + [255] * 10), np.arange(0, 4, 0.5), 56, 14, tmp_path)
    assert len(seen.people) == 2
    assert list(seen.main_person.face_mask) == [False] * 2 + [True] * 6
    assert seen.main_person.track.boxes[:, 0].max() < 0.4


def test_key_frames_are_few_and_show_the_face(fake, tmp_path):
    levels = [0, 100] * 40
    seen = scan(video(levels, shape=(400, 800, 3)), np.arange(80) / 10, 56, 14, tmp_path)
    assert len(seen.main_person.key_frames) == NUM_KEY_FRAMES
    for key in seen.main_person.key_frames:
        picture = cv2.imdecode(np.frombuffer(key.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (240, 480, 3)
        assert picture.mean() == pytest.approx(100, abs=3)
        assert key.landmarks.shape == (478, 2)


def test_scan_reports_progress(fake, tmp_path):
    calls = []
    scan(video([100] * 5), [0.0], 56, 14, tmp_path, hook=lambda *call: calls.append(call))
    assert {step for step, _, _ in calls} == {"faces"}
    assert calls[0][1] == 0 and calls[-1][1] == calls[-1][2] == pytest.approx(0.4)
    assert all(before[1] <= after[1] for before, after in pairwise(calls))


@given(st.integers(1, 2000), st.integers(1, 2000))
def test_tiles_cover_the_frame(width, height):
    whole, padded, *tiles = views(width, height)
    assert whole[:4] == (0, 0, width, height)
    assert padded.left <= 0 and padded.width >= width
    for side, axis, length in ((tile.width, axis, (width, height)[axis]) for tile in tiles for axis in (0, 1)):
        starts = sorted({tile[axis] for tile in tiles if tile.width == side})
        ends = [start + side for start in starts]
        assert starts[0] == 0 and ends[-1] == length
        assert all(end >= start for end, start in zip(ends, starts[1:], strict=False))


def test_a_view_beyond_the_frame_repeats_its_border():
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    padded = View(-1, -1, 4, 4, 0.5).crop(image)
    assert padded.shape == (4, 4, 3)
    assert (padded[1:3, 1:3] == image).all() and (padded[0, 0] == image[0, 0]).all()
    assert (View(1, 0, 1, 2, 0.5).crop(image) == image[:, 1:]).all()


def test_quiet_stderr(capfd):
    with quiet_stderr():
        subprocess.run([sys.executable, "-c", "import os; os.write(2, b'noise')"], check=True)
    print("heard", file=sys.stderr)
    assert capfd.readouterr().err == "heard\n"


@pytest.fixture
def landmarker_file():
    return weights.path("face_landmarker") / "face_landmarker.task"


@pytest.fixture
def portrait():
    """An early frame of the demo clip, and the width of the woman's face in it."""
    clip = next(weights.path("demo_clip").glob("*.mp4"))
    return next(iter(frames(probe(clip)))).image


@pytest.mark.weights
def test_faces_are_found_filling_the_frame_and_far_away(landmarker_file, portrait):
    def found(image):
        with Landmarker(landmarker_file) as landmarker:
            return [landmarker.detect(Frame(index / 30, image)) for index in range(3)][-1]

    (whole,) = found(portrait)
    height, width = portrait.shape[:2]
    left, top, right, bottom = (whole.box * [width, height, width, height]).astype(int)
    (tight,) = found(cv2.resize(portrait[top:bottom, left:right], (224, 224)))
    assert tight.box == pytest.approx([0, 0, 1, 1], abs=0.1)

    wide = np.full((720, 1280, 3), 60, np.uint8)
    wide[500:620, 900 : 900 + 120 * width // height] = cv2.resize(portrait, (120 * width // height, 120))
    (far,) = found(wide)
    assert far.box[0] == pytest.approx((900 + whole.box[0] * 120 * width / height) / 1280, abs=0.01)
    assert far.box[3] == pytest.approx((500 + whole.box[3] * 120) / 720, abs=0.02)

    wide, size = np.full((720, 1280, 3), 60, np.uint8), (60 * width // height, 60)
    wide[300:360, 700 : 700 + size[0]] = cv2.resize(portrait, size, interpolation=cv2.INTER_AREA)
    (farther,) = found(wide)
    assert farther.box[3] - farther.box[1] < 0.07
    assert farther.box[0] == pytest.approx((700 + whole.box[0] * size[0]) / 1280, abs=0.01)

    assert found(np.full((360, 640, 3), 90, np.uint8)) == []


@pytest.mark.weights
def test_nothing_is_written_to_the_terminal(landmarker_file, portrait):
    code = (
        "import sys, numpy as np; from pathlib import Path; from microemo.media.video import Frame\n"
        "from microemo.perception.faces import scan\n"
        "image = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(eval(sys.argv[2]))\n"
        "seen = scan([Frame(i / 30, image) for i in range(12)], [0.0], 112, 14, Path(sys.argv[1]))\n"
        "assert seen.main_person.face_mask.all()"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(landmarker_file), repr(portrait.shape)],
        input=np.ascontiguousarray(portrait).tobytes(),
        capture_output=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
