from collections.abc import Callable
from pathlib import Path

import pytest

from microemo import pipeline, schema
from microemo.errors import InputError, WeightsError
from microemo.hooks import Hook
from microemo.media import subtitles as subtitle_files
from microemo.media.subtitles import Cue
from microemo.predict.clips import ClipEntry
from microemo.predict.microemo_system import MicroEmoSystem
from microemo.predict.settings import DEFAULT_LOADING, LoadOptions, PredictionSettings
from microemo.predict.specs import build
from microemo.result import Result


class Recorder:
    """A pipeline that remembers what it was given of a clip, and always says the same."""

    def __init__(self) -> None:
        self.cues: list[Cue] | None = None
        self.asr: bool | None = None
        self.device = ""

    def analyze(self, path: Path, subtitles: list[Cue] | None = None, asr: bool = True) -> Result:
        self.cues, self.asr = subtitle_files.load(subtitles) if subtitles else None, asr
        said = tuple(
            schema.Utterance(index=i, start_sec=cue.start_sec, end_sec=cue.end_sec, text=cue.text, source="subtitle")
            for i, cue in enumerate(self.cues or ())
        )
        emotions = (schema.Emotion(label="bitter", confidence=0.7), schema.Emotion(label="tired", confidence=0.2))
        return Result(
            clip=schema.ClipInfo(path=str(path), duration_sec=1, has_video=True, has_audio=False, face_seconds=1),
            overall=schema.Answer(emotions=emotions, explanation="The brows are lowered."),
            utterances=tuple(schema.UtteranceAnswer(**utterance.model_dump()) for utterance in said),
            clues=(),
            abstained=False,
            model=schema.ModelInfo(name="toy", version="0", weights_sha256="0" * 64),
            microemo_version="0",
        )


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()

    def load(model: str, device: str, hook: Hook) -> Recorder:
        recorder.device = device
        return recorder

    monkeypatch.setattr(pipeline, "load", load)
    return recorder


def test_our_own_answer_has_labels_with_confidences(
    recorder: Recorder, tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4"), "- No: {b}never}\n<i>again</i>.")
    answer = build("nano", "What?", PredictionSettings(), DEFAULT_LOADING).predict(clip)
    assert (answer.text, answer.labels, answer.confidences) == (
        "The brows are lowered.",
        ("bitter", "tired"),
        (0.7, 0.2),
    )
    assert answer.modalities == ("video", "text")


@pytest.mark.parametrize(
    "words", ["Oh, no.", "I said: stop!", "Wait ... what?", "ÄÖÜ, 'so' it \"goes\"", "- Who? - Me", "<i>ANN</i>: {b}No"]
)
def test_the_manifests_words_are_said_throughout_the_clip(
    recorder: Recorder, tmp_path: Path, make_clip: Callable[..., Path], words: str
) -> None:
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4", sound=False), words)
    answer = build("nano", "What?", PredictionSettings(asr=True), DEFAULT_LOADING).predict(clip)
    assert recorder.cues == [Cue(0.0, pytest.approx(1.0, abs=0.05), words)]
    assert recorder.asr is False
    assert answer.subtitle == words


@pytest.mark.parametrize("asr", [True, False])
def test_without_words_speech_is_recognised_if_asked_for(recorder: Recorder, asr: bool) -> None:
    build("nano", "What?", PredictionSettings(asr=asr), DEFAULT_LOADING).predict(ClipEntry("clip", Path("clip.mp4")))
    assert (recorder.cues, recorder.asr) == (None, asr)


def test_it_runs_where_it_is_asked_to(recorder: Recorder) -> None:
    build("nano", "What?", PredictionSettings(), LoadOptions(device="mps"))
    assert recorder.device == "mps"


def test_it_has_questions_of_its_own_and_keeps_nothing_back(recorder: Recorder) -> None:
    assert build("nano", "What?", PredictionSettings(), DEFAULT_LOADING).question is None
    with pytest.raises(InputError, match="always uses all modalities"):
        build("nano", "What?", PredictionSettings(modalities=("video",)), DEFAULT_LOADING)


@pytest.mark.parametrize("spec", ["nanno", "http://localhost:8000/v1", "https://host/v1#"])
def test_a_model_that_is_none_is_named(spec: str) -> None:
    with pytest.raises(InputError, match=f"^{spec}: (no such model|names no model)"):
        build(spec, "What?", PredictionSettings(), DEFAULT_LOADING)


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no model in"):
        build(str(tmp_path), "What?", PredictionSettings(), DEFAULT_LOADING)


@pytest.mark.weights
def test_nano_itself(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4"), "I am so happy to see you!")
    system = build("nano", "What?", PredictionSettings(), DEFAULT_LOADING)
    assert isinstance(system, MicroEmoSystem)
    answer = system.predict(clip)
    assert answer.labels
    assert len(answer.labels) == len(answer.confidences)
    assert answer.subtitle == clip.subtitle
