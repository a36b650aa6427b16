"""The judge that needs no network: labels grouped by the emotion lexicon and, outside it, by sentence embeddings.

Labels of one lexicon group have one meaning (``label_places``). Within a clip, groups are joined as long as at least
half of the pairs between them are kin, the closest first (average linkage). How far that agrees with the language model
that grouped EMER's labels is in docs/offline-judge.md, measured by ``benchmarks/judge_agreement.py``.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from microemo.evaluate import sentences
from microemo.evaluate.label_places import Embed, places
from microemo.evaluate.metrics import Groups
from microemo.hooks import Hook, silent
from microemo.lexicon.labels import kin

MIN_KINSHIP = 0.5
"""Share of kin among the pairs of two sets of groups from which they are joined. Chosen on half of the golden clips,
where 0.34 does the same, 0.25 and 0.6 slightly worse."""


@dataclass(frozen=True)
class OfflineJudge:
    """Deterministic, and the same for every clip and order of labels."""

    name: str = "offline"
    note: str = "compare only with scores by the same judge"
    embed: Embed = sentences.embed
    hook: Hook = silent

    def group(self, labels: Mapping[str, Sequence[str]]) -> dict[str, Groups]:
        """Groups in the order of their first labels. Raises ``WeightsError`` if a label is outside the lexicon and the
        sentence encoder cannot be had."""
        known = places((label for clip in labels.values() for label in clip), self.embed, self.hook)
        meanings = {label: where.group for label, where in known.items()}
        return {clip: _grouped(its_labels, meanings) for clip, its_labels in labels.items()}


def _grouped(labels: Sequence[str], meanings: Mapping[str, str]) -> Groups:
    joined = {
        meaning: members
        for related in _related({meanings[label] for label in labels})
        for members in _joined(related)
        for meaning in members
    }
    groups: dict[frozenset[str], list[str]] = defaultdict(list)
    for label in labels:
        groups[joined[meanings[label]]].append(label)
    return tuple(tuple(group) for group in groups.values())


def _related(meanings: set[str]) -> Iterator[frozenset[str]]:
    """The meanings in parts, without kin between any two: what is joined is within a part, and parts recur."""
    while meanings:
        part, todo = set(), [meanings.pop()]
        while todo:
            meaning = todo.pop()
            near = meanings & kin().get(meaning, frozenset())
            meanings -= near
            part.add(meaning)
            todo.extend(near)
        yield frozenset(part)


@lru_cache(maxsize=2**16)
def _joined(meanings: frozenset[str]) -> tuple[frozenset[str], ...]:
    """The meanings as sets of one meaning; of equally close sets, those first in the alphabet are joined first."""
    sets = [frozenset([meaning]) for meaning in sorted(meanings)]
    while len(sets) > 1:
        one, other = max(combinations(sets, 2), key=lambda pair: _kinship(*pair))
        if _kinship(one, other) < MIN_KINSHIP:
            break
        sets = sorted((*(s for s in sets if s not in (one, other)), one | other), key=sorted)
    return tuple(sets)


def _kinship(one: frozenset[str], other: frozenset[str]) -> float:
    return sum(len(other & kin().get(meaning, frozenset())) for meaning in one) / (len(one) * len(other))
