"""Measuring clues: by what the sample says is said, and once for the same files, words and code."""

import math
from pathlib import Path

import pytest
from media_made import tone

from microemo.data import measure
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.data.measure import Measured
from microemo.media.subtitles import Cue

NOTHING = Measured(duration_sec=0.5, modalities=(), utterances=(), clues=())


@pytest.fixture
def perceived(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, object]]:
    """What is perceived, instead of perceiving it."""
    calls: list[tuple[str, object]] = []

    def perceive(sample: Sample, cues: object, *_: object) -> Measured:
        calls.append((sample.name, cues))
        return NOTHING

    monkeypatch.setattr(measure, "_perceive", perceive)
    monkeypatch.setattr(measure, "cache_dir", lambda: tmp_path / "cache")
    return calls


def sample(
    folder: Path, name: str, hertz: float = 100, subtitle: str = "", turns: tuple[AnnotatedUtterance, ...] = ()
) -> Sample:
    path = tone(folder / f"{name}.wav", hertz)
    return Sample(name=name, path=path, labels=("calm",), subtitle=subtitle, utterances=turns)


def test_the_same_content_is_measured_once(perceived: list[tuple[str, object]], tmp_path: Path) -> None:
    for name, hertz in (("a", 100), ("copy_of_a", 100), ("b", 200)):
        assert measure.measure(sample(tmp_path, name, hertz)) == NOTHING
    assert [name for name, _ in perceived] == ["a", "b"]


def test_other_words_and_other_code_are_measured_anew(
    perceived: list[tuple[str, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure.measure(sample(tmp_path, "a"))
    measure.measure(sample(tmp_path, "a", subtitle="Oh."))
    measure.measure(sample(tmp_path, "a"), asr=True)
    measure.measure(sample(tmp_path, "a", subtitle="Oh."), asr=True)  # words that are known are not recognised
    assert len(perceived) == 3
    monkeypatch.setattr(measure, "code_sha256", lambda: "changed")
    measure.measure(sample(tmp_path, "a"))
    assert len(perceived) == 4


def test_a_damaged_entry_is_measured_anew(perceived: list[tuple[str, object]], tmp_path: Path) -> None:
    measure.measure(sample(tmp_path, "a"))
    (kept,) = (tmp_path / "cache" / "clues").iterdir()
    kept.write_text("{")
    assert measure.measure(sample(tmp_path, "a")) == NOTHING
    assert len(perceived) == 2


def test_words_are_the_turns_else_the_file_s_else_the_whole_text(tmp_path: Path) -> None:
    turns = (AnnotatedUtterance(text="Hi.", start_sec=0, end_sec=1, speaker="A"), AnnotatedUtterance(text="Well."))
    assert measure.cues_of(sample(tmp_path, "a", subtitle="Hi. Well.", turns=turns)) == [Cue(0, 1, "Hi.", "A")]
    assert measure.cues_of(
        sample(tmp_path, "a", turns=(AnnotatedUtterance(text="Hi."), AnnotatedUtterance(text="Well.")))
    ) == [Cue(0, math.inf, "Hi. Well.", None)]
    file = tmp_path / "a.srt"
    file.write_text("1\n00:00:01,000 --> 00:00:02,000\nOh no.\n")
    given = sample(tmp_path, "a", subtitle="Oh no.").model_copy(update={"subtitle_file": file})
    assert measure.cues_of(given) == [Cue(1, 2, "Oh no.", None)]
    assert measure.cues_of(sample(tmp_path, "a")) is None


@pytest.mark.weights
def test_sound_kept_apart_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from microemo import weights

    monkeypatch.setattr(measure, "cache_dir", lambda: tmp_path / "cache")
    speech = next(weights.path("speech_samples").rglob("*.wav"))
    still = tone(tmp_path / "still.wav", 100, seconds=3)
    alone = measure.measure(Sample(name="a", path=still, labels=("calm",)))
    apart = measure.measure(Sample(name="a", path=still, audio=speech, labels=("calm",)))
    assert "voice" not in alone.modalities
    assert "voice" in apart.modalities
