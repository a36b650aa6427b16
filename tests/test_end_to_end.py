"""The whole path with the real nano weights, on real media: the demo clip and recorded speech."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from clips import SAMPLE_RATE, still, write

from microemo import load, weights
from microemo.answers import ask
from microemo.chunks import encode, judged, scene_of
from microemo.effects import Removal, confidences, told_clues
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.media.video import frames
from microemo.pipeline import Pipeline
from microemo.report.valence import valence
from microemo.result import Result

pytestmark = pytest.mark.weights

SAD_UNTIL_SEC, HAPPY_FROM_SEC = 10.0, 9.0  # of the demo clip, as anybody sees it


@pytest.fixture(scope="module")
def nano() -> Pipeline:
    return load("nano")


@pytest.fixture(scope="module")
def demo_clip() -> Path:
    return next(weights.path("demo_clip").glob("*.mp4"))


@pytest.fixture(scope="module")
def demo(nano: Pipeline, demo_clip: Path) -> Result:
    return nano.analyze(demo_clip)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    sound = waveform(probe(weights.path("speech_samples") / "beckett.wav"))
    assert sound is not None
    return np.asarray(sound[: 6 * SAMPLE_RATE])


@pytest.fixture(scope="module")
def face(demo_clip: Path) -> np.ndarray:
    """The smiling face, cut out of the demo clip."""
    frame = next(frame.image for frame in frames(probe(demo_clip)) if frame.time_sec > 14)
    height, width = frame.shape[:2]
    side = min(height, width)
    return still(frame[:side, (width - side) // 2 : (width + side) // 2])


def check(result: Result) -> None:
    """What holds of every result, whatever the model says."""
    assert Result.model_validate_json(result.model_dump_json()) == result
    clue_of = {clue.id: clue for clue in result.clues}
    for answer in (result.overall, *result.utterances):
        assert len(answer.emotions) <= 3
        assert "[" not in answer.explanation
        for claim in answer.claims:
            assert all(claim.modality == clue_of[id_].modality for id_ in claim.clues)
            assert bool(claim.action) or claim.outcome in ("unmeasurable", "outside_knowledge", "borne_out")
            if claim.outcome == "contradicted" and len(claim.text) > len("The eyes"):
                assert claim.text not in answer.explanation
    for utterance in result.utterances:  # and was measured while the utterance went on
        for claim in utterance.claims:
            for clue in (clue_of[id_] for id_ in claim.clues):
                assert clue.start_sec < utterance.end_sec and clue.end_sec > utterance.start_sec, claim


def test_demo_clip_goes_from_sad_to_laughing(demo: Result) -> None:
    check(demo)
    early = [valence(u.emotions[0].label) for u in demo.utterances if u.end_sec <= SAD_UNTIL_SEC]
    late = [valence(u.emotions[0].label) for u in demo.utterances if u.start_sec >= HAPPY_FROM_SEC]
    assert early and set(early) == {"negative"}
    assert late and set(late) == {"positive"}


def test_demo_clip_clues_are_where_they_happen(demo: Result) -> None:
    smiles = [clue for clue in demo.clues if clue.kind == "lip_corner_puller"]
    cheeks = [clue for clue in demo.clues if clue.kind == "cheek_raiser" and clue.strength > 0.5]
    assert smiles and cheeks
    assert all(clue.start_sec > 7 for clue in smiles + cheeks)
    assert all(any(clue.start_sec <= 16 <= clue.end_sec for clue in kind) for kind in (smiles, cheeks))


def test_same_file_same_result(nano: Pipeline, demo_clip: Path, demo: Result) -> None:
    assert nano.analyze(demo_clip) == demo


def test_a_talking_person(nano: Pipeline, face: np.ndarray, speech: np.ndarray, tmp_path: Path) -> None:
    clip = write(tmp_path / "talk.mp4", [(face, len(speech) / SAMPLE_RATE)], speech)
    result = nano.analyze(clip)
    check(result)
    assert any(u.source == "asr" and u.text for u in result.utterances)
    assert {clue.modality for clue in result.clues} >= {"face"}
    assert all(u.emotions for u in result.utterances if u.source == "asr")
    page, document = result.save(tmp_path / "out", ["html", "json"])
    assert json.loads(document.read_text())["overall"] == json.loads(result.overall.model_dump_json())
    assert page.read_text().count("<polygon") > 5  # clue regions on key frames


def test_a_voice_alone(nano: Pipeline, speech: np.ndarray, tmp_path: Path) -> None:
    result = nano.analyze(write(tmp_path / "voice.m4a", [(None, 0)], speech))
    check(result)
    assert result.overall.emotions and not result.clip.has_video
    assert all(claim.modality != "face" for claim in result.overall.claims if claim.is_borne_out)


def test_a_silent_face(nano: Pipeline, face: np.ndarray, tmp_path: Path) -> None:
    result = nano.analyze(write(tmp_path / "silent.mp4", [(face, 3.0)]))
    check(result)
    assert valence(result.overall.emotions[0].label) == "positive"
    assert all(claim.modality == "face" for claim in result.overall.claims if claim.is_borne_out)


def test_a_voice_without_a_face(nano: Pipeline, speech: np.ndarray, tmp_path: Path) -> None:
    grey = np.full((360, 480, 3), 90, np.uint8)
    result = nano.analyze(write(tmp_path / "faceless.mp4", [(grey, len(speech) / SAMPLE_RATE)], speech))
    check(result)
    assert result.clip.face_seconds == 0 and result.overall.emotions and not result.abstained


def test_nobody_there(nano: Pipeline, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE) * 0.05
    black = np.zeros((360, 480, 3), np.uint8)
    result = nano.analyze(write(tmp_path / "empty.mp4", [(black, 3.0)], noise))
    check(result)
    assert result.abstained and not result.overall.emotions
    assert "No face" in result.overall.explanation


def test_given_subtitles_replace_recognition(
    nano: Pipeline, face: np.ndarray, speech: np.ndarray, tmp_path: Path
) -> None:
    clip = write(tmp_path / "talk.mp4", [(face, len(speech) / SAMPLE_RATE)], speech)
    lines = (
        "1\n00:00:00,500 --> 00:00:02,500\nI am so happy!\n\n2\n00:00:03,000 --> 00:00:05,500\nNo. Leave me alone.\n"
    )
    (tmp_path / "talk.srt").write_text(lines)
    result = nano.analyze(clip, subtitles=tmp_path / "talk.srt")
    check(result)
    assert [u.text for u in result.utterances if u.source == "subtitle"] == ["I am so happy!", "No. Leave me alone."]


def test_bad_input_is_one_line_and_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video at all\n" * 50)
    (tmp_path / "empty.mp4").touch()
    for name in ("text.mp4", "empty.mp4", "missing.mp4", "."):
        command = [sys.executable, "-c", "from microemo.cli import main; main()"]
        done = subprocess.run(
            [*command, "analyze", str(tmp_path / name), "--out", str(tmp_path / "out")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        assert not (tmp_path / "out").exists()


@torch.inference_mode()
def test_a_label_is_as_sure_as_it_was_where_nothing_is_taken_away(speech: np.ndarray, tmp_path: Path) -> None:
    nano = load()
    nano.model.language.float()  # in bf16, batches of other shapes are rounded otherwise, by some 0.004
    clip = nano.perceive(write(tmp_path / "voice.m4a", [(None, 0)], speech))
    (person,) = clip.people
    (chunk,) = judged(clip, person)
    scene = scene_of(nano.config, clip, person, chunk)
    features = encode(nano.model, scene)
    answers = ask(nano.model, scene, features).utterances
    removals = [Removal((), place, answer.emotions[0].label) for place, answer in enumerate(answers)]
    reported = [answer.emotions[0].confidence for answer in answers]
    assert confidences(nano.model, scene, features, removals) == pytest.approx(reported, abs=1e-3)
    result = nano.understand(clip, why=True)
    assert [one.emotions for one in result.utterances] == [answer.emotions for answer in answers]
    for utterance in result.utterances:
        assert [effect.clue for effect in utterance.effects] == [
            clue.id for clue in told_clues(utterance, result.clues)
        ]
        assert all(effect.label == utterance.emotions[0].label for effect in utterance.effects)
