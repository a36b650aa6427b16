"""The tidy tables of a study: rows of people in recordings, of their answers and of their clues."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from microemo.extras import require
from microemo.lexicon.circumplex import affect
from microemo.lexicon.labels import place
from microemo.report import tables
from microemo.study.recordings import Subject

if TYPE_CHECKING:
    import pandas

UNKNOWN_FAMILY = "other words"
UTTERANCE = (
    "utterance", "role", "start_sec", "end_sec", "duration_sec", "text", "label", "confidence", "family", "valence",
    "arousal",
)  # fmt: skip
PERSON = ("main", "clip_sec", "face_sec", "speech_sec", "judged_sec")
CLUE = ("clue", "modality", "region", "kind", "start_sec", "end_sec", "strength")

Row = dict[str, Any]


def utterances(subjects: Sequence[Subject], conditions: Sequence[str]) -> "pandas.DataFrame":
    """A row a person and utterance in which they speak or are seen; ``label`` is the first, empty if not judged."""
    return _frame((row for subject in subjects for row in _utterances(subject)), conditions, UTTERANCE)


def people(subjects: Sequence[Subject], conditions: Sequence[str]) -> "pandas.DataFrame":
    """A row a person and clip; ``judged_sec`` is the time of their answers that have a label."""
    return _frame((_person(subject) for subject in subjects), conditions, PERSON)


def clues(subjects: Sequence[Subject], conditions: Sequence[str]) -> "pandas.DataFrame":
    """A row a measured clue."""
    return _frame((row for subject in subjects for row in _clues(subject)), conditions, CLUE)


def _frame(rows: Iterator[Row], conditions: Sequence[str], columns: Sequence[str]) -> "pandas.DataFrame":
    names = ["person", *conditions, "clip", "id", *columns]
    return require("pandas", "study").DataFrame(list(rows), columns=names)


def _who(subject: Subject) -> Row:
    known = {name: cell or None for name, cell in subject.conditions.items()}
    return {**known, "person": subject.person, "clip": subject.recording.name, "id": subject.id}


def _utterances(subject: Subject) -> Iterator[Row]:
    for row in tables.rows(subject.recording.result, "utterances"):
        if row["person"] == subject.id:
            label = row["label"]
            where = affect(label) if label else None
            yield {
                **{name: row[name] for name in UTTERANCE if name in row},
                **_who(subject),
                "duration_sec": row["end_sec"] - row["start_sec"],
                "family": family(label) if label else None,
                "valence": where and where.valence,
                "arousal": where and where.arousal,
            }


def family(label: str) -> str:
    """The family of a label in the lexicon; ``UNKNOWN_FAMILY`` for words that it lacks."""
    found = place(label)
    return found.family if found else UNKNOWN_FAMILY


def _person(subject: Subject) -> Row:
    result = subject.recording.result
    person = next(one for one in result.people if one.id == subject.id)
    judged = [answer for answer in result.timeline(subject.id) if answer.emotions]
    return {
        **_who(subject),
        "main": subject.id == result.main_person,
        "clip_sec": result.clip.duration_sec,
        "face_sec": person.face_seconds,
        "speech_sec": person.speech_seconds,
        "judged_sec": sum(answer.end_sec - answer.start_sec for answer in judged),
    }


def _clues(subject: Subject) -> Iterator[Row]:
    for clue in subject.recording.result.clues:
        if clue.person == subject.id:
            fields = {name: getattr(clue, name) for name in CLUE if name != "clue"}
            yield {**_who(subject), "clue": clue.id, **fields}
