"""Labelled clips as training examples: the questions of inference, answered as the clips are labelled."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from microemo.chunks import has_speech, prompt_of
from microemo.config import ModelConfig
from microemo.data.association import family
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.lexicon import FAMILIES
from microemo.model.features import Features
from microemo.model.language import Text
from microemo.model.prompt import PromptUtterance, numbered_from_one, question_about
from microemo.parse import CITATION, MAX_LABELS, SENTENCE, cited, renumbered
from microemo.schema import Modality, Utterance
from microemo.train.encoded import ClipEncoder, Encoded, Facts
from microemo.train.examples import Example, Turn, labelled_slots

UNSPACED = re.compile(r"\s+([.,;!?])")


@dataclass(frozen=True)
class Annotation:
    """What a data set says of a span: labels, the foremost first, and sentences."""

    labels: tuple[str, ...]
    description: str

    def __bool__(self) -> bool:
        return bool(self.labels or self.description)


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


class Clips:
    """Samples of one split with their facts; a sample's example is one of the prompts that it answers."""

    def __init__(
        self, samples: Sequence[Sample], facts: Mapping[str, Facts], encoder: ClipEncoder, config: ModelConfig
    ) -> None:
        asked = [(sample, list(questions(sample, facts[sample.name]))) for sample in samples]
        self._questions = [(sample, answerable) for sample, answerable in asked if answerable]
        self._encoder, self._config = encoder, config

    def __len__(self) -> int:
        return len(self._questions)

    def example(self, index: int, rng: Random) -> Example:
        sample, answerable = self._questions[index]
        return example_of(sample, self._encoder(sample), rng.choice(answerable), self._config)


def questions(sample: Sample, facts: Facts) -> Iterator[Questions]:
    """What can be asked of a clip, chunk by chunk: about each utterance and the whole, which an only utterance is."""
    whole = Annotation(sample.labels, sample.description)
    for number, part in enumerate(facts.chunks):
        known = [annotated(utterance, sample.utterances) for utterance in part.utterances]
        own = [Annotation(one.labels, one.description) if one else Annotation((), "") for one in known]
        asked = [Asked(index, annotation) for index, annotation in enumerate(own)] if len(own) > 1 else []
        asked.append(Asked(None, own[0] or whole if len(own) == 1 else whole))
        answerable = tuple(one for one in asked if one.annotation)
        if answerable:
            yield Questions(number, answerable)


def example_of(sample: Sample, clip: Encoded, questions: Questions, config: ModelConfig) -> Example:
    """The example of what is asked in one prompt."""
    part, features = clip.facts.chunks[questions.chunk], clip.features[questions.chunk]
    prompted, own = numbered_from_one(
        prompt_of(config, clip.facts.clues, part.chunk, clip.facts.speech, part.times_sec)
    )
    numbers = {old: new for new, old in own.items()}
    return Example(
        features,
        prompted,
        [
            Turn(question_about(prompted, one.utterance), Text(answer(one.annotation, numbers)))
            for one in questions.asked
        ],
        labelled_slots(
            [_family(labels) for labels in _labels(part.utterances, sample, questions.asked)],
            [
                _shown(entry, features, utterance, clip.facts)
                for entry, utterance in zip(prompted, part.utterances, strict=True)
            ],
            next((_family(one.annotation.labels) for one in questions.asked if one.utterance is None), None),
        ),
    )


def _labels(utterances: Sequence[Utterance], sample: Sample, asked: Sequence[Asked]) -> list[tuple[str, ...]]:
    """Each utterance's labels; an only one without any has those that are the answer."""
    known = [annotated(utterance, sample.utterances) for utterance in utterances]
    labels = [utterance.labels if utterance else () for utterance in known]
    return [asked[0].annotation.labels] if len(labels) == 1 and not labels[0] else labels


def answer(annotation: Annotation, numbers: Mapping[int, int]) -> str:
    """The answer to learn, "labels. Sentences.", which cites clues by their ``numbers`` in the prompt.

    A sentence that cites a clue which the prompt does not list would teach the model to invent evidence, and is left
    out; where the prompt lists none at all, sentences stay and only their citations go.
    """
    sentences = [sentence.strip() for sentence in SENTENCE.findall(annotation.description)]
    kept = [sentence for sentence in sentences if not numbers or set(cited(sentence)) <= numbers.keys()]
    text = " ".join(_renumbered(sentence, numbers) for sentence in kept)
    labels = ", ".join(label.lower() for label in annotation.labels[:MAX_LABELS])
    return f"{labels}. {text}".strip() if labels else text


def annotated(utterance: Utterance, candidates: Sequence[AnnotatedUtterance]) -> AnnotatedUtterance | None:
    """The annotated utterance that overlaps most with one that perception found, if it covers half of it."""

    def shared(candidate: AnnotatedUtterance) -> float:
        start, end = candidate.start_sec or 0.0, candidate.end_sec or 0.0
        return min(end, utterance.end_sec) - max(start, utterance.start_sec)

    known = [each for each in candidates if (each.labels or each.description) and each.end_sec is not None]
    best = max(known, key=shared, default=None)
    return best if best and shared(best) >= (utterance.end_sec - utterance.start_sec) / 2 else None


def _renumbered(sentence: str, numbers: Mapping[int, int]) -> str:
    if not numbers:
        return UNSPACED.sub(r"\1", CITATION.sub("", sentence))
    return renumbered(sentence, numbers)


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
