"""Describing the samples of a manifest: clues measured, associations counted, sentences written for each label."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from microemo.data.association import Association, Counts, family, known
from microemo.data.describe import Description, Scene, describe
from microemo.data.manifest import AnnotatedUtterance, Fault, Sample
from microemo.data.measure import Measured, measure
from microemo.errors import MicroEmoError
from microemo.hooks import Hook, silent
from microemo.model.prompt import strongest
from microemo.parse import CITATION, claims_in
from microemo.schema import Clue, Record
from microemo.spans import Span

ALWAYS = Span(0.0, math.inf)


@dataclass(frozen=True)
class Described:
    """All samples in their order, described as far as they could be, and what went wrong with the others."""

    samples: tuple[Sample, ...]
    faults: tuple[Fault, ...]
    num_written: int


class Quality(Record):
    """Counts of descriptions: those that cite no clue, and those that say of what they cite what another says of other
    measures; of claims; of different labels.
    """

    descriptions: int
    without_clues: int
    claims: int
    verified: int
    repeated: int
    labels: int


def describe_all(samples: Sequence[Sample], asr: bool = False, hook: Hook = silent) -> Described:
    """Describe every sample, and every utterance with a time, that has labels and no description.

    A sample whose media cannot be perceived stays as it is, and is named. Hook: step "measure", in clips.
    """
    wanting = [sample for sample in samples if _wants(sample)]
    measured: dict[str, Measured] = {}
    faults: list[Fault] = []
    for number, sample in enumerate(wanting):
        hook("measure", number, len(wanting))
        try:
            measured[sample.name] = measure(sample, asr)
        except MicroEmoError as error:
            faults.append(Fault(sample.name, "unreadable media", str(error)))
    hook("measure", len(wanting), len(wanting))
    odds = association(wanting, measured)
    described = {
        sample.name: _described(sample, measured[sample.name], odds) for sample in wanting if sample.name in measured
    }
    return Described(
        tuple(described.get(sample.name, sample) for sample in samples), tuple(faults), num_written=len(described)
    )


def association(samples: Sequence[Sample], measured: Mapping[str, Measured]) -> Association:
    """How far kinds of clue speak for families, in the training split alone if there is one, with what is known."""
    train = [sample for sample in samples if sample.split == "train"] or samples
    counts = Counts()
    for sample in train:
        found = measured.get(sample.name)
        if found and sample.labels:
            for modality in found.modalities:
                clues = [clue for clue in found.clues if clue.modality == modality]
                counts.add(family(sample.labels[0]), modality, clues)
    return counts.log_odds(known())


def quality(samples: Sequence[Sample]) -> Quality:
    """What the descriptions of clips and utterances are worth; claims are checked as a model's answers are."""
    explanations = [explanation for sample in samples for explanation in _explanations(sample)]
    claims = [claim for text, _, clues, span in explanations for claim in claims_in(text, clues, span)]
    return Quality(
        descriptions=len(explanations),
        without_clues=sum(not CITATION.search(text) for text, *_ in explanations),
        claims=len(claims),
        verified=sum(claim.verified for claim in claims),
        repeated=repeated([(text, clues, span) for text, _, clues, span in explanations]),
        labels=len({label for _, labels, *_ in explanations for label in labels}),
    )


def repeated(descriptions: Sequence[tuple[str, Sequence[Clue], Span]]) -> int:
    """How many cite clues in the very words of another, in whose span other kinds of clue were measured.

    What differs is in neither. The same words for the same kinds are no repetition.
    """
    measures: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for text, clues, span in descriptions:
        if CITATION.search(text):
            kinds = {clue.kind for clue in clues if clue.start_sec < span.end_sec and clue.end_sec > span.start_sec}
            measures[CITATION.sub("", text)].append(frozenset(kinds))
    return sum(len(alike) for alike in measures.values() if len(set(alike)) > 1)


def _explanations(sample: Sample) -> Iterator[tuple[str, tuple[str, ...], tuple[Clue, ...], Span]]:
    """Each description of a sample: its text, labels, clues, and the seconds that it is about."""
    if sample.description:
        yield sample.description, sample.labels, sample.clues, ALWAYS
    for utterance in sample.utterances:
        if utterance.description and utterance.start_sec is not None and utterance.end_sec is not None:
            span = Span(utterance.start_sec, utterance.end_sec)
            yield utterance.description, utterance.labels, sample.clues, span


def listed(measured: Measured) -> list[Clue]:
    """The clues that a prompt lists, utterance by utterance: an answer can cite no others."""
    ids = {
        clue.id
        for utterance in measured.utterances
        for clue in strongest(measured.clues, utterance.start_sec, utterance.end_sec)
    }
    return [clue for clue in measured.clues if clue.id in ids]


def _wants(sample: Sample) -> bool:
    return bool(sample.labels and not sample.description) or any(map(_utterance_wants, sample.utterances))


def _utterance_wants(utterance: AnnotatedUtterance) -> bool:
    return bool(utterance.labels and not utterance.description and utterance.end_sec is not None)


def _described(sample: Sample, measured: Measured, odds: Association) -> Sample:
    clues = listed(measured)
    changes: dict[str, object] = {
        "clues": measured.clues,
        "utterances": tuple(_described_utterance(utterance, sample, clues, odds) for utterance in sample.utterances),
    }
    if sample.labels and not sample.description:
        scene = Scene(sample.labels, sample.intensity, clues, Span(0.0, measured.duration_sec), sample.pronoun)
        changes |= _written(describe(scene, odds))
    return sample.model_copy(update=changes)


def _described_utterance(
    utterance: AnnotatedUtterance, sample: Sample, clues: Sequence[Clue], odds: Association
) -> AnnotatedUtterance:
    if not _utterance_wants(utterance):
        return utterance
    span = Span(utterance.start_sec or 0.0, utterance.end_sec or 0.0)
    within = [clue for clue in clues if clue.start_sec < span.end_sec and clue.end_sec > span.start_sec]
    description = describe(Scene(utterance.labels, None, within, span, sample.pronoun), odds)
    return utterance.model_copy(update=_written(description))


def _written(description: Description) -> dict[str, object]:
    return {"labels": description.labels, "description": description.text}
