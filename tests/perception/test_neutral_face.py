"""Whose face at rest it is that was given beside a clip, and which files are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microemo.errors import InputError
from microemo.perception import neutral_face
from microemo.perception.faces import FaceScan, PersonScan
from microemo.perception.neutral_face import measured_against, read_neutral
from microemo.perception.people import who_is_who
from microemo.perception.samples import Samples
from microemo.perception.utterances import Speech
from microemo.schema import FaceTrack
from microemo.spans import Span


def somebody(id_: int, looks: float | None, smile: float = 0.5) -> PersonScan:
    """Four seconds of a face that smiles; people are as unlike as their looks are apart."""
    blendshapes = np.full((100, 52), smile, np.float32)
    return PersonScan(
        id=id_,
        track=FaceTrack(np.arange(100) / 25, np.tile([0.1, 0.1, 0.3, 0.4], (100, 1)), blendshapes),
        face_mask=np.zeros(0, bool),
        views=np.zeros((0, 8, 8, 3), np.uint8),
        view_masks=np.zeros((0, 7, 4), np.float32),
        key_frame=None,
        key_frames=(),
        embedding=None if looks is None else np.eye(1, 128, dtype=np.float32)[0] * looks,
    )


def clip(*people: PersonScan) -> FaceScan:
    """The first is the main person."""
    main = people[0] if people else None
    return FaceScan(
        frame_times_sec=np.zeros(0),
        frames=np.zeros((0, 8, 8, 3), np.uint8),
        all_times_sec=np.arange(100) / 25,
        shots=(Span(0, 4),),
        people=people,
        main_person=main,
        samples=Samples(8, 4),
        all_key_frames=(),
    )


def measured(faces: FaceScan) -> list[int]:
    return [person.id for person in faces.people if person.neutral is not None]


def test_the_one_who_looks_alike_is_measured_against_it() -> None:
    faces = clip(somebody(0, 0.0), somebody(1, 1.0))
    other = measured_against(faces, somebody(9, 1.2), "rest.jpg")
    assert measured(other) == [1]
    assert other.main_person is other.people[0]
    main = measured_against(faces, somebody(9, 0.1), "rest.jpg")
    assert measured(main) == [0]
    assert main.main_person is main.people[0]


def test_without_known_faces_it_is_the_main_persons() -> None:
    assert measured(measured_against(clip(somebody(0, None), somebody(1, None)), somebody(9, 1.0), "rest.jpg")) == [0]
    assert measured(measured_against(clip(somebody(0, 1.0)), somebody(9, None), "rest.jpg")) == [0]
    assert measured_against(clip(), somebody(9, None), "rest.jpg").people == ()


def test_a_strangers_face_is_not_taken() -> None:
    warnings: list[str] = []
    faces = clip(somebody(0, 0.0))
    assert measured_against(faces, somebody(9, 1.0), "rest.jpg", warnings.append) is faces
    assert [warning.startswith("rest.jpg: the face in it is nobody's") for warning in warnings] == [True]


def test_clues_are_measured_against_it() -> None:
    faces = clip(somebody(0, 0.0))
    nothing_said = Speech((), (), ())
    shown = who_is_who(nothing_said, None, faces, None).people[0].clues
    assert "lip_corner_puller" in {clue.kind for clue in shown}
    against = measured_against(faces, somebody(9, 0.0), "rest.jpg")
    left = who_is_who(nothing_said, None, against, None).people[0].clues
    assert "lip_corner_puller" not in {clue.kind for clue in left}


def test_a_file_without_a_face_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"absent\.jpg"):
        read_neutral(tmp_path / "absent.jpg", tmp_path, None)
    monkeypatch.setattr(neutral_face, "probe", lambda *_: type("Info", (), {"has_video": False}))
    with pytest.raises(InputError, match=r"sound.wav: no face was found; give a picture"):
        read_neutral(tmp_path / "sound.wav", tmp_path, None)
    monkeypatch.setattr(neutral_face, "scan", lambda *_, **__: replace(clip(), people=()))
    with pytest.raises(InputError, match="no face"):
        read_neutral(tmp_path / "wall.jpg", tmp_path, None)
