from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.clues import ONSET_STRENGTH
from microemo.perception.face_clues import by_shot, face_clues, intensity
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.series import facial_series
from microemo.perception.shots import shots
from microemo.schema import FaceTrack
from microemo.spans import Span

FPS = 25


def track(duration_sec=6.0, fps=FPS, **series):
    """A face at rest but for the named blendshapes: a level, or a function of time."""
    times_sec = np.arange(round(duration_sec * fps)) / fps
    blendshapes = np.zeros((len(times_sec), len(BLENDSHAPES)))
    for name, level in series.items():
        blendshapes[:, BLENDSHAPES.index(name)] = level(times_sec) if callable(level) else level
    return FaceTrack(times_sec, np.tile([0.3, 0.3, 0.6, 0.7], (len(times_sec), 1)), blendshapes)


def face_shapes(num_rows, lids=0.35, lower_lids=0.05, brows=0.44, corners=0.36):
    """Eyes of width 1 that are open by ``lids``, the lower ones below their corners, brows above these, lip corners
    behind the lips' middle.
    """
    shape = np.zeros((num_rows, 70, 3), np.float32)
    shape[:, [36, 42], 0] = -1
    shape[:, [40, 41, 46, 47], 1] = lower_lids
    shape[:, [37, 38, 43, 44], 1] = lower_lids - lids
    shape[:, 17:27, 1] = -brows
    shape[:, [48, 60, 54, 64], 2] = corners
    return shape


def shaped(track, **shape):
    return replace(track, shape=face_shapes(len(track.times_sec), **shape))


def both(name, level):
    return {f"{name}Left": level, f"{name}Right": level}


def between(start_sec, end_sec, level=1.0):
    return lambda times_sec: level * ((times_sec >= start_sec) & (times_sec < end_sec))


def kinds(clues):
    return [clue.kind for clue in clues]


def test_a_face_at_rest_shows_nothing():
    assert face_clues(track()) == []
    assert face_clues(track(0.0)) == []


def test_a_smile_has_onset_apex_and_offset():
    smile = both("mouthSmile", lambda t: 0.9 * np.exp(-(((t - 3) / 0.7) ** 2)))
    (clue,) = face_clues(track(**smile))
    assert (clue.kind, clue.region, clue.modality) == ("lip_corner_puller", "mouth", "face")
    assert clue.apex_sec == pytest.approx(3, abs=0.05)
    assert clue.start_sec == pytest.approx(2, abs=0.15)
    assert clue.end_sec == pytest.approx(4, abs=0.15)
    assert clue.value == pytest.approx(0.9, abs=0.02)
    assert clue.strength > 0.9


def test_a_still_picture_shows_for_its_whole_length():
    (clue,) = face_clues(track(4.0, **both("mouthSmile", 0.9)))
    assert (clue.kind, clue.start_sec, clue.end_sec) == ("lip_corner_puller", 0.0, pytest.approx(4.0))
    assert kinds(face_clues(track(1 / FPS, **both("mouthSmile", 0.9)))) == ["lip_corner_puller"]


def test_a_smile_through_most_of_the_clip_is_not_the_baseline():
    assert kinds(face_clues(track(10, **both("mouthSmile", between(0.5, 10, 0.8))))) == ["lip_corner_puller"]


def test_what_a_person_always_shows_is_their_baseline():
    """Brows that are a little low at rest, as some people's are, are no clue; pulled down further, they are."""
    assert face_clues(track(**both("browDown", 0.2))) == []
    frown = both("browDown", lambda t: 0.2 + between(2, 3, 0.4)(t))
    (clue,) = face_clues(track(**frown))
    assert clue.kind == "brow_lowerer"
    assert clue.baseline == pytest.approx(0.2, abs=0.01)


def test_raised_cheeks_need_a_smile():
    narrowed = both("eyeSquint", between(2, 4, 0.7))
    assert "cheek_raiser" not in kinds(face_clues(track(**narrowed)))
    found = kinds(face_clues(track(**narrowed, **both("mouthSmile", between(2, 4, 0.9)))))
    assert "cheek_raiser" in found and "lid_tightener" not in found


def test_a_lowered_face_smiles_only_with_the_upper_lip():
    lowered = both("eyeLookDown", 0.9) | both("mouthSmile", between(2, 4, 0.9))
    assert "lip_corner_puller" not in kinds(face_clues(track(**lowered)))
    assert "lip_corner_puller" in kinds(face_clues(track(**lowered, **both("mouthUpperUp", between(2, 4, 0.8)))))


def test_blinks_are_no_clue_but_closed_eyes_are():
    blinks = both("eyeBlink", lambda t: 0.9 * (t % 2 < 0.2))
    assert face_clues(track(**blinks)) == []
    assert kinds(face_clues(track(**both("eyeBlink", between(2, 3.5, 0.9))))) == ["eyes_closed"]


