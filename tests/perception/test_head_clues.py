from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from turning_head import OPEN, between, head, wave

from microemo.clues import head_kinds
from microemo.perception.clues import measure_clues
from microemo.perception.head_clues import MEASURES, head_clues, head_series, turning_points
from microemo.perception.regions import REGION_NAMES
from microemo.schema import Clue, FaceTrack
from microemo.spans import Span


def kinds(track: FaceTrack) -> list[str]:
    return [clue.kind for clue in head_clues(track)]


def blinking(times: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda t: np.where(((t[:, None] >= times) & (t[:, None] < times + 0.15)).any(axis=1), 0.04, OPEN)


# A head that shows each kind, from 2 to 4 seconds (frequent blinking: from 10 to 25).
SHOWN = {
    "head_nod": head(pitch=wave(2, 3, 2, 10)),
    "head_shake": head(yaw=wave(2, 3, 2, 16)),
    "head_tilt": head(roll=between(2, 4, 20)),
    "head_turned_away": head(yaw=between(2, 4, 30), left=between(2, 4, 0.9)),
    "head_lowered": head(pitch=between(2, 4, 25), down=between(2, 4, -0.7)),
    "hand_at_face": replace(
        head(), touched=(np.arange(150)[:, None] // 50 == 1) & np.isin(REGION_NAMES, ["mouth", "jaw"])
    ),
    "gaze_lowered": head(down=between(2, 4, 0.8)),
    "gaze_averted": head(left=between(2, 4, 0.9), duration_sec=7),
    "eye_contact_lost": head(left=between(2, 4, 0.9), duration_sec=7),
    "blink_rate_raised": head(40, aperture=blinking(np.arange(10, 25, 0.8))),
}


@pytest.mark.parametrize("kind", head_kinds(), ids=lambda kind: kind.kind)
def test_every_kind_can_be_measured(kind) -> None:
    clues = {clue.kind: clue for clue in head_clues(SHOWN[kind.kind])}
    clue = clues[kind.kind]
    assert (clue.region, clue.modality) == (kind.region, "face")
    begins, ends = (10, 25) if kind.measure == "blinking" else (2, 4)
    slack = 4 if kind.measure == "blinking" else 0.6 if kind.measure == "swinging" else 0.2
    assert clue.start_sec == pytest.approx(begins, abs=slack)
    assert clue.end_sec == pytest.approx(ends, abs=slack)
    assert clue.start_sec <= clue.apex_sec <= clue.end_sec
    assert 0.2 <= clue.strength <= 1


def test_the_table_names_what_exists() -> None:
    series = head_series(head())
    for kind in head_kinds():
        assert kind.measure in MEASURES and kind.series in series
        assert kind.region in ("head", "gaze") and kind.unit
        assert kind.least < kind.full and kind.resting[0] <= kind.resting[1]
    assert SHOWN.keys() == {kind.kind for kind in head_kinds()}


def test_a_head_at_rest_shows_nothing() -> None:
    assert kinds(head()) == []
    assert kinds(head(0.0)) == []
    assert kinds(FaceTrack(np.arange(50) / 25, np.zeros((50, 4)), np.zeros((50, 52)))) == []  # no pose


def test_a_camera_above_or_beside_the_person_makes_no_clue() -> None:
    for track in (head(pitch=18), head(yaw=14), head(pitch=15, yaw=-14, roll=4)):
        assert kinds(track) == []


@pytest.mark.parametrize(("way", "side"), [(30, "right"), (-30, "left")])
def test_a_turn_has_the_persons_own_side(way: float, side: str) -> None:
    (clue,) = [c for c in head_clues(head(yaw=between(2, 4, way))) if c.kind == "head_turned_away"]
    assert (clue.side, clue.value) == (side, pytest.approx(way, abs=1))


@pytest.mark.parametrize(("kind", "series"), [("head_tilt", "roll"), ("gaze_averted", "left")])
def test_a_tilt_and_a_glance_have_the_persons_own_side(kind: str, series: str) -> None:
    for sign, side in ((1, "left"), (-1, "right")):
        level = sign * (20 if series == "roll" else 0.9)
        (clue,) = [c for c in head_clues(head(7, **{series: between(3, 4, level)})) if c.kind == kind]
        assert clue.side == side


def test_a_still_picture_shows_what_lasts_and_nothing_that_moves() -> None:
    assert kinds(head(pitch=45, yaw=40, roll=20, down=-1)) == ["head_tilt", "head_turned_away", "head_lowered"]
    short = head_clues(head(0.2, roll=20))
    assert [clue.kind for clue in short] == ["head_tilt"] and short[0].end_sec == pytest.approx(0.2)


def test_eyes_behind_sunglasses_tell_nothing_and_the_head_does() -> None:
    track = head(down=between(2, 4, 0.8), pitch=between(2, 4, 25), hidden=["eyes"])
    assert kinds(track) == ["head_lowered"]


def test_no_resting_pose_spans_a_cut() -> None:
    track = head(8, pitch=between(6, 8, 19))
    cut = (Span(0, 6), Span(6, 8))
    assert "head_lowered" in {clue.kind for clue in measure_clues(track, (), (), (), ())}
    assert "head_lowered" not in {clue.kind for clue in measure_clues(track, (), (), (), (), cut)}


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["pitch", "yaw"]), st.floats(1.2, 4.5), st.floats(2, 5), st.floats(6, 25),
    st.sampled_from([24, 30, 60]), st.integers(0, 9),
)  # fmt: skip
def test_nods_and_shakes_are_told_apart_at_any_speed(axis, hertz, cycles, swing, fps, seed) -> None:
    def noisy(t: np.ndarray) -> np.ndarray:
        return wave(2, cycles, hertz, swing)(t) + np.random.default_rng(seed).normal(0, 0.2, len(t))

    track = head(7, fps, **{axis: noisy})
    expected = "head_nod" if axis == "pitch" else "head_shake"
    assert [kind for kind in kinds(track) if kind in ("head_nod", "head_shake")] == [expected]


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1.2), st.integers(0, 99))
def test_the_noise_of_landmarks_nods_not(sd: float, seed: int) -> None:
    def noise(t: np.ndarray) -> np.ndarray:
        return np.random.default_rng(seed).normal(0, sd / 2, len(t))

    assert kinds(head(pitch=noise, yaw=noise, roll=noise)) == []


