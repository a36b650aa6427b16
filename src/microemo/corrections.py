"""Corrections: what a person who has watched a clip says of it instead, applied to the result that they correct.

``corrections.json`` is one clip's: for utterances, by their index, other times, and for people, by their ids, other
labels and a note. What is not named stays as it is.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, model_validator

from microemo.errors import InputError, in_a_line
from microemo.overall import MAX_LABELS, merge
from microemo.schema import Answer, Emotion, Record, ResultRecord, UtteranceAnswer
from microemo.spans import Span, common, total_sec

FILENAME = "corrections.json"
MAX_BYTES = 4 * 2**20
SURE = 1.0  # the confidence of a label that a person gave
SLACK_SEC = 0.005  # times on a page are rounded to hundredths

AnyResult = TypeVar("AnyResult", bound=ResultRecord)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _given(labels: tuple[str, ...]) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(map(_one_line, labels)))
    if not all(words):
        raise ValueError("a label is empty")
    return words


Line = Annotated[str, AfterValidator(_one_line), Field(max_length=2000)]
Label = Annotated[str, Field(max_length=100)]
Labels = Annotated[tuple[Label, ...], AfterValidator(_given), Field(min_length=1, max_length=MAX_LABELS)]


class CorrectedPart(Record):
    """What one person feels during an utterance."""

    person: str | None = Field(default=None, description="Their id; null where the result knows nobody")
    labels: Labels = Field(description="In the corrector's words, the foremost first")
    note: Line = Field(default="", description="Why, in the corrector's words: the explanation from then on")


class CorrectedUtterance(Record):
    """An utterance's other times, null where they stay, and what people feel in it."""

    utterance: int = Field(ge=0, description="Its index in the result")
    start_sec: float | None = Field(default=None, ge=0)
    end_sec: float | None = Field(default=None, ge=0)
    parts: tuple[CorrectedPart, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({part.person for part in self.parts}) < len(self.parts):
            raise ValueError(f"utterance {self.utterance} has a person twice")
        return self

    def span(self, before: Span) -> Span:
        start = before.start_sec if self.start_sec is None else self.start_sec
        return Span(start, before.end_sec if self.end_sec is None else self.end_sec)

    def part(self, person: str | None) -> CorrectedPart | None:
        return next((part for part in self.parts if part.person == person), None)


class Corrections(Record):
    """All that one person corrected in the result of one clip."""

    corrections_version: Literal[1] = 1
    clip: str = Field(min_length=1, description="The recording's file name")
    result: str | None = Field(default=None, description="Which result they are of: its ``identity``")
    corrected_by: Line = ""
    corrected_at: AwareDatetime | None = None
    utterances: tuple[CorrectedUtterance, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.utterance for one in self.utterances}) < len(self.utterances):
            raise ValueError("an utterance is corrected twice")
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises ``InputError`` where the file is none."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
        except ValidationError as error:
            raise InputError(f"{path}: no corrections ({in_a_line(dict(error.errors()[0]))})") from error


