"""Which of several audio tracks is listened to; where no real voice is needed, a loud sound counts as one."""

from pathlib import Path

import numpy as np
import pytest
from sound_files import RATE, write_tracks

from microemo import weights
from microemo.errors import InputError
from microemo.media import excerpts
from microemo.media.audio import waveform
from microemo.media.container import open_media
from microemo.media.probe import probe
from microemo.perception import audio_tracks
from microemo.perception.audio_tracks import choose_audio_track
from microemo.spans import Span

SECONDS = 4
VOICE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(SECONDS * RATE) / RATE)).astype(np.float32)
SILENCE = np.zeros_like(VOICE)
HALF = np.where(np.arange(len(VOICE)) < 0.6 * len(VOICE), VOICE, SILENCE)


@pytest.fixture
def loud_is_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_voice(sound: np.ndarray, duration_sec: float) -> list[Span]:
        return [Span(0.0, float((np.abs(sound) > 0.01).mean()) * duration_sec)]

    monkeypatch.setattr(audio_tracks, "find_voice", find_voice)


@pytest.mark.usefixtures("loud_is_voice")
@pytest.mark.parametrize(
    ("tracks", "taken", "reason"),
    [
        ([SILENCE, VOICE], 2, "in which most voice is heard"),
        ([VOICE, SILENCE], 1, "the one that players take"),
        ([VOICE, VOICE, VOICE], 1, "the one that players take"),
        ([HALF, VOICE], 1, "the one that players take"),
        ([SILENCE, HALF, VOICE], 3, "in which most voice is heard"),
        ([SILENCE, SILENCE], 1, "the one that players take"),
        ([SILENCE, np.stack([VOICE, -VOICE])], 2, None),
    ],
)
def test_the_track_with_a_voice_is_taken(
    tracks: list[np.ndarray], taken: int, reason: str | None, tmp_path: Path
) -> None:
    path = write_tracks(tmp_path / "clip.mka", tracks)
    warnings: list[str] = []
    assert choose_audio_track(path, warnings.append) == taken
    (warning,) = warnings
    assert f"has {len(tracks)} audio tracks; track {taken} is taken, {reason or ''}" in warning
    assert "--audio-track N" in warning and "audio_track=N" in warning
    sound = waveform(probe(path, pytest.fail, taken))
    assert np.abs(sound).max() == pytest.approx(np.abs(tracks[taken - 1]).max(), abs=0.01)


def test_a_single_track_is_no_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_tracks, "excerpts", pytest.fail)
    assert choose_audio_track(write_tracks(tmp_path / "clip.wav", [VOICE], "pcm_s16le"), pytest.fail) is None


@pytest.mark.usefixtures("loud_is_voice")
def test_a_track_of_an_unknown_codec_gives_way(tmp_path: Path) -> None:
    """As the spatial sound that some phones record beside an ordinary track."""
    path = write_tracks(tmp_path / "clip.mka", [VOICE, SILENCE])
    path.write_bytes(path.read_bytes().replace(b"A_FLAC", b"A_NONE", 1))
    assert choose_audio_track(path) == 2


@pytest.mark.usefixtures("loud_is_voice")
def test_of_a_long_file_a_minute_of_each_track_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpts, "EXCERPT_SEC", 0.5)
    monkeypatch.setattr(excerpts, "SKEW_SEC", 0.2)
    late = np.concatenate([np.zeros(20 * RATE, np.float32), np.tile(VOICE, 5)])
    path = write_tracks(tmp_path / "clip.mka", [np.zeros_like(late), late])
    with open_media(path) as container:
        lengths = [len(excerpt) / RATE for excerpt in excerpts.excerpts(container)]
    assert lengths == pytest.approx([4, 4], abs=0.6)
    assert choose_audio_track(path) == 2


@pytest.mark.parametrize(("track", "held"), [(0, "2 audio tracks"), (3, "2 audio tracks"), (-1, "2 audio tracks")])
def test_a_track_that_is_not_there(track: int, held: str, tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "clip.mka", [VOICE, SILENCE])
    with pytest.raises(InputError, match=rf"clip.mka has {held}; there is no audio track {track}"):
        probe(path, audio_track=track)


@pytest.mark.weights
def test_a_real_voice(tmp_path: Path) -> None:
    speech = np.array(waveform(probe(weights.path("speech_samples") / "beckett.wav")))
    music = (0.1 * sum(np.sin(2 * np.pi * note * np.arange(len(speech)) / RATE) for note in (220, 277, 330))) / 3
    noise = 0.05 * np.random.default_rng(0).normal(size=len(speech)).astype(np.float32)
    assert choose_audio_track(write_tracks(tmp_path / "clip.mka", [music, noise, speech])) == 3
