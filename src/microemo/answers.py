"""Questions to the model about a chunk of a clip, and its answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import NamedTuple

from microemo.chunks import Chunk, Scene, prompt_of
from microemo.config import ModelConfig
from microemo.model.features import Features
from microemo.model.language import Generation
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance, Question, numbered_from_one, question_about
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
                _answered(utterance, self.answers[utterance.index])
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
            yield _answered(utterance, answer)


def own_answers(one: Told, chunk: Chunk) -> Iterator[UtteranceAnswer]:
    """A chunk's utterances that the person says, with the answers, as the result will have them."""
    for utterance in chunk.utterances:
        if utterance.index in one.about.said:
            yield _answered(utterance, one.answers[utterance.index])


def _answered(utterance: Utterance, answer: Answer) -> UtteranceAnswer:
    return UtteranceAnswer(**dict(utterance), **dict(answer))


class Asked(NamedTuple):
    """A question about an utterance, what it is asked behind, and the clues' own ids by their numbers there."""

    clip: Features
    entries: list[PromptUtterance]
    ids: dict[int, int]
    question: Question


def questions(config: ModelConfig, scene: Scene, features: Features) -> list[Asked]:
    """One about each utterance of a scene, behind its part of what is told of them all; an only one is the whole."""
    entries = prompt_of(config, scene.clues, scene.chunk, scene.speech, features.times_sec)
    numbered, ids = numbered_from_one(entries)
    places = range(len(numbered)) if len(numbered) > 1 else [None]
    return [Asked(features, numbered, ids, question_about(numbered, place)) for place in places]


def ask(model: MicroEmo, scene: Scene, features: Features) -> ChunkAnswers:
    """What the model answers about a person in a chunk, each claim checked against their clues.

    The chunk as a whole and each utterance, if it has several, behind one shared prefix (paper, figure 1). Of several
    drafts of an answer the one is kept that the measures bear out best.
    """
    each = questions(model.config, scene, features)
    spans, asked = [utterance.span for utterance in scene.chunk.utterances], [one.question for one in each]
    clip, entries, ids, _ = each[0]
    if len(each) > 1:
        spans, asked = [scene.chunk.span, *spans], [question_about(entries, None), *asked]
    num = model.config.language.num_drafts
    generations = model.answer_all(clip, entries, asked, num)
    about = [span for span in spans for _ in range(num)]
    drafts = [(one, parse(one, scene.evidence, span, ids)) for one, span in zip(generations, about, strict=True)]
    whole, *parts = (best(drafts[first : first + num]) for first in range(0, len(drafts), num))
    return ChunkAnswers(parts or [whole], [(scene.chunk.span, whole)])


def best(drafts: Sequence[tuple[Generation, Answer]]) -> Answer:
    """The answer that tells of something measured, as little as possible of anything else, and in the likeliest words.

    Of one draft, that.
    """

    def key(draft: tuple[Generation, Answer]) -> tuple[bool, float, float]:
        generation, answer = draft
        borne_out = [claim.is_borne_out for claim in answer.claims]
        tells = any(claim.is_borne_out and (claim.clues or claim.modality != "words") for claim in answer.claims)
        return tells, fmean(borne_out or [0]), fmean(generation.log_probs or [0])

    return max(drafts, key=key)[1]
