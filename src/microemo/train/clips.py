"""Labelled clips as training examples: the questions of inference, answered as the clips are labelled."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from microemo.chunks import has_speech, prompt_of
from microemo.claims.readings import Evidence
from microemo.config import ModelConfig
from microemo.data.association import family
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.lexicon import FAMILIES
from microemo.model.features import Features
from microemo.model.language import Text
from microemo.model.prompt import PromptUtterance, numbered_from_one, question_about
from microemo.schema import Modality, Utterance
from microemo.train import masking
from microemo.train.encoded import ClipEncoder, Encoded, Facts
from microemo.train.examples import Example, Truth, Turn, labelled_slots
from microemo.train.written import Annotation, answer, labels_of, open_ended, pair


@dataclass(frozen=True)
class Asked:
    """What is known about an utterance of a chunk, by its index there, or about the chunk as a whole (None)."""

    utterance: int | None
    annotation: Annotation


@dataclass(frozen=True)
class Questions:
    """What is asked about a chunk in one prompt; at least one question."""

    chunk: int
    asked: tuple[Asked, ...]

    def has_pair(self, facts: Facts, config: ModelConfig) -> bool:
        """Whether any of the answers differs from what it is said to correct."""
        part = facts.chunks[self.chunk]
        _, own = numbered_from_one(prompt_of(config, facts.clues, part.chunk, facts.speech, part.times_sec))
        return any(pair(one.annotation, _numbers(own)) for one in self.asked)


class Clips:
    """Samples of one split with their facts; a sample's example is one of the prompts that it answers.

    ``masked_share`` of the examples lack face or voice; with ``only_corrected``, what has a pair is asked.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        facts: Mapping[str, Facts],
        encoder: ClipEncoder,
        config: ModelConfig,
        masked_share: float = 0.0,
        only_corrected: bool = False,
    ) -> None:
        asked = [(sample, list(questions(sample, facts[sample.name]))) for sample in samples]
        if only_corrected:
            asked = [
                (sample, [one for one in several if one.has_pair(facts[sample.name], config)])
                for sample, several in asked
            ]
        self._questions = [(sample, answerable) for sample, answerable in asked if answerable]
        self._encoder, self._config, self._masked_share = encoder, config, masked_share

    def __len__(self) -> int:
        return len(self._questions)

    def difficulty(self, index: int) -> float:
        """How often labels change from one utterance to the next (after PRC-Emo), and how many utterances there are."""
        sample, _ = self._questions[index]
        labels = [one.labels[0] for one in sample.utterances if one.labels]
        return sum(one != other for one, other in pairwise(labels)) + len(sample.utterances)

    def example(self, index: int, rng: Random) -> Example:
        sample, answerable = self._questions[index]
        clip, chosen = self._encoder(sample), rng.choice(answerable)
        missing = masking.draw(clip.features[chosen.chunk], self._masked_share, rng)
        return example_of(sample, clip, chosen, self._config, missing)


def questions(sample: Sample, facts: Facts) -> Iterator[Questions]:
    """What can be asked of a clip, chunk by chunk: about each utterance and the whole, which an only utterance is."""
    whole = Annotation(sample.labels, sample.description)
    for number, part in enumerate(facts.chunks):
        known = [annotated(utterance, sample.utterances) for utterance in part.utterances]
        own = [_annotation(one) if one else Annotation((), "") for one in known]
        asked = [Asked(index, annotation) for index, annotation in enumerate(own)] if len(own) > 1 else []
        asked.append(Asked(None, own[0] or whole if len(own) == 1 else whole))
        answerable = tuple(one for one in asked if one.annotation)
        if answerable:
            yield Questions(number, answerable)


