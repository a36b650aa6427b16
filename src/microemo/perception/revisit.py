"""A second look at a video: the frames in which micro-expressions begin and are strongest, for the model to see.

Which frames these are is only known when all are gone. They are read again, without the landmarks in between.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from microemo.media.video import Frame
from microemo.perception.face_clues import by_shot
from microemo.perception.landmarks import Face, Landmarker
from microemo.perception.micro_expressions import spot
from microemo.perception.samples import Samples
from microemo.perception.tracks import distance
from microemo.perception.visibility import hidden_regions
from microemo.schema import FaceTrack
from microemo.spans import Span

SAMPLES_PER_EVENT = 4  # no more events are looked at than one for so many sampled frames: a clip does not explode


def moments(people: Sequence[FaceTrack], shots: Sequence[Span], speech: Sequence[Span], num_samples: int) -> set[float]:
    """Times, in seconds, of the frames with onset or apex of people's micro-expressions, of the highest ones first."""
    spoken = speech if len(people) == 1 else ()  # who of several speaks is not known yet
    found = {
        (one.height, *(float(track.times_sec[np.abs(track.times_sec - sec).argmin()]) for sec in span))
        for track in people
        for shot in by_shot(track, shots)
        for one in spot(shot, spoken)
        for span in [(one.onset_sec, one.apex_sec)]
    }
    most = max(1, num_samples // SAMPLES_PER_EVENT)
    return {time_sec for _, *span in sorted(found, reverse=True)[:most] for time_sec in span}


def revisit(
    again: Callable[[], Iterable[Frame]],
    times_sec: set[float],
    tracks: Sequence[FaceTrack],
    landmarker_file: Path,
    samples: Samples,
) -> None:
    """Take the frames of these times into ``samples``, unless they are there.

    ``again`` gives the video's frames once more, of which the ``tracks`` are.
    """
    missing = times_sec - {sample.time_sec for sample in samples.taken}
    if not missing:
        return
    with Landmarker(landmarker_file) as landmarker:
        for frame in again():
            if frame.time_sec in missing:
                landmarker.forget()
                found = [face._replace(hidden=hidden_regions(frame.image, face)) for face in landmarker.detect(frame)]
                owners = _owners(frame.time_sec, found, tracks)
                samples.take(frame, [found[face] for face in owners], list(owners.values()))
                missing.remove(frame.time_sec)
            if not missing:
                return


def _owners(time_sec: float, faces: Sequence[Face], tracks: Sequence[FaceTrack]) -> dict[int, int]:
    """The track of each face, by index: the nearest of those that have a row at the time; others belong to nobody."""
    rows = [(index, int(np.searchsorted(track.times_sec, time_sec))) for index, track in enumerate(tracks)]
    there = [(index, row) for index, row in rows if row < len(tracks[index].times_sec)
             and tracks[index].times_sec[row] == time_sec]  # fmt: skip
    pairs = sorted(
        (distance(tracks[index].boxes[row], face.box), number, index)
        for index, row in there
        for number, face in enumerate(faces)
    )
    owners: dict[int, int] = {}
    for _, number, index in pairs:
        if number not in owners and index not in owners.values():
            owners[number] = index
    return owners
