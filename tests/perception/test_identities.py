"""Tracks become people."""

import tracemalloc

import cv2
import numpy as np
import pytest
from drawn_faces import face, follow
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo import weights
from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception import identities as identities_module
from microemo.perception.face_embedding import DIM, aligned_chip, load
from microemo.perception.faces import scan
from microemo.perception.identities import SAME_PERSON, Portraits, identities, merged, quality
from microemo.perception.landmarks import Landmarker
from microemo.perception.tracks import seen_sec
from microemo.schema import FaceTrack

ANN, BOB = np.eye(DIM, dtype=np.float32)[:2]


def track(start, end, x=0.5):
    times_sec = np.arange(start, end, 0.1)
    return FaceTrack(times_sec, np.tile([x, 0.2, x + 0.2, 0.6], (len(times_sec), 1)), np.zeros((len(times_sec), 52)))


def near(point, share, seed=0):
    """A point at a share of ``SAME_PERSON`` from another."""
    step = np.random.default_rng(seed).normal(size=DIM)
    return point + share * SAME_PERSON * step / np.linalg.norm(step)


def test_the_same_face_in_other_shots_and_seats_is_the_same_person():
    tracks = [track(0, 1, 0.1), track(0, 1, 0.6), track(1, 2, 0.6), track(1, 2, 0.1), track(7, 8)]
    points = dict(enumerate([ANN, BOB, near(ANN, 0.8), near(BOB, 0.8, 1), near(BOB, 0.8, 2)]))
    assert identities(tracks, points, ()) == [[0, 2], [1, 3, 4]]


def test_two_people_at_the_same_time_are_never_one_however_like():
    tracks = [track(0, 2, 0.1), track(0, 2, 0.6), track(1.5, 3, 0.3), track(3.2, 4)]
    people = identities(tracks, {index: near(ANN, 0.01, index) for index in range(4)}, ())
    assert len(people) == 3
    assert all(not ({0, 1} <= set(own) or {0, 2} <= set(own) or {1, 2} <= set(own)) for own in people)


def test_the_nearest_are_joined_first():
    tracks = [track(0, 1), track(2, 3, 0.1), track(2, 3, 0.6)]
    people = identities(tracks, {0: ANN, 1: near(ANN, 0.9), 2: near(ANN, 0.2, 1)}, ())
    assert people == [[0, 2], [1]]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=25))
def test_every_track_has_one_person_who_is_never_twice_at_a_time(placed):
    tracks = [track(start, start + length) for start, length, _ in placed]
    points = {i: near(np.eye(DIM)[who], 0.4, i) for i, (_, _, who) in enumerate(placed) if i % 4}
    people = identities(tracks, points, ())
    owned = sorted(index for own in people for index in own)
    assert len(owned) == len(set(owned)) and set(points) <= set(owned)
    assert set(range(len(tracks))) - set(owned) <= {i for i in range(len(tracks)) if seen_sec(tracks[i]) < 1.01}
    for own in people:
        assert (np.diff(merged([tracks[index] for index in own]).times_sec) > 0).all()
    starts = [tracks[own[0]].times_sec[0] for own in people]
    assert starts == sorted(starts)


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), min_size=1, max_size=8).map(
    lambda spans: np.array([(start, start + length) for start, length in spans], float)
)


@settings(deadline=None)
@given(SPANS, SPANS, st.lists(st.integers(0, 36), max_size=4).map(sorted))
def test_groups_are_compared_as_pair_by_pair(one, other, cuts):
    pairs = [(first, second) for first in one for second in other]
    assert identities_module._at_once(one, other) == any(a[0] <= b[1] and b[0] <= a[1] for a, b in pairs)
    assert identities_module._follow(one, other, np.array(cuts, float)) == any(
        0 < b[0] - a[1] <= identities_module.LONG_GAP_SEC and not any(a[1] < cut <= b[0] for cut in cuts)
        for a, b in pairs
    )
    points, others = (np.random.default_rng(len(spans)).normal(size=(len(spans), DIM)) for spans in (one, other))
    apart = np.mean([np.linalg.norm(a - b) for a in points for b in others])
    assert identities_module._mean_distance(points, others) == pytest.approx(apart)


