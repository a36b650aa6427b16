"""How far each kind of clue speaks for each family of emotion: measured on clips or, where these are few, known."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from microemo.clues import clue_kinds
from microemo.lexicon import emotion_families, family_of
from microemo.lexicon.labels import place
from microemo.schema import Clue

Association = Mapping[str, Mapping[str, float]]
"""Log odds by kind and family: above 0, the kind is likelier in the family than in all."""

KNOWN = math.log(2)  # what a known association is worth before anything is measured
SMOOTHING = 5.0  # occurrences, as expected


class Counts:
    """In how many clips of each family each kind of clue was measured."""

    def __init__(self) -> None:
        self._kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._totals: Counter[tuple[str, str]] = Counter()
        self._modality_of: dict[str, str] = {}

    def add(self, family: str, modality: str, clues: Iterable[Clue]) -> None:
        """One clip or utterance that has the modality, with its clues of that modality, none or more."""
        self._totals[family, modality] += 1
        kinds = {clue.kind for clue in clues}
        self._kinds[family].update(kinds)
        self._modality_of.update(dict.fromkeys(kinds, modality))

    def log_odds(self, prior: Association | None = None) -> Association:
        """Log of how much likelier each kind is in a family than in all; rare ones are drawn to ``prior``, else 0."""
        odds: dict[str, dict[str, float]] = {}
        for kind, modality in self._modality_of.items():
            seen = {family: total for (family, of), total in self._totals.items() if of == modality}
            overall = sum(self._kinds[family][kind] for family in seen) / sum(seen.values())
            odds[kind] = {
                family: math.log(
                    (self._kinds[family][kind] + SMOOTHING * math.exp((prior or {}).get(kind, {}).get(family, 0.0)))
                    / (total * overall + SMOOTHING)
                )
                for family, total in seen.items()
            }
        return odds


@cache
def known() -> Association:
    """Associations from the literature (the table of clues): ``KNOWN`` for a kind that speaks for a family, or for the
    one that it is most like.
    """
    return {
        kind.kind: {name: KNOWN for name, each in emotion_families().items() if (each.like or name) in kind.families}
        for kind in clue_kinds().values()
        if kind.families
    }


def family(label: str) -> str:
    """The family of a label, as associations are counted: of the eight, else of the lexicon's, else the label's own."""
    found = place(label)
    word = found.word if found else label
    return family_of(label) or family_of(word) or (found.family if found else label)
