"""Describing the samples of a manifest: clues measured, associations counted, sentences written for each label."""

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from microemo.data.association import Association, Counts, family, known
from microemo.data.describe import Describer, Told, frame_of
from microemo.data.manifest import Fault, Sample, Turn
from microemo.data.measure import Measured, measure
from microemo.errors import MicroEmoError
from microemo.hooks import Hook, silent
from microemo.model.prompt import strongest
from microemo.parse import CITATION, SENTENCE, claims_in
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
    """Counts of descriptions: those that cite no clue, those with the most frequent frame of a sentence; of claims."""

    descriptions: int
    without_clues: int
    claims: int
    verified: int
    most_frequent_frame: int
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
    told = [explanation for sample in samples for explanation in _explanations(sample)]
    claims = [claim for text, _, clues, span in told for claim in claims_in(text, clues, span)]
    frames = Counter(
        frame
        for text, labels, *_ in told
        for frame in {frame_of(sentence.strip(), labels) for sentence in SENTENCE.findall(text)}
    )
    return Quality(
        descriptions=len(told),
        without_clues=sum(not CITATION.search(text) for text, *_ in told),
        claims=len(claims),
        verified=sum(claim.verified for claim in claims),
        most_frequent_frame=max(frames.values(), default=0),
        labels=len({label for _, labels, *_ in told for label in labels}),
    )


def _explanations(sample: Sample) -> Iterator[tuple[str, tuple[str, ...], tuple[Clue, ...], Span]]:
    """Each description of a sample: its text, labels, clues, and the seconds that it is about."""
    if sample.description:
        yield sample.description, sample.labels, sample.clues, ALWAYS
    for turn in sample.utterances:
        if turn.description and turn.start_sec is not None and turn.end_sec is not None:
            yield turn.description, turn.labels, sample.clues, Span(turn.start_sec, turn.end_sec)


def listed(measured: Measured) -> list[Clue]:
    """The clues that a prompt lists, utterance by utterance: an answer can cite no others."""
    ids = {
        clue.id
        for utterance in measured.utterances
        for clue in strongest(measured.clues, utterance.start_sec, utterance.end_sec)
    }
    return [clue for clue in measured.clues if clue.id in ids]


def _wants(sample: Sample) -> bool:
    return bool(sample.labels and not sample.description) or any(map(_turn_wants, sample.utterances))


def _turn_wants(turn: Turn) -> bool:
    return bool(turn.labels and not turn.description and turn.end_sec is not None)


def _described(sample: Sample, measured: Measured, describer: Describer) -> Sample:
    clues = listed(measured)
    changes: dict[str, object] = {
        "clues": measured.clues,
        "utterances": tuple(_turn(turn, clues, describer) for turn in sample.utterances),
    }
    if sample.labels and not sample.description:
        told = describer.tell(sample.labels[0], sample.intensity, clues)
        changes |= {"labels": _joined(sample.labels, told), "description": told.text}
    return sample.model_copy(update=changes)


def _turn(turn: Turn, clues: Sequence[Clue], describer: Describer) -> Turn:
    if not _turn_wants(turn):
        return turn
    start_sec, end_sec = turn.start_sec or 0.0, turn.end_sec or 0.0
    within = [clue for clue in clues if clue.start_sec < end_sec and clue.end_sec > start_sec]
    told = describer.tell(turn.labels[0], None, within)
    return turn.model_copy(update={"labels": _joined(turn.labels, told), "description": told.text})


def _joined(labels: tuple[str, ...], told: Told) -> tuple[str, ...]:
    """Several labels of the data set's own need no others."""
    return labels if len(labels) > 1 else told.labels
