"""Results that somebody corrected: ``corrections.json`` beside the ``result.json`` that it is of, in any folders.

Of each clip, what was corrected of the main person is read, whom training looks at: labels by utterance, with the
notes for descriptions and the corrected times; and what the model had said there (``rejected``). What nobody corrected
is the model's own, and no label. The recording is where the result says, or lies beside it, or among the uploads of a
server's job.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from microemo.data.layouts.found import Found
from microemo.data.manifest import AnnotatedUtterance, Rejected, Sample
from microemo.errors import InputError

if TYPE_CHECKING:
    from microemo.corrections import CorrectedPart
    from microemo.report.people import Moment
    from microemo.schema import Answer

UPLOADS = Path("..") / "uploads" / "media"  # from a job's results


def recognises(folder: Path) -> bool:
    return folder.is_dir() and any(_result_of(path).is_file() for path in _corrections(folder))


def samples(folder: Path) -> Iterator[Found]:
    for path in sorted(_corrections(folder)):
        yield path.relative_to(folder).as_posix(), _sample(path, folder)


# Results are imported where they are read: with them comes what reads media, which no other layout needs.


def _corrections(folder: Path) -> Iterator[Path]:
    from microemo.corrections import FILENAME

    return folder.rglob(FILENAME)


def _result_of(path: Path) -> Path:
    from microemo import report

    return path.with_name(report.FORMATS["json"].filename)


def _sample(path: Path, folder: Path) -> Sample | str:
    from microemo.corrections import Corrections, apply
    from microemo.report.people import moments
    from microemo.result import Result

    try:
        given, original = Corrections.read(path), Result.read(_result_of(path))
        result = apply(original, given)
    except InputError as fault:
        return str(fault)
    recording = _recording(path.parent, Path(result.clip.path))
    if recording is None:
        return f"{path.with_name(Path(result.clip.path).name)}: no such recording; put it beside its corrections"
    corrected = {one.utterance: one.part(result.main_person) for one in given.utterances}
    before = {answer.index: answer for answer in original.timeline(result.main_person)}
    told = (
        _utterance(moment, corrected.get(moment.utterance.index), before.get(moment.utterance.index))
        for moment in moments(result)
    )
    place = path.parent.relative_to(folder).parts
    return Sample(
        name="_".join([*place, recording.stem]),
        path=recording,
        utterances=tuple(one for one in told if one.text or one.labels),
        speaker=next((person.name for person in result.people if person.id == result.main_person), None),
        source="corrections",
    )


def _recording(folder: Path, named: Path) -> Path | None:
    places = (named, folder / named, folder / named.name, folder / UPLOADS / named.name)
    return next((place.resolve() for place in places if place.is_file()), None)


def _utterance(moment: "Moment", part: "CorrectedPart | None", before: "Answer | None") -> AnnotatedUtterance:
    """What is said in a moment, and how the main person feels in it, if that was corrected, and as it was before."""
    said = moment.utterance
    return AnnotatedUtterance(
        text=said.text,
        start_sec=said.start_sec,
        end_sec=said.end_sec,
        speaker=said.speaker or said.person,
        labels=part.labels if part else (),
        description=part.note if part else "",
        rejected=_rejected(before) if part and before else None,
    )


def _rejected(before: "Answer") -> Rejected | None:
    labels = tuple(emotion.label for emotion in before.emotions)
    return Rejected(labels=labels, description=before.explanation) if labels or before.explanation else None
