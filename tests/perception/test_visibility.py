"""Covered regions, cut-off ones and profiles are not judged."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_faces import FoundFaces

from microemo.media.video import Frame
from microemo.perception import faces as faces_module
from microemo.perception.face_clues import by_shot, face_clues
from microemo.perception.faces import scan
from microemo.perception.identities import merged
from microemo.perception.landmarks import BLENDSHAPES, Face
from microemo.perception.regions import LEFT_EYE, LIPS, OVAL_EXTREMES, REGION_NAMES, RIGHT_EYE
from microemo.perception.stills import Stills
from microemo.perception.visibility import CHEEKS, LIDS, NOSE_DEPTH, NOSE_TIP, hidden_regions, yaw
from microemo.schema import FaceTrack
from microemo.spans import Span

WIDTH, HEIGHT = 320, 240
SKINS = {"light": (225, 180, 160), "dark": (85, 55, 40), "dim": (60, 44, 38)}
MOUTH, EYES = (-0.14, 0.16, 0.14, 0.32), (-0.3, -0.2, 0.3, -0.02)  # left, top, right, bottom in the face's height
BELOW_EYES = (-0.4, 0.0, 0.4, 0.5)
MASKED = {"nose", "mouth", "cheeks", "jaw"}


def drawn(skin="light", cover=None, colour=(0, 0, 0), centre=(0.5, 0.5)):
    """A picture of a face with red lips, something before a part of it, and the face as a landmarker gives it."""
    points = np.random.default_rng(0).uniform(-0.3, -0.25, (478, 2))
    points[list(OVAL_EXTREMES)] = [[0, -0.5], [0, 0.5], [-0.4, 0], [0.4, 0]]
    points[list(RIGHT_EYE)], points[list(LEFT_EYE)] = [-0.2, -0.1], [0.2, -0.1]
    points[list(LIPS)], points[list(NOSE_TIP)] = [0, 0.24], [0, 0.1]
    points[list(CHEEKS)] = [[side * 0.3, 0.1] for side in (-1, -1, -1, 1, 1, 1)]
    points[list(LIDS)] = [[side * 0.2, -0.1] for side in [-1, 1] * 8]
    points = points * 0.8 * [HEIGHT / WIDTH, 1] + centre
    image = np.full((HEIGHT, WIDTH, 3), SKINS[skin], np.uint8)
    paint(image, (-0.1, 0.2, 0.1, 0.28), np.array(SKINS[skin]) * [0.9, 0.6, 0.6], centre)
    if cover:
        paint(image, cover, colour, centre)
    return image, Face(points.astype(np.float32), np.zeros(52, np.float32))


def paint(image, box, colour, centre):
    x, y = centre[0] * WIDTH, centre[1] * HEIGHT
    left, top, right, bottom = (round(side * 0.8 * HEIGHT + at) for side, at in zip(box, (x, y, x, y), strict=True))
    cv2.rectangle(image, (left, top), (right, bottom), tuple(int(part) for part in colour), -1)


@pytest.mark.parametrize("skin", SKINS)
def test_what_is_before_a_face_hides_its_regions(skin):
    assert hidden_regions(*drawn(skin)) == set()
    assert hidden_regions(*drawn(skin, BELOW_EYES, (200, 205, 210))) == MASKED
    assert hidden_regions(*drawn(skin, BELOW_EYES, (120, 170, 220))) == MASKED
    assert hidden_regions(*drawn(skin, BELOW_EYES, (20, 20, 22))) == MASKED
    assert hidden_regions(*drawn(skin, MOUTH, (25, 25, 25))) == {"mouth", "jaw"}
    assert hidden_regions(*drawn(skin, EYES, (15, 15, 20))) == {"eyes"}


def test_what_cannot_be_told_from_skin_hides_nothing():
    assert hidden_regions(*drawn("light", MOUTH, SKINS["light"])) == set()
    image, face = drawn("light", MOUTH, (25, 25, 25))
    without_colour = np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    assert hidden_regions(without_colour, face) == set()


def test_what_is_beyond_the_frame_is_hidden():
    assert hidden_regions(*drawn(centre=(0.5, 0.65))) == set()
    assert hidden_regions(*drawn(centre=(0.5, 0.88))) == {"mouth", "jaw"}


@pytest.mark.parametrize("angle", [-60, -30, 0, 30, 60])
def test_a_profile_hides_all(angle):
    image, face = drawn()
    turn = math.radians(angle)
    points = face.landmarks * [WIDTH, HEIGHT]
    half = (points[454, 0] - points[234, 0]) / 2
    points[:, 0] = WIDTH / 2 + (points[:, 0] - WIDTH / 2) * math.cos(turn)
    points[1, 0] += half * NOSE_DEPTH * math.sin(turn)
    assert yaw(points) == pytest.approx(angle, abs=0.5)
    turned = face._replace(landmarks=(points / [WIDTH, HEIGHT]).astype(np.float32))
    assert hidden_regions(image, turned) == (set(REGION_NAMES) if abs(angle) > 45 else set())


def smiling(*hidden, from_sec=0.0, to_sec=6.0):
    """Six seconds with a frown and a smile from the second to the fourth; regions hidden for a time."""
    times_sec = np.arange(150) / 25
    blendshapes = np.zeros((150, 52), np.float32)
    shown = [BLENDSHAPES.index(f"{name}{side}") for name in ("mouthSmile", "browDown") for side in ("Left", "Right")]
    blendshapes[50:100, shown] = 0.8
    is_hidden = np.array([name in hidden for name in REGION_NAMES])
    rows = (times_sec >= from_sec) & (times_sec < to_sec)
    return FaceTrack(times_sec, np.tile([0.3, 0.3, 0.6, 0.7], (150, 1)), blendshapes, rows[:, None] & is_hidden)


def kinds(track):
    return sorted(clue.kind for clue in face_clues(track))


def test_no_clue_tells_of_a_hidden_region():
    assert kinds(smiling()) == ["brow_lowerer", "lip_corner_puller"]
    assert kinds(smiling("mouth")) == ["brow_lowerer"]
    assert kinds(smiling("brows")) == ["lip_corner_puller"]
    assert kinds(smiling(*REGION_NAMES)) == []
    assert kinds(smiling("mouth", from_sec=1.9, to_sec=4.1)) == ["brow_lowerer"]
    assert kinds(smiling("mouth", from_sec=4.2)) == ["brow_lowerer", "lip_corner_puller"]


def test_a_clue_ends_where_its_region_is_hidden():
    (smile,) = [clue for clue in face_clues(smiling("mouth", from_sec=3.0)) if clue.kind == "lip_corner_puller"]
    assert smile.end_sec == pytest.approx(3.0, abs=0.05)


def test_what_a_smile_would_explain_is_not_told_without_the_mouth():
    track = smiling()
    narrowed = track.blendshapes.copy()
    narrowed[50:100, [BLENDSHAPES.index("eyeSquintLeft"), BLENDSHAPES.index("eyeSquintRight")]] = 0.7
    narrowed[:, [BLENDSHAPES.index("mouthSmileLeft"), BLENDSHAPES.index("mouthSmileRight")]] = 0
    assert "lid_tightener" in kinds(replace(track, blendshapes=narrowed))
    assert "lid_tightener" not in kinds(replace(smiling("mouth"), blendshapes=narrowed))


def test_tracks_keep_what_is_hidden_through_cuts_and_joins():
    track = smiling("mouth", from_sec=3.0)
    parts = by_shot(track, [Span(0, 2), Span(2, 6)])
    assert [part.hidden.any() for part in parts] == [False, True]
    assert (merged(parts).hidden == track.hidden).all()


class Finds(FoundFaces):
    """A landmarker that finds the drawn face."""

    def detect(self, frame):
        return [drawn()[1]]


def test_a_masked_mouth_is_hidden_in_track_and_masks(monkeypatch, tmp_path):
    monkeypatch.setattr(faces_module, "Landmarker", Finds)
    seen, masked = drawn()[0], drawn("light", MOUTH, (25, 25, 25))[0]
    video = [Frame(index / 10, seen if index < 10 else masked) for index in range(20)]
    (person,) = scan(video, [0.5, 1.5], 56, 14, tmp_path).people
    mouth = REGION_NAMES.index("mouth")
    assert person.track.hidden[:, mouth].tolist() == [False] * 10 + [True] * 10
    assert not person.track.hidden[:, REGION_NAMES.index("brows")].any()
    assert (person.view_masks[:].sum(axis=2) > 0)[:, mouth].tolist() == [True, False]


def test_a_still_picture_hides_what_it_mostly_hides():
    stills = Stills()
    image, face = drawn()
    track = smiling("mouth", from_sec=1.0)
    for time_sec in track.times_sec:
        stills.see(Frame(float(time_sec), image), {0: face})
    (held,) = stills.held([track])
    assert held.hidden.all(axis=0).tolist() == [name == "mouth" for name in REGION_NAMES]
