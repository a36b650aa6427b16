"""Hands before the face: where they are looked for, what they cover, and what the track says of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_faces import face
from turning_head import head

from microemo import weights
from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception.faces import scan
from microemo.perception.hands import LOOK_SEC, SIDE, VIEW, HandWatch, close_up, covered, searched
from microemo.perception.head_clues import head_clues
from microemo.perception.identities import merged
from microemo.perception.landmarks import Face
from microemo.perception.regions import LIPS, REGION_NAMES, RIGHT_EYE
from microemo.perception.tracks import FaceTracker
from microemo.schema import FaceTrack

PICTURE = np.zeros((100, 200, 3), np.uint8)
MOUTH = np.array([[-0.3, 0.2], [0.3, 0.2], [0.3, 0.5], [-0.3, 0.5]])


class SeenHands(HandWatch):
    """In the place of MediaPipe's model: a hand of four joints, or none, at every look."""

    def __init__(self, hand: np.ndarray | None) -> None:
        super().__init__(Path("hand_landmarker.task"))
        self.hand, self.looks_sec = hand, []

    def _hand(self, picture: np.ndarray, time_sec: float) -> np.ndarray | None:
        self.looks_sec.append(time_sec)
        return self.hand


def with_a_mouth(x: float = 0.5, y: float = 0.5, height: float = 0.4) -> Face:
    """A face whose lips and right eye are where they belong, for a picture as high as wide."""
    found = face(x, y, height)
    points = found.landmarks.copy()
    points[list(LIPS)] = (
        np.array([x, y + 0.3 * height]) + np.random.default_rng(1).uniform(-0.05, 0.05, (len(LIPS), 2)) * height
    )
    points[list(RIGHT_EYE)] = [x - 0.2 * height, y - 0.1 * height]
    return found._replace(landmarks=points)


def test_a_hand_covers_the_regions_whose_landmarks_lie_behind_it() -> None:
    points = with_a_mouth().landmarks * 100
    before_the_mouth = covered(points, MOUTH * 40 + 50)
    assert "mouth" in before_the_mouth and "eyes" not in before_the_mouth
    assert "eyes" in covered(points, np.array([[-0.4, -0.3], [0, -0.3], [0, 0.0], [-0.4, 0.0]]) * 40 + 50)
    assert covered(points, MOUTH * 40 + 500) == frozenset()


def test_hands_are_looked_for_around_and_below_the_face() -> None:
    points = face(0.5, 0.5).landmarks * 100
    corner, side = searched(points)
    assert side == pytest.approx(VIEW * 40, rel=0.1)
    assert corner[0] + side / 2 == pytest.approx(50, abs=1)
    assert corner[1] + side / 2 > 55
    image = np.zeros((100, 100, 3), np.uint8)
    image[int(corner[1] + side / 2), int(corner[0] + side / 2)] = 255
    picture = close_up(image, corner, side)
    assert picture.shape == (SIDE, SIDE, 3)
    assert np.abs(np.argwhere(picture[..., 0] > 100).mean(axis=0) - SIDE / 2).max() < 5


def test_the_largest_face_is_watched_a_few_times_a_second() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)  # all that is searched
    hands = SeenHands(square)
    small, large = face(0.2, 0.5, 0.2), face(0.7, 0.5, 0.5)._replace(hidden=frozenset({"eyes"}))
    for index in range(50):
        marked = hands.mark(Frame(index / 25, PICTURE), [small, large])
        assert marked[0] == small
        assert marked[1].touched == frozenset(REGION_NAMES) and marked[1].hidden == frozenset(REGION_NAMES)
    assert len(hands.looks_sec) == pytest.approx(2 / LOOK_SEC, abs=1)
    hands.hand = None
    assert hands.mark(Frame(3.0, PICTURE), [large])[0].touched == frozenset()
    assert hands.mark(Frame(3.1, PICTURE), []) == []


def test_a_hand_is_of_the_face_and_of_the_shot_that_was_looked_at() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    hands = SeenHands(square)
    hands.mark(Frame(0.0, PICTURE), [face(0.3, 0.5, 0.4)])
    hands.hand = None
    assert hands.mark(Frame(0.1, PICTURE), [face(0.3, 0.5, 0.4)])[0].touched == frozenset(REGION_NAMES)
    assert hands.mark(Frame(0.12, PICTURE), [face(0.8, 0.5, 0.41)])[0].touched == frozenset()  # somebody else
    hands.hand = square
    assert hands.mark(Frame(0.2, PICTURE), [face(0.8, 0.5, 0.41)])[0].touched == frozenset()  # not yet due
    hands.forget()
    assert hands.mark(Frame(0.24, PICTURE), [face(0.8, 0.5, 0.41)])[0].touched == frozenset(REGION_NAMES)


def test_without_the_weights_no_hand_is_seen() -> None:
    with HandWatch(None) as hands:
        assert hands.mark(Frame(0.0, PICTURE), [face(0.5, 0.5)])[0].touched is None


def test_what_was_touched_stays_with_the_track() -> None:
    tracker = FaceTracker()
    for index in range(20):
        touched = frozenset({"mouth"}) if index >= 10 else frozenset()
        tracker.update(index / 25, [face(0.5, 0.5)._replace(touched=touched)])
    (track,) = tracker.tracks()
    assert track.touched[:, REGION_NAMES.index("mouth")].tolist() == [False] * 10 + [True] * 10
    later = replace(track, times_sec=track.times_sec + 1)
    assert merged([track, later]).touched.sum() == 20
    assert np.isnan(merged([track, replace(later, touched=None)]).touched[20:]).all()  # nobody looked
    assert track.rows(slice(12, None)).touched.sum() == 8


def touched(from_sec: float, to_sec: float, *regions: str) -> FaceTrack:
    track = head()
    at = (track.times_sec >= from_sec) & (track.times_sec < to_sec)
    return replace(track, touched=at[:, None] & np.isin(REGION_NAMES, regions))


def test_a_hand_at_the_face_is_a_clue() -> None:
    (clue,) = head_clues(touched(2, 4, "mouth", "jaw"))
    assert (clue.kind, clue.region, clue.value) == ("hand_at_face", "head", 2)
    assert (clue.start_sec, clue.end_sec) == (pytest.approx(2, abs=0.1), pytest.approx(4, abs=0.1))
    (more,) = head_clues(touched(2, 4, "mouth", "jaw", "nose", "cheeks"))
    assert more.strength > clue.strength
    assert [one.kind for one in head_clues(touched(2, 4, "jaw"))] == ["hand_at_face"]
    assert head_clues(touched(2, 2.1, "jaw")) == []
    assert head_clues(head()) == []


@pytest.mark.weights
def test_a_hand_goes_to_a_weeping_face_and_is_followed_beyond_the_frame() -> None:
    clip = next(weights.path("demo_clip").glob("*.mp4"))
    shown = [frame for frame in frames(probe(clip), max_fps=5) if 1.5 <= frame.time_sec <= 6.5]
    faces, hands = (weights.path(name) / f"{name}.task" for name in ("face_landmarker", "hand_landmarker"))
    (person,) = scan(iter(shown), [2.0], 56, 14, faces, hand_landmarker=hands).people
    under_a_hand = (person.track.touched == 1).any(axis=1)
    times_sec = person.track.times_sec
    assert not under_a_hand[times_sec < 2.3].any()
    assert under_a_hand[times_sec > 2.9].all()
    assert person.track.hidden[times_sec > 3, REGION_NAMES.index("mouth")].mean() > 0.7
