"""The judge that needs no network: labels grouped by the emotion lexicon and, outside it, by sentence embeddings.

A label goes to its place in the lexicon, else to that of its first part or word that has one, else to that of the
nearest word by embedding. Labels of one lexicon group have one meaning; within a clip, groups are joined as long as at
least half of the pairs between them are kin, the closest first (average linkage). How far that agrees with the language
model that grouped EMER's labels is measured by ``benchmarks/judge_agreement.py``.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from microemo.evaluate import sentences
from microemo.evaluate.grouping import Groups
from microemo.hooks import Hook, silent
from microemo.vocabulary.lexicon import NEGATION, Place, kin, lexicon, normalised, place

MIN_SIMILARITY = 0.6
"""Cosine from which a label is taken to mean the nearest word."""

MIN_KINSHIP = 0.5
"""Share of kin among the pairs of two sets of groups from which they are joined. Both were chosen on half of the golden
clips; their neighbours do about as well."""

JOINTS = re.compile(r" (?:and|or|but|yet|to|with|mixed with|as well as) |\s*[/,;&+]\s*")

Embed = Callable[[Sequence[str], Hook], np.ndarray]


@dataclass(frozen=True)
class OfflineJudge:
    """Deterministic, and the same for every clip and order of labels."""

    name: str = "offline"
    embed: Embed = sentences.embed
    hook: Hook = silent

    def group(self, labels: Mapping[str, Sequence[str]]) -> dict[str, Groups]:
        """Groups in the order of their first labels. Raises ``WeightsError`` if a label is outside the lexicon and the
        sentence encoder cannot be had."""
        meanings = self._meanings({label: None for clip in labels.values() for label in clip})
        return {clip: _grouped(its_labels, meanings) for clip, its_labels in labels.items()}

    def _meanings(self, labels: Iterable[str]) -> dict[str, str]:
        """A group's name for each label, or the label itself where no word is near enough."""
        found = places(labels, self.embed, self.hook)
        return {
            label: where.group if similarity >= MIN_SIMILARITY else label
            for label, (where, similarity) in found.items()
        }


def own_places(labels: Iterable[str], embed: Embed = sentences.embed, hook: Hook = silent) -> dict[str, Place]:
    """A place for every label, however far the nearest word: what the wheel metric counts without published tables."""
    return {label: where for label, (where, _) in places(labels, embed, hook).items()}


def places(labels: Iterable[str], embed: Embed, hook: Hook = silent) -> dict[str, tuple[Place, float]]:
    """The place of each label and its cosine to the word there, 1 where the lexicon itself knows the label."""
    distinct = list(dict.fromkeys(labels))
    known = {label: place_of_phrase(label) for label in distinct}
    unknown = sorted(label for label, where in known.items() if where is None)
    nearest = _nearest(unknown, embed, hook) if unknown else {}
    return {label: nearest[label] if where is None else (where, 1.0) for label, where in known.items()}


def place_of_phrase(label: str) -> Place | None:
    """The place of a label, of its first part ("disappointed or dissatisfied"), or of its first known word.

    None if there is none, or if something is negated.
    """
    found = place(label)
    if found or NEGATION.search(normalised(label)):
        return found
    parts = [part for part in JOINTS.split(normalised(label)) if part]
    words = [word for part in parts for word in part.split()]
    return next((found for text in (*parts, *words) if len(text) > 2 and (found := place(text))), None)


def _nearest(labels: Sequence[str], embed: Embed, hook: Hook) -> dict[str, tuple[Place, float]]:
    """The nearest word of each label; of a negated label, among words of another valence than what it negates."""
    candidates = {where.word: where for where in lexicon().values()}
    words = list(candidates)
    vectors = embed([*words, *map(normalised, labels)], hook)
    similarities = vectors[len(words) :] @ vectors[: len(words)].T
    valences = np.array([where.valence for where in candidates.values()])
    for row, label in zip(similarities, labels, strict=True):
        negation = NEGATION.search(normalised(label))
        denied = place_of_phrase(normalised(label)[negation.end() :]) if negation else None
        if denied:
            row[valences == denied.valence] = -1
    best = similarities.argmax(axis=1)
    return {
        label: (candidates[words[column]], float(row[column]))
        for label, column, row in zip(labels, best, similarities, strict=True)
    }


def _grouped(labels: Sequence[str], meanings: Mapping[str, str]) -> Groups:
    joined = _joined(frozenset(meanings[label] for label in labels))
    groups: dict[frozenset[str], list[str]] = defaultdict(list)
    for label in labels:
        groups[joined[meanings[label]]].append(label)
    return tuple(tuple(group) for group in groups.values())


@cache
def _joined(meanings: frozenset[str]) -> dict[str, frozenset[str]]:
    """What each meaning is joined with; of equally close sets, those first in the alphabet go first."""
    sets = [frozenset([meaning]) for meaning in sorted(meanings)]
    while len(sets) > 1:
        one, other = max(combinations(sets, 2), key=lambda pair: _kinship(*pair))
        if _kinship(one, other) < MIN_KINSHIP:
            break
        sets = sorted((*(s for s in sets if s not in (one, other)), one | other), key=sorted)
    return {meaning: joined for joined in sets for meaning in joined}


def _kinship(one: frozenset[str], other: frozenset[str]) -> float:
    pairs = [frozenset((a, b)) in kin() for a in one for b in other]
    return sum(pairs) / len(pairs)
