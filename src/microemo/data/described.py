"""Describing the samples of a manifest: clues measured, associations counted, sentences written for each label."""

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from microemo.citations import CITATION, cited
from microemo.claims.readings import Evidence
from microemo.data.association import Association, Counts, family, known
from microemo.data.describe import Describer, Description
from microemo.data.manifest import AnnotatedUtterance, Fault, Sample
from microemo.data.measure import Measured, measure
from microemo.errors import MicroEmoError
from microemo.hooks import Hook, silent
from microemo.model.prompt import strongest
from microemo.parse import claims_in
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
    """Counts of descriptions, and of their claims.

    ``same_text`` are descriptions that say word for word what another does in which other kinds of clue are cited:
    equal measures may read equal, others may not.
    """

    descriptions: int
    without_clues: int
    claims: int
    borne_out: int
    same_text: int
    labels: int


def describe_all(samples: Sequence[Sample], seed: int = 0, asr: bool = False, hook: Hook = silent) -> Described:
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
    describer = Describer(association(wanting, measured), random.Random(seed))
    described = {
        sample.name: _described(sample, measured[sample.name], describer)
        for sample in wanting
        if sample.name in measured
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
    claims = [claim for text, _, clues, span in explanations for claim in claims_in(text, Evidence(None, clues), span)]
    kinds_of: dict[str, set[frozenset[str]]] = defaultdict(set)
    for text, _, clues, _ in explanations:
        kinds_of[CITATION.sub("", text)].add(_cited_kinds(text, clues))
    return Quality(
        descriptions=len(explanations),
        without_clues=sum(not CITATION.search(text) for text, *_ in explanations),
        claims=len(claims),
        borne_out=sum(claim.is_borne_out for claim in claims),
        same_text=sum(len(kinds_of[CITATION.sub("", text)]) > 1 for text, *_ in explanations),
        labels=len({label for _, labels, *_ in explanations for label in labels}),
    )


def _cited_kinds(text: str, clues: Sequence[Clue]) -> frozenset[str]:
    ids = cited(text)
    return frozenset(clue.kind for clue in clues if clue.id in ids)


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


def _described(sample: Sample, measured: Measured, describer: Describer) -> Sample:
    clues = listed(measured)
    changes: dict[str, object] = {
        "clues": measured.clues,
        "utterances": tuple(_described_utterance(one, sample, clues, describer) for one in sample.utterances),
    }
    if sample.labels and not sample.description:
        length_sec = measured.duration_sec
        told = describer.describe(sample.labels[0], sample.intensity, clues, who=sample.pronoun, length_sec=length_sec)
        changes |= _written(sample.labels, told)
    return sample.model_copy(update=changes)


def _described_utterance(
    utterance: AnnotatedUtterance, sample: Sample, clues: Sequence[Clue], describer: Describer
) -> AnnotatedUtterance:
    if not _utterance_wants(utterance):
        return utterance
    start_sec, end_sec = utterance.start_sec or 0.0, utterance.end_sec or 0.0
    within = [clue for clue in clues if clue.start_sec < end_sec and clue.end_sec > start_sec]
    description = describer.describe(utterance.labels[0], None, within, who=sample.pronoun)
    return utterance.model_copy(update=_written(utterance.labels, description))


def _written(labels: tuple[str, ...], description: Description) -> dict[str, object]:
    """What a description changes; several labels of the data set's own need no others."""
    return {"labels": labels if len(labels) > 1 else description.labels, "description": description.text}