def test_articulation_is_no_clue():
    talking = track(jawOpen=between(1, 2, 0.7), mouthPucker=between(1, 2, 0.95))
    assert kinds(face_clues(talking)) == ["jaw_drop"]  # puckered lips are mostly none, and make no clue
    syllables = {"jawOpen": lambda t: 0.7 * (t % 0.25 < 0.12), "mouthPucker": lambda t: 0.95 * (t % 0.5 < 0.2)}
    assert face_clues(track(**syllables), speech=[(0, 6)]) == []
    assert kinds(face_clues(track(**both("mouthSmile", between(1, 3, 0.9))), speech=[(0, 6)])) == ["lip_corner_puller"]


def test_short_releases_do_not_end_an_action_but_lost_faces_do():
    frown = both("browDown", lambda t: 0.8 * ((t >= 1) & (t < 4) & ~((t >= 2) & (t < 2.2))))
    assert len(face_clues(track(**frown))) == 1
    whole = track(**both("browDown", between(1, 4, 0.8)))
    seen = (whole.times_sec < 2) | (whole.times_sec >= 3)
    lost = FaceTrack(whole.times_sec[seen], whole.boxes[seen], whole.blendshapes[seen])
    first, second = face_clues(lost)
    assert first.end_sec == pytest.approx(2, abs=0.05) and second.start_sec == pytest.approx(3, abs=0.05)


def test_slow_video():
    assert kinds(face_clues(track(10, fps=1, **both("mouthSmile", between(3, 8, 0.9))))) == ["lip_corner_puller"]


@settings(deadline=None)
@given(st.integers(1, 80), st.integers(0, 2**32 - 1), st.floats(0, 3), st.floats(0, 3))
def test_clues_are_ordered_in_time_and_bounded(num_rows, seed, start_sec, length_sec):
    rng = np.random.default_rng(seed)
    times_sec = np.cumsum(rng.choice([0.01, 0.04, 0.2, 0.9], num_rows))
    blendshapes = rng.uniform(0, 1, (num_rows, 52)).astype(np.float32) ** 2
    noisy = FaceTrack(times_sec, rng.uniform(0, 1, (num_rows, 4)), blendshapes)
    clues = face_clues(noisy, speech=[(start_sec, start_sec + length_sec)])
    for clue in clues:
        assert times_sec[0] - 1e-3 <= clue.start_sec <= clue.apex_sec <= clue.end_sec
        assert clue.apex_sec <= times_sec[-1] + 1e-3
        assert ONSET_STRENGTH - 1e-3 <= clue.strength <= 1
        assert clue.value > clue.baseline
    assert clues == face_clues(noisy, speech=[(start_sec, start_sec + length_sec)])


@given(st.floats(0.5, 5.5))
@settings(max_examples=20)
def test_no_clue_spans_a_cut(cut_sec):
    smiling = track(**both("mouthSmile", between(0.4, 5.6, 0.9)))
    parts = [Span(0.0, cut_sec), Span(cut_sec, 6.0)]
    clues = [clue for shot in by_shot(smiling, parts) for clue in face_clues(shot)]
    assert clues
    assert all(clue.end_sec <= cut_sec + 1 / FPS or clue.start_sec >= cut_sec for clue in clues)


@given(st.lists(st.floats(0, 6), max_size=6, unique=True))
@settings(max_examples=30)
def test_every_row_is_in_one_shot(cuts_sec):
    smiling = track(**both("mouthSmile", between(0.4, 5.6, 0.9)))
    within = shots([0.0, *sorted(cuts_sec)], smiling.times_sec[-1])  # the last shot ends with the last row
    times_sec = np.concatenate([piece.times_sec for piece in by_shot(smiling, within)])
    np.testing.assert_array_equal(times_sec, smiling.times_sec)


def test_one_shot_is_measured_whole():
    smiling = track(**both("mouthSmile", between(1, 3, 0.9)))
    assert by_shot(smiling, [Span(0.0, 6.0)]) == [smiling] == by_shot(smiling, [])


def raised_brows(left, right):
    """Brows by their blendshape, whose sides are alike, and by their shape, whose sides are not."""
    brows = track(**both("browOuterUp", lambda t: (left(t) + right(t)) / 2))
    shape = face_shapes(len(brows.times_sec))
    for points, level in ((range(22, 27), left), (range(17, 22), right)):
        shape[:, points, 1] -= 0.22 * level(brows.times_sec)[:, None]
    return replace(brows, shape=shape)


def of_kind(clues, kind):
    return [clue for clue in clues if clue.kind == kind]


