import base64
import io
from pathlib import Path

import av
import numpy as np
import pytest
from report_samples import DURATION_SEC, make_result, make_video
from sound_files import write_tracks

from microemo.report import player
from microemo.schema import ClipInfo


def decoded(uri: str | None) -> bytes:
    assert uri is not None
    return base64.b64decode(uri.partition(";base64,")[2])


def test_playable_file_is_embedded_untouched(video: Path) -> None:
    uri = player.data_uri(make_result(video).clip)
    assert uri is not None
    assert uri.startswith("data:video/mp4;base64,")
    assert decoded(uri) == video.read_bytes()


def test_other_codecs_are_encoded_again(tmp_path: Path) -> None:
    path = make_video(tmp_path / "old.avi", "mpeg4", "mp2")
    with av.open(io.BytesIO(decoded(player.data_uri(make_result(path).clip)))) as copy:
        video, audio = copy.streams.video[0], copy.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height) == (160, 120)
        times_sec = [frame.time for frame in copy.decode(video)]
    assert times_sec == pytest.approx([index / 10 for index in range(40)], abs=0.002)


def test_large_files_are_made_small(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "MAX_BYTES", video.stat().st_size - 1)
    monkeypatch.setattr(player, "MAX_SIDE", 80)
    monkeypatch.setattr(player, "MIN_VIDEO_BITRATE", -player.AUDIO_BITRATE)
    monkeypatch.setattr(player, "AUDIO_BITRATE", 8000)
    uri = player.data_uri(make_result(video).clip)
    assert len(decoded(uri)) < video.stat().st_size
    with av.open(io.BytesIO(decoded(uri))) as copy:
        assert (copy.streams.video[0].width, copy.streams.video[0].height) == (80, 60)
        assert (copy.duration or 0) / av.time_base == pytest.approx(DURATION_SEC, abs=0.2)


def test_hours_of_video_are_left_out(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "_playable", lambda path: None)
    hours = make_result(video).clip.model_copy(update={"duration_sec": 7200.0})
    assert player.data_uri(hours) is None


def test_sound_alone(video: Path) -> None:
    info = ClipInfo(path=str(video), duration_sec=4, has_video=False, has_audio=True, face_seconds=0)
    uri = player.data_uri(info)
    assert uri is not None
    assert uri.startswith("data:audio/mp4;")


def test_a_sound_of_an_unknown_codec_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(player.PLAYABLE, "matroska,webm", ("webm", {"h264"}))
    path = make_video(tmp_path / "clip.mkv", audio_codec="mp2")
    path.write_bytes(path.read_bytes().replace(b"A_MPEG/L2", b"A_NOTHING"))
    info = ClipInfo(path=str(path), duration_sec=4, has_video=True, has_audio=False, face_seconds=0)
    with av.open(io.BytesIO(decoded(player.data_uri(info)))) as copy:
        assert [stream.type for stream in copy.streams] == ["video"]


def test_of_several_audio_tracks_the_one_that_was_heard(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "clip.mka", [np.zeros(16_000), 0.5 * np.sin(np.arange(16_000) / 10)])
    levels = []
    for track in (1, 2):
        info = ClipInfo(
            path=str(path), duration_sec=1, has_video=False, has_audio=True, face_seconds=0, audio_track=track
        )
        with av.open(io.BytesIO(decoded(player.data_uri(info)))) as copy:
            levels.append(max(float(np.abs(frame.to_ndarray()).max()) for frame in copy.decode(audio=0)))
    assert levels[0] < 0.01
    assert levels[1] > 0.3


@pytest.mark.parametrize("content", [None, b"", b"This is no video at all.\n"])
def test_unreadable_recording_is_left_out(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    assert player.data_uri(make_result(path).clip) is None
