"""Videos as phones, cameras and cutting programs write them: odd clocks, fast frames, turned pictures, data tracks."""

import math
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.media.video import frames

ONE = 1 << 16  # of a display matrix
EIGHT_MATRICES = [
    *[(1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1)],
    *[(0, 1, 1, 0), (0, -1, 1, 0), (0, 1, -1, 0), (0, -1, -1, 0)],
]


def remuxed(source: Path, target: Path, shift_sec: float = 0.0, matrix: tuple[int, ...] = (1, 0, 0, 1)) -> Path:
    """The same packets in another file, later by a time, with a display matrix."""
    a, b, c, d = (ONE * value for value in matrix)
    with av.open(str(source)) as old, av.open(str(target), "w", options={"avoid_negative_ts": "disabled"}) as new:
        streams = [new.add_stream_from_template(stream) for stream in old.streams]
        streams[0].set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        for packet in old.demux():
            if packet.pts is None:
                continue
            shift = round(shift_sec / packet.time_base)
            packet.pts += shift
            packet.dts = None if packet.dts is None else packet.dts + shift
            packet.stream = streams[packet.stream.index]
            new.mux(packet)
    return target


def with_timecode(path: Path, images: list[np.ndarray]) -> Path:
    """As cameras write it: a ``tmcd`` track beside the picture, and no sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.height, video.width = images[0].shape[:2]
        video.metadata["timecode"] = "01:02:03:04"
        for image in images:
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode())
    return path


def as_metadata(path: Path) -> Path:
    """The timecode track made one of timed metadata (``mebx``), as iPhones write them."""
    data = bytearray(path.read_bytes())
    for start in [at for at in range(len(data)) if data[at : at + 4] == b"tmcd"]:
        if data[start - 4 : start] == b"mhlr":
            data[start : start + 4] = b"meta"
        elif b"stsd" in data[start - 20 : start] or data[start - 8 : start - 4] == bytes(4):
            data[start : start + 4] = b"mebx"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".ts"])
@pytest.mark.parametrize("shift_sec", [0.7, 30.0])
def test_late_first_timestamps(tmp_path, write, greys, suffix, shift_sec):
    source = write(tmp_path / ("plain.webm" if suffix == ".webm" else "plain.mp4"), greys(20))
    path = remuxed(source, tmp_path / f"late{suffix}", shift_sec)
    info = probe(path, pytest.fail)
    read = list(frames(info, warn=pytest.fail))
    assert info.duration_sec == pytest.approx(0.8, abs=0.01)
    assert [frame.time_sec for frame in read] == pytest.approx([i / 25 for i in range(20)], abs=0.0011)
    assert [frame.image.mean() for frame in read] == pytest.approx([10 + 10 * i for i in range(20)], abs=4)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_what_lies_before_an_edit_list_is_not_shown(tmp_path, write, greys, tone, suffix):
    """A clip trimmed on the phone keeps its frames; the file says that half a second of them comes before zero."""
    path = remuxed(write(tmp_path / f"plain{suffix}", greys(20), sound=tone(0.8)), tmp_path / f"cut{suffix}", -0.4)
    info = probe(path, pytest.fail)
    read = list(frames(info, warn=pytest.fail))
    assert [frame.time_sec for frame in read] == pytest.approx([i / 25 for i in range(10)], abs=0.0011)
    assert [frame.image.mean() for frame in read] == pytest.approx([110 + 10 * i for i in range(10)], abs=4)
    assert len(waveform(info)) / 16000 == pytest.approx(0.4, abs=0.05)


def test_negative_timestamps_of_a_transport_stream(tmp_path, write, greys):
    path = remuxed(write(tmp_path / "plain.mp4", greys(20)), tmp_path / "early.ts", -20.0)
    read = list(frames(probe(path, pytest.fail), warn=pytest.fail))
    assert [frame.time_sec for frame in read] == pytest.approx([i / 25 for i in range(20)], abs=0.0011)


def test_negative_timestamps_of_webm_are_not_stored(tmp_path, write, greys):
    """Its first frames have no time then, and lie before the first that has one."""
    path = remuxed(write(tmp_path / "plain.webm", greys(20)), tmp_path / "early.webm", -0.4)
    read = list(frames(probe(path)))
    assert len(read) >= 19
    levels = [frame.image.mean() for frame in read]
    assert [(level - 10) / 250 for level in levels] == pytest.approx([frame.time_sec for frame in read], abs=0.05)


@pytest.mark.parametrize("fps", [50, 60000 / 1001, 60, 120])
def test_fast_frames_keep_their_own_times(tmp_path, write, fps):
    """Frame k is of grey level k, so that each picture tells the time at which it is due."""
    images = [np.full((32, 32, 3), 20 + index, np.uint8) for index in range(round(fps * 1.5))]
    times_sec = [index / fps for index in range(len(images))]
    path = write(tmp_path / "fast.mov", images, times_sec, codec="png", pix_fmt="rgb24")
    read = list(frames(probe(path), warn=pytest.fail))
    assert [(frame.image.mean() - 20) / fps for frame in read] == pytest.approx(
        [frame.time_sec for frame in read], abs=0.001
    )
    every = math.ceil(fps / 30)  # of the frames: even steps, of 30 a second at most
    assert len(read) == math.ceil(len(images) / every)
    steps_sec = [after.time_sec - before.time_sec for before, after in pairwise(read)]
    assert steps_sec == pytest.approx([every / fps] * len(steps_sec), abs=0.001)


@pytest.mark.parametrize("matrix", EIGHT_MATRICES)
@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_rotation_and_mirroring(tmp_path, write, suffix, matrix):
    """Each pixel goes where the matrix [a b; c d] sends it: x' = a x + c y, y' = b x + d y."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32], image[:24, 32:], image[24:, :32] = (200, 0, 0), (0, 200, 0), (0, 0, 200)
    a, b, c, d = matrix
    rows, columns = np.mgrid[:48, :64]
    across, down = a * columns + c * rows, b * columns + d * rows
    across, down = across - across.min(), down - down.min()
    expected = np.zeros((down.max() + 1, across.max() + 1, 3), int)
    expected[down, across] = image
    path = remuxed(write(tmp_path / "plain.mp4", [image] * 3), tmp_path / f"turned{suffix}", matrix=matrix)
    info = probe(path)
    picture = next(frames(info)).image
    assert picture.shape == expected.shape == (info.height, info.width, 3)
    assert np.abs(picture - expected)[4::8, 4::8].max() < 12