def test_a_one_sided_action_has_its_side():
    (clue,) = of_kind(face_clues(raised_brows(between(2, 4), between(9, 9))), "outer_brow_raiser")
    assert clue.side == "left"
    (clue,) = of_kind(face_clues(raised_brows(between(2, 4), between(2, 4))), "outer_brow_raiser")
    assert clue.side is None


def test_a_face_that_is_crooked_at_rest_is_not_one_sided():
    crooked = raised_brows(lambda t: 0.5 + between(2, 4, 0.5)(t), between(2, 4, 0.5))
    (clue,) = of_kind(face_clues(crooked), "outer_brow_raiser")
    assert clue.side is None


def test_sides_are_not_compared_in_a_turned_face():
    raised = raised_brows(between(9, 9), between(2, 4))
    turned = replace(raised, pose=np.tile([0.0, 30.0, 0.0], (len(raised.times_sec), 1)))
    for seen, side in ((raised, "right"), (turned, None)):
        assert [clue.side for clue in of_kind(face_clues(seen), "outer_brow_raiser")] == [side]


def test_intensity_follows_strength():
    assert [intensity(strength) for strength in (0.2, 0.3, 0.5, 0.8, 1.0)] == ["A", "B", "C", "D", "E"]
    (clue,) = face_clues(track(**both("mouthSmile", between(2, 4, 0.5))))
    assert clue.intensity == intensity(clue.strength) == "C"


def test_a_neutral_face_is_what_the_person_is_measured_against():
    """Who smiles a little in the neutral picture smiles only beyond that."""
    smiling = track(**both("mouthSmile", 0.4))
    assert kinds(face_clues(smiling)) == ["lip_corner_puller"]
    assert face_clues(smiling, neutral=track(1 / FPS, **both("mouthSmile", 0.4))) == []
    (clue,) = face_clues(smiling, neutral=track(1 / FPS, **both("mouthSmile", 0.1)))
    assert clue.baseline == pytest.approx(0.1)


def test_quiet_stretches_are_the_baseline_even_of_who_mostly_speaks():
    """Brows go with speech for most of the clip; at rest they are lower."""
    moved = track(10, **both("browOuterUp", lambda t: np.where((t >= 1) & (t < 8.5), 0.7, 0.1)))
    speech = [Span(1.0, 8.5)]
    (clue,) = face_clues(moved, speech)
    assert clue.baseline == pytest.approx(0.1, abs=0.02)


def test_lowered_lids_are_no_closed_eyes_and_do_not_prolong_a_blink():
    """A blink, then lids a fifth of the way down for two seconds; later eyes that are closed for one."""

    def lids(times_sec):
        blink, lowered, closed = between(1, 1.2, 0.62), between(1.2, 3.2, 0.12), between(5, 6, 0.6)
        return 0.05 + blink(times_sec) + lowered(times_sec) + closed(times_sec)

    (clue,) = face_clues(track(8.0, **both("eyeBlink", lids)))
    assert clue.kind == "eyes_closed"
    assert (clue.start_sec, clue.end_sec) == (pytest.approx(5, abs=0.15), pytest.approx(6, abs=0.15))


def found(kind, track):
    return len(of_kind(face_clues(track), kind))


def test_eyes_are_not_narrowed_by_lids_that_hang_whatever_their_score():
    squint = track(**both("eyeSquint", between(2, 4, 0.6)))
    assert [found("lid_tightener", shaped(squint, lower_lids=low)) for low in (0.02, 0.025, 0.045)] == [1, 1, 0]
    narrow, half = (of_kind(face_clues(shaped(squint, lower_lids=low)), "lid_tightener")[0] for low in (0.02, 0.0325))
    assert narrow.strength > 0.9 and half.strength < 0.55  # the lower, the weaker


def test_a_snarl_is_no_smile():
    """Its lip corners stay where they are; those of a smile go back around the teeth."""
    smile = track(**both("mouthSmile", between(2, 4, 0.7)), **both("eyeSquint", between(2, 4, 0.7)))
    for kind in ("lip_corner_puller", "cheek_raiser"):
        assert [found(kind, shaped(smile, lids=0.25, corners=depth)) for depth in (0.29, 0.36)] == [0, 1], kind


def test_one_corner_of_a_mouth_that_the_border_cuts_off_bears_a_smile_out():
    smile = shaped(track(**both("mouthSmile", between(1, 4, 0.9))), lids=0.25, corners=0.36)
    smile.shape[:, [48, 60], 2] = 0.2
    assert "lip_corner_puller" in kinds(face_clues(smile))
    smile.shape[:, [54, 64], 2] = 0.2
    assert "lip_corner_puller" not in kinds(face_clues(smile))


