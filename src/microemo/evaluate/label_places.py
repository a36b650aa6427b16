"""Where labels stand in the emotion lexicon, be they among its words or not.

A label goes to its place in the lexicon, else to that of its first part or word that has one, else to that of the
nearest word by sentence embedding. A label far from every word has a place of its own.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import numpy as np
from jaxtyping import Float

from microemo.evaluate import sentences
from microemo.hooks import Hook, silent
from microemo.lexicon.labels import NEGATION, Place, lexicon, normalised, place

MIN_SIMILARITY = 0.65
"""Cosine from which a label is taken to mean the nearest word. Chosen by reading the nearest words of some 500 labels
outside the lexicon: below it, about every other one means something else. The golden clips have too few such labels to
tell: from 0.4 to 0.8 the agreement is the same within half a point."""

BATCH_SIZE = 1024  # labels compared with all words at a time: some tens of megabytes
JOINTS = re.compile(r" (?:and|or|but|yet|to|with|mixed with|as well as) |\s*[/,;&+]\s*")

Embed = Callable[[Sequence[str], Hook], np.ndarray]


def places(labels: Iterable[str], embed: Embed = sentences.embed, hook: Hook = silent) -> dict[str, Place]:
    """The place of each distinct label. One far from every word is a neutral group and family of its own.

    Nothing is embedded where the lexicon knows all labels. Raises ``WeightsError`` if it does not and the sentence
    encoder cannot be had.
    """
    known = {label: place_of_phrase(label) for label in dict.fromkeys(labels)}
    nearest = _known_nearest(embed)
    unknown = sorted(label for label, where in known.items() if where is None and label not in nearest)
    if unknown:
        nearest.update(zip(unknown, _nearest(unknown, embed, hook), strict=True))
    return {label: where or nearest[label] for label, where in known.items()}


@cache
def place_of_phrase(label: str) -> Place | None:
    """The place of a label, of its first part ("disappointed or dissatisfied"), or of its first known word.

    None if there is none, or if something is negated.
    """
    known = place(label)
    if known or NEGATION.search(normalised(label)):
        return known
    parts = [part for part in JOINTS.split(normalised(label)) if part]
    words = [word for part in parts for word in part.split()]
    return next((known for text in (*parts, *words) if len(text) > 2 and (known := place(text))), None)


def _nearest(labels: Sequence[str], embed: Embed, hook: Hook) -> Iterator[Place]:
    """The place of each label's nearest word; of a negated label, among words of another valence than it negates."""
    words = _words()
    vectors, valences = _vectors(embed), np.array([where.valence for where in words])
    embedded = embed([normalised(label) for label in labels], hook)
    for start in range(0, len(labels), BATCH_SIZE):
        batch = labels[start : start + BATCH_SIZE]
        similarities = embedded[start : start + BATCH_SIZE] @ vectors.T
        for row, label in zip(similarities, batch, strict=True):
            if denied := _denied(normalised(label)):
                row[valences == denied.valence] = -1
        best = similarities.argmax(axis=1)
        for label, word, similarity in zip(batch, best, similarities.max(axis=1), strict=True):
            yield words[word] if similarity >= MIN_SIMILARITY else Place(label, label, label, "neutral")


@cache
def _known_nearest(embed: Embed) -> dict[str, Place]:
    """The labels that were looked up before: an evaluation asks for the same labels several times."""
    return {}


def _denied(label: str) -> Place | None:
    """The place of what a label negates."""
    negation = NEGATION.search(label)
    return place_of_phrase(label[negation.end() :]) if negation else None


@cache
def _words() -> tuple[Place, ...]:
    return tuple(dict.fromkeys(lexicon().values()))


@cache
def _vectors(embed: Embed) -> Float[np.ndarray, "W D"]:
    return embed([where.word for where in _words()], silent)
