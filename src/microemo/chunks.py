"""Clips in chunks: a few utterances are encoded and answered together, and the overall answer is put together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from microemo.schema import Answer, Clip, Emotion, Utterance
from microemo.spans import Span

MAX_UTTERANCES = 8
MAX_SEC = 60.0
MIN_VOICED_SEC = 0.4
MAX_LABELS = 3
MAX_TOLD = 3  # parts whose explanation the overall one repeats


@dataclass(frozen=True)
class Chunk:
    """Consecutive utterances that are answered together, with their joint start and end in seconds."""

    utterances: tuple[Utterance, ...]

    @property
    def span(self) -> Span:
        return Span(self.start_sec, self.end_sec)

    @property
    def start_sec(self) -> float:
        return min(utterance.start_sec for utterance in self.utterances)

    @property
    def end_sec(self) -> float:
        return max(utterance.end_sec for utterance in self.utterances)


def chunks(utterances: Sequence[Utterance]) -> list[Chunk]:
    """At most ``MAX_UTTERANCES`` utterances and, unless a single one is longer, ``MAX_SEC`` seconds each."""
    groups: list[list[Utterance]] = []
    for utterance in utterances:
        fits = groups and (len(groups[-1]) < MAX_UTTERANCES and utterance.end_sec - groups[-1][0].start_sec <= MAX_SEC)
        if fits:
            groups[-1].append(utterance)
        else:
            groups.append([utterance])
    return [Chunk(tuple(group)) for group in groups]


def shows_person(clip: Clip, utterance: Utterance) -> bool:
    """Whether the utterance can be judged at all: the face was found in it, or somebody speaks in it."""
    start, end = utterance.start_sec, utterance.end_sec
    seen = any(start <= time < end for time in clip.frame_times_sec[clip.face_mask])
    return seen or has_speech(utterance, clip.speech) or (bool(utterance.text) and utterance.source == "subtitle")


def has_speech(utterance: Utterance, speech: Sequence[Span]) -> bool:
    """Whether somebody speaks in the utterance; ``speech`` are the clip's spans of it, in seconds.

    The breath of a voice that its edges leave in a silent window is no speech.
    """
    start, end = utterance.start_sec, utterance.end_sec
    voiced_sec = sum(max(0.0, min(end, ends) - max(start, begins)) for begins, ends in speech)
    return voiced_sec >= min(MIN_VOICED_SEC, (end - start) / 2)


def merge(answers: Sequence[tuple[Chunk | Utterance, Answer]]) -> Answer:
    """The overall answer of a clip from those of its parts: labels weighted by time, the weightiest parts explained."""
    if len(answers) == 1:
        return answers[0][1]
    total = sum(chunk.end_sec - chunk.start_sec for chunk, _ in answers)
    weights: defaultdict[str, float] = defaultdict(float)
    for chunk, answer in answers:
        for emotion in answer.emotions:
            weights[emotion.label] += emotion.confidence * (chunk.end_sec - chunk.start_sec) / total
    strongest = sorted(weights, key=lambda label: (-weights[label], label))[:MAX_LABELS]
    weightiest = sorted(answers, key=lambda pair: -_weight(*pair))[:MAX_TOLD]
    told = [(chunk, answer) for chunk, answer in answers if any(answer is other for _, other in weightiest)]
    return Answer(
        emotions=tuple(Emotion(label=label, confidence=round(min(1.0, weights[label]), 4)) for label in strongest),
        explanation=" ".join(
            f"From {chunk.start_sec:.0f} s to {chunk.end_sec:.0f} s: {answer.explanation}"
            for chunk, answer in told
            if answer.explanation
        ),
        claims=tuple(claim for _, answer in told for claim in answer.claims),
    )


def _weight(part: Chunk | Utterance, answer: Answer) -> float:
    """Seconds, times the confidence of the first label."""
    return (part.end_sec - part.start_sec) * (answer.emotions[0].confidence if answer.emotions else 0.0)
