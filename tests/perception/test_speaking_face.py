import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.perception.clues import measure_clues
from microemo.perception.face_clues import face_clues
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.speaking_face import HOLD_SEC, MARGIN_SEC, held
from microemo.schema import FaceTrack
from microemo.spans import Span

FPS, DURATION_SEC = 25, 8.0
SPEECH = (Span(1.0, 7.0),)
TIMES_SEC = np.arange(round(DURATION_SEC * FPS)) / FPS


def face(times_sec=TIMES_SEC, **series):
    """A face with these blendshapes, each a series of the times; both sides where the name has none."""
    blendshapes = np.zeros((len(times_sec), len(BLENDSHAPES)))
    for name, level in series.items():
        for side in (name, f"{name}Left", f"{name}Right"):
            if side in BLENDSHAPES:
                blendshapes[:, BLENDSHAPES.index(side)] = level
    return FaceTrack(times_sec, np.tile([0.3, 0.3, 0.6, 0.7], (len(times_sec), 1)), blendshapes)


def during(start_sec, end_sec, level=0.9, times_sec=TIMES_SEC):
    return level * ((times_sec >= start_sec) & (times_sec < end_sec))


def syllables(seed=0, rate=4.5):
    """How loud the voice is: some four syllables a second, of unequal strength, in the spans of speech."""
    strength = np.random.default_rng(seed).uniform(0.4, 1, 64)[(TIMES_SEC * rate).astype(int)]
    return strength * np.sin(np.pi * rate * TIMES_SEC) ** 2 * ((TIMES_SEC >= 1) & (TIMES_SEC < 7))


def articulating(seed=0):
    loud = syllables(seed)
    return {"jawOpen": 0.6 * loud, "mouthStretch": 0.35 * loud, "mouthUpperUp": 0.4 * loud,
            "mouthPucker": 0.95 * np.roll(loud, 3), "mouthShrugLower": 0.4 * np.roll(loud, 2)}  # fmt: skip


def kinds(track, speech=SPEECH):
    return {clue.kind for clue in face_clues(track, speech)}


@pytest.mark.parametrize("seed", range(5))
def test_a_mouth_that_shapes_sounds_shows_nothing(seed):
    assert kinds(face(**articulating(seed))) == set()
    assert kinds(face(**articulating(seed)), speech=()) != set()  # the same mouth, of one who is silent


def test_a_smile_held_through_sounds_is_told():
    smile = during(3, 4.5) * (1 - 0.6 * (syllables() > 0.9))  # lips let go of it for a rounded vowel
    clues = face_clues(face(**articulating(), mouthSmile=smile), SPEECH)
    (told,) = [clue for clue in clues if clue.kind == "lip_corner_puller"]
    assert told.start_sec == pytest.approx(3, abs=0.2) and told.end_sec == pytest.approx(4.5, abs=0.2)
    assert "lip_corner_puller" not in kinds(face(**articulating(), mouthSmile=during(3, 3.5)))


@pytest.mark.parametrize(
    ("blendshape", "kind", "level"),
    [("mouthFrown", "lip_corner_depressor", 0.4), ("jawOpen", "jaw_drop", 0.8),
     ("mouthShrugLower", "chin_raiser", 0.5), ("mouthUpperUp", "upper_lip_raiser", 0.8)],
)  # fmt: skip
def test_postures_of_the_mouth_are_told_of_one_who_speaks(blendshape, kind, level):
    moving = articulating()
    moving[blendshape] = np.maximum(moving.get(blendshape, 0), during(2, 4, level))
    assert kinds(face(**moving)) == {kind}


def test_brows_that_mark_words_show_nothing_and_a_frown_does():
    marks = sum(during(start_sec, start_sec + 0.4) for start_sec in (1.5, 3, 4.6, 6))
    assert kinds(face(browInnerUp=marks, browOuterUp=marks)) == set()
    assert "inner_brow_raiser" in kinds(face(browInnerUp=marks), speech=())
    assert kinds(face(browDown=during(3, 5))) == {"brow_lowerer"}


def test_a_short_action_that_speech_cuts_off_is_no_clue():
    """The breath before the first word: in silence and into the speech."""
    assert kinds(face(browInnerUp=during(0.3, 1))) == set()
    assert kinds(face(browInnerUp=during(0.3, 1)), speech=[Span(3.0, 7.0)]) == {"inner_brow_raiser"}


def test_a_smile_on_into_silence_is_told_whole():
    (told,) = (clue for clue in face_clues(face(mouthSmile=during(6, 8)), SPEECH) if clue.kind == "lip_corner_puller")
    assert told.start_sec == pytest.approx(6, abs=0.2) and told.end_sec == pytest.approx(8, abs=0.1)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(2, 5))
def test_who_is_silent_shows_what_they_show(seed, first_word_sec):
    """Without speech, or long before it, nothing is taken away; speech never adds a kind."""
    rng = np.random.default_rng(seed)
    track = FaceTrack(TIMES_SEC, np.zeros((len(TIMES_SEC), 4)), rng.uniform(0, 1, (len(TIMES_SEC), 52)) ** 2)
    silent, spoken = face_clues(track), face_clues(track, [Span(first_word_sec, 7.0)])
    assert face_clues(track, [Span(100.0, 101.0)]) == silent
    before = first_word_sec - MARGIN_SEC - HOLD_SEC
    assert [clue for clue in silent if clue.end_sec < before] == [clue for clue in spoken if clue.end_sec < before]
    assert {clue.kind for clue in spoken} <= {clue.kind for clue in silent}


def test_what_the_end_cuts_off_might_have_gone_on():
    assert kinds(face(browDown=during(7.3, 8)), speech=[Span(1.0, 8.0)]) == {"brow_lowerer"}
    assert kinds(face(browDown=during(6.3, 7)), speech=[Span(1.0, 8.0)]) == set()


def test_no_sound_is_needed():
    clues = measure_clues(face(**articulating(), browDown=during(3, 5)), [], [], [], SPEECH)
    assert [clue.kind for clue in clues] == ["brow_lowerer"]


@pytest.mark.parametrize("fps", [1, 10, 60])
def test_the_time_counts_whatever_the_frame_rate(fps):
    times_sec = np.arange(20 * fps) / fps
    frown = face(times_sec, browDown=during(5, 9, times_sec=times_sec))
    assert kinds(frown, [Span(0, 20)]) == {"brow_lowerer"}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_what_is_held_is_never_above_the_peak(values):
    series = np.array(values)
    level = held(np.arange(len(series)) / FPS, series)
    assert level.shape == series.shape and level.max() <= series.max() and level.min() >= series.min()
