"""What each told clue does to a label: how sure the model is of it with the clue, and without (``counterfactual``)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from microemo.answers import Asked, ChunkAnswers, questions
from microemo.chunks import MAX_UTTERANCES, Scene, encode_changed
from microemo.counterfactual import without
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.schema import Answer, Clue, Effect


class Removal(NamedTuple):
    """Clues to be taken away, and the label of an utterance, by its place in the scene, that may hang on them."""

    clues: tuple[Clue, ...]
    place: int
    label: str


def told_clues(answer: Answer, clues: Sequence[Clue]) -> list[Clue]:
    """The clues that bear out what the explanation says, each once, in its order."""
    told = answer.explanation.lower()  # a clause that begins a sentence has a capital
    ids = [id_ for claim in answer.claims if claim.is_borne_out and claim.text.lower() in told for id_ in claim.clues]
    by_id = {clue.id: clue for clue in clues}
    return [by_id[id_] for id_ in dict.fromkeys(ids) if id_ in by_id]


def with_effects(model: MicroEmo, scene: Scene, features: Features, answered: ChunkAnswers) -> ChunkAnswers:
    """The answers about a scene, with the effect of each told clue on the first label of its utterance."""
    removals = [
        Removal((clue,), place, answer.emotions[0].label)
        for place, answer in enumerate(answered.utterances)
        if answer.emotions
        for clue in told_clues(answer, scene.clues)
    ]
    left = confidences(model, scene, features, removals)
    answers = list(answered.utterances)
    for place, answer in enumerate(answered.utterances):
        effects = tuple(
            Effect(
                clue=removal.clues[0].id,
                label=removal.label,
                change=round(answer.emotions[0].confidence - round(without_it, 4), 4),
            )
            for removal, without_it in zip(removals, left, strict=True)
            if removal.place == place
        )
        answers[place] = answer.model_copy(update={"effects": effects})
    told = {id(before): after for before, after in zip(answered.utterances, answers, strict=True)}
    return ChunkAnswers(answers, [(span, told.get(id(answer), answer)) for span, answer in answered.overall])


def confidences(model: MicroEmo, scene: Scene, features: Features, removals: Sequence[Removal]) -> list[float]:
    """How sure the model is of each label without the clues; ``features`` are the scene's as it is."""
    asked = dict(_asked(model, scene, features, removals))
    found: list[float] = []
    for first in range(0, len(removals), MAX_UTTERANCES):
        batch = removals[first : first + MAX_UTTERANCES]
        clips, entries, _, texts = zip(*(asked[removal] for removal in batch), strict=True)
        found += model.confidence(clips, entries, texts, [removal.label for removal in batch])
    return found


def _asked(
    model: MicroEmo, scene: Scene, features: Features, removals: Sequence[Removal]
) -> Iterator[tuple[Removal, Asked]]:
    """The questions about the utterances, asked behind what is left; each scene is encoded once."""
    for clues in dict.fromkeys(removal.clues for removal in removals):
        rest = without(scene, clues)
        asked = questions(model.config, rest, encode_changed(model, rest, scene, features))
        yield from ((removal, asked[removal.place]) for removal in removals if removal.clues == clues)
