"""Made videos of people who are coloured squares: through cuts and changes of seats each stays who they are."""

import numpy as np
import pytest
from drawn_faces import FoundFaces, face

from microemo.hooks import silent
from microemo.media.video import Frame
from microemo.perception import faces as faces_module
from microemo.perception import identities as identities_module
from microemo.perception.faces import scan, watch
from microemo.perception.samples import Samples

FPS, HEIGHT, WIDTH, SIDE = 10, 90, 160, 36
COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}
ROOM, GARDEN = (
    np.kron(np.random.default_rng(seed).integers(80, 120, (9, 16, 1)), np.ones((10, 10, 3))).astype(np.uint8)
    for seed in (0, 1)
)


def is_of(image, name):
    return (image == COLOURS[name]).all(axis=-1)


class SquaresLandmarker(FoundFaces):
    """Finds the squares, in no order; keeps looking where one was until told that a shot begins."""

    def __init__(self, model_file):
        self.forgotten = 0

    def forget(self):
        self.forgotten += 1

    def detect(self, frame):
        found = []
        for name in COLOURS:
            rows, columns = np.nonzero(is_of(frame.image, name))
            if len(rows):
                found.append(face(columns.mean() / WIDTH, rows.mean() / HEIGHT, SIDE / HEIGHT))
        return found[:: 1 if round(frame.time_sec * FPS) % 3 else -1]


class ColourNetwork:
    """A point for each colour."""

    def embed(self, chips):
        middle = chips[:, 60:90, 60:90].mean(axis=(1, 2))
        return np.eye(128, dtype=np.float32)[middle.argmax(axis=1)]


@pytest.fixture(autouse=True)
def squares(monkeypatch):
    monkeypatch.setattr(faces_module, "Landmarker", SquaresLandmarker)
    monkeypatch.setattr(identities_module, "load", lambda folder: ColourNetwork())


def picture(places, room=ROOM):
    """The squares with their centres at a share of the frame's width, the last in front."""
    image = room.copy()
    for name, place in places.items():
        left = round(place * WIDTH - SIDE / 2)
        image[25 : 25 + SIDE, max(0, left) : left + SIDE] = COLOURS[name]
    return image


def video(pictures):
    return [Frame(index / FPS, image) for index, image in enumerate(pictures)]


def look(pictures, tmp_path, times=(0.0, 2.0, 4.0, 8.0)):
    return scan(iter(video(pictures)), times, 56, 14, tmp_path, recognition=tmp_path)


def colours_seen(person, pictures):
    """Of whom the person's rows are, each looked up in its frame."""
    seen = set()
    for time_sec, (left, top, right, bottom) in zip(person.track.times_sec, person.track.boxes, strict=True):
        image = pictures[round(time_sec * FPS)]
        middle = image[round((top + bottom) / 2 * HEIGHT), round((left + right) / 2 * WIDTH)]
        seen |= {name for name, colour in COLOURS.items() if (middle == colour).all()}
    return seen


def edited():
    """Ten seconds, cut every 1.5 s between two people who sit in the same place."""
    shots = np.arange(100) // 15
    return [picture({("red", "blue")[shot % 2]: 0.5}, (ROOM, GARDEN)[shot % 2]) for shot in shots]


def test_an_edit_between_two_people_gives_two_people_and_no_track_across_a_cut(tmp_path):
    pictures = edited()
    seen = look(pictures, tmp_path)
    assert [shot.start_sec for shot in seen.shots] == pytest.approx(np.arange(7) * 1.5)
    assert [colours_seen(person, pictures) for person in seen.people] == [{"red"}, {"blue"}]
    assert [person.id for person in seen.people] == [0, 1]
    assert sum(len(person.track.times_sec) for person in seen.people) == 100
    watched = watch(iter(video(pictures)), (), Samples(56, 14), tmp_path, silent, tmp_path)
    spans = [(track.times_sec[0], track.times_sec[-1]) for track in watched.tracks]
    assert not [1 for start, end in spans for cut in np.arange(1, 7) * 1.5 if start < cut <= end]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_change_of_seats_changes_nobody(tmp_path, at_once):
    moved = [float(index >= 30) if at_once else min(1.0, max(0.0, (index - 25) / 10)) for index in range(60)]
    pictures = [picture({"red": 0.2 + 0.3 * way, "blue": 0.5 - 0.3 * way, "green": 0.8}) for way in moved]
    seen = look(pictures, tmp_path)
    assert len(seen.people) == 3
    assert [len(colours_seen(person, pictures)) for person in seen.people] == [1, 1, 1]


def test_each_person_has_the_views_of_the_sampled_frames_that_show_them(tmp_path):
    pictures = [picture({"red": 0.3} | ({"blue": 0.7} if index >= 30 else {})) for index in range(60)]
    seen = look(pictures, tmp_path, times=(0.0, 1.0, 4.0, 5.0))
    red, blue = seen.people
    assert list(red.face_mask) == [True] * 4 and list(blue.face_mask) == [False, False, True, True]
    assert blue.views.shape == (2, 56, 56, 3) and blue.view_masks.shape == (2, 7, 16)
    assert is_of(blue.views[:], "blue").any() and not is_of(blue.views[:], "red").any()
    assert blue.key_frame.time_sec in (4.0, 5.0) and len(blue.key_frames) == 2
    assert blue.face_seconds == pytest.approx(3.0)
    assert seen.main_person is red


def test_without_the_network_a_place_is_a_person(tmp_path):
    """All that can be had then: whoever comes to the place is taken for who was there."""
    seen = scan(iter(video(edited())), [0.0], 56, 14, tmp_path)
    assert len(seen.people) == 1


def test_a_cut_makes_the_landmarker_look_anew(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(faces_module, "Landmarker", lambda file: made.append(SquaresLandmarker(file)) or made[-1])
    look(edited(), tmp_path)
    assert made[0].forgotten == 6
