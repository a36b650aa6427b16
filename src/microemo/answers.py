"""Questions to the model about a chunk of a clip, and its answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from microemo.chunks import Chunk, Scene, has_speech, prompt_of
from microemo.config import ModelConfig
from microemo.model.features import Features, cut
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import (
    PromptUtterance,
    Question,
    moved,
    numbered_from_one,
    question_about,
)
from microemo.overall import merge
from microemo.parse import parse
from microemo.schema import Answer, Participant, PersonAnswer, Utterance, UtteranceAnswer
from microemo.spans import Span


class ChunkAnswers(NamedTuple):
    """The answers about a chunk: by utterance, in its order; and what the overall answer is put together from."""

    utterances: list[Answer]
    overall: list[tuple[Span, Answer]]


@dataclass
class Told:
    """What has been told about one person so far."""

    about: Participant
    answers: dict[int, Answer] = field(default_factory=dict)  # by index of the utterance
    overall: list[tuple[Span, Answer]] = field(default_factory=list)

    def hear(self, chunk: Chunk, answered: ChunkAnswers) -> None:
        """Add the answers about a chunk."""
        self.answers |= {one.index: answer for one, answer in zip(chunk.utterances, answered.utterances, strict=True)}
        self.overall += answered.overall

    def person_answer(self) -> PersonAnswer:
        """The person with the overall answer, and the answers about what others say."""
        return PersonAnswer(
            **dict(self.about.person),
            overall=merge(self.overall) if self.overall else Answer(),
            listening=tuple(
                UtteranceAnswer(**dict(utterance), **dict(self.answers[utterance.index]))
                for utterance in self.about.utterances
                if utterance.index in self.answers and utterance.index not in self.about.said
            ),
        )


def utterance_answers(utterances: Sequence[Utterance], told: Sequence[Told]) -> Iterator[UtteranceAnswer]:
    """The utterances of those who were asked about, with the answers; empty ones where nobody was to be judged."""
    by_person = {one.about.person.id: one.answers for one in told}
    for utterance in utterances:
        if utterance.person is None or utterance.person in by_person:
            answer = by_person.get(utterance.person or "", {}).get(utterance.index, Answer())
            yield UtteranceAnswer(**dict(utterance), **dict(answer))


class Asked(NamedTuple):
    """A question about an utterance, what it is asked behind, and the clues' own ids by their numbers there."""

    clip: Features
    entries: list[PromptUtterance]
    ids: dict[int, int]
    question: Question


def questions(config: ModelConfig, scene: Scene, features: Features) -> list[Asked]:
    """One about each utterance of a scene, in a prompt of its own or behind what is told of them all."""
    entries = prompt_of(config, scene.clues, scene.chunk, scene.speech, features.times_sec)
    if config.one_prompt:
        numbered, ids = numbered_from_one(entries)
        places = range(len(numbered)) if len(numbered) > 1 else [None]  # an only utterance is the whole
        return [Asked(features, numbered, ids, question_about(numbered, place)) for place in places]
    return [
        Asked(
            cut(features, entry.span, has_speech(utterance, scene.speech)),
            *numbered_from_one([alone]),
            question_about([alone], 0),
        )
        for utterance, entry in zip(scene.chunk.utterances, entries, strict=True)
        for alone in [moved(entry, -entry.start_sec)]
    ]


def ask(model: MicroEmo, scene: Scene, features: Features) -> ChunkAnswers:
    """What the model answers about a person in a chunk, each claim checked against their clues."""
    asked = questions(model.config, scene, features)
    answered = _in_one_prompt if model.config.one_prompt else _one_by_one
    return answered(model, scene, asked)


def _one_by_one(model: MicroEmo, scene: Scene, asked: Sequence[Asked]) -> ChunkAnswers:
    """Each utterance in a prompt of its own, decoded as one batch; the overall answer is put together from theirs.

    In a prompt with several, nano cannot tell whose clues are whose.
    """
    generations = model.answer(
        [one.clip for one in asked], [one.entries for one in asked], [one.question for one in asked]
    )
    spans = [utterance.span for utterance in scene.chunk.utterances]
    answers = [
        parse(text, scene.evidence, span, one.ids) for text, span, one in zip(generations, spans, asked, strict=True)
    ]
    return ChunkAnswers(answers, list(zip(spans, answers, strict=True)))


def _in_one_prompt(model: MicroEmo, scene: Scene, asked: Sequence[Asked]) -> ChunkAnswers:
    """The chunk as a whole and each utterance, if it has several, behind one shared prefix (paper, figure 1)."""
    features, entries, ids, _ = asked[0]
    spans = [utterance.span for utterance in scene.chunk.utterances]
    questions = [one.question for one in asked]
    if len(asked) > 1:
        spans, questions = [scene.chunk.span, *spans], [question_about(entries, None), *questions]
    generations = model.answer_all(features, entries, questions)
    whole, *each = (parse(text, scene.evidence, span, ids) for text, span in zip(generations, spans, strict=True))
    return ChunkAnswers(each or [whole], [(scene.chunk.span, whole)])
