"""The second half of the pipeline on clips that never were: what the model is asked, and what becomes of it."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from clips import SAMPLE_RATE, write
from lively import lively
from one_person import one_person_clip
from small_paper import SMALL_PAPER
from sound_files import RATE, write_tracks

from microemo.chunks import chunks, scene_of
from microemo.config import ModelConfig
from microemo.errors import InputError, WeightsError
from microemo.hooks import silent
from microemo.media.audio import Sound
from microemo.model import checkpoint
from microemo.model.features import Features
from microemo.model.language import Generation
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import OVERALL_QUESTION, PromptUtterance, Question
from microemo.perception.spoken_language import language_code
from microemo.perception.utterances import Speech
from microemo.pipeline import OPTIONAL, Pipeline, _optional, _voices, perceive
from microemo.result import Result
from microemo.schema import Clip, ClipInfo, Clue, KeyFrame, Utterance, UtteranceAnswer
from microemo.spans import Span

SIDE, PATCHES = SMALL_PAPER.vision.image_size, SMALL_PAPER.vision.grid**2
CONFIG = SMALL_PAPER.model_copy(
    update={
        "vision": SMALL_PAPER.vision.model_copy(update={"weights": None}),
        "audio": SMALL_PAPER.audio.model_copy(update={"weights": None}),
    }
)
SINGLE = CONFIG.model_copy(update={"language": CONFIG.language.model_copy(update={"dtype": "float32"})})
LABELS = {None: "calm", 0: "happy", 1: "sad"}  # of the whole, and of each utterance


def clip_of(num_utterances: int = 2, speech: tuple[tuple[float, float], ...] = ((0.0, 99.0),)) -> Clip:
    """Two seconds an utterance, two frames a second, the second frame without a face."""
    rng, num_frames = np.random.default_rng(0), 4 * num_utterances
    face_mask = np.arange(num_frames) != 1
    return one_person_clip(
        info=ClipInfo(
            path="clip.mp4", duration_sec=2.0 * num_utterances, has_video=True, has_audio=True, face_seconds=2
        ),
        frame_times_sec=np.arange(num_frames) / 2,
        frames=rng.integers(0, 256, (num_frames, SIDE, SIDE, 3), np.uint8),
        faces=rng.integers(0, 256, (num_frames, SIDE, SIDE, 3), np.uint8),
        face_mask=face_mask,
        region_masks=(rng.random((num_frames, 7, PATCHES)) * face_mask[:, None, None]).astype(np.float32),
        waveform=rng.normal(size=32_000 * num_utterances).astype(np.float32),
        utterances=tuple(
            Utterance(index=index, start_sec=2.0 * index, end_sec=2.0 * index + 2, text="Well.", source="subtitle")
            for index in range(num_utterances)
        ),
        clues=(
            Clue(id=7, modality="face", region="brows", kind="brow_lowerer", start_sec=0.5, apex_sec=1.0, end_sec=1.5,
                 value=0.6, baseline=0.1, strength=0.9),
        ),
        speech=speech,
    )  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Features, list[PromptUtterance], list[str]]]:
    """Every call for answers; the answers are labels of which the tests know."""
    calls: list[tuple[Features, list[PromptUtterance], list[str]]] = []

    def generation(label: str | None) -> Generation:
        return Generation((f" {label}.",), (0.0,))

    def answer_all(
        self: MicroEmo, clip: Features, utterances: list[PromptUtterance], questions: list[Question], num_drafts: int
    ) -> object:
        calls.append((clip, utterances, questions))
        return [generation(LABELS[asked.utterance]) for asked in questions]

    monkeypatch.setattr(MicroEmo, "answer_all", answer_all)
    return calls


def pipeline(directory: Path, config: ModelConfig = CONFIG) -> Pipeline:
    torch.manual_seed(0)
    checkpoint.save(lively(MicroEmo(config)), directory)
    return Pipeline(directory)


def test_all_utterances_are_told_in_one_prompt(tmp_path: Path, asked: list[tuple[Features, ...]]) -> None:
    result = pipeline(tmp_path).understand(clip_of())
    ((features, utterances, questions),) = asked
    assert [(entry.start_sec, entry.end_sec) for entry in utterances] == [(0, 2), (2, 4)]
    assert questions[0] == (OVERALL_QUESTION, None)
    assert len(questions) == 3
    assert features.times_sec == tuple(np.arange(8) / 2)  # those without the face, too
    assert features.audio_times_sec is not None
    assert not any(entry.clues for entry in utterances)  # off in the paper's own prompt
    assert [emotion.label for emotion in result.overall.emotions] == ["calm"]
    assert [answer.emotions[0].label for answer in result.utterances] == ["happy", "sad"]


def streamed(pipe: Pipeline, monkeypatch: pytest.MonkeyPatch, clip: Clip) -> Iterator[UtteranceAnswer | Result]:
    """What a pipeline tells of a clip that is perceived at once."""
    monkeypatch.setattr(pipe, "perceive", lambda *_: clip)
    return pipe.stream("clip.mp4")


def test_answers_come_chunk_by_chunk_and_are_those_of_the_result(
    tmp_path: Path, asked: list[tuple[Features, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microemo.chunks.MAX_UTTERANCES", 2)
    pipe, clip = pipeline(tmp_path), clip_of(3)
    stream = streamed(pipe, monkeypatch, clip)
    first = next(stream)
    assert isinstance(first, UtteranceAnswer) and len(asked) == 1
    *rest, result = stream
    assert result == pipe.understand(clip) == pipe.analyze("clip.mp4")
    assert isinstance(result, Result) and (first, *rest) == result.utterances


def test_everybodys_own_utterances_come_and_nobody_elses(
    tmp_path: Path, asked: list[tuple[Features, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    *told, result = streamed(pipeline(tmp_path), monkeypatch, two_people())
    assert isinstance(result, Result)
    assert sorted(told, key=lambda answer: answer.start_sec) == list(result.utterances)


def test_the_model_is_loaded_beside_perception(
    tmp_path: Path, asked: list[tuple[Features, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, clip, begun = pipeline(tmp_path, SINGLE), clip_of(), threading.Event()
    load, loaders = checkpoint.load, []

    def noted(*arguments: object) -> MicroEmo:
        loaders.append(threading.current_thread())
        begun.set()
        return load(*arguments)  # type: ignore[arg-type]

    def perceived(*_: object) -> Clip:
        assert begun.wait(60)
        return clip

    monkeypatch.setattr(checkpoint, "load", noted)
    monkeypatch.setattr(pipe, "perceive", perceived)
    pipe.analyze("clip.mp4")
    pipe.analyze("clip.mp4")
    assert len(loaders) == 1 and loaders[0] is not threading.main_thread()


def test_what_fails_beside_perception_is_told_where_the_model_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = pipeline(tmp_path, SINGLE)
    (tmp_path / checkpoint.WEIGHTS).write_bytes(b"damaged")
    monkeypatch.setattr(pipe, "perceive", lambda *_: replace(clip_of(), people=()))
    assert pipe.analyze("clip.mp4").abstained  # which takes no model
    for _ in range(2):
        with pytest.raises(WeightsError, match="cannot be read"):
            _ = pipe.model


def test_an_only_utterance_is_asked_about_once(tmp_path: Path, asked: list[tuple[Features, ...]]) -> None:
    result = pipeline(tmp_path).understand(clip_of(1))
    ((_, _, questions),) = asked
    assert questions == [(OVERALL_QUESTION, None)]
    assert [answer.emotions[0].label for answer in (result.overall, *result.utterances)] == ["calm", "calm"]


def test_a_model_of_faces_reads_the_frames_that_have_one_and_the_clues(
    tmp_path: Path, asked: list[tuple[Features, ...]]
) -> None:
    config = CONFIG.model_copy(update={"local_view": "face", "clue_text": True})
    pipeline(tmp_path, config).understand(clip_of())
    ((features, utterances, _),) = asked
    assert [bool(entry.clues) for entry in utterances] == [True, False]
    assert len(features.times_sec) == 7  # the frame without the face is not read


def test_an_utterance_in_which_nobody_speaks_is_judged_without_sound(
    tmp_path: Path, asked: list[tuple[Features, ...]]
) -> None:
    config = CONFIG.model_copy(update={"local_view": "face"})
    pipeline(tmp_path, config).understand(clip_of(speech=((0.0, 2.1),)))
    ((_, utterances, _),) = asked
    assert [entry.heard for entry in utterances] == [True, False]


def two_people() -> Clip:
    """P1 says the first utterance, P2 the second; both are seen throughout."""
    clip = clip_of()
    (one,) = clip.people
    other = replace(
        one,
        person=one.person.model_copy(update={"id": "P2"}),
        utterances=tuple(
            utterance.model_copy(update={"person": "P2", "text": "Well." * utterance.index})
            for utterance in one.utterances
        ),
        said=frozenset({1}),
        clues=(),
        speech=((2.0, 4.0),),
    )
    listens = one.utterances[1].model_copy(update={"text": ""})
    one = replace(one, utterances=(one.utterances[0], listens), said=frozenset({0}), speech=((0.0, 2.0),))
    return replace(clip, people=(one, other), utterances=(clip.utterances[0], other.utterances[1]))


def test_everybody_is_asked_about_speaking_and_listening(tmp_path: Path, asked: list[tuple[Features, ...]]) -> None:
    config = CONFIG.model_copy(update={"local_view": "face", "clue_text": True})
    result = pipeline(tmp_path, config).understand(two_people())
    told = [entry for _, utterances, _ in asked for entry in utterances]
    assert [entry.text for entry in told] == ["Well.", "", "", "Well."]
    assert [bool(entry.clues) for entry in told] == [True, False, False, False]  # they are P1's
    assert [entry.heard for entry in told] == [True, False, False, True]
    assert [(one.person, one.emotions[0].label) for one in result.utterances] == [("P1", "happy"), ("P2", "sad")]
    first, second = result.people
    assert [(one.index, one.text, one.emotions[0].label) for one in first.listening] == [(1, "", "sad")]
    assert [(one.index, one.text, one.emotions[0].label) for one in second.listening] == [(0, "", "happy")]
    assert result.main_person == "P1" and result.overall == first.overall and second.overall.emotions
    assert [one.index for one in result.timeline("P2")] == [0, 1]


@pytest.mark.parametrize(("view", "hears_both"), [("face", False), ("frame", True)])
def test_a_model_of_one_voice_does_not_hear_the_others(view: str, hears_both: bool) -> None:
    clip = two_people()
    first, second = clip.people
    second = replace(second, speech=(Span(1.5, 4.0),))  # they speak at once until 2 s
    clip = replace(clip, people=(first, second))
    config = CONFIG.model_copy(update={"local_view": view})
    heard = scene_of(config, clip, first, chunks(first.utterances)[0]).waveform
    assert heard is not None and clip.waveform is not None
    assert np.array_equal(heard[:32_000], clip.waveform[:32_000])
    assert heard[32_000:].any() == hears_both and clip.waveform[32_000:].any()


def test_one_person_may_be_asked_about_alone(tmp_path: Path, asked: list[tuple[Features, ...]]) -> None:
    result = pipeline(tmp_path).understand(two_people(), person="P2")
    assert len(asked) == 1
    assert [one.id for one in result.people] == [result.main_person] == ["P2"]
    assert [one.person for one in result.utterances] == ["P2"]
    assert result.clues == () and result.overall == result.people[0].overall


def test_a_person_who_is_not_there_is_named_with_those_who_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^clip.mp4: P3 is not among .* choose from: P1, P2$"):
        pipeline(tmp_path).understand(two_people(), person="P3")


def test_the_papers_classes_answer_in_the_pipeline(tmp_path: Path) -> None:
    result = pipeline(tmp_path).understand(clip_of(num_utterances=10))  # two chunks
    assert len(result.utterances) == 10
    assert not result.abstained
    assert result.model.name == "small paper"


def test_the_models_version_is_its_own(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"version": "7"})
    assert pipeline(tmp_path, config).understand(clip_of()).model.version == "7"


def test_key_frames_travel_with_the_result(tmp_path: Path) -> None:
    frame = KeyFrame(0.5, b"jpeg", None)
    result = pipeline(tmp_path).understand(replace(clip_of(), key_frames=(frame,)))
    assert result.key_frames == (frame,)


@pytest.mark.parametrize("pictures", [2.0, 0.0], ids=["video", "sound alone"])
def test_every_step_of_the_way_is_completed(tmp_path: Path, pictures: float) -> None:
    """Else a progress display would never end."""
    last: dict[str, tuple[float, float | None]] = {}
    first: dict[str, float] = {}

    def hook(step: str, completed: float, total: float | None, /) -> None:
        first.setdefault(step, completed)
        last[step] = completed, total

    grey = np.full((120, 160, 3), 90, np.uint8)
    name, shown = ("clip.mp4", grey) if pictures else ("clip.m4a", None)
    clip = write(tmp_path / name, [(shown, pictures)], np.zeros(2 * SAMPLE_RATE))
    model = pipeline(tmp_path / "model")
    model.understand(perceive(clip, CONFIG, asr=False, hook=hook), hook)
    assert list(first) == ["listen", "speech", "faces", "understand"]
    assert set(first.values()) == {0}
    assert all(completed == total for completed, total in last.values())


def test_without_parts_that_can_be_missed_the_result_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, hook: object) -> Path:
        raise WeightsError(f"{name} cannot be had")

    monkeypatch.setattr("microemo.pipeline.weights.path", absent)
    warnings: list[str] = []
    assert [_optional(part, silent, warnings.append) for part in OPTIONAL] == [None, None, None]
    assert warnings == [
        "people are told apart by place and time alone: face_recognition cannot be had",
        "hands before the face are not told: hand_landmarker cannot be had",
        "laughter, crying, sighs and the like are not looked for: yamnet cannot be had",
    ]


def test_without_the_weights_that_tell_voices_apart_the_result_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, hook: object) -> Path:
        raise WeightsError(f"{name} cannot be had")

    monkeypatch.setattr("microemo.pipeline.weights.path", absent)
    sound = Sound(np.zeros(SAMPLE_RATE, np.float32), ())
    speech = Speech((), (), (Span(0.0, 1.0),))
    warnings: list[str] = []
    assert _voices(speech, sound, 2, None, silent, warnings.append) is None
    assert warnings == [
        "several people are seen, but all speech is taken for the main person's: pyannote_segmentation cannot be had"
    ]
    with pytest.raises(WeightsError):  # who asks for it is not put off
        _voices(speech, sound, 2, True, silent, warnings.append)
    assert _voices(speech, sound, 1, None, silent, warnings.append) is None  # nor is anybody warned of what is not done
    assert len(warnings) == 1


def test_languages_are_named_in_any_case() -> None:
    assert [language_code(named) for named in ("EN", "de", "auto", None)] == ["en", "de", None, None]


def test_a_language_that_is_none_stops_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^klingon: no language"):
        perceive(tmp_path / "absent.mp4", CONFIG, language="klingon")


def test_subtitles_and_audio_tracks_are_those_of_the_clip(tmp_path: Path) -> None:
    """Moved, chosen and named in the result; refused before anything is decoded."""
    tracks = [np.zeros(RATE, np.float32), np.sin(np.arange(RATE) / 10).astype(np.float32) / 2]
    path = write_tracks(tmp_path / "clip.mka", tracks)
    clip = perceive(path, CONFIG, [(36_000.2, 36_000.8, "Hi.")], audio_track=2)
    assert clip.info.audio_track == 2
    assert clip.waveform is not None and np.abs(clip.waveform).max() > 0.3
    assert [(u.start_sec, u.text) for u in clip.utterances if u.text] == [(pytest.approx(0.2), "Hi.")]
    assert any("moved back by 10:00:00" in warning for warning in clip.warnings)
    with pytest.raises(InputError, match="there is no audio track 3"):
        perceive(path, CONFIG, audio_track=3)
    unchosen = perceive(path, CONFIG, asr=False)
    assert unchosen.info.audio_track == 1
    assert any("has 2 audio tracks; track 1 is taken" in warning for warning in unchosen.warnings)
