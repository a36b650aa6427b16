"""Labels grouped by meaning, which the EMER metrics need: what a judge is, and the judge that reads given groups."""

from collections.abc import Mapping, Sequence
from typing import Protocol

Groups = tuple[tuple[str, ...], ...]
"""A partition of one clip's labels: those of a group have one meaning."""


class Judge(Protocol):
    """Groups each clip's labels, the union of truth and prediction, by meaning."""

    name: str

    def group(self, labels: Mapping[str, Sequence[str]]) -> dict[str, Groups]:
        """Groups by the clip's name; ``labels`` are a clip's distinct labels, lower case."""
