"""A result as tidy tables: a row a thing, a column a variable, names in lower case with their units."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, get_args

from microemo.errors import InputError
from microemo.schema import Answer, Clue, ResultRecord, UtteranceAnswer

TableName = Literal["utterances", "emotions", "clues", "claims"]
Row = dict[str, Any]

COLUMNS: Mapping[TableName, tuple[str, ...]] = {
    "utterances": (
        "utterance", "start_sec", "end_sec", "speaker", "language", "source", "text", "label", "confidence", "labels",
        "explanation",
    ),
    "emotions": ("utterance", "start_sec", "end_sec", "rank", "label", "confidence"),
    "clues": tuple(Clue.model_fields),
    "claims": ("utterance", "text", "modality", "clue", "verified"),
}  # fmt: skip
"""``utterance`` is an utterance's index; among emotions and claims, the overall answer has none."""

REFERENCES = ("utterance", "clue")  # whole numbers that may be missing


def columns(table: TableName) -> tuple[str, ...]:
    """Raises ``InputError`` on a name that is no table's."""
    if table not in COLUMNS:
        raise InputError(f"{table}: no such table; one of {', '.join(get_args(TableName))}")
    return COLUMNS[table]


def rows(result: ResultRecord, table: TableName) -> list[Row]:
    """The rows of one table, in the result's order. Raises ``InputError`` on a name that is no table's."""
    columns(table)
    makers: dict[TableName, Callable[[ResultRecord], Iterator[Row]]] = {
        "utterances": _utterances,
        "emotions": _emotions,
        "clues": lambda result: (clue.model_dump() for clue in result.clues),
        "claims": _claims,
    }
    return list(makers[table](result))


def _utterances(result: ResultRecord) -> Iterator[Row]:
    for utterance in result.utterances:
        first = utterance.emotions[0] if utterance.emotions else None
        yield {
            **_when(utterance),
            "speaker": utterance.speaker,
            "language": utterance.language,
            "source": utterance.source,
            "text": utterance.text,
            "label": first.label if first else None,
            "confidence": first.confidence if first else None,
            "labels": ", ".join(emotion.label for emotion in utterance.emotions),
            "explanation": utterance.explanation,
        }


def _emotions(result: ResultRecord) -> Iterator[Row]:
    whole: Row = {"utterance": None, "start_sec": 0.0, "end_sec": result.clip.duration_sec}
    answers: list[tuple[Row, Answer]] = [(whole, result.overall), *((_when(one), one) for one in result.utterances)]
    for when, answer in answers:
        for rank, emotion in enumerate(answer.emotions, start=1):
            yield {**when, "rank": rank, "label": emotion.label, "confidence": emotion.confidence}


def _claims(result: ResultRecord) -> Iterator[Row]:
    for answer in (result.overall, *result.utterances):
        index = answer.index if isinstance(answer, UtteranceAnswer) else None
        yield from ({"utterance": index, **claim.model_dump()} for claim in answer.claims)


def _when(utterance: UtteranceAnswer) -> Row:
    return {"utterance": utterance.index, "start_sec": utterance.start_sec, "end_sec": utterance.end_sec}
