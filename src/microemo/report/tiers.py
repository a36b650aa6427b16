"""A result as tiers of annotations, as ELAN and Praat have them: stretches of time with a text, none over another."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from microemo.report import wording
from microemo.report.people import moments
from microemo.schema import Clue, ResultRecord

MODALITIES = ("face", "voice", "words")
SHORTEST_MS = 1  # of what takes no time: neither program has annotations of no length


class Annotation(NamedTuple):
    """A stretch of the clip in whole milliseconds, at least one long, and what is said of it."""

    start_ms: int
    end_ms: int
    text: str


class Tier(NamedTuple):
    """Annotations of one kind about one person, in time order; ``name`` is unique in a result."""

    name: str
    person: str
    annotations: tuple[Annotation, ...]


def length_ms(result: ResultRecord) -> int:
    """All annotations lie within."""
    return max(SHORTEST_MS, round(1000 * result.clip.duration_sec))


def tiers(result: ResultRecord) -> list[Tier]:
    """For each person: what they say, what they feel by rank, and their clues by modality.

    Clues of a modality that overlap are told on as many tiers as it takes: "P1 face", "P1 face 2".
    """
    return [tier for person in persons(result) for tier in _of_person(result, person)]


def persons(result: ResultRecord) -> list[str]:
    """Their ids; P1 where nobody is known."""
    return [person.id for person in result.people] or ["P1"]


def labels(result: ResultRecord, person: str) -> str:
    """What a person feels overall."""
    known = {one.id: one.overall for one in result.people}
    return ", ".join(emotion.label for emotion in known.get(person, result.overall).emotions)


def _of_person(result: ResultRecord, person: str) -> Iterator[Tier]:
    said, felt = list[Annotation](), dict[int, list[Annotation]]()
    for moment in moments(result):
        for part in moment.parts:
            if part.person in (person, None):
                start, end = moment.utterance.start_sec, moment.utterance.end_sec
                if part.role == "speaking" and moment.utterance.text:
                    said += _within(result, start, end, moment.utterance.text)
                for rank, emotion in enumerate(part.answer.emotions, start=1):
                    felt.setdefault(rank, []).extend(_within(result, start, end, emotion.label))
    kinds = {"transcript": said, **{f"emotion {rank}": found for rank, found in sorted(felt.items())}}
    for modality in MODALITIES:
        own = (clue for clue in result.clues if clue.modality == modality and clue.person in (person, None))
        kinds[modality] = [one for clue in own for one in _within(result, clue.start_sec, clue.end_sec, _told(clue))]
    for kind, annotations in kinds.items():
        for number, row in enumerate(apart(annotations), start=1):
            yield Tier(f"{person} {kind}" + (f" {number}" if number > 1 else ""), person, tuple(row))


def _told(clue: Clue) -> str:
    code = wording.facs(clue)
    return f"{wording.name(clue)} ({code})" if code else wording.name(clue)


def _within(result: ResultRecord, start_sec: float, end_sec: float, text: str) -> Iterable[Annotation]:
    """The part of a stretch that is in the clip, if any is."""
    length = length_ms(result)
    start = min(max(0, round(1000 * start_sec)), length - SHORTEST_MS)
    end = min(max(round(1000 * end_sec), start + SHORTEST_MS), length)
    if start_sec <= end_sec and end_sec >= 0 and 1000 * start_sec <= length:
        yield Annotation(start, end, plain(text))


def plain(text: str) -> str:
    """On one line, without characters that XML cannot have."""
    unfit = ("Cc", "Cs", "Zl", "Zp")
    kept = (" " if unicodedata.category(one) in unfit or one in "\ufffe\uffff" else one for one in text)
    return " ".join("".join(kept).split())


def apart(annotations: Sequence[Annotation]) -> list[list[Annotation]]:
    """The annotations on as few rows as it takes for none to lie over another, each in time order."""
    rows: list[list[Annotation]] = []
    for annotation in sorted(annotations):
        free = next((row for row in rows if row[-1].end_ms <= annotation.start_ms), None)
        if free is None:
            rows.append([annotation])
        else:
            free.append(annotation)
    return rows