def example_of(
    sample: Sample,
    clip: Encoded,
    questions: Questions,
    config: ModelConfig,
    missing: frozenset[Modality] = frozenset(),
) -> Example:
    """The example of what is asked in one prompt, without the ``missing`` modalities of the clip."""
    part = clip.facts.chunks[questions.chunk]
    features, facts = masking.without(clip.features[questions.chunk], clip.facts, missing)
    prompted, own = numbered_from_one(prompt_of(config, facts.clues, part.chunk, facts.speech, features.times_sec))
    numbers = _numbers(own)
    return Example(
        features,
        prompted,
        [
            Turn(
                question_about(prompted, one.utterance),
                Text(answer(one.annotation, numbers)),
                pair(one.annotation, numbers),
                Truth(
                    one.annotation.labels,
                    # What is written of a missing face or voice cannot be known: the labels alone are learnt.
                    open_ended(labels_of(one.annotation) if missing else one.annotation, numbers),
                    part.chunk.span if one.utterance is None else part.utterances[one.utterance].span,
                    _evidence(facts, features, prompted if one.utterance is None else [prompted[one.utterance]]),
                    own,
                ),
            )
            for one in questions.asked
        ],
        labelled_slots(
            [_family(labels) for labels in _labels(part.utterances, sample, questions.asked)],
            [
                _shown(entry, features, utterance, facts)
                for entry, utterance in zip(prompted, part.utterances, strict=True)
            ],
            next((_family(one.annotation.labels) for one in questions.asked if one.utterance is None), None),
        ),
    )


def _numbers(own: Mapping[int, int]) -> dict[int, int]:
    """The clues' numbers in the prompt by their own ids."""
    return {old: new for new, old in own.items()}


def _evidence(facts: Facts, features: Features, about: Sequence[PromptUtterance]) -> Evidence:
    """What was measured of the person, by what there is of them in some of the utterances."""
    there: dict[Modality, bool] = {
        "face": features.frames is not None and any(entry.seen for entry in about),
        "voice": features.audio is not None and any(entry.heard for entry in about),
        "words": any(entry.text for entry in about),
    }
    said = [one for part in facts.chunks for one in part.utterances]
    return Evidence(
        person=None,
        clues=[clue for clue in facts.clues if there[clue.modality]],
        utterances=said if there["words"] else (),
        absent=frozenset(modality for modality, is_there in there.items() if not is_there),
    )


def _labels(utterances: Sequence[Utterance], sample: Sample, asked: Sequence[Asked]) -> list[tuple[str, ...]]:
    """Each utterance's labels; an only one without any has those that are the answer."""
    known = [annotated(utterance, sample.utterances) for utterance in utterances]
    labels = [utterance.labels if utterance else () for utterance in known]
    return [asked[0].annotation.labels] if len(labels) == 1 and not labels[0] else labels


def _annotation(one: AnnotatedUtterance) -> Annotation:
    before = one.rejected
    rejected = Annotation(before.labels, before.description) if before else None
    return Annotation(one.labels, one.description, rejected)


def annotated(utterance: Utterance, candidates: Sequence[AnnotatedUtterance]) -> AnnotatedUtterance | None:
    """The annotated utterance that overlaps most with one that perception found, if it covers half of it."""

    def shared(candidate: AnnotatedUtterance) -> float:
        start, end = candidate.start_sec or 0.0, candidate.end_sec or 0.0
        return min(end, utterance.end_sec) - max(start, utterance.start_sec)

    known = [each for each in candidates if (each.labels or each.description) and each.end_sec is not None]
    best = max(known, key=shared, default=None)
    return best if best and shared(best) >= (utterance.end_sec - utterance.start_sec) / 2 else None


def _family(labels: Sequence[str]) -> str | None:
    found = family(labels[0]) if labels else None
    return found if found in FAMILIES else None


def _shown(entry: PromptUtterance, features: Features, utterance: Utterance, facts: Facts) -> frozenset[Modality]:
    """The modalities in which the person is there in an utterance."""
    shown: set[Modality] = set()
    if features.region_masks is not None:
        within = [entry.start_sec <= time < entry.end_sec for time in features.times_sec]
        found = features.region_masks.flatten(1).any(1).tolist()
        if any(inside and face for inside, face in zip(within, found, strict=True)):
            shown.add("face")
    if has_speech(utterance, facts.speech):
        shown.add("voice")
    return frozenset(shown)
