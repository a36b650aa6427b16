"""Our own table for the wheel metric: the families (level 1) and groups (level 2) of the emotion lexicon.

Unlike the published wheels it is complete: "neutral" is a family, and no label is dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from microemo.evaluate import sentences
from microemo.evaluate.label_places import Embed, places
from microemo.evaluate.wheels import Clusters, Level
from microemo.hooks import Hook, silent


@dataclass(frozen=True)
class LexiconWheel:
    """One wheel; a label that is far from every word of the lexicon is a cluster of its own."""

    name: str = "lexicon"
    embed: Embed = sentences.embed
    hook: Hook = silent

    def clusters(self, labels: Iterable[str], level: Level) -> list[Clusters]:
        """Raises ``WeightsError`` if a label is outside the lexicon and the sentence encoder cannot be had."""
        known = places(labels, self.embed, self.hook)
        return [{label: where.family if level == 1 else where.group for label, where in known.items()}]
