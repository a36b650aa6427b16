"""Labelled clips as training examples: asked as the model will be asked, answered as they are labelled."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from microemo.chunks import has_speech, prompt_of
from microemo.config import ModelConfig
from microemo.data.association import family
from microemo.data.manifest import Sample, Turn
from microemo.model.microemo import Features, cut
from microemo.model.prompt import OVERALL_QUESTION, PromptUtterance, moved, numbered_from_one, utterance_question
from microemo.parse import CITATION, MAX_LABELS, NUMBER, SENTENCE
from microemo.schema import Modality, Utterance
from microemo.train.encoded import ClipEncoder, Encoded, Facts
from microemo.train.examples import Example, labelled_slots
from microemo.vocabulary import FAMILIES

UNSPACED = re.compile(r"\s+([.,;!?])")


@dataclass(frozen=True)
class Told:
    """What is known of a stretch: labels, the foremost first, and sentences."""

    labels: tuple[str, ...]
    description: str

    def __bool__(self) -> bool:
        return bool(self.labels or self.description)


@dataclass(frozen=True)
class Asked:
    """A question that a sample answers: about a chunk, or about the utterance at ``place`` in it."""

    chunk: int
    place: int | None
    told: Told


class Clips:
    """Samples of one split with their facts; a sample's example is one of the questions that it answers."""

    def __init__(
        self, samples: Sequence[Sample], facts: Mapping[str, Facts], encoder: ClipEncoder, config: ModelConfig
    ) -> None:
        asked = [(sample, list(questions(sample, facts[sample.name], config))) for sample in samples]
        self._asked = [(sample, found) for sample, found in asked if found]
        self._encoder, self._config = encoder, config

    def __len__(self) -> int:
        return len(self._asked)

    def example(self, index: int, rng: Random) -> Example:
        sample, found = self._asked[index]
        return example_of(sample, self._encoder(sample), rng.choice(found), self._config)


def questions(sample: Sample, facts: Facts, config: ModelConfig) -> Iterator[Asked]:
    """What can be asked of a clip, in the way of the model: chunk by chunk, or utterance by utterance."""
    whole = Told(sample.labels, sample.description)
    for number, part in enumerate(facts.chunks):
        if config.one_prompt and whole:
            yield Asked(number, None, whole)
        for place, utterance in enumerate(part.utterances):
            turn = turn_of(utterance, sample.utterances)
            told = Told(turn.labels, turn.description) if turn else Told((), "")
            if told:
                yield Asked(number, place, told)
            elif whole and not config.one_prompt:
                yield Asked(number, place, whole)


def example_of(sample: Sample, clip: Encoded, asked: Asked, config: ModelConfig) -> Example:
    """The example of one question."""
    part, features = clip.facts.chunks[asked.chunk], clip.features[asked.chunk]
    utterances = part.utterances
    told = prompt_of(config, clip.facts.clues, part.chunk)
    if not config.one_prompt and asked.place is not None:
        utterances, entry = (utterances[asked.place],), told[asked.place]
        heard = has_speech(utterances[0], clip.facts.speech)
        features, told = cut(features, entry.span, heard), [moved(entry, -entry.start_sec)]
    told, own = numbered_from_one(told)
    question, place = OVERALL_QUESTION, asked.place if config.one_prompt else 0
    if place is not None:
        question = utterance_question(told[place].start_sec, told[place].end_sec)
    turns = [turn_of(utterance, sample.utterances) for utterance in utterances]
    labels = [turn.labels if turn else () for turn in turns]
    if len(utterances) == 1 and not labels[0]:
        labels = [asked.told.labels]
    return Example(
        features,
        told,
        question,
        answer(asked.told, {old: new for new, old in own.items()}),
        labelled_slots(
            [_family(names) for names in labels],
            [_shown(entry, features, utterance, clip.facts) for entry, utterance in zip(told, utterances, strict=True)],
            None if config.one_prompt is False else _family(sample.labels),
        ),
    )


def answer(told: Told, numbers: Mapping[int, int]) -> str:
    """The answer to learn, "labels. Sentences.", which cites clues by their ``numbers`` in the prompt.

    A sentence that cites a clue which the prompt does not list would teach to make evidence up, and is left out; where
    the prompt lists none at all, sentences stay and only their citations go.
    """
    sentences = [sentence.strip() for sentence in SENTENCE.findall(told.description)]
    kept = [sentence for sentence in sentences if not numbers or _ids(sentence) <= numbers.keys()]
    text = " ".join(_renumbered(sentence, numbers) for sentence in kept)
    labels = ", ".join(label.lower() for label in told.labels[:MAX_LABELS])
    return f"{labels}. {text}".strip() if labels else text


def turn_of(utterance: Utterance, turns: Sequence[Turn]) -> Turn | None:
    """The labelled turn that takes most of an utterance, if one takes half of it."""

    def shared(turn: Turn) -> float:
        start, end = turn.start_sec or 0.0, turn.end_sec or 0.0
        return min(end, utterance.end_sec) - max(start, utterance.start_sec)

    known = [turn for turn in turns if (turn.labels or turn.description) and turn.end_sec is not None]
    best = max(known, key=shared, default=None)
    return best if best and shared(best) >= (utterance.end_sec - utterance.start_sec) / 2 else None


def _ids(sentence: str) -> set[int]:
    return {int(number) for citation in CITATION.findall(sentence) for number in NUMBER.findall(citation)}


def _renumbered(sentence: str, numbers: Mapping[int, int]) -> str:
    if not numbers:
        return UNSPACED.sub(r"\1", CITATION.sub("", sentence))
    return CITATION.sub(lambda group: NUMBER.sub(lambda n: str(numbers[int(n[0])]), group[0]), sentence)


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
