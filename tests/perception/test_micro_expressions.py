"""Shapes in which one part of the face moves for a moment, and others in which nothing does that counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.clues import MicroKind, micro_kinds
from microemo.perception import micro_expressions
from microemo.perception.clues import measure_clues
from microemo.perception.micro_expressions import LONGEST_SEC, micro_clues, spot, top_hat
from microemo.perception.regions import REGION_NAMES
from microemo.schema import FaceTrack
from microemo.spans import Span

KINDS = {kind.kind: kind for kind in micro_kinds()}
BROWS, LIPS = KINDS["micro_brow_raise"], KINDS["micro_lip_corner_rise"]
UPPER_LIDS, LOWER_LIDS = [37, 38, 43, 44], [40, 41, 46, 47]


def pulse(times_sec: np.ndarray, start_sec: float = 2.0, sec: float = 0.1) -> np.ndarray:
    place = (times_sec - start_sec) / sec
    return np.where((place > 0) & (place < 1), np.sin(np.pi * place) ** 2, 0)


def track(fps: float = 30, sec: float = 5.0, noise: float = 0.001, first_sec: float = 0.0, seed: int = 0) -> FaceTrack:
    """A face at rest, its landmarks a little restless."""
    times_sec = first_sec + np.arange(round(sec * fps)) / fps
    rng = np.random.default_rng(seed)
    rest = np.random.default_rng(1).uniform(-1, 1, (70, 3))
    rest[UPPER_LIDS, 1], rest[LOWER_LIDS, 1] = -0.1, 0.1
    shape = rest + rng.normal(0, noise, (len(times_sec), 70, 3))
    blank = np.zeros((len(times_sec), 52), np.float32)
    pose = np.zeros((len(times_sec), 3), np.float32)
    return FaceTrack(times_sec, np.zeros((len(times_sec), 4), np.float32), blank, None, pose, shape.astype(np.float16))


def moved(face: FaceTrack, kind: MicroKind, way: np.ndarray, size: float = 1.0) -> FaceTrack:
    for group in kind.points:
        face.shape[:, list(group), 1] += ((-1 if kind.up else 1) * size * kind.peak * way)[:, None].astype(np.float16)
    return face


def twitch(
    kind: MicroKind = BROWS, fps: float = 30, start_sec: float = 2.0, sec: float = 0.1, **made: float
) -> FaceTrack:
    face = track(fps, **made)
    return moved(face, kind, pulse(face.times_sec, start_sec, sec))


@pytest.mark.parametrize("fps", [25, 30, 50, 60, 120])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_tenth_of_a_second_is_seen_at_every_rate(kind: MicroKind, fps: float) -> None:
    (clue,) = micro_clues(twitch(kind, fps))
    assert (clue.kind, clue.region) == (kind.kind, kind.region)
    assert clue.apex_sec == pytest.approx(2.05, abs=0.6 / fps)
    foot = 0.015  # a fifth of the height is reached so much later
    assert clue.start_sec == pytest.approx(2.0 + foot, abs=0.9 / fps)
    assert clue.end_sec == pytest.approx(2.1 - foot, abs=0.9 / fps)
    assert 0.6 < clue.strength <= 1 and clue.confidence is not None and clue.confidence > 0.8


@pytest.mark.parametrize("sec", [0.06, 0.2, 0.4])
def test_durations_are_told(sec: float) -> None:
    (one,) = spot(twitch(sec=sec, fps=60))
    assert one.offset_sec - one.onset_sec == pytest.approx(sec, rel=0.45)


@given(st.floats(0, 5000), st.integers(0, 9))
@settings(max_examples=10)
def test_the_clock_does_not_matter(first_sec: float, seed: int) -> None:
    here, there = twitch(seed=seed), twitch(seed=seed, first_sec=first_sec, start_sec=2.0 + first_sec)
    (one,), (other,) = spot(here), spot(there)
    assert other.onset_sec - first_sec == pytest.approx(one.onset_sec, abs=0.02)
    assert other.height == pytest.approx(one.height, abs=0.05)


@given(st.integers(0, 9))
@settings(max_examples=10)
def test_what_does_not_stand_out_from_the_unrest_is_none(seed: int) -> None:
    assert spot(track(seed=seed)) == []
    assert spot(twitch(seed=seed, noise=0.03)) == []


def test_what_lasts_is_no_micro_expression() -> None:
    for sec in (0.8, 1.5, 99):
        face = track()
        way = (face.times_sec > 2) & (face.times_sec < 2 + sec)
        assert spot(moved(face, BROWS, way.astype(float))) == []


def test_the_mouth_counts_only_in_silence_and_the_brows_always() -> None:
    speech = [Span(1.5, 2.5)]
    assert spot(twitch(LIPS)) and spot(twitch(LIPS), [Span(3, 4)])
    assert spot(twitch(LIPS), speech) == []
    assert spot(twitch(BROWS), speech)


def test_a_mouth_that_opens_speaks() -> None:
    face = twitch(LIPS)
    face.shape[:, 65:68, 1] += (0.1 * pulse(face.times_sec))[:, None].astype(np.float16)
    assert spot(face) == []


def test_a_blink_is_none_nor_what_it_moves() -> None:
    face = twitch(KINDS["micro_brow_lowering"], sec=0.2)
    face.shape[:, UPPER_LIDS, 1] += (0.18 * pulse(face.times_sec, sec=0.2))[:, None].astype(np.float16)
    assert spot(face) == []


def test_eyes_that_open_between_closures_are_not_widened() -> None:
    lids = KINDS["micro_lid_raise"]
    assert spot(twitch(lids, sec=0.2))
    face = twitch(lids, sec=0.2)
    way = np.clip(np.abs(face.times_sec - 2.1) - 0.2, 0, 1)  # shut around the movement, open before and after
    face.shape[:, UPPER_LIDS, 1] += (0.15 * (way < 0.2))[:, None].astype(np.float16)
    assert spot(face) == []


def test_a_jerk_of_the_head_is_none() -> None:
    face = twitch(sec=0.2)
    face.pose[:, 0] += 12 * pulse(face.times_sec, sec=0.2)
    assert spot(face) == []
    face.pose[:, 0] = 12 * np.sin(face.times_sec)  # slowly
    assert spot(face)


def test_what_is_hidden_or_unknown_is_not_told() -> None:
    face = twitch()
    hidden = np.zeros((len(face.times_sec), len(REGION_NAMES)), bool)
    hidden[:, REGION_NAMES.index("mouth")] = True
    seen = FaceTrack(face.times_sec, face.boxes, face.blendshapes, hidden, face.pose, face.shape)
    assert spot(seen)
    hidden[:, REGION_NAMES.index("brows")] = True
    assert spot(seen) == []
    assert spot(FaceTrack(face.times_sec, face.boxes, face.blendshapes)) == []
    assert spot(face.rows(slice(0, 0))) == spot(face.rows(slice(0, 2))) == []


def test_half_a_movement_at_an_edge_or_a_gap_is_none() -> None:
    face = twitch(sec=0.3)
    middle = int(np.argmax(pulse(face.times_sec, sec=0.3)))
    assert spot(face.rows(slice(middle, None))) == spot(face.rows(slice(0, middle))) == []
    gap = FaceTrack(face.times_sec + 0.4 * (np.arange(len(face.times_sec)) > middle), face.boxes, face.blendshapes,
                    None, face.pose, face.shape)  # fmt: skip
    assert spot(gap) == []


def test_of_movements_at_once_the_highest_is_told() -> None:
    face = twitch(LIPS)
    assert [one.kind for one in spot(moved(face, BROWS, pulse(face.times_sec), 0.6))] == [LIPS]


def test_they_are_among_the_measured_clues() -> None:
    clues = measure_clues(twitch(), (), (), (), ())
    assert [clue.kind for clue in clues if clue.kind in KINDS] == ["micro_brow_raise"]


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=80), st.floats(0.1, 10), st.floats(-5, 5))
def test_a_top_hat_scales_and_knows_no_level(values: list[float], scale: float, level: float) -> None:
    series = np.array(values)
    hat = top_hat(series, 1 / 30)
    assert (hat >= 0).all()
    np.testing.assert_allclose(top_hat(scale * series + level, 1 / 30), scale * hat, atol=1e-9)
    assert top_hat(np.linspace(0, 1, 60), LONGEST_SEC / 10)[10:-10] == pytest.approx(0, abs=1e-9)


def test_long_recordings_are_measured_in_pieces_and_nothing_is_lost_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pulses before, on and behind the joint of two pieces."""
    starts = (7.0, 9.95, 13.0)
    face = track(sec=20)
    for start_sec in starts:
        moved(face, BROWS, pulse(face.times_sec, start_sec))
    monkeypatch.setattr(micro_expressions, "PIECE_SEC", 10.0)
    assert [one.apex_sec for one in spot(face)] == pytest.approx([start + 0.05 for start in starts], abs=0.03)
