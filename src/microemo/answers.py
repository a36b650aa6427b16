"""Questions to the model about a chunk of a clip, and its answers: about each utterance, and put together overall."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from microemo.chunks import Chunk, encode, has_speech, prompt_of
from microemo.model.features import cut
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import OVERALL_QUESTION, moved, numbered_from_one, utterance_question
from microemo.parse import parse
from microemo.schema import Answer, Clip, Emotion, Participant, PersonAnswer, Utterance, UtteranceAnswer
from microemo.spans import Span

MAX_LABELS = 3
MAX_EXPLAINED = 3  # spans whose explanation the overall answer repeats


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


def ask(model: MicroEmo, clip: Clip, person: Participant, chunk: Chunk) -> ChunkAnswers:
    """What the model answers about a person in a chunk, each claim checked against their clues."""
    in_one_prompt = model.config.one_prompt
    return _in_one_prompt(model, clip, person, chunk) if in_one_prompt else _one_by_one(model, clip, person, chunk)


def _one_by_one(model: MicroEmo, clip: Clip, person: Participant, chunk: Chunk) -> ChunkAnswers:
    """Each utterance in a prompt of its own, decoded as one batch; the overall answer is put together from theirs.

    In a prompt with several, nano cannot tell whose clues are whose.
    """
    features, entries = encode(model, clip, person, chunk), prompt_of(model.config, person.clues, chunk)
    prompts = [numbered_from_one([moved(entry, -entry.start_sec)]) for entry in entries]
    generations = model.answer(
        [
            cut(features, entry.span, has_speech(utterance, person.speech))
            for utterance, entry in zip(chunk.utterances, entries, strict=True)
        ],
        [prompt for prompt, _ in prompts],
        [utterance_question(entry.start_sec, entry.end_sec) for (entry,), _ in prompts],
    )
    spans = [utterance.span for utterance in chunk.utterances]
    answers = [
        parse(text, person.clues, span, ids) for text, span, (_, ids) in zip(generations, spans, prompts, strict=True)
    ]
    return ChunkAnswers(answers, list(zip(spans, answers, strict=True)))


def _in_one_prompt(model: MicroEmo, clip: Clip, person: Participant, chunk: Chunk) -> ChunkAnswers:
    """The chunk as a whole and each utterance, behind one shared prefix (paper, figure 1)."""
    entries, ids = numbered_from_one(prompt_of(model.config, person.clues, chunk))
    questions = [OVERALL_QUESTION, *(utterance_question(entry.start_sec, entry.end_sec) for entry in entries)]
    spans = [chunk.span, *(utterance.span for utterance in chunk.utterances)]
    generations = model.answer_all(encode(model, clip, person, chunk), entries, questions)
    whole, *each = (parse(text, person.clues, span, ids) for text, span in zip(generations, spans, strict=True))
    return ChunkAnswers(each, [(chunk.span, whole)])


def merge(answers: Sequence[tuple[Span, Answer]]) -> Answer:
    """The overall answer of a clip from those about its spans: labels weighted by time, the weightiest explained."""
    if len(answers) == 1:
        return answers[0][1]
    total = sum(end - start for (start, end), _ in answers)
    weights: defaultdict[str, float] = defaultdict(float)
    for (start, end), answer in answers:
        for emotion in answer.emotions:
            weights[emotion.label] += emotion.confidence * (end - start) / total
    strongest = sorted(weights, key=lambda label: (-weights[label], label))[:MAX_LABELS]
    weightiest = sorted(range(len(answers)), key=lambda number: -_weight(*answers[number]))[:MAX_EXPLAINED]
    explained = [answers[number] for number in sorted(weightiest)]
    return Answer(
        emotions=tuple(Emotion(label=label, confidence=round(min(1.0, weights[label]), 4)) for label in strongest),
        explanation=" ".join(
            f"From {start:.0f} s to {end:.0f} s: {answer.explanation}"
            for (start, end), answer in explained
            if answer.explanation
        ),
        claims=tuple(claim for _, answer in explained for claim in answer.claims),
    )


def _weight(span: Span, answer: Answer) -> float:
    """Seconds, times the confidence of the first label."""
    return (span.end_sec - span.start_sec) * (answer.emotions[0].confidence if answer.emotions else 0.0)
