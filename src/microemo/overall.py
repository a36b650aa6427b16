"""The overall answer of a clip, put together from those about its spans."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from microemo.phases import About, Phase, label_weights, phases
from microemo.schema import Answer, Claim, Emotion
from microemo.spans import clock
from microemo.told import SENTENCE

MAX_LABELS = 3
NUM_SENTENCES = 3  # that the overall answer repeats of those about its spans, or one a phase


class Sentence(NamedTuple):
    """A sentence of an answer, the start of the span that it is about, and the claims that it makes."""

    start_sec: float
    text: str
    claims: tuple[Claim, ...]


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
