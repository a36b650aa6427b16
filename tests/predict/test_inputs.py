import base64
import io
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from microemo.errors import InputError
from microemo.media.video import Frame
from microemo.predict.clips import ClipEntry
from microemo.predict.inputs import MAX_SIDE, load_inputs, on_display, wav_base64
from microemo.predict.settings import MODALITIES, PredictionSettings

NO_PICTURE = np.zeros((1, 1, 3), np.uint8)


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=30, unique=True).map(sorted),
    st.lists(st.integers(-10, 1010), min_size=1, max_size=12, unique=True).map(sorted),
)
def test_what_is_on_display_is_the_last_frame_so_far(frame_times: list[int], times: list[int]) -> None:
    shown = list(on_display((Frame(time, NO_PICTURE) for time in frame_times), times))
    last = [max((time for time in frame_times if time <= due), default=frame_times[0]) for due in times]
    assert [frame.time_sec for frame in shown] == list(dict.fromkeys(last))


def test_frames_are_sampled_uniformly_and_bounded(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4", (40, 120, 200, 80)))
    inputs = load_inputs(clip, MODALITIES, PredictionSettings(num_frames=4))
    assert [round(float(frame.image.mean())) for frame in inputs.frames] == pytest.approx([40, 120, 200, 80], abs=3)
    assert [frame.time_sec for frame in inputs.frames] == pytest.approx([0.25, 0.75, 1.25, 1.75], abs=0.05)
    assert {frame.image.shape for frame in inputs.frames} == {(336, MAX_SIDE, 3)}
    assert inputs.sound is not None
    assert len(inputs.sound) == pytest.approx(2 * 16_000, abs=2_000)


def test_a_short_clip_gives_each_frame_once(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4", (40,)))
    assert len(load_inputs(clip, MODALITIES, PredictionSettings(num_frames=100)).frames) == 12  # 25 a second


@pytest.mark.parametrize("readable", [("video",), ("audio",), ("text",), MODALITIES])
def test_only_what_is_allowed_and_can_be_read_is_given(
    tmp_path: Path, make_clip: Callable[..., Path], readable: tuple[str, ...]
) -> None:
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4"), "Hello.")
    assert load_inputs(clip, readable, PredictionSettings()).modalities == readable
    assert load_inputs(clip, MODALITIES, PredictionSettings(modalities=readable)).modalities == readable


def test_modalities_in_any_order_are_the_same_settings() -> None:
    assert PredictionSettings(modalities=("text", "audio", "text")) == PredictionSettings(modalities=("audio", "text"))
    with pytest.raises(ValidationError):
        PredictionSettings(modalities=())


def test_a_clip_with_nothing_to_read_is_named(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    clip = ClipEntry("clip", make_clip(tmp_path / "silent.mp4", sound=False))
    with pytest.raises(InputError, match=r"silent\.mp4: has no audio and no text"):
        load_inputs(clip, ("audio", "text"), PredictionSettings())


def test_words_are_recognised_only_where_none_are_given(
    tmp_path: Path, make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microemo.predict.inputs._recognised", lambda sound, duration_sec: "heard")
    path = make_clip(tmp_path / "clip.mp4")
    assert load_inputs(ClipEntry("clip", path), MODALITIES, PredictionSettings(asr=True)).subtitle == "heard"
    assert load_inputs(ClipEntry("clip", path, "given"), MODALITIES, PredictionSettings(asr=True)).subtitle == "given"
    assert load_inputs(ClipEntry("clip", path), MODALITIES, PredictionSettings()).subtitle == ""
    assert load_inputs(ClipEntry("clip", path), ("text",), PredictionSettings(asr=True)).modalities == ("text",)


def test_sound_is_written_as_16_bit_wav() -> None:
    sound = np.linspace(-1, 1, 1600, dtype=np.float32)
    with wave.open(io.BytesIO(base64.b64decode(wav_base64(sound)))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (16_000, 1, 1600)
        samples = np.frombuffer(file.readframes(1600), "<i2")
    assert np.abs(samples / 32767 - sound).max() < 1e-4
