"""Labels grouped by meaning, which the EMER metrics need: what a judge is, and the judge that reads given groups."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from microemo.errors import InputError

Groups = tuple[tuple[str, ...], ...]
"""A partition of one clip's labels: those of a group have one meaning."""


class Judge(Protocol):
    """Groups each clip's labels, the union of truth and prediction, by meaning."""

    @property
    def name(self) -> str:
        """For reports, with the version if there are several."""

    @property
    def note(self) -> str:
        """What readers of its scores should know; empty if nothing."""

    def group(self, labels: Mapping[str, Sequence[str]]) -> dict[str, Groups]:
        """Groups by the clip's name; ``labels`` are a clip's distinct labels, lower case."""


@dataclass(frozen=True)
class GivenGroups:
    """Groups that somebody has made before, such as those that were published with EMER."""

    name: str
    groups: Mapping[str, Groups]
    note: str = ""

    def group(self, labels: Mapping[str, Sequence[str]]) -> dict[str, Groups]:
        """Raises ``InputError`` that names the first clips, or labels, without a group."""
        ungrouped = [clip for clip in labels if clip not in self.groups]
        if ungrouped:
            raise InputError(f"{self.name}: no groups for {_some(ungrouped)}; group again, or use another judge")
        lacking = [
            f"{label} of {clip}" for clip in labels for label in labels[clip] if label not in _labels(self.groups[clip])
        ]
        if lacking:
            raise InputError(f"{self.name}: no group for {_some(lacking)}; group again, or use another judge")
        return {clip: self.groups[clip] for clip in labels}

    def spelled(self, clip: str, labels: Sequence[str]) -> tuple[str, ...]:
        """A clip's labels as they stand in the groups.

        Upstream's reader cuts labels at quotation marks, so that "don't believe" was grouped as "don" and
        "t believe"; a label that is missing is cut in the same way if its pieces are there.
        """
        known = _labels(self.groups.get(clip, ()))
        spelled: dict[str, None] = {}
        for label in labels:
            pieces = [piece.strip() for piece in re.split("['\"]", label) if piece.strip()]
            spelled |= dict.fromkeys(pieces if label not in known and known.issuperset(pieces) else [label])
        return tuple(spelled)


def _labels(groups: Groups) -> set[str]:
    return {label for group in groups for label in group}


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
