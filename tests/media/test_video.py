import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.media.probe import probe
from microemo.media.upright import MAX_SIDE
from microemo.media.video import NATIVE_FPS, frames


def grey_levels(path, **options):
    return [round(float(frame.image.mean())) for frame in frames(probe(path), **options)]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi"])
def test_every_frame_at_its_time(tmp_path, write, greys, suffix):
    path = write(tmp_path / f"clip{suffix}", greys(20))
    read = list(frames(probe(path), warn=pytest.fail))
    assert [frame.time_sec for frame in read] == pytest.approx([i / 25 for i in range(20)], abs=0.0011)
    assert [frame.image.mean() for frame in read] == pytest.approx([10 + 10 * i for i in range(20)], abs=4)
    assert all(frame.image.shape == (48, 64, 3) and frame.image.dtype == np.uint8 for frame in read)


def test_b_frames_in_avi(tmp_path, write, greys):
    """AVI stores no presentation times; a file with B-frames must still come in order and whole."""
    path = write(tmp_path / "clip.avi", greys(20), codec="libx264")
    read = list(frames(probe(path)))
    assert [frame.time_sec for frame in read] == pytest.approx([i / 25 for i in range(20)], abs=1e-6)
    assert [frame.image.mean() for frame in read] == pytest.approx([10 + 10 * i for i in range(20)], abs=4)


def test_variable_frame_rate(tmp_path, write, greys):
    times_sec = [0.0, 0.04, 0.5, 0.55, 2.0, 2.033]
    path = write(tmp_path / "clip.mkv", greys(6), times_sec)
    assert [frame.time_sec for frame in frames(probe(path))] == pytest.approx(times_sec, abs=0.0011)


def test_fast_frames_are_dropped_by_time(tmp_path, write, greys):
    burst_sec = [i / 240 for i in range(120)]  # half a second at 240 fps, then two slow frames
    path = write(tmp_path / "clip.mkv", greys(122), [*burst_sec, 1.0, 2.0])
    read_sec = [frame.time_sec for frame in frames(probe(path), max_fps=30)]
    assert len(read_sec) == pytest.approx(15 + 2, abs=1)
    assert read_sec[-2:] == pytest.approx([1.0, 2.0], abs=0.0011)
    assert max(later - earlier for earlier, later in pairwise(read_sec[:-2])) < 0.05


@pytest.mark.parametrize(("fps", "kept_fps"), [(25, 25), (30, 30), (50, 25), (60, 30), (100, 25), (120, 30)])
def test_steps_stay_even_where_frames_are_dropped(tmp_path, write, greys, fps, kept_fps):
    path = write(tmp_path / "clip.mp4", greys(fps), [index / fps for index in range(fps)])
    read_sec = [frame.time_sec for frame in frames(probe(path), max_fps=30)]
    assert np.diff(read_sec) == pytest.approx(1 / kept_fps, abs=0.0015)
    assert len(list(frames(probe(path), NATIVE_FPS))) == fps


@given(st.lists(st.integers(1, 90), min_size=1, max_size=40), st.sampled_from([5.0, 12.5, 30.0]))
@settings(max_examples=15, deadline=None)
def test_times_increase_and_keep_to_the_rate(tmp_path_factory, write, gaps_ms, max_fps):
    times_sec = np.cumsum([0, *gaps_ms]) / 1000
    images = [np.zeros((16, 16, 3), np.uint8)] * len(times_sec)
    path = write(tmp_path_factory.mktemp("vfr") / "clip.mkv", images, times_sec)
    read_sec = [frame.time_sec for frame in frames(probe(path), max_fps)]
    assert read_sec[0] == 0
    assert all(earlier < later for earlier, later in pairwise(read_sec))
    assert len(read_sec) <= times_sec[-1] * max_fps + 1.3
    assert set(np.round(read_sec, 3)) <= set(np.round(times_sec, 3))


def test_clock_starts_with_the_first_sample_of_any_stream(tmp_path, write, greys, tone):
    path = write(tmp_path / "late.mkv", greys(10), [1.0 + i / 25 for i in range(10)], sound=tone(2.0))
    assert next(frames(probe(path))).time_sec == pytest.approx(1.0, abs=0.01)
    path = write(tmp_path / "alone.mkv", greys(10), [1.0 + i / 25 for i in range(10)])
    assert next(frames(probe(path))).time_sec == 0


