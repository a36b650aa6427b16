"""A picture or video of a person at rest, given beside the clip: what that person's actions are measured against."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from microemo.errors import InputError
from microemo.media import video
from microemo.media.container import Warn, ignore
from microemo.media.probe import probe
from microemo.perception.faces import FaceScan, PersonScan, scan

SIZE, PATCH = 56, 14  # of pictures that nobody looks at
SAME_PERSON = 0.6  # distance of two embeddings, from pictures of another day: the network's own threshold


def read_neutral(path: Path, landmarker_file: Path, recognition: Path | None, warn: Warn = ignore) -> PersonScan:
    """The face in a picture, or the main one in a video. Raises ``InputError`` where the file shows none."""
    info = probe(path, warn)
    pictures = video.frames(info, warn=warn) if info.has_video else iter(())
    person = scan(pictures, [], SIZE, PATCH, landmarker_file, recognition=recognition).main_person
    if person is None:
        raise InputError(f"{path}: no face was found; give a picture or video of the person at rest, seen from ahead")
    return person


def measured_against(faces: FaceScan, neutral: PersonScan, name: str, warn: Warn = ignore) -> FaceScan:
    """The clip's faces, of which the one that is in ``neutral`` is measured against it.

    Where faces cannot be known, that is the main person. ``name`` is that of the file.
    """
    if faces.main_person is None:
        warn(f"{name}: nobody's face is seen in the clip that could be measured against it")
        return faces
    index, apart = _nearest(faces.people, neutral, faces.people.index(faces.main_person))
    if apart > SAME_PERSON:
        warn(f"{name}: the face in it is nobody's in the clip; people are measured against their own quiet stretches")
        return faces
    known = replace(faces.people[index], neutral=neutral.track)
    main = known if faces.people[index] is faces.main_person else faces.main_person
    return replace(faces, people=(*faces.people[:index], known, *faces.people[index + 1 :]), main_person=main)


def _nearest(people: Sequence[PersonScan], neutral: PersonScan, main: int) -> tuple[int, float]:
    """Who looks most alike, and how far off that is; the main person, as if they were alike, where none can be told."""
    apart = {
        index: float(np.linalg.norm(person.embedding - neutral.embedding))
        for index, person in enumerate(people)
        if person.embedding is not None and neutral.embedding is not None
    }
    return min(apart.items(), key=lambda pair: pair[1], default=(main, 0.0))