def identity(result: ResultRecord) -> str:
    """Tells results apart by what they say, wherever the recording lies; a hash in hex.

    What is as it is by default does not count: a field that comes later changes no identity.
    """
    said = result.model_dump(mode="json", exclude={"clip": {"path"}, "warnings": True}, exclude_defaults=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def apply(result: AnyResult, given: Corrections) -> AnyResult:
    """The result as corrected, and a warning that says so.

    Corrected labels have a confidence of 1, and the note for an explanation: reasons for another label are none.
    Where only times change, an explanation stays if the clues that it tells of are still within them, and effects,
    which were asked for with the old times, do not stay. What people feel overall is put together anew. Raises
    ``InputError`` where the corrections do not fit the result.
    """
    _check_clip(result, given)
    spans = {answer.index: answer.span for answer in _answers(result)}
    changes = {one.utterance: one for one in given.utterances}
    _check_parts(result, given, spans)
    moved = {index: changes[index].span(span) if index in changes else span for index, span in spans.items()}
    _check_times(result, given, spans, moved)
    if not changes:
        return result
    clues = {clue.id: Span(clue.start_sec, clue.end_sec) for clue in result.clues}

    def corrected(answer: UtteranceAnswer) -> UtteranceAnswer:
        change = changes.get(answer.index)
        return answer if change is None else _corrected(answer, change, moved[answer.index], clues)

    utterances = tuple(map(corrected, result.utterances))
    people = tuple(one.model_copy(update={"listening": tuple(map(corrected, one.listening))}) for one in result.people)
    return _put_together(result, result.model_copy(update={
        "utterances": utterances,
        "people": people,
        "warnings": (*result.warnings, _told(given)),
        "abstained": result.abstained and not any(one.parts for one in given.utterances),
    }))  # fmt: skip


def _answers(result: ResultRecord) -> Iterator[UtteranceAnswer]:
    yield from result.utterances
    yield from (answer for person in result.people for answer in person.listening)


def _check_clip(result: ResultRecord, given: Corrections) -> None:
    name = _filename(result.clip.path)
    if _filename(given.clip) != name:
        raise InputError(f"{given.clip}: these are corrections of another clip than {name}")
    if given.result is not None and given.result != identity(result):
        raise InputError(f"{name}: these are corrections of another result; correct this one, or give that one")


def _filename(path: str) -> str:
    """Of a path on any system."""
    return PurePosixPath(path.replace("\\", "/")).name


def _check_parts(result: ResultRecord, given: Corrections, spans: Mapping[int, Span]) -> None:
    there = {(answer.index, answer.person) for answer in _answers(result)}
    for one in given.utterances:
        if one.utterance not in spans:
            raise InputError(f"{given.clip}: there is no utterance {one.utterance} to correct")
        for part in one.parts:
            if (one.utterance, part.person) not in there:
                raise InputError(f"{given.clip}: utterance {one.utterance} has no answer about {part.person}")


def _check_times(
    result: ResultRecord, given: Corrections, before: Mapping[int, Span], after: Mapping[int, Span]
) -> None:
    """Times are within the clip, utterances keep their order, and none reaches farther into another than it did."""
    last_sec = max([result.clip.duration_sec, *(span.end_sec for span in before.values())])
    for index in (one.utterance for one in given.utterances):
        start, end = after[index]
        if start >= end:
            raise InputError(f"{given.clip}: utterance {index} ends at {end:g} s, and begins at {start:g} s")
        if end > last_sec + SLACK_SEC:
            raise InputError(f"{given.clip}: utterance {index} ends at {end:g} s, after the clip ({last_sec:g} s)")
    order = sorted(before, key=lambda index: (before[index], index))
    for one, other in pairwise(order):
        if after[one].start_sec > after[other].start_sec + SLACK_SEC:
            raise InputError(f"{given.clip}: utterance {one} begins after utterance {other}, which follows it")
    for place, one in enumerate(order):
        for other in order[place + 1 :]:
            if after[other].start_sec >= after[one].end_sec:
                break
            shared_sec, shared_before_sec = (
                total_sec(common([spans[one]], [spans[other]])) for spans in (after, before)
            )
            if shared_sec > shared_before_sec + SLACK_SEC:
                raise InputError(f"{given.clip}: utterance {one} reaches into utterance {other}; move both times")


def _corrected(
    answer: UtteranceAnswer, change: CorrectedUtterance, span: Span, clues: Mapping[int, Span]
) -> UtteranceAnswer:
    start, end = span
    fields: dict[str, object] = {"start_sec": start, "end_sec": end}
    fields["overlap_sec"] = min(answer.overlap_sec, end - start)
    part = change.part(answer.person)
    if part is not None:
        fields |= {"emotions": tuple(Emotion(label=label, confidence=SURE) for label in part.labels), "possible": ()}
    if part is not None or not _tells_of(answer, span, clues):
        fields |= {"explanation": part.note if part else "", "claims": ()}
    if part is not None or span != answer.span:
        fields["effects"] = ()
    return answer.model_copy(update=fields)


def _tells_of(answer: Answer, span: Span, clues: Mapping[int, Span]) -> bool:
    """Whether all clues of which an answer tells are, at least in part, within a span."""
    told = {id_ for claim in answer.claims if claim.is_borne_out for id_ in claim.clues}
    return all(clues[id_].start_sec <= span.end_sec and clues[id_].end_sec >= span.start_sec for id_ in told & {*clues})


def _put_together(before: AnyResult, after: AnyResult) -> AnyResult:
    """The overall answers anew, of those about whom something was corrected."""
    timelines = {person.id: after.timeline(person.id) for person in after.people}
    people = tuple(
        person
        if timelines[person.id] == before.timeline(person.id)
        else person.model_copy(update={"overall": _overall(timelines[person.id])})
        for person in after.people
    )
    overall = next((one.overall for one in people if one.id == after.main_person), None)
    if overall is None:
        overall = _overall(after.utterances)
    return after.model_copy(update={"people": people, "overall": overall})


def _overall(answers: Sequence[UtteranceAnswer]) -> Answer:
    judged = [(one.span, _alone(one)) for one in answers if one.emotions or one.explanation]
    return merge(judged) if judged else Answer()


def _alone(answer: UtteranceAnswer) -> Answer:
    return Answer(**{name: getattr(answer, name) for name in Answer.model_fields})


def _told(given: Corrections) -> str:
    number = len(given.utterances)
    who = f" by {given.corrected_by}" if given.corrected_by else ""
    when = f" on {given.corrected_at.date().isoformat()}" if given.corrected_at else ""
    first = ", ".join(str(one.utterance) for one in given.utterances[:10])
    return f"Corrected{who}{when}: utterance{'s' if number != 1 else ''} {first}{', …' if number > 10 else ''}."
