"""Questions to the model about a chunk of a clip, and its answers: about each utterance, and put together overall."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from microemo.chunks import Chunk, encode, has_speech, prompt_of
from microemo.model.features import cut
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import OVERALL_QUESTION, moved, numbered_from_one, utterance_question
from microemo.parse import parse
from microemo.schema import Answer, Clip, Emotion
from microemo.spans import Span

MAX_LABELS = 3
MAX_EXPLAINED = 3  # spans whose explanation the overall answer repeats


class ChunkAnswers(NamedTuple):
    """The answers about a chunk: by utterance, in its order; and what the overall answer is put together from."""

    utterances: list[Answer]
    overall: list[tuple[Span, Answer]]


def ask(model: MicroEmo, clip: Clip, chunk: Chunk) -> ChunkAnswers:
    """What the model answers about a chunk, each claim checked against the clip's clues."""
    return _in_one_prompt(model, clip, chunk) if model.config.one_prompt else _one_by_one(model, clip, chunk)


def _one_by_one(model: MicroEmo, clip: Clip, chunk: Chunk) -> ChunkAnswers:
    """Each utterance in a prompt of its own, decoded as one batch; the overall answer is put together from theirs.

    In a prompt with several, nano cannot tell whose clues are whose.
    """
    features, entries = encode(model, clip, chunk), prompt_of(model.config, clip.clues, chunk)
    prompts = [numbered_from_one([moved(entry, -entry.start_sec)]) for entry in entries]
    generations = model.answer(
        [
            cut(features, entry.span, has_speech(utterance, clip.speech))
            for utterance, entry in zip(chunk.utterances, entries, strict=True)
        ],
        [prompt for prompt, _ in prompts],
        [utterance_question(entry.start_sec, entry.end_sec) for (entry,), _ in prompts],
    )
    spans = [utterance.span for utterance in chunk.utterances]
    answers = [
        parse(text, clip.clues, span, ids) for text, span, (_, ids) in zip(generations, spans, prompts, strict=True)
    ]
    return ChunkAnswers(answers, list(zip(spans, answers, strict=True)))


def _in_one_prompt(model: MicroEmo, clip: Clip, chunk: Chunk) -> ChunkAnswers:
    """The chunk as a whole and each utterance, behind one shared prefix (paper, figure 1)."""
    entries, ids = numbered_from_one(prompt_of(model.config, clip.clues, chunk))
    questions = [OVERALL_QUESTION, *(utterance_question(entry.start_sec, entry.end_sec) for entry in entries)]
    spans = [chunk.span, *(utterance.span for utterance in chunk.utterances)]
    generations = model.answer_all(encode(model, clip, chunk), entries, questions)
    whole, *each = (parse(text, clip.clues, span, ids) for text, span in zip(generations, spans, strict=True))
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
