"""A result as tidy tables: a row a thing, a column a variable, names in lower case with their units."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, get_args

from microemo.errors import InputError
from microemo.report.people import Moment, Part, moments
from microemo.schema import Answer, Clue, ResultRecord

TableName = Literal["utterances", "emotions", "clues", "claims", "effects", "people"]
FIRST: TableName = "utterances"  # what a format of several tables is named after
Row = dict[str, Any]

COLUMNS: Mapping[TableName, tuple[str, ...]] = {
    "utterances": (
        "utterance", "person", "role", "start_sec", "end_sec", "speaker", "overlap_sec", "language", "source", "text",
        "label", "confidence", "labels", "possible", "explanation",
    ),
    "emotions": ("utterance", "person", "role", "start_sec", "end_sec", "rank", "label", "confidence"),
    "clues": tuple(Clue.model_fields),
    "claims": (
        "utterance", "person", "role", "text", "outcome", "clue", "modality", "region", "action", "direction", "side",
        "intensity", "negated", "weight",
    ),
    "effects": ("utterance", "person", "role", "clue", "label", "change"),
    "people": (
        "person", "name", "main", "face_seconds", "speech_seconds", "key_frame_sec", "label", "confidence", "labels",
        "possible", "explanation",
    ),
}  # fmt: skip
"""``utterance`` is an utterance's index; the overall answers, which have neither index nor role, are rows as well."""

REFERENCES = ("utterance", "clue")  # whole numbers that may be missing


def columns(table: TableName) -> tuple[str, ...]:
    """Raises ``InputError`` on a name that is no table's."""
    if table not in COLUMNS:
        raise InputError(f"{table}: no such table; one of {', '.join(get_args(TableName))}")
    return COLUMNS[table]


def rows(result: ResultRecord, table: TableName) -> list[Row]:
    """The rows of one table, in the result's order. Raises ``InputError`` on a name that is no table's."""
    names = columns(table)
    makers: dict[TableName, Callable[[ResultRecord], Iterator[Row]]] = {
        "utterances": _utterances,
        "emotions": _emotions,
        "clues": lambda result: (clue.model_dump() for clue in result.clues),
        "claims": _claims,
        "effects": _effects,
        "people": _people,
    }
    return [{name: row[name] for name in names} for row in makers[table](result)]


def _utterances(result: ResultRecord) -> Iterator[Row]:
    """Of what is said, and by whom, each person's row tells the same."""
    for moment in moments(result):
        for part in moment.parts:
            yield {
                **_when(moment, part),
                "speaker": moment.utterance.speaker,
                "overlap_sec": moment.utterance.overlap_sec,
                "language": moment.utterance.language,
                "source": moment.utterance.source,
                "text": moment.utterance.text,
                **_told(part.answer),
            }


def _emotions(result: ResultRecord) -> Iterator[Row]:
    for about, answer in _answers(result):
        for rank, emotion in enumerate(answer.emotions, start=1):
            yield {**about, "rank": rank, "label": emotion.label, "confidence": emotion.confidence}


def _claims(result: ResultRecord) -> Iterator[Row]:
    for about, answer in _answers(result):
        for claim in answer.claims:
            yield {**claim.model_dump(), **about, "clue": next(iter(claim.clues), None)}


def _effects(result: ResultRecord) -> Iterator[Row]:
    for about, answer in _answers(result):
        yield from ({**about, **effect.model_dump()} for effect in answer.effects)


def _people(result: ResultRecord) -> Iterator[Row]:
    for person in result.people:
        yield {
            "person": person.id,
            "name": person.name,
            "main": person.id == result.main_person,
            "face_seconds": person.face_seconds,
            "speech_seconds": person.speech_seconds,
            "key_frame_sec": person.key_frame_sec,
            **_told(person.overall),
        }


def _answers(result: ResultRecord) -> Iterator[tuple[Row, Answer]]:
    """Every answer and what it is about: the whole clip, person by person, then the utterances."""
    whole: Row = {"utterance": None, "role": None, "start_sec": 0.0, "end_sec": result.clip.duration_sec}
    if not result.people:
        yield {**whole, "person": None}, result.overall
    yield from (({**whole, "person": person.id}, person.overall) for person in result.people)
    yield from ((_when(moment, part), part.answer) for moment in moments(result) for part in moment.parts)


def _when(moment: Moment, part: Part) -> Row:
    return {
        "utterance": moment.utterance.index,
        "person": part.person,
        "role": part.role,
        "start_sec": moment.utterance.start_sec,
        "end_sec": moment.utterance.end_sec,
    }


def _told(answer: Answer) -> Row:
    first = answer.emotions[0] if answer.emotions else None
    return {
        "label": first.label if first else None,
        "confidence": first.confidence if first else None,
        "labels": ", ".join(emotion.label for emotion in answer.emotions),
        "possible": ", ".join(answer.possible),
        "explanation": answer.explanation,
    }
