"""The table of clues is sound: what it names exists, and it holds the kinds that are measured, no more and no less."""

import numpy as np
import pytest
from pydantic import ValidationError

from microemo.clues import (
    FacialKind,
    clue_kinds,
    emotion_word_kinds,
    event_kinds,
    facial_kinds,
    head_kinds,
    micro_kinds,
    style_kinds,
    table,
    vocal_kinds,
)
from microemo.lexicon.languages import LANGUAGES, language
from microemo.perception import face_clues, facial_actions, voice_clues
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.nets.yamnet import NUM_CLASSES
from microemo.perception.regions import REGION_NAMES
from microemo.perception.vocal_events import events_in
from microemo.perception.voice_quality import VoiceQuality
from microemo.perception.word_clues import entries, word_clues
from microemo.schema import FaceTrack, Utterance
from microemo.spans import Span

FPS = 25
SPAN = Span(0.0, 2.0)
NEEDS = {"with_smile": facial_actions.SMILE, "with_lowered_brows": facial_actions.BROWS_DOWN}


def utterance(text: str) -> Utterance:
    return Utterance(index=0, start_sec=SPAN.start_sec, end_sec=SPAN.end_sec, text=text, source="asr")


def facial_clues_of(kind: FacialKind) -> set[str]:
    """What is measured where the sources of a kind, and what it needs, rise for two seconds."""
    blendshapes, folds = np.zeros((6 * FPS, len(BLENDSHAPES))), np.zeros((6 * FPS, 2), np.float32)
    shown = {*kind.blendshapes, *NEEDS.get(kind.series, ())}
    blendshapes[2 * FPS : 4 * FPS, [BLENDSHAPES.index(name) for name in shown]] = 1.0
    folds[2 * FPS : 4 * FPS] = kind.span[1] if kind.span and kind.appearance else 0.0
    boxes = np.zeros((len(blendshapes), 4))
    track = FaceTrack(np.arange(len(blendshapes)) / FPS, boxes, blendshapes, folds=folds)
    return {clue.kind for clue in face_clues.face_clues(track)}


def spoken(f0=0.0, alpha_ratio=-15.0, loudness=-30.0, text="", pause_sec=0.0, shimmer=None) -> voice_clues.Voice:
    """Two seconds of voice on a level, or along the levels given; a pause divides it."""
    times_sec = np.linspace(SPAN.start_sec, SPAN.end_sec - voice_clues.FRAME_SEC, 120)
    times_sec[60:] += pause_sec
    f0, alpha_ratio, loudness = (np.resize(level, 120).astype(float) for level in (f0, alpha_ratio, loudness))
    quality = VoiceQuality(shimmer=shimmer)
    return voice_clues.Voice(utterance(text), times_sec, f0, alpha_ratio, loudness, quality)


VOICES = {
    "pitch_raised": [spoken(f0=24)],
    "pitch_flat": [spoken(f0=0)],
    "pitch_lively": [spoken(f0=(-10, 0, 10))],
    "pitch_rising": [spoken(f0=np.concatenate([np.zeros(95), np.arange(25) / 2]))],
    "voice_rough": [spoken(shimmer=20.0)],
    "voice_tense": [spoken(alpha_ratio=0)],
    "voice_soft": [spoken(alpha_ratio=-30)],
    "voice_loud": [spoken(), spoken(), spoken(loudness=-10)],
    "voice_quiet": [spoken(), spoken(), spoken(loudness=-50)],
    "speech_fast": [spoken(text="la " * 20)],
    "speech_slow": [spoken(text="la")],
    "long_pause": [spoken(pause_sec=1)],
}


def test_facial_kinds_name_what_exists() -> None:
    assert len({kind.action_unit for kind in table.facial_actions()}) == len(table.facial_actions())
    for kind in table.facial_actions():
        assert kind.region in REGION_NAMES
        assert set(kind.blendshapes) <= set(BLENDSHAPES)
        assert {kind.measure, kind.side_measure, *kind.witnesses} - {None} <= set(facial_actions.MEASURES)
        assert all(low < high for low, high in kind.witnesses.values())
        assert kind.appearance in {None, "folds"}
        assert kind.series in facial_actions.SERIES
        assert 0 <= kind.neutral[0] <= kind.neutral[1] < kind.peak <= 1


