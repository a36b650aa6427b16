"""Faces of successive frames become tracks."""

import numpy as np
import pytest
from drawn_faces import face, follow
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.media.video import Frame
from microemo.perception.identities import merged
from microemo.perception.tracks import choose_main, is_seen, looks_of, seen_sec


def test_two_people_stay_two_in_whatever_order_they_come():
    rows = [[face(0.3, 0.5), face(0.7, 0.5)][:: 1 if index % 3 else -1] for index in range(50)]
    owners, tracks = follow(rows)
    assert len(tracks) == 2
    assert all(len(track.times_sec) == 50 for track in tracks)
    assert np.ptp(tracks[0].boxes, axis=0).max() < 1e-6
    assert all(set(row) == {0, 1} for row in owners)


def test_crossing_people_are_told_apart_by_size():
    path = np.linspace(0.2, 0.8, 60)
    _, tracks = follow([[face(x, 0.5, 0.5), face(1 - x, 0.5, 0.25)] for x in path])
    assert len(tracks) == 2
    for track in tracks:
        assert np.ptp(track.boxes[:, 3] - track.boxes[:, 1]) < 1e-3


def test_a_cut_starts_a_new_track():
    _, tracks = follow([[face(0.3, 0.5)]] * 20 + [[face(0.7, 0.5)]] * 20)
    assert len(tracks) == 2
    _, tracks = follow([[face(0.5, 0.5, 0.2)]] * 20 + [[face(0.5, 0.5, 0.5)]] * 20)
    assert len(tracks) == 2


def test_short_gaps_are_bridged_and_long_ones_are_not():
    def shifted(gap, offset):
        return len(follow([[face(0.4, 0.5)]] * 20 + [[]] * gap + [[face(0.4 + offset, 0.5)]] * 20)[1])

    assert shifted(gap=10, offset=0.1) == 1
    assert shifted(gap=10, offset=0.3) == 2
    assert shifted(gap=50, offset=0.0) == 2


def test_no_track_spans_a_cut():
    owners, tracks = follow([[face(0.5, 0.5)]] * 40, cuts=(20,))
    assert owners == [[0]] * 20 + [[1]] * 20
    assert [len(track.times_sec) for track in tracks] == [20, 20]


def test_where_faces_met_their_tracks_begin_anew():
    path = np.linspace(0.3, 0.7, 41)
    owners, tracks = follow([[face(x, 0.5, 0.3), face(1 - x, 0.5, 0.3)] for x in path])
    apart = np.abs(path - (1 - path)) > 0.3
    assert set(np.ravel([owners[index] for index in np.flatnonzero(apart[:20])])) == {0, 1}
    assert not {0, 1} & set(np.ravel([owners[20 + index] for index in np.flatnonzero(apart[20:])]))
    assert len(tracks) == 4


def test_a_face_that_suddenly_looks_otherwise_begins_a_new_track():
    one, other = np.eye(2)
    owners, _ = follow([[face(0.5, 0.5)]] * 4, looks=[[one], [one], [other], [other]])
    assert owners == [[0], [0], [1], [1]]
    same_but_darker = np.random.default_rng(0).integers(0, 200, (90, 160, 3), np.uint8)
    seen = [looks_of(Frame(0.0, image), face(0.5, 0.5)) for image in (same_but_darker, same_but_darker // 2)]
    assert seen[0] @ seen[1] > 0.99


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.05, 0.9)), max_size=4), max_size=20))
def test_each_face_has_one_track_and_each_track_one_face_a_frame(rows):
    owners, tracks = follow([[face(*place) for place in row] for row in rows])
    assert all(len(set(owner)) == len(row) == len(owner) for owner, row in zip(owners, rows, strict=True))
    assert sum(len(track.times_sec) for track in tracks) == sum(map(len, rows))
    for track in tracks:
        assert (np.diff(track.times_sec) > 0).all()
        assert (track.boxes >= 0).all() and (track.boxes <= 1).all()


def test_the_main_person_is_large_seen_long_and_talking():
    still, moving = (lambda index: 0.0), (lambda index: 0.5 * (index % 4 == 0))

    def main(left, right, speech=()):
        rows = [[face(0.25, 0.5, *left[:1], left[1](i)), face(0.75, 0.5, *right[:1], right[1](i))] for i in range(50)]
        return choose_main(follow(rows)[1], speech)

    assert main((0.5, still), (0.3, still)) == 0
    assert main((0.3, still), (0.5, still)) == 1
    in_speech = lambda index: 0.5 * (index % 4 == 0 and index < 25)  # noqa: E731
    assert main((0.45, still), (0.4, in_speech), speech=[(0, 1)]) == 1
    assert main((0.45, still), (0.4, moving)) == 0
    _, tracks = follow([[face(0.25, 0.5, 0.45)] + [face(0.75, 0.5, 0.5)] * (i < 10) for i in range(50)])
    assert choose_main(tracks, ()) == 0
    assert choose_main([], ()) is None


def test_what_flashes_up_is_no_person():
    _, (flashed,) = follow([[]] * 20 + [[face(0.5, 0.5)]] * 3 + [[]] * 20)
    assert not is_seen(flashed, 1.7)
    _, (single,) = follow([[face(0.5, 0.5)]])
    assert is_seen(single, 0.0)


def test_seconds_seen():
    _, tracks = follow([[face(0.5, 0.5)]] * 50 + [[]] * 25 + [[face(0.5, 0.5)]] * 50)
    assert seen_sec(merged(tracks)) == pytest.approx(4.0, abs=0.05)