def test_cheeks_that_leave_the_eyes_open_are_not_raised():
    smile = track(**both("mouthSmile", between(2, 4, 0.9)), **both("eyeSquint", between(2, 4, 0.7)))
    assert [found("cheek_raiser", shaped(smile, lids=lids)) for lids in (0.28, 0.38)] == [1, 0]


def test_brows_are_raised_where_they_stand_high_and_the_eyes_are_open():
    raised = track(browInnerUp=between(2, 4, 0.9), **both("browOuterUp", between(2, 4, 0.9)))
    for kind in ("inner_brow_raiser", "outer_brow_raiser"):
        assert found(kind, shaped(raised, brows=0.55)) == 1
        assert found(kind, shaped(raised, brows=0.38)) == 0  # drawn together
        assert found(kind, shaped(raised, brows=0.55, lids=0.1)) == 0  # closing lids raise the score of the brows


def test_brows_that_are_up_from_the_first_moment_on_may_be_set_high():
    """Told is what rises in view, also behind a gap; of who was seen at rest, and in a still picture, all of it."""
    up_from_the_first = {"browInnerUp": between(0, 1.5), **both("browOuterUp", between(0, 1.5))}
    assert face_clues(track(**up_from_the_first)) == []
    assert "lid_tightener" in kinds(face_clues(track(**both("eyeSquint", between(0, 1.5)))))  # lids are another matter
    again = track(browInnerUp=lambda t: between(0, 1.5)(t) + between(3, 4)(t))
    (clue,) = face_clues(again)
    assert clue.start_sec == pytest.approx(3, abs=0.1)
    lost = again.rows(np.flatnonzero((again.times_sec < 2) | (again.times_sec > 3.2)))
    assert face_clues(lost) == []
    assert kinds(face_clues(track(browInnerUp=between(0, 1.5)), neutral=track(1.0))) == ["inner_brow_raiser"]
    assert kinds(face_clues(track(1.0, browInnerUp=1.0))) == ["inner_brow_raiser"]


def test_a_blink_does_not_make_brows_rise_that_are_set_high():
    """Closing lids hide for a moment that brows stand high over open eyes."""
    face = shaped(track(browInnerUp=0.9, **both("browOuterUp", 0.9)), brows=0.6)
    blinking = (face.times_sec % 2 > 1) & (face.times_sec % 2 < 1.2)
    lids = face.shape.copy()
    lids[blinking] = face_shapes(int(blinking.sum()), lids=0.05, brows=0.6)
    blendshapes = face.blendshapes.copy()
    blendshapes[blinking] *= 0.98  # a film, no still picture
    assert face_clues(replace(face, shape=lids, blendshapes=blendshapes)) == []
    down = between(2, 2.5)  # but who lowers them and raises them again
    raised = track(browInnerUp=lambda t: 0.9 * (1 - down(t)))
    (clue,) = face_clues(raised)
    assert clue.start_sec == pytest.approx(2.5, abs=0.1)


def test_brows_rise_in_slow_video_as_well():
    (clue,) = face_clues(track(12, fps=1, browInnerUp=between(4, 8)))
    assert clue.start_sec == pytest.approx(4, abs=1)


@given(level=st.floats(0.2, 1), first=st.just(0.0) | st.floats(0.2, 2), length=st.floats(0.5, 2))
def test_series_and_clues_agree_on_what_rises(level, first, length):
    face = track(browInnerUp=between(first, first + length, level))
    intensities = facial_series(face)["au01_intensity"]
    for clue in face_clues(face):
        inside = (face.times_sec > clue.start_sec + 0.2) & (face.times_sec < clue.end_sec - 0.2)
        assert np.isfinite(intensities[inside]).all()
    if not face_clues(face):
        assert not (intensities >= 5 * 0.45).any()


def test_brows_that_stand_high_are_not_lowered():
    frown = track(**both("browDown", between(2, 4, 0.7)))
    assert [found("brow_lowerer", shaped(frown, brows=height)) for height in (0.36, 0.52)] == [1, 0]


def test_a_blink_in_slightly_narrowed_eyes_does_not_narrow_them_hard():
    """Nor does it close eyes for as long as its lids rest half down afterwards."""
    squint = both("eyeSquint", lambda t: between(2, 4, 0.2)(t) + between(2.8, 2.95, 0.4)(t))
    (clue,) = of_kind(face_clues(track(**squint)), "lid_tightener")
    assert clue.strength < 0.55
    lids = both("eyeBlink", lambda t: between(2, 2.25, 0.62)(t) + between(2.25, 3, 0.3)(t))
    assert found("eyes_closed", track(**lids)) == 0
    assert found("eyes_closed", track(**both("eyeBlink", between(2, 2.6, 0.62)))) == 1