@pytest.mark.parametrize(("degrees", "row", "column"), [(0, 0, 0), (90, -1, 0), (180, -1, -1), (-90, 0, -1)])
def test_rotation(tmp_path, write, degrees, row, column):
    """A white block at the stored top left; FFmpeg turns counter-clockwise for positive degrees."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:16, :16] = 255
    path = write(tmp_path / "clip.mp4", [image] * 3, rotation=degrees)
    picture = next(frames(probe(path))).image
    assert picture.shape == ((64, 48, 3) if degrees in (90, -90) else (48, 64, 3))
    assert picture[row, column].min() > 200
    assert picture.mean() < 60
    assert (probe(path).height, probe(path).width) == picture.shape[:2]


@pytest.mark.parametrize(
    "kind",
    [
        ("libx264", ".mp4", "yuv420p10le", (48, 64)),
        ("libx264", ".mkv", "gray", (48, 64)),
        ("libx264", ".mkv", "yuv444p", (37, 51)),
        ("qtrle", ".mov", "argb", (37, 51)),
        ("png", ".mov", "rgba", (37, 51)),
        ("png", ".mov", "gray16be", (37, 51)),
        ("mjpeg", ".avi", "yuvj420p", (37, 51)),
        ("ffv1", ".mkv", "yuva420p", (37, 51)),
    ],
)
def test_pixel_formats_and_odd_sizes(tmp_path, write, kind):
    codec, suffix, pix_fmt, size = kind
    image = np.full((*size, 3), 120, np.uint8)
    path = write(tmp_path / f"clip{suffix}", [image] * 3, codec=codec, pix_fmt=pix_fmt)
    picture = next(frames(probe(path))).image
    assert picture.shape == (*size, 3)
    assert np.abs(picture.astype(int) - 120).max() <= 6


def test_pixels_that_are_not_square(tmp_path, write, greys):
    path = write(tmp_path / "clip.mkv", greys(3), aspect=Fraction(3, 2))
    assert next(frames(probe(path))).image.shape == (48, 96, 3)
    assert probe(path).width == 96


def test_huge_frames_are_scaled_down(tmp_path, write):
    image = np.zeros((2304, 4096, 3), np.uint8)
    image[:, 2048:] = 200
    path = write(tmp_path / "clip.mkv", [image] * 2, codec="mjpeg", pix_fmt="yuvj420p")
    picture = next(frames(probe(path))).image
    assert picture.shape == (720, MAX_SIDE, 3)
    assert picture[:, :600].max() < 20
    assert picture[:, 680:].min() > 180


def test_damage_is_stepped_over(tmp_path, write):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(50)]
    path = write(tmp_path / "clip.mov", noise, codec="png", pix_fmt="rgb24")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 30000] = bytes(30000)
    path.write_bytes(data)
    warnings = []
    read_sec = [frame.time_sec for frame in frames(probe(path), warn=warnings.append)]
    assert 40 <= len(read_sec) < 50
    assert read_sec[-1] == pytest.approx(49 / 25, abs=0.01)
    assert len(warnings) == 1
    assert "damaged" in warnings[0]


def test_no_frames_without_video(tmp_path, write, tone):
    assert list(frames(probe(write(tmp_path / "clip.wav", sound=tone(0.5))))) == []


MEASURE = """
import resource, sys
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.media.video import frames
for frame in frames(probe(sys.argv[1])):
    pass
sound = waveform(probe(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
def test_memory_does_not_grow_with_length(tmp_path, write, greys, tone):
    def peak_kilobytes(seconds):
        video = write(tmp_path / f"{seconds}.avi", greys(25) * seconds)
        sound = write(tmp_path / f"{seconds}.wav", sound=tone(seconds, rate=44100), rate=44100)
        run = subprocess.run([sys.executable, "-c", MEASURE, video, sound], capture_output=True, text=True, check=True)
        return int(run.stdout)

    short, long = peak_kilobytes(10), peak_kilobytes(200)
    assert long - short < 6_000  # the long clip's sound alone is 12 800 kB, its frames 46 000 kB
