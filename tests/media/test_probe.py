import os
import sys

import av
import numpy as np
import pytest

from microemo.errors import InputError
from microemo.media.probe import probe


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi"])
def test_video_with_sound(tmp_path, write, greys, tone, suffix):
    path = write(tmp_path / f"clip{suffix}", greys(50), sound=tone(2.0))
    info = probe(path, warn=pytest.fail)
    assert (info.has_video, info.has_audio, info.width, info.height) == (True, True, 64, 48)
    assert info.duration_sec == pytest.approx(2.0, abs=0.06)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".m4a", ".flac"])
def test_sound_only(tmp_path, write, tone, suffix):
    info = probe(write(tmp_path / f"clip{suffix}", sound=tone(1.5, channels=2)), warn=pytest.fail)
    assert (info.has_video, info.has_audio, info.width, info.height) == (False, True, 0, 0)
    assert info.duration_sec == pytest.approx(1.5, abs=0.06)


def test_silent_video(tmp_path, write, greys):
    info = probe(write(tmp_path / "clip.mp4", greys(10)))
    assert (info.has_video, info.has_audio) == (True, False)
    assert info.duration_sec == pytest.approx(0.4, abs=0.01)


def test_duration_without_header(tmp_path, write, greys):
    path = write(tmp_path / "clip.mkv", greys(50), options={"live": "1"})
    with av.open(str(path)) as container:
        assert container.duration is None
    assert probe(path).duration_sec == pytest.approx(2.0, abs=0.05)


def test_cover_art_is_no_video(tmp_path, write, tone):
    plain = write(tmp_path / "plain.mp3", sound=tone(1.0))
    covered = tmp_path / "covered.mp3"
    with av.open(str(plain)) as source, av.open(str(covered), "w") as target:
        sound = target.add_stream_from_template(source.streams.audio[0])
        cover = target.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        target.mux(cover.encode(picture))
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = sound
                target.mux(packet)
    with av.open(str(covered)) as container:
        assert len(container.streams.video) == 1
    info = probe(covered)
    assert (info.has_video, info.has_audio) == (False, True)


def test_cut_short_after_the_header(tmp_path, write, greys):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(100)]
    whole = write(tmp_path / "whole.mp4", noise, options={"movflags": "faststart"}).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: len(whole) // 2])
    warnings = []
    info = probe(path, warnings.append)
    assert info.has_video
    assert 1.0 < info.duration_sec < 3.0
    assert any("4.0 s" in warning and "cut short" in warning for warning in warnings)


def _encrypted(write, greys, path):
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "01" * 16, "encryption_kid": "02" * 16}
    return write(path, greys(10), options=options)


def _beheaded(write, greys, path):
    data = write(path, greys(50)).read_bytes()  # the index of an MP4 comes last
    path.write_bytes(data[: len(data) // 2])


def _noise_as_codec(write, greys, path):
    data = bytearray(write(path, greys(10), codec="mpeg4").read_bytes())
    start = data.index(b"mdat") + 4
    data[start : data.index(b"moov") - 4] = bytes(data.index(b"moov") - 4 - start)
    path.write_bytes(data)


BAD_INPUTS = {
    "does not exist": lambda write, greys, path: None,
    "is a folder": lambda write, greys, path: path.mkdir(),
    "is empty": lambda write, greys, path: path.touch(),
    "is encrypted": _encrypted,
    "neither video nor audio": lambda write, greys, path: path.write_text("Dear diary,\n" * 99),
    "cut short": _beheaded,
    "cannot be decoded": _noise_as_codec,
    "only subtitles": lambda write, greys, path: path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHi\n"),
}


@pytest.mark.parametrize("reason", BAD_INPUTS)
def test_bad_input_is_one_clear_line(tmp_path, write, greys, reason):
    path = tmp_path / "clip.mp4"
    BAD_INPUTS[reason](write, greys, path)
    with pytest.raises(InputError, match=reason) as caught:
        probe(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_file(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary,\n" * 99)
    with pytest.raises(InputError, match="text file"):
        probe(path)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file(tmp_path, write, greys):
    path = write(tmp_path / "clip.mp4", greys(5))
    path.chmod(0)
    with pytest.raises(InputError, match="permissions"):
        probe(path)


def test_playlist_reaches_no_network(tmp_path):
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(InputError):
        probe(path)
