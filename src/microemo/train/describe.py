"""Descriptions from labels and measured clues, in the style of the task (EMER): what training answers look like.

An answer is "labels. Sentences.": up to three labels, the family's own word first, then sentences whose every
observation cites the clue that bears it out ("the brows are pulled down [3]"). Nothing is said without a clue.
"""

import random
from collections.abc import Mapping, Sequence

from microemo.schema import Clue
from microemo.vocabulary import clue_words, emotion_families

MAX_LABELS = 3
MAX_CLAUSES = 3

# How far a kind of clue speaks for each family: log odds, measured on the training data (see train/pairs.py).
Association = Mapping[str, Mapping[str, float]]

CONCLUSIONS = (
    "The person seems {label}.",
    "The person appears {label}.",
    "All in all, the person comes across as {label}.",
    "This reads as {noun}.",
    "This points to {noun}.",
    "It suggests {noun}.",
    "The person is probably {label}.",
    "It looks like {noun}.",
    "The impression is one of {noun}.",
    "This speaks for {noun}.",
    "The person feels {label}, it seems.",
    "Taken together, this suggests that the person is {label}.",
)
NO_CLUES = (
    "Nothing stands out from the usual.",
    "No single clue stands out.",
    "There is no marked change to point at.",
    "Hardly anything moves away from rest.",
)
JOINTS = (" and ", ", while ", ", and ", "; ")


def labels_of(family: str, intensity: float, rng: random.Random) -> list[str]:
    """One to three labels of a family, its own word first; ``intensity`` in [0, 1] shades the others."""
    words = emotion_families()[family]
    shades = words.strong if rng.random() < intensity else words.mild
    others = [*rng.sample(shades, 1), *rng.sample(words.words[1:], 1)]
    rng.shuffle(others)
    return [family, *others][: rng.choice((2, 2, 3))]


def answer(parts: Sequence[tuple[str, float, Sequence[Clue]]], association: Association, rng: random.Random) -> str:
    """The answer about one or more stretches, each (family, intensity, its clues), in time order."""
    labels: list[str] = []
    sentences: list[str] = []
    for number, (family, intensity, clues) in enumerate(parts):
        own = labels_of(family, intensity, rng)
        labels += [label for label in own if label not in labels][: MAX_LABELS if len(parts) == 1 else 1]
        sentences.append(_evidence(family, clues, association, rng, later=number > 0))
        sentences.append(_conclusion(family, rng.choice(own), rng))
    return f"{', '.join(labels[:MAX_LABELS])}. {' '.join(sentences)}"


def _evidence(family: str, clues: Sequence[Clue], association: Association, rng: random.Random, later: bool) -> str:
    """A sentence or two on the clues that speak for the family, the strongest first, voice and face mixed."""
    telling = sorted(clues, key=lambda clue: -clue.strength * _weight(clue, family, association))
    telling = [clue for clue in telling if _weight(clue, family, association) > 0][: rng.choice((1, 2, 2, MAX_CLAUSES))]
    if not telling:
        return rng.choice(NO_CLUES)
    rng.shuffle(telling)
    text = _clause(telling[0], rng)
    for clue in telling[1:]:
        text += rng.choice(JOINTS) + _clause(clue, rng)
    return ("Later " if later else "") + (text if later else text[0].upper() + text[1:]) + "."


def _weight(clue: Clue, family: str, association: Association) -> float:
    return association.get(clue.kind, {}).get(family, 0.0)


def _clause(clue: Clue, rng: random.Random) -> str:
    if clue.modality == "words":
        verb = rng.choice(("the person says", "the words include", "the speaker says"))
        return f'{verb} "{clue.detail}" [{clue.id}]'
    return f"{rng.choice(clue_words()[clue.kind].clauses)} [{clue.id}]"


def _conclusion(family: str, label: str, rng: random.Random) -> str:
    return rng.choice(CONCLUSIONS).format(label=label, noun=rng.choice(emotion_families()[family].nouns))
