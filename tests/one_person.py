"""Clips of one person, made of arrays."""

from typing import Any

import numpy as np

from microemo.schema import Clip, Participant, Person


def one_person_clip(
    *,
    faces: np.ndarray,
    face_mask: np.ndarray,
    region_masks: np.ndarray,
    utterances: tuple[Any, ...] = (),
    clues: tuple[Any, ...] = (),
    speech: tuple[tuple[float, float], ...] = (),
    **fields: Any,
) -> Clip:
    """A clip in which P1 says everything; ``faces`` and ``region_masks`` have a row a frame, with the face or not."""
    utterances = tuple(utterance.model_copy(update={"person": "P1"}) for utterance in utterances)
    person = Participant(
        person=Person(id="P1", face_seconds=float(face_mask.sum()), speech_seconds=0),
        utterances=utterances,
        said=frozenset(utterance.index for utterance in utterances),
        clues=tuple(clue.model_copy(update={"person": "P1"}) for clue in clues),
        speech=speech,
        face_mask=face_mask,
        views=faces[face_mask],
        view_masks=region_masks[face_mask],
    )
    return Clip(utterances=utterances, people=(person,), main_person="P1", **fields)