def peak_of_joining(num_tracks):
    """Bytes that it takes to join two halves of the tracks of one person."""
    rng = np.random.default_rng(0)
    starts_sec = 2.0 * np.arange(num_tracks)
    times_sec = np.stack([starts_sec, starts_sec + 1], axis=1)
    points = ANN + rng.normal(0, 0.01, (num_tracks, DIM))
    halves = [
        identities_module.Group(tuple(range(num_tracks))[half::2], times_sec[half::2], points[half::2])
        for half in (0, 1)
    ]
    tracemalloc.start()
    (whole,) = identities_module.join(halves, np.zeros(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(whole.tracks) == num_tracks
    return peak


def test_ten_times_the_tracks_take_ten_times_the_memory_and_not_a_hundred_times():
    assert peak_of_joining(1000) < 15 * peak_of_joining(100)


def test_within_a_shot_a_face_that_follows_is_more_likely_the_same():
    tracks, points = [track(0, 2), track(2.5, 4)], {0: ANN, 1: near(ANN, 1.1)}
    assert identities(tracks, points, ()) == [[0, 1]]
    assert identities(tracks, points, (2.2,)) == [[0], [1]]
    assert identities([track(0, 2), track(6, 8)], points, ()) == [[0], [1]]
    assert identities(tracks, {0: ANN, 1: near(ANN, 1.3)}, ()) == [[0], [1]]


def test_who_comes_into_the_same_company_is_more_likely_who_left_it():
    """After a cut everybody sits elsewhere; one of them looks rather unlike before."""
    points = [*np.eye(DIM)[:4], *(near(np.eye(DIM)[who], 0.5, who) for who in range(3)), near(np.eye(DIM)[3], 1.15)]
    tracks = [track(0, 2, x) for x in (0.0, 0.2, 0.4, 0.6)] + [track(2.1, 4, x) for x in (0.6, 0.4, 0.2, 0.0)]
    assert identities(tracks, dict(enumerate(points)), (2.05,)) == [[0, 4], [1, 5], [2, 6], [3, 7]]
    two = [0, 3, 4, 7]  # with one other there, the same face is too unlike
    assert len(identities([tracks[i] for i in two], {n: points[i] for n, i in enumerate(two)}, (2.05,))) == 3


def test_faces_that_flash_by_unseen_are_nobody_where_others_are_known():
    assert identities([track(0, 9), track(1, 1.5, 0.8)], {0: ANN}, ()) == [[0]]
    assert identities([track(0, 9), track(1, 4, 0.8)], {0: ANN}, ()) == [[0], [1]]


def test_many_tracks_are_joined_bit_by_bit(monkeypatch):
    tracks = [track(index, index + 0.9) for index in range(60)]
    points = {index: near((ANN, BOB)[index % 2], 0.5, index) for index in range(60)}
    monkeypatch.setattr(identities_module, "MAX_GROUPS", 8)
    assert identities(tracks, points, ()) == [list(range(0, 60, 2)), list(range(1, 60, 2))]


def test_without_embeddings_only_who_comes_back_to_their_place_is_known():
    def people(gap, offset, cuts=()):
        rows = [[face(0.4, 0.5)]] * 20 + [[]] * gap + [[face(0.4 + offset, 0.5)]] * 20
        return len(identities(follow(rows, cuts=cuts)[1], {}, ()))

    assert people(gap=50, offset=0.02) == 1
    assert people(gap=50, offset=0.15) == 2
    assert people(gap=100, offset=0.0) == 2
    assert people(gap=0, offset=0.0, cuts=(20,)) == 1
    assert people(gap=0, offset=0.4, cuts=(20,)) == 2


def test_nobody():
    assert identities([], {}, ()) == []
    assert Portraits(None).finish() == {}


def test_quality_is_of_large_and_frontal_faces():
    def at(height, turn=0.0):
        points = face(0.5, 0.5, height).landmarks * 200
        points[list(identities_module.NOSE)] += [turn * height * 200, 0]
        return quality(points)

    assert at(0.6) > at(0.3) > at(0.1) > 0
    assert at(0.6) > at(0.6, 0.1) > at(0.6, 0.25) == 0


@pytest.fixture
def recognition():
    return weights.path("face_recognition")


@pytest.mark.weights
def test_network_equals_the_original(recognition):
    """The numbers are what face-api 1.7.15 itself makes of this picture."""
    ramp = np.tile(np.arange(150) / 149 * 255, (150, 1))
    picture = np.stack([ramp.T, ramp, np.full((150, 150), 90.0)], axis=2).astype(np.uint8)
    point = load(recognition).embed(picture[None])[0]
    expected = [-0.07215850800275803, 0.1277468204498291, 0.02637029066681862, -0.05327270179986954]
    np.testing.assert_allclose(point[:4], expected, rtol=0, atol=1e-5)


@pytest.fixture
def landmarker_file():
    return weights.path("face_landmarker") / "face_landmarker.task"


@pytest.fixture
def woman():
    """Ten moments of the demo clip."""
    clip = next(weights.path("demo_clip").glob("*.mp4"))
    return [frame.image for index, frame in enumerate(frames(probe(clip), max_fps=2)) if index % 3 == 0][:10]


@pytest.mark.weights
def test_one_woman_stays_one_through_her_feelings_and_through_cuts(recognition, landmarker_file, woman):
    """A moment for a second each; every other one is moved and enlarged, as in another shot."""
    closer = [cv2.resize(image[45:-45, 80:-80], image.shape[1::-1]) for image in woman]
    moments = [(woman, closer)[index % 2][index // 2] for index in range(6)]
    shown = [Frame(index / 10, moments[index // 10]) for index in range(60)]
    seen = scan(iter(shown), [0.0, 2.0, 5.0], 56, 14, landmarker_file, recognition=recognition)
    (person,) = seen.people
    assert len(seen.shots) > 3
    assert len(person.track.times_sec) == 60
    assert person is seen.main_person and person.face_mask.all()
    assert person.key_frame is not None


@pytest.mark.weights
def test_her_moments_are_nearer_than_a_changed_face(recognition, landmarker_file, woman):
    with Landmarker(landmarker_file) as landmarker:
        found = [(image, landmarker.detect(Frame(float(index), image))[0]) for index, image in enumerate(woman)]
    network = load(recognition)
    chips = np.stack([aligned_chip(image, one.landmarks * np.array(image.shape[1::-1])) for image, one in found])
    points = network.embed(chips)
    changed = np.stack([cv2.resize(np.roll(chip, 12, axis=0)[:, 25:125], (150, 150)) for chip in chips])
    apart = np.median(np.linalg.norm(points[:, None] - points, axis=2)[np.triu_indices(len(points), 1)])
    assert apart < SAME_PERSON
    assert np.median(np.linalg.norm(network.embed(changed) - points, axis=1)) > apart