@pytest.mark.parametrize("moved", [
    head(pitch=wave(2, 1, 0.5, 20)),  # once down and up, slowly
    head(pitch=wave(1, 3, 0.6, 20), duration_sec=8),  # swaying
    head(yaw=between(2, 9, 12)),  # a turn
    head(pitch=wave(2, 3, 2, 10), yaw=wave(2, 3, 2, 10)),  # neither up and down nor from side to side
])  # fmt: skip
def test_what_is_neither_a_nod_nor_a_shake(moved: FaceTrack) -> None:
    assert not {"head_nod", "head_shake"} & {*kinds(moved)}


def test_eye_contact_that_never_was_is_not_lost() -> None:
    assert "eye_contact_lost" not in kinds(head(left=0.9))
    assert "eye_contact_lost" not in kinds(head(7, left=lambda t: np.where(t < 0.5, 0, 0.9)))


def test_blinks_do_not_break_eye_contact() -> None:
    assert kinds(head(20, aperture=blinking(np.arange(1, 19, 3.0)))) == []


def test_a_mirrored_head_shows_the_same_on_the_other_side() -> None:
    def told(sign: int) -> list[Clue]:
        return head_clues(head(8, yaw=between(2, 4, 30 * sign), roll=between(5, 7, 20 * sign)))

    there, back = told(1), told(-1)
    assert [clue.kind for clue in there] == [clue.kind for clue in back] != []
    assert {(a.side, b.side) for a, b in zip(there, back, strict=True) if a.side} <= {
        ("left", "right"),
        ("right", "left"),
    }


@given(st.lists(st.floats(-50, 50), max_size=40), st.floats(1, 10))
def test_turning_points_alternate_and_lie_apart(values: list[float], least: float) -> None:
    turns = turning_points(np.array(values), least)
    steps = np.diff(np.array(values)[turns])
    assert (np.abs(steps) >= least).all()
    assert (steps[1:] * steps[:-1] < 0).all()
    assert turns == sorted(turns)
    assert turns or np.ptp([*values, *values[:1]] or [0]) < least
