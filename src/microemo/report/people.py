"""Several people in one result: what each of them shows during every utterance, the one who says it and the others."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from microemo.schema import ResultRecord, UtteranceAnswer

Role = Literal["speaking", "listening", "wordless"]
"""What a person does in an utterance: says it; hears another say it; or nobody is known to say anything in it."""


class Part(NamedTuple):
    """What one person shows during an utterance; ``person`` is an id, None where nobody is known."""

    person: str | None
    role: Role
    answer: UtteranceAnswer

    @property
    def told(self) -> bool:
        """Whether the person was judged here at all."""
        return bool(self.answer.emotions or self.answer.explanation)


class Moment(NamedTuple):
    """An utterance, and what each person shows meanwhile: who says it first, the others in the order of the people.

    Where one person alone was judged, utterances of others lack their words and who says them.
    """

    utterance: UtteranceAnswer
    parts: tuple[Part, ...]

    def part(self, person: str) -> Part | None:
        """What a person shows, if they were judged."""
        return next((part for part in self.parts if part.person == person and part.told), None)

    @property
    def speaker(self) -> Part | None:
        return next((part for part in self.parts if part.role == "speaking"), None)


def several(result: ResultRecord) -> bool:
    """Whether people are told apart: more than one was judged, or one of several."""
    return len(result.people) > 1 or any(person.listening for person in result.people)


def moments(result: ResultRecord) -> tuple[Moment, ...]:
    """The clip from beginning to end, an utterance a row."""
    listening: defaultdict[int, list[tuple[str, UtteranceAnswer]]] = defaultdict(list)
    for person in result.people:
        for answer in person.listening:
            listening[answer.index].append((person.id, answer))
    said = {utterance.index for utterance in result.utterances}
    others = [answers[0][1] for index, answers in listening.items() if index not in said]
    in_time = sorted([*result.utterances, *others], key=lambda utterance: (utterance.start_sec, utterance.index))
    return tuple(_moment(one, listening[one.index], said=one.index in said) for one in in_time)


def _moment(utterance: UtteranceAnswer, listening: Sequence[tuple[str, UtteranceAnswer]], *, said: bool) -> Moment:
    wordless = said and not utterance.text and not utterance.speaker
    speaking: Role = "wordless" if wordless else "speaking"
    others: Role = "wordless" if wordless else "listening"
    parts = [Part(utterance.person, speaking, utterance)] if said else []
    return Moment(utterance, (*parts, *(Part(person, others, answer) for person, answer in listening)))