def test_vocal_kinds_name_what_exists() -> None:
    assert {kind.measure for kind in vocal_kinds()} == set(voice_clues.MEASURES)
    for kind in vocal_kinds():
        assert kind.unit
        assert kind.neutral is None or kind.neutral[0] <= kind.neutral[1]


def test_the_opposite_of_a_kind_is_measured_alike_and_worded_by_itself() -> None:
    flat, lively = (next(kind for kind in vocal_kinds() if kind.kind == f"pitch_{name}") for name in ("flat", "lively"))
    assert flat.lowered and not lively.lowered
    for column in table.OF_BOTH_DIRECTIONS:
        assert getattr(flat, column) == getattr(lively, column)
    assert not {flat.phrase, *flat.clauses, *flat.keywords} & {lively.phrase, *lively.clauses, *lively.keywords}


@pytest.mark.parametrize("kind", facial_kinds(), ids=lambda kind: kind.kind)
def test_every_facial_kind_can_be_measured(kind: FacialKind) -> None:
    measured = facial_clues_of(kind)
    assert (kind.kind in measured) == kind.is_told
    assert measured <= clue_kinds().keys()


@pytest.mark.parametrize("kind", vocal_kinds(), ids=lambda kind: kind.kind)
def test_every_vocal_kind_can_be_measured(kind, monkeypatch: pytest.MonkeyPatch) -> None:
    voices = iter(VOICES[kind.kind])
    monkeypatch.setattr(voice_clues, "voice_in", lambda *_: next(voices))
    measured = voice_clues.voice_clues(np.zeros(1), [utterance("")] * len(VOICES[kind.kind]), [SPAN])
    assert kind.kind in {clue.kind for clue in measured}
    assert {clue.kind for clue in measured} <= clue_kinds().keys()


@pytest.mark.parametrize("kind", event_kinds(), ids=lambda kind: kind.kind)
def test_every_event_can_be_measured(kind) -> None:
    sounds = np.zeros((5, NUM_CLASSES))
    sounds[2, kind.sounds[-1]] = kind.threshold + 0.01
    assert [clue.kind for clue in events_in(sounds, 3.0)] == [kind.kind]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_emotion_word_can_be_measured(code: str) -> None:
    """A word is of the kind that it is listed under, unless a longer one is there."""
    negation = min(language(code).negations.words) + language(code).space
    measured = {
        clue.kind
        for entry in entries(code)
        for before in ("", negation)
        for clue in word_clues([utterance(before + entry.pattern.pattern.replace(r"(?!less)[\w']*", ""))], (), code)
    }
    assert measured >= {each.kind for kind in emotion_word_kinds() for each in (kind, kind.negated)}
    assert measured <= clue_kinds().keys()


def test_the_table_has_all_kinds_and_their_regions() -> None:
    emotion_words = 2 * len(emotion_word_kinds())  # each has a negated one
    others = facial_kinds(), head_kinds(), micro_kinds(), vocal_kinds(), event_kinds(), style_kinds()
    assert len(clue_kinds()) == emotion_words + sum(map(len, others))
    assert table.regions() == ("brows", "eyes", "nose", "mouth", "cheeks", "jaw", "head", "gaze", "voice", "words")
    assert VOICES.keys() == {kind.kind for kind in vocal_kinds()}


@pytest.mark.parametrize(
    ("column", "value"),
    [("families", ("cheery",)), ("action_unit", "9"), ("kind", "Brow lowerer"), ("clauses", ()), ("regoin", "nose")],
)
def test_a_faulty_row_is_refused(column: str, value: object) -> None:
    row = facial_kinds()[0].model_dump()
    assert FacialKind.model_validate(row) == facial_kinds()[0]
    with pytest.raises(ValidationError, match=column):
        FacialKind.model_validate(row | {column: value})