@pytest.mark.parametrize("kind", ["timecode", "metadata"])
def test_tracks_of_data_beside_a_silent_picture(tmp_path, greys, kind):
    path = with_timecode(tmp_path / "clip.mov", greys(20))
    if kind == "metadata":
        as_metadata(path)
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video", "data"]
    info = probe(path, pytest.fail)
    assert (info.has_video, info.has_audio, info.duration_sec) == (True, False, pytest.approx(0.8))
    assert waveform(info, pytest.fail) is None
    assert [frame.time_sec for frame in frames(info, warn=pytest.fail)] == pytest.approx([i / 25 for i in range(20)])


def test_subtitles_that_outlast_the_picture_are_no_sign_of_a_cut_file(tmp_path, write, greys):
    source, path = write(tmp_path / "plain.mkv", greys(20)), tmp_path / "subtitled.mkv"
    (tmp_path / "words.srt").write_text("1\n00:00:00,100 --> 00:00:09,000\nWords\n")
    with av.open(str(source)) as old, av.open(str(tmp_path / "words.srt")) as words, av.open(str(path), "w") as new:
        streams = [new.add_stream_from_template(file.streams[0]) for file in (old, words)]
        for file, stream in zip((old, words), streams, strict=True):
            for packet in file.demux():
                if packet.pts is not None:
                    packet.stream = stream
                    new.mux(packet)
    with av.open(str(path)) as container:
        assert container.duration / av.time_base == pytest.approx(9.0)
    assert probe(path, pytest.fail).duration_sec == pytest.approx(0.8, abs=0.01)
