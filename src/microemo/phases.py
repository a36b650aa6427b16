"""Phases of a clip: the few stretches in each of which one feeling prevails, and so the points at which it changes.

A phase has one family of labels. The phases are those that account for most of the answers' labels (seconds times
confidence), where each further change has to account for enough more: an optimal partition under a penalty that, like
BIC's, grows as the logarithm of the number of observations.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from math import log
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from microemo.lexicon.labels import place
from microemo.schema import Answer
from microemo.spans import Span, clock

MAX_PHASES = 5
PENALTY = 1 / 2  # of a change: half a logarithm of the number of observations, in their mean weight
MIN_SHARE = 0.05  # of all weight, for which a change must account at least: in hours, minutes matter little
AMONG_OTHERS = 0.5  # of the prevailing family's weight, from which on the next one is told as well

About = tuple[Span, Answer]
"""An answer, and the span that it is about."""


class Phase(NamedTuple):
    """Answers in order of time, at least one, and the family that prevails in them; None if none has a label."""

    answers: tuple[About, ...]
    family: str | None

    @property
    def start_sec(self) -> float:
        return self.answers[0][0].start_sec

    @property
    def feelings(self) -> list[str]:
        """The weightiest label of the family that prevails, and of the next one if that has half as much weight."""
        labels, weights = list(label_weights(self.answers)), family_weights(self.answers)
        enough = weights.get(self.family or "", 0.0) * AMONG_OTHERS
        families = [self.family, *(family for family in weights if family != self.family and weights[family] >= enough)]
        return [next(label for label in labels if family_of(label) == family) for family in families[:2] if family]

    @property
    def is_pure(self) -> bool:
        """Whether the family comes first in each of the answers."""
        return all(next(iter(family_weights([about])), self.family) == self.family for about in self.answers)

    def weight_of(self, about: About) -> float:
        """How much an answer bears the family out; its seconds where there is none."""
        (start, end), _ = about
        return end - start if self.family is None else family_weights([about]).get(self.family, 0.0)


def phases(answers: Sequence[About]) -> list[Phase]:
    """The phases of a clip, in order; each begins later than the one before, by the clock that people read."""
    ordered = sorted(answers, key=lambda about: about[0])
    moments = [tuple(group) for _, group in groupby(ordered, key=lambda about: clock(about[0].start_sec))]
    families = list(family_weights(ordered))
    if not families:
        return [Phase(tuple(ordered), None)] if ordered else []
    weights = np.array([[family_weights(moment).get(family, 0.0) for family in families] for moment in moments])
    runs = groupby(zip(partition(weights / weights.sum()), moments, strict=True), key=lambda pair: pair[0])
    return [Phase(tuple(about for _, moment in run for about in moment), families[family]) for family, run in runs]


def partition(weights: Float[np.ndarray, "n families"]) -> Int[np.ndarray, " n"]:
    """The family of each observation's phase; ``weights`` are shares of all weight.

    What the phases' families account for, less a penalty for each change, is greatest; of equals, changes are fewer
    and later.
    """
    num_seen = max(1, int(weights.any(axis=1).sum()))
    penalty = max(MIN_SHARE, PENALTY * log(num_seen) / num_seen)
    num_families = weights.shape[1]
    best = np.full((MAX_PHASES, num_families), -np.inf)  # by number of changes, and family now
    best[0] = weights[0]
    before = np.zeros((len(weights), *best.shape), int)  # the family before, for each of these
    for index, gained in enumerate(weights[1:], start=1):
        others = np.where(np.eye(num_families, dtype=bool), -np.inf, best[:-1, None])  # (changes, now, before)
        moved = np.vstack([np.full(num_families, -np.inf), others.max(axis=2)])
        before[index] = np.arange(num_families)
        before[index, 1:] = np.where(moved[1:] >= best[1:], others.argmax(axis=2), before[index, 1:])
        best = np.maximum(best, moved) + gained
    changes, family = np.unravel_index((best - penalty * np.arange(MAX_PHASES)[:, None]).argmax(), best.shape)
    course = np.zeros(len(weights), int)
    for index in range(len(weights) - 1, -1, -1):
        course[index] = family
        came_from = before[index, changes, family]
        changes, family = changes - (came_from != family), came_from
    return course


def label_weights(answers: Sequence[About]) -> dict[str, float]:
    """Of each label the sum of its confidences, weighted by seconds; the greatest first."""
    weights: defaultdict[str, float] = defaultdict(float)
    for (start, end), answer in answers:
        for emotion in answer.emotions:
            weights[emotion.label] += emotion.confidence * (end - start)
    return {label: weights[label] for label in sorted(weights, key=lambda label: (-weights[label], label))}


def family_weights(answers: Sequence[About]) -> dict[str, float]:
    """The same of families; those without weight are left out."""
    weights: defaultdict[str, float] = defaultdict(float)
    for label, weight in label_weights(answers).items():
        weights[family_of(label)] += weight
    kept = {family: weight for family, weight in weights.items() if weight > 0}
    return {family: kept[family] for family in sorted(kept, key=lambda family: (-kept[family], family))}


def family_of(label: str) -> str:
    """The family of a label in the wide lexicon; outside it, the label is a family of its own."""
    found = place(label)
    return found.family if found else label
