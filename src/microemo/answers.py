"""Questions to the model about a chunk of a clip, and its answers: about each utterance, and put together overall."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from microemo.chunks import Chunk, Scene, prompt_of
from microemo.config import ModelConfig
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance, Question, numbered_from_one, question_about
from microemo.parse import SENTENCE, parse
from microemo.phases import About, Phase, label_weights, phases
from microemo.schema import Answer, Claim, Emotion, Participant, PersonAnswer, Utterance, UtteranceAnswer
from microemo.spans import Span, clock

MAX_LABELS = 3
NUM_SENTENCES = 3  # that the overall answer repeats of those about its spans, or one a phase


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


class Sentence(NamedTuple):
    """A sentence of an answer, the start of the span that it is about, and the claims that it makes."""

    start_sec: float
    text: str
    claims: tuple[Claim, ...]


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
    """One about each utterance of a scene, behind its part of what is told of them all; an only one is the whole."""
    entries = prompt_of(config, scene.clues, scene.chunk, scene.speech, features.times_sec)
    numbered, ids = numbered_from_one(entries)
    places = range(len(numbered)) if len(numbered) > 1 else [None]
    return [Asked(features, numbered, ids, question_about(numbered, place)) for place in places]


def ask(model: MicroEmo, scene: Scene, features: Features) -> ChunkAnswers:
    """What the model answers about a person in a chunk, each claim checked against their clues.

    The chunk as a whole and each utterance, if it has several, behind one shared prefix (paper, figure 1).
    """
    each = questions(model.config, scene, features)
    spans, asked = [utterance.span for utterance in scene.chunk.utterances], [one.question for one in each]
    clip, entries, ids, _ = each[0]
    if len(each) > 1:
        spans, asked = [scene.chunk.span, *spans], [question_about(entries, None), *asked]
    generations = model.answer_all(clip, entries, asked)
    whole, *parts = (parse(text, scene.evidence, span, ids) for text, span in zip(generations, spans, strict=True))
    return ChunkAnswers(parts or [whole], [(scene.chunk.span, whole)])


def merge(answers: Sequence[About]) -> Answer:
    """The overall answer of a clip from those about its spans: labels weighted by time, explained phase by phase.

    It says what prevails and from when on, and of each phase repeats what bears that out most, with its claims.
    """
    if len(answers) == 1:
        return answers[0][1]
    found = phases(answers)
    sentences = [sentence for phase in found for sentence in evidence(phase, ceil(NUM_SENTENCES / len(found)))]
    total_sec = max(sum(end - start for (start, end), _ in answers), 1e-9)
    return Answer(
        emotions=tuple(
            Emotion(label=label, confidence=round(min(1.0, weight / total_sec), 4))
            for label, weight in list(label_weights(answers).items())[:MAX_LABELS]
        ),
        explanation=" ".join([*course(found), *(f"At {clock(start)}: {text}" for start, text, _ in sentences)]),
        claims=tuple(claim for _, _, claims in sentences for claim in claims),
    )


def course(found: Sequence[Phase]) -> list[str]:
    """A sentence on what prevails, and from when on; none where no answer has a label."""
    feelings = [" and ".join(phase.feelings) for phase in found]
    if not any(feelings):
        return []
    if len(found) == 1:
        return [f"{_capital(feelings[0])} throughout." if found[0].is_pure else f"Mostly {feelings[0]}."]
    later = [
        f"from {clock(phase.start_sec)} on {feeling}{' again' * (feeling in feelings[:number])}"
        for number, (phase, feeling) in enumerate(zip(found, feelings, strict=True))
    ]
    return ["; ".join([f"At first {feelings[0]}", *later[1:]]) + "."]


def evidence(phase: Phase, number: int) -> list[Sentence]:
    """The sentences that bear a phase out most, one an answer, in order of time."""
    told: dict[str, tuple[float, Sentence]] = {}
    for about in phase.answers:
        weight, sentence = phase.weight_of(about), _strongest(about)
        if weight > 0 and sentence and weight > told.get(sentence.text, (0.0,))[0]:
            told[sentence.text] = weight, sentence
    ranked = sorted(told.values(), key=lambda pair: (not pair[1].claims, -pair[0], pair[1].start_sec))
    return sorted((sentence for _, sentence in ranked[:number]), key=lambda sentence: sentence.start_sec)


def _strongest(about: About) -> Sentence | None:
    """The sentence of an explanation with most claims."""
    (start_sec, _), answer = about
    sentences = [
        Sentence(
            start_sec,
            text,
            tuple(claim for claim in answer.claims if claim.is_borne_out and claim.text.lower() in text.lower()),
        )
        for text in map(str.strip, SENTENCE.findall(answer.explanation))
        if text
    ]
    return max(sentences, key=lambda sentence: len(sentence.claims), default=None)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
